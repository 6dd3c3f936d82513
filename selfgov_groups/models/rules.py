"""The ward's own numbers about groups, as rows."""

from django.db import models
from django.db.models import Q

from kylien.areas.rules import DatedRule, RuleQuerySet, ends_after_start


class GroupRule(DatedRule):
    """A number about groups: after how many days one is silent, how often it meets."""

    class Key(models.TextChoices):
        SILENT_DAYS = "silent_days", "Tổ im ắng: không họp, không gặp, không tin trong (ngày)"
        MEETING_DAYS = "meeting_days", "Họp tổ một lần trong (ngày)"
        CONTACT_DAYS = "contact_days", "Cảnh sát khu vực gặp tổ một lần trong (ngày)"

    key = models.CharField("quy định", max_length=20, choices=Key)
    value = models.PositiveSmallIntegerField("giá trị")

    objects = RuleQuerySet.as_manager()
    constraint_fields = {
        "group_rule_ends_after_start": "valid_to",
        "group_rule_once_a_day": "valid_from",
        "group_rule_positive": "value",
    }

    class Meta(DatedRule.Meta):
        verbose_name = "quy định về tổ liên gia"
        verbose_name_plural = "quy định về tổ liên gia"
        ordering = ("key", "-valid_from")
        constraints = [
            ends_after_start("group_rule_ends_after_start"),
            models.CheckConstraint(
                name="group_rule_positive",
                condition=Q(value__gt=0, value__lte=366),
                violation_error_message="Giá trị từ 1 đến 366.",
            ),
            models.UniqueConstraint(
                name="group_rule_once_a_day",
                fields=["key", "valid_from"],
                violation_error_message="Đã có quy định này áp dụng từ ngày đó.",
            ),
        ]

    def __str__(self):
        return f"{self.get_key_display()}: {self.value}"
