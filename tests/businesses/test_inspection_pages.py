"""Pages of inspections: the plan, the notice, the minutes, the remedies, and who may do what."""

import datetime as dt
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.html import strip_tags

from businesses import services
from businesses.models import Inspection, InspectionFinding
from kylien.areas.models import Holiday
from kylien.audit.models import AuditEntry
from tests import factories
from tests.factories import FindingFactory, InspectionFactory, WardFactory, day

pytestmark = pytest.mark.django_db

CREATE = "/inspections/create/"


def typed(when):
    return when.strftime("%d/%m/%Y")


@pytest.fixture
def place(area_a):
    return factories.BusinessFactory(neighbourhood=area_a, name="Karaoke Sao")


@pytest.fixture
def row(place):
    return InspectionFactory(business=place)


@pytest.fixture
def told(place):
    """An inspection announced long ago, for yesterday."""
    return InspectionFactory(business=place, noticed_on=day(40), planned_on=day(1))


@pytest.fixture
def found(place):
    """A finding of an inspection that was held."""
    return FindingFactory(inspection__business=place)


def planned(place, **changes):
    return {
        "business": place.code,
        "kind": "periodic",
        "planned_on": typed(day(-30)),
        "content": "Kiểm tra toàn diện",
    } | changes


def minutes(**changes):
    return {
        "held_on": typed(day(1)),
        "outcome": "passed",
        "team": "Thiếu tá A",
        "met_with": "Chị Chủ",
        "conclusion": "Cơ sở chấp hành tốt",
    } | changes


def mark(response):
    return re.search(r'name="_once" value="(\w+)"', response.content.decode())[1]


def errors(response, name):
    assert response.status_code == 422
    return " ".join(map(str, response.context["form"].errors[name]))


def labels(client, row):
    return [one["label"] for one in client.get(row.get_absolute_url()).context["actions"]]


def steps(client, row):
    found = client.get(row.get_absolute_url()).context["steps"]
    return [(one.label, one.state) for one in found]


