"""Inspections of businesses: planned, announced, held; what was found, and how it was mended."""

import datetime as dt

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q

from businesses.models.businesses import Business, Certificate
from kylien.core import text
from kylien.core.models import Record, RecordQuerySet, Tracked, TrackedQuerySet


class InspectionQuerySet(RecordQuerySet):
    def for_list(self):
        return self.select_related("business__neighbourhood", "business__sector")

    def search(self, query, *, partial_numbers=False):
        """Find by the business too: its name may have changed since the inspection was written."""
        places = Business.objects.search(query, partial_numbers=partial_numbers)
        own = super().search(query, partial_numbers=partial_numbers).order_by().values("pk")
        return self.filter(Q(pk__in=own) | Q(business__in=places.order_by().values("pk")))

    def open(self):
        """Return the inspections still to be held."""
        return self.filter(held_on=None, cancelled_on=None)

    def held(self):
        return self.exclude(held_on=None)

    def of_kind(self, *kinds):
        return self.filter(kind__in=kinds)

    def held_in(self, period):
        """Return the inspections held within a period."""
        return self.filter(held_on__gte=period.start, held_on__lt=period.end)

    def planned_in(self, year):
        """Return the plan of a calendar year: its periodic inspections that were not cancelled."""
        return self.filter(kind=Inspection.Kind.PERIODIC, planned_on__year=year, cancelled_on=None)

    def due(self, on, days):
        """Return the open inspections planned within `days` of `on` or past, of trading
        businesses."""
        rows = self.open().filter(planned_on__lte=on + dt.timedelta(days=days))
        return rows.exclude(business__state=Business.State.CLOSED)

    def to_announce(self, by):
        """Return the open periodic inspections without a notice that are planned up to `by`."""
        rows = self.open().filter(kind=Inspection.Kind.PERIODIC, noticed_on=None)
        return rows.filter(planned_on__lte=by).exclude(business__state=Business.State.CLOSED)

    def with_remedies_due(self, on, days):
        """Return the inspections with a finding to be mended within `days` of `on` or past."""
        due = InspectionFinding.objects.outstanding(on, days)
        return self.filter(pk__in=due.values("inspection"))


