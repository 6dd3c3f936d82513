"""The groups' pages: list, export, the group's own page and the forms on it."""

import csv
import io

import pytest
from django.urls import reverse

from selfgov_groups.models import GroupMeeting, GroupMembership, SelfManagedGroup
from tests.factories import (
    GroupFactory,
    HouseholdFactory,
    MeetingFactory,
    MembershipFactory,
    ResidenceFactory,
    day,
)

LIST = "/groups/"


def shown(date):
    return f"{date:%d/%m/%Y}"


def listed(client, **params):
    response = client.get(LIST, params)
    assert response.status_code == 200
    return [row[1][2].split(">")[1].split("<")[0] for row in response.context["table"]["rows"]]


def errors_of(response):
    """Return a refused form's sentences by field."""
    assert response.status_code == 422
    return response.context["form"].errors


@pytest.fixture
def group(area_a):
    return GroupFactory(neighbourhood=area_a, name="Liên gia 1", founded_on=day(400))


@pytest.fixture
def client(client_for, officer_a):
    return client_for(officer_a)


def test_list_shows_active_groups_of_the_users_neighbourhood(client, group, area_a, area_b):
    GroupFactory(neighbourhood=area_a, name="Cũ", dissolved_on=day(1))
    GroupFactory(neighbourhood=area_b, name="Nơi khác")
    assert listed(client) == ["Liên gia 1"]
    assert listed(client, state="dissolved") == ["Cũ"]
    assert listed(client, state="all") == ["Liên gia 1", "Cũ"]
    assert listed(client, q="lien gia") == ["Liên gia 1"]
    assert listed(client, on=shown(day(2))) == ["Liên gia 1", "Cũ"]


def test_list_narrows_to_silent_groups_and_to_those_that_met(client, group, area_a):
    met = GroupFactory(neighbourhood=area_a, name="Có họp")
    meeting = MeetingFactory(group=met, held_on=day(3))
    assert listed(client, silent="yes") == ["Liên gia 1"]
    assert listed(client, silent="meeting") == ["Liên gia 1"]
    month = f"{meeting.held_on:%Y-%m}"
    months = [month, f"{day(-27):%Y-%m}"]  # the reporting month may be the next one
    assert "Có họp" in [name for m in months for name in listed(client, met_in=m)]
    assert "Liên gia 1" not in [name for m in months for name in listed(client, met_in=m)]


def test_list_costs_the_same_for_one_row_and_for_three(
    client, area_a, django_assert_max_num_queries
):
    def cost():
        with django_assert_max_num_queries(12) as queries:
            client.get(LIST)
        return len(queries)

    MembershipFactory(group__neighbourhood=area_a)
    client.get(LIST)  # writes the session's first moment
    one = cost()
    for _ in range(2):
        MeetingFactory(group=MembershipFactory(group__neighbourhood=area_a).group)
    assert cost() == one


def test_group_page_costs_the_same_for_one_household_and_for_three(
    client, group, django_assert_max_num_queries
):
    def cost():
        with django_assert_max_num_queries(14) as queries:
            client.get(group.get_absolute_url())
        return len(queries)

    def member():
        row = MembershipFactory(group=group)
        ResidenceFactory(household=row.household, relation="HEAD")
        MembershipFactory(group=group, left_on=day(1))
        MeetingFactory(group=group)

    member()
    client.get(group.get_absolute_url())  # asks once what the database can do
    one = cost()
    member()
    member()
    assert cost() == one


def test_export_holds_the_rows_of_the_list(client, group, area_a, area_b):
    MembershipFactory(group=group)
    MeetingFactory(group=group, held_on=day(3))
    GroupFactory(neighbourhood=area_a, name="Liên gia 2")
    GroupFactory(neighbourhood=area_b, name="Nơi khác")
    response = client.post(LIST, {"_export": "csv", "q": "lien gia"})
    body = b"".join(response.streaming_content).decode("utf-8-sig")
    header, *rows = csv.reader(io.StringIO(body))
    assert header[:3] == ["Mã", "Tên tổ", "Tổ dân phố"]
    assert [row[1] for row in rows] == listed(client, q="lien gia") == ["Liên gia 1", "Liên gia 2"]
    assert rows[0][3:] == ["1", shown(day(3)), "", "Chưa có tổ trưởng"]


