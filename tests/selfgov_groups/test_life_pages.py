"""The group's page and the forms begun on it; the list; requests; households in no group."""

import datetime as dt

import pytest
from django.conf import settings
from django.urls import reverse

from kylien.accounts.models import Role
from kylien.core.periods import Month
from selfgov_groups.models import (
    GroupContact,
    GroupDuty,
    GroupMeeting,
    GroupOfficer,
    GroupRequest,
    MutualHelp,
)
from tests.factories import (
    GroupContactFactory,
    GroupDutyFactory,
    GroupFactory,
    GroupRequestFactory,
    GroupScoreFactory,
    HouseholdFactory,
    IncidentFactory,
    MeetingFactory,
    MembershipFactory,
    MutualHelpFactory,
    OfficerFactory,
    ResidenceFactory,
    RosterCheckFactory,
    ScoringSchemeFactory,
    UserFactory,
    day,
)

LIST, REQUESTS = "/groups/", "/group-requests/"


def shown(date):
    return f"{date:%d/%m/%Y}"


def errors_of(response):
    """Return a refused form's sentences by field."""
    assert response.status_code == 422
    return dict(response.context["form"].errors)


def to(name, row):
    return reverse(name, args=[row.pk])


@pytest.fixture
def group(area_a):
    return GroupFactory(neighbourhood=area_a, name="Liên gia 1", founded_on=day(400))


@pytest.fixture
def client(client_for, officer_a):
    return client_for(officer_a)


@pytest.fixture
def person(group):
    home = MembershipFactory(group=group, joined_on=day(399)).household
    return ResidenceFactory(
        household=home, started_on=day(500), resident__full_name="Lê Thị Tổ"
    ).resident


def planned(group, ahead=5):
    return MeetingFactory(group=group, planned_on=day(-ahead), held_on=None, attended=None)


# --- the group's page -----------------------------------------------------------------------------


def test_page_shows_how_the_group_lives(client, group, person):
    GroupOfficer.objects.create(group=group, resident=person, started_on=day(100))
    ResidenceFactory(
        household=person.residences.get().household,
        kind="T",
        started_on=day(30),
        expires_on=day(-10),
    )
    MeetingFactory(group=group, held_on=day(16), attended=1)
    GroupContactFactory(group=group, met_on=day(40), note="Ngõ 12 tối")
    GroupRequestFactory(group=group, content="Sửa đèn", raised_on=day(50), due_on=day(2))
    GroupDutyFactory(group=group, content="Trông xe ban đêm")
    GroupDutyFactory(group=group, content="Gác cổng", ended_on=day(3), result="Xong")
    MutualHelpFactory(group=group, households=1)
    IncidentFactory(source="group", reporting_group=group, neighbourhood=group.neighbourhood)
    page = client.get(group.get_absolute_url())
    found = page.context["file"]
    assert found.head.name == "Lê Thị Tổ"
    counts = found.counts
    assert (counts["permanent"], counts["temporary"], counts["expiring"]) == (1, 1, 1)
    assert (counts["news"], counts["unanswered"], counts["open"], counts["late"]) == (1, 1, 1, 1)
    [meeting] = found.meetings.shown
    assert (meeting.invited, meeting.share.replace("\xa0", " ")) == (1, "100 %")
    text = page.content.decode()
    for words in (
        "16 ngày",
        "40 ngày",
        "Hơn 30 ngày cảnh sát khu vực chưa gặp tổ.",
        "Ngõ 12 tối",
        "Quá hạn 2 ngày",
        "Trông xe ban đêm",
        "Việc đã thôi (1)",
        "1 sắp hết hạn",
    ):
        assert words in text
    assert [row.content for row in found.duties["property"]] == ["Trông xe ban đêm"]


def test_page_counts_the_people_of_today_in_the_groups_own_households(client, group, area_a):
    left = MembershipFactory(group=group, joined_on=day(300), left_on=day(10)).household
    ResidenceFactory(household=left, started_on=day(400))
    stranger = MembershipFactory(group=GroupFactory(neighbourhood=area_a)).household
    ResidenceFactory(household=stranger, started_on=day(400))
    home = MembershipFactory(group=group).household
    gone = ResidenceFactory(household=home, started_on=day(400))
    type(gone).objects.filter(pk=gone.pk).update(ended_on=day(1), end_reason="DEPARTURE")
    ResidenceFactory(household=home, started_on=day(400))
    assert client.get(group.get_absolute_url()).context["file"].counts["people"] == 1


