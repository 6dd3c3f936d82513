"""Terms that run on an incident: the rules as rows, the clocks, and their pauses."""

from django.db import models
from django.db.models import Exists, F, OuterRef, Q

from incidents.models.incidents import Incident, OfIncident
from incidents.models.kinds import IncidentType
from incidents.terms import Term
from kylien.areas.rules import DatedQuerySet, DatedRule, ends_after_start
from kylien.core.models import Tracked

UNITS = [
    ("hours", "giờ"),
    ("days", "ngày"),
    ("working_days", "ngày làm việc"),
    ("months", "tháng"),
]


class Clock(models.TextChoices):
    """What a term is for; which step starts and stops it stands in `incidents.workflow`."""

    RESPONSE = "response", "Phân loại tin"
    HAND_OVER = "hand_over", "Chuyển cơ quan điều tra"
    RESOLVE = "resolve", "Giải quyết"
    ANSWER = "answer", "Trả lời tổ báo tin"


class ClockRuleQuerySet(DatedQuerySet):
    def book(self):
        """Return the rules read once, for the choice of many."""
        return ClockBook(self.select_related("type"))


class ClockBook:
    """The rules in memory; the most particular one that holds on the day applies."""

    def __init__(self, rows):
        self.rows = list(rows)

    def rule(self, clock, incident, day):
        """Return the rule of `clock` for an incident on `day`, or None where none sets a term.

        A rule for the incident's kind goes before one for the kind's group, that before one for
        all; then one for its urgency before one for any; then the newest.
        """
        kind = incident.type
        fits = [
            row
            for row in self.rows
            if row.clock == clock
            and row.holds_on(day)
            and row.type_id in (None, kind.pk, kind.parent_id)
            and row.urgency in ("", incident.urgency)
        ]
        return max(
            fits,
            key=lambda row: (
                row.type_id == kind.pk,
                row.type_id is not None,
                bool(row.urgency),
                row.valid_from,
            ),
            default=None,
        )


class ClockRule(DatedRule):
    """How long something may take, for which kinds and urgency, and by which law."""

    clock = models.CharField("thời hạn", max_length=10, choices=Clock)
    type = models.ForeignKey(
        IncidentType,
        models.PROTECT,
        "clock_rules",
        null=True,
        blank=True,
        verbose_name="nhóm hoặc loại",
        help_text="Để trống: mọi loại.",
    )
    urgency = models.CharField(
        "mức độ",
        max_length=10,
        choices=Incident.Urgency,
        blank=True,
        help_text="Để trống: mọi mức độ.",
    )
    value = models.PositiveSmallIntegerField("số")
    unit = models.CharField("đơn vị", max_length=12, choices=UNITS)
    rolls = models.BooleanField(
        "ngày cuối là ngày nghỉ thì sang ngày làm việc kế tiếp", default=False
    )
    extension = models.PositiveSmallIntegerField(
        "gia hạn một lần thêm", default=0, help_text="0: không gia hạn."
    )
    extension_unit = models.CharField(
        "đơn vị gia hạn", max_length=12, choices=UNITS, default="days"
    )

    objects = ClockRuleQuerySet.as_manager()
    constraint_fields = {
        "clock_rule_ends_after_start": "valid_to",
        "clock_rule_positive": "value",
        "clock_rule_once_a_day": "valid_from",
        "clock_rule_for_all_once_a_day": "valid_from",
    }

    class Meta(DatedRule.Meta):
        verbose_name = "thời hạn giải quyết"
        verbose_name_plural = "thời hạn giải quyết"
        ordering = ("clock", "-valid_from", "pk")
        constraints = [
            ends_after_start("clock_rule_ends_after_start"),
            models.CheckConstraint(
                name="clock_rule_positive",
                condition=Q(value__gt=0, value__lte=366, extension__lte=366),
                violation_error_message="Số từ 1 đến 366.",
            ),
            models.UniqueConstraint(
                name="clock_rule_once_a_day",
                fields=["clock", "type", "urgency", "valid_from"],
                violation_error_message="Đã có thời hạn này áp dụng từ ngày đó.",
            ),
            models.UniqueConstraint(
                name="clock_rule_for_all_once_a_day",
                fields=["clock", "urgency", "valid_from"],
                condition=Q(type=None),
                violation_error_message="Đã có thời hạn cho mọi loại áp dụng từ ngày đó.",
            ),
        ]

    def __str__(self):
        return f"{self.get_clock_display()}: {self.in_words}"

    @property
    def in_words(self):
        """Return the term as people say it: "20 ngày, gia hạn 1 lần 2 tháng"."""
        told = f"{self.value} {self.get_unit_display()}"
        if self.extension:
            told += f", gia hạn 1 lần {self.extension} {self.get_extension_unit_display()}"
        return told

    @property
    def term(self):
        return Term(self.value, self.unit, self.rolls, self.extension, self.extension_unit)


