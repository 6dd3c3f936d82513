"""The worklist is exact: on any day, within any span, it holds the rows that plain Python finds."""

import datetime as dt
from collections import Counter

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from businesses.models import (
    Business,
    BusinessRule,
    Certificate,
    Inspection,
    InspectionFinding,
    QuarterlyReturn,
    SectorRule,
)
from households.models import Absence, Residence, StayNotice
from kylien.accounts.models import User
from kylien.core.periods import Week
from kylien.portal.worklist import Span, Worklist
from selfgov_groups.models import GroupContact, GroupMeeting, SelfManagedGroup
from tests import factories

pytestmark = pytest.mark.django_db
D = dt.date
DAY = dt.timedelta(days=1)
LONG_AGO = D(2018, 1, 1)
CHECKED_FROM = D(2026, 3, 15)  # NĐ 58/2026: papers issued before are not checked for it
CHECKED_SOONER = D(2027, 1, 1)  # a change of the law, entered by the test
LPG_FREED = D(2026, 3, 15)
ON = D(2026, 11, 28)

DATES = [
    # 29 February, and the years that have none
    D(2024, 2, 28), D(2024, 2, 29), D(2024, 3, 1), D(2025, 2, 28), D(2025, 3, 1),
    D(2028, 2, 28), D(2028, 2, 29), D(2028, 3, 1),
    # New Year, and weeks that belong to the other year
    D(2024, 12, 30), D(2024, 12, 31), D(2025, 1, 1), D(2025, 12, 31), D(2026, 1, 1),
    D(2026, 12, 27), D(2026, 12, 28), D(2026, 12, 31), D(2027, 1, 1), D(2027, 1, 3), D(2027, 1, 4),
    # Tết: the eve, the first three days, the first working day after
    D(2026, 2, 16), D(2026, 2, 17), D(2026, 2, 19), D(2026, 2, 23),
    D(2027, 2, 5), D(2027, 2, 6), D(2027, 2, 8), D(2027, 2, 11),
    # a reporting period's last and first days
    D(2026, 2, 14), D(2026, 2, 15), D(2026, 6, 14), D(2026, 6, 15), D(2026, 11, 14),
    D(2026, 11, 15), D(2026, 12, 14), D(2026, 12, 15),
    # the last weeks and ends of quarters
    D(2026, 3, 24), D(2026, 3, 25), D(2026, 3, 31), D(2026, 4, 1), D(2026, 6, 23), D(2026, 6, 24),
    D(2026, 6, 30), D(2026, 7, 1), D(2026, 9, 23), D(2026, 9, 24), D(2026, 9, 30), D(2026, 10, 1),
    # days on which the law changed, and plain ones
    D(2026, 3, 14), D(2026, 3, 15), D(2026, 11, 28),
]  # fmt: skip


# --- rows, each due on a day -------------------------------------------------------------------


