"""Self-managed groups of adjoining households, and their meetings."""

import datetime as dt
from collections import Counter

from kylien.portal.demo import phrases
from selfgov_groups.models import GroupMeeting, GroupMembership, SelfManagedGroup

SILENT = 4  # groups without a meeting for 90 days
MONTHLY = 0.6  # share of groups that meet monthly; the others meet once a quarter


def make_groups(scene, homes, gone, shares):
    """Create the groups with members past and present, and their meetings; return them by area.

    `shares` gives each area's number of groups and of households that are in none.
    """
    groups = {
        area: [_group(scene, area) for _ in range(share[0])] for area, share in shares.items()
    }
    every = [group for own in groups.values() for group in own]
    SelfManagedGroup.objects.bulk_create(every)
    memberships, sizes = [], Counter()
    for area, (_, outside) in shares.items():
        own = groups[area]
        here = [home.household for home in homes if home.area is area]
        # Who came last is not in a group yet.
        newest = sorted(here, key=lambda household: household.opened_on)[len(here) - outside :]
        inside = [household for household in here if household not in newest]
        for n, household in enumerate(inside):
            group = own[n * len(own) // len(inside)]
            sizes[group] += 1
            memberships += _memberships(scene, group, household, own)
        for home in gone:
            if home.area is area:
                memberships += _ended(scene, scene.rng.choice(own), home.household)
    GroupMembership.objects.bulk_create(memberships)
    silent = set(scene.rng.sample(every, SILENT))
    GroupMeeting.objects.bulk_create(
        meeting
        for group in every
        for meeting in _meetings(scene, group, sizes[group], silent=group in silent)
    )
    return groups


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


def _meetings(scene, group, size, *, silent):
    """Yield two years of meetings; a group that is not silent met within the last 90 days."""
    rng = scene.rng
    pause = 1 if rng.random() < MONTHLY else 3  # months
    latest = scene.days_ago(rng.randint(91, 150) if silent else 1)
    held_on = latest - dt.timedelta(days=0 if silent else rng.randint(0, 24 if pause == 1 else 80))
    while held_on > max(scene.history_start, group.founded_on):
        yield GroupMeeting(
            group=group,
            held_on=held_on,
            attended=max(1, round(size * rng.uniform(0.58, 0.97))),
            topics="; ".join(rng.sample(phrases.MEETING_TOPICS, rng.choice((1, 2, 2)))),
            outcome=rng.choice(phrases.MEETING_OUTCOMES),
        )
        held_on -= dt.timedelta(days=30 * pause + rng.randint(-8, 8))
