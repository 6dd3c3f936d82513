"""Sessions: planned, held with what was asked there, called off; what one lacks."""

import datetime as dt
import re

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from kylien.core.work import all_work
from outreach.models import Activity, Question
from outreach.services import activities as services
from tests.factories import (
    ActivityFactory,
    ActivityPartnerFactory,
    CampaignFactory,
    CommitmentFactory,
    GroupFactory,
    MaterialFactory,
    PartnerFactory,
    PlanItemFactory,
    QuestionFactory,
    topic,
)

pytestmark = pytest.mark.django_db

LIST = "/activities/"
CREATE = "/activities/create/"
D = dt.date


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(dt.datetime(2026, 11, 24, 9, tzinfo=dt.UTC), tick=False):
        yield D(2026, 11, 24)


@pytest.fixture
def planned(area_a):
    return ActivityFactory(neighbourhood=area_a, held_on=None, planned_on=D(2026, 11, 20))


@pytest.fixture
def held(area_a):
    return ActivityFactory(neighbourhood=area_a, held_on=D(2026, 11, 1))


def typed(area=None, **changes):
    return {
        "topic": topic().pk,
        "audience": "households",
        "neighbourhood": area.pk if area else "",
        "place": "Nhà văn hoá",
        "form": "meeting",
        "planned_on": "01/12/2026",
    } | changes


def was_held(**changes):
    """Return what the form of holding says; `version` is that of a row nobody changed yet."""
    return {
        "held_on": "20/11/2026",
        "attendance": "45",
        "summary": "Nói chuyện.",
        "version": "1",
    } | changes


def asked(number=0, **changes):
    row = {"content": "Bao giờ lắp đèn?", "owner_body": "Uỷ ban nhân dân phường"} | changes
    return {f"q{number}-{name}": value for name, value in row.items()}


def errors(response, name):
    assert response.status_code == 422
    return " ".join(map(str, response.context["form"].errors[name]))


def labels(client, row):
    return [one["label"] for one in client.get(row.get_absolute_url()).context["actions"]]


