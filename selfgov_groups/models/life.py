"""The life of a group: its officers, requests, contacts, mutual help, its own duties."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q

from households.models import Resident
from kylien.areas.tasks import OwnedTask, TaskQuerySet, task_constraints, task_fields
from kylien.core import text
from kylien.core.models import Record, RecordQuerySet, Tracked, TrackedQuerySet
from selfgov_groups.models.groups import GroupMeeting, SelfManagedGroup


def check_life(row, name):
    """Check that the day `name` of a row lies within the life of its group. Raises ValidationError,
    keyed by that field."""
    day = getattr(row, name)
    if not row.group_id or not day:
        return
    group = row.group
    if day < group.founded_on:
        said = text.format_date(group.founded_on)
        raise ValidationError({name: f"Tổ thành lập ngày {said}: không thể trước đó."})
    if group.dissolved_on and day >= group.dissolved_on:
        said = text.format_date(group.dissolved_on)
        raise ValidationError({name: f"Tổ đã giải thể ngày {said}."})


class OfficerQuerySet(TrackedQuerySet):
    def open_on(self, day):
        """Return the terms in force on `day` (the day a term ends is not in it)."""
        return self.filter(Q(ended_on=None) | Q(ended_on__gt=day), started_on__lte=day)

    def overlapping(self, start, end=None):
        """Return the terms that share a day with `[start, end)`, end empty meaning open."""
        rows = self.filter(Q(ended_on=None) | Q(ended_on__gt=start))
        return rows if end is None else rows.filter(started_on__lt=end)


class GroupOfficer(Tracked):
    """The head of a group or a deputy, for a term `[started_on, ended_on)`.

    One head at a time; nobody holds two offices of a group at once. Elected by the households and
    recognised by the ward's committee (provincial rules).
    """

    class Role(models.TextChoices):
        HEAD = "head", "Tổ trưởng"
        DEPUTY = "deputy", "Tổ phó"

    group = models.ForeignKey(
        SelfManagedGroup, models.PROTECT, "officers", verbose_name="tổ liên gia"
    )
    resident = models.ForeignKey(
        Resident, models.PROTECT, "group_offices", verbose_name="họ và tên"
    )
    role = models.CharField("chức vụ", max_length=10, choices=Role, default=Role.HEAD)
    started_on = models.DateField("từ ngày")
    ended_on = models.DateField("đến trước ngày", null=True, blank=True)
    recognised_by = models.CharField("văn bản công nhận", max_length=100, blank=True)

    objects = OfficerQuerySet.as_manager()
    owner_code = "group__code"
    scope_lookup = "group__neighbourhood"
    constraint_fields = {
        "officer_ends_after_start": "ended_on",
        "officer_one_head": "role",
        "officer_one_office": "resident",
    }

    class Meta(Tracked.Meta):
        verbose_name = "tổ trưởng, tổ phó"
        verbose_name_plural = "tổ trưởng, tổ phó"
        ordering = ("-started_on", "-pk")
        constraints = [
            models.CheckConstraint(
                name="officer_ends_after_start",
                condition=Q(ended_on=None) | Q(ended_on__gt=F("started_on")),
                violation_error_message="Nhiệm kỳ phải kết thúc sau khi bắt đầu.",
            ),
            models.UniqueConstraint(
                name="officer_one_head",
                fields=["group"],
                condition=Q(ended_on=None, role="head"),
                violation_error_message="Tổ đang có tổ trưởng: ghi người cũ thôi trước.",
            ),
            models.UniqueConstraint(
                name="officer_one_office",
                fields=["group", "resident"],
                condition=Q(ended_on=None),
                violation_error_message="Người này đang giữ chức vụ trong tổ.",
            ),
        ]

    def __str__(self):
        return f"{self.get_role_display()} từ {text.format_date(self.started_on)}"

    @property
    def term(self):
        """Return the days of the term as people read them."""
        since = f"từ {text.format_date(self.started_on)}"
        return f"{since} đến {text.format_date(self.ended_on)}" if self.ended_on else since


class RequestQuerySet(TaskQuerySet, RecordQuerySet):
    def for_list(self):
        return self.select_related("group__neighbourhood", "owner")

    def raised_in(self, period):
        return self.filter(raised_on__gte=period.start, raised_on__lt=period.end)


class GroupRequest(OwnedTask, Record):
    """What a group asks for, with one owner and a deadline, until it is answered."""

    group = models.ForeignKey(
        SelfManagedGroup, models.PROTECT, "requests", verbose_name="tổ liên gia"
    )
    meeting = models.ForeignKey(
        GroupMeeting,
        models.PROTECT,
        "requests",
        null=True,
        blank=True,
        verbose_name="nêu tại cuộc họp",
    )
    raised_on = models.DateField("nêu ngày")

    objects = RequestQuerySet.as_manager()
    code_prefix = "KN"
    scope_lookup = "group__neighbourhood"
    derived_from = ("content", "owner_body")
    constraint_fields = {
        **task_fields("request"),
        "request_due_after_raised": "due_on",
        "request_done_after_raised": "done_on",
    }

    class Meta(Record.Meta):
        verbose_name = "kiến nghị của tổ"
        verbose_name_plural = "kiến nghị của tổ"
        indexes = [
            models.Index(fields=["-raised_on", "-id"], name="request_order"),
            models.Index(fields=["due_on"], name="request_open", condition=Q(done_on=None)),
        ]
        constraints = [
            *task_constraints("request"),
            models.CheckConstraint(
                name="request_due_after_raised",
                condition=Q(due_on__gte=F("raised_on")),
                violation_error_message="Hạn không thể trước ngày nêu.",
            ),
            models.CheckConstraint(
                name="request_done_after_raised",
                condition=Q(done_on=None) | Q(done_on__gte=F("raised_on")),
                violation_error_message="Không thể xong trước ngày nêu.",
            ),
        ]

    def search_parts(self):
        return "", (self.content, self.owner_body)

    @staticmethod
    def make_sort_key(name):
        return ""

    def clean(self):
        """A request is raised within the group's life, at a meeting of its own that was held."""
        check_life(self, "raised_on")
        meeting = self.meeting if self.meeting_id else None
        if meeting and meeting.group_id != self.group_id:
            raise ValidationError({"meeting": "Cuộc họp này của tổ khác."})
        if meeting and meeting.held_on != self.raised_on:
            said = text.format_date(meeting.held_on) if meeting.held_on else "chưa họp"
            raise ValidationError({"meeting": f"Ngày nêu khác ngày họp ({said})."})