@pytest.mark.parametrize("user", ["leader", "superuser"])
def test_those_without_the_right_are_refused(request, client_for, group, user):
    client = client_for(request.getfixturevalue(user))
    assert client.get(LIST).status_code == 403
    assert client.get(group.get_absolute_url()).status_code == 403


def test_duty_officer_looks_and_writes_nothing(client_for, duty, group, area_a):
    row = MembershipFactory(group=group)
    meeting = MeetingFactory(group=group)
    client = client_for(duty)
    page = client.get(group.get_absolute_url())
    assert page.status_code == 200
    for name, pk in (
        ("selfmanagedgroup-add-household", group.pk),
        ("selfmanagedgroup-add-meeting", group.pk),
        ("groupmembership-leave", row.pk),
        ("groupmeeting-update", meeting.pk),
        ("selfmanagedgroup-update", group.pk),
    ):
        address = reverse(name, args=[pk])
        assert address.encode() not in page.content
        assert client.post(address, {}).status_code == 403
        assert client.get(address).status_code == 403


def test_rows_of_another_neighbourhood_do_not_exist(client_for, officer_b, group):
    row = MembershipFactory(group=group)
    meeting = MeetingFactory(group=group)
    client = client_for(officer_b)
    assert client.get(group.get_absolute_url()).status_code == 404
    for address in (
        reverse("selfmanagedgroup-update", args=[group.pk]),
        reverse("selfmanagedgroup-add-household", args=[group.pk]),
        reverse("selfmanagedgroup-add-meeting", args=[group.pk]),
        reverse("groupmembership-leave", args=[row.pk]),
        reverse("groupmeeting-update", args=[meeting.pk]),
        reverse("selfmanagedgroup-add-household", args=[2**63]),
    ):
        assert client.get(address).status_code == 404
        assert client.post(address, {}).status_code == 404


def test_group_page_shows_households_heads_meetings_and_who_left(client, group):
    row = MembershipFactory(group=group)
    ResidenceFactory(household=row.household, relation="HEAD", resident__full_name="Lê Thị Chủ")
    gone = MembershipFactory(group=group, left_on=day(2))
    MeetingFactory(group=group, topics="Bàn về phòng cháy")
    page = client.get(group.get_absolute_url())
    assert page.context["members"] == [row]
    assert page.context["former"] == [gone]
    text = page.content.decode()
    for part in ("Lê Thị Chủ", row.household.address, gone.household.code, "Bàn về phòng cháy"):
        assert part in text


def test_create_and_edit_a_group(client, area_a):
    fields = {"name": "Liên gia 5", "neighbourhood": area_a.pk, "founded_on": "1/2/2024"}
    response = client.post("/groups/create/", fields)
    group = SelfManagedGroup.objects.get()
    assert response.url == group.get_absolute_url()
    fields |= {"name": "Liên gia 6", "version": group.version}
    client.post(reverse("selfmanagedgroup-update", args=[group.pk]), fields)
    group.refresh_from_db()
    assert (group.name, group.code) == ("Liên gia 6", "TLG-001")


def test_group_form_puts_each_constraint_beside_its_field(client, group, area_a):
    fields = {"name": "Liên gia 1", "neighbourhood": area_a.pk, "founded_on": "1/2/2024"}
    refused = client.post("/groups/create/", fields)
    assert errors_of(refused) == {"name": ["Tổ dân phố đã có tổ liên gia tên này."]}
    assert b'value="1/2/2024"' in refused.content

    fields |= {"version": group.version, "founded_on": shown(day(5)), "note": "đang gõ dở"}
    fields["dissolved_on"] = shown(day(6))
    refused = client.post(reverse("selfmanagedgroup-update", args=[group.pk]), fields)
    assert errors_of(refused) == {"dissolved_on": ["Ngày giải thể không thể trước ngày thành lập."]}
    assert "đang gõ dở" in refused.content.decode()


