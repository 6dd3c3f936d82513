"""Periods are half-open, and reporting months cut time without gap or overlap."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kylien.core.periods import Month, Period, Quarter, WorkCalendar, add_months

days = st.dates(date(1901, 1, 1), date(2998, 12, 31))
start_days = st.integers(1, 28)
months = st.builds(Month, st.integers(1902, 2998), st.integers(1, 12), start_days)


def test_a_period_has_its_start_and_not_its_end():
    assert Period(date(2026, 9, 15), date(2026, 10, 15)).days == 30


def test_period_starts_and_ends_at_local_midnight():
    period = Period(date(2026, 9, 15), date(2026, 10, 15))
    assert period.start_at.isoformat() == "2026-09-15T00:00:00+07:00"
    assert period.end_at.isoformat() == "2026-10-15T00:00:00+07:00"


def test_period_may_be_empty_but_not_backward():
    assert Period(date(2026, 1, 1), date(2026, 1, 1)).days == 0
    with pytest.raises(ValueError, match="ends before it starts"):
        Period(date(2026, 1, 2), date(2026, 1, 1))


@pytest.mark.parametrize(
    ("month", "start", "end", "span"),
    [
        (Month(2026, 10), date(2026, 9, 15), date(2026, 10, 15), "15/9–14/10/2026"),
        (Month(2026, 1), date(2025, 12, 15), date(2026, 1, 15), "15/12/2025–14/1/2026"),
        (Month(2026, 10, 1), date(2026, 10, 1), date(2026, 11, 1), "1/10–31/10/2026"),
        (Month(2026, 12, 1), date(2026, 12, 1), date(2027, 1, 1), "1/12–31/12/2026"),
        (Month(1900, 1), date(1899, 12, 15), date(1900, 1, 15), "15/12/1899–14/1/1900"),
    ],
)
def test_month_runs_by_its_rule(month, start, end, span):
    assert month.period == Period(start, end)
    assert month.span == span


def test_month_is_written_and_read():
    assert Month.parse("2026-06") == Month(2026, 6)
    assert Month.parse("2026-06", start_day=1) == Month(2026, 6, 1)
    assert str(Month(2026, 6)) == "2026-06"
    assert Month(2026, 6).label == "Tháng 6/2026"


@pytest.mark.parametrize(
    "written",
    ["", "2026-6", "2026-13", "2026-00", "1899-12", "3000-01", "10/2026", "2026-10\n", "٢٠٢٦-10"],
)
def test_anything_else_is_no_month(written):
    with pytest.raises(ValueError, match=r"háng|Năm"):
        Month.parse(written)


@pytest.mark.parametrize("start_day", [0, 29])
def test_start_day_must_exist_in_every_month(start_day):
    with pytest.raises(ValueError, match="Ngày bắt đầu"):
        Month(2026, 1, start_day)


def test_neighbours():
    assert Month(2026, 1).previous() == Month(2025, 12)
    assert Month(2026, 12, 1).next() == Month(2027, 1, 1)
    assert Month(2026, 10).same_month_last_year() == Month(2025, 10)
    assert list(map(str, Month(2026, 2).last(4))) == ["2025-11", "2025-12", "2026-01", "2026-02"]
    assert Month(2026, 2).last(0) == []
    assert Month(2025, 12) < Month(2026, 2) < Month(2026, 10)


def test_month_is_over_the_day_after_its_last():
    assert not Month(2026, 10).is_over(on=date(2026, 10, 14))
    assert Month(2026, 10).is_over(on=date(2026, 10, 15))


@given(months)
def test_consecutive_months_touch(month):
    assert month.period.end == month.next().period.start
    assert month.previous().next() == month
    assert month < month.next()
    assert 28 <= month.period.days <= 31
    assert Month.parse(str(month), month.start_day) == month


@given(days, start_days)
def test_every_day_lies_in_exactly_one_month(day, start_day):
    month = Month.containing(day, start_day)
    near = [month.previous(), month, month.next()]
    held = [one.period.start <= day < one.period.end for one in near]
    assert held == [False, True, False]


@given(months)
def test_month_contains_its_first_and_last_day(month):
    last = month.period.end - timedelta(days=1)
    assert Month.containing(month.period.start, month.start_day) == month
    assert Month.containing(last, month.start_day) == month


quarters = st.builds(Quarter, st.integers(1902, 2998), st.integers(1, 4))


@pytest.mark.parametrize(
    ("day", "quarter", "label"),
    [
        (date(2026, 1, 1), Quarter(2026, 1), "Quý I/2026"),
        (date(2026, 3, 31), Quarter(2026, 1), "Quý I/2026"),
        (date(2026, 4, 1), Quarter(2026, 2), "Quý II/2026"),
        (date(2026, 9, 30), Quarter(2026, 3), "Quý III/2026"),
        (date(2026, 12, 31), Quarter(2026, 4), "Quý IV/2026"),
    ],
)
def test_the_quarter_of_a_day(day, quarter, label):
    assert Quarter.containing(day) == quarter
    assert quarter.label == label


@given(days)
def test_a_day_lies_in_its_quarter(day):
    quarter = Quarter.containing(day)
    assert quarter.period.start <= day <= quarter.last_day < quarter.period.end


@given(quarters)
def test_quarters_follow_one_another_without_gap(quarter):
    assert quarter.next().period.start == quarter.period.end
    assert quarter.next().previous() == quarter
    assert quarter.moved(4) == Quarter(quarter.year + 1, quarter.number)


@given(quarters)
def test_a_quarter_is_read_as_it_is_written(quarter):
    assert Quarter.parse(str(quarter)) == quarter


@pytest.mark.parametrize(
    "typed", ["2026", "2026-Q5", "2026-Q0", "26-Q1", "2026-Q１", "1899-Q1", ""]
)
def test_what_is_no_quarter_is_refused(typed):
    with pytest.raises(ValueError, match=r"[Qq]uý|Năm"):
        Quarter.parse(typed)


@pytest.mark.parametrize(
    ("day", "count", "found"),
    [
        (date(2026, 11, 9), 5, date(2026, 11, 16)),  # Monday to Monday
        (date(2026, 11, 7), 1, date(2026, 11, 9)),  # from a Saturday
        (date(2026, 11, 16), -5, date(2026, 11, 9)),
        (date(2026, 11, 14), -1, date(2026, 11, 13)),
        (date(2026, 11, 14), 0, date(2026, 11, 14)),
    ],
)
def test_working_days_are_counted_from_the_day_after(day, count, found):
    assert WorkCalendar().add(day, count) == found


def test_days_off_are_left_out_and_days_worked_instead_counted():
    calendar = WorkCalendar(
        off=frozenset({date(2026, 8, 31)}), extra=frozenset({date(2026, 8, 22)})
    )
    assert calendar.is_working(date(2026, 8, 22))
    assert not calendar.is_working(date(2026, 8, 31))
    assert calendar.add(date(2026, 8, 21), 1) == date(2026, 8, 22)
    assert calendar.add(date(2026, 8, 28), 1) == date(2026, 9, 1)
    assert calendar.between(date(2026, 8, 21), date(2026, 9, 1)) == 7


@given(days, st.integers(1, 30), st.sets(st.integers(0, 60)), st.sets(st.integers(0, 60)))
def test_so_many_working_days_lie_between(day, count, off, extra):
    calendar = WorkCalendar(
        off=frozenset(day + timedelta(days=n) for n in off),
        extra=frozenset(day + timedelta(days=n) for n in extra),
    )
    found = calendar.add(day, count)
    assert calendar.is_working(found)
    assert calendar.between(day, found) == count
    assert calendar.between(day, found - timedelta(days=1)) == count - 1


@given(days, st.integers(1, 30))
def test_counting_back_from_a_working_day_undoes_counting_on(day, count):
    calendar = WorkCalendar()
    monday = day - timedelta(days=day.weekday())
    assert calendar.add(calendar.add(monday, count), -count) == monday


@pytest.mark.parametrize(
    ("day", "months", "found"),
    [
        (date(2026, 3, 10), 12, date(2027, 3, 10)),
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2026, 11, 30), 1, date(2026, 12, 30)),
        (date(2026, 12, 31), 1, date(2027, 1, 31)),
        (date(2026, 1, 15), -1, date(2025, 12, 15)),
        (date(2026, 3, 31), -1, date(2026, 2, 28)),
        (date(2026, 5, 9), 0, date(2026, 5, 9)),
    ],
)
def test_months_later_is_the_same_day_or_the_months_last(day, months, found):
    assert add_months(day, months) == found


@given(days, st.integers(-36, 36))
def test_months_later_and_back_loses_at_most_the_end_of_a_month(day, months):
    back = add_months(add_months(day, months), -months)
    assert back <= day
    assert back == day or day.day > 28