class TestPlanning:
    def test_it_is_written_into_the_plan(self, client_for, officer_a, place):
        client = client_for(officer_a)
        done = client.post(CREATE, planned(place))
        row = Inspection.objects.get()
        assert done.url == row.get_absolute_url() == f"/inspections/{row.pk}/"
        page = client.get(done.url).content.decode()
        assert f'href="{place.get_absolute_url()}"' in page
        assert "Kiểm tra toàn diện" in page
        assert row.code in client.get("/inspections/").content.decode()

    @pytest.mark.parametrize(
        ("changes", "field", "sentence"),
        [
            ({"business": ""}, "business", "bắt buộc"),
            ({"business": "CS-99999"}, "business", "Không thấy mã CS-99999"),
            ({"kind": "raid"}, "kind", "Hãy chọn"),
            ({"planned_on": "31/2/2026"}, "planned_on", "không có trong lịch"),
            ({"planned_on": ""}, "planned_on", "bắt buộc"),
            ({"planned_on": "1/1/0001"}, "planned_on", "1900"),
            ({"kind": "unannounced"}, "ground", "phải có căn cứ"),
            ({"kind": "special"}, "ground_note", "văn bản chỉ đạo"),
            ({"kind": "post_issue"}, "certificate", "chọn giấy"),
            ({"kind": "follow_up"}, "follows", "chọn cuộc kiểm tra trước"),
            ({"kind": "post_issue", "certificate": "9" * 30}, "certificate", "Hãy chọn"),
            ({"kind": "follow_up", "follows": "a\0b"}, "follows", "không hợp lệ"),
            ({"content": "x" * 1001}, "content", "1000"),
        ],
    )
    def test_a_bad_value_is_told_beside_its_field(
        self, client_for, officer_a, place, changes, field, sentence
    ):
        answer = client_for(officer_a).post(CREATE, planned(place, **changes))
        assert sentence in errors(answer, field)
        assert list(answer.context["form"].errors) == [field]
        assert answer.context["form"]["content"].value() == planned(place, **changes)["content"]
        assert not Inspection.objects.exists()

    def test_an_unannounced_one_is_saved_with_its_ground(self, client_for, officer_a, place):
        fields = planned(place, kind="unannounced", ground="complaint", ground_note="Đơn ngày 2/11")
        assert client_for(officer_a).post(CREATE, fields).status_code == 302
        assert Inspection.objects.get().get_ground_display() == "Có phản ánh, tố cáo"

    def test_what_another_kind_asks_for_is_left_out(self, client_for, officer_a, place):
        fields = planned(place, ground="complaint", ground_note="Đơn", certificate="99")
        assert client_for(officer_a).post(CREATE, fields).status_code == 302
        row = Inspection.objects.get()
        assert (row.ground, row.ground_note, row.certificate) == ("", "", None)

    def test_papers_and_earlier_inspections_are_those_of_the_business(
        self, client_for, officer_a, place, found
    ):
        paper = factories.CertificateFactory(business=place)
        factories.CertificateFactory(business=place, kind_code="fire")
        factories.CertificateFactory()
        address = f"{CREATE}?business={place.code}&kind=post_issue&certificate={paper.pk}"
        form = client_for(officer_a).get(address).context["form"]
        assert list(form.fields["certificate"].queryset) == [paper]
        assert list(form.fields["follows"].queryset) == [found.inspection]
        assert typed(paper.issued_on + dt.timedelta(days=60)) in form["planned_on"].help_text

    def test_a_form_sent_without_a_paper_comes_back_with_the_choice(
        self, client_for, officer_a, place
    ):
        paper = factories.CertificateFactory(business=place)
        client = client_for(officer_a)
        answer = client.post(CREATE, planned(place, kind="post_issue"))
        assert f'<option value="{paper.pk}">' in answer.content.decode()
        done = client.post(CREATE, planned(place, kind="post_issue", certificate=paper.pk))
        assert done.status_code == 302

    def test_a_second_periodic_one_is_warned_of_and_refused_until_a_reason_is_typed(
        self, client_for, officer_a, place
    ):
        first = InspectionFactory(business=place, held=True)
        client = client_for(officer_a)
        address = f"{CREATE}?business={place.code}&planned_on={typed(day(-30))}"
        page = client.get(address).content.decode()
        assert f"({first.code}). Kiểm tra định kỳ mỗi cơ sở không quá một lần" in page
        answer = client.post(CREATE, planned(place))
        assert "(NĐ 96/2016/NĐ-CP)" in errors(answer, "repeat_reason")
        assert list(answer.context["form"].errors) == ["repeat_reason"]
        assert Inspection.objects.count() == 1
        done = client.post(CREATE, planned(place, repeat_reason="Công văn 12 của tỉnh"))
        assert "Công văn 12 của tỉnh" in client.get(done.url).content.decode()

    def test_it_is_not_asked_why_where_there_is_no_second_one(self, client_for, officer_a, place):
        form = client_for(officer_a).get(f"{CREATE}?business={place.code}").context["form"]
        assert "repeat_reason" not in form.fields

    @pytest.mark.parametrize(
        "query",
        [
            {"business": "x" * 5000},
            {"business": "'\"<script>", "kind": "xyz"},
            {"planned_on": "31/02/2026", "certificate": "9" * 40},
            {"follows": "-1", "certificate": "²"},
        ],
    )
    def test_odd_addresses_open_the_form(self, client_for, officer_a, query):
        assert client_for(officer_a).get(CREATE, query).status_code == 200

    def test_sent_twice_it_is_written_once(self, client_for, officer_a, place):
        client = client_for(officer_a)
        fields = planned(place, _once=mark(client.get(CREATE)))
        first, second = (client.post(CREATE, fields) for _ in "12")
        assert first.url == second.url == Inspection.objects.get().get_absolute_url()


class TestEditing:
    def test_business_and_kind_stay(self, client_for, officer_a, row, place):
        other = factories.BusinessFactory(neighbourhood=place.neighbourhood)
        fields = planned(other, kind="fire", planned_on=typed(day(-25)), version=row.version)
        client = client_for(officer_a)
        assert client.post(f"/inspections/{row.pk}/edit/", fields).status_code == 302
        row.refresh_from_db()
        assert (row.business, row.kind, row.planned_on) == (place, "periodic", day(-25))

    def test_a_stale_form_is_refused(self, client_for, officer_a, row, place):
        fields = planned(place, version=row.version)
        row.save()
        answer = client_for(officer_a).post(f"/inspections/{row.pk}/edit/", fields)
        assert answer.status_code == 422
        assert "Nội dung kiểm tra" in [one["label"] for one in answer.context["stale"]]

    @pytest.mark.parametrize(
        "ended", [{"held": True}, {"cancelled_on": day(1), "cancel_reason": "Hoãn"}]
    )
    def test_not_once_it_ended(self, client_for, chief, place, ended):
        row = InspectionFactory(business=place, **ended)
        client = client_for(chief)
        assert client.get(f"/inspections/{row.pk}/edit/").status_code == 403
        assert client.post(f"/inspections/{row.pk}/edit/", planned(place)).status_code == 403
        assert "Sửa" not in labels(client, row)