class ContactQuerySet(TrackedQuerySet):
    def held_in(self, period):
        return self.filter(met_on__gte=period.start, met_on__lt=period.end)


class GroupContact(Tracked):
    """The area officer's contact with a group: the diary that shows no group is forgotten."""

    class Channel(models.TextChoices):
        VISIT = "visit", "Đến tổ"
        PHONE = "phone", "Điện thoại"
        STATION = "station", "Tổ trưởng đến trụ sở"

    group = models.ForeignKey(
        SelfManagedGroup, models.PROTECT, "contacts", verbose_name="tổ liên gia"
    )
    met_on = models.DateField("ngày")
    officer = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, "+", verbose_name="cán bộ", editable=False
    )
    channel = models.CharField("hình thức", max_length=10, choices=Channel, default=Channel.VISIT)
    note = models.CharField(
        "nội dung",
        max_length=300,
        help_text="Thuận lợi, khó khăn của tổ; không ghi chuyện từng hộ.",
    )

    objects = ContactQuerySet.as_manager()
    owner_code = "group__code"
    scope_lookup = "group__neighbourhood"

    class Meta(Tracked.Meta):
        verbose_name = "lần gặp tổ"
        verbose_name_plural = "lần gặp tổ"
        ordering = ("-met_on", "-pk")
        indexes = [models.Index(fields=["group", "-met_on"], name="contact_of_group")]

    def __str__(self):
        return f"Gặp tổ {text.format_date(self.met_on)}"

    def clean(self):
        check_life(self, "met_on")


