"""When a term ends: examples counted by hand, and what holds for any term."""

import datetime as dt
from itertools import pairwise

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from incidents.models import ClockRule
from incidents.terms import Term
from kylien.areas.models import Holiday
from kylien.core.periods import TZ, WorkCalendar

# The yearly notices of 2026, copied by hand: not read from the portal's own rows.
OFF = {
    "2026-01-01", "2026-01-02",
    "2026-02-16", "2026-02-17", "2026-02-18", "2026-02-19", "2026-02-20",
    "2026-04-27", "2026-04-30", "2026-05-01",
    "2026-08-31", "2026-09-01", "2026-09-02",
}  # fmt: skip
WORKED = {"2026-01-10", "2026-08-22"}
CALENDAR = WorkCalendar(
    frozenset(map(dt.date.fromisoformat, OFF)), frozenset(map(dt.date.fromisoformat, WORKED))
)

RESOLVE = Term(20, "days", rolls=True, extension=2, extension_unit="months")
DAY = Term(24, "hours")
ANSWER = Term(3, "working_days")


def at(written):
    """Return a local moment: "2026-03-05 14:00"; noon where only the day is written."""
    day, _, clock = written.partition(" ")
    return dt.datetime.fromisoformat(f"{day}T{clock or '12:00'}").replace(tzinfo=TZ)


def utc(written):
    return dt.datetime.fromisoformat(written).replace(tzinfo=dt.UTC)


def last_day(term, started, *pauses, extended=False):
    """Return the last day of a term in days; it always runs to the day's last minute."""
    spans = [(at(since), at(to)) for since, to in pauses]
    end = term.ends_at(at(started), CALENDAR, spans, extended)
    assert (end.utcoffset(), end.time()) == (dt.timedelta(hours=7), dt.time(23, 59))
    return end.date().isoformat()


# --- by hand ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("started", "ends"),
    [
        ("2026-03-05", "2026-03-25"),  # Thursday to Wednesday
        ("2026-03-05 00:00", "2026-03-25"),
        ("2026-03-05 23:59", "2026-03-25"),
        ("2026-03-07", "2026-03-27"),  # a Friday: stays
        ("2026-03-08", "2026-03-30"),  # Saturday the 28th to Monday
        ("2026-03-09", "2026-03-30"),  # Sunday the 29th to Monday
        ("2026-04-07", "2026-04-28"),  # Monday the 27th is off for Hùng Vương
        ("2026-04-10", "2026-05-04"),  # 30 April, then 1 May, then a weekend
        ("2026-04-11", "2026-05-04"),
        ("2026-01-25", "2026-02-23"),  # the Saturday before the week of Tết
        ("2026-01-27", "2026-02-23"),  # the eve of Tết
        ("2026-01-31", "2026-02-23"),  # the last day of Tết
        ("2026-01-24", "2026-02-13"),  # the last Friday before Tết
        ("2026-08-11", "2026-09-03"),  # Monday 31 August, then 1 and 2 September
        ("2025-12-12", "2026-01-05"),  # New Year
        ("2025-12-21", "2026-01-10"),  # a Saturday that is worked: stays
        ("2026-08-02", "2026-08-22"),  # likewise
        ("2028-02-09", "2028-02-29"),
        ("2028-02-10", "2028-03-01"),
        ("2027-02-09", "2027-03-01"),
    ],
)
def test_twenty_days_end_on_a_working_day(started, ends):
    assert last_day(RESOLVE, started) == ends


def test_without_rolling_the_last_day_may_be_a_day_off():
    assert last_day(Term(20, "days"), "2026-03-08") == "2026-03-28"
    assert last_day(Term(20, "days"), "2026-01-28") == "2026-02-17"


