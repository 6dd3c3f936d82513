"""Overnight stays of the last 60 days."""

import datetime as dt

from households.models import StayNotice
from kylien.core.periods import TZ
from kylien.portal.demo import phrases
from kylien.portal.demo.scene import MINUTE, choose, moment, written

STAYS, STAY_DAYS = 400, 60
UNCONFIRMED = 6  # stays that began today


def make_stay_notices(scene, homes, businesses):
    """Create the notices of the last 60 days: a few late, a few of today not confirmed yet."""
    rng = scene.rng
    hosts = [home.household for home in rng.sample(homes, 130)]
    midnight = dt.datetime.combine(scene.on, dt.time.min, TZ)
    minutes_today = int((scene.now - midnight) / MINUTE)
    before = scene.days_ago(STAY_DAYS)
    lodgings = [one for one in businesses["lodging"] if one.opened_on < before]
    lodgings += businesses["guest_house"]
    rows = []
    for n in range(STAYS):
        if n < UNCONFIRMED:
            arrived = midnight + MINUTE * rng.randint(0, minutes_today)
        else:
            day = scene.days_ago(rng.randint(1, STAY_DAYS))
            arrived = moment(rng, day, *rng.choice(((6, 12), (13, 18), (17, 22), (23, 23))))
        host = rng.choice(hosts)
        fits = host.opened_on <= before
        at_home = fits and rng.random() < 0.52
        lodging = None if at_home else rng.choice(lodgings)
        row = make_stay(scene, arrived, host if at_home else None, lodging)
        if n >= UNCONFIRMED and (n >= UNCONFIRMED + 2 or arrived.date() < scene.days_ago(1)):
            row.confirmed_at = min(scene.now, row.notified_at + MINUTE * rng.randint(3, 200))
        rows.append(row)
    rows.sort(key=lambda row: row.arrived_at)
    StayNotice.objects.bulk_create(rows)


def make_stay(scene, arrived, household, lodging):
    """Return a notice of a guest who arrived then, not saved yet; most came in time."""
    rng = scene.rng
    sex, born = scene.adult(19, 68)
    due = StayNotice.due(arrived)
    patience = max(1, int((due - arrived) / MINUTE))
    if rng.random() < 0.045:
        notified = due + MINUTE * rng.randint(20, 700)
    else:
        notified = arrived + MINUTE * rng.randint(0, min(patience, 240))
    row = StayNotice(
        guest_name=scene.person_name(sex, born),
        birth_date=born,
        id_number=scene.numbers.citizen_id(rng, sex, born),
        reason=choose(rng, phrases.STAY_REASONS),
        arrived_at=arrived,
        leaves_on=arrived.astimezone(TZ).date()
        + dt.timedelta(days=rng.choice((1, 1, 1, 2, 3, 5, 9))),
        household=household,
        lodging=lodging,
        channel=choose(rng, {"online": 5, "phone": 3, "in_person": 2}),
        notified_at=min(scene.now, notified),
    )
    written(row, scene.officers["trucban"], row.notified_at)
    return row