class TestWhatThePageOffers:
    def test_a_planned_one_is_announced_first(self, client_for, officer_a, row):
        client = client_for(officer_a)
        assert labels(client, row) == ["Sửa", "Huỷ cuộc này", "Ghi thông báo"]
        assert steps(client, row) == [
            ("Kế hoạch", "done"),
            ("Thông báo", "now"),
            ("Biên bản", "wait"),
            ("Khắc phục", "wait"),
        ]
        last = typed(services.NoticeTerm().latest(row.planned_on))
        assert f"chậm nhất {last}" in client.get(row.get_absolute_url()).content.decode()

    def test_a_notice_that_is_late_is_told(self, client_for, officer_a, row):
        Inspection.objects.filter(pk=row.pk).update(planned_on=day(-1))
        assert steps(client_for(officer_a), row)[1] == ("Thông báo", "late")

    def test_an_announced_one_is_held(self, client_for, officer_a, told):
        client = client_for(officer_a)
        assert labels(client, told) == [
            "In thông báo",
            "Sửa",
            "Huỷ cuộc này",
            "Sửa thông báo",
            "Ghi biên bản",
        ]

    def test_an_unannounced_one_has_no_notice(self, client_for, officer_a, place):
        row = InspectionFactory(business=place, kind="unannounced", ground="signs")
        client = client_for(officer_a)
        assert labels(client, row) == ["Sửa", "Huỷ cuộc này", "Ghi biên bản"]
        assert "Thông báo" not in [name for name, _ in steps(client, row)]

    def test_one_that_was_held_is_printed_mended_and_followed_up(
        self, client_for, officer_a, found
    ):
        client = client_for(officer_a)
        row = found.inspection
        assert labels(client, row) == ["In thông báo", "In biên bản", "Sửa biên bản"]
        assert steps(client, row)[-1] == ("Khắc phục", "now")
        page = client.get(row.get_absolute_url()).content.decode()
        assert "Lập phúc tra" in page
        assert f"/findings/{found.pk}/mend/" in page

    def test_a_cancelled_one_is_left_alone(self, client_for, officer_a, place):
        row = InspectionFactory(business=place, cancelled_on=day(1), cancel_reason="Cơ sở nghỉ")
        client = client_for(officer_a)
        assert labels(client, row) == []
        assert steps(client, row)[-1] == ("Đã huỷ", "done")

    def test_a_remedy_past_its_day_is_told_with_the_law(self, client_for, officer_a, found):
        InspectionFinding.objects.update(due_on=day(1))
        page = client_for(officer_a).get(found.inspection.get_absolute_url())
        assert "Thu hồi giấy nếu quá 40 ngày" in page.context["late_law"]
        assert page.context["steps"][-1].state == "late"

    def test_the_follow_up_is_prefilled(self, client_for, officer_a, found):
        client = client_for(officer_a)
        address = client.get(found.inspection.get_absolute_url()).context["follow_up_url"]
        form = client.get(address).context["form"]
        fields = {name: form[name].value() for name in ("business", "kind", "follows")}
        assert form["planned_on"].value() == typed(found.due_on)
        done = client.post(CREATE, {**fields, "planned_on": typed(found.due_on)})
        assert Inspection.objects.get(kind="follow_up").follows == found.inspection
        assert done.status_code == 302
        page = client.get(found.inspection.get_absolute_url()).content.decode()
        assert "dự kiến ngày" in page

    def test_sanctions_of_the_inspection_are_listed(self, client_for, officer_a, found, place):
        factories.SanctionFactory(business=place, inspection=found.inspection, number="9/QĐ-XP")
        factories.SanctionFactory(business=place, number="10/QĐ-XP")
        page = client_for(officer_a).get(found.inspection.get_absolute_url()).content.decode()
        assert "9/QĐ-XP" in page
        assert "2.000.000 đồng" in page
        assert "10/QĐ-XP" not in page


