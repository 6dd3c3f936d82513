"""What happens in the ward: incidents of 25 months, overnight stays of the last 60 days."""

import datetime as dt

from households.models import StayNotice
from incidents.models import Incident, IncidentType
from kylien.core.periods import TZ, Month
from kylien.portal.demo import phrases
from kylien.portal.demo.scene import choose, day_between

MONTHS = 25
STAYS, STAY_DAYS = 400, 60
UNCONFIRMED = 6  # stays that began today
Channel, State = Incident.Channel, Incident.State
MINUTE = dt.timedelta(minutes=1)


# --- Incidents ------------------------------------------------------------------------------------


def make_incidents(scene, businesses, groups):
    """Create 10 to 18 incidents a reporting month; of the present one the part that has gone by."""
    kinds = {kind.code: kind for kind in IncidentType.objects.usable()}
    weights = {kinds[code]: row[0] for code, row in phrases.INCIDENTS.items()}
    places = [b for code in ("karaoke", "eating", "pawnshop") for b in businesses[code]]
    rows = []
    for month in Month.containing(scene.on, scene.start_day).last(MONTHS):
        period = month.period
        gone_by = min(period.days, (scene.on - period.start).days + 1)
        for _ in range(max(2, round(scene.rng.randint(10, 18) * gone_by / period.days))):
            day = period.start + dt.timedelta(days=scene.rng.randrange(gone_by))
            rows.append(_incident(scene, choose(scene.rng, weights), day, places, groups))
    rows.sort(key=lambda row: row.occurred_at)
    Incident.objects.bulk_create(rows)


def _incident(scene, kind, day, places, groups):
    rng = scene.rng
    _, hours, endings, summaries = phrases.INCIDENTS[kind.code]
    area = scene.any_area()
    at = min(_moment(rng, day, *hours), scene.now - 30 * MINUTE)
    nearby = [place for place in places if place.neighbourhood is area.row]
    business = rng.choice(nearby) if nearby and not kind.crowd and rng.random() < 0.18 else None
    if business and at.date() < business.opened_on:
        business = None
    row = Incident(
        type=kind,
        occurred_at=at,
        neighbourhood=area.row,
        place=business.address if business else _place(rng, area),
        business=business,
        summary=rng.choice(summaries),
        channel=choose(rng, {"in_person": 25, "phone": 40, "group": 22, "online": 5, "patrol": 8}),
    )
    if row.channel == Channel.GROUP:
        row.reporting_group = rng.choice(groups[area])
    if kind.crowd:
        row.size_band = choose(rng, {"under_10": 3, "to_50": 6, "to_200": 2})
        row.measure = choose(rng, {"explain": 5, "order": 2, "dialogue": 3, "report": 1})
    _settle(scene, row, dict(endings))
    _written(row, scene.officers["trucban"], min(scene.now, at + MINUTE * rng.randint(5, 90)))
    return row


def _settle(scene, row, endings):
    """Bring most incidents to an end; of the last weeks' many are still open."""
    rng, day = scene.rng, row.occurred_at.astimezone(TZ).date()
    age = (scene.on - day).days
    if rng.random() < (0.6 if age < 10 else 0.25 if age < 30 else 0.01):
        row.state = choose(rng, {State.RECEIVED: 1, State.VERIFYING: 3 if age > 2 else 1})
        return
    row.state = choose(rng, endings)
    row.resolved_on = day_between(
        rng, day, min(scene.on, day + dt.timedelta(days=rng.choice((1, 5, 21))))
    )
    row.result = rng.choice(phrases.RESULTS[row.state])
    if row.state in (State.SANCTIONED, State.HANDED_OVER):
        row.file_number = f"{next(scene.serials)}/{row.resolved_on.year}/HS"


def _place(rng, area):
    street = rng.choice(area.streets)
    return rng.choice(
        (
            f"Đường {street}",
            f"Gần số {rng.randint(1, 120)} đường {street}",
            f"Ngõ {rng.randint(2, 60)} đường {street}",
            f"Nhà văn hoá {area.row.name}",
            "Quốc lộ 1A",
        )
    )


# --- Stays ----------------------------------------------------------------------------------------


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
            arrived = _moment(rng, day, *rng.choice(((6, 12), (13, 18), (17, 22), (23, 23))))
        host = rng.choice(hosts)
        fits = host.opened_on <= before
        at_home = fits and rng.random() < 0.52
        lodging = None if at_home else rng.choice(lodgings)
        row = _stay(scene, arrived, host if at_home else None, lodging)
        if n >= UNCONFIRMED and (n >= UNCONFIRMED + 2 or arrived.date() < scene.days_ago(1)):
            row.confirmed_at = min(scene.now, row.notified_at + MINUTE * rng.randint(3, 200))
        rows.append(row)
    rows.sort(key=lambda row: row.arrived_at)
    StayNotice.objects.bulk_create(rows)


def _stay(scene, arrived, household, lodging):
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
    _written(row, scene.officers["trucban"], row.notified_at)
    return row


# --- Both -----------------------------------------------------------------------------------------


def _moment(rng, day, first_hour, last_hour):
    at = dt.time(rng.randint(first_hour, last_hour), rng.randrange(60))
    return dt.datetime.combine(day, at, TZ)


def _written(row, officer, at):
    """Date a record back to when the desk took it down: it is no longer fresh to mend."""
    row.created_by, row.created_at, row.changed_at = officer, at, at