class TestPlanning:
    def test_one_is_planned(self, client_for, officer_a, area_a):
        women, youth = PartnerFactory(), PartnerFactory()
        data = typed(area_a, lead=women.pk, partners=[women.pk, youth.pk])
        done = client_for(officer_a).post(CREATE, data)
        row = Activity.objects.get()
        assert done.url == row.get_absolute_url()
        assert (row.planned_on, row.held_on, row.lead) == (D(2026, 12, 1), None, women)
        assert [taker.partner for taker in row.takers.all()] == [youth]  # the leader leads

    def test_it_begins_from_an_item_of_the_plan(self, client_for, officer_a, area_a):
        item = PlanItemFactory(neighbourhood=area_a, audience="pupils", due_on=D(2026, 12, 5))
        form = client_for(officer_a).get(f"{CREATE}?plan={item.code}").context["form"]
        names = ("plan", "topic", "audience", "neighbourhood", "planned_on")
        assert [form[name].value() for name in names] == [
            item.code,
            item.topic_id,
            "pupils",
            area_a.pk,
            D(2026, 12, 5),
        ]

    def test_what_is_left_blank_is_what_the_plan_says(self, client_for, chief, area_a):
        item = PlanItemFactory(neighbourhood=area_a, audience="pupils")
        data = typed(plan=item.code, topic="", audience="")
        assert client_for(chief).post(CREATE, data).status_code == 302
        row = Activity.objects.get()
        assert (row.plan, row.topic, row.audience) == (item, item.topic, "pupils")
        assert row.neighbourhood == area_a

    def test_an_item_of_elsewhere_is_refused(self, client_for, chief, area_a, area_b):
        item = PlanItemFactory(neighbourhood=area_b)
        response = client_for(chief).post(CREATE, typed(area_a, plan=item.code))
        assert f"Mục kế hoạch này là của {area_b}." in errors(response, "plan")
        whole = PlanItemFactory(neighbourhood=None)
        response = client_for(chief).post(CREATE, typed(area_a, plan=whole.code))
        assert "cả phường" in errors(response, "plan")

    def test_an_item_of_another_officer_is_not_found(self, client_for, officer_a, area_a, area_b):
        item = PlanItemFactory(neighbourhood=area_b)
        client = client_for(officer_a)
        assert "Không thấy mã" in errors(client.post(CREATE, typed(area_a, plan=item.code)), "plan")
        form = client.get(f"{CREATE}?plan={item.code}").context["form"]
        assert form["topic"].value() is None

    def test_a_group_tells_its_neighbourhood(self, client_for, chief, area_a, area_b):
        group = GroupFactory(neighbourhood=area_a)
        client = client_for(chief)
        response = client.post(CREATE, typed(area_b, group=group.code))
        assert "tổ dân phố khác" in errors(response, "group")
        client.post(CREATE, typed(group=group.code))
        assert Activity.objects.get().neighbourhood == area_a

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"topic": ""}, "topic"),
            ({"place": ""}, "place"),
            ({"form": "party"}, "form"),
            ({"planned_on": "", "held_on": ""}, "held_on"),
            ({"planned_on": "30/02/2026"}, "planned_on"),
            ({"planned_on": "25/11/2028"}, "planned_on"),
            ({"held_on": "25/11/2026", "attendance": "1"}, "held_on"),
            ({"held_on": "20/11/2026"}, "attendance"),
            ({"attendance": "5"}, "attendance"),
            ({"attendance": "-5"}, "attendance"),
            ({"held_on": "20/11/2026", "attendance": "9" * 20}, "attendance"),
            ({"plan": "KH-9"}, "plan"),
            ({"partners": ["0"]}, "partners"),
            ({"material": "0"}, "material"),
            ({"summary": "x" * 2001}, "summary"),
        ],
    )
    def test_bad_input_is_told_at_its_field(self, client_for, chief, area_a, changes, field):
        response = client_for(chief).post(CREATE, typed(area_a, **changes))
        assert errors(response, field)
        assert response.context["form"]["audience"].value() == "households"
        assert not Activity.objects.exists()

    def test_an_officer_stays_in_his_area(self, client_for, officer_a, area_b):
        client = client_for(officer_a)
        assert errors(client.post(CREATE, typed()), "neighbourhood")
        assert errors(client.post(CREATE, typed(area_b)), "neighbourhood")

    def test_what_stopped_is_not_offered_unless_recorded(self, client_for, chief, area_a):
        gone = PartnerFactory(ended_on=D(2026, 1, 1))
        over = CampaignFactory(ended_on=D(2026, 10, 1))
        client = client_for(chief)
        form = client.get(CREATE).context["form"]
        assert gone not in form.fields["partners"].queryset
        assert over not in form.fields["campaign"].queryset
        row = ActivityFactory(neighbourhood=area_a, lead=gone, campaign=over)
        ActivityPartnerFactory(activity=row, partner=gone)
        form = client.get(f"{row.get_absolute_url()}edit/").context["form"]
        for name in ("lead", "partners"):
            assert gone in form.fields[name].queryset
        assert over in form.fields["campaign"].queryset


