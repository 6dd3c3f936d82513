"""Sectors, and what the law asks of them from when until when: rows that the chief edits."""

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Exists, OuterRef, Q

from kylien.areas.models import SettingQuerySet
from kylien.areas.rules import (
    DatedRule,
    RuleQuerySet,
    ends_after_start,
    number_constraints,
    number_fields,
)
from kylien.core import text
from kylien.core.models import Tracked


class SectorQuerySet(SettingQuerySet):
    def in_scope(self, scope):
        return self.all()

    def conditional_on(self, day):
        """Return the sectors that are under security conditions on `day`."""
        return self.filter(Exists(SectorRule.objects.in_force(day).filter(sector=OuterRef("pk"))))


class Sector(Tracked):
    """A line of business. Whether it is "conditional" depends on the day: see `SectorRule`."""

    code = models.SlugField("mã ngành", max_length=30, unique=True)
    name = models.CharField("tên ngành", max_length=100)
    keeps_contact = models.BooleanField(
        "giữ liên hệ", default=False, help_text="Công ty, dự án: xác nhận đầu mối liên hệ định kỳ."
    )
    takes_guests = models.BooleanField("đón khách lưu trú", default=False)
    position = models.PositiveSmallIntegerField("thứ tự", default=0)

    objects = SectorQuerySet.as_manager()

    class Meta(Tracked.Meta):
        verbose_name = "ngành nghề"
        verbose_name_plural = "ngành nghề"
        ordering = ("position", "pk")

    def __str__(self):
        return self.name

    def rule_on(self, day):
        """Return the `SectorRule` that puts the sector under conditions on `day`; None if none."""
        return next((rule for rule in self.rules.all() if rule.holds_on(day)), None)

    def is_conditional(self, on):
        """Tell whether the sector is under security conditions on the day `on`."""
        return self.rule_on(on) is not None

    def freed_by(self, on):
        """Return the last rule that ended by `on`, where none holds since; None otherwise."""
        if self.is_conditional(on):
            return None
        ended = [rule for rule in self.rules.all() if rule.valid_to and rule.valid_to <= on]
        return max(ended, key=lambda rule: rule.valid_to, default=None)


class NoOverlap:
    """Two rows about the same thing do not hold on one day. `same` names what they are about."""

    same: tuple[str, ...] = ()
    told_together = False  # with all others in one submit, whose formset compares them

    def clean(self):
        super().clean()
        if self.told_together or not self.valid_from:
            return
        about = {name: getattr(self, name) for name in (f"{field}_id" for field in self.same)}
        rows = type(self).objects.filter(**about).exclude(pk=self.pk).order_by("valid_from")
        told = next(filter(None, map(self.overlap, rows)), "")
        if told:
            raise ValidationError({"valid_from": told})

    def overlap(self, other):
        """Return the sentence that this row and an `other` one hold on one day; empty if not."""
        if any(getattr(self, f"{name}_id") != getattr(other, f"{name}_id") for name in self.same):
            return ""
        if other.valid_to and other.valid_to <= self.valid_from:
            return ""
        if self.valid_to and self.valid_to <= other.valid_from:
            return ""
        until = f" đến {text.format_date(other.valid_to)}" if other.valid_to else ""
        day = text.format_date(other.valid_from)
        return f"Trùng với quy định áp dụng từ {day}{until}."


class SectorRule(NoOverlap, DatedRule):
    """A spell in which a sector is under security conditions (ngành nghề có điều kiện về ANTT).

    Source: NĐ 96/2016 Điều 3 as amended (LPG left the list on 15/3/2026 by NĐ 58/2026; eating
    places never were on it).
    """

    sector = models.ForeignKey(Sector, models.PROTECT, "rules", verbose_name="ngành nghề")
    quarterly_return = models.BooleanField(
        "nộp báo cáo quý", default=True, help_text="Mẫu ĐK13, tuần cuối của quý."
    )

    owner_code = "sector__code"
    same = ("sector",)
    constraint_fields = {
        "sector_rule_ends_after_start": "valid_to",
        "sector_rule_once_a_day": "valid_from",
    }

    class Meta(DatedRule.Meta):
        verbose_name = "ngành có điều kiện"
        verbose_name_plural = "ngành có điều kiện"
        ordering = ("sector__position", "-valid_from")
        constraints = [
            ends_after_start("sector_rule_ends_after_start"),
            models.UniqueConstraint(
                name="sector_rule_once_a_day",
                fields=["sector", "valid_from"],
                violation_error_message="Ngành này đã có quy định áp dụng từ ngày đó.",
            ),
        ]

    def __str__(self):
        return f"{self.sector} từ {text.format_date(self.valid_from)}"


