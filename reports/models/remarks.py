"""What the ward's leaders say of a published report, and what became of it."""

import datetime as dt

from django.conf import settings
from django.db import models
from django.db.models import Q

from kylien.accounts.models import Role
from kylien.core import text
from kylien.core.models import Tracked, TrackedQuerySet
from reports.models.monthly import MonthlyReport


class ReportRemarkQuerySet(TrackedQuerySet):
    def visible_to(self, user):
        """The chief and the clerks see all, an officer his own tasks, leaders those on what they
        can read."""
        if user.is_superuser or not (user.is_active and user.roles):
            return self.none()
        if user.has_role(Role.CHIEF, Role.CLERK):
            return self.all()
        if user.has_role(Role.LEADER):
            return self.filter(report__state=MonthlyReport.State.PUBLISHED)
        return self.filter(owner=user)

    def in_scope(self, scope):
        return self.all() if scope.whole_ward else self.none()

    def for_list(self):
        return self.select_related("author", "owner")

    def unanswered(self):
        return self.filter(done_on=None)

    def due(self, until):
        """Return the unanswered tasks due up to and with `until`."""
        return self.unanswered().filter(due_on__lte=until)

    def without_day(self):
        """Return the unanswered remarks that wait for no day."""
        return self.unanswered().filter(due_on=None)


class ReportRemark(Tracked):
    """A leader's comment on a report, or a task with a day; answered by the officer who owns it."""

    class Kind(models.TextChoices):
        COMMENT = "comment", "Ý kiến"
        TASK = "task", "Giao việc"

    report = models.ForeignKey(
        MonthlyReport, models.PROTECT, "remarks", editable=False, verbose_name="báo cáo"
    )
    kind = models.CharField("loại", max_length=10, choices=Kind, default=Kind.COMMENT)
    content = models.TextField("nội dung", max_length=1000)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        "+",
        editable=False,
        verbose_name="người nêu",
    )
    due_on = models.DateField("hạn", null=True, blank=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, "+", verbose_name="cán bộ phụ trách"
    )
    answer = models.TextField("trả lời", max_length=1000, blank=True)
    done_on = models.DateField("trả lời ngày", null=True, blank=True)

    objects = ReportRemarkQuerySet.as_manager()
    owner_code = "report__code"
    constraint_fields = {
        "report_remark_task_has_day": "due_on",
        "report_remark_done_with_answer": "answer",
    }

    class Meta(Tracked.Meta):
        verbose_name = "ý kiến lãnh đạo"
        verbose_name_plural = "ý kiến lãnh đạo"
        default_permissions = ("view", "add", "change")
        indexes = [
            models.Index(fields=["due_on"], name="report_remark_open", condition=Q(done_on=None))
        ]
        constraints = [
            models.CheckConstraint(
                name="report_remark_task_has_day",
                condition=Q(kind="comment") | Q(due_on__isnull=False),
                violation_error_message="Giao việc phải có hạn.",
            ),
            models.CheckConstraint(
                name="report_remark_done_with_answer",
                condition=Q(done_on=None, answer="") | Q(done_on__isnull=False) & ~Q(answer=""),
                violation_error_message="Đã xong thì ghi trả lời.",
            ),
        ]

    def __str__(self):
        return f"{self.get_kind_display()}: {self.content[:60]}"

    def get_absolute_url(self):
        return f"{self.report.get_absolute_url()}#remarks"

    def badge(self, on: dt.date):
        """Return how the remark stands on the day `on`: `(tone, word)`."""
        if self.done_on:
            return "ok", "Đã trả lời"
        if self.due_on is None:
            return "due", "Chờ trả lời"
        return text.due_badge(self.due_on, on)
