"""Spans of time: half-open periods of days, the reporting month, quarters and weeks.

Pure: the time zone is a constant of the country, and nothing here asks what day it is.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Self
from zoneinfo import ZoneInfo

TZ = ZoneInfo("Asia/Ho_Chi_Minh")
"""The one time zone of Vietnam; it has no summer time."""


@dataclass(frozen=True, order=True)
class Period:
    """The days from `start` up to, but without, `end`; start == end is the empty period.

    Raises ValueError if the end lies before the start.
    """

    start: date
    end: date

    def __post_init__(self) -> None:
        if self.end < self.start:
            raise ValueError(f"period ends before it starts: {self.start} to {self.end}")

    @property
    def days(self) -> int:
        """The number of days."""
        return (self.end - self.start).days

    @property
    def start_at(self) -> datetime:
        """The first moment of the period: local midnight, aware."""
        return datetime.combine(self.start, time.min, TZ)

    @property
    def end_at(self) -> datetime:
        """The first moment after the period: local midnight, aware."""
        return datetime.combine(self.end, time.min, TZ)


@dataclass(frozen=True, order=True)
class Month:
    """A reporting month, named by the calendar month in which it ends.

    With the default `start_day` of 15 it runs from the 15th of the previous month to the 14th of
    its own (Nghị định 09/2019/NĐ-CP, Điều 12); with 1 it is the calendar month.

    Raises ValueError for a year outside 1900 to 2999, a month outside 1 to 12 or a start day
    outside 1 to 28 (later days are missing in February).
    """

    year: int
    month: int
    start_day: int = 15

    def __post_init__(self) -> None:
        if not 1900 <= self.year <= 2999:
            raise ValueError("Năm báo cáo phải từ 1900 đến 2999.")
        if not 1 <= self.month <= 12:
            raise ValueError("Tháng báo cáo phải từ 1 đến 12.")
        if not 1 <= self.start_day <= 28:
            raise ValueError("Ngày bắt đầu kỳ báo cáo phải từ 1 đến 28.")

    @classmethod
    def parse(cls, text: str, start_day: int = 15) -> Self:
        """Return the month written as "2026-10"; ValueError, in Vietnamese, on anything else."""
        match = re.fullmatch(r"([0-9]{4})-([0-9]{2})", text)
        if not match:
            raise ValueError("Hãy ghi tháng theo dạng năm-tháng, ví dụ 2026-10.")
        return cls(int(match[1]), int(match[2]), start_day)

    @classmethod
    def containing(cls, day: date, start_day: int = 15) -> Self:
        """Return the month in which a day is reported."""
        month = cls(day.year, day.month, start_day)
        return month.next() if 1 < start_day <= day.day else month

    def __str__(self) -> str:
        return f"{self.year}-{self.month:02}"

    @property
    def period(self) -> Period:
        """The days of the month."""
        own = date(self.year, self.month, self.start_day)
        if self.start_day == 1:
            # Any day 31 days later is in the next month.
            return Period(own, (own + timedelta(days=31)).replace(day=1))
        before = own.replace(day=1) - timedelta(days=1)
        return Period(before.replace(day=self.start_day), own)

    @property
    def label(self) -> str:
        """The name of the month: "Tháng 10/2026"."""
        return f"Tháng {self.month}/{self.year}"

    @property
    def span(self) -> str:
        """The first and the last day: "15/9–14/10/2026"; both years if they differ."""
        first, last = self.period.start, self.period.end - timedelta(days=1)
        year = "" if first.year == last.year else f"/{first.year}"
        return f"{first.day}/{first.month}{year}–{last.day}/{last.month}/{last.year}"

    def previous(self) -> Self:
        """Return the month before."""
        return self._moved(-1)

    def next(self) -> Self:
        """Return the month after."""
        return self._moved(1)

    def same_month_last_year(self) -> Self:
        """Return the month to compare with "cùng kỳ năm trước"."""
        return self._moved(-12)

    def last(self, count: int) -> list[Self]:
        """Return `count` months that end with this one, oldest first."""
        return [self._moved(-back) for back in reversed(range(count))]

    def is_over(self, on: date) -> bool:
        """Tell whether the whole month lies before the day `on`."""
        return self.period.end <= on

    def _moved(self, months: int) -> Self:
        year, index = divmod(self.year * 12 + self.month - 1 + months, 12)
        return type(self)(year, index + 1, self.start_day)


@dataclass(frozen=True, order=True)
class Quarter:
    """A quarter of the calendar year, as businesses report by it.

    Raises ValueError for a year outside 1900 to 2999 or a number outside 1 to 4.
    """

    year: int
    number: int

    def __post_init__(self) -> None:
        if not 1900 <= self.year <= 2999:
            raise ValueError("Năm báo cáo phải từ 1900 đến 2999.")
        if not 1 <= self.number <= 4:
            raise ValueError("Quý phải từ 1 đến 4.")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the quarter written as "2026-Q4"; ValueError, in Vietnamese, on anything else."""
        match = re.fullmatch(r"([0-9]{4})-[Qq]([1-4])", text)
        if not match:
            raise ValueError("Hãy ghi quý theo dạng năm-quý, ví dụ 2026-Q4.")
        return cls(int(match[1]), int(match[2]))

    @classmethod
    def containing(cls, day: date) -> Self:
        """Return the quarter of a day."""
        return cls(day.year, (day.month + 2) // 3)

    def __str__(self) -> str:
        return f"{self.year}-Q{self.number}"

    @property
    def period(self) -> Period:
        """The days of the quarter."""
        first = date(self.year, self.number * 3 - 2, 1)
        return Period(first, (first + timedelta(days=93)).replace(day=1))

    @property
    def last_day(self) -> date:
        """The last day of the quarter."""
        return self.period.end - timedelta(days=1)

    @property
    def label(self) -> str:
        """The name of the quarter: "Quý IV/2026"."""
        return f"Quý {('I', 'II', 'III', 'IV')[self.number - 1]}/{self.year}"

    def previous(self) -> Self:
        """Return the quarter before."""
        return self.moved(-1)

    def next(self) -> Self:
        """Return the quarter after."""
        return self.moved(1)

    def moved(self, quarters: int) -> Self:
        """Return the quarter so many later."""
        year, index = divmod(self.year * 4 + self.number - 1 + quarters, 4)
        return type(self)(year, index + 1)


FIRST_WEEKS, LAST_WEEKS = 2000, 2999  # years whose weeks may be asked for


@dataclass(frozen=True, order=True)
class Week:
    """A week from Monday to Sunday, named as ISO 8601 does: `2026-W48`.

    Raises ValueError if `monday` is another day.
    """

    monday: date

    def __post_init__(self) -> None:
        if self.monday.weekday():
            raise ValueError(f"a week begins on a Monday, not on {self.monday}")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the week written as "2026-W48"; ValueError, in Vietnamese, on anything else."""
        match = re.fullmatch(r"([0-9]{4})-[Ww]([0-9]{2})", text)
        if not match:
            raise ValueError("Ghi tuần theo dạng năm-Wtuần, ví dụ 2026-W48.")
        year, number = int(match[1]), int(match[2])
        if not FIRST_WEEKS <= year <= LAST_WEEKS:
            raise ValueError(f"Năm của tuần phải từ {FIRST_WEEKS} đến {LAST_WEEKS}.")
        try:
            return cls(date.fromisocalendar(year, number, 1))
        except ValueError:
            raise ValueError(f"Năm {year} không có tuần {number}.") from None

    @classmethod
    def containing(cls, day: date) -> Self:
        """Return the week of a day."""
        return cls(day - timedelta(days=day.weekday()))

    def __str__(self) -> str:
        return f"{self.monday.isocalendar().year}-W{self.number:02}"

    @property
    def sunday(self) -> date:
        """The last day."""
        return self.monday + timedelta(days=6)

    @property
    def number(self) -> int:
        """The number in its year: 1 to 53."""
        return self.monday.isocalendar().week

    @property
    def label(self) -> str:
        """The name of the week: "Tuần 48/2026"."""
        return f"Tuần {self.number}/{self.monday.isocalendar().year}"

    @property
    def short(self) -> str:
        """The name beside others of the year: "Tuần 48"."""
        return f"Tuần {self.number}"

    @property
    def since(self) -> str:
        """The name and the first day: "Tuần 48/2026, từ 23/11"."""
        return f"{self.label}, từ {self.monday.day}/{self.monday.month}"

    @property
    def span(self) -> str:
        """The first and the last day: "23/11–29/11/2026"; both years if they differ."""
        first, last = self.monday, self.sunday
        year = "" if first.year == last.year else f"/{first.year}"
        return f"{first.day}/{first.month}{year}–{last.day}/{last.month}/{last.year}"

    def moved(self, weeks: int) -> Self:
        """Return the week so many later."""
        return type(self)(self.monday + timedelta(weeks=weeks))

    def step(self, weeks: int) -> Self | None:
        """Return the week so many later; None where the portal's calendar ends."""
        found = self.moved(weeks)
        return found if FIRST_WEEKS <= found.monday.isocalendar().year <= LAST_WEEKS else None

    def last(self, count: int) -> list[Self]:
        """Return `count` weeks that end with this one, the oldest first."""
        return [self.moved(-back) for back in reversed(range(count))]

    def days_begun(self, on: date) -> int:
        """Return how many of its days have begun on the day `on`, that one included: 0 to 7."""
        return min(max((on - self.monday).days + 1, 0), 7)


@dataclass(frozen=True)
class WorkCalendar:
    """Working days: Monday to Friday, but for `off` days, and the `extra` days worked instead."""

    off: frozenset[date] = frozenset()
    extra: frozenset[date] = frozenset()

    def is_working(self, day: date) -> bool:
        """Tell whether offices work on the day."""
        return day in self.extra or (day.weekday() < 5 and day not in self.off)

    def add(self, day: date, count: int) -> date:
        """Return the working day that is the `count`-th after `day` (before it, if negative).

        The day itself does not count: five working days after a Monday are the next Monday.
        """
        step = timedelta(days=1 if count >= 0 else -1)
        while count:
            day += step
            if self.is_working(day):
                count -= step.days
        return day

    def between(self, first: date, last: date) -> int:
        """Return how many working days lie after `first`, up to and with `last`."""
        days = (first + timedelta(days=n) for n in range(1, (last - first).days + 1))
        return sum(map(self.is_working, days))


def add_months(day: date, months: int) -> date:
    """Return the same day so many months later; the month's last day where it has no such day."""
    year, index = divmod(day.year * 12 + day.month - 1 + months, 12)
    after = date(year + (index == 11), (index + 1) % 12 + 1, 1)
    return date(year, index + 1, min(day.day, (after - timedelta(days=1)).day))
