"""What reports bring to the worklist: to whom, from which day on, and until when."""

import datetime as dt

import pytest

from kylien.core.periods import TZ, Month
from kylien.portal.worklist import Span, Worklist
from reports.models import MonthlyReport, ReportRemark
from tests import factories

pytestmark = pytest.mark.django_db
D = dt.date
DAY = dt.timedelta(days=1)
OCTOBER, NOVEMBER, DECEMBER = (Month(2026, month) for month in (10, 11, 12))
NAMES = ("chief", "clerk", "duty", "officer_a")


def found(user, on, span=None):
    """List the work with reports, `(kind, name, day)`, as the page of a day shows it."""
    work = Worklist(type(user).objects.get(pk=user.pk), on, span or Span.ahead(on))
    return [
        (item.work.kind, item.name, item.day)
        for item in work.page(0, 100)
        if item.work.kind.startswith("report")
    ]


def items(user, on):
    return Worklist(type(user).objects.get(pk=user.pk), on, Span.ahead(on)).page(0, 100)


@pytest.fixture(autouse=True)
def ground(ward):
    """The ward, which the month's report is of."""


@pytest.fixture
def people(request):
    return [request.getfixturevalue(name) for name in NAMES]


def report_of(month, state=MonthlyReport.State.DRAFT, **fields):
    """Make a report of a month that stands in `state`, whatever day it is."""
    by = factories.UserFactory(role="chief")
    at = dt.datetime(2026, 11, 20, 8, tzinfo=TZ)
    handed = state not in MonthlyReport.OPEN
    if handed:
        fields |= {"submitted_by": by, "submitted_at": at}
    if state in MonthlyReport.FROZEN:
        document = factories.OutgoingDocumentFactory(kind="BC")
        fields |= {"approved_by": by, "approved_at": at, "document": document}
    if state == MonthlyReport.State.PUBLISHED:
        fields["published_at"] = at
    due = {"due_on": month.period.end + 2 * DAY}
    return factories.ReportFactory(
        year=month.year, month=month.month, state=state, **{**due, **fields}
    )


class TestTheMonth:
    @pytest.mark.parametrize(
        ("on", "wanted"),
        [
            (D(2026, 11, 14), [("Tháng 10/2026", D(2026, 10, 17))]),  # long overdue
            (D(2026, 11, 15), [("Tháng 11/2026", D(2026, 11, 17))]),  # the month is over
            (D(2026, 11, 17), [("Tháng 11/2026", D(2026, 11, 17))]),
            (D(2026, 11, 28), [("Tháng 11/2026", D(2026, 11, 17))]),
        ],
    )
    def test_the_one_that_ended_last_is_due_until_it_is_begun(self, chief, on, wanted):
        assert found(chief, on) == [("report", *one) for one in wanted]

    @pytest.mark.parametrize(
        ("on", "due"), [(D(2026, 12, 9), False), (D(2026, 12, 10), True), (D(2026, 12, 14), True)]
    )
    def test_then_the_current_one_a_week_before_its_day(self, chief, on, due):
        report_of(NOVEMBER, MonthlyReport.State.PUBLISHED)
        wanted = [("report", "Tháng 12/2026", D(2026, 12, 17))]
        assert found(chief, on) == (wanted if due else [])

    def test_a_later_week_holds_it_too(self, chief):
        report_of(NOVEMBER, MonthlyReport.State.PUBLISHED)
        week = Span(last=D(2026, 12, 20), first=D(2026, 12, 14))
        assert [kind for kind, *_ in found(chief, D(2026, 11, 28), week)] == ["report"]

    def test_the_rule_of_its_day_says_until_when(self, chief):
        factories.ReportRuleFactory(value=5, valid_from=D(2026, 11, 14))
        assert found(chief, D(2026, 11, 15)) == [("report", "Tháng 11/2026", D(2026, 11, 19))]

    def test_the_one_before_is_forgotten_once_another_is_over(self, chief):
        report_of(NOVEMBER, MonthlyReport.State.PUBLISHED)
        assert found(chief, D(2026, 11, 28)) == []  # October's was never begun

    def test_none_where_both_are_begun(self, chief):
        for month in (NOVEMBER, DECEMBER):
            report_of(month, MonthlyReport.State.PUBLISHED)
        assert found(chief, D(2026, 12, 14)) == []

    def test_whose_it_is(self, people):
        on = D(2026, 11, 15)
        assert [len(found(user, on)) for user in people] == [1, 1, 0, 0]

    def test_it_leads_to_the_figures_of_the_month(self, client_for, chief):
        [item] = items(chief, D(2026, 11, 15))
        assert item.url == "/reports/2026-11/"
        assert client_for(chief).get(item.url).status_code == 200


