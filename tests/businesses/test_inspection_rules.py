"""What the law asks of inspections, just inside and just outside each rule."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from businesses import services
from businesses.models import BusinessRule, Inspection, InspectionFinding
from businesses.services.inspections import last_periodic
from kylien.areas.models import Holiday
from tests.factories import (
    BusinessFactory,
    CertificateFactory,
    FindingFactory,
    HolidayFactory,
    InspectionFactory,
)

D = dt.date
ON = D(2026, 11, 20)  # "today" of these tests
MONDAY, WEDNESDAY = D(2026, 11, 16), D(2026, 11, 18)
LATER = D(2026, 12, 10)
days = st.dates(D(2025, 1, 1), D(2028, 12, 31))

pytestmark = pytest.mark.django_db


def refusal(act, **kwargs):
    """Return what an act refuses with, keyed by field; nothing may have been written."""
    before = [list(m.objects.order_by("pk").values()) for m in (Inspection, InspectionFinding)]
    with pytest.raises(ValidationError) as refused:
        act(**kwargs)
    assert before == [
        list(m.objects.order_by("pk").values()) for m in (Inspection, InspectionFinding)
    ]
    error = refused.value
    return error.message_dict if hasattr(error, "error_dict") else {"__all__": error.messages}


def built(**values):
    values.setdefault("business", BusinessFactory(opened_on=D(2015, 1, 1)))
    return InspectionFactory.build(**{"planned_on": LATER, **values})


def announced(noticed_on, planned_on=WEDNESDAY, **values):
    return InspectionFactory(noticed_on=noticed_on, planned_on=planned_on, **values)


class TestWorkingDays:
    @pytest.mark.parametrize(
        ("noticed", "earliest"),
        [
            (D(2026, 11, 9), D(2026, 11, 16)),  # Monday to Monday
            (D(2026, 11, 14), D(2026, 11, 20)),  # a Saturday counts from the Monday
            (D(2026, 2, 13), D(2026, 2, 27)),  # Tết: 16 to 20 February are off
            (D(2026, 2, 15), D(2026, 2, 27)),
            (D(2026, 4, 24), D(2026, 5, 6)),  # 27 April, 30 April and 1 May are off
            (D(2026, 8, 19), D(2026, 8, 25)),  # Saturday 22 August is worked
            (D(2026, 8, 28), D(2026, 9, 9)),  # for Monday 31 August, before 1 and 2 September
        ],
    )
    def test_the_earliest_visit_leaves_out_days_off(self, noticed, earliest):
        assert services.earliest_visit(noticed) == earliest

    @pytest.mark.parametrize(
        ("planned", "latest"),
        [
            (D(2026, 11, 16), D(2026, 11, 9)),
            (D(2026, 11, 21), D(2026, 11, 13)),  # a visit on a Saturday
            (D(2026, 2, 23), D(2026, 2, 9)),
            (D(2026, 2, 27), D(2026, 2, 13)),
            (D(2026, 5, 6), D(2026, 4, 24)),
            (D(2026, 8, 25), D(2026, 8, 19)),
        ],
    )
    def test_the_latest_notice_leaves_out_days_off(self, planned, latest):
        assert services.NoticeTerm().latest(planned) == latest

    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
    @given(noticed=days)
    def test_between_notice_and_earliest_visit_lie_exactly_the_days_of_the_rule(self, noticed):
        calendar, earliest = Holiday.objects.all().calendar(), services.earliest_visit(noticed)
        assert calendar.between(noticed, earliest) == 5
        assert calendar.is_working(earliest)

    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
    @given(planned=days)
    def test_the_latest_notice_is_the_last_working_day_that_will_do(self, planned):
        term = services.NoticeTerm()
        latest = term.latest(planned)
        assert term.calendar.is_working(latest)
        assert term.earliest(latest) <= planned < term.earliest(term.calendar.add(latest, 1))

    def test_a_year_without_days_off_is_told(self):
        term = services.NoticeTerm()
        assert term.unknown_years(D(2026, 12, 30), D(2028, 1, 5)) == [2028]
        HolidayFactory(day=D(2028, 1, 1))
        assert services.NoticeTerm().unknown_years(D(2026, 12, 30), D(2028, 1, 5)) == []

    def test_the_number_of_days_is_that_of_the_notice(self):
        BusinessRule.objects.create(
            key="notice_days", value=3, legal_basis="Luật mới", valid_from=D(2026, 11, 10)
        )
        assert services.earliest_visit(D(2026, 11, 9)) == D(2026, 11, 16)
        assert services.earliest_visit(D(2026, 11, 10)) == D(2026, 11, 13)


class TestSecondPeriodic:
    @pytest.fixture
    def place(self):
        return BusinessFactory(opened_on=D(2015, 1, 1))

    def held(self, place, day, **values):
        noticed = day - dt.timedelta(days=30)
        return InspectionFactory(
            business=place, held=True, held_on=day, planned_on=day, noticed_on=noticed, **values
        )

    @pytest.mark.parametrize(
        ("first", "second", "allowed"),
        [
            (D(2026, 3, 10), D(2027, 3, 9), False),
            (D(2026, 3, 10), D(2027, 3, 10), True),  # exactly twelve months
            (D(2024, 2, 29), D(2025, 2, 27), False),
            (D(2024, 2, 29), D(2025, 2, 28), True),
            (D(2026, 3, 10), D(2025, 3, 11), False),  # one before it, entered later
            (D(2026, 3, 10), D(2025, 3, 10), True),
            (D(2026, 3, 10), D(2026, 3, 10), False),
        ],
    )
    def test_twelve_months_lie_between_two(self, place, first, second, allowed):
        self.held(place, first)
        new = built(business=place, planned_on=second)
        assert (last_periodic(place, second, months=12) is None) is allowed
        if allowed:
            assert services.plan(inspection=new).pk
        else:
            assert list(refusal(services.plan, inspection=new)) == ["repeat_reason"]

    def test_the_refusal_says_the_law_and_its_basis(self, place):
        first = self.held(place, D(2026, 3, 10))
        [told] = refusal(services.plan, inspection=built(business=place))["repeat_reason"]
        assert told == (
            f"Cơ sở đã kiểm tra định kỳ ngày 10/03/2026 ({first.code}). Kiểm tra định kỳ mỗi cơ sở "
            "không quá một lần trong một năm (NĐ 96/2016/NĐ-CP). Nếu vẫn phải kiểm tra, ghi lý do."
        )

    def test_a_rule_without_a_sentence_is_told_by_its_number(self, place):
        BusinessRule.objects.filter(key="periodic_months").update(sentence="")
        self.held(place, D(2026, 3, 10))
        warning = services.repeat_warning(built(business=place), D(2026, 12, 10))
        assert "một lần trong 12 tháng (NĐ 96/2016/NĐ-CP)." in warning

    def test_a_typed_reason_lets_it_pass(self, place):
        self.held(place, D(2026, 3, 10))
        new = built(business=place, repeat_reason="Theo chỉ đạo")
        assert services.plan(inspection=new).pk

    def test_a_planned_one_counts_too_and_a_cancelled_one_does_not(self, place):
        first = InspectionFactory(business=place, planned_on=D(2026, 12, 1))
        told = refusal(services.plan, inspection=built(business=place))["repeat_reason"][0]
        assert f"đã có kế hoạch kiểm tra định kỳ ngày 01/12/2026 ({first.code})" in told
        Inspection.objects.update(cancelled_on=ON, cancel_reason="Hoãn")
        assert services.plan(inspection=built(business=place)).pk

    def test_one_that_was_held_is_named_before_one_planned_nearer(self, place):
        held = self.held(place, D(2026, 3, 10))
        InspectionFactory(business=place, planned_on=D(2026, 12, 9))
        assert last_periodic(place, LATER, months=12) == held

    @pytest.mark.parametrize("kind", ["unannounced", "fire", "special"])
    def test_other_kinds_are_no_second_one_and_make_none(self, place, kind):
        values = {"ground": "signs", "ground_note": "Công văn 5"}
        self.held(place, D(2026, 3, 10), kind=kind, **values)
        assert last_periodic(place, D(2026, 6, 1), months=12) is None
        self.held(place, D(2026, 3, 12))
        assert services.plan(inspection=built(business=place, kind=kind, **values)).pk

    def test_another_business_does_not_count(self, place):
        self.held(BusinessFactory(), D(2026, 3, 10))
        assert services.plan(inspection=built(business=place)).pk

    def test_an_inspection_is_not_its_own_second(self, place):
        row = services.plan(inspection=built(business=place))
        row.planned_on = D(2026, 12, 11)
        assert services.plan(inspection=row).planned_on == D(2026, 12, 11)

    def test_notice_and_minutes_ask_for_the_reason_as_well(self, place):
        row = announced(D(2026, 11, 2), business=place)
        self.held(place, D(2026, 3, 10))
        assert "repeat_reason" in refusal(services.announce, inspection=row, on=ON)
        row.held_on, row.outcome = D(2026, 11, 18), "passed"
        assert "repeat_reason" in refusal(services.hold, inspection=row, findings=[], on=ON)


class TestPlan:
    @pytest.mark.parametrize(
        ("kind", "field"),
        [
            ("unannounced", "ground"),
            ("special", "ground_note"),
            ("post_issue", "certificate"),
            ("follow_up", "follows"),
        ],
    )
    def test_each_kind_asks_for_its_own(self, kind, field):
        assert list(refusal(services.plan, inspection=built(kind=kind))) == [field]

    def test_a_ground_is_enough(self):
        assert services.plan(inspection=built(kind="unannounced", ground="complaint")).pk

    def test_papers_and_inspections_are_those_of_the_business(self):
        other = CertificateFactory()
        told = refusal(services.plan, inspection=built(kind="post_issue", certificate=other))
        assert told == {"certificate": ["Giấy này là của cơ sở khác."]}
        held = InspectionFactory(held=True)
        told = refusal(services.plan, inspection=built(kind="follow_up", follows=held))
        assert told == {"follows": ["Cuộc kiểm tra này là của cơ sở khác."]}

    def test_not_of_a_closed_business(self):
        closed = BusinessFactory(state="closed")
        told = refusal(services.plan, inspection=built(business=closed))
        assert told == {"__all__": ["Cơ sở đã đóng cửa."]}

    def test_not_before_the_business_opened(self):
        place = BusinessFactory(opened_on=D(2026, 12, 10))
        day = D(2026, 12, 9)
        told = refusal(services.plan, inspection=built(business=place, planned_on=day))
        assert told == {"planned_on": ["Cơ sở hoạt động từ ngày 10/12/2026."]}
        assert services.plan(inspection=built(business=place)).pk

    def test_a_new_day_keeps_the_term_of_its_notice(self):
        row = announced(D(2026, 11, 9), planned_on=D(2026, 11, 30))
        row.planned_on = D(2026, 11, 13)
        assert "planned_on" in refusal(services.plan, inspection=row)
        row.planned_on = D(2026, 11, 16)
        assert services.plan(inspection=row).pk

    def test_not_once_it_was_held(self):
        row = InspectionFactory(held=True)
        told = refusal(services.plan, inspection=row)
        assert told == {"__all__": ["Cuộc kiểm tra này đã có biên bản."]}


class TestPlanAll:
    def plan(self, businesses, day=LATER):
        return services.plan_all(businesses=businesses, planned_on=day, content="Toàn diện", on=ON)

    def test_each_gets_one(self):
        places = BusinessFactory.create_batch(3)
        made = self.plan(places)
        assert {row.business for row in made} == set(places)
        assert {(row.kind, row.content) for row in made} == {("periodic", "Toàn diện")}

    def test_all_or_none_naming_those_that_refuse(self):
        free, taken, closed = BusinessFactory(), BusinessFactory(), BusinessFactory(state="closed")
        InspectionFactory(business=taken, planned_on=D(2026, 12, 1))
        with pytest.raises(ValidationError) as refused:
            self.plan([free, taken, closed])
        first, second = refused.value.messages
        assert first.startswith(f'<a href="{taken.get_absolute_url()}">{taken.name}</a>: Cơ sở đã')
        assert "ghi lý do" not in first
        assert second.endswith("</a>: Cơ sở đã đóng cửa.")
        assert Inspection.objects.count() == 1

    def test_a_name_is_no_markup(self):
        place = BusinessFactory(state="closed", name="<b>Quán</b>")
        with pytest.raises(ValidationError) as refused:
            self.plan([place])
        assert "&lt;b&gt;Quán" in refused.value.messages[0]

    def test_not_for_a_day_that_is_past(self):
        place = BusinessFactory()
        told = refusal(self.plan, businesses=[place], day=ON - dt.timedelta(days=1))
        assert list(told) == ["planned_on"]
        assert self.plan([place], day=ON)


class TestAnnounce:
    def test_exactly_five_working_days_will_do_and_four_will_not(self):
        row = InspectionFactory()
        row.noticed_on, row.planned_on = D(2026, 11, 9), D(2026, 11, 13)
        [told] = refusal(services.announce, inspection=row, on=ON)["planned_on"]
        assert told == (
            "Kiểm tra định kỳ phải thông báo bằng văn bản cho cơ sở trước 05 ngày làm việc (NĐ "
            "96/2016/NĐ-CP). Thông báo ngày 09/11/2026 thì sớm nhất là ngày 16/11/2026."
        )
        row.planned_on = D(2026, 11, 16)
        services.announce(inspection=row, on=ON)
        row.refresh_from_db()
        assert (row.noticed_on, row.planned_on) == (D(2026, 11, 9), D(2026, 11, 16))

    def test_other_kinds_need_a_day_between_no_more(self):
        row = InspectionFactory(kind="fire", planned_on=D(2026, 11, 10))
        row.noticed_on = D(2026, 11, 10)
        told = refusal(services.announce, inspection=row, on=ON)
        assert told["planned_on"] == ["Ngày kiểm tra phải sau ngày thông báo."]
        row.noticed_on = D(2026, 11, 9)
        assert services.announce(inspection=row, on=ON).noticed_on

    def test_not_ahead_of_today(self):
        row = InspectionFactory(planned_on=D(2026, 12, 30))
        row.noticed_on = ON + dt.timedelta(days=1)
        assert list(refusal(services.announce, inspection=row, on=ON)) == ["noticed_on"]
        row.noticed_on = ON
        assert services.announce(inspection=row, on=ON).noticed_on == ON

    def test_an_unannounced_one_is_not_announced(self):
        row = InspectionFactory(kind="unannounced", ground="signs")
        row.noticed_on = ON
        assert list(refusal(services.announce, inspection=row, on=ON)) == ["noticed_on"]

    @pytest.mark.parametrize(
        "ended", [{"cancelled_on": ON, "cancel_reason": "Hoãn"}, {"held": True}]
    )
    def test_not_once_it_ended_whatever_the_open_form_still_says(self, ended):
        row = InspectionFactory(**ended)
        row.held_on = row.cancelled_on = None  # as another desk's form has it
        row.noticed_on, row.planned_on = D(2026, 11, 9), D(2026, 11, 30)
        assert list(refusal(services.announce, inspection=row, on=ON)) == ["__all__"]


class TestHold:
    def hold(self, row, day=MONDAY, outcome="passed", findings=()):
        row.held_on, row.outcome = day, outcome
        return services.hold(inspection=row, findings=list(findings), on=ON)

    def refused(self, row, **kwargs):
        return refusal(self.hold, row=row, **kwargs)

    def test_the_day_keeps_the_term_of_the_notice(self):
        row = announced(D(2026, 11, 9))
        assert list(self.refused(row, day=D(2026, 11, 13))) == ["held_on"]
        assert self.hold(row, day=D(2026, 11, 16)).held_on == D(2026, 11, 16)

    def test_not_ahead_of_today(self):
        row = announced(D(2026, 11, 9))
        assert list(self.refused(row, day=ON + dt.timedelta(days=1))) == ["held_on"]
        assert self.hold(row, day=ON)

    def test_a_periodic_one_without_notice_is_refused(self):
        row = InspectionFactory(planned_on=D(2026, 11, 16))
        assert "phải có thông báo trước" in self.refused(row)["held_on"][0]

    def test_an_unannounced_one_needs_none(self):
        row = InspectionFactory(kind="unannounced", ground="signs", planned_on=D(2026, 11, 16))
        assert self.hold(row).outcome == "passed"

    def test_a_visit_comes_after_its_notice_whatever_its_kind(self):
        row = announced(D(2026, 11, 16), kind="fire")
        assert self.refused(row)["held_on"] == ["Ngày kiểm tra phải sau ngày thông báo."]

    def test_a_check_comes_after_its_paper(self):
        paper = CertificateFactory(issued_on=D(2026, 11, 16))
        row = InspectionFactory(kind="post_issue", certificate=paper, business=paper.business)
        assert list(self.refused(row, day=D(2026, 11, 15))) == ["held_on"]
        assert self.hold(row, day=D(2026, 11, 16))

    def test_a_follow_up_comes_after_the_first(self):
        first = FindingFactory().inspection
        Inspection.objects.filter(pk=first.pk).update(
            held_on=D(2026, 11, 16), noticed_on=D(2026, 11, 2)
        )
        first.refresh_from_db()
        row = InspectionFactory(kind="follow_up", follows=first, business=first.business)
        assert list(self.refused(row, day=D(2026, 11, 15))) == ["held_on"]
        assert self.hold(row, day=D(2026, 11, 16))

    def test_the_outcome_fits_the_findings(self):
        row = announced(D(2026, 11, 2))
        one = InspectionFinding(finding="Cửa khoá", due_on=D(2026, 12, 1))
        assert list(self.refused(row, outcome="findings")) == ["outcome"]
        assert list(self.refused(row, findings=[one])) == ["outcome"]
        self.hold(row, outcome="findings", findings=[one])
        assert [found.finding for found in row.findings.all()] == ["Cửa khoá"]

    def test_a_finding_that_is_refused_takes_the_minutes_with_it(self):
        row = announced(D(2026, 11, 2))
        one = InspectionFinding(finding="Cửa khoá", due_on=D(2026, 11, 16))
        told = self.refused(row, outcome="findings", findings=[one])
        assert told == {"due_on": ["Hạn khắc phục phải sau ngày kiểm tra."]}

    def test_minutes_are_written_once(self):
        row = announced(D(2026, 11, 2))
        stale = Inspection.objects.get(pk=row.pk)
        self.hold(row)
        told = self.refused(stale)
        assert told == {"__all__": ["Cuộc kiểm tra này đã có biên bản."]}

    def test_the_term_of_a_remedy_is_the_law_s(self):
        assert services.remedy_until(D(2026, 11, 16)) == D(2026, 12, 26)


class TestCallOff:
    def call_off(self, row, day=ON, reason="Cơ sở tạm ngừng"):
        row.cancelled_on, row.cancel_reason = day, reason
        return services.call_off(inspection=row, on=ON)

    def test_it_keeps_the_reason(self):
        row = self.call_off(InspectionFactory())
        assert Inspection.objects.get(pk=row.pk).cancel_reason == "Cơ sở tạm ngừng"

    @pytest.mark.parametrize(
        ("values", "field"),
        [
            ({"reason": ""}, "cancel_reason"),
            ({"day": ON + dt.timedelta(days=1)}, "cancelled_on"),
            ({"day": D(2026, 11, 1)}, "cancelled_on"),
        ],
    )
    def test_what_is_refused(self, values, field):
        row = announced(D(2026, 11, 2), planned_on=D(2026, 12, 1))
        assert list(refusal(self.call_off, row=row, **values)) == [field]

    def test_not_once_it_was_held(self):
        row = InspectionFactory(held=True)
        row.held_on, row.outcome = None, ""
        assert list(refusal(self.call_off, row=row)) == ["__all__"]


class TestMend:
    @pytest.fixture
    def finding(self):
        row = FindingFactory(due_on=D(2026, 12, 1))
        Inspection.objects.filter(pk=row.inspection_id).update(held_on=D(2026, 11, 10))
        return InspectionFinding.objects.get(pk=row.pk)

    def mend(self, finding, day):
        finding.mended_on = day
        return services.mend(finding=finding, on=ON)

    @pytest.mark.parametrize("day", [D(2026, 11, 9), ON + dt.timedelta(days=1)])
    def test_not_before_the_visit_nor_ahead_of_today(self, finding, day):
        assert list(refusal(self.mend, finding=finding, day=day)) == ["mended_on"]

    @pytest.mark.parametrize("day", [D(2026, 11, 10), ON])
    def test_from_the_visit_until_today(self, finding, day):
        assert self.mend(finding, day).mended_on == day

    def test_once(self, finding):
        stale = InspectionFinding.objects.get(pk=finding.pk)
        self.mend(finding, ON)
        told = refusal(self.mend, finding=stale, day=D(2026, 11, 12))
        assert told == {"mended_on": ["Đã ghi khắc phục xong ngày 20/11/2026 rồi."]}