class TestHolding:
    def url(self, row):
        return f"{row.get_absolute_url()}hold/"

    def test_with_attendance_and_questions(self, client_for, officer_a, planned):
        material, women = MaterialFactory(), PartnerFactory()
        data = was_held(material=material.pk, partners=[women.pk])
        data |= asked(0) | asked(
            4, content="Hỏi về tạm trú", owner=officer_a.pk, owner_body="", due_on="30/11/2026"
        )
        done = client_for(officer_a).post(self.url(planned), data)
        assert done.url == planned.get_absolute_url()
        planned.refresh_from_db()
        assert (planned.held_on, planned.attendance) == (D(2026, 11, 20), 45)
        assert planned.material == material
        assert [row.partner for row in planned.takers.all()] == [women]
        rows = planned.questions.order_by("pk")
        assert [(q.owner_label, q.due_on) for q in rows] == [
            ("Uỷ ban nhân dân phường", D(2026, 12, 20)),  # 30 days after it was held
            (str(officer_a), D(2026, 11, 30)),
        ]
        assert len({q.code for q in rows}) == 2

    def test_it_may_be_written_down_at_once(self, client_for, officer_a, area_a):
        data = typed(area_a, planned_on="") | was_held() | asked()
        assert client_for(officer_a).post(CREATE, data).status_code == 302
        row = Activity.objects.get()
        assert (row.held_on, row.questions.count()) == (D(2026, 11, 20), 1)

    @pytest.mark.parametrize(
        ("changes", "field", "told"),
        [
            ({"held_on": ""}, "held_on", ""),
            ({"held_on": "25/11/2026"}, "held_on", "không thể sau hôm nay"),
            ({"attendance": ""}, "attendance", ""),
            (asked(content=""), "__all__", "Ý kiến 1"),
            (asked(1, owner_body=""), "__all__", "Ý kiến 2"),
            (asked(due_on="32/1/2026"), "__all__", "Ý kiến 1"),
            (asked(due_on="19/11/2026"), "__all__", "Hạn không thể trước ngày tổ chức."),
        ],
    )
    def test_bad_input_keeps_what_was_typed(
        self, client_for, officer_a, planned, changes, field, told
    ):
        response = client_for(officer_a).post(self.url(planned), was_held() | changes)
        assert told in errors(response, field)
        assert response.context["form"]["summary"].value() == "Nói chuyện."
        planned.refresh_from_db()
        assert planned.held_on is None
        assert not Question.objects.exists()

    def test_one_owner(self, client_for, officer_a, planned):
        data = was_held() | asked(owner=officer_a.pk)
        response = client_for(officer_a).post(self.url(planned), data)
        assert response.status_code == 422
        row = response.context["form"].rows[0]
        assert "Chọn một cán bộ phụ trách" in str(row.errors["owner"])

    def test_an_owner_sees_the_neighbourhood(self, client_for, chief, officer_b, planned):
        data = was_held() | asked(owner=officer_b.pk, owner_body="")
        response = client_for(chief).post(self.url(planned), data)
        assert "không phụ trách tổ dân phố" in errors(response, "__all__")
        assert not Question.objects.exists()

    def test_an_officer_may_own_what_was_asked_before_the_whole_ward(
        self, client_for, chief, officer_b
    ):
        row = ActivityFactory(neighbourhood=None, held_on=None, planned_on=D(2026, 11, 20))
        data = was_held() | asked(owner=officer_b.pk, owner_body="")
        assert client_for(chief).post(self.url(row), data).status_code == 302
        assert list(Question.objects.visible_to(officer_b)) == list(row.questions.all())

    def test_leaders_own_nothing(self, client_for, chief, leader, planned):
        data = was_held() | asked(owner=leader.pk, owner_body="")
        assert client_for(chief).post(self.url(planned), data).status_code == 422

    def test_only_approved_materials(self, client_for, chief, planned, area_a):
        old = MaterialFactory(title="Một")
        used = MaterialFactory(title="Một", version_number=2)
        waits = MaterialFactory(approved_on=None)
        client = client_for(chief)
        offered = client.get(self.url(planned)).context["form"].fields["material"].queryset
        assert set(offered) == {used}
        for row in (old, waits):
            response = client.post(self.url(planned), was_held(material=row.pk))
            assert errors(response, "material")
        response = client.post(CREATE, typed(area_a, material=waits.pk) | was_held())
        assert "Tài liệu này chưa được duyệt." in errors(response, "material")
        assert client.post(CREATE, typed(area_a, material=waits.pk)).status_code == 302

    def test_questions_of_a_session_not_held_are_refused(self, client_for, chief, area_a):
        response = client_for(chief).post(CREATE, typed(area_a) | asked())
        assert "ghi ngày tổ chức" in errors(response, "held_on")

    def test_once(self, client_for, officer_a, planned):
        client = client_for(officer_a)
        mark = re.search(
            r'name="_once" value="(\w+)"', client.get(self.url(planned)).content.decode()
        )
        data = was_held(_once=mark[1]) | asked()
        client.post(self.url(planned), data)
        client.post(self.url(planned), data)
        assert planned.questions.count() == 1
        planned.refresh_from_db()
        again = client.post(self.url(planned), was_held(version=planned.version) | asked())
        assert "Đã ghi tổ chức ngày 20/11/2026 rồi." in again.content.decode()
        assert planned.questions.count() == 1
        assert client.get(self.url(planned)).url == planned.get_absolute_url()

    def test_a_stale_edit_is_refused(self, client_for, officer_a, held, area_a):
        data = typed(area_a) | was_held(version=held.version)
        held.place = "Trường học"
        held.save()
        response = client_for(officer_a).post(f"{held.get_absolute_url()}edit/", data)
        assert response.status_code == 422
        assert response.context["stale"]

    def test_partners_are_changed_by_an_edit(self, client_for, officer_a, held, area_a):
        old = ActivityPartnerFactory(activity=held).partner
        kept = ActivityPartnerFactory(activity=held)
        new = PartnerFactory()
        data = typed(area_a, partners=[kept.partner_id, new.pk]) | was_held(version=held.version)
        client_for(officer_a).post(f"{held.get_absolute_url()}edit/", data)
        assert {row.partner for row in held.takers.all()} == {kept.partner, new}
        assert old.pk
        assert held.takers.filter(pk=kept.pk).exists()