class TestSteps:
    ON = D(2026, 11, 24)

    @pytest.fixture
    def rows(self):
        """Make a report in each state; return them by it."""
        states = list(MonthlyReport.State)
        months = NOVEMBER.last(len(states))[::-1]
        return {
            state: report_of(month, state, comment="Viết lại mục I" if state == "returned" else "")
            for state, month in zip(states, months, strict=True)
        }

    def test_who_has_which(self, rows, people):
        def of(state):
            return rows[state].as_month.label, rows[state].due_on

        write = {("report-write", *of(state)) for state in ("draft", "returned")}
        lead = {
            ("report-approve", *of("submitted")),
            ("report-publish", of("approved")[0], self.ON),
        }
        wanted = [write | lead, write, set(), set()]
        assert [set(found(user, self.ON)) for user in people] == wanted

    def test_how_each_is_told(self, rows, chief):
        told = {item.url: item for item in items(chief, self.ON)}
        shown = {
            state: told[rows[state].get_absolute_url()]
            for state in ("draft", "returned", "submitted", "approved")
        }
        assert shown["draft"].title == "Báo cáo đang soạn: Tháng 11/2026"
        assert shown["draft"].badge == "Quá hạn 7 ngày"
        assert shown["returned"].title.startswith("Báo cáo bị trả lại: ")
        assert shown["returned"].detail == "Viết lại mục I"
        assert shown["submitted"].detail == rows["submitted"].submitted_by.full_name
        assert shown["approved"].badge == "Duyệt 20/11"

    def test_one_that_is_not_due_yet_waits(self, chief):
        report_of(DECEMBER)
        report_of(NOVEMBER, MonthlyReport.State.PUBLISHED)
        assert found(chief, D(2026, 12, 9)) == []
        assert [kind for kind, *_ in found(chief, D(2026, 12, 10))] == ["report-write"]

    def test_each_act_moves_it_on(self, chief):
        month = Month.containing(factories.day()).previous()
        on = factories.day()
        kinds = {
            "draft": "report-write",
            "submitted": "report-approve",
            "approved": "report-publish",
            "published": None,
        }
        for state, kind in kinds.items():
            month = month.previous()
            report = factories.report_in(state, month=month, user=chief)
            shown = [item.work.kind for item in items(chief, on) if item.key == report.pk]
            assert shown == ([kind] if kind else []), state


class TestRemarks:
    ON = D(2026, 11, 24)

    @pytest.fixture
    def report(self):
        return report_of(NOVEMBER, MonthlyReport.State.PUBLISHED)

    @pytest.fixture
    def make(self, report, chief, leader):
        def make(**fields):
            return factories.ReportRemarkFactory(
                **{"report": report, "author": leader, "owner": chief} | fields
            )

        return make

    def test_tasks_are_their_owners_and_the_chiefs(self, make, people, officer_a, clerk):
        make(kind="task", due_on=self.ON, owner=officer_a, content="A")
        make(kind="task", due_on=self.ON - DAY, owner=clerk, content="B")
        make(kind="task", due_on=self.ON + 8 * DAY, content="C")
        make(kind="task", due_on=self.ON, answer="Xong", done_on=self.ON, content="D")
        a, b = ("report-task", "A", self.ON), ("report-task", "B", self.ON - DAY)
        assert [found(user, self.ON) for user in people] == [[b, a], [b], [], [a]]

    def test_comments_wait_for_no_day(self, make, people, officer_a, chief):
        make(owner=officer_a, content="A")
        row = make(content="B")
        make(answer="Xong", done_on=self.ON, content="C")
        a, b = ("report-remark", "A", self.ON), ("report-remark", "B", self.ON)
        assert [found(user, self.ON) for user in people] == [[a, b], [], [], [a]]
        ReportRemark.objects.refresh_derived(created_at=dt.datetime(2026, 11, 20, 0, 30, tzinfo=TZ))
        item = next(item for item in items(chief, self.ON) if item.name == row.content)
        assert item.badge == "Nêu 20/11"

    def test_the_chief_sees_an_officers_by_his_name(self, make, chief, officer_a, clerk):
        make(owner=officer_a, content="A")
        make(owner=clerk, content="B")
        user = type(chief).objects.get(pk=chief.pk)
        officer = type(chief).objects.get(pk=officer_a.pk)
        work = Worklist(user, self.ON, Span.ahead(self.ON), officer=officer)
        assert [item.name for item in work.page(0, 100)] == ["A"]

    def test_it_leads_to_the_remarks_of_the_report(self, make, client_for, report, officer_a):
        make(owner=officer_a, kind="task", due_on=self.ON, content="x" * 500)
        [item] = items(officer_a, self.ON)
        assert item.url == f"{report.get_absolute_url()}#remarks"
        assert item.name == "x" * 119 + "…"
        assert item.detail == "Báo cáo tháng 11/2026"
