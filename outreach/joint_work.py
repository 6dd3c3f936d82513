"""What there is to do with joint resolutions, directives, awards and disasters: `JOINT_WORK`, which
`outreach/work.py` takes into its `WORK`."""

import datetime as dt

from django.db.models import CharField, F, Value
from django.db.models.functions import Coalesce, Concat

from kylien.core.work import Work, page_of
from outreach.models import Award, Directive, Disaster, DutyShift, Fulfilment, JointResolution

SOON_DAYS = 14  # commitments and directives are told that many days before their day
PATIENCE_DAYS = 30  # a proposal undecided for longer is asked after

FOR_WHOM = Coalesce(
    "group__name", "partner__name", "campaign__name", "recipient", output_field=CharField()
)


def open_times(user, on, until):
    """Return the times of commitments due up to `until`: of what has not ended."""
    return Fulfilment.objects.visible_to(user).open(on).filter(due_on__lte=until)


def open_directives(user, on, until):
    """Return the directives that are the user's own; all of them to who keeps the register."""
    rows = Directive.objects.visible_to(user).due(on, (until - on).days)
    keeps = user.has_perm("outreach.change_directive")
    return rows if keeps else rows.filter(owner=user)


def awards_to_announce(user, on, until):
    return Award.objects.visible_to(user).unnoticed()


def awards_to_ask_after(user, on, until):
    long_ago = on - dt.timedelta(days=PATIENCE_DAYS)
    return Award.objects.visible_to(user).undecided().filter(proposed_on__lte=long_ago)


def shifts_of_two_days(user, on, until):
    """Return the shifts of today and tomorrow: all of them for who keeps the roster, else one's
    own."""
    last = min(until, on + dt.timedelta(days=1))
    rows = DutyShift.objects.visible_to(user).filter(day__gte=on, day__lte=last)
    return rows if user.has_perm("outreach.change_dutyshift") else rows.filter(officer=user)


JOINT_WORK = (
    Work(
        kind="commitment",
        label="Cam kết liên tịch",
        permission="outreach.view_fulfilment",
        rows=open_times,
        day="due_on",
        name="commitment__content",
        detail=Coalesce("commitment__partner__name", Value("Công an phường")),
        area="",
        key="commitment__resolution_id",
        url=page_of(JointResolution),
        soon=SOON_DAYS,
    ),
    Work(
        kind="directive",
        label="Văn bản chỉ đạo",
        permission="outreach.view_directive",
        rows=open_directives,
        day="due_on",
        name="content",
        detail=Concat("number", Value(" · "), "title", output_field=CharField()),
        area="",
        url=page_of(Directive),
        soon=SOON_DAYS,
    ),
    Work(
        kind="award-notice",
        label="Công bố khen thưởng",
        permission="outreach.view_award",
        rows=awards_to_announce,
        since="decided_on",
        since_word="Quyết định",
        name=FOR_WHOM,
        detail=F("deed"),
        url=page_of(Award),
    ),
    Work(
        kind="award-decision",
        label="Đề nghị khen chưa có quyết định",
        permission="outreach.view_award",
        rows=awards_to_ask_after,
        since="proposed_on",
        since_word="Đề nghị",
        name=FOR_WHOM,
        detail=F("deed"),
        url=page_of(Award),
    ),
    Work(
        kind="disaster-shift",
        label="Trực thiên tai",
        permission="outreach.view_dutyshift",
        rows=shifts_of_two_days,
        day="day",
        name="officer__full_name",
        detail=Concat("hours", Value(" · "), "disaster__name", output_field=CharField()),
        area="",
        key="disaster_id",
        url=page_of(Disaster),
        soon=1,
    ),
)