class Inspection(Record):
    """A visit of the station to a business, from the plan to the minutes.

    Source: NĐ 96/2016 as amended: periodic at most once a year, announced 5 working days before;
    unannounced only on a violation, signs of one or a complaint; a special one by order from above;
    a check within 60 days after a certificate. The numbers are rows (`BusinessRule`).
    """

    class Kind(models.TextChoices):
        PERIODIC = "periodic", "Định kỳ"
        POST_ISSUE = "post_issue", "Hậu kiểm sau cấp giấy"
        UNANNOUNCED = "unannounced", "Đột xuất"
        SPECIAL = "special", "Chuyên đề"
        FOLLOW_UP = "follow_up", "Phúc tra khắc phục"
        FIRE = "fire", "An toàn PCCC"

    class Ground(models.TextChoices):
        VIOLATION = "violation", "Phát hiện vi phạm"
        SIGNS = "signs", "Có dấu hiệu vi phạm"
        COMPLAINT = "complaint", "Có phản ánh, tố cáo"

    class Outcome(models.TextChoices):
        PASSED = "passed", "Chấp hành đúng"
        FINDINGS = "findings", "Có tồn tại, vi phạm"

    business = models.ForeignKey(Business, models.PROTECT, "inspections", verbose_name="cơ sở")
    kind = models.CharField("loại kiểm tra", max_length=12, choices=Kind, default=Kind.PERIODIC)
    planned_on = models.DateField("ngày dự kiến")
    ground = models.CharField("căn cứ đột xuất", max_length=10, choices=Ground, blank=True)
    ground_note = models.CharField("nội dung căn cứ, văn bản chỉ đạo", max_length=200, blank=True)
    certificate = models.ForeignKey(
        Certificate,
        models.PROTECT,
        "checks",
        null=True,
        blank=True,
        verbose_name="sau khi cấp giấy",
    )
    follows = models.ForeignKey(
        "self", models.PROTECT, "follow_ups", null=True, blank=True, verbose_name="phúc tra cuộc"
    )
    content = models.TextField("nội dung kiểm tra", max_length=1000, blank=True)
    repeat_reason = models.CharField("lý do kiểm tra định kỳ lần nữa", max_length=200, blank=True)
    notice_number = models.CharField("số thông báo", max_length=50, blank=True)
    noticed_on = models.DateField("ngày thông báo", null=True, blank=True)
    held_on = models.DateField("ngày kiểm tra", null=True, blank=True)
    minutes_number = models.CharField("số biên bản", max_length=50, blank=True)
    team = models.TextField("đoàn kiểm tra", max_length=500, blank=True)
    met_with = models.CharField("đại diện cơ sở", max_length=100, blank=True)
    outcome = models.CharField("kết quả", max_length=10, choices=Outcome, blank=True)
    conclusion = models.TextField("kết luận", max_length=2000, blank=True)
    cancelled_on = models.DateField("ngày huỷ", null=True, blank=True)
    cancel_reason = models.CharField("lý do huỷ", max_length=200, blank=True)

    objects = InspectionQuerySet.as_manager()
    code_prefix = "KT"
    scope_lookup = "business__neighbourhood"
    derived_from = ("kind", "notice_number", "minutes_number")
    constraint_fields = {
        "inspection_unannounced_with_ground": "ground",
        "inspection_special_with_order": "ground_note",
        "inspection_post_issue_of_certificate": "certificate",
        "inspection_follow_up_of_another": "follows",
        "inspection_announced_before_held": "noticed_on",
        "inspection_held_or_cancelled": "cancelled_on",
        "inspection_cancelled_with_reason": "cancel_reason",
        "inspection_outcome_once_held": "outcome",
    }

    class Meta(Record.Meta):
        verbose_name = "cuộc kiểm tra"
        verbose_name_plural = "kiểm tra"
        indexes = [
            models.Index(fields=["-planned_on", "-id"], name="inspection_order"),
            models.Index(fields=["held_on"], name="inspection_held"),
            models.Index(
                fields=["planned_on"],
                name="inspection_open",
                condition=Q(held_on=None, cancelled_on=None),
            ),
        ]
        constraints = [
            models.CheckConstraint(
                name="inspection_unannounced_with_ground",
                condition=~Q(kind="unannounced") | ~Q(ground=""),
                violation_error_message="Kiểm tra đột xuất phải có căn cứ: vi phạm, dấu hiệu vi "
                "phạm hoặc phản ánh, tố cáo.",
            ),
            models.CheckConstraint(
                name="inspection_special_with_order",
                condition=~Q(kind="special") | ~Q(ground_note=""),
                violation_error_message="Kiểm tra chuyên đề phải ghi văn bản chỉ đạo hoặc phê "
                "duyệt của cấp trên.",
            ),
            models.CheckConstraint(
                name="inspection_post_issue_of_certificate",
                condition=~Q(kind="post_issue") | Q(certificate__isnull=False),
                violation_error_message="Hậu kiểm thì chọn giấy đã cấp.",
            ),
            models.CheckConstraint(
                name="inspection_follow_up_of_another",
                condition=~Q(kind="follow_up") | Q(follows__isnull=False),
                violation_error_message="Phúc tra thì chọn cuộc kiểm tra trước.",
            ),
            models.CheckConstraint(
                name="inspection_announced_before_held",
                condition=Q(noticed_on=None) | Q(held_on=None) | Q(noticed_on__lt=F("held_on")),
                violation_error_message="Thông báo phải trước ngày kiểm tra.",
            ),
            models.CheckConstraint(
                name="inspection_held_or_cancelled",
                condition=Q(held_on=None) | Q(cancelled_on=None),
                violation_error_message="Đã kiểm tra thì không huỷ.",
            ),
            models.CheckConstraint(
                name="inspection_cancelled_with_reason",
                condition=Q(cancelled_on=None) | ~Q(cancel_reason=""),
                violation_error_message="Ghi lý do huỷ.",
            ),
            models.CheckConstraint(
                name="inspection_outcome_once_held",
                condition=Q(held_on=None, outcome="") | Q(held_on__isnull=False) & ~Q(outcome=""),
                violation_error_message="Đã kiểm tra thì ghi kết quả.",
            ),
        ]

    def __str__(self):
        return f"{self.code} · {self.business.name}"

    def search_parts(self):
        return self.get_kind_display(), (self.notice_number, self.minutes_number)

    def clean(self):
        errors = {}
        if self.certificate_id and self.certificate.business_id != self.business_id:
            errors["certificate"] = "Giấy này là của cơ sở khác."
        if self.follows_id and self.follows.business_id != self.business_id:
            errors["follows"] = "Cuộc kiểm tra này là của cơ sở khác."
        if errors:
            raise ValidationError(errors)

    def changeable_by(self, user, at):
        """The plan is changed until the visit; minutes are mended on a page of their own."""
        return self.is_open

    @property
    def is_open(self):
        return self.held_on is None and self.cancelled_on is None

    def badge(self, on):
        """Return how the inspection stands on the day `on`: `(tone, word)`."""
        if self.cancelled_on:
            return "mute", "Đã huỷ"
        if self.held_on:
            passed = self.outcome == self.Outcome.PASSED
            return ("ok", "Đạt") if passed else ("due", "Có tồn tại")
        if self.planned_on < on:
            return "late", f"Quá ngày {(on - self.planned_on).days} ngày"
        return ("mute", "Đã thông báo") if self.noticed_on else ("mute", "Trong kế hoạch")


