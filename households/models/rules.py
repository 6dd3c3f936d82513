"""The law's numbers and grounds as rows: value, legal basis, valid from, valid to.

The law changes several times a year, so the chief edits these in the admin site; code asks for the
rule that holds on the day it works for.
"""

import datetime as dt

from django.db import models
from django.db.models import F, Q

from kylien.areas.models import SettingQuerySet
from kylien.core.models import Tracked


class DatedQuerySet(SettingQuerySet):
    def in_scope(self, scope):
        return self.all()  # a rule holds for the whole ward

    def in_force(self, day):
        """Return the rows that hold on `day`."""
        return self.filter(Q(valid_to=None) | Q(valid_to__gt=day), valid_from__lte=day)


class RuleQuerySet(DatedQuerySet):
    def number(self, key, day):
        """Return the number that the law sets for `key` on `day`; the earliest known one before.

        Raises LookupError where no row names the key at all.
        """
        return self.filter(key=key).book().number(key, day)

    def book(self):
        """Return the numbers read once, for an act on many rows."""
        return RuleBook(self.order_by("-valid_from"))


class RuleBook:
    """Numbers of the law in memory; `number` answers as that of the queryset."""

    def __init__(self, rows):
        self.rows = list(rows)

    def number(self, key, day):
        rows = [row for row in self.rows if row.key == key]
        if not rows:
            raise LookupError(f"No residence rule {key}.")
        return next((row.value for row in rows if row.valid_from <= day), rows[-1].value)


class DatedRule(Tracked):
    """What a law says from one day until before another."""

    legal_basis = models.CharField("căn cứ", max_length=200)
    valid_from = models.DateField("áp dụng từ", default=dt.date(2021, 7, 1))
    valid_to = models.DateField("hết áp dụng từ", null=True, blank=True)

    objects = DatedQuerySet.as_manager()

    class Meta(Tracked.Meta):
        abstract = True
        default_permissions = ("view", "add", "change")


class ResidenceRule(DatedRule):
    """A number of the law of residence."""

    class Key(models.TextChoices):
        TERM_YEARS = "term_years", "Tạm trú mỗi lần tối đa (năm)"
        EXTENSION_DAYS = "extension_days", "Gia hạn tạm trú: mở trước ngày hết hạn (ngày)"
        STAY_DAYS = "stay_days", "Lưu trú tối đa (ngày)"

    key = models.CharField("quy định", max_length=20, choices=Key)
    value = models.PositiveSmallIntegerField("giá trị")

    objects = RuleQuerySet.as_manager()
    constraint_fields = {
        "residence_rule_ends_after_start": "valid_to",
        "residence_rule_once_a_day": "valid_from",
        "residence_rule_positive": "value",
    }

    class Meta(DatedRule.Meta):
        verbose_name = "quy định cư trú"
        verbose_name_plural = "quy định cư trú"
        ordering = ("key", "-valid_from")
        constraints = [
            models.CheckConstraint(
                name="residence_rule_ends_after_start",
                condition=Q(valid_to=None) | Q(valid_to__gt=F("valid_from")),
                violation_error_message="Ngày hết áp dụng phải sau ngày áp dụng.",
            ),
            models.CheckConstraint(
                name="residence_rule_positive",
                condition=Q(value__gt=0, value__lte=366),
                violation_error_message="Giá trị từ 1 đến 366.",
            ),
            models.UniqueConstraint(
                name="residence_rule_once_a_day",
                fields=["key", "valid_from"],
                violation_error_message="Đã có quy định này áp dụng từ ngày đó.",
            ),
        ]

    def __str__(self):
        return f"{self.get_key_display()}: {self.value}"


class EndGround(DatedRule):
    """A ground on which the law ends a registration, as the officer picks it."""

    class Kind(models.TextChoices):
        PERMANENT = "P", "Thường trú"
        TEMPORARY = "T", "Tạm trú"

    code = models.SlugField("mã", max_length=30, unique=True)
    name = models.CharField("lý do", max_length=150)
    kind = models.CharField("loại cư trú", max_length=1, choices=Kind)
    end_reason = models.CharField(
        "tính vào biến động",
        max_length=12,
        choices=[("DEPARTURE", "Chuyển đi"), ("DELETION", "Xoá đăng ký")],
        help_text="Chết thì ghi bằng việc Khai tử.",
    )
    position = models.PositiveSmallIntegerField("thứ tự", default=0)

    constraint_fields = {"end_ground_ends_after_start": "valid_to"}

    class Meta(DatedRule.Meta):
        verbose_name = "lý do xoá đăng ký cư trú"
        verbose_name_plural = "lý do xoá đăng ký cư trú"
        ordering = ("kind", "position", "pk")
        constraints = [
            models.CheckConstraint(
                name="end_ground_ends_after_start",
                condition=Q(valid_to=None) | Q(valid_to__gt=F("valid_from")),
                violation_error_message="Ngày hết áp dụng phải sau ngày áp dụng.",
            ),
        ]

    def __str__(self):
        return self.name
