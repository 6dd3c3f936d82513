"""What there is to do with groups: to meet, meetings planned, requests to answer, groups to see."""

from django.db.models.functions import Coalesce, Greatest

from kylien.core.work import AddDays, Work, page_of
from selfgov_groups import evaluation_work
from selfgov_groups.models import GroupMeeting, GroupRequest, SelfManagedGroup
from selfgov_groups.rules import Key, number

SOON_DAYS = 7


def groups_to_meet(user, on, until):
    """Return the groups whose next meeting is to be held up to `until`: so many days (the ward's
    number) after the last one, or after the founding. Past that day one is `without_meeting()`;
    one with a meeting planned from today on is work of that kind."""
    planned = GroupMeeting.objects.planned().filter(planned_on__gte=on).order_by()
    rows = SelfManagedGroup.objects.visible_to(user).active().with_last_meeting(on)
    rows = rows.exclude(pk__in=planned.values("group"))
    last = Greatest(Coalesce("last_meeting", "founded_on"), "founded_on")
    days = number(Key.MEETING_DAYS, on)
    return (
        rows.annotate(last_met=last)
        .annotate(meet_by=AddDays("last_met", days))
        .filter(meet_by__lte=until)
    )


def groups_to_see(user, on, until):
    """Return the groups an officer is to meet up to `until`: so many days (the ward's number) after
    the last contact, or after the founding."""
    rows = SelfManagedGroup.objects.visible_to(user).active().with_last_contact(on)
    last = Greatest(Coalesce("last_contact", "founded_on"), "founded_on")
    days = number(Key.CONTACT_DAYS, on)
    return (
        rows.annotate(last_seen=last)
        .annotate(see_by=AddDays("last_seen", days))
        .filter(see_by__lte=until)
    )


def planned_meetings(user, on, until):
    return GroupMeeting.objects.visible_to(user).planned().filter(planned_on__lte=until)


def open_requests(user, on, until):
    return GroupRequest.objects.visible_to(user).due(on, (until - on).days)


WORK = (
    Work(
        kind="group",
        label="Họp tổ liên gia",
        permission="selfgov_groups.view_selfmanagedgroup",
        rows=groups_to_meet,
        day="meet_by",
        name="name",
        detail="code",
        url=page_of(SelfManagedGroup),
        soon=SOON_DAYS,
    ),
    Work(
        kind="meeting",
        label="Họp tổ đã lên lịch",
        permission="selfgov_groups.view_groupmeeting",
        rows=planned_meetings,
        day="planned_on",
        name="group__name",
        detail="topics",
        area="group__neighbourhood",
        key="group_id",
        url=page_of(SelfManagedGroup),
        soon=SOON_DAYS,
    ),
    Work(
        kind="contact",
        label="Gặp tổ liên gia",
        permission="selfgov_groups.view_groupcontact",
        rows=groups_to_see,
        day="see_by",
        name="name",
        detail="code",
        url=page_of(SelfManagedGroup),
        soon=SOON_DAYS,
    ),
    Work(
        kind="request",
        label="Kiến nghị của tổ",
        permission="selfgov_groups.view_grouprequest",
        rows=open_requests,
        day="due_on",
        name="group__name",
        detail="content",
        area="group__neighbourhood",
        url=page_of(GroupRequest),
        soon=SOON_DAYS,
    ),
    *evaluation_work.WORK,
)
