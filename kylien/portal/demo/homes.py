"""The households: those of today, and two years of births, deaths, arrivals, departures and moves.

Everybody's present is drawn first (`people`), then his past is put before it, row by row; so the
figures of today are exact, and every row that ends within the ward is followed by one that starts
the same day. A family has at most one story, except that anybody may be the place people left.
"""

import datetime as dt

from households.models import Household, Residence, Resident
from kylien.portal.demo.people import (
    CHILD,
    CHILD_IN_LAW,
    GRANDCHILD,
    HEAD,
    NIECE_NEPHEW,
    PARENT,
    SPOUSE,
    Home,
    Person,
    draw_family,
    draw_sizes,
)
from kylien.portal.demo.scene import choose, day_between, years_after

HOUSEHOLDS, RESIDENTS = 1045, 3472

# Stories of two years, so many of each.
ARRIVED, MOVED, SPLIT = 22, 12, 16  # families that are new to the ward, or to their address
MARRIED_IN, MARRIED_WITHIN = 18, 9
ELDERS_DIED, WIDOWED, SUCCEEDED, HANDED_OVER = 30, 8, 6, 8
GROWN_LEFT, STRUCK_OFF, RETURNED = 78, 5, 8
FAMILIES_LEFT, ALONE_DIED, MERGED = 8, 5, 3

Start, End = Residence.Start, Residence.End

# Who somebody was before the next generation's head took over.
WHILE_PARENT_WAS_HEAD = {
    HEAD: CHILD,
    SPOUSE: CHILD_IN_LAW,
    CHILD: GRANDCHILD,
    NIECE_NEPHEW: GRANDCHILD,
}


