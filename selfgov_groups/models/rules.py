"""The ward's own numbers about groups, as rows."""

from django.db import models

from kylien.areas.rules import (
    DatedRule,
    RuleQuerySet,
    number_constraints,
    number_fields,
)


class GroupRule(DatedRule):
    """A number about groups: after how many days one is silent, how often it meets."""

    class Key(models.TextChoices):
        SILENT_DAYS = "silent_days", "Tổ im ắng: không họp, không gặp, không tin trong (ngày)"
        MEETING_DAYS = "meeting_days", "Họp tổ một lần trong (ngày)"
        CONTACT_DAYS = "contact_days", "Cảnh sát khu vực gặp tổ một lần trong (ngày)"

    key = models.CharField("quy định", max_length=20, choices=Key)
    value = models.PositiveSmallIntegerField("giá trị")

    objects = RuleQuerySet.as_manager()
    constraint_fields = number_fields("group_rule")

    class Meta(DatedRule.Meta):
        verbose_name = "quy định về tổ liên gia"
        verbose_name_plural = "quy định về tổ liên gia"
        ordering = ("key", "-valid_from")
        constraints = number_constraints("group_rule")

    def __str__(self):
        return f"{self.get_key_display()}: {self.value}"