def test_a_quiet_group_says_so_and_a_head_who_moved_away(client, group, person):
    row = GroupOfficer.objects.create(group=group, resident=person, started_on=day(100))
    page = client.get(group.get_absolute_url()).content.decode()
    assert "Tổ im ắng: hơn 90 ngày không họp, không gặp, không báo tin." in page
    assert "Không còn ở tổ" not in page
    person.residences.update(ended_on=day(1), end_reason="DEPARTURE")
    assert "Không còn ở tổ" in client.get(group.get_absolute_url()).content.decode()
    assert row.pk


@pytest.mark.parametrize(
    ("kind", "make"),
    [
        ("meetings", lambda group, n: MeetingFactory(group=group, held_on=day(n + 1))),
        ("contacts", lambda group, n: GroupContactFactory(group=group, met_on=day(n))),
        ("helps", lambda group, n: MutualHelpFactory(group=group, helped_on=day(n))),
        (
            "requests",
            lambda group, n: GroupRequestFactory(
                group=group, raised_on=day(60), due_on=day(30), done_on=day(n), result="Xong"
            ),
        ),
    ],
)
def test_the_latest_ten_are_shown_and_all_on_demand(client, group, kind, make):
    for n in reversed(range(10)):
        make(group, n)
    assert not getattr(client.get(group.get_absolute_url()).context["file"], kind).more
    oldest = make(group, 20)
    page = client.get(group.get_absolute_url())
    rows = getattr(page.context["file"], kind)
    assert (len(rows.shown), rows.more) == (10, True)
    assert oldest not in rows.shown
    assert f"?all={kind}" in page.content.decode()
    rows = getattr(client.get(f"{group.get_absolute_url()}?all={kind}").context["file"], kind)
    assert (len(rows.shown), rows.more) == (11, False)
    assert rows.shown[-1] == oldest


@pytest.mark.parametrize("value", ["x", "%00", "meetings&all=contacts", "x" * 3000])
def test_no_address_breaks_the_page(client, group, value):
    assert client.get(f"{group.get_absolute_url()}?all={value}").status_code == 200


def test_waiting_requests_come_first_whatever_their_number(client, group):
    for n in range(12):
        GroupRequestFactory(group=group, raised_on=day(60), due_on=day(n - 5))
    done = GroupRequestFactory(
        group=group, raised_on=day(60), due_on=day(30), done_on=day(1), result="Xong"
    )
    rows = client.get(group.get_absolute_url()).context["file"].requests.shown
    assert len(rows) == 13
    assert [row.due_on for row in rows[:12]] == sorted(row.due_on for row in rows[:12])
    assert rows[12] == done


def fill(group):
    """Give a group one more of everything its page shows."""
    OfficerFactory(group=group, started_on=day(100), ended_on=day(99))
    for make in (GroupContactFactory, GroupDutyFactory, MutualHelpFactory, RosterCheckFactory):
        make(group=group)
    MeetingFactory(group=group)
    planned(group, 5 + GroupMeeting.objects.count())
    owner = UserFactory(role=Role.AREA_OFFICER)
    GroupRequestFactory(group=group, owner=owner, owner_body="")
    GroupScoreFactory(group=group)
    IncidentFactory(source="group", reporting_group=group, neighbourhood=group.neighbourhood)


def test_page_costs_the_same_for_one_of_each_and_for_three(
    client, group, django_assert_max_num_queries
):
    def cost():
        with django_assert_max_num_queries(14) as queries:
            client.get(group.get_absolute_url())
        return len(queries)

    fill(group)
    client.get(group.get_absolute_url())  # asks once what the database can do
    one = cost()
    fill(group)
    fill(group)
    assert cost() == one


