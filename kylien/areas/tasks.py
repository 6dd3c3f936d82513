"""Things promised to somebody until a day: requests, follow-ups, commitments, orders from above.

`OwnedTask` is what they share: what, who owns it, until when, done when and with what result. One
owner each, since what belongs to everybody is done by nobody.
"""

import datetime as dt

from django.conf import settings
from django.db import models
from django.db.models import Q

from kylien.core import text


class TaskQuerySet(models.QuerySet):
    """Mixed into the querysets of tasks."""

    def unfinished(self):
        return self.filter(done_on=None)

    def due(self, on, days):
        """Return the unfinished tasks due within `days` of `on` or past."""
        return self.unfinished().filter(due_on__lte=on + dt.timedelta(days=days))

    def overdue(self, on):
        return self.unfinished().filter(due_on__lt=on)

    def finished_in(self, period):
        return self.filter(done_on__gte=period.start, done_on__lt=period.end)

    def due_in(self, period):
        return self.filter(due_on__gte=period.start, due_on__lt=period.end)


class OwnedTask(models.Model):
    """A task with one owner, an officer or a body outside the station, and a deadline."""

    content = models.CharField("việc", max_length=300)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        "+",
        null=True,
        blank=True,
        verbose_name="cán bộ phụ trách",
    )
    owner_body = models.CharField("cơ quan, tổ chức phụ trách", max_length=200, blank=True)
    due_on = models.DateField("hạn")
    done_on = models.DateField("xong ngày", null=True, blank=True)
    result = models.CharField("kết quả", max_length=300, blank=True)

    class Meta:
        abstract = True

    @property
    def owner_label(self):
        """Return who owns it, as people read it."""
        return str(self.owner) if self.owner_id else self.owner_body

    def badge(self, on):
        """Return how the task stands on the day `on`: `(tone, word)`."""
        if self.done_on:
            late = (self.done_on - self.due_on).days
            return ("mute", f"Xong, trễ {late} ngày") if late > 0 else ("ok", "Xong đúng hạn")
        return text.due_badge(self.due_on, on)


def task_constraints(prefix):
    """Return the constraints of a model of tasks, named after `prefix`."""
    return [
        models.CheckConstraint(
            name=f"{prefix}_one_owner",
            condition=(Q(owner__isnull=False, owner_body="") | Q(owner=None) & ~Q(owner_body="")),
            violation_error_message="Chọn một cán bộ phụ trách, hoặc ghi một cơ quan phụ trách.",
        ),
        models.CheckConstraint(
            name=f"{prefix}_done_with_result",
            condition=Q(done_on=None) | ~Q(result=""),
            violation_error_message="Đã xong thì ghi kết quả.",
        ),
    ]


def task_fields(prefix):
    """Return which field shows the sentence of each of `task_constraints`."""
    return {f"{prefix}_one_owner": "owner", f"{prefix}_done_with_result": "result"}
