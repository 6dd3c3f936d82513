"""The register of outgoing documents: numbers without a gap and never twice."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from kylien.core.models import Record, RecordQuerySet
from kylien.core.search_index import folded_index

UNIT_SYMBOL = "CAP"  # Công an phường, after the sort of document: 15/BC-CAP
LAST_NUMBER = 99_999


class SignedAs(models.TextChoices):
    """How the station's documents are signed (Nghị định 30/2020/NĐ-CP Điều 13)."""

    HEAD = "head", "Trưởng Công an phường"
    DEPUTY = "deputy", "Phó Trưởng Công an phường (ký thay, KT.)"

    @property
    def lines(self) -> tuple[str, ...]:
        """The lines above the signature."""
        if self is SignedAs.HEAD:
            return ("TRƯỞNG CÔNG AN PHƯỜNG",)
        return ("KT. TRƯỞNG CÔNG AN PHƯỜNG", "PHÓ TRƯỞNG CÔNG AN PHƯỜNG")


class OutgoingDocumentQuerySet(RecordQuerySet):
    def in_scope(self, scope):
        """The register is of the station: no row is of a neighbourhood."""
        return self.all() if scope.whole_ward else self.none()

    def for_list(self):
        return self.select_related("signer")

    def newest(self):
        """Order by day, and by number where one day has several."""
        return self.order_by("-dated", "-number", "-pk")


class OutgoingDocument(Record):
    """A document that leaves the station, with its number of the year and its sort.

    Nghị định 30/2020/NĐ-CP Điều 15: numbers run from 01 on the first day of the year to its last
    day. A document that is not sent after all is cancelled and keeps its number.
    """

    class Kind(models.TextChoices):
        REPORT = "BC", "Báo cáo"
        NOTICE = "TB", "Thông báo"
        PLAN = "KH", "Kế hoạch"
        LETTER = "CV", "Công văn"
        PROPOSAL = "TTr", "Tờ trình"
        DECISION = "QĐ", "Quyết định"
        MINUTES = "BB", "Biên bản"
        INVITATION = "GM", "Giấy mời"

    kind = models.CharField("loại văn bản", max_length=5, choices=Kind)
    year = models.PositiveSmallIntegerField("năm", editable=False)
    number = models.PositiveIntegerField("số", editable=False)
    dated = models.DateField("ngày văn bản")
    subject = models.CharField("trích yếu", max_length=300)
    signer = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, "+", verbose_name="người ký"
    )
    signed_as = models.CharField(
        "chức vụ ký", max_length=10, choices=SignedAs, default=SignedAs.HEAD
    )
    recipients = models.TextField(
        "nơi nhận", max_length=1000, blank=True, help_text="Mỗi dòng một nơi nhận."
    )
    cancelled_on = models.DateField("huỷ ngày", null=True, blank=True)
    cancel_reason = models.CharField("lý do huỷ", max_length=300, blank=True)

    objects = OutgoingDocumentQuerySet.as_manager()
    derived_from = ("subject", "kind", "number")
    constraint_fields = {
        "outgoing_number_once": "kind",
        "outgoing_number_range": "kind",
        "outgoing_cancelled_with_reason": "cancel_reason",
        "outgoing_cancelled_after_day": "cancelled_on",
    }

    class Meta(Record.Meta):
        verbose_name = "văn bản đi"
        verbose_name_plural = "văn bản đi"
        default_permissions = ("view", "add", "change", "export")
        indexes = [
            models.Index(fields=["-dated", "-number", "-id"], name="outgoing_order"),
            folded_index("outgoing_search"),
        ]
        constraints = [
            models.UniqueConstraint(
                name="outgoing_number_once",
                fields=["kind", "year", "number"],
                violation_error_message="Số này đã cấp cho văn bản khác.",
            ),
            models.CheckConstraint(
                name="outgoing_number_range",
                condition=Q(number__gte=1, number__lte=LAST_NUMBER),
                violation_error_message="Số văn bản từ 1 đến 99.999.",
            ),
            models.CheckConstraint(
                name="outgoing_cancelled_with_reason",
                condition=Q(cancelled_on=None) | ~Q(cancel_reason=""),
                violation_error_message="Huỷ văn bản phải ghi lý do.",
            ),
            models.CheckConstraint(
                name="outgoing_cancelled_after_day",
                condition=Q(cancelled_on=None) | Q(cancelled_on__gte=F("dated")),
                violation_error_message="Ngày huỷ không thể trước ngày văn bản.",
            ),
        ]

    def __str__(self):
        return self.symbol

    @property
    def symbol(self):
        """Return number and symbol as the document bears them: 05/BC-CAP."""
        return f"{self.number:02}/{self.kind}-{UNIT_SYMBOL}"

    def fill(self):
        if not self.code:
            self.code = f"{self.kind}-{self.year}-{self.number:03}".upper()
        super().fill()

    def search_parts(self):
        return "", (self.subject, self.symbol, self.code)

    @staticmethod
    def make_sort_key(name):
        return ""

    def badge(self):
        """Return how the document stands: `(tone, word)`."""
        return ("mute", "Đã huỷ") if self.cancelled_on else ("ok", "Đã cấp số")
