"""How long records are kept and how soon a request is answered: rows that the chief keeps."""

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from kylien.areas.rules import (
    DatedQuerySet,
    DatedRule,
    RuleQuerySet,
    ends_after_start,
    number_constraints,
    number_fields,
)


class RecordType(models.TextChoices):
    """What a period is set for; `retention/kinds.py` says which rows are meant."""

    RESIDENCE = "residence", "Lịch sử cư trú"
    RESIDENT = "resident", "Liên hệ của người đã rời phường, đã mất"
    ABSENCE = "absence", "Tạm vắng đã về"
    STAY_NOTICE = "stay_notice", "Thông báo lưu trú"
    BUSINESS = "business", "Người phụ trách, liên hệ của cơ sở đã đóng"
    QUESTION = "question", "Ý kiến, kiến nghị đã trả lời"
    INCIDENT = "incident", "Vụ việc và nhật ký xử lý"
    INCIDENT_PARTY = "incident_party", "Người báo tin, bị hại của vụ đã kết thúc"
    INCIDENT_FILE = "incident_file", "Tệp đính kèm của vụ đã kết thúc"
    CORRECTION = "correction", "Yêu cầu đính chính đã trả lời"
    IMPORT = "import", "Giá trị cũ, mới của lần nhập từ Excel (để hoàn tác)"
    AUDIT = "audit", "Giá trị cũ, mới trong nhật ký"


class Outcome(models.TextChoices):
    """What happens to rows past their period."""

    KEEP = "keep", "Giữ vĩnh viễn"
    BLANK = "blank", "Bỏ nội dung, giữ dòng"
    DELETE = "delete", "Xoá"


# What can happen to each type: residence history is kept in full by law (Nghị định 154/2024/NĐ-CP
# Điều 13), incidents by rule of the house. Rows that others rest on are blanked, not deleted.
POSSIBLE = {
    RecordType.RESIDENCE: Outcome.KEEP,
    RecordType.RESIDENT: Outcome.BLANK,
    RecordType.ABSENCE: Outcome.DELETE,
    RecordType.STAY_NOTICE: Outcome.DELETE,
    RecordType.BUSINESS: Outcome.BLANK,
    RecordType.QUESTION: Outcome.DELETE,
    RecordType.INCIDENT: Outcome.KEEP,
    RecordType.INCIDENT_PARTY: Outcome.DELETE,
    RecordType.INCIDENT_FILE: Outcome.BLANK,
    RecordType.CORRECTION: Outcome.DELETE,
    RecordType.IMPORT: Outcome.BLANK,
    RecordType.AUDIT: Outcome.BLANK,
}


class RetentionQuerySet(DatedQuerySet):
    def for_types(self, day):
        """Return `{record type: rule}` in force on `day`; a type without one is kept."""
        return {row.record_type: row for row in self.in_force(day).order_by("valid_from")}


class RetentionRule(DatedRule):
    """How many months a type of record is kept, counted from its last day, and what then happens.

    Without months it is kept for good. Source: Luật Lưu trữ 33/2024/QH15; where no law says it the
    station sets it, until the ministry's schedule does.
    """

    record_type = models.CharField("loại dữ liệu", max_length=20, choices=RecordType)
    outcome = models.CharField("khi hết hạn", max_length=10, choices=Outcome)
    months = models.PositiveSmallIntegerField(
        "giữ bao nhiêu tháng", null=True, blank=True, help_text="Để trống: giữ vĩnh viễn."
    )

    objects = RetentionQuerySet.as_manager()
    owner_code = "record_type"
    constraint_fields = {
        "retention_ends_after_start": "valid_to",
        "retention_once_a_day": "valid_from",
        "retention_months": "months",
        "retention_kept_for_good": "months",
    }

    class Meta(DatedRule.Meta):
        verbose_name = "thời hạn lưu giữ"
        verbose_name_plural = "thời hạn lưu giữ"
        ordering = ("record_type", "-valid_from")
        constraints = [
            ends_after_start("retention_ends_after_start"),
            models.UniqueConstraint(
                name="retention_once_a_day",
                fields=["record_type", "valid_from"],
                violation_error_message="Đã có thời hạn của loại này áp dụng từ ngày đó.",
            ),
            models.CheckConstraint(
                name="retention_months",
                condition=Q(months=None) | Q(months__gte=1, months__lte=1200),
                violation_error_message="Thời hạn từ 1 đến 1200 tháng.",
            ),
            models.CheckConstraint(
                name="retention_kept_for_good",
                condition=Q(outcome="keep", months=None)
                | ~Q(outcome="keep") & Q(months__isnull=False),
                violation_error_message="Giữ vĩnh viễn thì để trống số tháng; còn lại phải ghi.",
            ),
        ]

    def __str__(self):
        return f"{self.get_record_type_display()}: {self.period}"

    def clean(self):
        possible = {Outcome.KEEP, POSSIBLE.get(self.record_type)}
        if self.record_type and self.outcome and self.outcome not in possible:
            allowed = " hoặc ".join(one.label for one in Outcome if one in possible)
            raise ValidationError({"outcome": f"Loại này chỉ có thể: {allowed}."})

    @property
    def period(self):
        """Return how long, as people read it."""
        return period_in_words(self.months)


def period_in_words(months):
    """Return a period of months (None: for good) as people read it: "3 năm", "18 tháng"."""
    if months is None:
        return "Vĩnh viễn"
    return f"{months // 12} năm" if months % 12 == 0 else f"{months} tháng"


class AnswerRuleQuerySet(RuleQuerySet):
    """Numbers about people's requests by day."""


class AnswerRule(DatedRule):
    """Within how many days a request to correct data is answered."""

    class Key(models.TextChoices):
        CORRECTION_DAYS = "correction_days", "Trả lời yêu cầu đính chính: số ngày từ ngày nhận"

    key = models.CharField("quy định", max_length=20, choices=Key)
    value = models.PositiveSmallIntegerField("giá trị")

    objects = AnswerRuleQuerySet.as_manager()
    owner_code = "key"
    constraint_fields = number_fields("answer_rule")

    class Meta(DatedRule.Meta):
        verbose_name = "hạn trả lời yêu cầu"
        verbose_name_plural = "hạn trả lời yêu cầu"
        ordering = ("key", "-valid_from")
        constraints = number_constraints("answer_rule")

    def __str__(self):
        return f"{self.get_key_display()}: {self.value}"