@pytest.mark.parametrize(
    ("started", "hours", "ends"),
    [
        ("2026-03-05 22:10", 24, "2026-03-06 22:10"),
        ("2026-03-31 22:10", 24, "2026-04-01 22:10"),
        ("2026-12-31 23:30", 24, "2027-01-01 23:30"),  # New Year does not move hours
        ("2026-02-13 17:45", 24, "2026-02-14 17:45"),  # nor does Tết
        ("2026-02-28 08:00", 24, "2026-03-01 08:00"),
        ("2028-02-28 08:00", 24, "2028-02-29 08:00"),
        ("2026-03-05 23:59", 1, "2026-03-06 00:59"),
    ],
)
def test_hours_run_by_the_minute_over_midnight_and_month_ends(started, hours, ends):
    assert Term(hours, "hours").ends_at(at(started), CALENDAR) == at(ends)
    assert Term(hours, "hours", rolls=True).ends_at(at(started), CALENDAR) == at(ends)


@pytest.mark.parametrize(
    ("started", "days", "ends"),
    [
        ("2026-03-03", 3, "2026-03-06"),  # Tuesday to Friday
        ("2026-03-06", 3, "2026-03-11"),  # Friday to Wednesday
        ("2026-03-07", 1, "2026-03-09"),  # Saturday to Monday
        ("2026-01-08", 2, "2026-01-10"),  # the worked Saturday counts
        ("2026-01-09", 2, "2026-01-12"),
        ("2025-12-31", 1, "2026-01-05"),
        ("2026-02-13", 3, "2026-02-25"),  # Friday; five days of Tết and two weekends
        ("2026-04-24", 3, "2026-05-04"),  # 28, 29 April, 4 May
        ("2026-08-21", 3, "2026-08-25"),  # Saturday the 22nd, Monday, Tuesday
        ("2026-08-28", 1, "2026-09-03"),
    ],
)
def test_working_days_leave_out_weekends_and_holidays(started, days, ends):
    assert last_day(Term(days, "working_days"), started) == ends


@pytest.mark.parametrize(
    ("started", "ends"),
    [
        ("2026-01-31", "2026-02-28"),
        ("2028-01-31", "2028-02-29"),
        ("2026-03-31", "2026-04-30"),
        ("2026-12-15", "2027-01-15"),
    ],
)
def test_a_month_ends_on_the_same_day_or_the_months_last(started, ends):
    assert last_day(Term(1, "months"), started) == ends


@pytest.mark.parametrize(
    ("term", "started", "ends"),
    [
        (RESOLVE, "2026-03-05", "2026-05-25"),  # 25 March, two months
        (RESOLVE, "2026-01-11", "2026-03-31"),  # from 31 January
        (Term(20, "days", True, 1, "months"), "2026-01-11", "2026-03-02"),  # Saturday 28 February
        (Term(20, "days", False, 1, "months"), "2026-01-11", "2026-02-28"),
        (Term(20, "days", True, 1, "months"), "2028-01-11", "2028-02-29"),
        # 28 March is a Saturday, but the extension counts from it, and then 28 May is a Thursday.
        (RESOLVE, "2026-03-08", "2026-05-28"),
        (Term(20, "days", True, 10, "days"), "2026-03-05", "2026-04-06"),  # Saturday 4 April
        (Term(3, "working_days", False, 2, "working_days"), "2026-03-06", "2026-03-13"),
        (Term(20, "days", False, 36, "hours"), "2026-03-05", "2026-03-27 11:59"),
        (Term(20, "days", True, 36, "hours"), "2026-03-05", "2026-03-27"),
        (Term(24, "hours", False, 12, "hours"), "2026-03-05 22:00", "2026-03-07 10:00"),
        (Term(24, "hours", False, 2, "days"), "2026-03-05 22:00", "2026-03-08"),
        (Term(24, "hours", False, 1, "working_days"), "2026-03-06 22:00", "2026-03-09"),
        (Term(24, "hours", False, 1, "months"), "2026-01-30 22:00", "2026-02-28"),
    ],
)
def test_an_extension_counts_from_the_terms_end(term, started, ends):
    expected = at(ends if " " in ends else f"{ends} 23:59")
    assert term.ends_at(at(started), CALENDAR, extended=True) == expected
    assert term.ends_at(at(started), CALENDAR) < expected


