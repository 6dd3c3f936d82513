"""What is always true of groups, memberships and meetings, and which rows each verb returns."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from kylien.core.periods import Period
from selfgov_groups.models import GroupMeeting, GroupMembership, SelfManagedGroup
from tests.factories import (
    GroupFactory,
    HouseholdFactory,
    MeetingFactory,
    MembershipFactory,
    NeighbourhoodFactory,
    ResidenceFactory,
    day,
)

pytestmark = pytest.mark.django_db


def names(rows):
    return sorted(row.name for row in rows)


BAD_ROWS = {
    "group_dissolved_after_founded": lambda: GroupFactory(founded_on=day(5), dissolved_on=day(6)),
    "group_name_once_in_neighbourhood": lambda: GroupFactory.create_batch(
        2, name="Liên gia 1", neighbourhood=NeighbourhoodFactory()
    ),
    "membership_left_after_joined": lambda: MembershipFactory(joined_on=day(5), left_on=day(6)),
    "membership_one_open": lambda: MembershipFactory.create_batch(2, household=HouseholdFactory()),
    "meeting_once_a_day": lambda: MeetingFactory.create_batch(
        2, group=GroupFactory(), held_on=day(3)
    ),
    "meeting_has_day": lambda: MeetingFactory(held_on=None, attended=None),
    "meeting_held_with_attendance": lambda: MeetingFactory(attended=None),
    "meeting_cancelled_with_reason": lambda: MeetingFactory(
        planned_on=day(), held_on=None, attended=None, cancelled_on=day()
    ),
}


@pytest.mark.parametrize("constraint", BAD_ROWS)
def test_database_refuses(constraint):
    with pytest.raises(IntegrityError), transaction.atomic():
        BAD_ROWS[constraint]()


def test_every_constraint_has_a_bad_row_here():
    models = (SelfManagedGroup, GroupMembership, GroupMeeting)
    assert {c.name for model in models for c in model._meta.constraints} == set(BAD_ROWS)


def test_the_day_of_dissolving_may_be_the_day_of_founding():
    assert GroupFactory(founded_on=day(5), dissolved_on=day(5)).pk
    assert MembershipFactory(joined_on=day(5), left_on=day(5)).pk


def test_active_groups_are_those_not_dissolved():
    GroupFactory(name="còn")
    GroupFactory(name="hết", dissolved_on=day(1))
    assert names(SelfManagedGroup.objects.active()) == ["còn"]


def test_active_on_a_day_counts_from_the_founding_until_before_the_dissolving():
    GroupFactory(name="x", founded_on=day(10), dissolved_on=day(5))
    found = [bool(SelfManagedGroup.objects.active_on(day(ago))) for ago in (11, 10, 6, 5)]
    assert found == [False, True, True, False]


def test_met_in_holds_the_first_day_and_not_the_end():
    for ago in (20, 19, 11, 10):
        MeetingFactory(group=GroupFactory(name=str(ago)), held_on=day(ago))
    GroupFactory(name="chưa họp")
    period = Period(day(19), day(10))
    assert names(SelfManagedGroup.objects.met_in(period)) == ["11", "19"]
    assert [m.held_on for m in GroupMeeting.objects.held_in(period)] == [day(11), day(19)]


def test_without_meeting_are_groups_that_held_none_for_that_many_days():
    for ago in (91, 90, 1):
        MeetingFactory(group=GroupFactory(name=f"họp {ago}"), held_on=day(ago))
    GroupFactory(name="mới lập", founded_on=day(90))
    GroupFactory(name="lập lâu", founded_on=day(91))
    MeetingFactory(
        group=GroupFactory(name="mới dự kiến"), planned_on=day(1), held_on=None, attended=None
    )
    found = SelfManagedGroup.objects.without_meeting(day(), 90)
    assert names(found) == ["họp 91", "lập lâu", "mới dự kiến"]


def test_lack_of_meetings_can_be_asked_of_a_past_day():
    group = GroupFactory(founded_on=day(600))
    MeetingFactory(group=group, held_on=day(10))
    assert names(SelfManagedGroup.objects.without_meeting(day(11), 90)) == [group.name]
    assert not SelfManagedGroup.objects.without_meeting(day(10), 90)


def test_memberships_on_a_day_count_from_joining_until_before_leaving():
    MembershipFactory(joined_on=day(10), left_on=day(5))
    rows = GroupMembership.objects
    assert [rows.open_on(day(ago)).count() for ago in (11, 10, 6, 5)] == [0, 1, 1, 0]
    assert not rows.current()
    assert MembershipFactory() in rows.current()


@pytest.mark.parametrize(
    ("start", "end", "shared"),
    [(20, 9, True), (20, 10, False), (6, None, True), (5, None, False), (30, None, True)],
)
def test_overlapping_memberships_share_a_day(start, end, shared):
    MembershipFactory(joined_on=day(10), left_on=day(5))
    stop = None if end is None else day(end)
    assert bool(GroupMembership.objects.overlapping(day(start), stop)) is shared


def test_for_list_counts_present_households_and_names_heads():
    row = MembershipFactory()
    ResidenceFactory(household=row.household, relation="HEAD", resident__full_name="Lê Thị Chủ")
    MembershipFactory(group=row.group, left_on=day(1))
    MeetingFactory(group=row.group, held_on=day(40))
    MeetingFactory(group=row.group, held_on=day(30))
    listed = SelfManagedGroup.objects.for_list().get()
    assert (listed.household_count, listed.last_meeting) == (1, day(30))
    assert row.group.memberships.current().for_list().get().head_name == "Lê Thị Chủ"


def refused(row):
    with pytest.raises(ValidationError) as caught:
        row.full_clean()
    return list(caught.value.message_dict)


def test_a_group_with_households_keeps_its_neighbourhood():
    group = MembershipFactory().group
    group.neighbourhood = NeighbourhoodFactory()
    assert refused(group) == ["neighbourhood"]


def test_a_group_with_households_is_not_dissolved():
    row = MembershipFactory(joined_on=day(20))
    row.group.dissolved_on = day(1)
    assert refused(row.group) == ["dissolved_on"]
    row.left_on = day(5)
    row.save()
    row.group.dissolved_on = day(6)
    assert refused(row.group) == ["dissolved_on"]
    row.group.dissolved_on = day(5)
    row.group.full_clean()


def test_a_group_is_not_founded_after_its_first_household_joined():
    row = MembershipFactory(joined_on=day(20))
    row.group.founded_on = day(19)
    assert refused(row.group) == ["founded_on"]
    row.group.founded_on = day(20)
    row.group.full_clean()


def test_no_more_households_attend_than_belonged_that_day():
    row = MembershipFactory(joined_on=day(20))
    MembershipFactory(group=row.group, joined_on=day(20), left_on=day(10))
    meeting = GroupMeeting(group=row.group, held_on=day(11), attended=2, topics="PCCC")
    meeting.full_clean()
    meeting.held_on = day(10)
    assert refused(meeting) == ["attended"]
    meeting.attended = 1
    meeting.full_clean()


def test_a_meeting_falls_within_the_life_of_its_group():
    group = GroupFactory(founded_on=day(20), dissolved_on=day(10))
    found = {}
    for ago in (21, 20, 11, 10):
        meeting = GroupMeeting(group=group, held_on=day(ago), attended=0, topics="PCCC")
        try:
            meeting.full_clean()
            found[ago] = []
        except ValidationError as error:
            found[ago] = list(error.message_dict)
    assert found == {21: ["held_on"], 20: [], 11: [], 10: ["held_on"]}


def test_users_see_the_groups_of_their_neighbourhoods(
    area_a, area_b, chief, officer_a, duty, clerk, leader, superuser
):
    for area in (area_a, area_b):
        row = MembershipFactory(group__neighbourhood=area)
        MeetingFactory(group=row.group)
    for model, where in (
        (SelfManagedGroup, "neighbourhood"),
        (GroupMembership, "group__neighbourhood"),
        (GroupMeeting, "group__neighbourhood"),
    ):
        rows = model.objects
        for user in (chief, duty, clerk):
            assert rows.visible_to(user).count() == 2
        assert list(rows.visible_to(officer_a)) == list(rows.filter(**{where: area_a}))
        for user in (leader, superuser):
            assert not rows.visible_to(user)
