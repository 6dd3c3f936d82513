"""The month's report: what officers write of it, and the frozen copy made when it is approved."""

import hashlib
import json

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse

from kylien.accounts.models import Role
from kylien.core.models import AppendOnly, Record, RecordQuerySet, Tracked, TrackedQuerySet
from kylien.core.periods import Month
from kylien.core.text import format_date
from reports.models.outgoing import OutgoingDocument


class MonthlyReportQuerySet(RecordQuerySet):
    def visible_to(self, user):
        """The station's people see all reports, leaders the published ones."""
        if user.is_superuser or not (user.is_active and user.roles):
            return self.none()
        return self.all() if user.has_role(*Role.station()) else self.published()

    def in_scope(self, scope):
        return self.all() if scope.whole_ward else self.none()

    def for_list(self):
        return self.select_related("document", "created_by", "submitted_by", "approved_by")

    def of(self, month):
        """Return the report of a month: one row or none."""
        return self.filter(year=month.year, month=month.month)

    def published(self):
        return self.filter(state=MonthlyReport.State.PUBLISHED)

    def being_written(self):
        return self.filter(state__in=MonthlyReport.OPEN)

    def submitted(self):
        return self.filter(state=MonthlyReport.State.SUBMITTED)

    def approved(self):
        """Return the approved reports that are not published yet."""
        return self.filter(state=MonthlyReport.State.APPROVED)

    def newest(self):
        return self.order_by("-year", "-month")


class MonthlyReport(Record):
    """The ward's report of one month (Nghị định 09/2019/NĐ-CP Điều 12), from draft to published.

    Once approved it is `FrozenReport.content` that is read, by pages and documents alike.
    """

    class State(models.TextChoices):
        DRAFT = "draft", "Đang soạn"
        SUBMITTED = "submitted", "Chờ duyệt"
        RETURNED = "returned", "Trả lại"
        APPROVED = "approved", "Đã duyệt"
        PUBLISHED = "published", "Đã phát hành"

    OPEN = (State.DRAFT, State.RETURNED)
    FROZEN = (State.APPROVED, State.PUBLISHED)
    TONES = {
        State.DRAFT: "mute",
        State.SUBMITTED: "due",
        State.RETURNED: "late",
        State.APPROVED: "ok",
        State.PUBLISHED: "ok",
    }

    year = models.PositiveSmallIntegerField("năm", editable=False)
    month = models.PositiveSmallIntegerField("tháng", editable=False)
    start_day = models.PositiveSmallIntegerField("kỳ bắt đầu từ ngày", editable=False)
    due_on = models.DateField("hạn gửi", editable=False)
    state = models.CharField(
        "trạng thái", max_length=10, choices=State, default=State.DRAFT, editable=False
    )
    recipients = models.TextField(
        "nơi nhận", max_length=1000, help_text="Mỗi dòng một nơi nhận; dòng cuối là nơi lưu."
    )
    comment = models.TextField("ý kiến khi trả lại", max_length=2000, blank=True, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        "+",
        null=True,
        editable=False,
        verbose_name="người lập",
    )
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        "+",
        null=True,
        editable=False,
        verbose_name="người trình",
    )
    submitted_at = models.DateTimeField("trình lúc", null=True, editable=False)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        "+",
        null=True,
        editable=False,
        verbose_name="người duyệt",
    )
    approved_at = models.DateTimeField("duyệt lúc", null=True, editable=False)
    published_at = models.DateTimeField("phát hành lúc", null=True, editable=False)
    document = models.OneToOneField(
        OutgoingDocument,
        models.PROTECT,
        related_name="report",
        null=True,
        editable=False,
        verbose_name="số văn bản",
    )

    objects = MonthlyReportQuerySet.as_manager()
    code_prefix = "BCT"
    constraint_fields = {
        "report_once_a_month": "month",
        "report_month_range": "month",
        "report_start_day_range": "start_day",
        "report_submitted_whole": "state",
        "report_approved_whole": "state",
        "report_published_whole": "state",
        "report_returned_with_comment": "comment",
    }

    class Meta(Record.Meta):
        verbose_name = "báo cáo tháng"
        verbose_name_plural = "báo cáo tháng"
        default_permissions = ("view", "add", "change", "approve")
        indexes = [models.Index(fields=["-year", "-month"], name="report_order")]
        constraints = [
            models.UniqueConstraint(
                name="report_once_a_month",
                fields=["year", "month"],
                violation_error_message="Tháng này đã có báo cáo.",
            ),
            models.CheckConstraint(
                name="report_month_range",
                condition=Q(month__gte=1, month__lte=12, year__gte=1900, year__lte=2999),
                violation_error_message="Tháng báo cáo không đúng.",
            ),
            models.CheckConstraint(
                name="report_start_day_range",
                condition=Q(start_day__gte=1, start_day__lte=28),
                violation_error_message="Ngày bắt đầu kỳ báo cáo phải từ 1 đến 28.",
            ),
            models.CheckConstraint(
                name="report_submitted_whole",
                condition=(
                    Q(state__in=("draft", "returned"))
                    | Q(submitted_by__isnull=False, submitted_at__isnull=False)
                ),
                violation_error_message="Báo cáo đã trình phải có người trình và thời điểm.",
            ),
            models.CheckConstraint(
                name="report_approved_whole",
                condition=(
                    Q(
                        state__in=("approved", "published"),
                        approved_by__isnull=False,
                        approved_at__isnull=False,
                        document__isnull=False,
                    )
                    | Q(
                        state__in=("draft", "submitted", "returned"),
                        approved_by=None,
                        approved_at=None,
                        document=None,
                    )
                ),
                violation_error_message="Báo cáo đã duyệt phải có người duyệt và số văn bản.",
            ),
            models.CheckConstraint(
                name="report_published_whole",
                condition=(
                    Q(state="published", published_at__isnull=False)
                    | ~Q(state="published") & Q(published_at=None)
                ),
                violation_error_message="Báo cáo đã phát hành phải có thời điểm phát hành.",
            ),
            models.CheckConstraint(
                name="report_returned_with_comment",
                condition=~Q(state="returned") | ~Q(comment=""),
                violation_error_message="Trả lại thì ghi rõ cần sửa gì.",
            ),
        ]

    def __str__(self):
        return f"Báo cáo {self.label.lower()}"

    @property
    def label(self):
        return f"Tháng {self.month}/{self.year}"

    @property
    def as_month(self):
        """Return the month as a period."""
        return Month(self.year, self.month, self.start_day)

    @property
    def is_frozen(self):
        return self.state in self.FROZEN

    @property
    def is_broken(self):
        """Tell whether the frozen copy is not any more what was approved."""
        return self.is_frozen and not self.frozen.is_intact

    @property
    def is_open(self):
        return self.state in self.OPEN

    def get_absolute_url(self):
        return reverse("monthlyreport-detail", args=[self.pk])

    def fill(self):
        if not self.code:
            self.code = f"{self.code_prefix}-{self.as_month}"
        super().fill()

    def search_parts(self):
        return "", (self.label,)

    @staticmethod
    def make_sort_key(name):
        return ""

    def badge(self):
        """Return how the report stands: `(tone, word)`."""
        return self.TONES[self.state], self.get_state_display()

    def standing(self):
        """Return the state in words, with its day."""
        days = {
            self.State.SUBMITTED: self.submitted_at,
            self.State.APPROVED: self.approved_at,
            self.State.PUBLISHED: self.published_at,
        }
        at = days.get(self.state)
        return f"{self.get_state_display()} {format_date(at)}" if at else self.get_state_display()


