"""People and families as they live today, before there is a word of how they came there."""

import datetime as dt
from collections import Counter
from dataclasses import dataclass, field

from households.models import Household, Residence, Resident
from kylien.portal.demo.scene import Area, choose, years_after

Kind, Relation = Residence.Kind, Residence.Relation
HEAD, SPOUSE, CHILD = Relation.HEAD, Relation.SPOUSE, Relation.CHILD
PARENT, CHILD_IN_LAW, GRANDCHILD = Relation.PARENT, Relation.CHILD_IN_LAW, Relation.GRANDCHILD
SIBLING, NIECE_NEPHEW = Relation.SIBLING, Relation.NIECE_NEPHEW

SIZES = {1: 10, 2: 20, 3: 25, 4: 26, 5: 12, 6: 5, 7: 2}
# Households by size: who lives with the head, and how often.
SHAPES = {
    1: {(): 1},
    2: {(SPOUSE,): 52, (CHILD,): 30, (PARENT,): 11, (SIBLING,): 5, (GRANDCHILD,): 2},
    3: {
        (SPOUSE, CHILD): 72,
        (CHILD, CHILD): 16,
        (SPOUSE, PARENT): 10,
        (CHILD, PARENT): 2,
    },
    4: {(SPOUSE, CHILD, CHILD): 80, (SPOUSE, CHILD, PARENT): 17, (SPOUSE, CHILD, NIECE_NEPHEW): 3},
    5: {
        (SPOUSE, CHILD, CHILD, CHILD): 42,
        (SPOUSE, CHILD, CHILD, PARENT): 36,
        (SPOUSE, CHILD, CHILD_IN_LAW, GRANDCHILD): 22,
    },
    6: {
        (SPOUSE, CHILD, CHILD, PARENT, PARENT): 38,
        (SPOUSE, CHILD, CHILD, CHILD, PARENT): 30,
        (SPOUSE, CHILD, CHILD_IN_LAW, GRANDCHILD, GRANDCHILD): 32,
    },
    7: {
        (SPOUSE, CHILD, CHILD, CHILD, PARENT, PARENT): 60,
        (SPOUSE, CHILD, CHILD_IN_LAW, GRANDCHILD, GRANDCHILD, CHILD): 40,
    },
}


@dataclass(eq=False)
class Person:
    """Somebody invented, with the rows of the ledger that are his, oldest first."""

    sex: str
    born: dt.date
    surname: str = ""
    rows: list[Residence] = field(default_factory=list)
    resident: Resident | None = None

    @property
    def now(self):
        """The row he is in today, or the last one he was in."""
        return self.rows[-1]

    def age(self, on):
        return (on - self.born).days / 365.25

    def enter(self, home, relation, day, reason):
        """Begin to live permanently in a home."""
        self.rows.append(
            Residence(
                kind=Kind.PERMANENT,
                household=home.household,
                neighbourhood=home.area.row,
                relation=relation,
                started_on=day,
                start_reason=reason,
            )
        )

    def leave(self, day, reason):
        self.now.ended_on, self.now.end_reason = day, reason

    def came_from(self, day, reason, *, home, relation):
        """Let the last row start on `day` only; the time before goes to another home or relation.

        `reason` (TRANSFER, SPLIT, MERGE, HEAD_CHANGE) ends the one row and starts the other.
        """
        row = self.now
        before = Residence(
            kind=row.kind,
            household=home.household,
            employer=row.employer,
            neighbourhood=home.area.row,
            relation=relation,
            started_on=row.started_on,
            start_reason=row.start_reason,
            expires_on=row.expires_on,
            ended_on=day,
            end_reason=reason,
        )
        row.started_on, row.start_reason = day, reason
        self.rows.insert(-1, before)


@dataclass(eq=False)
class Home:
    """A household with those who live there (head first) and those who once did."""

    area: Area
    household: Household
    family: list[tuple[str, Person]]  # relation to the head, person
    former: list[Person] = field(default_factory=list)

    @property
    def head(self):
        return self.family[0][1]

    def members(self, *relations):
        return [person for relation, person in self.family if relation in relations]

    def has_only(self, *relations):
        return all(relation in relations for relation, _ in self.family)

    @property
    def people(self):
        return [person for _, person in self.family] + self.former


def draw_sizes(rng, households, residents):
    """Draw as many household sizes as asked for, that add up to exactly `residents`."""
    sizes = rng.choices(list(SIZES), SIZES.values(), k=households)
    while (missing := residents - sum(sizes)) != 0:
        n = rng.randrange(households)
        step = 1 if missing > 0 else -1
        if min(SIZES) <= sizes[n] + step <= max(SIZES):
            sizes[n] += step
    return sizes


