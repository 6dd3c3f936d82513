"""Self-managed groups of adjoining households: members, officers, meetings, contacts, points.

Of one ward's worth two groups are silent (nothing was heard of them for long), two more have not
met, four wait for their officer, and one has no head.
"""

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass, field

from households.models import Residence, ResidenceAct
from kylien.core.periods import TZ
from kylien.portal.demo import phrases, places
from kylien.portal.demo.scene import choose, day_between
from selfgov_groups.models import (
    Criterion,
    CriterionScore,
    GroupContact,
    GroupDuty,
    GroupMeeting,
    GroupMembership,
    GroupOfficer,
    GroupRequest,
    GroupScore,
    ImprovementTask,
    MutualHelp,
    RosterCheck,
    RosterLine,
    ScoringScheme,
    SelfManagedGroup,
)
from selfgov_groups.scoring import AVERAGE, CLASSES, FAIR, GOOD, WEAK, Given, rate

BATCH = 500
SILENT = 4  # groups without a meeting for 90 days
MUTE = 2  # of these without a contact, without news as well
SELDOM = 4  # groups that no officer met for a month, though they live
MONTHLY = 0.6  # share of groups that meet monthly; the others meet once a quarter
PLANNED = 9  # groups with a meeting planned
OVERDUE = 2  # requests past their day
UNCHANGED = 6  # rosters that came back without changes
POINTS = {GOOD: (90, 98), FAIR: (71, 88), AVERAGE: (52, 68), WEAK: (36, 47)}
DRAFTS, SUBMITTED = 7, 5  # scores of this year
Change, State = RosterLine.Change, RosterLine.State
Kind = ResidenceAct.Kind
MARKED_AS = {  # what an act was on the roster
    Kind.LEAVING: Change.LEFT,
    Kind.DEATH: Change.DIED,
    Kind.ENDING: Change.ENDED,
    Kind.TEMPORARY: Change.NEW,
    Kind.BIRTH: Change.NEW,
}


@dataclass(eq=False)
class Groups:
    """The groups of one ward's worth, with what more is drawn from."""

    by_area: dict  # area -> its groups
    homes: dict = field(default_factory=lambda: defaultdict(list))  # group -> [(home, since)]
    spans: dict = field(default_factory=lambda: defaultdict(list))  # group -> memberships
    silent: list = field(default_factory=list)
    seldom: list = field(default_factory=list)
    meetings: list = field(default_factory=list)  # those held

    @property
    def every(self):
        return [group for own in self.by_area.values() for group in own]

    @property
    def mute(self):
        return self.silent[:MUTE]

    @property
    def lively(self):
        return [group for group in self.every if group not in self.silent]

    def telling(self):
        """Return the groups of each area that tell the station of something."""
        return {
            area: [group for group in own if group not in self.mute]
            for area, own in self.by_area.items()
        }

    def size_on(self, group, day):
        """Count the households that belonged to a group on a day."""
        return sum(
            row.joined_on <= day and (row.left_on is None or day < row.left_on)
            for row in self.spans[group]
        )


def officer_of(scene, area):
    """Return the officer of a neighbourhood (a row)."""
    return next(scene.officers[name] for name, own in places.BEATS.items() if area.name in own)


def write(model, rows):
    """Create rows in bulk and return them, keys and all."""
    return model.objects.bulk_create(list(rows), batch_size=BATCH)


# --- groups, members, meetings --------------------------------------------------------------------