class TestAnnouncing:
    def address(self, row):
        return f"/inspections/{row.pk}/announce/"

    def fields(self, row, **changes):
        return {
            "noticed_on": typed(day()),
            "planned_on": typed(day(-20)),
            "version": row.version,
        } | changes

    def test_the_earliest_day_is_told_and_proposed(self, client_for, officer_a, place, on):
        row = InspectionFactory(business=place, planned_on=day(-1))
        form = client_for(officer_a).get(self.address(row)).context["form"]
        first = services.earliest_visit(on)
        assert typed(first) in form["planned_on"].help_text
        assert form["planned_on"].value() == first
        assert form["noticed_on"].value() == on

    def test_a_year_without_days_off_is_told(self, client_for, officer_a, row, on):
        address, client = self.address(row), client_for(officer_a)
        assert "Chưa ghi ngày nghỉ" not in client.get(address).content.decode()
        Holiday.objects.all().delete()
        assert f"Chưa ghi ngày nghỉ lễ năm {on.year}" in client.get(address).content.decode()

    def test_it_is_recorded(self, client_for, officer_a, row, on):
        fields = self.fields(row, notice_number="15/TB-CAP", content="Phòng cháy")
        done = client_for(officer_a).post(self.address(row), fields)
        assert done.url == row.get_absolute_url()
        row.refresh_from_db()
        assert (row.noticed_on, row.notice_number, row.planned_on) == (on, "15/TB-CAP", day(-20))

    @pytest.mark.parametrize(
        ("changes", "field", "sentence"),
        [
            ({"noticed_on": ""}, "noticed_on", "bắt buộc"),
            ({"noticed_on": typed(day(-1))}, "noticed_on", "không thể sau hôm nay"),
            ({"planned_on": typed(day(-1))}, "planned_on", "sớm nhất là ngày"),
            ({"planned_on": typed(day())}, "planned_on", "phải sau ngày thông báo"),
            ({"planned_on": "32/1/2026"}, "planned_on", "không có trong lịch"),
        ],
    )
    def test_a_bad_day_is_told_beside_it(
        self, client_for, officer_a, row, changes, field, sentence
    ):
        fields = self.fields(row, content="Phòng cháy", **changes)
        answer = client_for(officer_a).post(self.address(row), fields)
        assert sentence in errors(answer, field)
        assert "Phòng cháy" in answer.content.decode()
        row.refresh_from_db()
        assert row.noticed_on is None

    def test_a_second_periodic_one_is_warned_of_here_too(self, client_for, officer_a, row, place):
        InspectionFactory(business=place, held=True)
        client = client_for(officer_a)
        page = client.get(self.address(row))
        assert "không quá một lần trong một năm" in page.context["form"].warning
        assert page.context["form"].warning in page.content.decode()
        assert errors(client.post(self.address(row), self.fields(row)), "repeat_reason")
        done = client.post(self.address(row), self.fields(row, repeat_reason="Chỉ đạo"))
        assert done.status_code == 302

    def test_sent_twice_it_is_written_once(self, client_for, officer_a, row):
        client = client_for(officer_a)
        fields = self.fields(row, _once=mark(client.get(self.address(row))))
        first, second = (client.post(self.address(row), fields) for _ in "12")
        assert first.url == second.url == row.get_absolute_url()
        row.refresh_from_db()
        assert row.version == 2

    def test_one_that_was_held_meanwhile_leads_to_its_page(self, client_for, officer_a, place):
        row = InspectionFactory(business=place, held=True)
        client = client_for(officer_a)
        assert client.get(self.address(row)).url == row.get_absolute_url()
        answer = client.post(self.address(row), self.fields(row, noticed_on=typed(day(39))))
        assert "đã có biên bản" in errors(answer, "__all__")


