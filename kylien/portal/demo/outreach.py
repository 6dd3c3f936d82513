"""Outreach: partners, materials, the plan and its sessions, joint work, awards, help in disasters.

What the ward has once (`make_ward`) is made before its parts; the sessions and awards are each
part's own. A few things are late whatever the day: items of the plan, questions, commitments.
"""

import datetime as dt
from dataclasses import dataclass, field

from kylien.core.periods import TZ, Quarter, add_months
from kylien.portal.demo import phrases
from kylien.portal.demo.groups import answer, officer_of, write
from kylien.portal.demo.scene import day_between
from outreach.models import (
    Activity,
    ActivityPartner,
    Award,
    Campaign,
    CampaignCriterion,
    Commitment,
    Directive,
    Disaster,
    DutyShift,
    Fulfilment,
    HelpGiven,
    JointResolution,
    Material,
    Partner,
    PlanItem,
    Question,
    ResolutionParty,
    Topic,
)
from outreach.recurrence import STEPS, due_days

LATE_ITEMS = 3  # of the plan, past their day
EXTRAS = 5  # sessions a quarter that nobody had planned
EXTRA_QUARTERS = 6
AHEAD = 6  # sessions planned for the weeks to come
OVERDUE = 3  # questions past their day
STILL_DAYS = 100  # since anything was done for the resolution that lies still
ASKS = ("meeting", "school", "visit")  # at these people ask


@dataclass(eq=False)
class Outreach:
    """What the ward has once, for the sessions to draw from."""

    topics: dict  # code -> Topic
    partners: dict  # key -> Partner
    materials: list = field(default_factory=list)
    held: list = field(default_factory=list)  # items of the plan that sessions are held of
    ahead: list = field(default_factory=list)  # those still to be done
    late: list = field(default_factory=list)
    campaigns: list = field(default_factory=list)
    commitments: list = field(default_factory=list)

    def material(self, topic, day):
        """Return the version in use on a day, or None."""
        return next(
            (
                one
                for one in reversed(self.materials)
                if one.topic == topic and one.approved_on and one.approved_on <= day
            ),
            None,
        )


def make_ward(scene):
    """Create partners, materials, plan, models, resolutions, directives and disasters."""
    kept = Outreach({topic.code: topic for topic in Topic.objects.in_use()}, _partners(scene))
    kept.materials = write(Material, _materials(scene, kept))
    _make_plan(scene, kept)
    _make_campaigns(scene, kept)
    _make_resolutions(scene, kept)
    _make_directives(scene)
    _make_disasters(scene)
    return kept


def _partners(scene):
    rows = []
    for kind, name in phrases.PARTNERS.values():
        sex, born = scene.adult(28, 58)
        known = scene.person_name(sex, born)
        phone = scene.numbers.phone(scene.rng)
        rows.append(Partner(name=name, kind=kind, contact_name=known, contact_phone=phone))
    return dict(zip(phrases.PARTNERS, write(Partner, rows), strict=True))


def _materials(scene, kept):
    """Yield the versions, oldest first: each topic's first, some newer ones, one to be approved."""
    chief = scene.officers["chihuy"]
    for n, (code, (title, body)) in enumerate(phrases.MATERIALS.items()):
        versions = [800 - 3 * n]
        if n % 2 == 0:
            versions.append(160 - 5 * n)
        if n == 2:
            versions.append(None)  # waits
        for number, age in enumerate(versions, 1):
            yield Material(
                topic=kept.topics[code],
                title=title,
                version_number=number,
                body=body,
                approved_on=None if age is None else scene.days_ago(age),
                approved_by=None if age is None else chief,
            )


# --- the plan -------------------------------------------------------------------------------------


def _make_plan(scene, kept):
    """Plan last year and this one, month by month: two topics a quarter for the whole ward, the
    others in three neighbourhoods of five. What is past its day is done but for the last few items;
    some of the coming weeks' items are done before it."""
    rows = []
    for year in (scene.on.year - 1, scene.on.year):
        for number in range(1, 5):
            rows += _quarter_plan(scene, kept, Quarter(year, number))
    rows.sort(key=lambda row: (row.due_on, row.topic.position))
    write(PlanItem, rows)
    past = [row for row in rows if row.due_on < scene.on and row.neighbourhood]
    kept.late = past[-LATE_ITEMS:]
    soon, since = scene.days_ago(-35), Quarter.containing(scene.on).period.start
    for row in rows:
        early = row.due_on <= soon and since < scene.days_ago(5) and scene.rng.random() < 0.8
        if row in kept.late:
            continue
        (kept.held if row.due_on < scene.on or early else kept.ahead).append(row)


