"""Directives from above and the plans that carry them out; disasters and the help given."""

from django.conf import settings
from django.db import models
from django.db.models import Count, F, Q

from kylien.areas.models import Neighbourhood
from kylien.areas.tasks import OwnedTask, TaskQuerySet, task_constraints, task_fields
from kylien.core.models import Record, Tracked, TrackedQuerySet
from outreach.models.base import ForAllWhoWork, WardWide


class DirectiveQuerySet(TaskQuerySet, WardWide):
    def for_list(self):
        return self.select_related("owner", "follows")


class Directive(OwnedTask, Record):
    """A directive, resolution or plan: the document, who carries it out, until when, what came of
    it. A plan `follows` the directive it carries out."""

    class Kind(models.TextChoices):
        DIRECTIVE = "directive", "Chỉ thị"
        RESOLUTION = "resolution", "Nghị quyết"
        PLAN = "plan", "Kế hoạch"
        ORDER = "order", "Công văn chỉ đạo"

    kind = models.CharField("loại văn bản", max_length=10, choices=Kind)
    number = models.CharField("số, ký hiệu", max_length=50)
    issuer = models.CharField("cơ quan ban hành", max_length=150)
    issued_on = models.DateField("ngày ban hành")
    title = models.CharField("trích yếu", max_length=300)
    follows = models.ForeignKey(
        "self",
        models.PROTECT,
        "followed_by",
        null=True,
        blank=True,
        verbose_name="thực hiện văn bản",
    )

    objects = DirectiveQuerySet.as_manager()
    code_prefix = "VB"
    code_width = 4
    derived_from = ("number", "title", "issuer")
    constraint_fields = {**task_fields("directive"), "directive_due_after_issued": "due_on"}

    class Meta(Record.Meta):
        verbose_name = "văn bản chỉ đạo"
        verbose_name_plural = "văn bản chỉ đạo, kế hoạch"
        constraints = [
            *task_constraints("directive"),
            models.CheckConstraint(
                name="directive_due_after_issued",
                condition=Q(due_on__gte=F("issued_on")),
                violation_error_message="Hạn không thể trước ngày ban hành.",
            ),
        ]

    def __str__(self):
        return f"{self.get_kind_display()} {self.number}"

    @property
    def document(self):
        return str(self)

    def search_parts(self):
        return self.title, (self.number, self.issuer)

    def as_option(self):
        return {"code": self.code, "label": str(self), "detail": self.title}


class DisasterQuerySet(WardWide):
    def with_counts(self, user):
        """Annotate how many shifts there are, and how much help within what `user` sees."""
        seen = HelpGiven.objects.visible_to(user).order_by()
        return self.annotate(
            shift_count=Count("shifts", distinct=True),
            help_count=Count("helps", filter=Q(helps__in=seen.values("pk")), distinct=True),
        )

    def open(self, day):
        return self.filter(Q(ended_on=None) | Q(ended_on__gt=day))


class Disaster(Record):
    """A storm, flood or fire season in which the station helps: duty roster and what was done."""

    name = models.CharField("thiên tai, sự cố", max_length=150)
    started_on = models.DateField("từ ngày")
    ended_on = models.DateField("hết từ ngày", null=True, blank=True)
    note = models.TextField("phương án", max_length=2000, blank=True)

    objects = DisasterQuerySet.as_manager()
    code_prefix = "BL"
    code_width = 3
    derived_from = ("name",)
    constraint_fields = {"disaster_ends_after_start": "ended_on"}

    class Meta(Record.Meta):
        verbose_name = "đợt thiên tai"
        verbose_name_plural = "phòng chống thiên tai"
        constraints = [
            models.CheckConstraint(
                name="disaster_ends_after_start",
                condition=Q(ended_on=None) | Q(ended_on__gt=F("started_on")),
                violation_error_message="Ngày hết phải sau ngày bắt đầu.",
            ),
        ]

    def __str__(self):
        return self.name

    def search_parts(self):
        return self.name, ()

    def badge(self, on):
        """Return how it stands on the day `on`: `(tone, word)`."""
        if self.ended_on and self.ended_on <= on:
            return "mute", "Đã hết"
        return ("late", "Đang diễn ra") if self.started_on <= on else ("due", "Sắp đến")


class DutyShift(Tracked):
    """Who is on duty for a disaster, on a day, where."""

    disaster = models.ForeignKey(Disaster, models.PROTECT, "shifts", verbose_name="đợt thiên tai")
    day = models.DateField("ngày trực")
    hours = models.CharField("ca", max_length=30, help_text="Ví dụ 18h–6h.")
    officer = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, "+", verbose_name="cán bộ trực"
    )
    place = models.CharField("nơi trực", max_length=150, blank=True)

    objects = ForAllWhoWork.as_manager()
    owner_code = "disaster__code"
    constraint_fields = {"shift_once": "officer"}

    class Meta(Tracked.Meta):
        verbose_name = "ca trực thiên tai"
        verbose_name_plural = "lịch trực thiên tai"
        ordering = ("day", "hours", "pk")
        constraints = [
            models.UniqueConstraint(
                name="shift_once",
                fields=["disaster", "day", "hours", "officer"],
                violation_error_message="Cán bộ này đã có ca đó.",
            ),
        ]

    def __str__(self):
        return f"{self.day:%d/%m} {self.hours}"


class HelpGiven(Tracked):
    """What was done for people in a disaster: counted by households, no names."""

    class Kind(models.TextChoices):
        EVACUATE = "evacuate", "Di dời"
        RESCUE = "rescue", "Cứu nạn"
        SUPPLY = "supply", "Tiếp tế"
        REPAIR = "repair", "Dọn dẹp, sửa chữa"
        GUARD = "guard", "Bảo vệ tài sản, trật tự"

    disaster = models.ForeignKey(Disaster, models.PROTECT, "helps", verbose_name="đợt thiên tai")
    neighbourhood = models.ForeignKey(
        Neighbourhood, models.PROTECT, "disaster_helps", verbose_name="tổ dân phố"
    )
    asked_at = models.DateTimeField("nhận yêu cầu lúc", null=True, blank=True)
    came_at = models.DateTimeField("có mặt lúc")
    kind = models.CharField("việc", max_length=10, choices=Kind)
    households = models.PositiveSmallIntegerField("số hộ được giúp")
    note = models.CharField("nội dung", max_length=300, blank=True, help_text="Không ghi họ tên.")

    objects = TrackedQuerySet.as_manager()
    owner_code = "disaster__code"
    constraint_fields = {"help_after_asked": "came_at", "help_for_somebody": "households"}

    class Meta(Tracked.Meta):
        verbose_name = "việc giúp dân"
        verbose_name_plural = "việc giúp dân"
        ordering = ("-came_at", "-pk")
        constraints = [
            models.CheckConstraint(
                name="help_after_asked",
                condition=Q(asked_at=None) | Q(came_at__gte=F("asked_at")),
                violation_error_message="Không thể có mặt trước khi nhận yêu cầu.",
            ),
            models.CheckConstraint(
                name="help_for_somebody",
                condition=Q(households__gt=0),
                violation_error_message="Ít nhất một hộ.",
            ),
        ]

    def __str__(self):
        return self.get_kind_display()
