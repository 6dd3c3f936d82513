"""Temporary residents: tenants and workers of today with their extensions, and those who left."""

import datetime as dt
from random import Random

from households.models import Residence
from kylien.portal.demo.homes import resident, save_people
from kylien.portal.demo.people import Person
from kylien.portal.demo.scene import choose, day_between

TODAY, OVERDUE, DUE = 987, 12, 38  # the last two among the first
LEFT = 860  # within the two years
MOVED = 25  # about so many of today's changed rooms within the ward
SETTLED_DOWN = 6  # who then took permanent residence in the ward
OLD_ENOUGH = 2300  # days that a host must have been there: the oldest row is younger
TERMS = {180: 22, 365: 50, 730: 28}  # days; two years at most (Luật Cư trú Điều 27)

Kind, Relation, Start, End = Residence.Kind, Residence.Relation, Residence.Start, Residence.End


class Hosts:
    """Where temporary residents stay: homes that let rooms, companies that lodge or employ."""

    def __init__(self, scene, homes, businesses):
        self.rng: Random = scene.rng
        opened = scene.days_ago(OLD_ENOUGH)
        old = [home for home in homes if home.household.opened_on <= opened]
        self.homes = self.rng.sample(old, min(190, len(old)))
        self.rooms = [self.rng.choice((1, 1, 2, 3, 5, 8)) for _ in self.homes]
        self.guest_houses = businesses["guest_house"]
        self.employers = [*businesses["company"], *businesses["project"]]

    def home(self):
        return self.rng.choices(self.homes, self.rooms)[0]

    def draw(self):
        """Return the fields of a residence that say where: household, lodging, employer."""
        kind = choose(self.rng, {"home": 64, "lodging": 29, "site": 7})
        employer = self.rng.choice(self.employers)
        if kind == "site":
            return {"employer": employer}
        if kind == "lodging":
            return {"lodging": self.rng.choice(self.guest_houses), "employer": employer}
        works = self.rng.random() < 0.74
        return {"household": self.home().household, "employer": employer if works else None}


def make_tenants(scene, homes, businesses):
    """Create the temporary residents of today and of the two years, with their ledger."""
    hosts = Hosts(scene, homes, businesses)
    people = [_tenant(scene, hosts, expires) for expires in _terms_of_today(scene)]
    first_term = [person for person in people if len(person.rows) == 1]
    for person in scene.rng.sample(first_term, MOVED * 2):
        _move_once(scene, hosts, person)
    for _ in range(LEFT):
        left = scene.recent_day(spare=1)
        person = _tenant(scene, hosts, left + dt.timedelta(days=scene.rng.randint(-5, 150)))
        person.leave(
            max(left, person.now.started_on), choose(scene.rng, {End.DEPARTURE: 6, End.DELETION: 4})
        )
        people.append(person)
    scene.rng.shuffle(people)
    for person in people:
        name = scene.person_name(person.sex, person.born)
        person.resident = resident(scene, person, name)
    save_people(people)
    Residence.objects.bulk_create(_before_settling_down(scene, hosts, homes))


def _terms_of_today(scene):
    """Yield the day each current term ends: some past, some within 30 days, the others later."""
    for n in range(TODAY):
        if n < OVERDUE:
            yield scene.days_ago(scene.rng.randint(1, 24))
        elif n < OVERDUE + DUE:
            yield scene.days_ago(-scene.rng.randint(0, 30))
        else:
            yield scene.days_ago(-scene.rng.randint(31, choose(scene.rng, TERMS) - 1))


def _tenant(scene, hosts, expires):
    """Draw a person whose latest term ends on `expires`, with up to two earlier ones before it."""
    rng = scene.rng
    where = hosts.draw()
    relation, note = Relation.TENANT, ""
    sex, born = scene.adult(19, 54)
    if where.get("household") and where["employer"] is None and rng.random() < 0.25:
        sex, born = rng.choice("MF"), scene.days_ago(rng.randint(3 * 365, 14 * 365))
        relation, note = Relation.OTHER, "Con của người thuê nhà"
    ahead = (expires - scene.on).days
    term = choose(rng, {days: weight for days, weight in TERMS.items() if days > ahead})
    terms = [(expires - dt.timedelta(days=term), expires)]
    born = min(born, terms[0][0] - dt.timedelta(days=30))  # who left long ago was younger then
    person = Person(sex, born)
    while len(terms) < 3 and rng.random() < 0.34:
        last = terms[0][0]
        early = dt.timedelta(days=rng.choice((0, 0, 0, 3, 8, 14)))  # extended before its last day
        days = dt.timedelta(days=choose(rng, TERMS))
        if (scene.on - (last - days)).days >= OLD_ENOUGH - 30 or last - days < born:
            break
        terms.insert(0, (last + early - days, last + early))
    for n, (start, end) in enumerate(terms):
        if n:
            person.leave(start, End.EXTENSION)
        row = Residence(
            kind=Kind.TEMPORARY,
            relation=relation,
            relation_note=note,
            started_on=start,
            start_reason=Start.EXTENSION if n else Start.REGISTRATION,
            expires_on=end,
            **where,
        )
        row.neighbourhood = row.host().neighbourhood
        person.rows.append(row)
    return person


def _move_once(scene, hosts, person):
    """Let a tenant have lived in another rented room of the ward before, within the same term."""
    row, home = person.now, hosts.home()
    first, last = row.started_on + dt.timedelta(days=20), min(scene.on, row.expires_on)
    last -= dt.timedelta(days=5)
    if row.household and row.household is not home.household and first < last:
        day = day_between(scene.rng, first, last)
        person.came_from(day, Start.TRANSFER, home=home, relation=row.relation)
        person.rows[-2].relation_note = row.relation_note


def _before_settling_down(scene, hosts, homes):
    """Yield the temporary stays of some who have since moved in with a family for good."""
    done = 0
    for home in homes:
        for person in home.people:
            first = person.rows[0]
            wed = first.start_reason == Start.ARRIVAL and first.relation == Relation.SPOUSE
            if done < SETTLED_DOWN and wed and first.started_on > scene.history_start:
                host = hosts.home().household
                done += 1
                yield Residence(
                    resident=person.resident,
                    kind=Kind.TEMPORARY,
                    household=host,
                    employer=scene.rng.choice(hosts.employers),
                    neighbourhood=host.neighbourhood,
                    relation=Relation.TENANT,
                    started_on=first.started_on - dt.timedelta(days=scene.rng.randint(60, 300)),
                    expires_on=first.started_on + dt.timedelta(days=60),
                    ended_on=first.started_on,
                    end_reason=End.DELETION,
                )