class TestHolding:
    def address(self, row):
        return f"/inspections/{row.pk}/hold/"

    def send(self, client, row, **changes):
        return client.post(self.address(row), minutes(version=row.version, **changes))

    def test_who_and_when_are_proposed(self, client_for, officer_a, told):
        form = client_for(officer_a).get(self.address(told)).context["form"]
        assert form["held_on"].value() == day(1)
        assert form["team"].value() == officer_a.full_name_label
        assert form["met_with"].value() == told.business.responsible_name

    def test_minutes_without_findings(self, client_for, officer_a, told):
        client = client_for(officer_a)
        done = self.send(client, told)
        assert done.url == told.get_absolute_url()
        told.refresh_from_db()
        assert (told.held_on, told.outcome, told.team) == (day(1), "passed", "Thiếu tá A")
        assert steps(client, told)[-1] == ("Khắc phục", "done")

    def test_findings_with_their_days_blank_rows_left_out(self, client_for, officer_a, told):
        rows = {
            "f0-finding": "Bình hết hạn",
            "f0-due_on": typed(day(-3)),
            "f4-finding": "Sổ ghi thiếu",
            "f4-remedy": "Ghi đủ",
        }
        done = self.send(client_for(officer_a), told, outcome="findings", **rows)
        assert done.status_code == 302
        first, second = told.findings.order_by("pk")
        assert (first.finding, first.due_on) == ("Bình hết hạn", day(-3))
        assert (second.remedy, second.due_on) == ("Ghi đủ", services.remedy_until(day(1)))

    @pytest.mark.parametrize(
        ("changes", "field", "sentence"),
        [
            ({"held_on": ""}, "held_on", "bắt buộc"),
            ({"held_on": typed(day(-1))}, "held_on", "không thể sau hôm nay"),
            ({"held_on": typed(day(39))}, "held_on", "sớm nhất là ngày"),
            ({"held_on": typed(day(40))}, "held_on", "Thông báo phải trước"),
            ({"outcome": ""}, "outcome", "bắt buộc"),
            ({"outcome": "findings"}, "outcome", "ít nhất một tồn tại"),
            ({"f0-finding": "Cửa khoá"}, "outcome", "kết quả là Có tồn tại"),
            ({"f5-remedy": "Sửa"}, "__all__", "Tồn tại 6"),
            (
                {"outcome": "findings", "f1-finding": "Cửa", "f1-due_on": "x"},
                "__all__",
                "Tồn tại 2",
            ),
            (
                {"outcome": "findings", "f0-finding": "Cửa", "f0-due_on": typed(day(1))},
                "__all__",
                "Tồn tại 1",
            ),
            ({"outcome": "findings", "f0-finding": "x" * 301}, "__all__", "Tồn tại 1"),
        ],
    )
    def test_what_is_refused_saves_nothing_and_keeps_what_was_typed(
        self, client_for, officer_a, told, changes, field, sentence
    ):
        answer = self.send(client_for(officer_a), told, **changes)
        assert sentence in errors(answer, field)
        page = answer.content.decode()
        assert "Cơ sở chấp hành tốt" in page
        for value in changes.values():
            assert value in page
        told.refresh_from_db()
        assert told.held_on is None
        assert not InspectionFinding.objects.exists()

    def test_a_row_that_is_wrong_is_told_beside_its_field_and_unfolded(
        self, client_for, officer_a, told
    ):
        answer = self.send(client_for(officer_a), told, **{"f5-remedy": "Sửa"})
        assert answer.context["form"].rows[5].errors["finding"]
        assert answer.context["form"].uses_more()

    def test_a_periodic_one_without_notice_is_refused(self, client_for, officer_a, place):
        row = InspectionFactory(business=place, planned_on=day(1))
        answer = self.send(client_for(officer_a), row)
        assert "phải có thông báo trước" in errors(answer, "held_on")

    def test_a_second_periodic_one_needs_its_reason(self, client_for, officer_a, told, place):
        InspectionFactory(business=place, held=True)
        client = client_for(officer_a)
        assert client.get(self.address(told)).context["form"].warning
        assert errors(self.send(client, told), "repeat_reason")
        assert self.send(client, told, repeat_reason="Chỉ đạo").status_code == 302

    def test_sent_twice_it_is_written_once(self, client_for, officer_a, told):
        client = client_for(officer_a)
        once = mark(client.get(self.address(told)))
        rows = {"outcome": "findings", "f0-finding": "Cửa khoá", "_once": once}
        first, second = (self.send(client, told, **rows) for _ in "12")
        assert first.url == second.url == told.get_absolute_url()
        assert InspectionFinding.objects.count() == 1

    def test_minutes_are_mended_but_not_what_they_found(self, client_for, officer_a, found):
        row = found.inspection
        client = client_for(officer_a)
        address = f"/inspections/{row.pk}/minutes/"
        fields = minutes(minutes_number="9", outcome="passed", version=row.version)
        assert client.post(address, fields).status_code == 302
        held, row = row.held_on, Inspection.objects.get(pk=row.pk)
        assert (row.minutes_number, row.outcome, row.held_on) == ("9", "findings", held)

    def test_there_are_no_minutes_to_mend_before_the_visit(self, client_for, officer_a, told):
        assert client_for(officer_a).get(f"/inspections/{told.pk}/minutes/").status_code == 404


class TestCallingOff:
    def test_with_a_reason(self, client_for, officer_a, row, on):
        address = f"/inspections/{row.pk}/call-off/"
        client = client_for(officer_a)
        fields = {"cancelled_on": typed(on), "cancel_reason": "", "version": row.version}
        assert errors(client.post(address, fields), "cancel_reason")
        assert client.post(address, {**fields, "cancel_reason": "Cơ sở nghỉ"}).status_code == 302
        row.refresh_from_db()
        assert (row.cancelled_on, row.cancel_reason) == (on, "Cơ sở nghỉ")
        assert client.get(address).url == row.get_absolute_url()

    def test_not_ahead_of_today(self, client_for, officer_a, row):
        fields = {"cancelled_on": typed(day(-1)), "cancel_reason": "Hoãn", "version": row.version}
        answer = client_for(officer_a).post(f"/inspections/{row.pk}/call-off/", fields)
        assert "không thể sau hôm nay" in errors(answer, "cancelled_on")


