"""What tells whether joint work is kept up, as numbers: pure queries and sums.

Each measure of a period takes the period and the day `on` as of which it is told, so that this
quarter and the last are counted alike and a past day gives the numbers of that day. Bodies are
measured, never persons.
"""

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass
from statistics import median

from django.db.models import Exists, OuterRef

from kylien.core.counts import count_all
from outreach.models import Award, Fulfilment, HelpGiven, JointResolution, Partner
from outreach.recurrence import earliest

# A resolution of which nothing was done for so many days is silent. No law sets the number: it is a
# quarter, the rhythm in which the parties review together. A constant and not a row of the ward's
# rules, because quarters can be compared only while it stays what it is.
SILENT_DAYS = 90


@dataclass(frozen=True)
class Share:
    """A part of a whole; without a whole there is no share."""

    part: int
    whole: int

    @property
    def percent(self) -> float | None:
        return 100 * self.part / self.whole if self.whole else None


@dataclass(frozen=True)
class Spread:
    """Numbers of days or hours: of how many rows, the one in the middle, and the longest."""

    count: int
    middle: float | None = None
    longest: float | None = None

    @classmethod
    def of(cls, numbers):
        found = list(numbers)
        return cls(len(found), median(found), max(found)) if found else cls(0)


# --- resolutions ----------------------------------------------------------------------------------


def active(on: dt.date, days: int = SILENT_DAYS):
    """Return the resolutions in force on `on` of which something was done within `days` days."""
    done = Fulfilment.objects.filter(
        commitment__resolution=OuterRef("pk"),
        done_on__gte=on - dt.timedelta(days=days),
        done_on__lte=on,
    )
    return JointResolution.objects.in_force(on).filter(Exists(done))


@dataclass(frozen=True)
class Kept:
    """The resolutions in force: of these `active` within the days, and `silent`; the rest are so
    new that nothing could be expected yet. `late`: those with something past its day."""

    in_force: int
    active: int
    silent: int
    late: int

    @property
    def share(self):
        """The active ones among those in force."""
        return Share(self.active, self.in_force)


def resolutions(on: dt.date, days: int = SILENT_DAYS) -> Kept:
    """Count the resolutions on the day `on`, in one query."""
    rows = JointResolution.objects
    return Kept(
        **count_all(
            {
                "in_force": rows.in_force(on),
                "active": active(on, days),
                "silent": rows.silent(on, days),
                "late": rows.late(on),
            }
        )
    )


# --- who does the work ----------------------------------------------------------------------------


def led_by_others(period) -> Share:
    """Return, of the fulfilments done in a period, those led by others than the police."""
    done = Fulfilment.objects.finished_in(period)
    counts = count_all({"part": done.exclude(led_by=None), "whole": done})
    return Share(**counts)


@dataclass(frozen=True)
class Lateness:
    """How a party keeps its days: of `due` fulfilments so many were or are late, and by how many
    days (of the late ones alone). Without a partner it is the station itself."""

    partner: Partner | None
    due: int
    late: Spread

    @property
    def label(self):
        return str(self.partner) if self.partner else "Công an phường"

    @property
    def on_time(self):
        return Share(self.due - self.late.count, self.due)


def days_late(due_on: dt.date, done_on: dt.date | None, on: dt.date, ends=None) -> int:
    """Return by how many days something due was late, as of `on`: until it was done, until `on`
    where it is not (or was only later), and no longer than until it `ends`."""
    until = done_on if done_on and done_on <= on else earliest(on, ends)
    return max((until - due_on).days, 0)


def lateness(period, on: dt.date) -> list[Lateness]:
    """Return how each party kept what fell due in a period, up to and with the day `on`: the
    station first, then the partners by name. In two queries."""
    rows = Fulfilment.objects.due_in(period).filter(due_on__lte=on).order_by()
    found = defaultdict(list)
    for party, due_on, done_on, *ends in rows.values_list(
        "commitment__partner",
        "due_on",
        "done_on",
        "commitment__ended_on",
        "commitment__resolution__ended_on",
    ):
        found[party].append(days_late(due_on, done_on, on, earliest(*ends)))
    partners = {one.pk: one for one in Partner.objects.filter(pk__in=[k for k in found if k])}
    kept = [
        Lateness(partners.get(party), len(days), Spread.of(day for day in days if day))
        for party, days in found.items()
    ]
    return sorted(kept, key=lambda one: (one.partner is not None, one.label))


# --- awards and help ------------------------------------------------------------------------------


def award_days(period) -> Spread:
    """Return the days from the deed to the decision, of the awards decided in a period."""
    rows = Award.objects.decided_in(period).order_by().values_list("deed_on", "decided_on")
    return Spread.of((decided - deed).days for deed, decided in rows)


def response_hours(rows) -> Spread:
    """Return the hours from the request to the arrival, of help given (`HelpGiven` rows) that was
    asked for."""
    return Spread.of(
        (row.came_at - row.asked_at).total_seconds() / 3600 for row in rows if row.asked_at
    )


def help_in(period):
    """Return the help given in a period."""
    return HelpGiven.objects.filter(came_at__gte=period.start_at, came_at__lt=period.end_at)