def draw_family(scene, size, surname):
    """Draw a family of `size`: `[(relation, person), ...]`, the head first."""
    shape = choose(scene.rng, SHAPES[size])
    count = Counter(shape)
    head = _draw_head(scene, count, surname)
    family = [(HEAD, head)]
    if SPOUSE in count:
        family.append((SPOUSE, _spouse(scene, head)))
    mother = next((p for _, p in family if p.sex == "F"), head)
    surname = next((p.surname for _, p in family if p.sex == "M"), surname)  # the father's
    children = _children(scene, mother, surname, count[CHILD])
    if CHILD_IN_LAW in count:  # the eldest child is the married son
        children[0] = _grown_son(scene, mother, surname)
        wife = _spouse(scene, children[0])
        family += [(CHILD, children[0]), (CHILD_IN_LAW, wife)]
        small = _children(scene, wife, surname, count[GRANDCHILD])
        family += [(GRANDCHILD, child) for child in small]
        family += [(CHILD, child) for child in children[1:]]
    else:
        family += [(CHILD, child) for child in children]
        young = _children(scene, mother, surname, count[NIECE_NEPHEW])
        family += [(NIECE_NEPHEW, child) for child in young]
        if GRANDCHILD in count:
            born = years_after(head.born, scene.rng.randint(44, 50))
            family.append((GRANDCHILD, Person("M", born, surname)))
    family += [(PARENT, parent) for parent in _parents(scene, head, count[PARENT])]
    if SIBLING in count:
        gap = dt.timedelta(days=scene.rng.randint(400, 2500))
        family.append((SIBLING, Person(scene.rng.choice("MF"), head.born + gap, head.surname)))
    return family


def _draw_head(scene, count, surname):
    rng = scene.rng
    if CHILD_IN_LAW in count:
        ages = (52, 68)
    elif count[PARENT]:
        ages = (36, 56)
    elif GRANDCHILD in count:
        ages = (58, 70)
    elif count[CHILD]:
        ages = (24 + 3 * count[CHILD], 58)
    elif SIBLING in count:
        ages = (32, 50)
    elif SPOUSE in count:
        ages = (56, 80) if rng.random() < 0.58 else (24, 36)
    else:
        ages = (60, 88) if rng.random() < 0.62 else (24, 46)
    if CHILD_IN_LAW in count or count[PARENT] == 2:
        man = True  # his wife, his sons and his parents share the house
    else:
        man = rng.random() < (0.82 if SPOUSE in count else 0.4)
    born = scene.days_ago(rng.randint(ages[0] * 365 + 20, ages[1] * 365))
    return Person("M" if man else "F", born, surname)


def _spouse(scene, person):
    """Draw a husband up to six years older than his wife, or the wife."""
    days = scene.rng.randint(-200, 6 * 365)
    if person.sex == "M":
        born = min(person.born + dt.timedelta(days=days), scene.days_ago(23 * 365))
        return Person("F", born, scene.surname())
    return Person("M", person.born - dt.timedelta(days=days), scene.surname())


def _children(scene, mother, surname, count):
    """Draw children born when their mother was 21 to 40, who are 26 at most, the eldest first."""
    rng = scene.rng
    births = [
        years_after(mother.born, age) + dt.timedelta(days=rng.randint(0, 60))
        for age in range(21, 41)
    ]
    births = [day for day in births if scene.days_ago(26 * 365) < day <= scene.days_ago(3)]
    births = sorted(rng.sample(births, min(count, len(births))))
    while len(births) < count:  # of late years only: a year apart still
        births.insert(0, births[0] - dt.timedelta(days=380) if births else scene.days_ago(25 * 365))
    return [Person(choose(rng, {"M": 52, "F": 48}), day, surname) for day in births]


def _grown_son(scene, mother, surname):
    age = scene.rng.randint(21, 25)
    born = min(years_after(mother.born, age), scene.days_ago(25 * 365))
    return Person("M", born, surname)


def _parents(scene, head, count):
    """Draw the head's mother, or mother and father."""
    rng = scene.rng
    parents = []
    if count:
        born = years_after(head.born, -rng.randint(21, 31))
        parents.append(Person("F", born, scene.surname()))
    if count == 2:
        days = rng.randint(0, 6 * 365)
        parents.insert(0, Person("M", parents[0].born - dt.timedelta(days=days), head.surname))
    return parents