class TestCallingOff:
    def test_and_taking_it_back(self, client_for, officer_a, planned):
        client = client_for(officer_a)
        url = planned.get_absolute_url()
        assert labels(client, planned) == ["Sửa", "Huỷ buổi này", "Ghi đã tổ chức"]
        client.post(f"{url}call-off/", {"cancelled_on": "23/11/2026", "version": "1"})
        planned.refresh_from_db()
        assert planned.cancelled_on == D(2026, 11, 23)
        assert labels(client, planned) == ["Bỏ huỷ"]
        for act in ("edit", "hold", "call-off"):
            assert client.get(f"{url}{act}/").status_code == 403
        client.post(f"{url}take-back/")
        planned.refresh_from_db()
        assert planned.cancelled_on is None

    def test_not_after_today_nor_once_held(self, client_for, officer_a, planned, held):
        client = client_for(officer_a)
        url = f"{planned.get_absolute_url()}call-off/"
        assert "sau hôm nay" in errors(
            client.post(url, {"cancelled_on": "25/11/2026"}), "cancelled_on"
        )
        assert errors(client.post(url, {"cancelled_on": ""}), "cancelled_on")
        data = {"cancelled_on": "1/11/2026", "version": "1"}
        response = client.post(f"{held.get_absolute_url()}call-off/", data)
        assert "Đã tổ chức thì không huỷ." in errors(response, "cancelled_on")
        held.refresh_from_db()
        assert held.cancelled_on is None

    def test_the_service_refuses_one_called_off_meanwhile(self, planned):
        Activity.objects.filter(pk=planned.pk).update(cancelled_on=D(2026, 11, 1))
        planned.held_on, planned.attendance = D(2026, 11, 20), 5
        with pytest.raises(ValidationError, match="đã huỷ"):
            services.hold(activity=planned, partners=[], questions=[], on=D(2026, 11, 24))


class TestWhoMay:
    def test_what_was_for_the_whole_ward_an_officer_reads_only(self, client_for, officer_a, chief):
        row = ActivityFactory(neighbourhood=None, held_on=None, planned_on=D(2026, 12, 1))
        client = client_for(officer_a)
        assert labels(client, row) == []
        for act in ("edit", "hold", "call-off"):
            assert client.get(f"{row.get_absolute_url()}{act}/").status_code == 403
        assert len(labels(client_for(chief), row)) == 3
        Activity.objects.update(cancelled_on=D(2026, 11, 1))
        assert client.post(f"{row.get_absolute_url()}take-back/").status_code == 403

    def test_another_officers_are_not_there(self, client_for, officer_b, planned):
        client = client_for(officer_b)
        for act in ("", "edit/", "hold/", "call-off/", "questions/create/"):
            assert client.get(f"{planned.get_absolute_url()}{act}").status_code == 404
        assert client.post(f"{planned.get_absolute_url()}take-back/").status_code == 404

    def test_the_desk_reads_only(self, client_for, duty, planned):
        client = client_for(duty)
        assert labels(client, planned) == []
        assert client.get(f"{planned.get_absolute_url()}hold/").status_code == 403

    def test_leaders_are_refused(self, client_for, leader, planned):
        assert client_for(leader).get(LIST).status_code == 403


class TestThePage:
    def page(self, client, row):
        return client.get(row.get_absolute_url())

    def test_what_it_lacks_is_told_in_words(self, client_for, chief, held, planned):
        client = client_for(chief)
        no_material, no_questions = "Buổi này chưa có tài liệu.", "Buổi này chưa ghi ý kiến nào."
        assert self.page(client, held).context["lacks"] == [no_material, no_questions]
        assert no_material in self.page(client, held).content.decode()
        assert self.page(client, planned).context["lacks"] == []
        held.material = MaterialFactory()
        held.save()
        assert self.page(client, held).context["lacks"] == [no_questions]
        QuestionFactory(activity=held)
        assert self.page(client, held).context["lacks"] == []

    def test_which_commitment_it_keeps(self, client_for, chief, held):
        held.commitment = CommitmentFactory(content="Mỗi quý một buổi")
        held.save()
        told = self.page(client_for(chief), held).content.decode()
        assert "Buổi này thực hiện cam kết “Mỗi quý một buổi”" in told
        assert f'href="{held.commitment.resolution.get_absolute_url()}"' in told

    def test_who_leads_and_where_is_told_where_it_is_empty(self, client_for, chief):
        row = ActivityFactory(neighbourhood=None)
        facts = dict(self.page(client_for(chief), row).context["facts"])
        assert facts["Đơn vị chủ trì"] == "Công an phường"
        assert facts["Tổ dân phố"] == "Cả phường"
        assert "Mô hình" not in facts

    def test_its_queries_do_not_grow(self, client_for, chief, held):
        def asked():
            client = client_for(chief)
            with CaptureQueriesContext(connection) as queries:
                assert self.page(client, held).status_code == 200
            return len(queries)

        item = PlanItemFactory(neighbourhood=held.neighbourhood)
        held.plan, held.commitment, held.material = item, CommitmentFactory(), MaterialFactory()
        held.campaign = CampaignFactory(neighbourhood=held.neighbourhood)
        held.group = GroupFactory(neighbourhood=held.neighbourhood)
        held.lead = PartnerFactory()
        held.save()

        def more():
            QuestionFactory(activity=held, owner=chief, owner_body="")
            ActivityPartnerFactory(activity=held)

        more()
        few = asked()
        for _ in range(8):
            more()
        assert asked() == few <= 14