class ReportTextQuerySet(TrackedQuerySet):
    def visible_to(self, user):
        return self.filter(report__in=MonthlyReport.objects.visible_to(user))

    def in_scope(self, scope):
        return self.all() if scope.whole_ward else self.none()


class ReportText(Tracked):
    """What officers wrote in one part of a report's outline (`reports.outline.PARTS`).

    `taken` are the proposed sentences that somebody accepted, `{key: sentence}`, so that one whose
    figures have changed since is noticed; with an empty sentence it was declined.
    """

    report = models.ForeignKey(
        MonthlyReport, models.PROTECT, "texts", editable=False, verbose_name="báo cáo"
    )
    part = models.CharField("mục", max_length=30, editable=False)
    text = models.TextField("nội dung", max_length=10_000, blank=True)
    taken = models.JSONField("câu đã nhận", default=dict, blank=True, editable=False)
    written_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        "+",
        null=True,
        editable=False,
        verbose_name="người viết",
    )

    objects = ReportTextQuerySet.as_manager()
    owner_code = "report__code"
    constraint_fields = {"report_text_once": "text"}

    class Meta(Tracked.Meta):
        verbose_name = "mục báo cáo"
        verbose_name_plural = "mục báo cáo"
        default_permissions = ("view", "change")
        constraints = [
            models.UniqueConstraint(
                name="report_text_once",
                fields=["report", "part"],
                violation_error_message="Mục này đã có nội dung.",
            ),
        ]

    def __str__(self):
        return f"{self.report}: {self.part}"


class FrozenReport(AppendOnly):
    """A report as it was approved: figures, rules and texts as canonical JSON, and its SHA-256.

    `content` is a text, not JSON to the database: the digest is over its very characters.
    """

    report = models.OneToOneField(
        MonthlyReport, models.PROTECT, related_name="frozen", verbose_name="báo cáo"
    )
    content = models.TextField("nội dung")
    digest = models.CharField("SHA-256", max_length=64)
    at = models.DateTimeField("chốt lúc")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, "+", verbose_name="người chốt")

    class Meta(AppendOnly.Meta):
        verbose_name = "báo cáo đã chốt"
        verbose_name_plural = "báo cáo đã chốt"
        default_permissions = ()

    def __str__(self):
        return f"{self.report_id}: {self.digest[:12]}"

    @staticmethod
    def canonical(content: dict) -> str:
        """Return the one spelling of a content that its digest is made of."""
        return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    @staticmethod
    def digest_of(content: str) -> str:
        return hashlib.sha256(content.encode()).hexdigest()

    @property
    def is_intact(self):
        """Tell whether the content still is what was approved."""
        return self.digest == self.digest_of(self.content)

    def read(self) -> dict:
        return json.loads(self.content)