class Ground:
    """Two neighbourhoods, and rows due on a day, each of a person or business of its own."""

    def __init__(self, areas):
        self.areas = areas
        self.homes = {area: factories.HouseholdFactory(neighbourhood=area) for area in areas}
        self.checked = factories.PaperKindFactory(post_check=True)
        self.plain = factories.PaperKindFactory()
        self.free = factories.SectorFactory()
        self.reporting = factories.SectorFactory()
        factories.SectorRuleFactory(sector=self.reporting)
        self.freed = factories.SectorFactory()
        factories.SectorRuleFactory(sector=self.freed, valid_to=LPG_FREED)
        rules = BusinessRule.objects.filter(key=BusinessRule.Key.POST_CHECK_DAYS)
        rules.update(valid_to=CHECKED_SOONER)
        factories.BusinessRuleFactory(
            key=BusinessRule.Key.POST_CHECK_DAYS, value=45, valid_from=CHECKED_SOONER
        )

    def person(self, area):
        return factories.ResidentFactory(present=True, neighbourhood=area)

    def business(self, area, sector=None, **fields):
        fields = {"opened_on": LONG_AGO, **fields}
        return factories.BusinessFactory(neighbourhood=area, sector=sector or self.free, **fields)

    def residence(self, area, day, **fields):
        stay = Residence(
            resident=self.person(area), household=self.homes[area], neighbourhood=area, kind="T",
            relation="TENANT", started_on=day - 300 * DAY, expires_on=day, **fields,
        )  # fmt: skip
        return Residence.objects.bulk_create([stay])[0]

    def absence(self, area, day, **fields):
        return factories.AbsenceFactory(
            resident=self.person(area), started_on=day - 30 * DAY, expected_on=day, **fields
        )

    def stay(self, area, day, **fields):
        noon = dt.datetime.combine(day, dt.time(12), timezone.get_current_timezone())
        return factories.StayNoticeFactory(
            household=self.homes[area], arrived_at=noon, leaves_on=day + DAY, **fields
        )

    def paper(self, area, day, **fields):
        business = self.business(area)
        return factories.CertificateFactory(
            business=business, kind=self.plain, issued_on=day - 400 * DAY, expires_on=day, **fields
        )

    def check(self, area, day, **fields):
        days = 45 if day - 60 * DAY >= CHECKED_SOONER else 60
        fields = {"issued_on": day - days * DAY, "expires_on": None, **fields}
        return factories.CertificateFactory(
            business=self.business(area), kind=self.checked, **fields
        )

    def inspection(self, area, day, **fields):
        return factories.InspectionFactory(business=self.business(area), planned_on=day, **fields)

    def remedy(self, area, day, **fields):
        inspection = factories.InspectionFactory(
            business=self.business(area), held=True, outcome="findings"
        )
        return factories.FindingFactory(inspection=inspection, due_on=day, **fields)

    def group(self, area, day, **fields):
        """A group whose last meeting, or else its founding, was 92 days before `day`; an officer
        has met it on `day`, or is to meet it again then."""
        met = day - 92 * DAY
        founded = met if day.day % 2 else LONG_AGO
        group = factories.GroupFactory(neighbourhood=area, founded_on=founded, **fields)
        if not group.dissolved_on:
            factories.GroupContactFactory(group=group, met_on=day - day.day % 2 * 30 * DAY)
        if day.day % 2:
            return group
        for back in (200, 0):
            factories.MeetingFactory(group=group, held_on=met - back * DAY)
        return group

    def owing(self, area, day, **fields):
        """A business that owes returns, opened on `day`; it has sent the one of that quarter."""
        business = self.business(area, self.reporting, opened_on=day, **fields)
        factories.QuarterlyReturnFactory(
            business=business, year=day.year, quarter=(day.month + 2) // 3, received_on=day
        )
        return business


KINDS = ("residence", "absence", "paper", "check", "inspection", "remedy", "group", "owing", "stay")


# --- what plain Python finds -------------------------------------------------------------------


def open_work(on):
    """Yield `(kind, key of the page, neighbourhood, day)` of all that is open on the day `on`; the
    day is None for what waits for none. Rows are read whole and judged one by one."""
    for row in Residence._base_manager.all():
        if row.kind == "T" and row.ended_on is None:
            yield "residence", row.resident_id, row.neighbourhood_id, row.expires_on
    for row in Absence._base_manager.select_related("resident"):
        if row.returned_on is None and row.resident.present:
            yield "absence", row.pk, row.neighbourhood_id, row.expected_on
    for row in StayNotice._base_manager.all():
        if row.confirmed_at is None:
            yield "stay", row.pk, row.neighbourhood_id, None
    yield from open_papers(on)
    for row in Inspection._base_manager.select_related("business"):
        if not row.held_on and not row.cancelled_on and row.business.state != "closed":
            yield "inspection", row.pk, row.business.neighbourhood_id, row.planned_on
    for row in InspectionFinding._base_manager.select_related("inspection__business"):
        business = row.inspection.business
        if row.mended_on is None and business.state != "closed":
            yield "remedy", row.inspection_id, business.neighbourhood_id, row.due_on
    yield from open_groups(on)
    yield from missing_returns(on)


def open_groups(on):
    """Groups meet every 92 days and are met by an officer every 30; none has anything planned."""
    meetings = [m for m in GroupMeeting._base_manager.all() if m.held_on and m.held_on <= on]
    contacts = [c for c in GroupContact._base_manager.all() if c.met_on <= on]
    for row in SelfManagedGroup._base_manager.filter(dissolved_on=None):
        held = [m.held_on for m in meetings if m.group_id == row.pk]
        yield "group", row.pk, row.neighbourhood_id, max([row.founded_on, *held]) + 92 * DAY
        met = [c.met_on for c in contacts if c.group_id == row.pk]
        met += [m.held_on for m in meetings if m.group_id == row.pk and m.officer_came]
        yield "contact", row.pk, row.neighbourhood_id, max([row.founded_on, *met]) + 30 * DAY