class TestRemedies:
    def mend(self, client, row, when, **changes):
        fields = {"mended_on": typed(when), "mended_note": "Đã nạp", "version": row.version}
        return client.post(f"/findings/{row.pk}/mend/", {**fields, **changes})

    def test_it_is_noted(self, client_for, officer_a, found, on):
        client = client_for(officer_a)
        done = self.mend(client, found, on)
        assert done.url == f"{found.inspection.get_absolute_url()}#findings"
        found.refresh_from_db()
        assert (found.mended_on, found.mended_note) == (on, "Đã nạp")
        assert client.get(f"/findings/{found.pk}/mend/").url == done.url
        assert steps(client, found.inspection)[-1] == ("Khắc phục", "done")

    @pytest.mark.parametrize(
        ("when", "sentence"), [(day(21), "trước ngày kiểm tra"), (day(-1), "sau hôm nay")]
    )
    def test_a_bad_day_is_told_beside_it(self, client_for, officer_a, found, when, sentence):
        answer = self.mend(client_for(officer_a), found, when)
        assert sentence in errors(answer, "mended_on")
        assert "Đã nạp" in answer.content.decode()

    def test_sent_twice_it_is_written_once(self, client_for, officer_a, found, on):
        client = client_for(officer_a)
        once = mark(client.get(f"/findings/{found.pk}/mend/"))
        first, second = (self.mend(client, found, on, _once=once) for _ in "12")
        assert first.url == second.url
        found.refresh_from_db()
        assert found.version == 2

    def test_a_finding_is_mended_and_a_remedy_taken_back(self, client_for, officer_a, found):
        InspectionFinding.objects.update(mended_on=day(1), mended_note="Nhầm")
        found.refresh_from_db()
        fields = {"finding": "Cửa khoá", "due_on": typed(day(-9)), "version": found.version}
        client = client_for(officer_a)
        assert client.post(f"/findings/{found.pk}/edit/", fields).status_code == 302
        found.refresh_from_db()
        assert (found.finding, found.due_on, found.mended_on) == ("Cửa khoá", day(-9), None)

    def test_the_day_of_a_remedy_comes_after_the_visit(self, client_for, officer_a, found):
        fields = {"finding": "Cửa", "due_on": typed(day(20)), "version": found.version}
        answer = client_for(officer_a).post(f"/findings/{found.pk}/edit/", fields)
        assert "phải sau ngày kiểm tra" in errors(answer, "due_on")


class TestWhoMay:
    acts = ("edit/", "announce/", "hold/", "call-off/")

    def test_another_officers_inspection_does_not_exist(
        self, client_for, officer_a, officer_b, area_b
    ):
        row = InspectionFactory(business__neighbourhood=area_b)
        found = FindingFactory(inspection__business__neighbourhood=area_b)
        addresses = [
            *(f"/inspections/{row.pk}/{suffix}" for suffix in ("", *self.acts)),
            *(f"/inspections/{found.inspection_id}/print/{one}/" for one in ("notice", "minutes")),
            f"/findings/{found.pk}/mend/",
            f"/findings/{found.pk}/edit/",
        ]
        for address in addresses:
            assert client_for(officer_a).get(address).status_code == 404, address
            assert client_for(officer_b).get(address).status_code == 200, address
            assert client_for(officer_a).post(address, {}).status_code in (404, 405)
        assert row.code not in client_for(officer_a).get("/inspections/").content.decode()

    def test_another_officers_business_is_not_planned(self, client_for, officer_a, area_b):
        stranger = factories.BusinessFactory(neighbourhood=area_b)
        answer = client_for(officer_a).post(CREATE, planned(stranger))
        assert "trong phạm vi của đồng chí" in errors(answer, "business")

    def test_the_desk_looks_and_changes_nothing(self, client_for, duty, row, found):
        client = client_for(duty)
        page = client.get(row.get_absolute_url())
        assert page.status_code == 200
        assert page.context["actions"] == []
        assert client.get("/inspections/").context["create_url"] == ""
        page = client.get(found.inspection.get_absolute_url()).content.decode()
        assert "Lập phúc tra" not in page
        assert "Ghi đã khắc phục" not in page
        addresses = [CREATE, *(f"/inspections/{row.pk}/{suffix}" for suffix in self.acts)]
        for address in (*addresses, f"/findings/{found.pk}/mend/"):
            assert client.get(address).status_code == 403, address
            assert client.post(address, {}).status_code == 403, address

    def test_leaders_see_none(self, client_for, leader, row):
        for address in ("/inspections/", row.get_absolute_url()):
            assert client_for(leader).get(address).status_code == 403


