"""What the page of one group tells: its rows, the latest of each kind, read in one query."""

import datetime as dt
from dataclasses import dataclass, field

from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Coalesce

from households.models import Household, Residence
from kylien.accounts.models import User
from kylien.areas.rules import RuleBook
from kylien.core import text
from kylien.core.counts import count_all
from kylien.core.together import read_all
from selfgov_groups.models import GroupDuty, GroupOfficer, GroupRule, GroupScore
from selfgov_groups.rules import Numbers
from selfgov_groups.standing import Standing

LATEST = 10  # rows of a kind on the page; the address `?all=meetings` shows them all
SOON_DAYS = 30  # temporary stays that run out so soon are told
VIEW_AWARD, VIEW_ACTIVITY = "outreach.view_award", "outreach.view_activity"
VIEW_INCIDENT = "incidents.view_incident"
VIEW_RESIDENCE = "households.view_residence"
VIEW_SCORE, VIEW_ROSTER = "selfgov_groups.view_groupscore", "selfgov_groups.view_rostercheck"


@dataclass
class Rows:
    """The latest rows of a kind; `more` where there are older ones."""

    shown: list = field(default_factory=list)
    more: bool = False

    def __bool__(self):
        return bool(self.shown)


@dataclass
class GroupFile:
    """A group's page on a day. What the user may not read is empty."""

    standing: Standing
    head: GroupOfficer | None
    deputies: list[GroupOfficer]
    past_officers: list[GroupOfficer]
    planned: list
    meetings: Rows
    requests: Rows
    contacts: Rows
    helps: Rows
    duties: dict[str, list[GroupDuty]]  # by task, those that last
    past_duties: list[GroupDuty]
    roster: object | None
    awards: Rows
    activities: Rows
    scores: list[GroupScore]
    counts: dict[str, int]


def read_file(group, user, on, *, members, everything="") -> GroupFile:
    """Read the page of `group`, a row of `with_life()`, as `user` sees it on `on`.

    `members` are all its memberships; `everything` names the kind of which all rows are wanted.
    """
    may = user.has_perm

    def latest(name, rows, *order):
        if everything == name:
            return rows
        return rows.filter(pk__in=rows.order_by(*order).values("pk")[: LATEST + 1])

    meetings = group.meetings.all()
    over = meetings.exclude(held_on=None, cancelled_on=None).annotate(
        day=Coalesce("held_on", "planned_on")
    )
    requests = group.requests.all()
    found = read_all(
        {
            "officers": _officers(group),
            "planned": meetings.planned(),
            "meetings": latest("meetings", over, "-day", "-pk"),
            "open": requests.unfinished(),
            "requests": latest("requests", requests.exclude(done_on=None), "-done_on", "-pk"),
            "contacts": latest("contacts", group.contacts.all(), "-met_on", "-pk"),
            "helps": latest("helps", group.helps.all(), "-helped_on", "-pk"),
            "duties": group.duties.all(),
            "rosters": group.rosters.filter(
                pk__in=group.rosters.order_by("-checked_on", "-pk").values("pk")[:1]
            ),
            "scores": group.scores.filter(state=GroupScore.State.APPROVED).annotate(
                year=F("scheme__year")
            ),
            "numbers": GroupRule.objects.all(),
            **(
                {"awards": latest("awards", group.awards.all(), "-proposed_on", "-pk")}
                if may(VIEW_AWARD)
                else {}
            ),
            **(
                {"activities": latest("activities", _activities(group), "-day", "-pk")}
                if may(VIEW_ACTIVITY)
                else {}
            ),
        }
    )
    book = RuleBook(sorted(found["numbers"], key=lambda row: row.valid_from, reverse=True))
    standing = Standing(group, on, Numbers.on(on, book))
    officers = newest(found["officers"], lambda row: row.started_on)
    now = [row for row in officers if row.started_on <= on and _lasts(row, on)]
    heads = [row for row in now if row.role == GroupOfficer.Role.HEAD]
    held = newest(found["meetings"], lambda row: row.day)
    _share(held, members)
    done = newest(found["requests"], lambda row: row.done_on)
    waiting = sorted(found["open"], key=lambda row: (row.due_on, row.pk))
    contacts = newest(found["contacts"], lambda row: row.met_on)
    _name_officers([*waiting, *done], contacts)
    for row in (*waiting, *done, *found["planned"]):
        row.state = row.badge(on)
    answered = _cut(done, everything == "requests")
    duties = newest(found["duties"], lambda row: row.started_on)
    lasting = [row for row in duties if _lasts(row, on)]
    return GroupFile(
        standing=standing,
        head=heads[0] if heads else None,
        deputies=[row for row in now if row not in heads],
        past_officers=[row for row in officers if row not in now],
        planned=sorted(found["planned"], key=lambda row: (row.planned_on, row.pk)),
        meetings=_cut(held, everything == "meetings"),
        requests=Rows([*waiting, *answered.shown], answered.more),
        contacts=_cut(contacts, everything == "contacts"),
        helps=_cut(newest(found["helps"], lambda row: row.helped_on), everything == "helps"),
        duties={task: [row for row in lasting if row.task == task] for task in GroupDuty.Task},
        past_duties=[row for row in duties if row not in lasting],
        roster=next(iter(found["rosters"]), None),
        awards=_cut(
            newest(found.get("awards", ()), lambda row: row.proposed_on), everything == "awards"
        ),
        activities=_cut(
            newest(found.get("activities", ()), lambda row: row.day), everything == "activities"
        ),
        scores=newest(found["scores"], lambda row: row.year),
        counts=_counts(group, user, on, waiting),
    )


