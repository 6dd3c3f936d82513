"""Acts on the life of a group: offices and their terms, meetings planned, held and called off.

Each is one transaction that locks the group (or the meeting) first, so that two desks cannot enter
two heads. `on` is today. Raises ValidationError, its sentences keyed by field.
"""

from django.core.exceptions import ValidationError
from django.db import transaction

from households.models import Residence
from kylien.core import text
from selfgov_groups.models import GroupMeeting, GroupOfficer, SelfManagedGroup

Role = GroupOfficer.Role


# --- offices --------------------------------------------------------------------------------------


@transaction.atomic
def take_office(
    *, group, resident, role, started_on, on, ended_on=None, recognised_by="", replaces=False
):
    """Enter the term of a head or deputy and return it; with `replaces` the head in office ends on
    the day it starts.

    Raises ValidationError where the resident lived in no household of the group on `started_on`,
    the days lie outside the group's life or after `on`, or the term overlaps that of another head
    or another office of the same person.
    """
    _lock(group)
    if replaces and role == Role.HEAD:
        former = group.officers.filter(role=Role.HEAD, ended_on=None).first()
        if former:
            if started_on <= former.started_on:
                said = f"Tổ trưởng đang giữ chức {former.term}: người mới phải bắt đầu sau đó."
                raise ValidationError({"started_on": said})
            end_office(officer=former, ended_on=started_on, on=on)
    row = GroupOfficer(
        group=group,
        resident=resident,
        role=role,
        started_on=started_on,
        ended_on=ended_on,
        recognised_by=recognised_by,
    )
    return _write(row, on)


@transaction.atomic
def end_office(*, officer, ended_on, on):
    """End a term on `ended_on`, the first day it no longer holds, and return it.

    Raises ValidationError where it has ended already, or the day is not after its start or is after
    `on`.
    """
    _lock(officer.group)
    officer.refresh_from_db()
    if officer.ended_on:
        said = text.format_date(officer.ended_on)
        raise ValidationError({"ended_on": f"Nhiệm kỳ này đã kết thúc ngày {said} rồi."})
    officer.ended_on = ended_on
    return _write(officer, on)


@transaction.atomic
def mend_office(*, officer, role, started_on, ended_on, recognised_by, on):
    """Correct a term that was entered wrongly, and return it. Raises as `take_office` does."""
    _lock(officer.group)
    officer.refresh_from_db()
    officer.role, officer.recognised_by = role, recognised_by
    officer.started_on, officer.ended_on = started_on, ended_on
    return _write(officer, on)


def check_office(row, on):
    """Check what a term must meet beyond its own row. Raises ValidationError, keyed by field."""
    group, start, end = row.group, row.started_on, row.ended_on
    if end and end <= start:
        raise ValidationError({"ended_on": "Nhiệm kỳ phải kết thúc sau khi bắt đầu."})
    errors = {}
    if start > on:
        errors["started_on"] = "Nhiệm kỳ không thể bắt đầu sau hôm nay."
    elif start < group.founded_on:
        day = text.format_date(group.founded_on)
        errors["started_on"] = f"Tổ thành lập ngày {day}: không thể giữ chức trước đó."
    if end and end > on:
        errors["ended_on"] = "Ngày thôi chức không thể sau hôm nay."
    elif group.dissolved_on and (end is None or end > group.dissolved_on):
        day = text.format_date(group.dissolved_on)
        errors["ended_on"] = f"Tổ đã giải thể ngày {day}: không thể giữ chức sau đó."
    if "started_on" not in errors and not is_member(group, row.resident, start):
        day = text.format_date(start)
        errors["resident"] = f"Ngày {day} người này không ở hộ nào trong tổ."
    others = group.officers.exclude(pk=row.pk).overlapping(start, end).select_related("resident")
    others = others.order_by("started_on", "pk")
    same = others.filter(resident=row.resident_id).first()
    head = others.filter(role=Role.HEAD).first() if row.role == Role.HEAD else None
    if same:
        word = same.get_role_display().lower()
        errors["resident"] = f"Người này đã là {word} {same.term}: nhiệm kỳ bị trùng."
    elif head:
        name = head.resident.full_name
        errors["role"] = f"Tổ đã có tổ trưởng {name} {head.term}: nhiệm kỳ bị trùng."
    if errors:
        raise ValidationError(errors)


def is_member(group, resident, day):
    """Tell whether a resident lived on `day` in a household that belonged to `group` then."""
    homes = group.memberships.open_on(day).order_by().values("household")
    stays = Residence.objects.open_on(day)
    return stays.filter(resident=resident, household__in=homes).exists()