def text_of(response):
    """Return the words of a document in their order."""
    assert response.status_code == 200
    body = re.search(r"<article.*</article>", response.content.decode(), re.DOTALL)[0]
    return " ".join(strip_tags(body).split())


def assert_in_order(text, parts):
    places = [text.index(part) for part in parts]
    assert places == sorted(places)


class TestDocuments:
    @pytest.fixture
    def held(self, place):
        place.address = "Số 2 Lê Lợi"
        place.save()
        row = InspectionFactory(
            business=place,
            noticed_on=dt.date(2026, 1, 5),
            planned_on=dt.date(2026, 3, 12),
            notice_number="15/TB-CAP",
            held_on=dt.date(2026, 3, 12),
            minutes_number="7",
            outcome="findings",
            team="Thiếu tá A\nThượng uý B",
            met_with="Chị Chủ",
            conclusion="Đề nghị khắc phục.",
        )
        FindingFactory(inspection=row, finding="Bình hết hạn", due_on=dt.date(2026, 4, 1))
        return row

    @pytest.fixture(autouse=True)
    def wards(self, ward):
        """The ward was another one, under another unit, until February 2026."""
        type(ward).objects.filter(pk=ward.pk).update(
            name="Hoành Sơn", superior="Công an tỉnh Hà Tĩnh", valid_from=dt.date(2026, 2, 1)
        )
        WardFactory(
            name="Kỳ Liên",
            superior="Công an thị xã Kỳ Anh",
            valid_from=dt.date(2015, 4, 10),
            valid_to=dt.date(2026, 2, 1),
        )

    def test_the_notice_has_its_parts_in_order(self, client_for, officer_a, held):
        told = text_of(client_for(officer_a).get(f"/inspections/{held.pk}/print/notice/"))
        assert_in_order(
            told,
            [
                "CÔNG AN THỊ XÃ KỲ ANH",
                "CÔNG AN PHƯỜNG KỲ LIÊN",
                "Số: 15/TB-CAP",
                "CỘNG HOÀ XÃ HỘI CHỦ NGHĨA VIỆT NAM",
                "Độc lập - Tự do - Hạnh phúc",
                "Kỳ Liên, ngày 05 tháng 01 năm 2026",
                "THÔNG BÁO",
                "Về việc kiểm tra định kỳ",
                "Kính gửi: Karaoke Sao",
                "Căn cứ Nghị định số 96/2016/NĐ-CP",
                "ngày 12 tháng 3 năm 2026",
                "Số 2 Lê Lợi",
                "./.",
                "Nơi nhận:",
                "TRƯỞNG CÔNG AN PHƯỜNG",
            ],
        )
        assert "Hoành Sơn" not in told

    def test_the_minutes_are_headed_by_the_unit_of_their_own_day(self, client_for, officer_a, held):
        told = text_of(client_for(officer_a).get(f"/inspections/{held.pk}/print/minutes/"))
        assert_in_order(
            told,
            [
                "CÔNG AN TỈNH HÀ TĨNH",
                "CÔNG AN PHƯỜNG HOÀNH SƠN",
                "Số: 7/BB-CAP",
                "Hoành Sơn, ngày 12 tháng 3 năm 2026",
                "BIÊN BẢN KIỂM TRA",
                "Hôm nay, ngày 12 tháng 3 năm 2026",
                "Thông báo số 15/TB-CAP ngày 05 tháng 01 năm 2026",
                "Thiếu tá A",
                "Thượng uý B",
                "Chị Chủ",
                "Bình hết hạn",
                "01/04/2026",
                "Đề nghị khắc phục.",
                "ĐẠI DIỆN CƠ SỞ",
                "NGƯỜI GHI BIÊN BẢN",
                "ĐẠI DIỆN ĐOÀN KIỂM TRA",
                "Nơi nhận:",
            ],
        )

    def test_without_a_unit_on_the_day_it_is_still_printed(self, client_for, chief, held):
        Inspection.objects.update(noticed_on=dt.date(1990, 10, 9))
        told = text_of(client_for(chief).get(f"/inspections/{held.pk}/print/notice/"))
        assert "ngày 09 tháng 10 năm 1990" in told

    def test_the_kind_is_its_subject(self, client_for, officer_a, place):
        row = InspectionFactory(business=place, held=True, kind="fire")
        told = text_of(client_for(officer_a).get(f"/inspections/{row.pk}/print/minutes/"))
        assert "Về việc kiểm tra an toàn phòng cháy và chữa cháy" in told
        assert "Số: ……/BB-CAP" in told

    def test_there_is_none_before_the_notice_and_the_visit(self, client_for, officer_a, row, told):
        client = client_for(officer_a)
        assert client.get(f"/inspections/{row.pk}/print/notice/").status_code == 404
        assert client.get(f"/inspections/{told.pk}/print/minutes/").status_code == 404
        assert client.get(f"/inspections/{told.pk}/print/notice/").status_code == 200

    @pytest.mark.parametrize("document", ["notice", "minutes"])
    def test_printing_is_kept_in_the_trail(self, client_for, duty, held, document):
        client_for(duty).get(f"/inspections/{held.pk}/print/{document}/")
        entry = AuditEntry.objects.get(action="print")
        assert (entry.user, entry.table) == (duty, "businesses.inspection")
        assert entry.code == held.code


