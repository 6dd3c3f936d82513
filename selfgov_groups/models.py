"""Self-managed household groups (tổ liên gia tự quản): about thirty adjoining households each.

A people's model (NĐ 06/2014), not the statutory tổ bảo vệ ANTT: groups are looked at, never
families. `GroupMembership` is a ledger: a household belongs from `joined_on` until before
`left_on`, to one group at a time; only `services.py` writes it.
"""

import datetime as dt

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Count, F, Max, OuterRef, Q, Subquery

from households.models import Household, Residence, ResidenceAct
from kylien.areas.models import Neighbourhood
from kylien.core import text
from kylien.core.models import Record, RecordQuerySet, Tracked, TrackedQuerySet


class GroupQuerySet(RecordQuerySet):
    def active(self):
        return self.filter(dissolved_on=None)

    def active_on(self, day):
        """Return the groups that existed on `day`."""
        return self.filter(Q(dissolved_on=None) | Q(dissolved_on__gt=day), founded_on__lte=day)

    def met_in(self, period):
        """Return the groups that held a meeting in `period`."""
        return self.filter(pk__in=GroupMeeting.objects.held_in(period).values("group"))

    def silent(self, on, days):
        """Return the groups that on the day `on` had held no meeting for more than `days` days;
        a group younger than that is given its time."""
        since = on - dt.timedelta(days=days)
        held = GroupMeeting.objects.filter(held_on__gte=since, held_on__lte=on)
        return self.filter(founded_on__lt=since).exclude(pk__in=held.values("group"))

    def for_list(self):
        members = GroupMembership.objects.filter(group=OuterRef("pk"), left_on=None).order_by()
        meetings = GroupMeeting.objects.filter(group=OuterRef("pk")).order_by()
        return self.select_related("neighbourhood").annotate(
            household_count=Subquery(members.values("group").annotate(n=Count("pk")).values("n")),
            last_meeting=Subquery(
                meetings.values("group").annotate(last=Max("held_on")).values("last")
            ),
        )


class SelfManagedGroup(Record):
    """A group of adjoining households that looks after people, property and order together."""

    name = models.CharField("tên tổ", max_length=100)
    neighbourhood = models.ForeignKey(
        Neighbourhood, models.PROTECT, "groups", verbose_name="tổ dân phố"
    )
    founded_on = models.DateField("ngày thành lập")
    dissolved_on = models.DateField("ngày giải thể", null=True, blank=True)
    note = models.TextField("ghi chú", blank=True, max_length=500)

    objects = GroupQuerySet.as_manager()
    code_prefix = "TLG"
    code_width = 3
    derived_from = ("name",)
    constraint_fields = {
        "group_dissolved_after_founded": "dissolved_on",
        "group_name_once_in_neighbourhood": "name",
    }

    class Meta(Record.Meta):
        verbose_name = "tổ liên gia"
        verbose_name_plural = "tổ liên gia"
        constraints = [
            models.CheckConstraint(
                name="group_dissolved_after_founded",
                condition=Q(dissolved_on=None) | Q(dissolved_on__gte=F("founded_on")),
                violation_error_message="Ngày giải thể không thể trước ngày thành lập.",
            ),
            models.UniqueConstraint(
                name="group_name_once_in_neighbourhood",
                fields=["neighbourhood", "name"],
                violation_error_message="Tổ dân phố đã có tổ liên gia tên này.",
            ),
        ]

    def __str__(self):
        return self.name

    def clean(self):
        """A group keeps its neighbourhood once it has households, and ends only without any."""
        if not self.pk:
            return
        errors = {}
        rows = self.memberships.all()
        if rows.exclude(household__neighbourhood=self.neighbourhood_id).exists():
            errors["neighbourhood"] = (
                "Tổ đã có hộ thì không đổi tổ dân phố: giải thể rồi lập tổ mới ở nơi kia."
            )
        first = rows.order_by("joined_on").first()
        if first and self.founded_on and first.joined_on < self.founded_on:
            day = text.format_date(first.joined_on)
            errors["founded_on"] = f"Tổ đã có hộ vào ngày {day}: không thể thành lập sau đó."
        if self.dissolved_on:
            current = rows.current().count()
            last = rows.order_by(F("left_on").desc(nulls_last=True)).first()
            if current:
                errors["dissolved_on"] = (
                    f"Tổ còn {current} hộ: cho từng hộ ra khỏi tổ rồi mới giải thể."
                )
            elif last and last.left_on > self.dissolved_on:
                day = text.format_date(last.left_on)
                errors["dissolved_on"] = f"Ngày {day} tổ còn hộ: không thể giải thể trước đó."
        if errors:
            raise ValidationError(errors)

    def search_parts(self):
        return self.name, ()

    def as_option(self):
        return {"code": self.code, "label": self.name, "detail": str(self.neighbourhood)}

    def state_badge(self):
        return ("mute", "Đã giải thể") if self.dissolved_on else ("ok", "Đang hoạt động")


