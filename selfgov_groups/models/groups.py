"""Self-managed household groups (tổ liên gia tự quản): about thirty adjoining households each.

A people's model (NĐ 06/2014), not the statutory tổ bảo vệ ANTT: groups are looked at, never
families. `GroupMembership` is a ledger: a household belongs from `joined_on` until before
`left_on`, to one group at a time; only `services.py` writes it.
"""

import datetime as dt

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Count, Exists, F, Max, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce, Greatest

from households.models import Household, Residence, ResidenceAct
from kylien.areas.models import Neighbourhood
from kylien.core import text
from kylien.core.models import Record, RecordQuerySet, Tracked, TrackedQuerySet
from kylien.core.periods import Period


class GroupQuerySet(RecordQuerySet):
    def active(self):
        return self.filter(dissolved_on=None)

    def active_on(self, day):
        """Return the groups that existed on `day`."""
        return self.filter(Q(dissolved_on=None) | Q(dissolved_on__gt=day), founded_on__lte=day)

    def met_in(self, period):
        """Return the groups that held a meeting in `period`."""
        return self.filter(pk__in=GroupMeeting.objects.held_in(period).values("group"))

    def without_meeting(self, on, days):
        """Return the groups that on the day `on` had held no meeting for more than `days` days;
        a group younger than that is given its time."""
        since = on - dt.timedelta(days=days)
        return self._older_than(since).exclude(pk__in=_groups(meetings__held_on__range=(since, on)))

    def without_contact(self, on, days):
        """Return the groups that on the day `on` no officer had met for more than `days` days; a
        meeting he came to is a contact."""
        since = on - dt.timedelta(days=days)
        return self._older_than(since)._not_met_since(since, on)

    def silent(self, on, days):
        """Return the groups of which on the day `on` nothing was heard for more than `days` days:
        no meeting, no contact with an officer, no news told by the group."""
        since = on - dt.timedelta(days=days)
        told = (Period(since, since).start_at, Period(since, on + dt.timedelta(days=1)).end_at)
        news = _groups(
            reported_incidents__received_at__gte=told[0],
            reported_incidents__received_at__lt=told[1],
        )
        return self.without_meeting(on, days)._not_met_since(since, on).exclude(pk__in=news)

    def _older_than(self, since):
        return self.filter(founded_on__lt=since)

    def _not_met_since(self, since, on):
        came = {"meetings__officer_came": True, "meetings__held_on__range": (since, on)}
        met = _groups(contacts__met_on__range=(since, on))
        return self.exclude(pk__in=met).exclude(pk__in=_groups(**came))

    def without_head(self, on):
        """Return the groups that have no head on the day `on`."""
        heads = _groups(
            Q(officers__ended_on=None) | Q(officers__ended_on__gt=on),
            officers__role="head",
            officers__started_on__lte=on,
        )
        return self.exclude(pk__in=heads)

    def with_last_meeting(self, on=None):
        """Annotate `last_meeting`, the day the group last met (up to `on`), or NULL."""
        return self.annotate(last_meeting=_last("meetings__held_on", on))

    def with_last_contact(self, on=None):
        """Annotate `last_contact`, the day an officer last met the group (up to `on`), at a meeting
        too, or NULL."""
        met = _last("contacts__met_on", on)
        came = _last("meetings__held_on", on, meetings__officer_came=True)
        # NULL makes SQLite's greatest NULL, so each stands in for the other.
        return self.annotate(last_contact=Greatest(Coalesce(met, came), Coalesce(came, met)))

    def with_life(self):
        """Annotate what tells how a group lives: `household_count`, `last_meeting`, `last_contact`,
        `last_news` (a moment), `has_head`; see `standing.py`. As of the last day recorded: nothing
        here lies in the future."""
        members = GroupMembership.objects.filter(group=OuterRef("pk"), left_on=None).order_by()
        heads = _groups(officers__role="head", officers__ended_on=None)
        return (
            self.with_last_meeting()
            .with_last_contact()
            .annotate(
                household_count=Subquery(
                    members.values("group").annotate(n=Count("pk")).values("n")
                ),
                last_news=_last("reported_incidents__received_at"),
                has_head=Exists(heads.filter(pk=OuterRef("pk"))),
            )
        )

    def for_list(self):
        return self.select_related("neighbourhood").with_life()


def _groups(*conditions, **lookups):
    """Return the keys of the groups with such rows behind them."""
    return SelfManagedGroup.objects.filter(*conditions, **lookups).order_by().values("pk")


def _last(path, on=None, **lookups):
    """Return the newest of what a group's rows say, up to the day `on`, or NULL."""
    if on is not None:
        lookups[f"{path}__lte"] = on
    rows = SelfManagedGroup.objects.filter(pk=OuterRef("pk"), **lookups).order_by()
    return Subquery(rows.values("pk").annotate(last=Max(path)).values("last"))


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
            elif self.officers.filter(
                Q(ended_on=None) | Q(ended_on__gt=self.dissolved_on)
            ).exists():
                errors["dissolved_on"] = "Tổ còn tổ trưởng, tổ phó: ghi thôi chức rồi mới giải thể."
            elif self.meetings.planned().exists():
                errors["dissolved_on"] = "Tổ còn cuộc họp dự kiến: huỷ rồi mới giải thể."
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
    def planned(self):
        """Return the meetings still to be held."""
        return self.filter(held_on=None, cancelled_on=None)

    def held(self):
        return self.exclude(held_on=None)

    def held_in(self, period):
        return self.filter(held_on__gte=period.start, held_on__lt=period.end)


