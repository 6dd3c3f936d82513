"""The numbers and grounds of the law of residence, as rows."""

import datetime as dt

from django.db import models

from kylien.areas.rules import (
    DatedRule,
    RuleQuerySet,
    ends_after_start,
    number_constraints,
    number_fields,
)


class ResidenceLaw(DatedRule):
    """A rule of the law of residence: the present law is in force since 1/7/2021."""

    valid_from = models.DateField("áp dụng từ", default=dt.date(2021, 7, 1))

    class Meta(DatedRule.Meta):
        abstract = True


class ResidenceRule(ResidenceLaw):
    """A number of the law of residence."""

    class Key(models.TextChoices):
        TERM_YEARS = "term_years", "Tạm trú mỗi lần tối đa (năm)"
        EXTENSION_DAYS = "extension_days", "Gia hạn tạm trú: mở trước ngày hết hạn (ngày)"
        STAY_DAYS = "stay_days", "Lưu trú tối đa (ngày)"

    key = models.CharField("quy định", max_length=20, choices=Key)
    value = models.PositiveSmallIntegerField("giá trị")

    objects = RuleQuerySet.as_manager()
    constraint_fields = number_fields("residence_rule")

    class Meta(ResidenceLaw.Meta):
        verbose_name = "quy định cư trú"
        verbose_name_plural = "quy định cư trú"
        ordering = ("key", "-valid_from")
        constraints = number_constraints("residence_rule")

    def __str__(self):
        return f"{self.get_key_display()}: {self.value}"


class EndGround(ResidenceLaw):
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

    class Meta(ResidenceLaw.Meta):
        verbose_name = "lý do xoá đăng ký cư trú"
        verbose_name_plural = "lý do xoá đăng ký cư trú"
        ordering = ("kind", "position", "pk")
        constraints = [
            ends_after_start("end_ground_ends_after_start"),
        ]

    def __str__(self):
        return self.name