def open_papers(on):
    papers = list(Certificate._base_manager.select_related("business", "kind"))
    checked = {row.certificate_id for row in Inspection._base_manager.all() if row.held_on}
    for paper in papers:
        newer = [
            other
            for other in papers
            if (other.business_id, other.kind_id) == (paper.business_id, paper.kind_id)
            and other.issued_on > paper.issued_on
            and other.revoked_on is None
        ]
        if newer or paper.revoked_on or paper.business.state == "closed":
            continue
        area = paper.business.neighbourhood_id
        if paper.expires_on:
            yield "paper", paper.business_id, area, paper.expires_on
        if (
            paper.kind.post_check
            and CHECKED_FROM <= paper.issued_on <= on
            and paper.pk not in checked
        ):
            days = 45 if paper.issued_on >= CHECKED_SOONER else 60
            yield "check", paper.business_id, area, paper.issued_on + days * DAY


def missing_returns(on):
    """Returns are collected from the last seven days of a quarter on until those of the next."""
    ends = [D(on.year - 1, 12, 31), D(on.year, 3, 31), D(on.year, 6, 30)]
    ends += [D(on.year, 9, 30), D(on.year, 12, 31)]
    end = max(day for day in ends if day - 6 * DAY <= on)
    came = {
        row.business_id
        for row in QuarterlyReturn._base_manager.all()
        if (row.year, row.quarter * 3) == (end.year, end.month)
    }
    duty = {
        rule.sector_id
        for rule in SectorRule._base_manager.all()
        if rule.quarterly_return
        and rule.valid_from <= end
        and (rule.valid_to is None or end < rule.valid_to)
    }
    for row in Business._base_manager.all():
        opened = row.opened_on is None or row.opened_on <= end
        if row.sector_id in duty and opened and row.state == "open" and row.pk not in came:
            yield "return", row.pk, row.neighbourhood_id, end


def report_day(on):
    """The last day of the reporting month that ended last: the 14th before. Its report is due
    three days later, and none is ever begun here."""
    if on.day > 14:
        return on.replace(day=14)
    before = on.replace(day=1) - DAY
    return before.replace(day=14)


def expected(opened, on, first, last, *, areas=None):
    """Return what of `open_work()` a list holds; `areas` are an officer's, None the whole ward."""
    found = Counter()
    for kind, key, area, day in opened:
        shown = on if day is None else day
        if (first is None or first <= shown) and shown <= last and (not areas or area in areas):
            found[kind, key, shown] += 1
    month, day = report_day(on), report_day(on) + 3 * DAY
    if areas is None and day <= last and (first is None or first <= day):
        found["report", month.year * 100 + month.month, day] += 1
    return found


def spans(on, weeks):
    """The spans of the pages: a week ahead with what is past, this week, and a week near by."""
    yield Span.ahead(on), (None, on + 7 * DAY)
    monday = on - on.weekday() * DAY
    for n in {0, weeks}:
        first = monday + 7 * n * DAY
        week = Week.containing(first)
        yield Span.of_week(week, on), (None if n == 0 else first, first + 6 * DAY)


def listed(work):
    """Return the rows of a worklist, after checking its order and its figures."""
    items, on = work.page(0, 5000), work.on
    assert [item.day for item in items] == sorted(item.day for item in items)
    tallies = work.tally()
    assert sum(one.total for one in tallies) == len(items)
    assert sum(one.late for one in tallies) == sum(item.day < on for item in items)
    assert sum(one.today for one in tallies) == sum(item.day == on for item in items)
    return Counter((item.work.kind, item.key, item.day) for item in items)


def differences(readers, on, weeks):
    """Compare the lists of some users, `(user, his neighbourhoods)`, with plain Python; return
    what differs, and how often each kind was seen."""
    wrong, seen, opened = [], Counter(), list(open_work(on))
    for user, areas in readers:
        for span, (first, last) in spans(on, weeks):
            found = listed(Worklist(user, on, span))
            wanted = expected(opened, on, first, last, areas=areas)
            seen.update(kind for kind, _, _ in found)
            if found != wanted:
                more, less = found - wanted, wanted - found
                wrong.append(f"{on} {span} {user}: too much {more}, too little {less}")
    return wrong, seen


