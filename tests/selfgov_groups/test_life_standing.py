"""How groups stand: silent, to meet, to be met, without a head; in SQL and in Python alike; and
what that makes for the worklist."""

import datetime as dt
import random
from types import SimpleNamespace

import pytest

from kylien.core.periods import Period
from selfgov_groups.models import GroupMeeting, GroupOfficer, GroupRule, SelfManagedGroup
from selfgov_groups.rules import Key, Numbers, number
from selfgov_groups.standing import Standing
from selfgov_groups.work import WORK
from tests.factories import (
    GroupContactFactory,
    GroupFactory,
    GroupRequestFactory,
    GroupRuleFactory,
    IncidentFactory,
    MeetingFactory,
    OfficerFactory,
    UserFactory,
    day,
)

pytestmark = pytest.mark.django_db
NUMBERS = Numbers(silent=90, meeting=60, contact=30)
DAY = dt.timedelta(days=1)


def names(rows):
    return sorted(row.name for row in rows)


def moment(ago, hour=12):
    return Period(day(ago), day(ago)).start_at + dt.timedelta(hours=hour)


def news(group, ago, hour=12):
    at = moment(ago, hour)
    return IncidentFactory(
        source="group",
        reporting_group=group,
        neighbourhood=group.neighbourhood,
        occurred_at=at,
        received_at=at,
    )


def test_a_silent_group_neither_met_nor_was_met_nor_told_of_anything():
    for kind, make in (
        ("họp", lambda group, ago: MeetingFactory(group=group, held_on=day(ago))),
        ("gặp", lambda group, ago: GroupContactFactory(group=group, met_on=day(ago))),
        ("tin", news),
    ):
        for ago in (91, 90, 0):
            make(GroupFactory(name=f"{kind} {ago:02}"), ago)
    GroupFactory(name="mới lập", founded_on=day(90))
    GroupFactory(name="lập lâu", founded_on=day(91))
    found = names(SelfManagedGroup.objects.silent(day(), 90))
    assert found == ["gặp 91", "họp 91", "lập lâu", "tin 91"]


@pytest.mark.parametrize(("ago", "hour", "silent"), [(90, 0, False), (91, 23, True)])
def test_news_counts_from_its_local_day_on(ago, hour, silent):
    news(GroupFactory(), ago, hour)
    assert SelfManagedGroup.objects.silent(day(), 90).exists() is silent


def test_silence_can_be_asked_of_a_past_day():
    group = GroupFactory()
    MeetingFactory(group=group, held_on=day(10))
    GroupContactFactory(group=group, met_on=day(5))
    news(group, 3)
    silent = SelfManagedGroup.objects.silent
    assert [silent(day(ago), 90).exists() for ago in (11, 10)] == [True, False]


def test_contact_is_a_visit_or_a_meeting_the_officer_came_to():
    for name, came in (("dự", True), ("vắng", False)):
        MeetingFactory(group=GroupFactory(name=name), held_on=day(10), officer_came=came)
    for ago in (31, 30):
        GroupContactFactory(group=GroupFactory(name=f"gặp {ago}"), met_on=day(ago))
    assert names(SelfManagedGroup.objects.without_contact(day(), 30)) == ["gặp 31", "vắng"]
    last = {row.name: row.last_contact for row in SelfManagedGroup.objects.with_life()}
    assert last == {"dự": day(10), "vắng": None, "gặp 31": day(31), "gặp 30": day(30)}


def test_the_last_contact_is_the_later_of_visit_and_meeting():
    group = GroupFactory()
    MeetingFactory(group=group, held_on=day(10), officer_came=True)
    GroupContactFactory(group=group, met_on=day(20))
    assert SelfManagedGroup.objects.with_life().get().last_contact == day(10)
    assert SelfManagedGroup.objects.with_last_contact(day(11)).get().last_contact == day(20)


def test_without_a_head_are_groups_whose_head_left_or_never_was():
    OfficerFactory(group=GroupFactory(name="có"))
    OfficerFactory(group=GroupFactory(name="thôi"), ended_on=day(5))
    OfficerFactory(group=GroupFactory(name="phó"), role=GroupOfficer.Role.DEPUTY)
    GroupFactory(name="chưa")
    assert names(SelfManagedGroup.objects.without_head(day())) == ["chưa", "phó", "thôi"]
    assert names(SelfManagedGroup.objects.without_head(day(6))) == ["chưa", "phó"]


@pytest.mark.parametrize("seed", range(3))
def test_page_and_list_say_the_same_of_random_groups(seed):
    rng = random.Random(seed)
    for _ in range(25):
        group = GroupFactory(founded_on=day(rng.choice((20, 40, 70, 100, 400))))
        age = (day() - group.founded_on).days
        for make in (
            lambda g, ago: MeetingFactory(
                group=g, held_on=day(ago), officer_came=rng.random() < 0.3
            ),
            lambda g, ago: GroupContactFactory(group=g, met_on=day(ago)),
            news,
        ):
            if rng.random() < 0.5:
                make(group, rng.randint(0, min(age, 120)))
        if rng.random() < 0.5:
            OfficerFactory(group=group, ended_on=rng.choice((None, day(3))))
    rows = SelfManagedGroup.objects
    said = {
        "silent": rows.silent(day(), 90),
        "to_meet": rows.without_meeting(day(), 60),
        "to_be_met": rows.without_contact(day(), 30),
        "no_head": rows.without_head(day()),
    }
    stand = {row.pk: Standing(row, day(), NUMBERS) for row in rows.with_life()}
    found = {
        "silent": {pk for pk, one in stand.items() if one.silent},
        "to_meet": {pk for pk, one in stand.items() if one.to_meet},
        "to_be_met": {pk for pk, one in stand.items() if one.to_be_met},
        "no_head": {pk for pk, one in stand.items() if not one.group.has_head},
    }
    for key, queryset in said.items():
        assert {row.pk for row in queryset} == found[key], key
        assert 0 < len(found[key]) < 25, key  # the draw holds both kinds


