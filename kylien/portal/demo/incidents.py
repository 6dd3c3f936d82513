"""Incidents of 25 months, each with the way it went: steps, clocks, officers, log; shifts of the
duty desk.

Written in bulk, as the services would have written it step by step.
"""

import datetime as dt
from dataclasses import dataclass, field

from incidents import workflow
from incidents.models import (
    Assignment,
    Clock,
    ClockPause,
    ClockRule,
    Incident,
    IncidentClock,
    IncidentEntry,
    IncidentParty,
    IncidentType,
    MeasureTaken,
    ShiftHandover,
)
from kylien.areas.models import Holiday
from kylien.core.periods import TZ, Month
from kylien.portal.demo import phrases
from kylien.portal.demo.places import BEATS
from kylien.portal.demo.scene import MINUTE, choose, moment, written

MONTHS = 25
BEAT_OF = {area: username for username, areas in BEATS.items() for area in areas}
HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)
FRESH = (Incident.State.RECEIVED, Incident.State.RECEIVED, Incident.State.CLASSIFIED)
CERTAIN = ("paused", "to tell", "to close")
SOURCES = {"citizen": 55, "group": 22, "body": 6, "media": 4, "police": 13}
SHIFTS = 14  # days of shifts that the desk has handed over
Source, State = Incident.Source, Incident.State
RESULT_STEPS = {step.target: step for step in workflow.STEPS if step.target in workflow.RESULTS}


@dataclass
class Way:
    """What belongs to one incident, to be written once its key is known."""

    incident: Incident
    entries: list = field(default_factory=list)  # (at, officer, kind, state, title, note)
    clocks: list = field(default_factory=list)
    pauses: list = field(default_factory=list)
    officers: list = field(default_factory=list)
    measures: list = field(default_factory=list)
    party: IncidentParty | None = None

    def log(self, at, officer, title, note="", kind=IncidentEntry.Kind.STEP):
        self.entries.append((at, officer, kind, self.incident.state, title, note))


def make_incidents(scene, businesses, groups):
    """Create 10 to 18 incidents a reporting month; of the present one the part that has gone by."""
    kinds = {kind.code: kind for kind in IncidentType.objects.usable()}
    weights = {kinds[code]: row[0] for code, row in phrases.INCIDENTS.items()}
    places = [b for code in ("karaoke", "eating", "pawnshop") for b in businesses[code]]
    book, calendar = ClockRule.objects.all().book(), Holiday.objects.all().calendar()
    ways = []
    for month in Month.containing(scene.on, scene.start_day).last(MONTHS):
        period = month.period
        gone_by = min(period.days, (scene.on - period.start).days + 1)
        for _ in range(max(2, round(scene.rng.randint(10, 18) * gone_by / period.days))):
            day = period.start + dt.timedelta(days=scene.rng.randrange(gone_by))
            way = _taken_down(scene, choose(scene.rng, weights), day, places, groups)
            _handle(scene, way)
            _run_clocks(way, book, calendar, scene)
            ways.append(way)
    for stop in FRESH:  # what the desk has before it today
        way = _taken_down(scene, choose(scene.rng, weights), scene.on, places, groups)
        _handle(scene, way, stop)
        _run_clocks(way, book, calendar, scene)
        ways.append(way)
    start = Month.containing(scene.on, scene.start_day).period.start
    for what in CERTAIN:  # whatever the dice say
        day = max(start, scene.days_ago(4))
        source = Source.GROUP if what == "to tell" else Source.CITIZEN
        way = _taken_down(scene, kinds["tieng-on"], day, places, groups, source)
        _lead(scene, way, what)
        _run_clocks(way, book, calendar, scene)
        ways.append(way)
    _write(ways)


def _lead(scene, way, what):
    """Verify an incident within the hour; then pause its term, or settle it."""
    row = way.incident
    officer = scene.officers[BEAT_OF[row.neighbourhood.name]]
    at = row.created_at + 5 * MINUTE
    row.state = State.CLASSIFIED
    told = f"Loại vụ việc: {row.type}\nMức độ: {row.get_urgency_display()}"
    way.log(at, scene.officers["trucban"], "Phân loại", told)
    row.state = State.VERIFYING
    way.log(at + 5 * MINUTE, officer, "Bắt đầu xác minh")
    at += 15 * MINUTE
    if what == "paused":
        reason = phrases.PAUSES[0]
        way.pauses = [(at, reason)]
        way.log(at, officer, "Tạm dừng thời hạn giải quyết", reason, IncidentEntry.Kind.CLOCK)
        return
    row.state = row.outcome = State.RESOLVED
    row.resolved_on = at.astimezone(TZ).date()
    row.result = phrases.RESULTS[row.state][0]
    way.log(at, officer, RESULT_STEPS[row.state].done, row.result)