@pytest.mark.parametrize(
    ("field", "name"), [("founded_on", "Ngày thành lập"), ("dissolved_on", "Ngày giải thể")]
)
def test_group_form_refuses_days_after_today(client, group, area_a, field, name):
    fields = {"name": "Liên gia 1", "neighbourhood": area_a.pk, "founded_on": shown(day(5))}
    fields |= {"version": group.version, field: shown(day(-1))}
    refused = client.post(reverse("selfmanagedgroup-update", args=[group.pk]), fields)
    assert f"{name} không thể sau hôm nay." in errors_of(refused)[field]


def test_group_form_offers_the_users_own_neighbourhoods(client, area_a, area_b):
    fields = {"name": "Liên gia 5", "neighbourhood": area_b.pk, "founded_on": "1/2/2024"}
    assert "neighbourhood" in errors_of(client.post("/groups/create/", fields))


def join(client, group, household, joined_on=None):
    address = reverse("selfmanagedgroup-add-household", args=[group.pk])
    code = household if isinstance(household, str) else household.code
    fields = {"join-household": code, "join-joined_on": shown(joined_on or day())}
    return client.post(address, fields)


def test_household_joins_from_the_groups_page(client, group, area_a):
    household = HouseholdFactory(neighbourhood=area_a)
    response = join(client, group, household, day(3))
    assert response.url == group.get_absolute_url() + "#members"
    row = GroupMembership.objects.get()
    assert (row.group, row.household, row.joined_on) == (group, household, day(3))


def test_second_group_is_refused_beside_the_household_and_text_is_kept(client, group, area_a):
    row = MembershipFactory(group__neighbourhood=area_a)
    refused = join(client, group, row.household, day(3))
    assert errors_of(refused) == {"household": ["Hộ này đang ở một tổ liên gia khác."]}
    assert f'value="{row.household.code}"' in refused.content.decode()
    assert f'value="{shown(day(3))}"' in refused.content.decode()
    assert GroupMembership.objects.count() == 1


def test_past_membership_that_overlaps_is_refused_beside_the_household(client, group, area_a):
    past = MembershipFactory(group__neighbourhood=area_a, group__name="Liên gia 9", left_on=day(10))
    said = errors_of(join(client, group, past.household, day(11)))
    assert said["household"][0].startswith("Hộ này đã ở tổ Liên gia 9 từ ")


def test_household_outside_the_users_rows_is_unknown(client, group, area_b):
    said = errors_of(join(client, group, HouseholdFactory(neighbourhood=area_b)))
    assert "Không thấy mã" in said["household"][0]


def test_household_of_another_neighbourhood_is_refused(client_for, chief, group, area_b):
    said = errors_of(join(client_for(chief), group, HouseholdFactory(neighbourhood=area_b)))
    assert said == {"household": ["Hộ này ở Tổ dân phố B, tổ liên gia ở Tổ dân phố A."]}


def test_dissolved_group_takes_nobody(client, group, area_a):
    group.dissolved_on = day(1)
    group.save()
    page = client.get(group.get_absolute_url())
    assert not page.context["may"]["join"]
    said = errors_of(join(client, group, HouseholdFactory(neighbourhood=area_a)))
    assert said == {"__all__": ["Tổ này đã giải thể."]}


@pytest.mark.parametrize("code", ["", "H-99999", "\0", "x" * 5000])
def test_nonsense_for_a_household_is_told(client, group, code):
    assert "household" in errors_of(join(client, group, code))


def leave(client, row, left_on):
    address = reverse("groupmembership-leave", args=[row.pk])
    return client.post(address, {"left_on": shown(left_on)})


def test_household_leaves(client, group):
    row = MembershipFactory(group=group)
    response = leave(client, row, day(1))
    assert response.url == group.get_absolute_url() + "#members"
    row.refresh_from_db()
    assert row.left_on == day(1)


