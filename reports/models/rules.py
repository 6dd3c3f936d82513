"""What a reporting rule sets, as dated rows that the chief keeps."""

from django.db import models

from kylien.areas.rules import DatedRule, RuleQuerySet, number_constraints, number_fields


class ReportRuleQuerySet(RuleQuerySet):
    """Numbers of the reporting rules by day."""


class ReportRule(DatedRule):
    """A number of the reporting rules: until when the month's report is to be sent.

    Nghị định 09/2019/NĐ-CP Điều 12 sets the period; each rule of reporting sets its own due day.
    """

    class Key(models.TextChoices):
        DUE_DAYS = "due_days", "Hạn gửi báo cáo tháng: số ngày sau ngày cuối kỳ"

    key = models.CharField("quy định", max_length=20, choices=Key)
    value = models.PositiveSmallIntegerField("giá trị")

    objects = ReportRuleQuerySet.as_manager()
    owner_code = "key"
    constraint_fields = number_fields("report_rule")

    class Meta(DatedRule.Meta):
        verbose_name = "quy định báo cáo"
        verbose_name_plural = "quy định báo cáo"
        ordering = ("key", "-valid_from")
        constraints = number_constraints("report_rule")

    def __str__(self):
        return f"{self.get_key_display()}: {self.value}"
