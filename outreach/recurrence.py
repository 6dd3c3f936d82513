"""On which days a commitment falls due. Pure: nothing here asks the clock or the database."""

import datetime as dt

from kylien.core.periods import add_months

AHEAD_MONTHS = 12  # so far ahead the days of a recurring commitment are known
STEPS = {"once": 0, "monthly": 1, "quarterly": 3, "yearly": 12}  # months from one day to the next


def due_days(
    first: dt.date, recurrence: str, on: dt.date, ends: dt.date | None = None
) -> list[dt.date]:
    """Return the days, oldest first, that a commitment falls due on, as known on the day `on`.

    Each day is counted from `first`, not from the one before it, so that the 31st comes back after
    a shorter month, and the 29th of February every fourth year: 31/1, 28/2, 31/3. The days reach to
    `AHEAD_MONTHS` after `on` (that day is in it); the first one is known however far it lies. None
    lies on or after `ends`.

    Raises ValueError for a recurrence that is not one of `STEPS`.
    """
    if recurrence not in STEPS:
        raise ValueError(f"Unknown recurrence: {recurrence}")
    step, last = STEPS[recurrence], add_months(on, AHEAD_MONTHS)
    found, day = [first], first
    while step:
        day = add_months(first, step * len(found))
        if day > last:
            break
        found.append(day)
    return [day for day in found if ends is None or day < ends]


def earliest(*days: dt.date | None) -> dt.date | None:
    """Return the first of some days, None where none of them is known."""
    return min((day for day in days if day), default=None)
