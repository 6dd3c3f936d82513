"""What passed between the businesses and the station: quarterly returns, liaison."""

import datetime as dt

from businesses.models import Business, LiaisonNote, QuarterlyReturn
from businesses.rules import contact_since, quarter_to_collect
from kylien.core.periods import add_months
from kylien.portal.demo import phrases
from kylien.portal.demo.scene import day_between

QUARTERS = 5
# (sector, its which business) -> how many quarters back its return is missing.
MISSING = {("karaoke", 1): (0,), ("karaoke", 6): (0,), ("pawnshop", 4): (0, 2)}
LATE = 0.08
UNVERIFIED = {"company": 5, "project": 1}  # nobody has verified the contact for long


def make_dealings(scene, businesses):
    QuarterlyReturn.objects.bulk_create(_returns(scene, businesses))
    notes = sorted(_notes(scene, businesses), key=lambda note: note.met_on)
    LiaisonNote.objects.bulk_create(notes)


def _returns(scene, businesses):
    """Yield the returns of the last quarters: of all who owed one, but for some."""
    rng, which = scene.rng, {}
    for (code, n), quarters in MISSING.items():
        which[businesses[code][n].pk] = quarters
    own = {row.pk for rows in businesses.values() for row in rows}
    for back in range(QUARTERS):
        quarter = quarter_to_collect(scene.on).moved(-back)
        for business in Business.objects.expected_to_report(quarter).order_by("pk"):
            if business.pk not in own or back in which.get(business.pk, ()):
                continue
            came = quarter.last_day - dt.timedelta(days=rng.randint(0, 6))
            if rng.random() < LATE:
                came = quarter.last_day + dt.timedelta(days=rng.randint(1, 9))
            yield QuarterlyReturn(
                business=business,
                year=quarter.year,
                quarter=quarter.number,
                received_on=min(came, scene.on),
            )


def _notes(scene, businesses):
    """Yield some contacts with each company and project, the last one with the contact verified."""
    rng, since = scene.rng, contact_since(scene.on)
    for code, forgotten in UNVERIFIED.items():
        rows = businesses[code]
        old = set(rng.sample(range(len(rows)), forgotten))
        for n, business in enumerate(rows):
            first = add_months(scene.on, -24)
            if n in old:
                last = day_between(
                    rng, since - dt.timedelta(days=200), since - dt.timedelta(days=8)
                )
            else:
                last = day_between(rng, since + dt.timedelta(days=3), scene.days_ago(1))
            yield _note(scene, business, last, confirms=True)
            for _ in range(rng.choice((0, 0, 1, 2))):
                yield _note(scene, business, day_between(rng, first, last), confirms=False)


def _note(scene, business, day, *, confirms):
    rng = scene.rng
    return LiaisonNote(
        business=business,
        met_on=day,
        channel=rng.choice(list(LiaisonNote.Channel)),
        met_with=rng.choice(phrases.MET_WITH),
        note="" if confirms and rng.random() < 0.4 else rng.choice(phrases.LIAISON),
        confirms_contact=confirms,
    )