class TestTheList:
    def test_the_filters(self, client_for, chief, planned, held, area_a):
        late = planned
        soon = ActivityFactory(held_on=None, planned_on=D(2026, 11, 24), neighbourhood=None)
        off = ActivityFactory(held_on=None, planned_on=D(2026, 11, 1), cancelled_on=D(2026, 11, 2))
        full = ActivityFactory(
            held_on=D(2026, 9, 30), material=MaterialFactory(), lead=PartnerFactory()
        )
        QuestionFactory(activity=full)
        taker = ActivityPartnerFactory(activity=held)
        client = client_for(chief)

        def listed(query):
            told = client.get(f"{LIST}?{query}").content.decode()
            return {row for row in (late, soon, off, full, held) if row.code in told}

        assert listed("") == {late, soon, off, full, held}
        assert listed("state=planned") == {late, soon}
        assert listed("state=late") == {late}
        assert listed("state=held") == {held, full}
        assert listed("state=no_material") == listed("state=no_questions") == {held}
        assert listed("state=cancelled") == {off}
        assert listed("quarter=2026-Q3") == {full}
        assert listed("month=2026-10") == {full}  # 15/9 to 14/10
        assert listed("lead=partners") == {full}
        assert listed(f"partner={full.lead_id}") == {full}
        assert listed(f"partner={taker.partner_id}") == {held}
        assert listed("where=ward") == {soon}
        assert listed(f"neighbourhood={area_a.pk}") == {late, held}
        assert listed("quarter=2026-Q9") == set()

    def test_the_last_day_comes_first(self, client_for, chief):
        days = [D(2026, 11, 1), D(2026, 12, 1), D(2026, 10, 1)]
        first = ActivityFactory(held_on=days[0])
        second = ActivityFactory(held_on=None, planned_on=days[1])
        third = ActivityFactory(held_on=days[2], planned_on=D(2026, 12, 30))
        told = client_for(chief).get(LIST).content.decode()
        codes = sorted((first, second, third), key=lambda row: told.index(row.code))
        assert codes == [second, first, third]

    def test_an_export_holds_what_the_list_shows(self, client_for, officer_a, held):
        ActivityFactory()
        response = client_for(officer_a).post(LIST, {"_export": "csv"})
        lines = b"".join(response.streaming_content).decode("utf-8-sig").splitlines()
        assert len(lines) == 2
        assert held.code in lines[1]
        assert "01/11/2026" in lines[1]

    def test_its_queries_do_not_grow(self, client_for, chief, held):
        def asked():
            client = client_for(chief)
            with CaptureQueriesContext(connection) as queries:
                client.get(LIST)
            return len(queries)

        few = asked()
        for _ in range(20):
            QuestionFactory(activity=ActivityFactory(lead=PartnerFactory()))
        assert asked() == few <= 12

    def test_what_is_to_be_done(self, chief, officer_b, planned, held, today):
        work = next(one for one in all_work() if one.kind == "activity")
        until = today + dt.timedelta(days=work.soon)
        last = ActivityFactory(held_on=None, planned_on=D(2026, 12, 1))
        ActivityFactory(held_on=None, planned_on=D(2026, 12, 2))
        ActivityFactory(held_on=None, planned_on=D(2026, 11, 1), cancelled_on=D(2026, 11, 1))
        assert set(work.rows(chief, today, until)) == {planned, last}
        assert not work.rows(officer_b, today, until).exists()
