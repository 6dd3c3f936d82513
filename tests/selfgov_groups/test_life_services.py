"""Offices and their terms, meetings planned and held, requests, duties: what is taken and what is
refused, and why."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError

from selfgov_groups import services
from selfgov_groups.models import (
    GroupContact,
    GroupMeeting,
    GroupOfficer,
    GroupRequest,
    MutualHelp,
)
from tests.factories import (
    GroupDutyFactory,
    GroupFactory,
    GroupRequestFactory,
    HouseholdFactory,
    MeetingFactory,
    MembershipFactory,
    ResidenceFactory,
    ResidentFactory,
    UserFactory,
    day,
)

HEAD, DEPUTY = GroupOfficer.Role.HEAD, GroupOfficer.Role.DEPUTY


def shown(ago):
    return f"{day(ago):%d/%m/%Y}"


def refusal(act, **arguments):
    with pytest.raises(ValidationError) as caught:
        act(**arguments)
    return caught.value.message_dict


@pytest.fixture
def group(area_a):
    return GroupFactory(neighbourhood=area_a, founded_on=day(400))


@pytest.fixture
def person(group):
    """Return a function that makes a person of a household that is in the group since a day."""

    def make(joined=400):
        home = MembershipFactory(group=group, joined_on=day(joined)).household
        return ResidenceFactory(household=home, started_on=day(500)).resident

    return make


def take(group, resident, since, until=None, role=HEAD, **more):
    return services.take_office(
        group=group,
        resident=resident,
        role=role,
        started_on=day(since),
        ended_on=None if until is None else day(until),
        on=day(),
        **more,
    )


# --- offices --------------------------------------------------------------------------------------


def test_a_head_and_deputies_take_office(group, person):
    head = take(group, person(), 100, recognised_by="QĐ 12")
    deputies = [take(group, person(), 100, role=DEPUTY) for _ in range(2)]
    assert set(group.officers.open_on(day())) == {head, *deputies}
    assert head.recognised_by == "QĐ 12"


@pytest.mark.parametrize(
    ("since", "until", "taken"),
    [
        (200, 101, True),  # before
        (200, 100, True),  # the day the other starts is the day this one has ended
        (200, 99, False),
        (90, 80, False),  # within
        (100, 50, False),  # the same
        (150, 20, False),  # around
        (51, 20, False),
        (50, 20, True),  # the day the other ended
        (49, None, True),
        (60, None, False),
        (300, None, False),
    ],
)
def test_two_heads_share_no_day_in_history_either(group, person, since, until, taken):
    first = take(group, person(), 100, 50)
    if taken:
        assert take(group, person(), since, until).pk
    else:
        said = refusal(take, group=group, resident=person(), since=since, until=until)
        name = first.resident.full_name
        sentence = f"Tổ đã có tổ trưởng {name} từ {shown(100)} đến {shown(50)}: nhiệm kỳ bị trùng."
        assert said == {"role": [sentence]}
        assert group.officers.count() == 1


def test_a_head_in_office_is_named_with_his_days(group, person):
    first = take(group, person(), 100)
    said = refusal(take, group=group, resident=person(), since=10)
    name = first.resident.full_name
    assert said == {"role": [f"Tổ đã có tổ trưởng {name} từ {shown(100)}: nhiệm kỳ bị trùng."]}


def test_nobody_holds_two_offices_of_a_group_at_once(group, person):
    one = person()
    take(group, one, 100, 50, role=DEPUTY)
    said = refusal(take, group=group, resident=one, since=60)
    assert said == {
        "resident": [f"Người này đã là tổ phó từ {shown(100)} đến {shown(50)}: nhiệm kỳ bị trùng."]
    }
    assert take(group, one, 50).role == HEAD


def test_heads_of_two_groups_do_not_meet(group, person, area_a):
    take(group, person(), 100)
    other = GroupFactory(neighbourhood=area_a, founded_on=day(400), name="Liên gia 2")
    home = MembershipFactory(group=other, joined_on=day(300)).household
    neighbour = ResidenceFactory(household=home, started_on=day(500)).resident
    assert take(other, neighbour, 100).pk


@pytest.mark.parametrize(("since", "taken"), [(300, True), (301, False)])
def test_the_household_belongs_to_the_group_on_the_first_day(group, person, since, taken):
    one = person(joined=300)
    if taken:
        assert take(group, one, since).pk
    else:
        said = refusal(take, group=group, resident=one, since=since)
        assert said == {"resident": [f"Ngày {shown(since)} người này không ở hộ nào trong tổ."]}


def test_one_who_moved_out_or_belongs_elsewhere_takes_no_office(group, person):
    gone = person()
    gone.residences.update(ended_on=day(20), end_reason="DEPARTURE")
    assert "resident" in refusal(take, group=group, resident=gone, since=20)
    assert "resident" in refusal(take, group=group, resident=ResidentFactory(), since=20)
    alone = ResidenceFactory(
        household=HouseholdFactory(neighbourhood=group.neighbourhood), started_on=day(500)
    ).resident
    assert "resident" in refusal(take, group=group, resident=alone, since=20)
    assert take(group, gone, 21, 20).pk


@pytest.mark.parametrize(
    ("since", "until", "field"),
    [(-1, None, "started_on"), (401, None, "started_on"), (50, -1, "ended_on")],
)
def test_a_term_lies_between_the_founding_and_today(group, person, since, until, field):
    said = refusal(take, group=group, resident=person(), since=since, until=until)
    assert field in said


@pytest.mark.parametrize("until", [50, 60])
def test_a_term_ends_after_it_starts(group, person, until):
    said = refusal(take, group=group, resident=person(), since=50, until=until)
    assert said == {"ended_on": ["Nhiệm kỳ phải kết thúc sau khi bắt đầu."]}


def test_no_office_outlasts_the_group(group, person):
    one = person()
    group.memberships.update(left_on=day(10))
    group.dissolved_on = day(10)
    group.save()
    assert "ended_on" in refusal(take, group=group, resident=one, since=100)
    assert "ended_on" in refusal(take, group=group, resident=one, since=100, until=9)
    assert take(group, one, 100, 10).pk


def test_the_new_head_replaces_the_old_one_on_one_day(group, person):
    old = take(group, person(), 100)
    new = take(group, person(), 30, replaces=True)
    old.refresh_from_db()
    assert (old.ended_on, new.started_on) == (day(30), day(30))
    assert list(group.officers.open_on(day(30))) == [new]
    assert list(group.officers.open_on(day(31))) == [old]


def test_a_refused_successor_leaves_the_old_head_in_office(group, person):
    old = take(group, person(), 100)
    assert "started_on" in refusal(take, group=group, resident=person(), since=100, replaces=True)
    stranger = ResidentFactory()
    assert "resident" in refusal(take, group=group, resident=stranger, since=30, replaces=True)
    old.refresh_from_db()
    assert old.ended_on is None


def test_a_term_ends_once(group, person):
    row = take(group, person(), 100)
    stale = GroupOfficer.objects.get()
    services.end_office(officer=row, ended_on=day(10), on=day())
    said = refusal(services.end_office, officer=stale, ended_on=day(5), on=day())
    assert said == {"ended_on": [f"Nhiệm kỳ này đã kết thúc ngày {shown(10)} rồi."]}
    assert GroupOfficer.objects.get().ended_on == day(10)


@pytest.mark.parametrize("ago", [-1, 100, 101])
def test_a_term_ends_after_its_start_and_not_after_today(group, person, ago):
    row = take(group, person(), 100)
    assert list(refusal(services.end_office, officer=row, ended_on=day(ago), on=day())) == [
        "ended_on"
    ]


def test_a_mended_term_is_checked_anew(group, person):
    first = take(group, person(), 300, 200)
    second = take(group, person(), 200)
    mend = {"role": HEAD, "recognised_by": "QĐ 9", "on": day()}
    said = refusal(services.mend_office, officer=second, started_on=day(201), ended_on=None, **mend)
    assert first.resident.full_name in said["role"][0]
    services.mend_office(officer=second, started_on=day(150), ended_on=None, **mend)
    second.refresh_from_db()
    assert (second.started_on, second.recognised_by) == (day(150), "QĐ 9")


def test_a_group_with_an_officer_or_a_plan_is_not_dissolved(group, person):
    row = take(group, person(), 100)
    services.plan_meeting(group=group, planned_on=day(), topics="PCCC", on=day())
    group.memberships.update(left_on=day(5))
    group.dissolved_on = day(2)
    assert list(refusal(group.full_clean)) == ["dissolved_on"]
    services.end_office(officer=row, ended_on=day(2), on=day())
    assert refusal(group.full_clean)["dissolved_on"] == [
        "Tổ còn cuộc họp dự kiến: huỷ rồi mới giải thể."
    ]
    services.call_off_meeting(meeting=group.meetings.get(), reason="Giải thể", on=day())
    group.full_clean()


# --- meetings -------------------------------------------------------------------------------------


def plan(group, ahead=7):
    return services.plan_meeting(group=group, planned_on=day(-ahead), topics="PCCC", on=day())


def hold(meeting, ago=0, attended=0, on=None):
    return services.hold_meeting(
        meeting=meeting, held_on=day(ago), attended=attended, topics="PCCC", on=on or day()
    )


def test_a_meeting_is_planned_and_held(group):
    MembershipFactory(group=group)
    meeting = plan(group)
    assert list(group.meetings.planned()) == [meeting]
    assert not group.meetings.held()
    later = day() + dt.timedelta(days=8)
    held = services.hold_meeting(
        meeting=meeting,
        held_on=later,
        attended=1,
        topics="PCCC, an ninh",
        on=later,
        officer_came=True,
        minutes="Nhất trí.",
        outcome="",
    )
    assert (held.pk, held.planned_on, held.held_on) == (meeting.pk, day(-7), later)
    assert (held.officer_came, held.minutes) == (True, "Nhất trí.")
    assert not group.meetings.planned()


def test_a_meeting_is_noted_without_a_plan(group):
    assert hold(GroupMeeting(group=group), 3).planned_on is None


def test_a_meeting_noted_on_a_planned_day_is_the_planned_one(group):
    meeting = plan(group, 0)
    assert hold(GroupMeeting(group=group)).pk == meeting.pk
    assert group.meetings.count() == 1


def test_nothing_is_planned_for_the_past_or_twice_a_day(group):
    said = refusal(services.plan_meeting, group=group, planned_on=day(1), topics="x", on=day())
    assert list(said) == ["planned_on"]
    plan(group)
    assert refusal(plan, group=group) == {"planned_on": ["Tổ đã có một cuộc họp dự kiến ngày này."]}
    assert plan(group, 8).pk


def test_a_dissolved_group_plans_nothing(group):
    group.dissolved_on = day(1)
    group.save()
    assert list(refusal(plan, group=group)) == ["planned_on"]


def test_a_meeting_is_moved_before_it_is_held(group):
    meeting = plan(group)
    services.move_meeting(meeting=meeting, planned_on=day(-9), topics="An ninh", on=day())
    meeting.refresh_from_db()
    assert (meeting.planned_on, meeting.topics) == (day(-9), "An ninh")
    later = day(-30)  # overdue: the topics are mended, the day stays
    services.move_meeting(meeting=meeting, planned_on=day(-9), topics="Khác", on=later)
    assert GroupMeeting.objects.get().topics == "Khác"


def test_a_meeting_called_off_stays_to_be_read_and_is_over(group):
    meeting = plan(group)
    services.call_off_meeting(meeting=meeting, reason="Mưa bão", on=day())
    meeting.refresh_from_db()
    assert (meeting.cancelled_on, meeting.cancel_reason) == (day(), "Mưa bão")
    assert not group.meetings.planned()
    for act, field, more in (
        (hold, "held_on", {}),
        (services.call_off_meeting, "cancel_reason", {"reason": "x", "on": day()}),
        (
            services.move_meeting,
            "planned_on",
            {"planned_on": day(-9), "topics": "x", "on": day()},
        ),
    ):
        said = refusal(act, meeting=meeting, **more)
        assert said == {field: [f"Cuộc họp này đã huỷ ngày {shown(0)}."]}


def test_a_meeting_is_not_called_off_without_a_reason(group):
    said = refusal(services.call_off_meeting, meeting=plan(group), reason="", on=day())
    assert list(said) == ["cancel_reason"]


def test_a_meeting_is_held_once(group):
    meeting = plan(group, 0)
    stale = GroupMeeting.objects.get()
    hold(meeting)
    assert refusal(hold, meeting=stale) == {
        "held_on": [f"Cuộc họp này đã ghi họp ngày {shown(0)}."]
    }


@pytest.mark.parametrize(("ago", "attended", "field"), [(-1, 0, "held_on"), (0, 2, "attended")])
def test_a_meeting_is_not_held_tomorrow_nor_by_more_than_belong(group, ago, attended, field):
    MembershipFactory(group=group)
    meeting = plan(group)
    said = refusal(hold, meeting=meeting, ago=ago, attended=attended)
    assert list(said) == [field]
    assert GroupMeeting.objects.get().held_on is None


# --- requests, contacts, help, duties -------------------------------------------------------------


def test_a_request_is_answered_and_the_answer_mended(group):
    row = GroupRequestFactory(group=group, raised_on=day(20), due_on=day(5))
    assert list(GroupRequest.objects.overdue(day())) == [row]
    for ago, words in ((4, "Đã làm"), (6, "Đã làm xong")):
        services.answer_request(request=row, done_on=day(ago), result=words, on=day())
    row.refresh_from_db()
    assert (row.done_on, row.result) == (day(6), "Đã làm xong")
    assert row.badge(day()) == ("ok", "Xong đúng hạn")
    assert not GroupRequest.objects.unfinished()


@pytest.mark.parametrize(
    ("ago", "words", "field"),
    [(-1, "Xong", "done_on"), (21, "Xong", "done_on"), (3, "", "result")],
)
def test_an_answer_comes_after_the_request_and_says_something(group, ago, words, field):
    row = GroupRequestFactory(group=group, raised_on=day(20), due_on=day(5))
    said = refusal(services.answer_request, request=row, done_on=day(ago), result=words, on=day())
    assert list(said) == [field]
    row.refresh_from_db()
    assert row.done_on is None


def test_a_request_belongs_to_a_meeting_of_its_group_and_day(group, area_a):
    held = MeetingFactory(group=group, held_on=day(20))
    other = MeetingFactory(group=GroupFactory(neighbourhood=area_a, name="Khác"), held_on=day(20))

    def request(meeting, ago=20):
        row = GroupRequestFactory.build(
            group=group, meeting=meeting, raised_on=day(ago), due_on=day(-5)
        )
        row.clean()
        return row

    assert request(held)
    assert refusal(request, meeting=other) == {"meeting": ["Cuộc họp này của tổ khác."]}
    assert list(refusal(request, meeting=held, ago=19)) == ["meeting"]
    assert list(refusal(request, meeting=None, ago=401)) == ["raised_on"]


def test_nothing_happens_before_the_founding_or_after_the_dissolving(group):
    officer = UserFactory()
    group.dissolved_on = day(10)
    group.save()
    for ago, taken in ((401, False), (400, True), (11, True), (10, False)):
        row = GroupContact(group=group, met_on=day(ago), officer=officer, note="Đều")
        if taken:
            row.full_clean()
        else:
            assert list(refusal(row.full_clean)) == ["met_on"]


def test_no_more_households_help_than_belong(group):
    MembershipFactory(group=group, joined_on=day(50))
    row = MutualHelp(group=group, helped_on=day(3), kind="work", households=1)
    row.full_clean()
    row.households = 2
    assert refusal(row.full_clean) == {
        "households": ["Ngày ấy tổ có 1 hộ: số hộ không thể nhiều hơn."]
    }
    row.households, row.helped_on = 1, day(51)
    assert list(refusal(row.full_clean)) == ["households"]


def test_a_duty_ends_once_with_its_result(group):
    duty = GroupDutyFactory(group=group, started_on=day(30))
    end = {"duty": duty, "result": "Không mất xe nào", "on": day()}
    assert list(refusal(services.end_duty, ended_on=day(-1), **end)) == ["ended_on"]
    assert list(refusal(services.end_duty, ended_on=day(31), **end)) == ["ended_on"]
    services.end_duty(ended_on=day(2), **end)
    duty.refresh_from_db()
    assert (duty.ended_on, duty.result) == (day(2), "Không mất xe nào")
    assert list(refusal(services.end_duty, ended_on=day(1), **end)) == ["ended_on"]


# --- many households at once ----------------------------------------------------------------------


def test_many_households_join_together_or_none(group, area_a):
    homes = HouseholdFactory.create_batch(3, neighbourhood=area_a)
    rows = services.join_many(group=group, households=homes, joined_on=day(5), on=day())
    assert {row.household for row in rows} == set(homes)
    more = HouseholdFactory(neighbourhood=area_a)
    with pytest.raises(ValidationError) as caught:
        services.join_many(group=group, households=[more, homes[0]], joined_on=day(5), on=day())
    [sentence] = caught.value.messages
    assert sentence.startswith(f"{homes[0].code}, {homes[0].address}: Hộ này đã ở tổ")
    assert group.memberships.count() == 3


def test_many_households_do_not_join_before_the_founding(group, area_a):
    homes = HouseholdFactory.create_batch(2, neighbourhood=area_a)
    said = refusal(services.join_many, group=group, households=homes, joined_on=day(401), on=day())
    assert said == {"joined_on": [f"Tổ thành lập ngày {shown(400)}: hộ không thể vào trước đó."]}
