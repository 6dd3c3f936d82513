"""Data entry: a group with its roster and its meetings in one submit, under the portal's rules."""

import pytest
from django.urls import reverse

from selfgov_groups.models import GroupMeeting, GroupMembership, SelfManagedGroup
from tests.factories import (
    GroupFactory,
    HouseholdFactory,
    MeetingFactory,
    MembershipFactory,
    day,
)

ADD = "/admin/selfgov_groups/selfmanagedgroup/add/"
OTHERS = {  # the inlines that a test types nothing into
    f"{prefix}-{name}_FORMS": 0
    for prefix in ("officers", "helps", "duties")
    for name in ("INITIAL", "TOTAL")
}
ONE_OPEN = "Hộ này đang ở một tổ liên gia khác."


def shown(date):
    return f"{date:%d/%m/%Y}"


def change_url(group):
    return reverse("admin:selfgov_groups_selfmanagedgroup_change", args=[group.pk])


def submit(client, url, *, roster=(), meetings=(), **fields):
    """Send the admin form with new roster rows `(household, day)` and meeting rows (dicts)."""
    standing = client.get(url).context["inline_admin_formsets"][0].formset.initial_forms
    data = {"founded_on": shown(day(100)), "name": "Liên gia 1", "note": "", **OTHERS, **fields}
    rows = [
        {"id": form.instance.pk, "group": form.instance.group_id, "household": "", "joined_on": ""}
        for form in standing
    ]
    rows += [{"household": home.pk, "joined_on": shown(date)} for home, date in roster]
    data |= {"memberships-INITIAL_FORMS": len(standing), "memberships-TOTAL_FORMS": len(rows)}
    data |= {"meetings-INITIAL_FORMS": 0, "meetings-TOTAL_FORMS": len(meetings)}
    for prefix, entries in (("memberships", rows), ("meetings", meetings)):
        for n, entry in enumerate(entries):
            data |= {f"{prefix}-{n}-{name}": value for name, value in entry.items()}
    return client.post(url, data)


def formset_errors(response, index):
    assert response.status_code == 200
    return [
        dict(form.errors)
        for form in response.context["inline_admin_formsets"][index].formset.forms
        if form.errors
    ]


def form_errors(response):
    assert response.status_code == 200
    return dict(response.context["adminform"].form.errors)


@pytest.fixture
def client(client_for, clerk):
    return client_for(clerk)


@pytest.fixture
def group(area_a):
    return GroupFactory(neighbourhood=area_a, name="Liên gia 1", founded_on=day(100))


def test_group_roster_and_meeting_are_typed_in_one_go(client, area_a):
    homes = HouseholdFactory.create_batch(2, neighbourhood=area_a)
    response = submit(
        client,
        ADD,
        neighbourhood=area_a.pk,
        roster=[(home, day(90)) for home in homes],
        meetings=[{"held_on": shown(day(5)), "attended": 2, "topics": "PCCC"}],
    )
    assert response.status_code == 302
    group = SelfManagedGroup.objects.get()
    assert group.code == "TLG-001"
    assert sorted(row.household_id for row in group.memberships.all()) == sorted(
        home.pk for home in homes
    )
    assert group.meetings.get().attended == 2


def test_meeting_typed_with_a_new_roster_may_not_be_larger_than_it(client, area_a):
    home = HouseholdFactory(neighbourhood=area_a)
    response = submit(
        client,
        ADD,
        neighbourhood=area_a.pk,
        roster=[(home, day(90))],
        meetings=[{"held_on": shown(day(5)), "attended": 2, "topics": "PCCC"}],
    )
    assert "Ngày họp tổ có 1 hộ" in response.content.decode()
    assert not SelfManagedGroup.objects.exists()
    assert not GroupMembership.objects.exists()


def test_same_household_twice_in_one_submit_is_told(client, group, area_a):
    home = HouseholdFactory(neighbourhood=area_a)
    roster = [(home, day(9)), (home, day(8))]
    response = submit(client, change_url(group), neighbourhood=area_a.pk, roster=roster)
    assert formset_errors(response, 0) == [{"household": [ONE_OPEN]}]
    assert not GroupMembership.objects.exists()


def test_same_household_twice_with_a_new_group_is_told(client, area_a):
    home = HouseholdFactory(neighbourhood=area_a)
    response = submit(client, ADD, neighbourhood=area_a.pk, roster=[(home, day(9))] * 2)
    assert formset_errors(response, 0) == [{"household": [ONE_OPEN]}]
    assert not SelfManagedGroup.objects.exists()


def test_household_of_another_group_is_told_beside_it(client, group, area_a):
    taken = MembershipFactory(group__neighbourhood=area_a).household
    response = submit(client, change_url(group), neighbourhood=area_a.pk, roster=[(taken, day(9))])
    said = formset_errors(response, 0)
    assert list(said[0]) == ["household"]
    assert ONE_OPEN in said[0]["household"]
    assert taken.code in response.content.decode()  # the label of what was chosen is kept


def test_overlap_with_a_past_membership_is_told_beside_the_household(client, group, area_a):
    past = MembershipFactory(group__neighbourhood=area_a, group__name="Liên gia 9", left_on=day(10))
    roster = [(past.household, day(11))]
    response = submit(client, change_url(group), neighbourhood=area_a.pk, roster=roster)
    assert formset_errors(response, 0)[0]["household"][0].startswith("Hộ này đã ở tổ Liên gia 9")


def test_household_of_another_neighbourhood_is_told_beside_it(client, group, area_a, area_b):
    roster = [(HouseholdFactory(neighbourhood=area_b), day(9))]
    response = submit(client, change_url(group), neighbourhood=area_a.pk, roster=roster)
    assert formset_errors(response, 0) == [
        {"household": ["Hộ này ở Tổ dân phố B, tổ liên gia ở Tổ dân phố A."]}
    ]