def make_homes(scene, counts):
    """Create the households, their people and the permanent part of the ledger.

    `counts` gives the households of each area. Returns the homes of today and those that were
    dissolved, each home with its people.
    """
    rng = scene.rng
    sizes = draw_sizes(rng, HOUSEHOLDS, RESIDENTS)
    homes = []
    for area, count in counts.items():
        for n in range(count):
            street = area.streets[n * len(area.streets) // count]  # neighbours stand side by side
            homes.append(draw_home(scene, area, sizes.pop(), street))
    new = pick_newcomers(scene, homes)
    settled = [home for home in homes if home not in new]
    for home in settled:
        settle(scene, home)
    pool = rng.sample(settled, len(settled))
    gone = tell_of_newcomers(scene, new, settled)
    gone += tell_of_moves(scene, pool, settled)
    tell_of_families(scene, pool)
    gone += tell_of_ends(scene)
    save(scene, homes, gone)
    return homes, gone


def draw_home(scene, area, size, street=None):
    surname = scene.surname()
    household = Household(address=area.address(scene.rng, street), neighbourhood=area.row)
    return Home(area, household, draw_family(scene, size, surname))


def settle(scene, home):
    """Let a family have lived in its home since before the two years; children came into it."""
    first = max(years_after(home.head.born, 20), scene.days_ago(22 * 365))
    home.household.opened_on = day_between(
        scene.rng, first, scene.history_start - dt.timedelta(days=40)
    )
    for relation, person in home.family:
        live(scene, home, relation, person)


def live(scene, home, relation, person):
    """Let a person have lived in a home as long as age and relation allow."""
    opened = home.household.opened_on
    grown = years_after(person.born, 20)
    if relation in (SPOUSE, CHILD_IN_LAW) and grown > opened:
        wedding = grown + dt.timedelta(days=scene.rng.randint(0, 200))
        person.enter(home, relation, wedding, Start.ARRIVAL)
    elif person.born > opened:
        person.enter(home, relation, person.born, Start.BIRTH)
    else:
        person.enter(home, relation, opened, Start.REGISTRATION)


def take(pool, count, test):
    """Take up to `count` homes that meet `test` out of the pool."""
    taken = []
    for home in list(pool):
        if len(taken) == count:
            break
        if test(home):
            taken.append(home)
            pool.remove(home)
    return taken


# --- Families that are new somewhere --------------------------------------------------------------


def pick_newcomers(scene, homes):
    """Pick the families that got their home in the two years: young, parents and children only."""
    pool = scene.rng.sample(homes, len(homes))
    on = scene.on

    def young(home):
        return home.has_only(HEAD, SPOUSE, CHILD) and home.head.age(on) < 48

    def branch(home):
        return (
            young(home) and home.head.sex == "M" and home.members(SPOUSE) and home.head.age(on) < 36
        )

    new = dict.fromkeys(take(pool, SPLIT, branch), Start.SPLIT)
    new |= dict.fromkeys(take(pool, ARRIVED, young), Start.ARRIVAL)
    return new | dict.fromkeys(take(pool, MOVED, young), Start.TRANSFER)


def tell_of_newcomers(scene, new, settled):
    """Give each new family its way into its home; return the homes that were given up for it."""
    gone = []
    for home, how in new.items():
        day = scene.recent_day()
        if how == Start.ARRIVAL:
            arrive(home, day)
        elif how == Start.TRANSFER:
            gone.append(move(scene, home, day))
        else:
            split_off(scene, home, settled, day)
    return gone


def arrive(home, day):
    home.household.opened_on = day
    for relation, person in home.family:
        if person.born > day:
            person.enter(home, relation, person.born, Start.BIRTH)
        else:
            person.enter(home, relation, day, Start.ARRIVAL)


def move(scene, home, day):
    """Let a whole family have lived elsewhere in the ward until `day`; return that home."""
    old = Home(
        area := scene.any_area(),
        Household(address=area.address(scene.rng), neighbourhood=area.row),
        [],
    )
    settle(scene, home)
    old.household.opened_on, old.household.dissolved_on = home.household.opened_on, day
    home.household.opened_on = day
    for relation, person in home.family:
        if person.now.started_on < day:
            person.came_from(day, Start.TRANSFER, home=old, relation=relation)
    return old


def split_off(scene, home, settled, day):
    """Let a couple have lived with his father until `day`, in the same neighbourhood."""
    son = home.head
    fathers = [
        other
        for other in settled
        if other.area is home.area
        and other.head.sex == "M"
        and 20 <= other.head.age(scene.on) - son.age(scene.on) <= 42
    ]
    parents = scene.rng.choice(fathers)
    for relation, person in home.family:
        if relation != SPOUSE:
            person.surname = parents.head.surname
    home.household.opened_on = parents.household.opened_on
    for relation, person in home.family:
        live(scene, home, relation, person)
        if person.now.started_on < day:
            before = WHILE_PARENT_WAS_HEAD[relation]
            person.came_from(day, Start.SPLIT, home=parents, relation=before)
    home.household.opened_on = day


# --- Single people who move -----------------------------------------------------------------------


def tell_of_moves(scene, pool, settled):
    """Tell of weddings, of children who came back and of old people taken in by their children.

    Returns the homes the last left.
    """
    on = scene.on

    def newlywed(home):
        return home.has_only(HEAD, SPOUSE) and home.members(SPOUSE) and home.head.age(on) < 37

    for home in take(pool, MARRIED_IN, newlywed):
        bride = home.members(SPOUSE)[0]
        bride.now.started_on, bride.now.start_reason = scene.recent_day(), Start.ARRIVAL
    for home in take(pool, MARRIED_WITHIN, newlywed):
        marry_within(scene, home, settled)
    for home in take(pool, RETURNED, lambda home: any(c.age(on) > 20 for c in home.members(CHILD))):
        child = next(c for c in home.members(CHILD) if c.age(on) > 20)
        left = day_between(scene.rng, scene.history_start, scene.days_ago(250))
        child.leave(left, End.DEPARTURE)
        child.enter(
            home,
            CHILD,
            day_between(scene.rng, left + dt.timedelta(days=60), scene.days_ago(2)),
            Start.ARRIVAL,
        )
    alone = take(pool, MERGED, lambda home: len(home.members(PARENT)) == 1)
    return [take_in(scene, home) for home in alone]


def marry_within(scene, home, settled):
    """Let husband or wife have lived with the own parents in the ward until the wedding."""
    person = home.members(SPOUSE)[0]
    parents = scene.rng.choice(
        [
            other
            for other in settled
            if other.head.sex == "M" and 21 <= other.head.age(scene.on) - person.age(scene.on) <= 40
        ]
    )
    person.surname = parents.head.surname
    person.rows.clear()
    live(scene, parents, CHILD, person)
    row, reason = person.now, person.now.start_reason
    person.rows.clear()
    person.enter(home, SPOUSE, row.started_on, reason)
    person.came_from(scene.recent_day(), Start.TRANSFER, home=parents, relation=CHILD)


def take_in(scene, home):
    """Let an old mother have had a household of her own next door until lately; return that."""
    mother, day = home.members(PARENT)[0], scene.recent_day()
    old = Home(
        home.area,
        Household(
            address=home.area.address(scene.rng),
            neighbourhood=home.area.row,
            opened_on=mother.now.started_on,
            dissolved_on=day,
        ),
        [],
    )
    mother.came_from(day, Start.MERGE, home=old, relation=HEAD)
    return old


# --- Deaths, new heads, children who leave --------------------------------------------------------


def tell_of_families(scene, pool):
    on = scene.on
    for home in take(pool, WIDOWED, lambda home: home.has_only(HEAD, CHILD) and is_widow(home, on)):
        widow(scene, home)

    def with_mother(home):
        mothers = home.members(PARENT)
        return (
            home.head.sex == "M"
            and len(mothers) == 1
            and home.has_only(HEAD, SPOUSE, CHILD, PARENT)
        )

    for home in take(pool, SUCCEEDED, with_mother):
        succeed(scene, home)
    for home in take(pool, HANDED_OVER, lambda home: home.members(PARENT)):
        day = scene.recent_day()
        change_head(home, day, dict(zip(home.members(PARENT), (HEAD, SPOUSE), strict=False)))

    def without_parents(home):
        return 34 < home.head.age(on) < 60 and not home.members(PARENT)

    for home in take(pool, ELDERS_DIED, without_parents):
        elder = Person(
            scene.rng.choice("MF"), years_after(home.head.born, -scene.rng.randint(22, 32))
        )
        elder.surname = home.head.surname if elder.sex == "M" else ""
        add_former(scene, home, PARENT, elder, scene.recent_day(), End.DEATH)

    def with_grown_children(home):
        return 46 < home.head.age(on) < 62 and home.members(SPOUSE)

    for reason, count in ((End.DEPARTURE, GROWN_LEFT), (End.DELETION, STRUCK_OFF)):
        for home in take(pool, count, with_grown_children):
            day = scene.recent_day()
            born = day - dt.timedelta(days=scene.rng.randint(18 * 366, 25 * 365))
            child = Person(choose(scene.rng, {"F": 58, "M": 42}), born, fathers_name(home))
            add_former(scene, home, CHILD, child, day, reason)


def is_widow(home, on):
    return home.head.sex == "F" and home.head.age(on) > 50


def fathers_name(home):
    return next((p.surname for p in home.members(HEAD, SPOUSE) if p.sex == "M"), home.head.surname)


def add_former(scene, home, relation, person, day, reason):
    """Add somebody who lived in a home until `day`."""
    live(scene, home, relation, person)
    person.leave(day, reason)
    home.former.append(person)


def widow(scene, home):
    """Let the head's husband have been the head until he died."""
    day = scene.recent_day()
    husband = Person(
        "M", home.head.born - dt.timedelta(days=scene.rng.randint(0, 2000)), scene.surname()
    )
    for child in home.members(CHILD):
        child.surname = husband.surname
    change_head(home, day, {home.head: SPOUSE}, others=False)
    add_former(scene, home, HEAD, husband, day, End.DEATH)


def succeed(scene, home):
    """Let the head's father have been the head until he died."""
    day = scene.recent_day()
    mother = home.members(PARENT)[0]
    father = Person(
        "M", mother.born - dt.timedelta(days=scene.rng.randint(0, 2000)), home.head.surname
    )
    change_head(home, day, {mother: SPOUSE})
    add_former(scene, home, HEAD, father, day, End.DEATH)


def change_head(home, day, before, *, others=True):
    """Let those in `before` have been something else until `day`, and with them the others."""
    for relation, person in home.family:
        was = before.get(person) or (WHILE_PARENT_WAS_HEAD.get(relation) if others else None)
        if was and person.now.started_on < day:
            person.came_from(day, Start.HEAD_CHANGE, home=home, relation=was)


# --- Households that came to an end ---------------------------------------------------------------


def tell_of_ends(scene):
    """Return homes nobody lives in any more: families that left, old people who died alone."""
    gone = []
    for n in range(FAMILIES_LEFT + ALONE_DIED):
        home = draw_home(
            scene, scene.any_area(), scene.rng.randint(2, 4) if n < FAMILIES_LEFT else 1
        )
        day, reason = scene.recent_day(spare=10), End.DEPARTURE
        if n >= FAMILIES_LEFT:
            home.head.born, reason = (
                scene.days_ago(scene.rng.randint(68 * 366, 89 * 365)),
                End.DEATH,
            )
        settle(scene, home)
        # Those who came after the family had left were born elsewhere.
        home.family = [(relation, p) for relation, p in home.family if p.now.started_on < day]
        home.former = home.people
        home.family = []
        for person in home.former:
            person.leave(day, reason)
        home.household.dissolved_on = day
        gone.append(home)
    return gone


# --- Writing --------------------------------------------------------------------------------------


def save(scene, homes, gone):
    every = sorted([*homes, *gone], key=lambda home: home.area.row.position)
    Household.objects.bulk_create(home.household for home in every)
    people = []
    for home in every:
        given = set()
        for person in home.people:
            name = scene.person_name(person.sex, person.born, person.surname, given)
            given.add(name.split()[-1])
            person.resident = resident(scene, person, name)
            people.append(person)
    save_people(people)


def save_people(people):
    """Write people with their rows of the ledger."""
    Resident.objects.bulk_create(person.resident for person in people)
    for person in people:
        for row in person.rows:
            row.resident = person.resident
    Residence.objects.bulk_create(row for person in people for row in person.rows)


def resident(scene, person, name):
    """Return the person's own row, which repeats what the ledger will say of today."""
    rng, now, age = scene.rng, person.now, person.age(scene.on)
    here = now.ended_on is None
    born, precision = person.born, Resident.Precision.DAY
    if born.year < 1957 and rng.random() < 0.2:
        precision = choose(rng, {Resident.Precision.YEAR: 3, Resident.Precision.MONTH: 1})
        born = born.replace(day=1, month=1 if precision == Resident.Precision.YEAR else born.month)
    has_id = rng.random() < (0.35 if age < 1 else 0.85 if not here and age > 70 else 1)
    has_phone = 14 < age < 78 and rng.random() < 0.85
    return Resident(
        full_name=name,
        birth_date=born,
        birth_precision=precision,
        sex=person.sex,
        citizen_id=scene.numbers.citizen_id(rng, person.sex, born) if has_id else "",
        phone=scene.numbers.phone(rng) if has_phone else "",
        present=here,
        residence_kind=now.kind if here else "",
        neighbourhood=now.neighbourhood,
    )
