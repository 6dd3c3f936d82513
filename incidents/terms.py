"""When a term of the law ends: pure arithmetic over moments, working days and pauses.

Terms in hours run by the minute. Terms in days do not count the day they start on and end with
their last day (Bộ luật Dân sự 2015 Điều 147, 148); a term that `rolls` ends on the next working day
where its last day is a day off (Bộ luật Tố tụng hình sự 2015 Điều 134).
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from kylien.core.periods import TZ, WorkCalendar, add_months

Unit = Literal["hours", "days", "working_days", "months"]
Pause = tuple[dt.datetime, dt.datetime]  # from, to

LAST_MINUTE = dt.time(23, 59)


@dataclass(frozen=True)
class Term:
    """So many units, and by how many others it may be extended once (0: not at all)."""

    value: int
    unit: Unit
    rolls: bool = False
    extension: int = 0
    extension_unit: Unit = "days"

    def ends_at(
        self,
        started_at: dt.datetime,
        calendar: WorkCalendar,
        pauses: Iterable[Pause] = (),
        extended: bool = False,
    ) -> dt.datetime:
        """Return the last moment of the term, aware; the paused time is added to it.

        Hours are exact, so a pause counts by the second. Days end at 23:59 of the last one, and a
        pause counts by the days (working days) between the days on which it began and ended. An
        extension counts in its own unit, from the end of the term.
        """
        if self.unit == "hours":
            end = started_at + dt.timedelta(hours=self.value)
            end += sum((to - since for since, to in pauses), dt.timedelta())
        else:
            day = _later(_day(started_at), self.value, self.unit, calendar)
            for since, to in pauses:
                first, last = _day(since), _day(to)
                if self.unit == "working_days":
                    day = calendar.add(day, calendar.between(first, last))
                else:
                    day += last - first
            end = _end_of(day)
        if extended and self.extension_unit == "hours":
            end += dt.timedelta(hours=self.extension)
        elif extended and self.extension:
            end = _end_of(_later(_day(end), self.extension, self.extension_unit, calendar))
        if self.rolls and self.unit != "hours":
            day = _day(end)
            end = _end_of(day if calendar.is_working(day) else calendar.add(day, 1))
        return end


def _day(moment):
    return moment.astimezone(TZ).date()


def _end_of(day):
    return dt.datetime.combine(day, LAST_MINUTE, TZ)


def _later(day, count, unit, calendar):
    if unit == "months":
        return add_months(day, count)
    if unit == "working_days":
        return calendar.add(day, count)
    return day + dt.timedelta(days=count)