class GroupMeeting(Tracked):
    """A meeting of a group: planned for a day, then held, with how many households came, what was
    said, and the minutes."""

    group = models.ForeignKey(
        SelfManagedGroup, models.PROTECT, "meetings", verbose_name="tổ liên gia"
    )
    planned_on = models.DateField("ngày dự kiến", null=True, blank=True)
    held_on = models.DateField("ngày họp", null=True, blank=True)
    attended = models.PositiveSmallIntegerField("số hộ dự", null=True, blank=True)
    officer_came = models.BooleanField("cảnh sát khu vực dự", default=False)
    cancelled_on = models.DateField("huỷ ngày", null=True, blank=True)
    cancel_reason = models.CharField("lý do huỷ", max_length=200, blank=True)
    topics = models.CharField("nội dung", max_length=300)
    outcome = models.TextField("ý kiến, việc cần làm", blank=True, max_length=1000)
    minutes = models.TextField(
        "biên bản", blank=True, max_length=4000, help_text="Không ghi chuyện riêng của từng hộ."
    )

    objects = MeetingQuerySet.as_manager()
    owner_code = "group__code"
    scope_lookup = "group__neighbourhood"
    constraint_fields = {
        "meeting_once_a_day": "held_on",
        "meeting_has_day": "held_on",
        "meeting_held_with_attendance": "attended",
        "meeting_cancelled_with_reason": "cancel_reason",
    }

    class Meta(Tracked.Meta):
        verbose_name = "cuộc họp"
        verbose_name_plural = "cuộc họp"
        ordering = ("-held_on", "-pk")
        indexes = [
            models.Index(fields=["held_on"], name="meeting_day"),
            models.Index(
                fields=["planned_on"],
                name="meeting_planned",
                condition=Q(held_on=None, cancelled_on=None),
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                name="meeting_once_a_day",
                fields=["group", "held_on"],
                violation_error_message="Tổ đã có một cuộc họp ghi ngày này.",
            ),
            models.CheckConstraint(
                name="meeting_has_day",
                condition=Q(planned_on__isnull=False) | Q(held_on__isnull=False),
                violation_error_message="Ghi ngày dự kiến hoặc ngày họp.",
            ),
            models.CheckConstraint(
                name="meeting_held_with_attendance",
                condition=(
                    Q(held_on=None, attended=None)
                    | Q(held_on__isnull=False, attended__isnull=False)
                ),
                violation_error_message="Đã họp thì ghi số hộ dự; chưa họp thì để trống.",
            ),
            models.CheckConstraint(
                name="meeting_cancelled_with_reason",
                condition=(
                    Q(cancelled_on=None, cancel_reason="")
                    | Q(cancelled_on__isnull=False, held_on=None) & ~Q(cancel_reason="")
                ),
                violation_error_message="Huỷ cuộc họp chưa họp thì ghi lý do.",
            ),
        ]

    def __str__(self):
        return f"Họp {text.format_date(self.held_on or self.planned_on)}"

    @property
    def is_open(self):
        """Tell whether the meeting is still to be held."""
        return not self.held_on and not self.cancelled_on

    def clean(self):
        """A meeting falls within the group's life; no more households come than it had that day;
        two are not planned for one day."""
        if not self.group_id:
            return
        name = "held_on" if self.held_on else "planned_on"
        day, group = getattr(self, name), self.group
        if not day or not group.founded_on:
            return
        if day < group.founded_on:
            said = text.format_date(group.founded_on)
            raise ValidationError({name: f"Tổ thành lập ngày {said}: không thể họp trước đó."})
        if group.dissolved_on and day >= group.dissolved_on:
            said = text.format_date(group.dissolved_on)
            raise ValidationError({name: f"Tổ đã giải thể ngày {said}."})
        if self.held_on:
            if self.pk and self.requests.exclude(raised_on=day).exists():
                raise ValidationError({name: "Kiến nghị nêu ở cuộc họp này ghi ngày khác."})
            members = group.memberships.open_on(day).count()
            if self.attended is not None and self.attended > members:
                raise ValidationError(
                    {"attended": f"Ngày họp tổ có {members} hộ: số hộ dự không thể nhiều hơn."}
                )
        elif self.is_open:
            others = group.meetings.planned().filter(planned_on=day).exclude(pk=self.pk)
            if others.exists():
                raise ValidationError({name: "Tổ đã có một cuộc họp dự kiến ngày này."})

    def badge(self, on):
        """Return how the meeting stands on the day `on`: `(tone, word)`."""
        if self.cancelled_on:
            return "mute", "Đã huỷ"
        if self.held_on:
            return "ok", "Đã họp"
        left = (self.planned_on - on).days
        if left < 0:
            return "late", f"Quá ngày {-left} ngày"
        return "due", f"Còn {left} ngày" if left else "Hôm nay"

    def get_absolute_url(self):
        return self.group.get_absolute_url()