class ClockQuerySet(OfIncident):
    def running(self):
        """Return the clocks that are neither stopped nor paused."""
        paused = ClockPause.objects.filter(clock=OuterRef("pk"), resumed_at=None)
        return self.filter(~Exists(paused), stopped_at=None)


class IncidentClock(Tracked):
    """A term that runs on an incident: since when, until when, stopped when.

    `due_at` follows from the rule, the pauses and the extension; services write them together.
    """

    incident = models.ForeignKey(Incident, models.PROTECT, "clocks", verbose_name="vụ việc")
    clock = models.CharField("thời hạn", max_length=10, choices=Clock)
    rule = models.ForeignKey(ClockRule, models.PROTECT, "clocks", verbose_name="căn cứ")
    started_at = models.DateTimeField("tính từ")
    due_at = models.DateTimeField("hạn")
    stopped_at = models.DateTimeField("xong lúc", null=True, blank=True)
    dropped = models.BooleanField("không còn áp dụng", default=False)  # by another kind or source
    extended_at = models.DateTimeField("gia hạn lúc", null=True, blank=True)
    extension_reason = models.CharField("lý do gia hạn", max_length=200, blank=True)

    objects = ClockQuerySet.as_manager()
    owner_code = "incident__code"
    scope_lookup = "incident__neighbourhood"
    constraint_fields = {
        "clock_once_running": "clock",
        "clock_stopped_after_start": "stopped_at",
        "clock_extended_with_reason": "extension_reason",
    }

    class Meta(Tracked.Meta):
        verbose_name = "thời hạn của vụ việc"
        verbose_name_plural = "thời hạn của vụ việc"
        default_permissions = ("view",)
        ordering = ("due_at", "pk")
        indexes = [
            models.Index(fields=["due_at"], name="clock_due", condition=Q(stopped_at=None)),
        ]
        constraints = [
            models.UniqueConstraint(
                name="clock_once_running",
                fields=["incident", "clock"],
                condition=Q(stopped_at=None),
                violation_error_message="Thời hạn này đang tính.",
            ),
            models.CheckConstraint(
                name="clock_stopped_after_start",
                condition=Q(stopped_at=None) | Q(stopped_at__gte=F("started_at")),
                violation_error_message="Thời hạn không thể xong trước khi bắt đầu.",
            ),
            models.CheckConstraint(
                name="clock_extended_with_reason",
                condition=(
                    Q(extended_at=None, extension_reason="")
                    | Q(extended_at__isnull=False) & ~Q(extension_reason="")
                ),
                violation_error_message="Gia hạn thì ghi lý do.",
            ),
        ]

    def __str__(self):
        return self.get_clock_display()

    def open_pause(self):
        """Return the pause that it is in, or None."""
        return next((row for row in self.pauses.all() if row.resumed_at is None), None)


class ClockPause(Tracked):
    """A time during which a term does not run, with the reason."""

    clock = models.ForeignKey(IncidentClock, models.PROTECT, "pauses", verbose_name="thời hạn")
    paused_at = models.DateTimeField("tạm dừng lúc")
    resumed_at = models.DateTimeField("tính tiếp lúc", null=True, blank=True)
    reason = models.CharField("lý do", max_length=200)

    objects = OfIncident.as_manager()
    owner_code = "clock__incident__code"
    scope_lookup = "clock__incident__neighbourhood"
    incident_lookup = "clock__incident"
    constraint_fields = {
        "pause_ends_after_start": "resumed_at",
        "pause_once_open": "reason",
    }

    class Meta(Tracked.Meta):
        verbose_name = "lần tạm dừng"
        verbose_name_plural = "lần tạm dừng"
        default_permissions = ("view",)
        ordering = ("paused_at", "pk")
        constraints = [
            models.CheckConstraint(
                name="pause_ends_after_start",
                condition=Q(resumed_at=None) | Q(resumed_at__gte=F("paused_at")),
                violation_error_message="Không thể tính tiếp trước khi tạm dừng.",
            ),
            models.UniqueConstraint(
                name="pause_once_open",
                fields=["clock"],
                condition=Q(resumed_at=None),
                violation_error_message="Thời hạn này đang tạm dừng.",
            ),
        ]

    def __str__(self):
        return self.reason