def test_list_of_requests_costs_the_same_for_one_and_for_three(
    client, group, django_assert_max_num_queries
):
    def cost():
        with django_assert_max_num_queries(12) as queries:
            client.get(REQUESTS)
        return len(queries)

    GroupRequestFactory(group=group, owner=UserFactory(role=Role.CHIEF), owner_body="")
    client.get(REQUESTS)
    one = cost()
    for _ in range(2):
        GroupRequestFactory(group=group, owner=UserFactory(role=Role.CHIEF), owner_body="")
    assert cost() == one


@pytest.mark.parametrize(
    "asked", ["silent=yes", "silent=contact", "rated=good", "unmet_in=2026-10"]
)
def test_filtered_list_stays_within_its_queries(
    client, group, asked, django_assert_max_num_queries
):
    client.get(LIST)
    with django_assert_max_num_queries(12):
        assert client.get(f"{LIST}?{asked}").status_code == 200


# --- the list -------------------------------------------------------------------------------------


def names(response):
    assert response.status_code == 200
    return [row[1][2].split(">")[1].split("<")[0] for row in response.context["table"]["rows"]]


def test_list_leads_to_what_waits(client, group, area_a, area_b):
    HouseholdFactory.create_batch(2, neighbourhood=area_a)
    HouseholdFactory(neighbourhood=area_b)  # another officer's
    MembershipFactory(group=group)
    waiting = client.get(LIST).context["waiting"]
    assert [(number, url) for number, _, _, url in waiting] == [
        ("1", "/groups/?silent=yes"),
        ("1", "/groups/?silent=meeting"),
        ("1", "/groups/?silent=contact"),
        ("1", "/groups/?silent=head"),
        ("2", "/households/?grouped=no"),
    ]
    assert waiting[-1][1] == "hộ chưa vào tổ"
    for number, _, _, url in waiting:
        assert client.get(url).context["page"]["count"] == number


def test_list_narrows_by_what_is_lacking(client, group, area_a):
    MeetingFactory(group=group, held_on=day(91))
    headed = GroupFactory(neighbourhood=area_a, name="Có tổ trưởng", founded_on=day(700))
    OfficerFactory(group=headed)
    GroupContactFactory(group=headed, met_on=day(5))
    for asked, found in {
        "yes": ["Liên gia 1"],
        "meeting": ["Có tổ trưởng"],
        "contact": ["Liên gia 1"],
        "head": ["Liên gia 1"],
    }.items():
        assert names(client.get(LIST, {"silent": asked})) == found, asked


def test_list_narrows_to_groups_without_a_meeting_in_a_month(client, group, area_a):
    month = Month.containing(day(60), start_day=settings.REPORT_START_DAY)
    end = month.period.end
    GroupFactory(neighbourhood=area_a, name="Lập sau", founded_on=end)
    met = GroupFactory(neighbourhood=area_a, name="Có họp", founded_on=day(400))
    MeetingFactory(group=met, held_on=end - dt.timedelta(days=1))
    MeetingFactory(group=group, held_on=end)
    assert names(client.get(LIST, {"unmet_in": str(month)})) == ["Liên gia 1"]
    assert names(client.get(LIST, {"met_in": str(month)})) == ["Có họp"]


def test_list_narrows_by_the_class_of_last_year(client, group, area_a, chief):
    GroupFactory(neighbourhood=area_a, name="Chưa xếp")
    draft = GroupFactory(neighbourhood=area_a, name="Đang chấm")
    last = ScoringSchemeFactory(year=day().year - 1)
    GroupScoreFactory(group=draft, scheme=last)
    GroupScoreFactory(
        group=group,
        scheme=last,
        state="approved",
        rated="weak",
        approved_by=chief,
        approved_on=day(),
    )
    assert names(client.get(LIST, {"rated": "weak"})) == ["Liên gia 1"]
    assert names(client.get(LIST, {"rated": "good"})) == []
    assert names(client.get(LIST, {"rated": "none"})) == ["Chưa xếp", "Đang chấm"]


# --- offices --------------------------------------------------------------------------------------


def appoint(client, group, person, **fields):
    values = {
        "resident": person.code,
        "role": "head",
        "started_on": shown(day(10)),
        "ended_on": "",
        "recognised_by": "",
        **fields,
    }
    return client.post(to("selfmanagedgroup-add-officer", group), values)


