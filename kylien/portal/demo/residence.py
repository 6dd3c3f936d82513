"""What officers meet in the register of residence: people away, people entered twice, acts of late.

Everybody's stays are drawn by `homes` and `tenants`. Here some of the last weeks' rows get the act
that wrote them, some people are away for a time, and some tenants who came back stand twice.
"""

import datetime as dt

from households.models import Absence, Residence, ResidenceAct, Resident
from kylien.core import text
from kylien.portal.demo.scene import choose

AWAY, OVERDUE, BACK = 34, 3, 40
TWICE = 8
ACT_DAYS = 60  # acts were kept since the portal has been in use

Reason, Kind = Absence.Reason, ResidenceAct.Kind
PLACES = (
    "Thành phố Hà Nội",
    "Thành phố Hồ Chí Minh",
    "Thành phố Vinh, Nghệ An",
    "Thành phố Đà Nẵng",
    "Bình Dương",
    "Đồng Nai",
)
KINDS = {  # of the reasons that start or end a row
    Residence.Start.REGISTRATION: (Kind.TEMPORARY, "đăng ký tạm trú"),
    Residence.Start.ARRIVAL: (Kind.PERMANENT, "chuyển đến, đăng ký thường trú"),
    Residence.Start.BIRTH: (Kind.BIRTH, "mới sinh"),
    Residence.Start.EXTENSION: (Kind.EXTENSION, "gia hạn tạm trú"),
    Residence.End.DEPARTURE: (Kind.LEAVING, "chuyển khỏi phường"),
    Residence.End.DEATH: (Kind.DEATH, "chết"),
    Residence.End.DELETION: (Kind.ENDING, "xoá đăng ký"),
}


def make_absences(scene, homes):
    """Let grown children and single people be away for work or study; some came back."""
    rng = scene.rng
    adults = [
        person
        for home in homes
        for relation, person in home.family
        if relation != "HEAD" and 18 <= person.age(scene.on) <= 45
    ]
    rows = []
    for n, person in enumerate(rng.sample(adults, min(AWAY + BACK, len(adults)))):
        student = person.age(scene.on) < 24
        started = scene.days_ago(rng.randint(40, 300))
        started = max(started, person.now.started_on)
        if n < OVERDUE:
            expected, returned = scene.days_ago(rng.randint(1, 12)), None
        elif n < AWAY:
            expected, returned = scene.days_ago(-rng.randint(1, 240)), None
        else:
            returned = min(started + dt.timedelta(days=rng.randint(20, 200)), scene.days_ago(1))
            expected = returned + dt.timedelta(days=rng.randint(-5, 20))
        reason = Reason.STUDY if student else choose(rng, {Reason.WORK: 8, Reason.FAMILY: 1})
        rows.append(
            Absence(
                resident=person.resident,
                neighbourhood=person.now.neighbourhood,
                reason=reason,
                destination=rng.choice(PLACES),
                started_on=min(started, expected - dt.timedelta(days=1)),
                expected_on=expected,
                returned_on=returned and max(returned, started),
            )
        )
    Absence.objects.bulk_create(rows)


def enter_twice(scene):
    """Let some tenants of today stand twice: they left, came back and were entered anew, once
    without accents and once with the year of birth alone."""
    tenants = Residence.objects.temporary().select_related("resident")
    now = list(tenants.current().order_by("-pk")[:400])
    gone = list(tenants.exclude(ended_on=None).order_by("-pk")[:400])
    changed = []
    for row in scene.rng.sample(now, min(TWICE, len(now))):
        new = row.resident
        old = next(
            (
                other
                for other in gone
                if other.resident.sex == new.sex
                and other.ended_on < row.started_on
                and other.started_on.year - new.birth_date.year > 18
                and not other.resident.present
            ),
            None,
        )
        if old is None:
            continue
        gone = [other for other in gone if other.resident_id != old.resident_id]
        person = old.resident
        person.full_name, person.birth_date = new.full_name, new.birth_date
        person.birth_precision, person.citizen_id = new.birth_precision, ""
        if len(changed) % 2:
            person.full_name = text.fold(new.full_name).title()
        else:
            person.birth_precision = Resident.Precision.YEAR
            person.birth_date = new.birth_date.replace(month=1, day=1)
        changed.append(person)
    for person in changed:
        person.save()


def make_acts(scene):
    """Give the rows of the last weeks the acts that wrote them, by the officer of the place."""
    since = scene.days_ago(ACT_DAYS)
    officers = {
        beat.neighbourhood_id: beat.officer
        for area in scene.areas
        for beat in area.row.beat_assignments.open_on(scene.on).select_related("officer")
    }
    rows = Residence.objects.select_related("resident", "household")
    for field, reason, day in (
        ("started_by", "start_reason", "started_on"),
        ("ended_by", "end_reason", "ended_on"),
    ):
        found = [
            row
            for row in rows.filter(**{f"{day}__gte": since, field: None}).order_by(day, "pk")
            # An extension is told once, by the row it starts.
            if getattr(row, reason) in KINDS and row.end_reason != Residence.End.EXTENSION
        ]
        acts = [
            _act(scene, row, getattr(row, reason), getattr(row, day), officers) for row in found
        ]
        ResidenceAct.objects.bulk_create(acts)
        for row, act in zip(found, acts, strict=True):
            Residence.objects.filter(pk=row.pk).refresh_derived(**{field: act})
            if field == "started_by" and row.start_reason == Residence.Start.EXTENSION:
                before = Residence.objects.filter(
                    resident=row.resident_id, ended_on=row.started_on, end_reason="EXTENSION"
                )
                before.refresh_derived(ended_by=act)


def _act(scene, row, reason, day, officers):
    kind, words = KINDS[reason]
    if kind == Kind.TEMPORARY and row.kind == Residence.Kind.PERMANENT:
        kind, words = Kind.PERMANENT, "đăng ký thường trú"
    known = scene.rng.random() < 0.7
    return ResidenceAct(
        kind=kind,
        happened_on=day,
        household=row.household,
        neighbourhood_id=row.neighbourhood_id,
        summary=f"{row.resident.full_name} {words}.",
        people=1,
        file_number=f"H23.{scene.rng.randrange(10**4):04}-{day:%d%m%y}" if known else "",
        synchronised_on=day if known else None,
        done_by=officers.get(row.neighbourhood_id),
    )
