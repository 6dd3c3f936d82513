"""What every part of the demo ward is drawn with: day, dice, neighbourhoods, numbers."""

import datetime as dt
import itertools
from collections import Counter
from dataclasses import dataclass, field
from random import Random

from kylien.areas.models import Neighbourhood
from kylien.core.periods import TZ
from kylien.portal.demo import names

SLOT_DAYS = 30
MINUTE = dt.timedelta(minutes=1)
HISTORY_DAYS = 26 * SLOT_DAYS  # 24 whole reporting months lie in it on any day


def choose(rng, weights):
    """Draw a key of `weights` (a dict of key to weight)."""
    return rng.choices(list(weights), weights.values())[0]


def day_between(rng, first, last):
    """Draw a day from `first` to `last`, both included; `first` where the span is empty."""
    return first + dt.timedelta(days=rng.randint(0, max(0, (last - first).days)))


def moment(rng, day, first_hour, last_hour):
    """Draw a moment of a day, between two hours."""
    at = dt.time(rng.randint(first_hour, last_hour), rng.randrange(60))
    return dt.datetime.combine(day, at, TZ)


def written(row, officer, at):
    """Date a record back to when the desk took it down: it is no longer fresh to mend."""
    row.created_by, row.created_at, row.changed_at = officer, at, at


def years_after(day, years):
    """Return the day `years` (a whole number, perhaps negative) later; 29/2 becomes 28/2."""
    return day.replace(
        year=day.year + years, day=28 if (day.month, day.day) == (2, 29) else day.day
    )


@dataclass(eq=False)
class Area:
    """A neighbourhood as it is being filled: its row and its next free numbers."""

    row: Neighbourhood
    streets: tuple[str, ...]
    weight: int
    last_number: dict[str, int] = field(default_factory=dict)
    groups: int = 0

    def address(self, rng, street=None):
        """Return the next free address in `street`, or in any of the neighbourhood's."""
        street = street or rng.choice(self.streets)
        number = self.last_number.get(street, 0) + rng.choice((1, 1, 2, 2, 3))
        self.last_number[street] = number
        if rng.random() < 0.12:
            return f"Số {rng.randint(1, 30)}, ngõ {number} đường {street}"
        return f"Số {number} đường {street}"


class Numbers:
    """Identity and phone numbers, each given once. Nobody has such: province 099, prefix 0100."""

    def __init__(self):
        self.given = set()

    def _once(self, draw):
        while (number := draw()) in self.given:
            pass
        self.given.add(number)
        return number

    def citizen_id(self, rng, sex, born):
        """Return 099, the digit of century and sex, the year of birth and six random digits."""
        digit = (born.year // 100 - 19) * 2 + (sex == "F")
        return self._once(lambda: f"099{digit}{born.year % 100:02}{rng.randrange(10**6):06}")

    def phone(self, rng):
        return self._once(lambda: f"0100{rng.randrange(10**6):06}")


@dataclass
class Scene:
    """One ward's worth of the demonstration; `--scale` plays it several times over in one place."""

    rng: Random
    on: dt.date
    now: dt.datetime
    start_day: int  # of reporting months
    areas: list[Area]
    officers: dict  # username -> User
    numbers: Numbers
    taken_names: set  # of businesses
    serials: itertools.count  # numbers of papers
    police: str  # what the ward's police is called
    issued: Counter = field(default_factory=Counter)  # papers of the ward's own, by year
    fire_groups: dict = field(default_factory=dict)  # name -> FireGroup
    slots: list[int] = field(default_factory=list)  # of the history, still to be drawn

    def days_ago(self, days):
        return self.on - dt.timedelta(days=days)

    @property
    def history_start(self):
        return self.days_ago(HISTORY_DAYS)

    def recent_day(self, *, spare=2):
        """Draw a day of the two years of history, at least `spare` days before today.

        The slots of 30 days take turns, so that no month is empty.
        """
        if not self.slots:
            self.slots = self.rng.sample(
                range(0, HISTORY_DAYS, SLOT_DAYS), HISTORY_DAYS // SLOT_DAYS
            )
        day = self.history_start + dt.timedelta(
            days=self.slots.pop() + self.rng.randrange(SLOT_DAYS)
        )
        return min(day, self.days_ago(spare))

    def any_area(self):
        return self.rng.choices(self.areas, [area.weight for area in self.areas])[0]

    def surname(self):
        return choose(self.rng, names.SURNAMES)

    def person_name(self, sex, born, surname="", avoid=()):
        """Draw a whole name as usual for the sex and generation, the given name not in `avoid`."""
        rng = self.rng
        age_group = "old" if born.year < 1985 else "new"
        surname = surname or self.surname()
        middle = choose(rng, names.MIDDLE[sex, age_group])
        free = [n for n in names.GIVEN[sex, age_group] if n not in avoid and n not in middle]
        return " ".join(filter(None, (surname, middle, rng.choice(free))))

    def adult(self, youngest=22, oldest=58):
        """Draw `(sex, born)` of a grown-up."""
        sex = choose(self.rng, {"M": 62, "F": 38})
        return sex, self.days_ago(self.rng.randint(youngest * 366, oldest * 365))