def test_a_head_is_entered_once_and_leaves(client, group, person):
    once = "a" * 32
    for _ in range(2):  # a double click
        response = appoint(client, group, person, _once=once)
        assert response.url == group.get_absolute_url() + "#officers"
    row = GroupOfficer.objects.get()
    assert (row.resident, row.started_on) == (person, day(10))
    response = client.post(to("groupofficer-end", row), {"ended_on": shown(day(1)), "version": 1})
    assert response.status_code == 302
    row.refresh_from_db()
    assert row.ended_on == day(1)


def test_overlapping_terms_are_refused_with_the_other_days(client, group, person):
    head = OfficerFactory(group=group, started_on=day(100), ended_on=day(50)).resident
    refused = appoint(
        client, group, person, started_on=shown(day(60)), recognised_by="QĐ 7/QĐ-UBND"
    )
    said = errors_of(refused)["role"]
    days = f"từ {shown(day(100))} đến {shown(day(50))}"
    assert said == [f"Tổ đã có tổ trưởng {head.full_name} {days}: nhiệm kỳ bị trùng."]
    assert "QĐ 7/QĐ-UBND" in refused.content.decode()
    assert person.code in refused.content.decode()


def test_the_head_in_office_is_replaced_in_one_go(client, group, person):
    old = OfficerFactory(group=group, started_on=day(100))
    form = client.get(to("selfmanagedgroup-add-officer", group)).context["form"]
    assert "replaces" in form.fields
    assert appoint(client, group, person).status_code == 422
    assert appoint(client, group, person, replaces="on").status_code == 302
    old.refresh_from_db()
    assert old.ended_on == day(10)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"resident": ""}, "resident"),
        ({"resident": "NK-99999"}, "resident"),
        ({"resident": "\0"}, "resident"),
        ({"role": "chief"}, "role"),
        ({"started_on": ""}, "started_on"),
        ({"started_on": "31/02/2026"}, "started_on"),
        ({"started_on": shown(day(-1))}, "started_on"),
        ({"ended_on": shown(day(10))}, "ended_on"),
        ({"recognised_by": "x" * 101}, "recognised_by"),
    ],
)
def test_bad_input_for_an_office_is_told_beside_its_field(client, group, person, fields, field):
    assert field in errors_of(appoint(client, group, person, **fields))
    assert not GroupOfficer.objects.exists()


def test_a_person_beyond_the_beat_is_unknown(client, group, area_b):
    stranger = ResidenceFactory(household__neighbourhood=area_b).resident
    assert "Không thấy mã" in errors_of(appoint(client, group, stranger))["resident"][0]


def test_a_term_is_mended_and_a_stale_save_refused(client, group):
    row = OfficerFactory(group=group, started_on=day(100))
    values = {"role": "head", "started_on": shown(day(90)), "ended_on": "", "version": 1}
    address = to("groupofficer-update", row)
    assert client.post(address, values | {"recognised_by": "QĐ 1"}).status_code == 302
    refused = client.post(address, values | {"recognised_by": "QĐ 2"})
    assert refused.status_code == 422
    assert refused.context["stale"]
    row.refresh_from_db()
    assert (row.recognised_by, row.started_on) == ("QĐ 1", day(90))


# --- meetings -------------------------------------------------------------------------------------


def test_a_meeting_is_planned_moved_held(client, group):
    MembershipFactory(group=group)
    values = {"planned_on": shown(day(-5)), "topics": "Phòng cháy"}
    response = client.post(to("selfmanagedgroup-plan-meeting", group), values)
    assert response.url == group.get_absolute_url() + "#meetings"
    meeting = GroupMeeting.objects.get()
    page = client.get(group.get_absolute_url()).content.decode()
    assert "Còn 5 ngày" in page
    assert to("groupmeeting-hold", meeting) in page
    values = {"planned_on": shown(day()), "topics": "Phòng cháy", "version": meeting.version}
    assert client.post(to("groupmeeting-update", meeting), values).status_code == 302
    values = {
        "held_on": shown(day()),
        "attended": "1",
        "officer_came": "on",
        "topics": "Phòng cháy",
        "outcome": "",
        "minutes": "Nhất trí.",
        "version": 2,
    }
    assert client.post(to("groupmeeting-hold", meeting), values).status_code == 302
    meeting.refresh_from_db()
    assert (meeting.held_on, meeting.attended, meeting.officer_came) == (day(), 1, True)
    page = client.get(group.get_absolute_url())
    assert page.context["standing"].contact_days == 0
    assert "hôm nay" in page.content.decode()
    again = client.get(to("groupmeeting-hold", meeting))
    assert again.url == group.get_absolute_url() + "#meetings"