def test_a_term_without_an_extension_is_not_extended():
    for term in (DAY, ANSWER, Term(20, "days", rolls=True)):
        plain = term.ends_at(at("2026-03-05"), CALENDAR)
        assert term.ends_at(at("2026-03-05"), CALENDAR, extended=True) == plain


@pytest.mark.parametrize(
    ("pauses", "ends"),
    [
        ([("2026-03-06 08:00", "2026-03-06 17:00")], "2026-03-25"),  # inside one day: none
        ([("2026-03-06 23:59", "2026-03-07 00:00")], "2026-03-26"),
        ([("2026-03-06 14:00", "2026-03-09 09:00")], "2026-03-30"),  # to Saturday the 28th, rolled
        ([("2026-03-06 14:00", "2026-03-10 09:00")], "2026-03-30"),
        ([("2026-03-06 14:00", "2026-03-11 09:00")], "2026-03-30"),
        ([("2026-03-06 14:00", "2026-03-12 09:00")], "2026-03-31"),
        (
            [("2026-03-06 14:00", "2026-03-07 09:00"), ("2026-03-10 14:00", "2026-03-11 09:00")],
            "2026-03-27",
        ),
        # 31 days: Saturday 25 April, and Monday the 27th is off.
        ([("2026-03-06 14:00", "2026-04-06 14:00")], "2026-04-28"),
    ],
)
def test_days_paused_come_on_top(pauses, ends):
    assert last_day(RESOLVE, "2026-03-05", *pauses) == ends


@pytest.mark.parametrize(
    ("pause", "ends"),
    [
        (("2026-03-05 08:00", "2026-03-05 17:00"), "2026-03-10"),
        (("2026-03-05 17:00", "2026-03-06 08:00"), "2026-03-11"),
        (("2026-03-06 17:00", "2026-03-07 08:00"), "2026-03-10"),  # into the weekend
        (("2026-03-07 08:00", "2026-03-08 17:00"), "2026-03-10"),  # Saturday to Sunday
        (("2026-03-06 17:00", "2026-03-09 08:00"), "2026-03-11"),  # Friday to Monday: one day
        (("2026-03-06 17:00", "2026-03-10 08:00"), "2026-03-12"),
    ],
)
def test_working_days_paused_leave_out_weekends(pause, ends):
    assert last_day(ANSWER, "2026-03-05", pause) == ends


def test_hours_paused_count_to_the_second():
    started, pause = at("2026-03-05 22:00"), (at("2026-03-06 01:00"), at("2026-03-06 02:30"))
    second = (at("2026-03-07 00:00"), at("2026-03-07 00:00") + dt.timedelta(seconds=1))
    assert DAY.ends_at(started, CALENDAR, [pause]) == at("2026-03-06 23:30")
    both = DAY.ends_at(started, CALENDAR, [pause, second])
    assert both == at("2026-03-06 23:30") + dt.timedelta(seconds=1)


def test_an_extension_counts_from_the_end_with_the_pauses():
    pause = ("2026-03-06 14:00", "2026-03-09 09:00")  # 25 and 3: 28 March
    assert last_day(RESOLVE, "2026-03-05", pause, extended=True) == "2026-05-28"
    term = Term(24, "hours", False, 12, "hours")
    hours = [(at("2026-03-06 01:00"), at("2026-03-06 02:30"))]
    end = term.ends_at(at("2026-03-05 22:00"), CALENDAR, hours, True)
    assert end == at("2026-03-07 11:30")


