"""What passes between a business and the station: quarterly returns, liaison, sanctions."""

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q

from businesses.models.businesses import Business
from kylien.core import text
from kylien.core.models import Tracked
from kylien.core.periods import Quarter


class QuarterlyReturn(Tracked):
    """The return of a business for a quarter (mẫu ĐK13), received on a day."""

    business = models.ForeignKey(Business, models.PROTECT, "returns", verbose_name="cơ sở")
    year = models.PositiveSmallIntegerField("năm")
    quarter = models.PositiveSmallIntegerField("quý")
    received_on = models.DateField("ngày nhận")
    note = models.CharField("ghi chú", max_length=300, blank=True)

    owner_code = "business__code"
    scope_lookup = "business__neighbourhood"
    constraint_fields = {
        "quarterly_return_once_a_quarter": "quarter",
        "quarterly_return_real_quarter": "quarter",
    }

    class Meta(Tracked.Meta):
        verbose_name = "báo cáo quý"
        verbose_name_plural = "báo cáo quý"
        ordering = ("-year", "-quarter")
        constraints = [
            models.UniqueConstraint(
                name="quarterly_return_once_a_quarter",
                fields=["business", "year", "quarter"],
                violation_error_message="Báo cáo quý này đã nhận rồi.",
            ),
            models.CheckConstraint(
                name="quarterly_return_real_quarter",
                condition=Q(quarter__gte=1, quarter__lte=4, year__gte=1900, year__lte=2999),
                violation_error_message="Quý từ 1 đến 4, năm từ 1900 đến 2999.",
            ),
        ]

    def __str__(self):
        return f"Báo cáo quý {self.quarter}/{self.year}"

    def period_of(self):
        return Quarter(self.year, self.quarter)

    def clean(self):
        if self.received_on and 1 <= (self.quarter or 0) <= 4 and 1900 <= (self.year or 0) <= 2999:
            quarter = self.period_of()
            if self.received_on < quarter.period.start:
                raise ValidationError(
                    {"received_on": f"{quarter.label} chưa bắt đầu vào ngày này."}
                )


class LiaisonNote(Tracked):
    """A contact with a company or project: whom the officer met, and what was said."""

    class Channel(models.TextChoices):
        VISIT = "visit", "Gặp tại cơ sở"
        PHONE = "phone", "Điện thoại"
        MEETING = "meeting", "Họp, giao ban"
        OTHER = "other", "Khác"

    business = models.ForeignKey(Business, models.PROTECT, "liaison_notes", verbose_name="cơ sở")
    met_on = models.DateField("ngày")
    channel = models.CharField("cách", max_length=10, choices=Channel, default=Channel.VISIT)
    met_with = models.CharField("gặp ai", max_length=100, blank=True)
    note = models.TextField("nội dung", max_length=500, blank=True)
    confirms_contact = models.BooleanField("đã xác nhận đầu mối liên hệ", default=False)

    owner_code = "business__code"
    scope_lookup = "business__neighbourhood"
    constraint_fields = {"liaison_note_says_something": "note"}

    class Meta(Tracked.Meta):
        verbose_name = "lần liên hệ"
        verbose_name_plural = "lần liên hệ"
        ordering = ("-met_on", "-pk")
        indexes = [
            models.Index(
                fields=["business", "-met_on"],
                name="liaison_confirmed",
                condition=Q(confirms_contact=True),
            )
        ]
        constraints = [
            models.CheckConstraint(
                name="liaison_note_says_something",
                condition=Q(confirms_contact=True) | ~Q(note=""),
                violation_error_message="Ghi nội dung, hoặc đánh dấu đã xác nhận đầu mối.",
            ),
        ]

    def __str__(self):
        return f"Liên hệ {text.format_date(self.met_on)}"


class Sanction(Tracked):
    """A decision against the business on a violation (not against a person)."""

    class Kind(models.TextChoices):
        WARNING = "warning", "Cảnh cáo"
        FINE = "fine", "Phạt tiền"
        LICENCE = "licence", "Tước, thu hồi giấy phép"
        SUSPENSION = "suspension", "Đình chỉ hoạt động"
        OTHER = "other", "Khác"

    business = models.ForeignKey(Business, models.PROTECT, "sanctions", verbose_name="cơ sở")
    inspection = models.ForeignKey(
        "businesses.Inspection",
        models.PROTECT,
        "sanctions",
        null=True,
        blank=True,
        verbose_name="từ cuộc kiểm tra",
    )
    number = models.CharField("số quyết định", max_length=50)
    decided_on = models.DateField("ngày quyết định")
    authority = models.CharField("nơi ra quyết định", max_length=100)
    violation = models.CharField("hành vi", max_length=300)
    legal_basis = models.CharField("căn cứ", max_length=200, blank=True)
    kind = models.CharField("hình thức", max_length=10, choices=Kind, default=Kind.FINE)
    amount = models.PositiveBigIntegerField("số tiền (đồng)", null=True, blank=True)
    executed_on = models.DateField("chấp hành xong", null=True, blank=True)

    owner_code = "business__code"
    scope_lookup = "business__neighbourhood"
    constraint_fields = {
        "sanction_number_once_an_authority": "number",
        "sanction_fine_with_amount": "amount",
        "sanction_executed_after_decision": "executed_on",
    }

    class Meta(Tracked.Meta):
        verbose_name = "xử phạt"
        verbose_name_plural = "xử phạt"
        ordering = ("-decided_on", "-pk")
        constraints = [
            models.UniqueConstraint(
                name="sanction_number_once_an_authority",
                fields=["authority", "number"],
                violation_error_message="Nơi này đã có quyết định mang số này.",
            ),
            models.CheckConstraint(
                name="sanction_fine_with_amount",
                condition=~Q(kind="fine") | Q(amount__gt=0, amount__isnull=False),
                violation_error_message="Phạt tiền thì ghi số tiền.",
            ),
            models.CheckConstraint(
                name="sanction_executed_after_decision",
                condition=Q(executed_on=None) | Q(executed_on__gte=F("decided_on")),
                violation_error_message="Ngày chấp hành không thể trước ngày quyết định.",
            ),
        ]

    def __str__(self):
        return f"Quyết định {self.number}"

    def money(self):
        """Return the amount as people write it; empty where there is none."""
        return f"{text.format_number(self.amount)} đồng" if self.amount else ""

    def clean(self):
        if self.kind == self.Kind.WARNING and self.amount:
            raise ValidationError({"amount": "Cảnh cáo thì không có số tiền."})
        if self.inspection_id and self.inspection.business_id != self.business_id:
            raise ValidationError({"inspection": "Cuộc kiểm tra này là của cơ sở khác."})