def test_a_plan_is_called_off_with_a_reason_and_stays_on_the_page(client, group):
    meeting = planned(group)
    address = to("groupmeeting-cancel", meeting)
    assert "cancel_reason" in errors_of(client.post(address, {"cancel_reason": "", "version": 1}))
    values = {"cancel_reason": "Trùng lễ hội", "version": 1}
    assert client.post(address, values).status_code == 302
    page = client.get(group.get_absolute_url()).content.decode()
    assert "Đã huỷ" in page
    assert "Trùng lễ hội" in page
    assert client.get(to("groupmeeting-update", meeting)).status_code == 404


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"planned_on": ""}, "planned_on"),
        ({"planned_on": shown(day(1))}, "planned_on"),
        ({"planned_on": "hôm sau"}, "planned_on"),
        ({"topics": ""}, "topics"),
        ({"topics": "x" * 301}, "topics"),
    ],
)
def test_a_bad_plan_is_told_beside_its_field(client, group, fields, field):
    values = {"planned_on": shown(day(-5)), "topics": "Phòng cháy", **fields}
    refused = client.post(to("selfmanagedgroup-plan-meeting", group), values)
    assert list(errors_of(refused)) == [field]


def test_holding_a_plan_with_too_many_households_is_refused(client, group):
    MembershipFactory(group=group)
    meeting = planned(group, 0)
    values = {"held_on": shown(day()), "attended": "2", "topics": "Đã gõ nhiều", "version": 1}
    refused = client.post(to("groupmeeting-hold", meeting), values)
    assert list(errors_of(refused)) == ["attended"]
    assert "Đã gõ nhiều" in refused.content.decode()


# --- requests -------------------------------------------------------------------------------------


def ask(client, group, **fields):
    values = {
        "content": "Lắp đèn ngõ 12",
        "raised_on": shown(day()),
        "due_on": shown(day(-30)),
        "owner": "",
        "owner_body": "Uỷ ban nhân dân phường",
        "meeting": "",
        **fields,
    }
    return client.post(to("selfmanagedgroup-add-request", group), values)


def test_a_request_raised_at_a_meeting_takes_its_day(client, group, officer_a):
    meeting = MeetingFactory(group=group, held_on=day(12))
    assert ask(client, group, meeting=meeting.pk, owner=officer_a.pk, owner_body="").url == (
        group.get_absolute_url() + "#requests"
    )
    row = GroupRequest.objects.get()
    assert (row.code, row.raised_on, row.meeting, row.owner) == (
        "KN-00001",
        day(12),
        meeting,
        officer_a,
    )
    page = client.get(row.get_absolute_url()).content.decode()
    assert "Còn 30 ngày" in page
    assert to("grouprequest-answer", row) in page


def test_the_form_offers_thirty_days_and_the_groups_own_meetings(client, group, area_a):
    own = MeetingFactory(group=group, held_on=day(3))
    MeetingFactory(group=GroupFactory(neighbourhood=area_a), held_on=day(3))
    planned(group)
    form = client.get(to("selfmanagedgroup-add-request", group)).context["form"]
    assert form["due_on"].value() == day(-30)
    assert list(form.fields["meeting"].queryset) == [own]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"content": ""}, "content"),
        ({"owner_body": ""}, "owner"),
        ({"due_on": shown(day(1))}, "due_on"),
        ({"due_on": ""}, "due_on"),
        ({"raised_on": shown(day(-1))}, "raised_on"),
        ({"raised_on": shown(day(401))}, "raised_on"),
        ({"meeting": "99999"}, "meeting"),
        ({"owner": "x"}, "owner"),
    ],
)
def test_a_bad_request_is_told_beside_its_field(client, group, fields, field):
    refused = ask(client, group, **fields)
    assert field in errors_of(refused)
    assert not GroupRequest.objects.exists()