@pytest.mark.parametrize(
    ("started", "ends"),
    [
        ("2026-03-04 16:59", "2026-03-24"),  # 23:59 of the 4th in Vietnam
        ("2026-03-04 17:00", "2026-03-25"),  # midnight: the 5th
        ("2026-03-04 23:30", "2026-03-25"),  # 06:30 of the 5th
        ("2026-03-05 16:59", "2026-03-25"),
        ("2025-12-31 23:30", "2026-01-21"),
        ("2028-02-08 23:30", "2028-02-29"),
    ],
)
def test_the_day_is_that_of_vietnam_whatever_zone_the_moment_is_told_in(started, ends):
    end = RESOLVE.ends_at(utc(started), CALENDAR)
    assert end == at(f"{ends} 23:59")
    assert end.isoformat().endswith("T23:59:00+07:00")


def test_pauses_are_cut_at_midnight_in_vietnam():
    before, after = utc("2026-03-06 16:59"), utc("2026-03-06 17:00")
    start = utc("2026-03-04 23:30")
    assert RESOLVE.ends_at(start, CALENDAR, [(before, before)]) == at("2026-03-25 23:59")
    assert RESOLVE.ends_at(start, CALENDAR, [(before, after)]) == at("2026-03-26 23:59")
    assert RESOLVE.ends_at(start, CALENDAR, [(after, after)]) == at("2026-03-25 23:59")


# --- fifty days, against a plain count ----------------------------------------------------------

CHOSEN = """
2023-12-31 2024-01-01 2024-02-08 2024-02-09 2024-02-28 2024-02-29 2024-03-01
2025-12-11 2025-12-12 2025-12-13 2025-12-14 2025-12-20 2025-12-21 2025-12-31
2026-01-01 2026-01-14 2026-01-15 2026-01-23 2026-01-24 2026-01-25 2026-01-27
2026-01-31 2026-02-01 2026-02-02 2026-02-16 2026-02-20 2026-02-28 2026-03-01
2026-03-14 2026-03-15 2026-04-06 2026-04-07 2026-04-10 2026-04-11 2026-04-14
2026-06-30 2026-07-01 2026-08-01 2026-08-02 2026-08-09 2026-08-11 2026-08-13
2026-09-14 2026-09-15 2026-10-14 2026-10-15 2026-12-31 2028-02-09 2028-02-29 2028-03-01
"""


def off_days():
    """Return the days that the notices of 2025 to 2027 close, as the portal's rows say them."""
    rows = Holiday.objects.values_list("day", "kind")
    off = {day.isoformat() for day, kind in rows if kind == "off"}
    worked = {day.isoformat() for day, kind in rows if kind == "worked"}
    assert {d for d in off if d[:4] == "2026"} == OFF
    assert {d for d in worked if d[:4] == "2026"} == WORKED
    return off, worked


def counted(started, off, worked):
    """Count twenty days on a wall calendar; then on, day by day, to one that is worked."""
    day = dt.date.fromisoformat(started)
    for _ in range(20):
        day += dt.timedelta(days=1)
    while day.isoformat() not in worked and (
        day.isoformat() in off or day.strftime("%a") in ("Sat", "Sun")
    ):
        day += dt.timedelta(days=1)
    return day.isoformat()


@pytest.mark.django_db
def test_the_rule_of_the_law_ends_as_counted_by_hand_on_fifty_chosen_days():
    chosen = CHOSEN.split()
    assert len(set(chosen)) == 50
    off, worked = off_days()
    rule = ClockRule.objects.get(clock="resolve", type=None)
    assert rule.term == RESOLVE
    calendar = Holiday.objects.all().calendar()
    for started in chosen:
        for clock in ("00:00", "12:00", "23:59"):
            end = rule.term.ends_at(at(f"{started} {clock}"), calendar)
            assert end == at(f"{counted(started, off, worked)} 23:59"), (started, clock)


# --- what holds for any term --------------------------------------------------------------------