def _write(row, on):
    row.clean_fields(exclude=["group", "resident"])
    check_office(row, on)  # before the constraints, whose sentences do not name the other term
    row.full_clean(exclude=["group", "resident"])
    row.save()
    return row


def _lock(group):
    SelfManagedGroup.objects.select_for_update().get(pk=group.pk)


# --- meetings -------------------------------------------------------------------------------------


@transaction.atomic
def plan_meeting(*, group, planned_on, topics, on):
    """Plan a meeting and return it.

    Raises ValidationError where the day is before `on`, the group has one planned for it, or the
    group is dissolved.
    """
    _lock(group)
    return move_meeting(
        meeting=GroupMeeting(group=group), planned_on=planned_on, topics=topics, on=on
    )


@transaction.atomic
def move_meeting(*, meeting, planned_on, topics, on):
    """Change the day or the topics of a meeting still to be held; raises as `plan_meeting` does."""
    if meeting.pk:
        _open(meeting, "planned_on")
    if planned_on < on and planned_on != meeting.planned_on:
        said = "Ngày dự kiến không thể trước hôm nay; đã họp thì bấm Ghi cuộc họp."
        raise ValidationError({"planned_on": said})
    meeting.planned_on, meeting.topics = planned_on, topics
    meeting.full_clean(exclude=["group"])
    meeting.save()
    return meeting


@transaction.atomic
def hold_meeting(*, meeting, held_on, attended, topics, on, **said):
    """Note that a meeting was held and return it: one that was planned (`meeting` is a row), or a
    new one of its group, which takes the place of one planned for that very day. `said`:
    `officer_came`, `outcome`, `minutes`.

    Raises ValidationError where it was held or called off already, the day is after `on` or outside
    the group's life, or more households came than belonged that day.
    """
    if meeting.pk:
        _open(meeting, "held_on")
    if held_on > on:
        raise ValidationError({"held_on": "Ngày họp không thể sau hôm nay."})
    if not meeting.pk:
        _lock(meeting.group)
        meeting = meeting.group.meetings.planned().filter(planned_on=held_on).first() or meeting
    meeting.held_on, meeting.attended, meeting.topics = held_on, attended, topics
    for name, value in said.items():
        setattr(meeting, name, value)
    meeting.full_clean(exclude=["group"])
    meeting.save()
    return meeting


@transaction.atomic
def call_off_meeting(*, meeting, reason, on):
    """Call off a planned meeting, with the reason, and return it: the plan stays to be read.

    Raises ValidationError where it was held or called off already.
    """
    _open(meeting, "cancel_reason")
    meeting.cancelled_on, meeting.cancel_reason = on, reason
    meeting.full_clean(exclude=["group"])
    meeting.save()
    return meeting


def _open(meeting, field):
    """Read the meeting anew and lock it; refuse where it is over, the sentence at `field`."""
    GroupMeeting.objects.select_for_update().get(pk=meeting.pk)
    meeting.refresh_from_db()
    if meeting.held_on:
        said = f"Cuộc họp này đã ghi họp ngày {text.format_date(meeting.held_on)}."
        raise ValidationError({field: said})
    if meeting.cancelled_on:
        said = f"Cuộc họp này đã huỷ ngày {text.format_date(meeting.cancelled_on)}."
        raise ValidationError({field: said})


# --- requests, duties -----------------------------------------------------------------------------


@transaction.atomic
def answer_request(*, request, done_on, result, on):
    """Note the answer to a group's request, or mend it, and return the request.

    Raises ValidationError where the day is after `on` or before the request was raised, or where
    nothing is said of the result.
    """
    type(request).objects.select_for_update().get(pk=request.pk)
    request.refresh_from_db()
    if done_on > on:
        raise ValidationError({"done_on": "Ngày trả lời không thể sau hôm nay."})
    request.done_on, request.result = done_on, result
    request.full_clean(exclude=["group", "meeting", "owner"])
    request.save()
    return request


@transaction.atomic
def end_duty(*, duty, ended_on, result, on):
    """End what a group looked after itself, with what came of it, and return it.

    Raises ValidationError where it has ended already or the day is before its start or after `on`.
    """
    type(duty).objects.select_for_update().get(pk=duty.pk)
    duty.refresh_from_db()
    if duty.ended_on:
        said = text.format_date(duty.ended_on)
        raise ValidationError({"ended_on": f"Việc này đã thôi từ ngày {said} rồi."})
    if ended_on > on:
        raise ValidationError({"ended_on": "Ngày thôi không thể sau hôm nay."})
    duty.ended_on, duty.result = ended_on, result
    duty.full_clean(exclude=["group"])
    duty.save()
    return duty