class PaperKind(Tracked):
    """A kind of paper that a business may hold. Certificates name it by its code."""

    code = models.SlugField("mã", max_length=30, unique=True)
    name = models.CharField("loại giấy", max_length=100)
    post_check = models.BooleanField(
        "hậu kiểm sau khi cấp",
        default=False,
        help_text="Phải kiểm tra cơ sở sau khi cấp giấy này.",
    )
    position = models.PositiveSmallIntegerField("thứ tự", default=0)

    objects = SectorQuerySet.as_manager()

    class Meta(Tracked.Meta):
        verbose_name = "loại giấy"
        verbose_name_plural = "loại giấy"
        ordering = ("position", "pk")

    def __str__(self):
        return self.name


class PaperRule(NoOverlap, DatedRule):
    """A paper that every business of a sector must hold from one day until before another.

    `ward_issues`: the ward police itself issues it (NĐ 96/2016 Điều 24 khoản 3 as replaced by
    NĐ 58/2026), to businesses of at most `ward_max_rooms` rooms where that is set.
    """

    sector = models.ForeignKey(Sector, models.PROTECT, "paper_rules", verbose_name="ngành nghề")
    kind = models.ForeignKey(
        PaperKind, models.PROTECT, "rules", to_field="code", verbose_name="loại giấy"
    )
    ward_issues = models.BooleanField("công an phường cấp", default=False)
    ward_max_rooms = models.PositiveSmallIntegerField(
        "cấp cho cơ sở tối đa (phòng)", null=True, blank=True
    )

    owner_code = "sector__code"
    same = ("sector", "kind")
    constraint_fields = {
        "paper_rule_ends_after_start": "valid_to",
        "paper_rule_once_a_day": "valid_from",
    }

    class Meta(DatedRule.Meta):
        verbose_name = "giấy phải có"
        verbose_name_plural = "giấy phải có"
        ordering = ("sector__position", "kind__position", "-valid_from")
        constraints = [
            ends_after_start("paper_rule_ends_after_start"),
            models.UniqueConstraint(
                name="paper_rule_once_a_day",
                fields=["sector", "kind", "valid_from"],
                violation_error_message="Đã có quy định này áp dụng từ ngày đó.",
            ),
        ]

    def __str__(self):
        return f"{self.sector}: {self.kind}"

    def issued_by_ward(self, rooms):
        """Tell whether the ward police issues the paper to a business of so many rooms (None where
        they are not recorded)."""
        fits = self.ward_max_rooms is None or (rooms is not None and rooms <= self.ward_max_rooms)
        return self.ward_issues and fits


class FireGroup(DatedRule):
    """A group of facilities under the fire law, and how often one is looked at where that is known.

    Source: NĐ 105/2025. The cycle is unconfirmed, so it stays empty until the chief enters it.
    """

    name = models.CharField("nhóm", max_length=100)
    months = models.PositiveSmallIntegerField("kiểm tra mỗi (tháng)", null=True, blank=True)
    position = models.PositiveSmallIntegerField("thứ tự", default=0)

    constraint_fields = {
        "fire_group_ends_after_start": "valid_to",
        "fire_group_positive_cycle": "months",
    }

    class Meta(DatedRule.Meta):
        verbose_name = "nhóm cơ sở PCCC"
        verbose_name_plural = "nhóm cơ sở PCCC"
        ordering = ("position", "pk")
        constraints = [
            ends_after_start("fire_group_ends_after_start"),
            models.CheckConstraint(
                name="fire_group_positive_cycle",
                condition=Q(months=None) | Q(months__gt=0, months__lte=120),
                violation_error_message="Chu kỳ từ 1 đến 120 tháng.",
            ),
        ]

    def __str__(self):
        return self.name


class BusinessRule(DatedRule):
    """A number of the law on businesses under conditions, with the sentence that tells it."""

    class Key(models.TextChoices):
        NOTICE_DAYS = "notice_days", "Thông báo trước kiểm tra định kỳ (ngày làm việc)"
        PERIODIC_MONTHS = "periodic_months", "Kiểm tra định kỳ một lần trong (tháng)"
        POST_CHECK_DAYS = "post_check_days", "Hậu kiểm sau khi cấp giấy (ngày)"
        REMEDY_DAYS = "remedy_days", "Khắc phục tồn tại (ngày)"
        RETURN_DAYS = "return_days", "Nhận báo cáo quý: số ngày cuối quý"
        CONTACT_MONTHS = "contact_months", "Xác nhận lại đầu mối liên hệ (tháng)"

    key = models.CharField("quy định", max_length=20, choices=Key)
    value = models.PositiveSmallIntegerField("giá trị")
    sentence = models.CharField("nội dung", max_length=300, blank=True)

    objects = RuleQuerySet.as_manager()
    constraint_fields = number_fields("business_rule")

    class Meta(DatedRule.Meta):
        verbose_name = "quy định về cơ sở kinh doanh"
        verbose_name_plural = "quy định về cơ sở kinh doanh"
        ordering = ("key", "-valid_from")
        constraints = number_constraints("business_rule")

    def __str__(self):
        return f"{self.get_key_display()}: {self.value}"
