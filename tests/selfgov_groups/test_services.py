"""Joining and leaving a group: the two acts that write the ledger."""

import pytest
from django.core.exceptions import ValidationError

from selfgov_groups.models import GroupMembership
from selfgov_groups.services import join_group, leave_group
from tests.factories import GroupFactory, HouseholdFactory, MembershipFactory, day


@pytest.fixture
def group(area_a):
    return GroupFactory(neighbourhood=area_a, founded_on=day(100))


@pytest.fixture
def household(area_a):
    return HouseholdFactory(neighbourhood=area_a)


def refusal(act, **arguments):
    with pytest.raises(ValidationError) as caught:
        act(**arguments)
    return caught.value.message_dict


def join(group, household, joined_on=None):
    return join_group(group=group, household=household, joined_on=joined_on or day(), on=day())


def test_join_opens_a_membership(group, household):
    row = join(group, household, day(5))
    assert (row.group, row.household, row.joined_on, row.left_on) == (
        group,
        household,
        day(5),
        None,
    )


@pytest.mark.parametrize(("ago", "taken"), [(-1, False), (0, True), (100, True), (101, False)])
def test_join_lies_between_the_founding_and_today(group, household, ago, taken):
    if taken:
        assert join(group, household, day(ago)).pk
    else:
        assert list(refusal(join, group=group, household=household, joined_on=day(ago))) == [
            "joined_on"
        ]


def test_join_is_not_before_the_household_began(group, area_a):
    young = HouseholdFactory(neighbourhood=area_a, opened_on=day(10))
    assert "joined_on" in refusal(join, group=group, household=young, joined_on=day(11))
    assert join(group, young, day(10)).pk


def test_join_refuses_a_dissolved_group(group, household):
    group.dissolved_on = day(1)
    group.save()
    assert refusal(join, group=group, household=household) == {"group": ["Tổ này đã giải thể."]}


def test_join_refuses_a_dissolved_household(group, household):
    household.dissolved_on = day(1)
    household.save()
    assert refusal(join, group=group, household=household) == {"household": ["Hộ này đã xoá."]}


def test_join_refuses_a_household_of_another_neighbourhood(group, area_b):
    stranger = HouseholdFactory(neighbourhood=area_b)
    assert refusal(join, group=group, household=stranger) == {
        "household": ["Hộ này ở Tổ dân phố B, tổ liên gia ở Tổ dân phố A."]
    }


def test_join_refuses_any_other_membership_of_those_days(group, household, area_a):
    other = GroupFactory(neighbourhood=area_a, name="Liên gia 9")
    MembershipFactory(group=other, household=household, joined_on=day(50))
    assert "household" in refusal(join, group=group, household=household, joined_on=day(20))
    assert "household" in refusal(join, group=group, household=household, joined_on=day(60))
    assert GroupMembership.objects.count() == 1


@pytest.mark.parametrize(("ago", "taken"), [(31, False), (30, True), (29, True)])
def test_join_may_start_on_the_day_the_last_one_ended(group, household, area_a, ago, taken):
    other = GroupFactory(neighbourhood=area_a, name="Liên gia 9")
    past = {"household": household, "joined_on": day(50), "left_on": day(30)}
    MembershipFactory(group=other, **past)
    if taken:
        assert join(group, household, day(ago)).pk
    else:
        sentence = refusal(join, group=group, household=household, joined_on=day(ago))
        assert sentence["household"][0].startswith("Hộ này đã ở tổ Liên gia 9 từ ")


def test_leave_ends_the_membership(group, household):
    row = join(group, household, day(5))
    leave_group(membership=row, left_on=day(2), on=day())
    assert GroupMembership.objects.get().left_on == day(2)


@pytest.mark.parametrize("ago", [-1, 6])
def test_leave_lies_between_the_joining_and_today(group, household, ago):
    row = join(group, household, day(5))
    assert list(refusal(leave_group, membership=row, left_on=day(ago), on=day())) == ["left_on"]
    assert GroupMembership.objects.get().left_on is None


def test_leave_twice_is_told(group, household):
    row = join(group, household, day(5))
    stale = GroupMembership.objects.get()
    leave_group(membership=row, left_on=day(2), on=day())
    said = refusal(leave_group, membership=stale, left_on=day(1), on=day())
    assert "đã ra khỏi tổ" in said["left_on"][0]
    assert GroupMembership.objects.get().left_on == day(2)