def standing(**fields):
    row = {
        "founded_on": day(400),
        "dissolved_on": None,
        "last_meeting": day(5),
        "last_contact": day(5),
        "last_news": None,
        "has_head": True,
        **fields,
    }
    return Standing(SimpleNamespace(**row), day(), NUMBERS)


@pytest.mark.parametrize(
    ("fields", "badge", "reasons"),
    [
        ({}, ("ok", "Đang hoạt động"), 0),
        ({"last_contact": day(31)}, ("due", "Quá hạn gặp"), 1),
        ({"last_contact": None, "has_head": False}, ("due", "Chưa có tổ trưởng"), 2),
        ({"last_meeting": day(61), "has_head": False}, ("late", "Quá hạn họp"), 2),
        ({"last_meeting": None, "last_contact": None}, ("late", "Im ắng"), 1),
        ({"dissolved_on": day(1), "last_meeting": None}, ("mute", "Đã giải thể"), 0),
    ],
)
def test_the_gravest_lack_is_the_badge_and_all_are_told(fields, badge, reasons):
    one = standing(**fields)
    assert (one.badge, len(one.reasons)) == (badge, reasons)


# --- the numbers ----------------------------------------------------------------------------------


def test_the_numbers_are_rows_that_the_day_chooses():
    assert Numbers.on(day()) == Numbers(silent=90, meeting=92, contact=30)
    GroupRuleFactory(key=Key.CONTACT_DAYS, value=14, valid_from=day(10))
    assert [Numbers.on(day(ago)).contact for ago in (11, 10)] == [30, 14]
    group = GroupFactory()
    for ago, value in ((11, 30), (10, 14), (9999, 30)):
        rows = SelfManagedGroup.objects.annotate(n=number(Key.CONTACT_DAYS, day(ago)))
        assert rows.get(pk=group.pk).n == value


# --- the worklist ---------------------------------------------------------------------------------


def work(kind, user, until, on=None):
    """Return `{key of the page: day}` of the work of a kind."""
    found = next(item for item in WORK if item.kind == kind)
    rows = found.rows(user, on or day(), until)
    return dict(rows.values_list(found.key, found.day or "pk"))


def test_a_group_is_to_meet_by_the_wards_number_of_days(chief):
    GroupRule.objects.filter(key=Key.MEETING_DAYS).update(value=60)
    group = GroupFactory(founded_on=day(400))
    MeetingFactory(group=group, held_on=day(50))
    MeetingFactory(group=group, held_on=day(55))
    assert work("group", chief, day(-9)) == {}
    assert work("group", chief, day(-10)) == {group.pk: day(-10)}
    then = day(51)  # when the last meeting was still to come
    assert work("group", chief, then + 57 * DAY, on=then) == {group.pk: day(55) + 60 * DAY}


def test_a_group_with_a_meeting_ahead_is_work_of_that_meeting(chief):
    group = GroupFactory(founded_on=day(400))
    assert list(work("group", chief, day())) == [group.pk]
    meeting = MeetingFactory(group=group, planned_on=day(-7), held_on=None, attended=None)
    assert work("group", chief, day()) == {}
    assert work("meeting", chief, day(-6)) == {}
    assert work("meeting", chief, day(-7)) == {group.pk: day(-7)}
    past = day(-8)
    assert work("meeting", chief, past, on=past) == {group.pk: day(-7)}  # until it is noted
    assert list(work("group", chief, past, on=past)) == [group.pk]
    GroupMeeting.objects.filter(pk=meeting.pk).update(cancelled_on=day(), cancel_reason="Mưa")
    assert work("meeting", chief, past) == {}


def test_a_group_is_to_be_met_after_the_last_contact_or_the_founding(chief):
    seen, young = GroupFactory(), GroupFactory(founded_on=day(10))
    GroupContactFactory(group=seen, met_on=day(25))
    GroupFactory(dissolved_on=day(1))
    assert work("contact", chief, day(-4)) == {}
    assert work("contact", chief, day(-5)) == {seen.pk: day(-5)}
    assert work("contact", chief, day(-20)) == {seen.pk: day(-5), young.pk: day(-20)}


def test_a_request_is_work_until_it_is_answered(chief):
    row = GroupRequestFactory(raised_on=day(20), due_on=day(-7))
    assert work("request", chief, day(-6)) == {}
    assert work("request", chief, day(-7)) == {row.pk: day(-7)}
    row.done_on, row.result = day(), "Đã làm"
    row.save()
    assert work("request", chief, day(-7)) == {}


def test_work_is_that_of_the_officers_own_groups(officer_a, area_a, area_b):
    own = GroupFactory(neighbourhood=area_a, founded_on=day(400))
    GroupRequestFactory(group=own, due_on=day())
    MeetingFactory(
        group=GroupFactory(neighbourhood=area_b),
        planned_on=day(),
        held_on=None,
        attended=None,
    )
    GroupRequestFactory(group=GroupFactory(neighbourhood=area_b), due_on=day())
    found = {item.kind: len(work(item.kind, officer_a, day())) for item in WORK}
    assert (found["group"], found["meeting"], found["contact"], found["request"]) == (1, 0, 1, 1)


def test_who_may_not_look_has_no_such_work():
    stranger = UserFactory()
    assert not any(item.may(stranger) for item in WORK)