@pytest.fixture
def ground(area_a, area_b):
    return Ground([area_a, area_b])


@pytest.fixture
def readers(chief, officer_a, area_a):
    """The chief and an officer, with the neighbourhoods that they see (None: all)."""
    return [(chief, None), (User.objects.get(pk=officer_a.pk), {area_a.pk})]


def test_fifty_days_hold_exactly_what_is_due(ground, readers):
    assert len(DATES) == len(set(DATES)) == 50
    for n, day in enumerate(DATES):
        for turn, offset in ((0, (0, 7)[n % 2]), (1, (8, 1, -1)[n % 3])):
            kind = KINDS[(n * 2 + turn) % len(KINDS)]
            getattr(ground, kind)(ground.areas[(n + turn) % 2], day + offset * DAY)
    wrong, seen = [], Counter()
    for n, on in enumerate(DATES):
        differ, kinds = differences(readers, on, weeks=(1, -1, 2, 6)[n % 4])
        wrong += differ
        seen += kinds
    assert not wrong, "\n".join(wrong)
    kinds = {"return", "report", "contact", *KINDS} - {"owing"}
    assert kinds == set(seen), "each kind must have been due on some of the days"


ROWS = st.lists(
    st.tuples(st.sampled_from(KINDS), st.integers(-100, 100), st.booleans()), max_size=8
)


@hypothesis_settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(rows=ROWS, on=st.dates(D(2026, 1, 1), D(2029, 12, 31)), weeks=st.integers(-5, 12))
@example(rows=[(kind, 0, True) for kind in KINDS], on=D(2028, 2, 29), weeks=1)
@example(rows=[(kind, -1, True) for kind in KINDS], on=D(2026, 12, 31), weeks=1)
@example(rows=[(kind, 8, False) for kind in KINDS], on=D(2027, 2, 6), weeks=1)
def test_any_day_holds_exactly_what_is_due(ground, readers, rows, on, weeks):
    """Rows of earlier examples stay: each example is asked about all that was drawn so far."""
    for kind, offset, first in rows:
        getattr(ground, kind)(ground.areas[0 if first else 1], on + offset * DAY)
    assert differences(readers, on, weeks)[0] == []


def test_pages_hold_each_row_once(ground, chief, area_a):
    for n in range(4):
        for kind in KINDS:
            getattr(ground, kind)(area_a, ON - n * DAY)
    work = Worklist(chief, ON, Span.ahead(ON))
    whole = work.page(0, 500)
    assert len(whole) > 30
    assert [item for start in range(0, 500, 7) for item in work.page(start, start + 7)] == whole
    papers = [item for item in whole if item.work.kind == "paper"]
    assert work.page(0, 500, kind="paper") == papers
    assert len(papers) == 4


# --- what is no work ----------------------------------------------------------------------------


def kinds_on(user, on=ON):
    return Counter(item.work.kind for item in Worklist(user, on, Span.ahead(on)).page(0, 500))


@pytest.fixture
def officer(officer_a):
    return User.objects.get(pk=officer_a.pk)


@pytest.mark.parametrize(
    ("kind", "done"),
    [
        ("residence", {"ended_on": ON, "end_reason": "DEPARTURE"}),
        ("absence", {"returned_on": ON}),
        ("stay", {"confirmed_at": dt.datetime(2026, 11, 28, 3, tzinfo=dt.UTC)}),
        ("paper", {"revoked_on": ON, "revoked_reason": "Cho mượn"}),
        ("check", {"revoked_on": ON, "revoked_reason": "Cho mượn"}),
        ("inspection", {"cancelled_on": ON, "cancel_reason": "Mưa bão"}),
        ("inspection", {"held_on": ON, "outcome": "passed"}),
        ("remedy", {"mended_on": ON}),
        ("group", {"dissolved_on": ON}),
    ],
)
def test_what_is_done_is_no_work_any_more(ground, officer, area_a, kind, done):
    row = getattr(ground, kind)(area_a, ON)
    assert kinds_on(officer) == {kind: 1}
    type(row)._base_manager.filter(pk=row.pk).update(**done)
    assert kinds_on(officer) == {}


