"""The ward, its neighbourhoods (tổ dân phố) and who has which beat.

Units are data with validity: wards merge and codes outlive them (since 1/7/2025 Kỳ Liên is part of
Hoành Sơn), so a document's heading takes the unit that is valid on its day.
"""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from kylien.core.models import Record, RecordQuerySet, Tracked, TrackedQuerySet
from kylien.core.periods import WorkCalendar


class SettingQuerySet(TrackedQuerySet):
    """Rows that set the portal up: everybody with a role may read them, as may the superuser."""

    def visible_to(self, user):
        return self.all() if user.is_superuser else super().visible_to(user)


class WardQuerySet(SettingQuerySet):
    def valid_on(self, day):
        """Return the wards that exist on `day`."""
        return self.filter(Q(valid_to=None) | Q(valid_to__gt=day), valid_from__lte=day)

    def of(self, day):
        """Return the ward that exists on `day`; None before one is entered."""
        rows = self.order_by("-valid_from")
        return (rows.valid_on(day) if day else rows).first()

    def in_scope(self, scope):
        return self.all()


class Ward(Tracked):
    """A ward, as long as it exists (`valid_to` is the first day it no longer does)."""

    name = models.CharField("tên phường", max_length=100)
    unit_code = models.CharField("mã đơn vị hành chính", max_length=10)
    valid_from = models.DateField("có hiệu lực từ")
    valid_to = models.DateField("hết hiệu lực từ", null=True, blank=True)
    successor = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, verbose_name="đơn vị kế tục"
    )
    superior = models.CharField(
        "công an cấp trên",
        max_length=100,
        blank=True,
        help_text="Đứng đầu văn bản, ví dụ Công an tỉnh Hà Tĩnh.",
    )
    hotlines = models.TextField(
        "đường dây nóng", blank=True, max_length=1000, help_text="Mỗi dòng: tên: số điện thoại."
    )

    objects = WardQuerySet.as_manager()
    owner_code = "unit_code"
    scope_lookup = "neighbourhoods"
    constraint_fields = {"ward_ends_after_start": "valid_to"}

    class Meta(Tracked.Meta):
        verbose_name = "phường"
        verbose_name_plural = "phường"
        constraints = [
            models.CheckConstraint(
                name="ward_ends_after_start",
                condition=Q(valid_to=None) | Q(valid_to__gt=F("valid_from")),
                violation_error_message="Ngày hết hiệu lực phải sau ngày có hiệu lực.",
            ),
        ]

    def __str__(self):
        return self.name

    @property
    def police(self):
        """Return the name of the ward's police, as it issues papers and heads documents."""
        return f"Công an phường {self.name}"

    def hotline_rows(self):
        """List the hot lines as `{label, phone}`, one a line of the text."""
        rows = (line.rpartition(":") for line in self.hotlines.splitlines() if ":" in line)
        return [{"label": name.strip(), "phone": phone.strip()} for name, _, phone in rows]


class NeighbourhoodQuerySet(RecordQuerySet):
    def visible_to(self, user):
        return self.all() if user.is_superuser else super().visible_to(user)

    def in_scope(self, scope):
        if scope.whole_ward:
            return self.all()
        return self.filter(pk__in=scope.neighbourhood_ids)


class Neighbourhood(Record):
    """A tổ dân phố: the part of a ward that one officer knows."""

    ward = models.ForeignKey(Ward, models.PROTECT, "neighbourhoods", verbose_name="phường")
    name = models.CharField("tên", max_length=100)
    position = models.PositiveSmallIntegerField("thứ tự", default=0)

    objects = NeighbourhoodQuerySet.as_manager()
    code_prefix = "TDP"
    code_width = 2
    derived_from = ("name",)
    constraint_fields = {"neighbourhood_name_once_in_ward": "name"}

    class Meta(Record.Meta):
        verbose_name = "tổ dân phố"
        verbose_name_plural = "tổ dân phố"
        ordering = ("position", "pk")
        constraints = [
            models.UniqueConstraint(
                name="neighbourhood_name_once_in_ward",
                fields=["ward", "name"],
                violation_error_message="Phường đã có tổ dân phố tên này.",
            ),
        ]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return f"{reverse('household-list')}?neighbourhood={self.pk}"

    def search_parts(self):
        return self.name, ()


class BeatQuerySet(SettingQuerySet):
    def open_on(self, day):
        """Return the assignments in force on `day` (half-open: the last day is not in it)."""
        return self.filter(Q(ended_on=None) | Q(ended_on__gt=day), started_on__lte=day)

    def in_scope(self, scope):
        return self.all() if scope.whole_ward else super().in_scope(scope)


class BeatAssignment(Tracked):
    """An officer has a neighbourhood from `started_on` to before `ended_on`; two may share it."""

    officer = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        "beat_assignments",
        verbose_name="cán bộ",
    )
    neighbourhood = models.ForeignKey(
        Neighbourhood, models.PROTECT, "beat_assignments", verbose_name="tổ dân phố"
    )
    started_on = models.DateField("từ ngày")
    ended_on = models.DateField("đến trước ngày", null=True, blank=True)
    note = models.CharField("ghi chú", max_length=200, blank=True)

    objects = BeatQuerySet.as_manager()
    owner_code = "officer__username"
    constraint_fields = {
        "beat_ends_after_start": "ended_on",
        "beat_once_open": "neighbourhood",
    }

    class Meta(Tracked.Meta):
        verbose_name = "phân công địa bàn"
        verbose_name_plural = "phân công địa bàn"
        ordering = ("neighbourhood__position", "-started_on")
        constraints = [
            models.CheckConstraint(
                name="beat_ends_after_start",
                condition=Q(ended_on=None) | Q(ended_on__gt=F("started_on")),
                violation_error_message="Ngày kết thúc phải sau ngày bắt đầu.",
            ),
            models.UniqueConstraint(
                name="beat_once_open",
                fields=["officer", "neighbourhood"],
                condition=Q(ended_on=None),
                violation_error_message="Cán bộ này đang phụ trách tổ dân phố này rồi.",
            ),
        ]

    def __str__(self):
        return f"{self.officer} · {self.neighbourhood}"


class HolidayQuerySet(SettingQuerySet):
    def in_scope(self, scope):
        return self.all()

    def calendar(self):
        """Return the working days that these rows leave, as a `WorkCalendar`."""
        days = {kind: set() for kind in Holiday.Kind}
        for kind, day in self.values_list("kind", "day"):
            days[kind].add(day)
        return WorkCalendar(
            off=frozenset(days[Holiday.Kind.OFF]), extra=frozenset(days[Holiday.Kind.WORKED])
        )


class Holiday(Tracked):
    """A day on which offices are closed, or a weekend day worked instead.

    Source: Bộ luật Lao động 2019 Điều 112, and each year's notice of the days that are moved. The
    law names the feasts, the notice the days, so they are rows that the chief keeps up.
    """

    class Kind(models.TextChoices):
        OFF = "off", "Nghỉ"
        WORKED = "worked", "Làm bù"

    day = models.DateField("ngày", unique=True, error_messages={"unique": "Ngày này đã ghi."})
    kind = models.CharField("loại", max_length=10, choices=Kind, default=Kind.OFF)
    name = models.CharField("tên", max_length=100)

    objects = HolidayQuerySet.as_manager()

    class Meta(Tracked.Meta):
        verbose_name = "ngày nghỉ lễ"
        verbose_name_plural = "ngày nghỉ lễ"
        ordering = ("-day",)

    def __str__(self):
        return f"{self.name} {self.day:%d/%m/%Y}"
