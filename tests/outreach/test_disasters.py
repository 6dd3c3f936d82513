"""Disasters: the duty roster, the help given, who writes and sees what, the paper."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from kylien.audit.models import AuditEntry
from kylien.core.work import Work
from kylien.portal import worklist
from outreach import joint_work
from outreach.models import Disaster, DutyShift, HelpGiven, JointResolution
from outreach.services import directives as services
from outreach.views.directives import told_hours
from tests.factories import (
    AwardFactory,
    CampaignFactory,
    CommitmentFactory,
    DirectiveFactory,
    DisasterFactory,
    DutyShiftFactory,
    FulfilmentFactory,
    HelpGivenFactory,
    PartnerFactory,
    day,
)

pytestmark = pytest.mark.django_db


def typed(when):
    return when.strftime("%d/%m/%Y")


def moment(hours_ago):
    at = timezone.localtime() - dt.timedelta(hours=hours_ago)
    return at.strftime("%d/%m/%Y %H:%M")


def errors(response, name):
    assert response.status_code == 422
    return " ".join(map(str, response.context["form"].errors[name]))


@pytest.fixture
def storm(db):
    return DisasterFactory(name="Bão số 5", started_on=day(3))


class TestEvent:
    def test_it_is_opened_and_ended(self, client_for, clerk):
        client = client_for(clerk)
        fields = {"name": "Bão số 9", "started_on": typed(day(1)), "ended_on": "", "note": "Xuồng"}
        done = client.post("/disasters/create/", fields)
        row = Disaster.objects.get()
        assert done.url == f"/disasters/{row.pk}/"
        assert row.code in client.get("/disasters/?state=open").content.decode()
        fields |= {"ended_on": typed(day(1)), "version": 1}
        answer = client.post(f"/disasters/{row.pk}/edit/", fields)
        assert "phải sau ngày bắt đầu" in errors(answer, "ended_on")
        client.post(f"/disasters/{row.pk}/edit/", fields | {"ended_on": typed(day())})
        assert row.code in client.get("/disasters/?state=ended").content.decode()
        assert row.code not in client.get("/disasters/?state=open").content.decode()

    def test_roles(self, client_for, storm, chief, clerk, officer_a, duty, leader, superuser):
        for user, seen, edits, shifts, helps in (
            (chief, 200, 200, 200, 200),
            (clerk, 200, 200, 200, 200),
            (officer_a, 200, 403, 403, 200),
            (duty, 200, 403, 200, 200),
            (leader, 403, 403, 403, 403),
            (superuser, 403, 403, 403, 403),
        ):
            client = client_for(user)
            url = storm.get_absolute_url()
            assert client.get(url).status_code == seen
            assert client.get(f"{url}print/").status_code == seen
            assert client.get(f"{url}edit/").status_code == edits
            assert client.get(f"{url}shifts/").status_code == shifts
            assert client.get(f"{url}helps/").status_code == helps


class TestRoster:
    def post(self, client, storm, *officers, **changes):
        fields = {
            "day": typed(day()),
            "last_day": "",
            "hours": "18h–6h",
            "place": "Trụ sở",
            "officers": [getattr(one, "pk", one) for one in officers],
        } | changes
        data = {f"shift-{name}": value for name, value in fields.items()}
        return client.post(f"/disasters/{storm.pk}/shifts/", data)

    def test_several_officers_on_several_days(self, client_for, duty, storm, officer_a, officer_b):
        client = client_for(duty)
        done = self.post(client, storm, officer_a, officer_b, last_day=typed(day(-2)))
        assert done.url == storm.get_absolute_url() + "#roster"
        assert DutyShift.objects.count() == 6
        page = client.get(storm.get_absolute_url())
        assert [(one.day, len(one.shifts)) for one in page.context["days"]] == [
            (day(), 2), (day(-1), 2), (day(-2), 2),
        ]  # fmt: skip
        assert officer_a.full_name in page.content.decode()

    @pytest.mark.parametrize(
        ("changes", "field", "sentence"),
        [
            ({"officers": []}, "officers", "ít nhất một cán bộ"),
            ({"officers": ["9" * 30]}, "officers", "Hãy chọn"),
            ({"hours": ""}, "hours", "bắt buộc"),
            ({"hours": "x" * 31}, "hours", "30"),
            ({"day": typed(day(4))}, "day", "bắt đầu ngày"),
            ({"day": "31/2/2026"}, "day", "không có trong lịch"),
            ({"last_day": typed(day(1))}, "last_day", "trước ngày đầu"),
            ({"last_day": typed(day(-31))}, "last_day", "không quá 31 ngày"),
        ],
    )
    def test_a_bad_value_is_told(
        self, client_for, duty, storm, officer_a, changes, field, sentence
    ):
        answer = self.post(client_for(duty), storm, officer_a, **changes)
        assert sentence in errors(answer, field)
        assert answer.context["form"]["place"].value() == "Trụ sở"
        assert not DutyShift.objects.exists()

    def test_the_last_of_31_days(self, client_for, duty, storm, officer_a):
        done = self.post(client_for(duty), storm, officer_a, last_day=typed(day(-30)))
        assert done.status_code == 302
        assert DutyShift.objects.count() == 31

    def test_a_shift_he_has_already(self, client_for, duty, storm, officer_a, officer_b):
        client = client_for(duty)
        self.post(client, storm, officer_a)
        answer = self.post(client, storm, officer_b, officer_a, hours=" 18h–6h ")
        assert f"đã có ca 18h–6h ngày {typed(day())}" in errors(answer, "officers")
        assert DutyShift.objects.count() == 1

    def test_after_the_end(self, client_for, duty, storm, officer_a):
        Disaster.objects.update(ended_on=day(-1))
        client = client_for(duty)
        assert self.post(client, storm, officer_a).status_code == 302
        answer = self.post(client, storm, officer_a, day=typed(day(-1)))
        assert "hết từ ngày" in errors(answer, "day")

    def test_leaders_and_superusers_are_not_on_duty(
        self, client_for, duty, storm, leader, superuser
    ):
        for one in (leader, superuser):
            assert errors(self.post(client_for(duty), storm, one), "officers")

    def test_one_is_mended_and_taken_out(self, client_for, chief, duty, storm, officer_b):
        row = DutyShiftFactory(disaster=storm, day=day())
        fields = {
            "officer": officer_b.pk, "day": typed(day(-1)), "hours": "6h–18h", "place": "",
            "version": 1,
        }  # fmt: skip
        url = f"/duty-shifts/{row.pk}/edit/"
        client = client_for(duty)
        assert "/drop/" not in client.get(url).content.decode()
        answer = client.post(url, fields | {"day": typed(day(9))})
        assert "bắt đầu ngày" in errors(answer, "day")
        assert client.post(url, fields).status_code == 302
        row.refresh_from_db()
        assert (row.officer, row.day, row.hours) == (officer_b, day(-1), "6h–18h")
        drop = f"/duty-shifts/{row.pk}/drop/"
        assert client.post(drop).status_code == 403
        assert drop in client_for(chief).get(url).content.decode()
        assert client_for(chief).post(drop).url == storm.get_absolute_url() + "#roster"
        assert not DutyShift.objects.exists()

    def test_the_paper(self, client_for, officer_a, storm):
        row = DutyShiftFactory(disaster=storm, day=day(), place="Đê sông Rác")
        page = client_for(officer_a).get(f"/disasters/{storm.pk}/print/").content.decode()
        for words in ("LỊCH TRỰC", "Bão số 5", row.officer.full_name, "Đê sông Rác", typed(day())):
            assert words in page
        assert AuditEntry.objects.get(action="print").code == storm.code

    def test_past_shifts_are_folded(self, client_for, officer_a, storm):
        DutyShiftFactory(disaster=storm, day=day(1))
        DutyShiftFactory(disaster=storm, day=day())
        context = client_for(officer_a).get(storm.get_absolute_url()).context
        assert [one.day for one in context["past_days"]] == [day(1)]
        assert [one.day for one in context["days"]] == [day()]


class TestHelp:
    def post(self, client, storm, area, **changes):
        fields = {
            "kind": "evacuate",
            "neighbourhood": area.pk,
            "households": "5",
            "asked_at": moment(4),
            "came_at": moment(2.5),
            "note": "Tới trường học",
        } | changes
        data = {f"help-{name}": value for name, value in fields.items()}
        return client.post(f"/disasters/{storm.pk}/helps/", data)

    def test_it_is_written_and_summed_up(self, client_for, duty, storm, area_a, area_b):
        client = client_for(duty)
        done = self.post(client, storm, area_a)
        assert done.url == storm.get_absolute_url() + "#helps"
        self.post(client, storm, area_a, households="2", asked_at="", came_at=moment(1))
        self.post(client, storm, area_b, kind="supply", asked_at=moment(3), came_at=moment(2.5))
        page = client.get(storm.get_absolute_url())
        assert [
            (one.area, one.times, one.households, one.kinds) for one in page.context["totals"]
        ] == [
            (str(area_a), 2, 7, ["di dời 2"]),
            (str(area_b), 1, 5, ["tiếp tế 1"]),
        ]
        assert page.context["households"] == 12
        hours = page.context["hours"]
        assert (hours.count, hours.middle, hours.longest) == (2, 1, 1.5)
        assert page.context["middle"] == "1 giờ"
        assert "1 giờ 30 phút" in page.content.decode()

    @pytest.mark.parametrize(
        ("changes", "field", "sentence"),
        [
            ({"households": "0"}, "households", "Ít nhất một hộ"),
            ({"households": "-3"}, "households", ""),
            ({"households": "vài"}, "households", ""),
            ({"households": ""}, "households", "bắt buộc"),
            ({"kind": "x"}, "kind", "Hãy chọn"),
            ({"came_at": moment(5)}, "came_at", "trước khi nhận yêu cầu"),
            ({"came_at": moment(-1)}, "came_at", "chưa đến"),
            ({"asked_at": moment(-1)}, "asked_at", "chưa đến"),
            ({"asked_at": moment(24 * 12)}, "asked_at", "hơn 7 ngày"),
            ({"came_at": "sáng nay"}, "came_at", "Ghi ngày và giờ"),
            ({"note": "x" * 301}, "note", "300"),
        ],
    )
    def test_a_bad_value_is_told(self, client_for, duty, storm, area_a, changes, field, sentence):
        answer = self.post(client_for(duty), storm, area_a, **changes)
        assert sentence in errors(answer, field)
        assert answer.context["form"]["neighbourhood"].value() == str(area_a.pk)
        assert not HelpGiven.objects.exists()

    def test_an_officer_writes_and_sees_his_own(
        self, client_for, officer_a, officer_b, storm, area_a, area_b
    ):
        client = client_for(officer_a)
        assert self.post(client, storm, area_b).status_code == 422
        form = client.get(storm.get_absolute_url()).context["help_form"]
        assert form["neighbourhood"].value() == area_a.pk
        assert self.post(client, storm, area_a).status_code == 302
        row = HelpGiven.objects.get()
        other = client_for(officer_b)
        assert other.get(storm.get_absolute_url()).context["helps"] == []
        assert "Tới trường học" not in other.get(storm.get_absolute_url()).content.decode()
        assert other.get(f"/helps/{row.pk}/edit/").status_code == 404

    def test_one_is_mended_and_taken_out(self, client_for, chief, duty, storm, area_a):
        row = HelpGivenFactory(disaster=storm, neighbourhood=area_a)
        fields = {
            "kind": "guard",
            "neighbourhood": area_a.pk,
            "households": "8",
            "asked_at": "",
            "came_at": moment(2),
            "note": "",
            "version": 1,
        }
        url = f"/helps/{row.pk}/edit/"
        assert client_for(duty).post(url, fields).status_code == 302
        row.refresh_from_db()
        assert (row.kind, row.households) == ("guard", 8)
        drop = f"/helps/{row.pk}/drop/"
        assert client_for(duty).post(drop).status_code == 403
        assert client_for(chief).post(drop).status_code == 302
        assert not HelpGiven.objects.exists()

    def test_no_field_holds_a_person(self):
        linked = {f.related_model.__name__ for f in HelpGiven._meta.get_fields() if f.is_relation}
        assert linked == {"Disaster", "Neighbourhood"}

    @pytest.mark.parametrize(
        ("hours", "told"),
        [
            (None, ""),
            (0, "0 phút"),
            (0.5, "30 phút"),
            (1, "1 giờ"),
            (1.5, "1 giờ 30 phút"),
            (26.25, "26 giờ 15 phút"),
            (0.999, "1 giờ"),
        ],
    )
    def test_hours_as_people_say_them(self, hours, told):
        assert told_hours(hours) == told


@pytest.mark.parametrize("rows", [1, 3])
def test_the_queries_do_not_grow(client_for, chief, storm, area_a, rows):
    for n in range(rows):
        DutyShiftFactory(disaster=storm, day=day(-n))
        HelpGivenFactory(disaster=storm)
    client = client_for(chief)
    for url, most in (("/disasters/", 12), (storm.get_absolute_url(), 14)):
        with CaptureQueriesContext(connection) as queries:
            assert client.get(url).status_code == 200
        assert len(queries) <= most


def test_the_counts_of_the_list_are_what_the_user_sees(client_for, officer_a, storm, area_a):
    HelpGivenFactory(disaster=storm)
    HelpGivenFactory(disaster=storm, neighbourhood=area_a)
    DutyShiftFactory(disaster=storm)
    DutyShiftFactory(disaster=storm)
    row = Disaster.objects.with_counts(officer_a).get()
    assert (row.shift_count, row.help_count) == (2, 1)


def test_a_shift_outside_its_disaster_is_refused_by_the_service(storm):
    row = DutyShiftFactory(disaster=storm)
    row.day = day(4)
    with pytest.raises(ValidationError):
        services.save_shift(shift=row)


# --- what of all this stands in the worklist ------------------------------------------------------


class TestWork:
    def rows(self, kind, user, until):
        work = next(one for one in joint_work.JOINT_WORK if one.kind == kind)
        assert isinstance(work, Work)
        assert user.has_perm(work.permission)
        return list(work.rows(user, day(), until))

    def test_times_of_commitments(self, officer_a):
        due = FulfilmentFactory(commitment=CommitmentFactory(), due_on=day(-14))
        FulfilmentFactory(commitment=CommitmentFactory(), due_on=day(-15))
        past = FulfilmentFactory(commitment=CommitmentFactory(), due_on=day(3))
        FulfilmentFactory(commitment=CommitmentFactory(ended_on=day()), due_on=day(3))
        over = FulfilmentFactory(commitment=CommitmentFactory(), due_on=day(3))
        over.commitment.resolution.ended_on = day()
        over.commitment.resolution.save()
        FulfilmentFactory(
            commitment=CommitmentFactory(), due_on=day(3), done_on=day(), evidence="x"
        )
        found = self.rows("commitment", officer_a, day(-14))
        assert {row.pk for row in found} == {due.pk, past.pk}

    def test_directives(self, chief, duty):
        late, soon = DirectiveFactory(due_on=day(2)), DirectiveFactory(due_on=day(-14))
        DirectiveFactory(due_on=day(-15))
        DirectiveFactory(due_on=day(2), done_on=day(), result="Xong")
        assert {row.pk for row in self.rows("directive", chief, day(-14))} == {late.pk, soon.pk}
        own = DirectiveFactory(due_on=day(2), owner=duty, owner_body="")
        assert [row.pk for row in self.rows("directive", duty, day(-14))] == [own.pk]

    def test_awards(self, officer_a, officer_b, area_a):
        def award(**values):
            return AwardFactory(group__neighbourhood=area_a, **values)

        told = award(decided_on=day(5), decision="1/QĐ")
        award(decided_on=day(5), decision="1/QĐ", noticed_on=day(4))
        asked = award(proposed_on=day(30))
        award(proposed_on=day(29))
        award(proposed_on=day(30), declined_on=day(1), decline_reason="Chưa đủ")
        assert self.rows("award-notice", officer_a, day()) == [told]
        assert self.rows("award-decision", officer_a, day()) == [asked]
        assert self.rows("award-notice", officer_b, day()) == []

    def test_shifts_of_today_and_tomorrow(self, officer_a, duty, storm):
        own = [DutyShiftFactory(disaster=storm, officer=officer_a, day=day(-n)) for n in range(3)]
        DutyShiftFactory(disaster=storm, officer=officer_a, day=day(1))
        other = DutyShiftFactory(disaster=storm, day=day())
        until = day(-7)
        assert set(self.rows("disaster-shift", officer_a, until)) == set(own[:2])
        assert set(self.rows("disaster-shift", duty, until)) == {*own[:2], other}
        assert set(self.rows("disaster-shift", duty, day())) == {own[0], other}

    def test_kinds_are_told_apart(self):
        kinds = [one.kind for one in joint_work.JOINT_WORK]
        assert len(kinds) == len(set(kinds)) == 5

    def test_they_stand_in_one_list(self, monkeypatch, chief, officer_a, area_a, storm):
        """The columns of all kinds fit together, on either database."""
        monkeypatch.setattr(worklist, "all_work", lambda: joint_work.JOINT_WORK)
        partner = PartnerFactory(name="Hội Nông dân")
        FulfilmentFactory(commitment=CommitmentFactory(partner=partner), due_on=day(3))
        FulfilmentFactory(commitment=CommitmentFactory(content="Tuần tra"), due_on=day(2))
        DirectiveFactory(content="Ra quân", number="7/KH", title="Ra quân đầu năm", due_on=day(1))
        model = CampaignFactory(name="Camera", neighbourhood=area_a)
        AwardFactory(group=None, campaign=model, neighbourhood=area_a, proposed_on=day(30))
        AwardFactory(
            group=None, recipient="Ai đó", neighbourhood=None, decided_on=day(1), decision="1/QĐ"
        )
        shift = DutyShiftFactory(disaster=storm, day=day())
        shown = worklist.Worklist(chief, day(), worklist.Span.ahead(day()))
        found = shown.page(0, 50)
        assert [(one.work.kind, one.name, one.detail, one.area or "") for one in found] == [
            ("commitment", "Tuyên truyền mỗi quý một buổi", "Hội Nông dân", ""),
            ("commitment", "Tuần tra", "Công an phường", ""),
            ("directive", "Ra quân", "7/KH · Ra quân đầu năm", ""),
            ("award-notice", "Ai đó", "Báo tin kịp thời", ""),
            ("award-decision", "Camera", "Báo tin kịp thời", str(area_a)),
            ("disaster-shift", shift.officer.full_name, "18h–6h · Bão số 5", ""),
        ]
        assert found[0].url == JointResolution.objects.order_by("pk").first().get_absolute_url()
        assert sum(one.total for one in shown.tally()) == 6
        assert len(shown.head()) == 6
        own = worklist.Worklist(officer_a, day(), worklist.Span.ahead(day()), neighbourhood=area_a)
        assert [one.work.kind for one in own.page(0, 50)] == ["award-decision"]