@pytest.mark.parametrize("kind", ["paper", "check", "inspection", "remedy", "owing"])
def test_a_business_that_closed_has_no_work(ground, officer, area_a, kind):
    row = getattr(ground, kind)(area_a, D(2026, 5, 2) if kind == "owing" else ON)
    business = row if kind == "owing" else getattr(row, "business", None) or row.inspection.business
    assert sum(kinds_on(officer).values()) == 1
    closed_on = D(2026, 6, 1)  # before the quarter whose returns are collected ended
    factories.StateChangeFactory(business=business, state="closed", changed_on=closed_on)
    Business._base_manager.filter(pk=business.pk).update(state="closed")
    assert kinds_on(officer) == {}


def test_a_check_that_was_held_or_a_newer_paper_ends_the_check(ground, officer, area_a):
    held, replaced = (ground.check(area_a, ON) for _ in range(2))
    assert kinds_on(officer) == {"check": 2}
    factories.InspectionFactory(
        business=held.business, certificate=held, kind="post_issue", held=True
    )
    factories.CertificateFactory(
        business=replaced.business, kind=ground.checked, issued_on=ON, expires_on=None
    )
    assert kinds_on(officer) == {}


def test_a_paper_from_before_the_duty_is_never_checked_for_it(ground, officer, area_a):
    ground.check(area_a, ON, issued_on=CHECKED_FROM - DAY)
    assert kinds_on(officer) == {}
    ground.check(area_a, ON, issued_on=CHECKED_FROM)
    assert kinds_on(officer) == {"check": 1}


def test_a_sector_that_left_the_list_owes_no_return(ground, officer, area_a):
    ground.business(area_a, ground.freed)
    assert kinds_on(officer, D(2026, 3, 24)) == {"return": 1}  # the last of 2025 is still missing
    assert kinds_on(officer, D(2026, 3, 25)) == {}


def test_a_meeting_gives_a_group_its_days_again(ground, officer, area_a):
    group = ground.group(area_a, ON)
    factories.MeetingFactory(group=group, held_on=ON, officer_came=True)
    assert kinds_on(officer) == {}
    assert kinds_on(officer, ON + 22 * DAY) == {}
    assert kinds_on(officer, ON + 23 * DAY) == {"contact": 1}
    assert kinds_on(officer, ON + 84 * DAY) == {"contact": 1}
    assert kinds_on(officer, ON + 85 * DAY) == {"contact": 1, "group": 1}
    silent = SelfManagedGroup.objects.silent
    assert [silent(ON + n * DAY, 90).exists() for n in (90, 91)] == [False, True]


def test_a_guest_to_confirm_waits_today_however_long(ground, officer, area_a):
    ground.stay(area_a, ON - 40 * DAY)
    [item] = Worklist(officer, ON, Span.ahead(ON)).page(0, 9)
    assert (item.day, item.since, item.tone, item.badge) == (
        ON,
        ON - 40 * DAY,
        "due",
        "Đến 19/10",
    )
    for weeks in (-7, -1, 1):
        week = Week.containing(ON + 7 * weeks * DAY)
        assert Worklist(officer, ON, Span.of_week(week, ON)).page(0, 9) == []


# --- weeks --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "written", "first"),
    [
        (D(2026, 11, 28), "2026-W48", D(2026, 11, 23)),
        (D(2026, 12, 31), "2026-W53", D(2026, 12, 28)),
        (D(2027, 1, 3), "2026-W53", D(2026, 12, 28)),
        (D(2027, 1, 4), "2027-W01", D(2027, 1, 4)),
        (D(2024, 12, 30), "2025-W01", D(2024, 12, 30)),
        (D(2028, 2, 29), "2028-W09", D(2028, 2, 28)),
    ],
)
def test_a_week_is_that_of_the_calendar(day, written, first):
    week = Week.containing(day)
    assert (str(week), week.monday, week.sunday) == (written, first, first + 6 * DAY)
    assert Week.parse(written) == week
    assert week.moved(1).monday == first + 7 * DAY
    assert week.moved(-1).sunday == first - DAY


@pytest.mark.parametrize(
    "written", ["", "2026", "2026-48", "2026-W5", "2025-W53", "2026-W00", "1999-W01", "9999-W01"]
)
def test_a_week_that_is_none_is_refused_in_words(written):
    with pytest.raises(ValueError, match=r"tuần"):
        Week.parse(written)


def test_the_calendar_of_weeks_ends_without_an_error():
    assert Week.parse("2000-W01").step(-1) is None
    assert Week.parse("2999-W52").step(1) is None