def _taken_down(scene, kind, day, places, groups, source=""):
    rng = scene.rng
    _, hours, _, summaries = phrases.INCIDENTS[kind.code]
    area = scene.any_area()
    at = min(moment(rng, day, *hours), scene.now - 60 * MINUTE)
    nearby = [place for place in places if place.neighbourhood is area.row]
    business = rng.choice(nearby) if nearby and not kind.crowd and rng.random() < 0.18 else None
    if business and at.date() < business.opened_on:
        business = None
    row = Incident(
        type=kind,
        occurred_at=at,
        received_at=min(scene.now - 40 * MINUTE, at + MINUTE * rng.randint(2, 60)),
        neighbourhood=area.row,
        place=business.address if business else _place(rng, area),
        business=business,
        summary=rng.choice(summaries),
        source=source or choose(rng, SOURCES),
        urgency=kind.urgency,
    )
    row.channel = "patrol" if row.source == Source.POLICE else "phone"
    if row.source not in (Source.POLICE, Source.GROUP):
        row.channel = choose(rng, {"in_person": 5, "phone": 8, "written": 1, "online": 1})
    if row.source == Source.GROUP:
        row.reporting_group = rng.choice(groups[area])
    way = Way(row)
    if kind.crowd:
        row.size_band = choose(rng, {"under_10": 3, "to_50": 6, "to_200": 2})
        row.urgency = kind.urgency
        way.measures = rng.sample(MeasureTaken.Measure.values, rng.choice((1, 1, 2)))
    else:
        row.first_action = rng.choice(phrases.FIRST_ACTIONS)
        if row.source == Source.CITIZEN and rng.random() < 0.3:
            name = scene.person_name(choose(rng, {"M": 1, "F": 1}), scene.adult(25, 60)[1])
            way.party = IncidentParty(full_name=name, phone=scene.numbers.phone(rng))
    desk = scene.officers["trucban"]
    written(row, desk, min(scene.now - 30 * MINUTE, row.received_at + 10 * MINUTE))
    way.log(row.created_at, desk, "Tiếp nhận tin", row.first_action)
    return way


def _handle(scene, way, stop=None):
    """Lead an incident on: most to an end; of the last weeks many are still open."""
    rng, row = scene.rng, way.incident
    desk, chief = scene.officers["trucban"], scene.officers["chihuy"]
    age = (scene.now - row.received_at) / DAY
    officer = scene.officers[BEAT_OF[row.neighbourhood.name]]
    unfinished = rng.random() < (0.85 if age < 12 else 0.5 if age < 22 else 0)
    ending = choose(rng, dict(phrases.INCIDENTS[row.type.code][2]))
    crime = ending == State.HANDED_OVER
    if crime and age > 1:  # handed over within the day, but for a few
        unfinished = rng.random() < 0.03
    at = row.created_at + MINUTE * rng.randint(5, 120)
    if at > scene.now or stop == State.RECEIVED or (unfinished and age < 3 and rng.random() < 0.5):
        return
    row.state = State.CLASSIFIED
    told = f"Loại vụ việc: {row.type}\nMức độ: {row.get_urgency_display()}"
    way.log(at, desk, "Phân loại", told)
    if rng.random() < 0.35:
        other = scene.officers[rng.choice(list(BEATS))]  # perhaps of another beat
        way.officers = [officer] if other == officer else [officer, other]
        given = min(scene.now, at + 20 * MINUTE)
        way.log(
            given,
            chief,
            "Giao việc",
            f"Giao {', '.join(map(str, way.officers))}",
            IncidentEntry.Kind.ASSIGNMENT,
        )
    if stop == State.CLASSIFIED:
        return
    at += HOUR * (1 if crime else rng.randint(1, 30))
    if at > scene.now or (unfinished and rng.random() < 0.3):
        return
    row.state = State.VERIFYING
    way.log(at, officer, "Bắt đầu xác minh")
    if unfinished and rng.random() < 0.2 and at + 6 * HOUR < scene.now:
        since, reason = at + 5 * HOUR, rng.choice(phrases.PAUSES)
        way.pauses = [(since, reason)]
        way.log(since, officer, "Tạm dừng thời hạn giải quyết", reason, IncidentEntry.Kind.CLOCK)
    at += HOUR * rng.randint(3, 16) if crime else DAY * rng.choice((1, 2, 4, 6, 9, 13, 17, 24))
    if unfinished or at > scene.now:
        return
    _end(scene, way, at, ending, officer, chief)