def test_leaving_before_joining_is_refused_beside_the_day(client, group):
    row = MembershipFactory(group=group, joined_on=day(5))
    said = errors_of(leave(client, row, day(6)))
    assert said == {"left_on": ["Ngày ra khỏi tổ không thể trước ngày vào tổ."]}


def test_leaving_in_the_future_is_refused_beside_the_day(client, group):
    said = errors_of(leave(client, MembershipFactory(group=group), day(-1)))
    assert said == {"left_on": ["Ngày ra khỏi tổ không thể sau hôm nay."]}


def meet(client, group, **fields):
    values = {"held_on": shown(day(3)), "attended": "1", "topics": "PCCC", "outcome": "", **fields}
    address = reverse("selfmanagedgroup-add-meeting", args=[group.pk])
    return client.post(address, values)


def test_meeting_is_noted_from_the_groups_page(client, group):
    MembershipFactory(group=group)
    assert meet(client, group).url == group.get_absolute_url() + "#meetings"
    meeting = GroupMeeting.objects.get()
    assert (meeting.held_on, meeting.attended, meeting.topics) == (day(3), 1, "PCCC")


def test_second_meeting_of_a_day_is_refused_beside_the_day(client, group):
    MembershipFactory(group=group)
    MeetingFactory(group=group, held_on=day(3))
    refused = meet(client, group, outcome="Chưa kịp lưu")
    assert errors_of(refused) == {"held_on": ["Tổ đã có một cuộc họp ghi ngày này."]}
    assert "Chưa kịp lưu" in refused.content.decode()


def test_more_households_than_the_group_has_are_refused(client, group):
    MembershipFactory(group=group)
    said = errors_of(meet(client, group, attended="2"))
    assert said == {"attended": ["Ngày họp tổ có 1 hộ: số hộ dự không thể nhiều hơn."]}


@pytest.mark.parametrize(
    ("field", "value"),
    [("held_on", shown(day(-1))), ("held_on", "32/1/2026"), ("attended", "-1"), ("topics", "")],
)
def test_bad_meeting_is_told_beside_its_field(client, group, field, value):
    MembershipFactory(group=group)
    assert list(errors_of(meet(client, group, **{field: value}))) == [field]


def test_meeting_is_mended_and_a_stale_save_refused(client, group):
    MembershipFactory(group=group)
    meeting = MeetingFactory(group=group, held_on=day(3), attended=1)
    address = reverse("groupmeeting-update", args=[meeting.pk])
    fields = {"held_on": shown(day(3)), "attended": "1", "topics": "Lần một", "version": 1}
    assert client.post(address, fields).url == group.get_absolute_url() + "#meetings"
    refused = client.post(address, fields | {"topics": "Lần hai"})
    assert refused.status_code == 422
    assert refused.context["stale"] == [
        {"label": "Nội dung", "theirs": "Lần một", "yours": "Lần hai"}
    ]
    assert b"L\xe1\xba\xa7n hai" in refused.content
    meeting.refresh_from_db()
    assert meeting.topics == "Lần một"


@pytest.mark.parametrize(
    "query",
    [
        "q=%00",
        "q=" + "x" * 5000,
        "page=-1",
        "page=x",
        "sort=nothing",
        "sort=-name",
        "state=x",
        "silent=%00",
        "met_in=2026-13",
        "on=99/99/9999",
        "neighbourhood=999999999999999999999",
    ],
)
def test_no_address_breaks_the_list(client, group, query):
    assert client.get(f"{LIST}?{query}").status_code == 200


def test_picker_finds_the_users_groups(client, group, area_b):
    GroupFactory(neighbourhood=area_b, name="Liên gia 2")
    found = client.get("/groups/options/", {"q": "lien gia"}).json()["results"]
    assert [(item["code"], item["label"]) for item in found] == [(group.code, "Liên gia 1")]


def test_household_page_shows_its_groups(client, group, area_a, django_assert_max_num_queries):
    row = MembershipFactory(group=group)
    with django_assert_max_num_queries(13):  # one of them keeps the look
        page = client.get(row.household.get_absolute_url())
    assert group.get_absolute_url().encode() in page.content
    assert group.name in page.content.decode()