class TestList:
    @pytest.mark.parametrize(
        ("state", "names"),
        [
            ("open", {"planned", "near", "announced"}),
            ("notice", {"near"}),
            ("announced", {"announced"}),
            ("held", {"passed", "findings"}),
            ("findings", {"findings"}),
            ("remedies", {"findings"}),
            ("cancelled", {"cancelled"}),
        ],
    )
    def test_filters_by_how_it_stands(self, client_for, chief, state, names):
        rows = {
            "planned": InspectionFactory(planned_on=day(-60)),
            "near": InspectionFactory(planned_on=day(-3)),
            "announced": InspectionFactory(noticed_on=day(1), planned_on=day(-20)),
            "passed": InspectionFactory(held=True),
            "findings": FindingFactory().inspection,
            "cancelled": InspectionFactory(cancelled_on=day(1), cancel_reason="Hoãn"),
        }
        page = client_for(chief).get(f"/inspections/?state={state}")
        text = page.content.decode()
        assert {name for name, row in rows.items() if row.code in text} == names

    @pytest.mark.parametrize("query", ["year=nan", "year=1e9", "year=2026.5", "month=2026-13"])
    def test_odd_filters_are_told(self, client_for, chief, query):
        assert client_for(chief).get(f"/inspections/?{query}").status_code == 200

    def test_it_is_exported(self, client_for, chief, row):
        answer = client_for(chief).post("/inspections/", {"_export": "csv"})
        assert row.business.name in b"".join(answer.streaming_content).decode()


def cost(client, address):
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address).status_code == 200
    return len(queries)


def test_the_list_costs_the_same_for_one_and_thirty(client_for, chief):
    client = client_for(chief)
    InspectionFactory()
    client.get("/inspections/")
    one = cost(client, "/inspections/")
    InspectionFactory.create_batch(29)
    assert cost(client, "/inspections/") == one <= 12


def test_a_page_costs_no_more_for_many_findings(client_for, officer_a, found, place):
    client = client_for(officer_a)
    address = found.inspection.get_absolute_url()
    client.get(address)
    one = cost(client, address)
    for n in range(5):
        FindingFactory(inspection=found.inspection)
        factories.SanctionFactory(business=place, inspection=found.inspection)
        InspectionFactory(
            business=place, kind="follow_up", follows=found.inspection, planned_on=day(n)
        )
    assert cost(client, address) == one <= 12
    pages = ("print/notice/", "print/minutes/", "minutes/")
    assert max(cost(client, address + page) for page in pages) <= 12


@pytest.mark.parametrize("page", ["announce", "hold", "call-off", "edit"])
def test_the_pages_of_acts_are_cheap(client_for, officer_a, told, place, page):
    for n in range(20):
        factories.CertificateFactory(business=place)
        InspectionFactory(business=place, planned_on=day(n * 400), repeat_reason="x")
    client = client_for(officer_a)
    address = f"/inspections/{told.pk}/{page}/"
    client.get(address)
    assert cost(client, address) <= 12


@pytest.mark.parametrize("query", ["planned_on=10/12/2026", "kind=post_issue", "kind=follow_up"])
def test_the_page_of_a_new_one_is_cheap(client_for, officer_a, place, query):
    for _ in range(20):
        factories.CertificateFactory(business=place)
        FindingFactory(inspection__business=place)
    client = client_for(officer_a)
    address = f"{CREATE}?business={place.code}&{query}"
    client.get(address)
    assert cost(client, address) <= 12