def _quarter_plan(scene, kept, quarter):
    first = quarter.period.start
    ends = [add_months(first, n) - dt.timedelta(days=1) for n in (1, 2, 3)]
    codes = list(kept.topics)
    count, nth = len(codes), quarter.year * 4 + quarter.number
    everywhere = {2 * nth % count, (2 * nth + 3) % count}
    for t, code in enumerate(codes):
        if t in everywhere:
            yield _item(kept, quarter, code, "everybody", None, ends[t % 3])
            continue
        for a, area in enumerate(scene.areas):
            if (t + a + nth) % 5 < 3:
                choices = phrases.AUDIENCES[code]
                audience = choices[(a + nth) % len(choices)]
                yield _item(kept, quarter, code, audience, area.row, ends[(t + a // 2) % 3])


def _item(kept, quarter, code, audience, area, due):
    _, leads, *_ = phrases.SESSIONS.get(audience, ((), ("front",)))
    return PlanItem(
        year=quarter.year,
        topic=kept.topics[code],
        audience=audience,
        neighbourhood=area,
        due_on=due,
        lead=kept.partners.get(leads[0]),
    )


# --- sessions -------------------------------------------------------------------------------------


def make_sessions(scene, kept, groups):
    """Create a part's sessions: held by the plan and beside it, ahead, one past its day; with who
    took part and what was asked. And its awards."""
    rows = [
        *_held(scene, kept, groups),
        *_beside(scene, kept, groups),
        *_planned(scene, kept, groups),
    ]
    rows.sort(key=lambda row: row.held_on or row.planned_on)
    write(Activity, rows)
    write(ActivityPartner, _takers(scene, kept, rows))
    write(Question, _questions(scene, rows))
    write(Award, _awards(scene, kept, groups))


def _held(scene, kept, groups):
    """Yield a session for each item that is done: before its day, a few after it."""
    rng = scene.rng
    for item in kept.held:
        first = Quarter.containing(item.due_on).period.start
        last = min(item.due_on, scene.days_ago(1))
        day = day_between(rng, max(first, last - dt.timedelta(days=40)), last)
        if rng.random() < 0.08:
            day = min(item.due_on + dt.timedelta(days=rng.randint(2, 18)), scene.days_ago(1))
        yield _session(
            scene, kept, groups, item.topic, item.audience, item.neighbourhood, day, item
        )


def _beside(scene, kept, groups):
    """Yield sessions that the plan does not name; of the running quarter the part gone by."""
    rng, now = scene.rng, Quarter.containing(scene.on)
    for back in range(EXTRA_QUARTERS):
        period = now.moved(-back).period
        last = min(period.end - dt.timedelta(days=1), scene.days_ago(1))
        for _ in range(round(EXTRAS * ((last - period.start).days + 1) / period.days)):
            day = day_between(rng, period.start, last)
            yield _session(scene, kept, groups, *_any_cell(scene, kept), day)


def _planned(scene, kept, groups):
    """Yield the sessions ahead (by the plan as far as it reaches), one past its day, one called
    off."""
    rng = scene.rng
    for item in kept.late[:1]:
        args = (item.topic, item.audience, item.neighbourhood, scene.days_ago(3), item)
        yield _session(scene, kept, groups, *args, held=False)
    days = sorted(scene.days_ago(-rng.randint(1, 30)) for _ in range(AHEAD))
    for n, day in enumerate(days):
        if n < len(kept.ahead):
            item = kept.ahead[n]
            args = (item.topic, item.audience, item.neighbourhood, day, item)
        else:
            args = (*_any_cell(scene, kept), day)
        yield _session(scene, kept, groups, *args, held=False)
    day = scene.days_ago(20)
    row = _session(scene, kept, groups, *_any_cell(scene, kept), day, held=False)
    row.cancelled_on = day - dt.timedelta(days=1)
    yield row


def _any_cell(scene, kept):
    """Draw a topic, an audience for it and a neighbourhood."""
    rng = scene.rng
    code = rng.choice(list(kept.topics))
    return kept.topics[code], rng.choice(phrases.AUDIENCES[code]), rng.choice(scene.areas).row


def _session(scene, kept, groups, topic, audience, area, day, plan=None, *, held=True):
    rng = scene.rng
    if area is None:
        form, place, count = rng.choice(phrases.WARD_WIDE)
        leads = ("", "front")
    else:
        forms, leads, _, places, count = phrases.SESSIONS[audience]
        form, place = rng.choice(forms), rng.choice(places)
        street = rng.choice(next(one for one in scene.areas if one.row == area).streets)
        place = place.format(area=area.name, street=street)
    lead = kept.partners.get(rng.choice(leads))
    if plan and rng.random() < 0.8:
        lead = plan.lead
    row = Activity(
        plan=plan,
        topic=topic,
        audience=audience,
        neighbourhood=area,
        place=place,
        form=form,
        planned_on=day,
        lead=lead,
    )
    nearby = [one for one in groups.lively if one.neighbourhood == area]
    if nearby and audience == "households" and rng.random() < 0.3:
        row.group = rng.choice(nearby)
    if not held:
        return row
    row.planned_on = day - dt.timedelta(days=rng.choice((0, 0, 2, 7)))
    row.held_on, row.attendance = day, rng.randint(*count)
    row.summary = phrases.VISITED if form == "visit" else rng.choice(phrases.SUMMARIES)
    if area is None:
        row.summary = ""  # nobody sat together
    row.material = kept.material(topic, day) if rng.random() < 0.85 else None
    row.campaign = next((one for one in kept.campaigns if _fits(one, row)), None)
    fresh = lead and day > scene.days_ago(45)  # to be noted as evidence
    own = [one for one in kept.commitments if fresh and one.partner == lead]
    row.commitment = rng.choice(own) if own and rng.random() < 0.6 else None
    return row


def _fits(campaign, session):
    """Tell whether a session is one of a community model: its topic, its place, its time."""
    topics = {
        "drug_free": "ma-tuy",
        "camera": "toi-pham",
        "fire": "chay-no",
        "traffic": "giao-thong",
    }
    return (
        topics[campaign.kind] == session.topic.code
        and campaign.neighbourhood in (None, session.neighbourhood)
        and campaign.started_on <= session.held_on
        and (campaign.ended_on is None or session.held_on < campaign.ended_on)
    )


def _takers(scene, kept, rows):
    rng = scene.rng
    for row in rows:
        keys = phrases.SESSIONS[row.audience][2] if row.neighbourhood else ("women", "youth")
        for key in rng.sample(keys, min(len(keys), rng.choice((0, 1, 1, 2)))):
            if row.held_on and kept.partners[key] != row.lead:
                yield ActivityPartner(activity=row, partner=kept.partners[key])


def _questions(scene, sessions):
    """List what was asked; of those past their day only the last are unanswered."""
    rng, rows = scene.rng, []
    for session in sessions:
        if not session.held_on or session.form not in ASKS or rng.random() > 0.7:
            continue
        asked = phrases.QUESTIONS[session.topic.code]
        for content, body, result in rng.sample(asked, min(len(asked), rng.choice((1, 1, 2)))):
            officer = officer_of(scene, session.neighbourhood)
            row = Question(
                activity=session,
                content=content,
                owner=None if body else officer,
                owner_body=body,
                due_on=session.held_on + dt.timedelta(days=rng.choice((15, 30, 30))),
            )
            rows.append((row, result))
    answer(scene, rows, lambda row: row.activity.held_on, OVERDUE)
    return [row for row, _ in rows]


def _awards(scene, kept, groups):
    """Yield awards in all states: made known, decided, proposed (one for long), declined."""
    rng = scene.rng
    stands = [("known", rng.randint(60, 540)) for _ in range(8)]
    stands += [("known", 35), ("decided", 50), ("asked", 72), ("asked", 14), ("declined", 130)]
    for n, (state, age) in enumerate(stands):
        deed, form = phrases.DEEDS[n % len(phrases.DEEDS)]
        row = Award(deed=deed, form=form, deed_on=scene.days_ago(age))
        if n == 3:
            row.partner = kept.partners["women"]
        elif n == 5:
            row.campaign = next(one for one in kept.campaigns if one.kind == "camera")
            row.neighbourhood = row.campaign.neighbourhood
        elif n < len(phrases.OTHER_RECIPIENTS):
            row.recipient = phrases.OTHER_RECIPIENTS[n]
        else:
            row.group = rng.choice(groups.lively)
            row.neighbourhood = row.group.neighbourhood
        row.proposed_on = row.deed_on + dt.timedelta(days=rng.randint(3, 12))
        if state in ("known", "decided"):
            days = min(rng.randint(10, 40), (scene.on - row.proposed_on).days - 8)
            row.decided_on = row.proposed_on + dt.timedelta(days=max(days, 5))
            row.decision = phrases.DECISIONS[form == "Bằng khen"].format(n=rng.randint(20, 400))
        if state == "known":
            row.noticed_on = min(row.decided_on + dt.timedelta(days=rng.randint(2, 12)), scene.on)
        if state == "declined":
            row.declined_on = row.proposed_on + dt.timedelta(days=25)
            row.decline_reason = phrases.DECLINED
        yield row


# --- community models -----------------------------------------------------------------------------


def _make_campaigns(scene, kept):
    """Create the community models, one of them over, and the copies of the cameras."""
    started = {"drugs": 640, "camera": 520, "fire": 300, "school": 600}
    by_name = {area.row.name: area.row for area in scene.areas}
    made = {}
    for key, (name, kind, area, goal, results, _) in phrases.CAMPAIGNS.items():
        made[key] = Campaign(
            name=name,
            kind=kind,
            neighbourhood=by_name.get(area),
            goal=goal,
            results=results,
            started_on=scene.days_ago(started[key]),
            ended_on=scene.days_ago(75) if key == "school" else None,
        )
    write(Campaign, made.values())
    *_, goal, _, criteria = phrases.CAMPAIGNS["camera"]
    copies = [
        Campaign(
            name=f"{made['camera'].name} {area}",
            kind="camera",
            neighbourhood=by_name[area],
            goal=goal,
            started_on=scene.days_ago(150),
            copied_from=made["camera"],
        )
        for area in phrases.COPIES
    ]
    write(Campaign, copies)
    kept.campaigns = [*made.values(), *copies]
    rows = [
        _criterion(scene, campaign, *one)
        for key, campaign in made.items()
        for one in phrases.CAMPAIGNS[key][-1]
    ]
    for campaign, met in zip(copies, phrases.COPIES.values(), strict=True):
        for n, (content, evidence) in enumerate(criteria):
            rows.append(_criterion(scene, campaign, content, evidence if n < met else ""))
    write(CampaignCriterion, rows)


def _criterion(scene, campaign, content, evidence):
    until = campaign.ended_on or scene.days_ago(10)
    met = day_between(scene.rng, campaign.started_on + dt.timedelta(days=30), until)
    return CampaignCriterion(
        campaign=campaign, content=content, evidence=evidence, met_on=met if evidence else None
    )


# --- joint resolutions ----------------------------------------------------------------------------


def _make_resolutions(scene, kept):
    """Create the resolutions with what each party took on, and each time it falls due."""
    for title, number, months, parties, still, taken in phrases.RESOLUTIONS:
        signed = add_months(scene.on, -months)
        made = JointResolution.objects.create(
            title=title, number=f"{number}-{signed.year}", signed_on=signed
        )
        write(
            ResolutionParty,
            (ResolutionParty(resolution=made, partner=kept.partners[key]) for key in parties),
        )
        commitments = write(
            Commitment,
            (_commitment(scene, kept, made, *one) for one in taken),
        )
        kept.commitments += commitments
        rows = []
        for commitment, (*_, evidence) in zip(commitments, taken, strict=True):
            rows += _times(scene, commitment, evidence, still=still)
        write(Fulfilment, rows)


def _commitment(scene, kept, resolution, content, key, recurrence, since_due, _):
    """Return a commitment that last fell due so many days ago; its first time lies within the year
    before and after the resolution was signed."""
    due, step = scene.days_ago(since_due), STEPS[recurrence]
    first = max(resolution.signed_on, add_months(scene.on, -12))
    back = next(n for n in range(14) if not step or add_months(due, -step * (n + 1)) <= first)
    due = add_months(due, -step * back)
    return Commitment(
        resolution=resolution,
        content=content,
        partner=kept.partners.get(key),
        recurrence=recurrence,
        due_on=due,
    )


def _times(scene, commitment, evidence, *, still):
    """Yield the times a commitment falls due: met, some late, often by the station in a partner's
    stead. The last times are missed by two parties, and all of late where nothing is done."""
    rng, on = scene.rng, scene.on
    days = due_days(commitment.due_on, commitment.recurrence, on)
    past = [day for day in days if day < on]
    missed = {"women", "youth"} if not still else set()
    for day in days:
        row = Fulfilment(commitment=commitment, due_on=day)
        owner = commitment.partner
        skipped = owner and owner.kind in missed and past and day == past[-1]
        if day < on and not skipped:
            late = rng.random() < 0.25
            done = day + dt.timedelta(days=rng.randint(3, 24) if late else -rng.randint(0, 8))
            done = max(commitment.resolution.signed_on, min(done, scene.days_ago(1)))
            if not still or done < scene.days_ago(STILL_DAYS):
                row.done_on, row.evidence = done, f"{evidence} {done:%m/%Y}"
                share = 0.85 if done > scene.days_ago(180) else 0.6  # the parties take hold
                row.led_by = owner if rng.random() < share else None
        yield row


# --- directives, disasters ------------------------------------------------------------------------


def _make_directives(scene):
    """Create the documents from above and the ward's own plan, one past its day."""
    made = {}
    for (
        key,
        kind,
        number,
        issuer,
        title,
        age,
        follows,
        content,
        owner,
        due,
        late,
        result,
    ) in phrases.DIRECTIVES:
        officer = scene.officers.get(owner)
        row = Directive(
            kind=kind,
            number=number,
            issuer=issuer,
            issued_on=scene.days_ago(age),
            title=title,
            follows=made.get(follows),
            content=content,
            owner=officer,
            owner_body="" if officer else owner,
            due_on=scene.days_ago(due),
            result=result,
        )
        if late is not None:
            row.done_on = row.due_on + dt.timedelta(days=late)
        row.save()
        made[key] = row


def _make_disasters(scene):
    """Create last autumn's storm, with the help given, and a rain that is still falling."""
    on = scene.on
    year = on.year if on >= dt.date(on.year, 10, 15) else on.year - 1
    name, note = phrases.STORM
    start = dt.date(year, 9, 28)
    storm = Disaster(
        name=f"{name} năm {year}",
        started_on=start,
        ended_on=start + dt.timedelta(days=5),
        note=note,
    )
    name, note = phrases.RAIN
    rain = Disaster(name=f"{name}, tháng {on.month}", started_on=scene.days_ago(2), note=note)
    write(Disaster, [storm, rain])
    shifts = [*_shifts(scene, storm, start, 5), *_shifts(scene, rain, scene.days_ago(2), 5)]
    write(DutyShift, shifts)
    helps = [*_helps(scene, storm, start, 14), *_helps(scene, rain, scene.days_ago(2), 3)]
    write(HelpGiven, helps)


def _shifts(scene, disaster, first, count):
    """Yield two shifts a day, the officers taking turns."""
    turns = [scene.officers[name] for name in ("cskv1", "cskv2", "trucban", "chihuy")]
    for n in range(2 * count):
        hours, place = phrases.SHIFTS[n % 2]
        yield DutyShift(
            disaster=disaster,
            day=first + dt.timedelta(days=n // 2),
            hours=hours,
            officer=turns[n % len(turns)],
            place=place.format(area=scene.areas[n % len(scene.areas)].row.name),
        )


def _helps(scene, disaster, first, count):
    rng = scene.rng
    for n in range(count):
        at = dt.datetime.combine(
            first + dt.timedelta(days=n * 2 // count), dt.time(rng.randint(4, 21), 15), TZ
        )
        at = min(at, scene.now - dt.timedelta(hours=5))
        kind = rng.choice(list(phrases.DISASTER_HELPS))
        yield HelpGiven(
            disaster=disaster,
            neighbourhood=scene.areas[n % len(scene.areas)].row,
            asked_at=None if kind == "guard" else at,
            came_at=at + dt.timedelta(minutes=rng.randint(10, 170)),
            kind=kind,
            households=rng.randint(1, 9),
            note=phrases.DISASTER_HELPS[kind],
        )