class MembershipQuerySet(TrackedQuerySet):
    def for_list(self):
        """Return the rows with their households and those households' heads today."""
        head = Residence.objects.filter(
            household=OuterRef("household"), ended_on=None, relation=Residence.Relation.HEAD
        ).order_by()
        return self.select_related("household").annotate(
            head_name=Subquery(head.values("resident__full_name")[:1])
        )

    def open_on(self, day):
        """Return the memberships in force on `day` (the day of leaving is not in them)."""
        return self.filter(Q(left_on=None) | Q(left_on__gt=day), joined_on__lte=day)

    def current(self):
        """Return the memberships not ended; none starts or ends in the future."""
        return self.filter(left_on=None)

    def overlapping(self, start, end=None):
        """Return the memberships that share a day with `[start, end)`, end empty meaning open."""
        rows = self.filter(Q(left_on=None) | Q(left_on__gt=start))
        return rows if end is None else rows.filter(joined_on__lt=end)


class GroupMembership(Tracked):
    """A household belongs to a group from `joined_on` until before `left_on`; to one at a time."""

    group = models.ForeignKey(
        SelfManagedGroup, models.PROTECT, "memberships", verbose_name="tổ liên gia"
    )
    household = models.ForeignKey(Household, models.PROTECT, "group_memberships", verbose_name="hộ")
    joined_on = models.DateField("vào tổ ngày")
    left_on = models.DateField("ra khỏi tổ ngày", null=True, blank=True)
    # The act that closed the household and so ended this; undoing it takes the household back in.
    left_by = models.ForeignKey(
        ResidenceAct, models.PROTECT, "memberships_ended", null=True, editable=False
    )

    objects = MembershipQuerySet.as_manager()
    owner_code = "group__code"
    scope_lookup = "group__neighbourhood"
    unrecorded_fields = (*Tracked.unrecorded_fields, "left_by")
    constraint_fields = {
        "membership_left_after_joined": "left_on",
        "membership_one_open": "household",
    }

    class Meta(Tracked.Meta):
        verbose_name = "hộ trong tổ"
        verbose_name_plural = "hộ trong tổ"
        ordering = ("-joined_on", "-pk")
        indexes = [models.Index(fields=["group", "left_on"], name="membership_of_group")]
        constraints = [
            models.CheckConstraint(
                name="membership_left_after_joined",
                condition=Q(left_on=None) | Q(left_on__gte=F("joined_on")),
                violation_error_message="Ngày ra khỏi tổ không thể trước ngày vào tổ.",
            ),
            models.UniqueConstraint(
                name="membership_one_open",
                fields=["household"],
                condition=Q(left_on=None),
                violation_error_message="Hộ này đang ở một tổ liên gia khác.",
            ),
        ]

    def __str__(self):
        return f"Vào tổ ngày {text.format_date(self.joined_on)}"


class MeetingQuerySet(TrackedQuerySet):
    def held_in(self, period):
        return self.filter(held_on__gte=period.start, held_on__lt=period.end)


class GroupMeeting(Tracked):
    """A meeting that a group held, with how many households came and what was said."""

    group = models.ForeignKey(
        SelfManagedGroup, models.PROTECT, "meetings", verbose_name="tổ liên gia"
    )
    held_on = models.DateField("ngày họp")
    attended = models.PositiveSmallIntegerField("số hộ dự")
    topics = models.CharField("nội dung", max_length=300)
    outcome = models.TextField("ý kiến, việc cần làm", blank=True, max_length=1000)

    objects = MeetingQuerySet.as_manager()
    owner_code = "group__code"
    scope_lookup = "group__neighbourhood"
    constraint_fields = {"meeting_once_a_day": "held_on"}

    class Meta(Tracked.Meta):
        verbose_name = "cuộc họp"
        verbose_name_plural = "cuộc họp"
        ordering = ("-held_on", "-pk")
        indexes = [models.Index(fields=["held_on"], name="meeting_day")]
        constraints = [
            models.UniqueConstraint(
                name="meeting_once_a_day",
                fields=["group", "held_on"],
                violation_error_message="Tổ đã có một cuộc họp ghi ngày này.",
            ),
        ]

    def __str__(self):
        return f"Họp {text.format_date(self.held_on)}"

    def clean(self):
        """A meeting falls within the group's life; no more households come than it had that day."""
        if not self.group_id or not self.held_on:
            return
        group = self.group
        if self.held_on < group.founded_on:
            day = text.format_date(group.founded_on)
            raise ValidationError({"held_on": f"Tổ thành lập ngày {day}: không thể họp trước đó."})
        if group.dissolved_on and self.held_on >= group.dissolved_on:
            day = text.format_date(group.dissolved_on)
            raise ValidationError({"held_on": f"Tổ đã giải thể ngày {day}."})
        members = group.memberships.open_on(self.held_on).count()
        if self.attended is not None and self.attended > members:
            raise ValidationError(
                {"attended": f"Ngày họp tổ có {members} hộ: số hộ dự không thể nhiều hơn."}
            )

    def get_absolute_url(self):
        return self.group.get_absolute_url()
