"""What there is to do with groups: those that are to meet."""

from django.db.models import OuterRef, Subquery
from django.db.models.functions import Coalesce, Greatest

from kylien.core.work import AddDays, Work, page_of
from selfgov_groups.filters import SILENT_DAYS
from selfgov_groups.models import GroupMeeting, SelfManagedGroup


def groups_to_meet(user, on, until):
    """Return the groups whose next meeting is to be held up to `until`: `SILENT_DAYS` after the
    last one, or after the founding. Past that day a group is `silent()`."""
    held = GroupMeeting.objects.filter(group=OuterRef("pk"), held_on__lte=on)
    last = Coalesce(Subquery(held.order_by("-held_on").values("held_on")[:1]), "founded_on")
    rows = SelfManagedGroup.objects.visible_to(user).active()
    rows = rows.annotate(last_met=Greatest(last, "founded_on"))
    return rows.annotate(meet_by=AddDays("last_met", SILENT_DAYS)).filter(meet_by__lte=until)


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
        soon=7,
    ),
)