def make_groups(scene, homes, gone, shares):
    """Create the groups with members past and present, and their meetings; return them.

    `shares` gives each area's number of groups and of households that are in none.
    """
    made = Groups(
        {area: [_group(scene, area) for _ in range(n)] for area, (n, _) in shares.items()}
    )
    write(SelfManagedGroup, made.every)
    for area, (_, outside) in shares.items():
        own = made.by_area[area]
        here = [home for home in homes if home.area is area]
        # Who came last is not in a group yet.
        by_age = sorted(here, key=lambda home: home.household.opened_on)
        newest = by_age[len(here) - outside :]
        inside = [home for home in here if home not in newest]
        for n, home in enumerate(inside):
            group = own[n * len(own) // len(inside)]
            rows = _memberships(scene, group, home.household, own)
            made.homes[group].append((home, rows[-1].joined_on))
            for row in rows:
                made.spans[row.group].append(row)
        for home in gone:
            if home.area is area:
                group = scene.rng.choice(own)
                made.spans[group] += _ended(scene, group, home.household)
    write(GroupMembership, (row for group in made.every for row in made.spans[group]))
    drawn = scene.rng.sample(made.every, SILENT + SELDOM)
    made.silent, made.seldom = drawn[:SILENT], drawn[SILENT:]
    held = [meeting for group in made.every for meeting in _meetings(scene, made, group)]
    made.meetings = write(GroupMeeting, held)
    return made


def _group(scene, area):
    area.groups += 1
    return SelfManagedGroup(
        name=f"Tổ liên gia {area.groups} {area.row.name}",
        neighbourhood=area.row,
        founded_on=scene.days_ago(scene.rng.randint(1000, 3600)),
    )


def _joined(scene, group, household):
    later = household.opened_on + dt.timedelta(days=scene.rng.randint(5, 40))
    return max(group.founded_on, min(later, scene.on))


def _memberships(scene, group, household, groups):
    """Return a household's membership, for one in forty after an earlier one in another group."""
    joined = _joined(scene, group, household)
    rows = [GroupMembership(group=group, household=household, joined_on=joined)]
    other = scene.rng.choice(groups)
    moved = scene.recent_day(spare=20)
    if other is not group and scene.rng.random() < 0.03:
        before = _joined(scene, other, household)
        if max(before, group.founded_on) < moved:
            rows[0].joined_on = moved
            rows.insert(
                0,
                GroupMembership(group=other, household=household, joined_on=before, left_on=moved),
            )
    return rows


def _ended(scene, group, household):
    joined = _joined(scene, group, household)
    if joined >= household.dissolved_on:
        return []
    return [
        GroupMembership(
            group=group, household=household, joined_on=joined, left_on=household.dissolved_on
        )
    ]


def _meetings(scene, made, group):
    """Yield two years of meetings; a group that is not silent met within the last 90 days."""
    rng = scene.rng
    silent = group in made.silent
    pause = 1 if rng.random() < MONTHLY else 3  # months
    latest = scene.days_ago(rng.randint(91, 150) if silent else 1)
    held_on = latest - dt.timedelta(days=0 if silent else rng.randint(0, 24 if pause == 1 else 80))
    while held_on > max(scene.history_start, group.founded_on):
        topics = "; ".join(rng.sample(phrases.MEETING_TOPICS, rng.choice((1, 2, 2))))
        unseen = group in made.seldom and held_on > scene.days_ago(90)
        minutes = rng.choice(phrases.MINUTES).format(topics=topics[0].lower() + topics[1:])
        yield GroupMeeting(
            group=group,
            planned_on=held_on - dt.timedelta(days=rng.choice((0, 0, 0, 1, 3))),
            held_on=held_on,
            attended=max(1, round(made.size_on(group, held_on) * rng.uniform(0.58, 0.97))),
            officer_came=rng.random() < 0.35 and not unseen,
            topics=topics,
            outcome=rng.choice(phrases.MEETING_OUTCOMES),
            minutes=minutes if rng.random() < 0.6 else "",
        )
        held_on -= dt.timedelta(days=30 * pause + rng.randint(-8, 8))


# --- the life of the groups -----------------------------------------------------------------------


def make_life(scene, made):
    """Create what the groups did and asked for, who leads and meets them, and their points."""
    write(GroupMeeting, _plans(scene, made))
    write(GroupOfficer, _officers(scene, made))
    requests = sorted(_requests(scene, made), key=lambda row: (row.raised_on, row.group_id))
    write(GroupRequest, requests)
    write(GroupContact, (row for group in made.every for row in _contacts(scene, made, group)))
    write(MutualHelp, (row for group in made.every for row in _helps(scene, made, group)))
    write(GroupDuty, (row for group in made.every for row in _duties(scene, group)))
    write(RosterCheck, _unchanged(scene, made))
    make_scores(scene, made)


def _plans(scene, made):
    """Yield the meetings ahead; one whose day went by, and one called off."""
    rng = scene.rng
    for n, group in enumerate(rng.sample(made.lively, PLANNED)):
        planned = -4 if n == 0 else rng.randint(1, 24)
        row = GroupMeeting(
            group=group,
            planned_on=scene.days_ago(-planned),
            topics=rng.choice(phrases.MEETING_TOPICS),
        )
        if n == 1:
            row.cancelled_on = scene.days_ago(2)
            row.cancel_reason = phrases.MEETING_CALLED_OFF
        yield row


def _officers(scene, made):
    """Yield the terms of heads and deputies: grown-ups of the member households of their day."""
    rng = scene.rng
    headless = rng.choice(made.lively)
    for group in made.every:
        people = list(_grown_ups(scene, made, group))
        head, since = people.pop()
        start = max(since, scene.days_ago(rng.randint(200, 1300)))
        left = scene.days_ago(40) if group is headless else None
        if rng.random() < 0.3:
            before = next((one for one in people if one[1] < start - dt.timedelta(days=60)), None)
            if before:
                people.remove(before)
                first = max(before[1], start - dt.timedelta(days=rng.randint(400, 900)))
                yield _term(scene, group, before[0], "head", first, start)
        yield _term(scene, group, head, "head", start, left)
        for _ in range(rng.choice((1, 1, 2))):
            deputy, since = people.pop()
            start = max(since, scene.days_ago(rng.randint(120, 1300)))
            yield _term(scene, group, deputy, "deputy", start)


def _grown_ups(scene, made, group):
    """Yield `(person, day since when he lives in a household of the group)`, one a home."""
    homes = made.homes[group]
    for home, joined in scene.rng.sample(homes, len(homes)):
        person = scene.rng.choice([home.head, home.head, *home.members("SPOUSE")])
        since = max(joined, person.now.started_on)
        if 32 <= person.age(scene.on) <= 72 and since < scene.days_ago(190):
            yield person, since


def _term(scene, group, person, role, start, end=None):
    day = min(start + dt.timedelta(days=scene.rng.randint(5, 25)), scene.on)
    number = scene.rng.randint(11, 180)
    return GroupOfficer(
        group=group,
        resident=person.resident,
        role=role,
        started_on=start,
        ended_on=end,
        recognised_by=phrases.RECOGNISED.format(number=number, day=day),
    )


def _requests(scene, made):
    """List what was asked for at meetings; of those past their day only the last are still open."""
    rng, rows = scene.rng, []
    for meeting in made.meetings:
        if meeting.held_on < scene.days_ago(330) or rng.random() > 0.22:
            continue
        content, body, result = rng.choice(phrases.REQUESTS)
        row = GroupRequest(
            group=meeting.group,
            meeting=meeting,
            raised_on=meeting.held_on,
            content=content,
            owner=None if body else officer_of(scene, meeting.group.neighbourhood),
            owner_body=body,
            due_on=meeting.held_on + dt.timedelta(days=rng.choice((15, 20, 30))),
        )
        rows.append((row, result))
    answer(scene, rows, lambda row: row.raised_on, OVERDUE)
    return [row for row, _ in rows]


def answer(scene, rows, asked_on, overdue):
    """Answer tasks, `(row, result)`: all that are past their day but the last `overdue` ones, a few
    of them late, and some of the others before it."""
    rng = scene.rng
    rows = sorted(rows, key=lambda pair: pair[0].due_on)
    past = [row for row, _ in rows if row.due_on < scene.on]
    open_ones = {id(row) for row in past[-overdue:]}
    for row, result in rows:
        if id(row) in open_ones:
            continue
        first, last = asked_on(row) + dt.timedelta(days=1), row.due_on
        if row.due_on >= scene.on:
            last = scene.days_ago(1)
            if first > last or rng.random() > 0.4:
                continue
        elif rng.random() < 0.17:
            first, last = row.due_on, row.due_on + dt.timedelta(days=14)
        row.done_on, row.result = min(day_between(rng, first, last), scene.on), result


def _contacts(scene, made, group):
    """Yield a year of contacts with the area officer, the last one recent but for some groups."""
    rng, officer = scene.rng, officer_of(scene, group.neighbourhood)
    mute = group in made.mute
    if mute:
        gap = rng.randint(95, 160)
    else:
        gap = rng.randint(33, 80) if group in made.seldom else rng.randint(1, 26)
    while gap < 400:
        yield GroupContact(
            group=group,
            met_on=scene.days_ago(gap),
            officer=officer,
            channel=choose(rng, {"visit": 6, "phone": 3, "station": 1}),
            note=rng.choice(phrases.CONTACTS),
        )
        gap += rng.randint(45, 95) if mute else rng.randint(20, 42)


def _helps(scene, made, group):
    rng = scene.rng
    for _ in range(1 if group in made.mute else rng.randint(2, 6)):
        day = scene.days_ago(rng.randint(120 if group in made.mute else 3, 540))
        kind = rng.choice(list(phrases.HELPS))
        yield MutualHelp(
            group=group,
            helped_on=day,
            kind=kind,
            households=min(rng.randint(2, 14), made.size_on(group, day)),
            note=rng.choice(phrases.HELPS[kind]),
        )


def _duties(scene, group):
    rng = scene.rng
    for task, contents in phrases.DUTIES.items():
        if rng.random() < 0.12:
            continue
        now, before, *_ = rng.sample(contents, len(contents))
        started = scene.days_ago(rng.randint(90, 900))
        if rng.random() < 0.1:
            yield GroupDuty(
                group=group,
                task=task,
                content=before,
                started_on=max(group.founded_on, started - dt.timedelta(days=200)),
                ended_on=started,
                result=phrases.DUTY_ENDED,
            )
        yield GroupDuty(group=group, task=task, content=now, started_on=started)


# --- rosters --------------------------------------------------------------------------------------


def _unchanged(scene, made):
    for group in scene.rng.sample(made.lively, UNCHANGED):
        yield RosterCheck(
            group=group,
            checked_on=scene.days_ago(scene.rng.randint(15, 300)),
            created_by=officer_of(scene, group.neighbourhood),
        )


def make_rosters(scene):
    """Create two rosters that came back with changes marked: one decided, one with lines to decide.

    The accepted lines are those whose act was written since, so this comes after the acts.
    """
    members = GroupMembership.objects.current().order_by()
    group_of = dict(members.values_list("household", "group"))
    acts = ResidenceAct.objects.filter(
        kind__in=MARKED_AS,
        happened_on__lt=scene.days_ago(6),
        household__in=members.values("household"),
    )
    told = defaultdict(dict)  # group -> {(change, whether another of the kind): act}
    for act in acts.select_related("household").order_by("happened_on", "pk"):
        own = told[group_of[act.household_id]]
        change = MARKED_AS[act.kind]
        own[change, (change, False) in own] = act
    first, second = sorted(told, key=lambda key: (-len(told[key]), key))[:2]
    groups = SelfManagedGroup.objects.select_related("neighbourhood").in_bulk([first, second])
    decided = _roster(scene, groups[first], scene.days_ago(6))
    lines = [
        *_accepted(scene, decided, told[first].values()),
        *_marked(scene, decided, 1, refused=True),
    ]
    waiting = _roster(scene, groups[second], scene.days_ago(3))
    lines += [*_marked(scene, waiting, 1, refused=True), *_marked(scene, waiting, 3)]
    write(RosterLine, lines)


def _roster(scene, group, day):
    row = RosterCheck(
        group=group,
        checked_on=day,
        note=phrases.ROSTER_NOTE,
        created_by=officer_of(scene, group.neighbourhood),
    )
    row.save()
    return row


def _accepted(scene, roster, acts):
    """Yield the changes that were marked and became these acts."""
    for act in acts:
        change = MARKED_AS[act.kind]
        yield RosterLine(
            roster=roster,
            household=act.household,
            residence=None if change == Change.NEW else act.ended.get(),
            change=change,
            happened_on=act.happened_on,
            note=phrases.ROSTER_MARKS[change],
            state=State.ACCEPTED,
            act=act,
            decided_at=_decided_at(scene, roster),
        )


def _marked(scene, roster, count, *, refused=False):
    """Yield changes marked of people who live in the group today, refused or still to decide."""
    rows = Residence.objects.current().filter(
        household__group_memberships__group=roster.group,
        household__group_memberships__left_on=None,
        started_on__lt=roster.checked_on - dt.timedelta(days=30),
        lodging=None,
    )
    rows = list(rows.exclude(relation="HEAD").order_by("kind", "pk"))
    if refused:
        rows = [row for row in rows if row.kind == Residence.Kind.PERMANENT][:1]
    else:
        rows = rows[-1:] + rows[1 : count - 1]  # a tenant, where there is one
    for row in rows:
        change = Change.ENDED if row.kind == Residence.Kind.TEMPORARY else Change.LEFT
        line = RosterLine(
            roster=roster,
            household=row.household,
            residence=row,
            change=change,
            happened_on=roster.checked_on - dt.timedelta(days=scene.rng.randint(1, 20)),
            note=phrases.ROSTER_MARKS[change],
        )
        if refused:
            line.state, line.refusal = State.REFUSED, phrases.ROSTER_REFUSED
            line.decided_at = _decided_at(scene, roster)
        yield line
    if not refused:
        yield RosterLine(
            roster=roster,
            household=rows[0].household,
            change=Change.NEW,
            happened_on=roster.checked_on,
            note=phrases.ROSTER_MARKS[Change.NEW],
        )


def _decided_at(scene, roster):
    return min(
        scene.now, dt.datetime.combine(roster.checked_on, dt.time(15, 20), TZ) + dt.timedelta(1)
    )


# --- points ---------------------------------------------------------------------------------------


def make_schemes(scene):
    """See that this year and the two before have their table of points, all after one pattern."""
    pattern = ScoringScheme.objects.prefetch_related("criteria").latest("year")
    for year in range(scene.on.year - 2, scene.on.year + 1):
        if ScoringScheme.objects.filter(year=year).exists():
            continue
        made = ScoringScheme.objects.create(year=year, legal_basis=pattern.legal_basis)
        write(
            Criterion,
            (
                Criterion(
                    scheme=made,
                    position=one.position,
                    content=one.content,
                    max_points=one.max_points,
                    fact=one.fact,
                )
                for one in pattern.criteria.all()
            ),
        )


def make_scores(scene, made):
    """Rate the groups of the last two years, and begin with this one; plan what is weak."""
    rng, year = scene.rng, scene.on.year
    schemes = {s.year: s for s in ScoringScheme.objects.prefetch_related("criteria")}
    last = dict.fromkeys(made.silent, AVERAGE) | {made.mute[0]: WEAK}
    for group in made.lively:
        last[group] = choose(rng, {GOOD: 45, FAIR: 55})
    before = {group: _class_before(rng, rated) for group, rated in last.items()}
    rated = [
        *_rate(scene, schemes[year - 2], before),
        *_rate(scene, schemes[year - 1], last),
    ]
    write(ImprovementTask, (task for row in rated for task in _tasks(scene, made, row)))
    _begin(scene, schemes[year], rng.sample(made.lively, DRAFTS + SUBMITTED))


def _class_before(rng, rated):
    """Return the class of the year before: mostly the same, at most one off, never weak."""
    place = CLASSES.index(rated) + choose(rng, {0: 80, 1: 11, -1: 9})
    return CLASSES[min(max(place, 0), CLASSES.index(AVERAGE))]


def _rate(scene, scheme, classes):
    """Write and approve a year's scores, so that each group gets its class; return them."""
    points = [
        _points(scene.rng, scheme, scene.rng.randint(*POINTS[one])) for one in classes.values()
    ]
    rows = _scores(scheme, classes, points)
    by_class = defaultdict(list)
    for row in rows:
        row.rated = scheme.limits.class_of(row.total)
        by_class[row.rated].append(row.pk)
    for rated, keys in by_class.items():
        GroupScore.objects.filter(pk__in=keys).update(
            state=GroupScore.State.APPROVED,
            rated=rated,
            approved_by=scene.officers["chihuy"],
            approved_on=dt.date(scheme.year, 12, 20),
        )
    return rows


def _scores(scheme, groups, points):
    """Write drafts with their lines; `points` lists for each group `[(criterion, points)]`."""
    rows = [
        GroupScore(
            group=group,
            scheme=scheme,
            total=rate((Given(given, one.max_points) for one, given in own), scheme.limits).total,
        )
        for group, own in zip(groups, points, strict=True)
    ]
    write(GroupScore, rows)
    lines = [
        CriterionScore(
            score=row,
            criterion=one,
            points=given,
            evidence=phrases.EVIDENCE[one.fact][given < 0.6 * one.max_points],
        )
        for row, own in zip(rows, points, strict=True)
        for one, given in own
    ]
    write(CriterionScore, lines)
    return rows


def _points(rng, scheme, total):
    """Spread a total over the criteria: `[(criterion, points)]`."""
    criteria = list(scheme.criteria.all())
    points = {one: one.max_points for one in criteria}
    for _ in range(sum(points.values()) - total):
        left = [one for one in criteria if points[one] > one.max_points // 4]
        points[rng.choice(left)] -= 1
    return list(points.items())


def _tasks(scene, made, score):
    """Yield the plan of a weak group: older ones are done, the latest one stands variously."""
    if score.rated not in (AVERAGE, WEAK):
        return
    officer = officer_of(scene, score.group.neighbourhood)
    planned = dt.date(score.scheme.year, 12, 28)
    if score.scheme.year < scene.on.year - 1:
        stands = (True, True)
    elif score.rated == WEAK:
        stands = (True, True, 18, -25)  # done, or how many days past its day
    else:
        nth = made.silent.index(score.group) if score.group in made.silent else 0
        stands = {1: (), 2: (True, -12)}.get(nth, (True, True))
    for (content, body, result), how in zip(phrases.IMPROVEMENTS, stands, strict=False):
        row = ImprovementTask(
            score=score,
            content=content,
            owner=None if body else officer,
            owner_body=body,
            due_on=planned + dt.timedelta(days=scene.rng.randint(30, 120)),
        )
        if how is True:
            early = dt.timedelta(days=scene.rng.randint(0, 25))
            row.done_on, row.result = min(row.due_on - early, scene.on), result
        else:
            row.due_on = scene.days_ago(how)
        yield row


def _begin(scene, scheme, groups):
    """Write this year's scores that are begun: drafts with some points, and submitted ones."""
    points = [_points(scene.rng, scheme, scene.rng.randint(72, 96)) for _ in groups]
    points[:DRAFTS] = [own[: scene.rng.randint(0, 5)] for own in points[:DRAFTS]]
    rows = _scores(scheme, groups, points)
    ready = [row.pk for row in rows[DRAFTS:]]
    GroupScore.objects.filter(pk__in=ready).update(state=GroupScore.State.SUBMITTED)
