"""The duty desk's shifts: what one shift leaves to the next."""

import datetime as dt

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from kylien.accounts.models import DeskRecord
from kylien.core.models import RecordQuerySet

LONGEST = dt.timedelta(hours=48)


class HandoverQuerySet(RecordQuerySet):
    def in_scope(self, scope):
        return self.all() if scope.whole_ward else self.none()

    def for_list(self):
        return self.select_related("created_by", "taken_by")


class ShiftHandover(DeskRecord):
    """A shift of the duty desk, handed over: from when until when, what is left to do.

    What came in and what is due follows from the incidents; only what they do not say is written.
    """

    started_at = models.DateTimeField("ca từ")
    ended_at = models.DateTimeField("ca đến")
    note = models.TextField("việc bàn giao", max_length=1000, blank=True)
    taken_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        "+",
        null=True,
        editable=False,
        verbose_name="người nhận ca",
    )
    taken_at = models.DateTimeField("nhận ca lúc", null=True, editable=False)

    objects = HandoverQuerySet.as_manager()
    code_prefix = "GC"
    code_width = 4
    constraint_fields = {"handover_ends_after_start": "ended_at", "handover_taken_by": "taken_by"}

    class Meta(DeskRecord.Meta):
        verbose_name = "ca trực"
        verbose_name_plural = "giao ca trực"
        default_permissions = ("view", "add", "change")
        indexes = [models.Index(fields=["-ended_at", "-id"], name="handover_order")]
        constraints = [
            models.CheckConstraint(
                name="handover_ends_after_start",
                condition=Q(ended_at__gt=F("started_at")),
                violation_error_message="Ca phải kết thúc sau khi bắt đầu.",
            ),
            models.CheckConstraint(
                name="handover_taken_by",
                condition=(
                    Q(taken_by=None, taken_at=None)
                    | Q(taken_by__isnull=False, taken_at__isnull=False)
                ),
                violation_error_message="Nhận ca phải có người nhận.",
            ),
        ]

    def __str__(self):
        return self.label()

    def label(self):
        start, end = timezone.localtime(self.started_at), timezone.localtime(self.ended_at)
        return f"Ca {start:%H:%M %d/%m} đến {end:%H:%M %d/%m/%Y}"

    def clean(self):
        """Shifts do not overlap: each hour is some officer's."""
        if not (self.started_at and self.ended_at):
            return
        if self.ended_at - self.started_at > LONGEST:
            raise ValidationError({"started_at": "Một ca không quá 48 giờ."})
        others = ShiftHandover.objects.exclude(pk=self.pk)
        clash = others.filter(started_at__lt=self.ended_at, ended_at__gt=self.started_at).first()
        if clash:
            told = str(clash)
            raise ValidationError(
                {"started_at": f"Trùng với {told[:1].lower()}{told[1:]} ({clash.code})."}
            )

    def by_label(self):
        return str(self.created_by)

    by_label.label = "Người giao ca"

    def code_series(self):
        return f"{self.code_prefix}-{timezone.localtime(self.started_at).year}"

    def search_parts(self):
        return "", (self.note,)

    @staticmethod
    def make_sort_key(name):
        return ""

    def changeable_by(self, user, at):
        """A handover is changed until the next shift has taken it."""
        return self.taken_by_id is None and super().changeable_by(user, at)