def test_officer_may_not_choose_a_household_outside_his_beat(
    client_for, officer_a, group, area_a, area_b
):
    roster = [(HouseholdFactory(neighbourhood=area_b), day(9))]
    client = client_for(officer_a)
    response = submit(client, change_url(group), neighbourhood=area_a.pk, roster=roster)
    assert list(formset_errors(response, 0)[0]) == ["household"]


@pytest.mark.parametrize("ago", [-1, 101])
def test_day_outside_the_groups_life_is_told_beside_it(client, group, area_a, ago):
    roster = [(HouseholdFactory(neighbourhood=area_a), day(ago))]
    response = submit(client, change_url(group), neighbourhood=area_a.pk, roster=roster)
    assert list(formset_errors(response, 0)[0]) == ["joined_on"]


def test_members_that_stand_are_shown_and_not_changed(client, group, area_a):
    row = MembershipFactory(group=group, joined_on=day(50))
    page = client.get(change_url(group))
    assert row.household.address in page.content.decode()
    data = {"name": "Liên gia 1", "founded_on": shown(day(100)), "neighbourhood": area_a.pk}
    data |= OTHERS
    data |= {"memberships-INITIAL_FORMS": 1, "memberships-TOTAL_FORMS": 1}
    data |= {"memberships-0-id": row.pk, "memberships-0-joined_on": shown(day(1))}
    data |= {"memberships-0-DELETE": "on", "meetings-INITIAL_FORMS": 0, "meetings-TOTAL_FORMS": 0}
    assert client.post(change_url(group), data).status_code == 302
    row.refresh_from_db()
    assert row.joined_on == day(50)


def test_roster_can_be_saved_though_a_member_left_meanwhile(client, group, area_a):
    row = MembershipFactory(group=group, joined_on=day(50))
    home = HouseholdFactory(neighbourhood=area_a)
    data = {"name": "Liên gia 1", "founded_on": shown(day(100)), "neighbourhood": area_a.pk}
    data |= OTHERS
    data |= {"memberships-INITIAL_FORMS": 1, "memberships-TOTAL_FORMS": 2}
    data |= {"memberships-0-id": row.pk, "memberships-1-household": home.pk}
    data |= {"memberships-1-joined_on": shown(day(1))}
    data |= {"meetings-INITIAL_FORMS": 0, "meetings-TOTAL_FORMS": 0}
    row.left_on = day(2)
    row.save()
    assert client.post(change_url(group), data).status_code == 302
    assert group.memberships.current().get().household == home


def test_group_form_puts_each_constraint_beside_its_field(client, group, area_a):
    response = submit(client, ADD, neighbourhood=area_a.pk)
    assert form_errors(response) == {"name": ["Tổ dân phố đã có tổ liên gia tên này."]}
    response = submit(
        client, change_url(group), neighbourhood=area_a.pk, dissolved_on=shown(day(101))
    )
    assert form_errors(response) == {
        "dissolved_on": ["Ngày giải thể không thể trước ngày thành lập."]
    }


def test_group_form_refuses_days_after_today(client, area_a):
    response = submit(client, ADD, neighbourhood=area_a.pk, founded_on=shown(day(-1)))
    assert form_errors(response) == {"founded_on": ["Ngày thành lập không thể sau hôm nay."]}


def test_two_meetings_of_a_day_in_one_submit_are_told(client, group, area_a):
    MembershipFactory(group=group, joined_on=day(50))
    meeting = {"held_on": shown(day(5)), "attended": 1, "topics": "PCCC"}
    response = submit(client, change_url(group), neighbourhood=area_a.pk, meetings=[meeting] * 2)
    assert formset_errors(response, 1) == [{"held_on": ["Tổ đã có một cuộc họp ghi ngày này."]}]
    assert not GroupMeeting.objects.exists()


def test_second_meeting_of_a_day_is_told_beside_the_day(client, group, area_a):
    MembershipFactory(group=group, joined_on=day(50))
    MeetingFactory(group=group, held_on=day(400))  # too old to stand on the page, yet counted
    GroupMeeting.objects.filter(group=group).update(held_on=day(5))
    meeting = {"held_on": shown(day(5)), "attended": 1, "topics": "PCCC"}
    response = submit(client, change_url(group), neighbourhood=area_a.pk, meetings=[meeting])
    assert formset_errors(response, 1) == [{"held_on": ["Tổ đã có một cuộc họp ghi ngày này."]}]


def test_meeting_larger_than_the_group_is_told_beside_the_number(client, group, area_a):
    meeting = {"held_on": shown(day(5)), "attended": 1, "topics": "PCCC"}
    response = submit(client, change_url(group), neighbourhood=area_a.pk, meetings=[meeting])
    assert formset_errors(response, 1) == [
        {"attended": ["Ngày họp tổ có 0 hộ: số hộ dự không thể nhiều hơn."]}
    ]


def test_change_form_costs_the_same_for_one_household_and_for_three(
    client, group, django_assert_max_num_queries
):
    def cost():
        with django_assert_max_num_queries(20) as queries:
            client.get(change_url(group))
        return len(queries)

    def more():
        MembershipFactory(group=group)
        MeetingFactory(group=group, held_on=day(30 + GroupMeeting.objects.count()))

    more()
    cost()  # fills the cache of content types
    one = cost()
    more()
    more()
    assert cost() == one


def test_admin_shows_an_officer_his_own_groups(client_for, officer_b, group):
    client = client_for(officer_b)
    assert client.get(change_url(group)).status_code == 302  # the admin's way of saying unknown
    page = client.get(reverse("admin:selfgov_groups_selfmanagedgroup_changelist"))
    assert group.name not in page.content.decode()