def without_group(households, on):
    """Return the households of today that belong to no group: a list to work off."""
    members = Household.objects.in_group_on(on).order_by()
    return households.active().exclude(pk__in=members.values("pk"))


def newest(rows, key):
    """Return the rows from the last to the first, those of one day by when they were entered."""
    return sorted(rows, key=lambda row: (key(row), row.pk), reverse=True)


def _cut(rows, everything):
    return Rows(rows, False) if everything else Rows(rows[:LATEST], len(rows) > LATEST)


def _lasts(row, on):
    return row.ended_on is None or row.ended_on > on


def _officers(group):
    """Return the terms with the person's name, and whether he still lives in the group."""
    homes = group.memberships.current().order_by().values("household")
    stays = Residence.objects.current().filter(resident=OuterRef("resident"), household__in=homes)
    return group.officers.annotate(name=F("resident__full_name"), belongs=Exists(stays))


def _activities(group):
    """Return the sessions of outreach held with the group, with their topics."""
    rows = group.outreach_activities.exclude(held_on=None)
    return rows.annotate(day=F("held_on"), topic_name=F("topic__name"))


def _share(meetings, members):
    """Tell with each meeting how many households the group had then, and the share that came."""
    for row in meetings:
        if row.held_on:
            row.invited = sum(
                one.joined_on <= row.held_on and (not one.left_on or one.left_on > row.held_on)
                for one in members
            )
            row.share = text.format_percent(row.attended, row.invited, 0) if row.invited else ""


def _name_officers(tasks, contacts):
    """Put the officers' names on the rows, read together."""
    keys = {row.owner_id for row in tasks} | {row.officer_id for row in contacts}
    keys.discard(None)
    people = User.objects.only("full_name", "rank", "username").in_bulk(keys) if keys else {}
    for row in tasks:
        if row.owner_id:
            row.owner = people[row.owner_id]
    for row in contacts:
        row.officer = people[row.officer_id]


def _counts(group, user, on, waiting):
    """Count the people, the households without a group nearby, and the news the group told."""
    may = user.has_perm
    rows = {}
    if may(VIEW_RESIDENCE):
        open_here = Q(
            household__group_memberships__group=group, household__group_memberships__left_on=None
        )
        stays = Residence.objects.visible_to(user).current().filter(open_here)
        rows["permanent"] = stays.permanent()
        rows["temporary"] = stays.temporary()
        rows["expired"] = stays.overdue(on)
        until = on + dt.timedelta(days=SOON_DAYS)
        rows["expiring"] = stays.temporary().filter(expires_on__gte=on, expires_on__lte=until)
    if not group.dissolved_on:
        homes = without_group(Household.objects.visible_to(user), on)
        rows["alone"] = homes.filter(neighbourhood=group.neighbourhood_id)
    if may(VIEW_INCIDENT):
        news = group.reported_incidents.visible_to(user)
        rows["news"] = news
        rows["unanswered"] = news.filter(told_group_on=None)
    found = count_all(rows)
    found["people"] = found.get("permanent", 0) + found.get("temporary", 0)
    found["open"] = len(waiting)
    found["late"] = sum(row.due_on < on for row in waiting)
    return found