def test_two_owners_are_refused(client, group, officer_a):
    assert "owner" in errors_of(ask(client, group, owner=officer_a.pk))


def test_a_request_is_answered_from_its_page(client, group):
    row = GroupRequestFactory(group=group, raised_on=day(20), due_on=day(5))
    address = to("grouprequest-answer", row)
    values = {"done_on": shown(day()), "result": "", "version": 1}
    assert list(errors_of(client.post(address, values))) == ["result"]
    response = client.post(address, values | {"result": "Đã lắp"})
    assert response.url == row.get_absolute_url()
    assert "Xong, trễ 5 ngày" in client.get(row.get_absolute_url()).content.decode()


def test_requests_are_listed_by_state_owner_and_month(client, client_for, chief, group, area_b):
    late = GroupRequestFactory(group=group, raised_on=day(40), due_on=day(1))
    waits = GroupRequestFactory(group=group, owner=chief, owner_body="")
    done = GroupRequestFactory(
        group=group, raised_on=day(40), due_on=day(5), done_on=day(6), result="Xong"
    )
    elsewhere = GroupRequestFactory(group=GroupFactory(neighbourhood=area_b))

    def found(who=client, **asked):
        response = who.get(REQUESTS, asked)
        assert response.status_code == 200
        return {row[0][2] for row in response.context["table"]["rows"]}

    assert found() == {late.code, waits.code, done.code}
    assert found(state="open") == {late.code, waits.code}
    assert found(state="late") == {late.code}
    assert found(state="done") == {done.code}
    assert found(q="sửa đèn") == {late.code, waits.code, done.code}
    whole = client_for(chief)
    assert found(whole, owner=chief.pk) == {waits.code}
    assert found(whole, neighbourhood=area_b.pk) == {elsewhere.code}
    assert found(month="2020-01") == set()
    assert client.get(elsewhere.get_absolute_url()).status_code == 404


@pytest.mark.parametrize("query", ["q=%00", "state=x", "owner=x", "month=2026-13", "page=x"])
def test_no_address_breaks_the_list_of_requests(client, query):
    assert client.get(f"{REQUESTS}?{query}").status_code == 200


def test_a_request_is_entered_from_the_list_too(client, group):
    values = {
        "group": group.code,
        "content": "Tuần tra thêm",
        "raised_on": shown(day()),
        "due_on": shown(day(-10)),
        "owner": "",
        "owner_body": "Đoàn phường",
    }
    assert client.post(f"{REQUESTS}create/", values).status_code == 302
    assert GroupRequest.objects.get().group == group


# --- contacts, help, duties -----------------------------------------------------------------------


def test_a_contact_is_noted_by_the_officer_who_met_the_group(client, group, officer_a):
    values = {"met_on": shown(day(1)), "channel": "visit", "note": "Tổ đều"}
    once = {"_once": "b" * 32}
    for _ in range(2):
        response = client.post(to("selfmanagedgroup-add-contact", group), values | once)
        assert response.url == group.get_absolute_url() + "#contacts"
    row = GroupContact.objects.get()
    assert (row.officer, row.met_on) == (officer_a, day(1))
    assert client.get(group.get_absolute_url()).context["standing"].contact_days == 1


def test_a_mended_contact_stays_with_its_officer(client_for, chief, group, officer_a):
    row = GroupContactFactory(group=group, officer=officer_a)
    values = {"met_on": shown(day(1)), "channel": "phone", "note": "Khác", "version": 1}
    assert client_for(chief).post(to("groupcontact-update", row), values).status_code == 302
    row.refresh_from_db()
    assert (row.officer, row.note) == (officer_a, "Khác")


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"met_on": shown(day(-1))}, "met_on"),
        ({"met_on": shown(day(401))}, "met_on"),
        ({"channel": "zalo"}, "channel"),
        ({"note": ""}, "note"),
        ({"note": "x" * 301}, "note"),
    ],
)
def test_a_bad_contact_is_told_beside_its_field(client, group, fields, field):
    values = {"met_on": shown(day(1)), "channel": "visit", "note": "Tổ đều", **fields}
    refused = client.post(to("selfmanagedgroup-add-contact", group), values)
    assert list(errors_of(refused)) == [field]