def _end(scene, way, at, ending, officer, chief):
    rng, row = scene.rng, way.incident
    row.state = row.outcome = ending
    row.resolved_on = at.astimezone(TZ).date()
    if not row.type.crowd:
        row.result = rng.choice(phrases.RESULTS[row.state])
    if row.state in (State.SANCTIONED, State.HANDED_OVER, State.ANSWERED):
        row.file_number = f"{next(scene.serials)}/{row.resolved_on.year}/HS"
    if row.state in (State.HANDED_OVER, State.NOT_COMPETENT):
        row.handed_to = phrases.RECEIVERS[row.state]
    way.log(at, officer, RESULT_STEPS[row.state].done, row.result)
    if row.source == Source.GROUP:
        at += HOUR * rng.choice((3, 8, 26, 50, 90))
        recent = scene.now - at < 12 * DAY
        if at > scene.now or (recent and rng.random() < 0.5):
            return
        row.told_group_on, row.told_group = at.astimezone(TZ).date(), rng.choice(phrases.ANSWERS)
        way.log(at, officer, "Trả lời tổ liên gia báo tin", row.told_group)
    at += DAY * rng.randint(1, 6)
    if at > scene.now or (scene.now - at < 12 * DAY and rng.random() < 0.3):
        return
    row.state, row.closed_on = State.CLOSED, at.astimezone(TZ).date()
    way.log(at, chief, "Kết thúc vụ việc")


def _run_clocks(way, book, calendar, scene):
    """Start and stop the clocks as the log says the steps were taken."""
    row = way.incident
    reached = {}  # state -> when it was left
    steps = [entry for entry in way.entries if entry[2] == IncidentEntry.Kind.STEP]
    for (_, _, _, state, *_), following in zip(steps, [*steps[1:], None], strict=True):
        reached[state] = following[0] if following else None
    resolved = next((at for at, _, _, state, *_ in steps if state in workflow.RESULTS), None)
    told = next((at for at, *_, title, _ in steps if title.startswith("Trả lời tổ")), None)
    ends = {
        Clock.RESPONSE: reached[State.RECEIVED],
        Clock.HAND_OVER: resolved,
        Clock.RESOLVE: resolved,
    }
    for kind in workflow.ON_RECEIPT:
        _clock(way, book, calendar, kind, row.received_at, ends[kind])
    if resolved and row.source == Source.GROUP:
        _clock(way, book, calendar, Clock.ANSWER, resolved, told)


def _clock(way, book, calendar, kind, since, end):
    rule = book.rule(kind, way.incident, since.astimezone(TZ).date())
    if rule:
        way.clocks.append(
            IncidentClock(
                clock=kind,
                rule=rule,
                started_at=since,
                due_at=rule.term.ends_at(since, calendar),
                stopped_at=end,
            )
        )


def _write(ways):
    """Write the incidents in the order of their time, then all that belongs to them."""
    ways.sort(key=lambda way: way.incident.occurred_at)
    Incident.objects.bulk_create([way.incident for way in ways])
    entries, clocks, pauses, officers, measures, parties = [], [], [], [], [], []
    for way in ways:
        row = way.incident
        measures += [MeasureTaken(incident=row, measure=name) for name in way.measures]
        for at, officer, kind, state, title, note in way.entries:
            entries.append(
                IncidentEntry(
                    incident=row,
                    at=at,
                    author=officer,
                    kind=kind,
                    state=state,
                    title=title,
                    note=note,
                )
            )
        for clock in way.clocks:
            clock.incident = row
            clocks.append(clock)
        for officer in way.officers:
            at = row.created_at + 25 * MINUTE
            officers.append(Assignment(incident=row, officer=officer, assigned_at=at))
        if way.party:
            way.party.incident = row
            parties.append(way.party)
            entries.append(
                IncidentEntry(
                    incident=row,
                    at=row.created_at,
                    author=row.created_by,
                    kind=IncidentEntry.Kind.PARTY,
                    state=State.RECEIVED,
                    title="Ghi người báo tin",
                )
            )
    IncidentClock.objects.bulk_create(clocks)
    running = {
        clock.incident_id: clock
        for clock in clocks
        if clock.clock == Clock.RESOLVE and not clock.stopped_at
    }
    for way in ways:
        for since, reason in way.pauses:
            clock = running[way.incident.pk]
            pauses.append(ClockPause(clock=clock, paused_at=since, reason=reason))
    entries.sort(key=lambda entry: entry.at)
    for model, rows in (
        (ClockPause, pauses),
        (Assignment, officers),
        (MeasureTaken, measures),
        (IncidentParty, parties),
        (IncidentEntry, entries),
    ):
        model.objects.bulk_create(rows, batch_size=500)


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


def make_handovers(scene):
    """Create the desk's shifts of the last two weeks, seven to seven; all but one are taken."""
    desk, chief = scene.officers["trucban"], scene.officers["chihuy"]
    morning = dt.datetime.combine(scene.on, dt.time(7), TZ)
    last = morning if morning < scene.now else morning - DAY
    rows = []
    for back in reversed(range(SHIFTS)):
        end = last - DAY * back
        row = ShiftHandover(
            started_at=end - DAY,
            ended_at=end,
            note=scene.rng.choice(phrases.HANDOVERS),
        )
        written(row, desk, min(scene.now, end + 5 * MINUTE))
        if back:
            row.taken_by, row.taken_at = chief, end + 15 * MINUTE
        rows.append(row)
    ShiftHandover.objects.bulk_create(rows)