class HelpQuerySet(TrackedQuerySet):
    def helped_in(self, period):
        return self.filter(helped_on__gte=period.start, helped_on__lt=period.end)


class MutualHelp(Tracked):
    """What households of a group did for one another. Counted by households, without names."""

    class Kind(models.TextChoices):
        ILLNESS = "illness", "Ốm đau, tang ma"
        WORK = "work", "Ngày công, mùa vụ"
        DISASTER = "disaster", "Bão lụt, hoả hoạn"
        GUARD = "guard", "Trông giữ tài sản"
        MEDIATION = "mediation", "Hoà giải"
        OTHER = "other", "Việc khác"

    group = models.ForeignKey(SelfManagedGroup, models.PROTECT, "helps", verbose_name="tổ liên gia")
    helped_on = models.DateField("ngày")
    kind = models.CharField("việc giúp", max_length=10, choices=Kind)
    households = models.PositiveSmallIntegerField("số hộ tham gia")
    note = models.CharField("nội dung", max_length=300, blank=True, help_text="Không ghi họ tên.")

    objects = HelpQuerySet.as_manager()
    owner_code = "group__code"
    scope_lookup = "group__neighbourhood"
    constraint_fields = {"help_by_somebody": "households"}

    class Meta(Tracked.Meta):
        verbose_name = "việc giúp nhau"
        verbose_name_plural = "việc giúp nhau"
        ordering = ("-helped_on", "-pk")
        constraints = [
            models.CheckConstraint(
                name="help_by_somebody",
                condition=Q(households__gt=0),
                violation_error_message="Ít nhất một hộ tham gia.",
            ),
        ]

    def __str__(self):
        return f"{self.get_kind_display()} {text.format_date(self.helped_on)}"

    def clean(self):
        """No more households help than the group had that day."""
        check_life(self, "helped_on")
        if not self.group_id or not self.helped_on or not self.households:
            return
        members = self.group.memberships.open_on(self.helped_on).count()
        if self.households > members:
            raise ValidationError(
                {"households": f"Ngày ấy tổ có {members} hộ: số hộ không thể nhiều hơn."}
            )


class GroupDuty(Tracked):
    """What a group looks after itself: one of the three tasks of the model, as it agreed to do it.

    Source: the model "tổ liên gia tự quản" of the ward: people and residence, property, order.
    """

    class Task(models.TextChoices):
        RESIDENCE = "residence", "Tự quản về hộ khẩu, nhân khẩu"
        PROPERTY = "property", "Tự quản về tài sản"
        ORDER = "order", "Tự quản về trật tự trị an"

    group = models.ForeignKey(
        SelfManagedGroup, models.PROTECT, "duties", verbose_name="tổ liên gia"
    )
    task = models.CharField("nhiệm vụ", max_length=10, choices=Task)
    content = models.CharField("việc tổ tự làm", max_length=300)
    started_on = models.DateField("từ ngày")
    ended_on = models.DateField("thôi từ ngày", null=True, blank=True)
    result = models.CharField("kết quả", max_length=300, blank=True)

    objects = TrackedQuerySet.as_manager()
    owner_code = "group__code"
    scope_lookup = "group__neighbourhood"
    constraint_fields = {"duty_ends_after_start": "ended_on"}

    class Meta(Tracked.Meta):
        verbose_name = "việc tự quản"
        verbose_name_plural = "việc tự quản"
        ordering = ("task", "-started_on", "-pk")
        constraints = [
            models.CheckConstraint(
                name="duty_ends_after_start",
                condition=Q(ended_on=None) | Q(ended_on__gte=F("started_on")),
                violation_error_message="Không thể thôi trước khi bắt đầu.",
            ),
        ]

    def __str__(self):
        return self.content

    def clean(self):
        check_life(self, "started_on")