def test_mutual_help_is_counted_by_households(client, group):
    MembershipFactory(group=group)
    values = {"helped_on": shown(day(1)), "kind": "work", "households": "1", "note": ""}
    address = to("selfmanagedgroup-add-help", group)
    for bad, field in (({"households": "0"}, "households"), ({"households": "2"}, "households")):
        assert list(errors_of(client.post(address, values | bad))) == [field]
    assert client.post(address, values).url == group.get_absolute_url() + "#helps"
    row = MutualHelp.objects.get()
    values |= {"note": "Gặt giúp", "version": 1}
    assert client.post(to("mutualhelp-update", row), values).status_code == 302
    assert "Gặt giúp" in client.get(group.get_absolute_url()).content.decode()


def test_a_duty_is_taken_for_the_task_asked_for_and_ended(client, group):
    address = to("selfmanagedgroup-add-duty", group)
    assert client.get(f"{address}?task=order").context["form"]["task"].value() == "order"
    assert client.get(f"{address}?task=x").status_code == 200
    values = {"task": "order", "content": "Hoà giải tại tổ", "started_on": shown(day(9))}
    assert client.post(address, values).status_code == 302
    row = GroupDuty.objects.get()
    values |= {"content": "Hoà giải", "version": 1}
    assert client.post(to("groupduty-update", row), values).status_code == 302
    values = {"ended_on": shown(day(10)), "result": "", "version": 2}
    assert "ended_on" in errors_of(client.post(to("groupduty-end", row), values))
    values["ended_on"] = shown(day(1))
    assert client.post(to("groupduty-end", row), values).status_code == 302


# --- households in no group -----------------------------------------------------------------------


def test_households_without_a_group_are_ticked_into_one(client, group, area_a, area_b):
    alone = HouseholdFactory.create_batch(3, neighbourhood=area_a)
    HouseholdFactory(neighbourhood=area_b)
    HouseholdFactory(neighbourhood=area_a, dissolved_on=day(1))
    MembershipFactory(group=group)
    address = to("selfmanagedgroup-join", group)
    assert address in client.get(group.get_absolute_url()).content.decode()
    assert set(client.get(address).context["rows"]) == set(alone)
    values = {"do": "join", "pick": [alone[0].pk, alone[2].pk], "joined_on": shown(day(3))}
    response = client.post(address, values)
    assert response.url == group.get_absolute_url() + "#members"
    joined = group.memberships.filter(joined_on=day(3))
    assert {row.household for row in joined} == {alone[0], alone[2]}
    assert client.get(address).context["rows"] == [alone[1]]
    assert client.get(LIST).context["waiting"][-1][0] == "1"


def test_buttons_without_script_tick_all_and_none(client, group, area_a):
    HouseholdFactory.create_batch(2, neighbourhood=area_a)
    address = to("selfmanagedgroup-join", group)
    for do, ticked in (("all", True), ("none", False)):
        page = client.post(address, {"do": do, "joined_on": "1/1/2026"})
        assert [row.picked for row in page.context["rows"]] == [ticked] * 2
        assert 'value="1/1/2026"' in page.content.decode()
    assert not group.memberships.exists()


def test_bad_ticks_and_days_are_told_and_ticks_stay(client, group, area_a):
    home = HouseholdFactory(neighbourhood=area_a)
    address = to("selfmanagedgroup-join", group)
    nothing = client.post(address, {"do": "join", "joined_on": shown(day()), "pick": ["x", "²"]})
    assert errors_of(nothing) == {"__all__": ["Chọn ít nhất một hộ."]}
    late = client.post(address, {"do": "join", "joined_on": shown(day(-1)), "pick": home.pk})
    assert list(errors_of(late)) == ["joined_on"]
    assert [row.picked for row in late.context["rows"]] == [True]
    early = client.post(address, {"do": "join", "joined_on": shown(day(401)), "pick": home.pk})
    assert list(errors_of(early)) == ["joined_on"]