class FindingQuerySet(TrackedQuerySet):
    def outstanding(self, on, days):
        """Return the findings to be mended within `days` of `on` or past, and not mended, of
        trading businesses."""
        rows = self.filter(mended_on=None, due_on__lte=on + dt.timedelta(days=days))
        return rows.exclude(inspection__business__state=Business.State.CLOSED)


class InspectionFinding(Tracked):
    """A shortcoming written into the minutes, with the day until which it is to be mended."""

    inspection = models.ForeignKey(
        Inspection, models.PROTECT, "findings", verbose_name="cuộc kiểm tra"
    )
    finding = models.CharField("tồn tại, vi phạm", max_length=300)
    remedy = models.CharField("yêu cầu khắc phục", max_length=300, blank=True)
    due_on = models.DateField("hạn khắc phục")
    mended_on = models.DateField("ngày khắc phục xong", null=True, blank=True)
    mended_note = models.CharField("kết quả khắc phục", max_length=300, blank=True)

    objects = FindingQuerySet.as_manager()
    owner_code = "inspection__code"
    scope_lookup = "inspection__business__neighbourhood"

    class Meta(Tracked.Meta):
        verbose_name = "tồn tại"
        verbose_name_plural = "tồn tại"
        ordering = ("due_on", "pk")
        indexes = [
            models.Index(fields=["due_on"], name="finding_outstanding", condition=Q(mended_on=None))
        ]

    def __str__(self):
        return self.finding

    def clean(self):
        held = self.inspection.held_on if self.inspection_id else None
        errors = {}
        if held and self.due_on and self.due_on <= held:
            errors["due_on"] = "Hạn khắc phục phải sau ngày kiểm tra."
        if held and self.mended_on and self.mended_on < held:
            errors["mended_on"] = "Ngày khắc phục không thể trước ngày kiểm tra."
        if errors:
            raise ValidationError(errors)

    def badge(self, on):
        """Return how the remedy stands on the day `on`: `(tone, word)`."""
        if self.mended_on:
            return "ok", f"Đã khắc phục {text.format_date(self.mended_on)}"
        left = (self.due_on - on).days
        if left < 0:
            return "late", f"Quá hạn {-left} ngày"
        return "due", f"Còn {left} ngày"