units = st.sampled_from(["hours", "days", "working_days", "months"])
terms = st.builds(Term, st.integers(1, 60), units, st.booleans(), st.integers(1, 40), units).filter(
    lambda term: term.unit != "months" or term.value <= 24
)
near = {"min_value": dt.datetime(2025, 11, 1), "max_value": dt.datetime(2026, 12, 31)}  # noqa: DTZ001
moments = st.datetimes(**near, timezones=st.sampled_from([dt.UTC, TZ]))
gaps = st.timedeltas(dt.timedelta(0), dt.timedelta(days=40))


@st.composite
def paused(draw):
    """Draw the start of a term and pauses after it that do not overlap."""
    started = draw(moments)
    turns = draw(st.lists(gaps, max_size=6).filter(lambda found: len(found) % 2 == 0))
    marks = [started]
    for gap in turns:
        marks.append(marks[-1] + gap)
    return started, list(pairwise(marks[1:]))[::2]


@given(terms, moments, gaps, st.booleans())
@example(
    Term(24, "hours", False, 1, "months"), at("2026-01-29 12:00"), dt.timedelta(hours=22), True
)
@example(
    Term(1, "hours", False, 1, "working_days"), at("2026-03-06 20:00"), dt.timedelta(hours=20), True
)
@example(Term(1, "days", True, 30, "hours"), at("2026-03-05"), dt.timedelta(days=1), True)
def test_what_starts_later_never_ends_earlier(term, started, gap, extended):
    first = term.ends_at(started, CALENDAR, (), extended)
    assert term.ends_at(started + gap, CALENDAR, (), extended) >= first


@given(terms, paused(), st.booleans())
def test_a_pause_never_shortens(term, found, extended):
    started, pauses = found
    ends = [
        term.ends_at(started, CALENDAR, pauses[:count], extended)
        for count in range(len(pauses) + 1)
    ]
    assert ends == sorted(ends)


@given(terms, paused())
@example(Term(20, "days", False, 1, "hours"), (at("2026-03-05"), []))
def test_an_extension_lengthens_unless_rolling_has_done_so(term, found):
    started, pauses = found
    plain = term.ends_at(started, CALENDAR, pauses)
    longer = term.ends_at(started, CALENDAR, pauses, True)
    assert longer >= plain
    if not term.rolls:
        assert longer > plain


@given(terms, paused(), st.booleans())
def test_a_term_that_rolls_ends_with_a_working_day(term, found, extended):
    assume(term.rolls and term.unit != "hours")
    started, pauses = found
    end = term.ends_at(started, CALENDAR, pauses, extended)
    assert CALENDAR.is_working(end.date())
    assert end.time() == dt.time(23, 59)


@given(st.integers(1, 400), paused())
def test_hours_are_exact(hours, found):
    started, pauses = found
    end = Term(hours, "hours").ends_at(started, CALENDAR, pauses)
    stood = sum((to - since).total_seconds() for since, to in pauses)
    assert (end - started).total_seconds() == pytest.approx(hours * 3600 + stood, abs=1e-5)


@given(st.integers(1, 60), moments)
def test_days_do_not_count_the_day_they_start_on(days, started):
    end = Term(days, "days").ends_at(started, CALENDAR)
    assert (end.date() - started.astimezone(TZ).date()).days == days
    working = Term(days, "working_days").ends_at(started, CALENDAR)
    between = (
        started.astimezone(TZ).date() + dt.timedelta(days=n + 1)
        for n in range((working.date() - started.astimezone(TZ).date()).days)
    )
    assert sum(map(CALENDAR.is_working, between)) == days
    assert CALENDAR.is_working(working.date())


@given(terms, paused(), st.booleans())
def test_the_zone_a_moment_is_told_in_changes_nothing(term, found, extended):
    started, pauses = found

    def told(zone):
        spans = [(since.astimezone(zone), to.astimezone(zone)) for since, to in pauses]
        return term.ends_at(started.astimezone(zone), CALENDAR, spans, extended)

    assert told(dt.UTC) == told(TZ)