def test_a_household_of_another_group_that_day_is_named(client, group, area_a):
    home = HouseholdFactory(neighbourhood=area_a)
    other = GroupFactory(neighbourhood=area_a, name="Liên gia 9", founded_on=day(400))
    MembershipFactory(group=other, household=home, joined_on=day(50), left_on=day(10))
    values = {"do": "join", "pick": home.pk, "joined_on": shown(day(20))}
    [said] = errors_of(client.post(to("selfmanagedgroup-join", group), values))["__all__"]
    assert said.startswith(f"{home.code}, {home.address}: Hộ này đã ở tổ Liên gia 9 từ ")


def test_join_page_finds_by_words_and_refuses_numbers_in_the_address(client, group, area_a):
    HouseholdFactory(neighbourhood=area_a, address="Ngõ Cây Đa")
    HouseholdFactory(neighbourhood=area_a, address="Xóm Chợ")
    address = to("selfmanagedgroup-join", group)
    assert len(client.get(address, {"q": "cay da"}).context["rows"]) == 1
    assert client.get(address, {"q": "099123456789"}).status_code == 200
    assert client.get(f"{address}?q=%00").status_code == 200


# --- who may --------------------------------------------------------------------------------------


def addresses(group):
    """List every address of a group's life that writes."""
    officer = OfficerFactory(group=group)
    rows = {
        "groupofficer-end": officer,
        "groupofficer-update": officer,
        "groupmeeting-hold": planned(group),
        "groupmeeting-cancel": planned(group, 6),
        "grouprequest-answer": GroupRequestFactory(group=group),
        "grouprequest-update": GroupRequestFactory(group=group),
        "groupcontact-update": GroupContactFactory(group=group),
        "mutualhelp-update": MutualHelpFactory(group=group),
        "groupduty-end": GroupDutyFactory(group=group),
        "groupduty-update": GroupDutyFactory(group=group),
    }
    own = ("officer", "meeting", "request", "contact", "help", "duty")
    names = ["plan-meeting", "join", *(f"add-{name}" for name in own)]
    return [
        *(to(name, row) for name, row in rows.items()),
        *(to(f"selfmanagedgroup-{name}", group) for name in names),
    ]


@pytest.mark.parametrize(
    ("who", "status"),
    [("chief", 200), ("clerk", 200), ("duty", 403), ("leader", 403), ("superuser", 403)],
)
def test_who_may_write_the_life_of_a_group(request, client_for, group, who, status):
    client = client_for(request.getfixturevalue(who))
    found = addresses(group)
    if who == "clerk":  # whoever met the group notes it
        met = [address for address in found if "contact" in address]
        assert {client.get(address).status_code for address in met} == {403}
        found = [address for address in found if address not in met]
    assert {client.get(address).status_code for address in found} == {status}
    if status == 403:
        assert {client.post(address, {}).status_code for address in found} == {403}


def test_the_duty_desk_is_offered_nothing_to_write(client_for, duty, group):
    found = addresses(group)
    page = client_for(duty).get(group.get_absolute_url()).content.decode()
    assert not [address for address in found if address in page]


def test_life_of_another_officers_group_does_not_exist(client_for, officer_b, group):
    client = client_for(officer_b)
    found = addresses(group)
    assert {client.get(address).status_code for address in found} == {404}
    assert {client.post(address, {}).status_code for address in found} == {404}


def test_a_dissolved_group_offers_nothing_new(client, group):
    row = OfficerFactory(group=group, started_on=day(100), ended_on=day(50))
    group.memberships.update(left_on=day(20))
    group.dissolved_on = day(10)
    group.save()
    page = client.get(group.get_absolute_url()).content.decode()
    for name in ("plan-meeting", "add-officer", "add-contact", "add-request", "join"):
        assert to(f"selfmanagedgroup-{name}", group) not in page
    assert to("groupofficer-update", row) in page


@pytest.mark.parametrize("name", ["contact", "request", "help", "duty", "meeting", "officer"])
def test_no_body_breaks_a_form(client, group, name):
    for body in ({}, {"x": "\0"}, {"note": "x" * 9000, "version": "x"}):
        response = client.post(to(f"selfmanagedgroup-add-{name}", group), body)
        assert response.status_code == 422
