"""Declared absences (tạm vắng): who is away, where, until when."""

import datetime as dt

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q

from households.models.population import Resident
from kylien.areas.models import Neighbourhood
from kylien.core import text
from kylien.core.models import Record, RecordQuerySet
from kylien.core.search_index import folded_index


class AbsenceQuerySet(RecordQuerySet):
    def for_list(self):
        return self.select_related("resident", "neighbourhood")

    def current(self):
        """Return the absences of people who live here and have not come back."""
        return self.filter(returned_on=None, resident__present=True)

    def open_on(self, day):
        """Return the absences that lasted on `day`."""
        still = Q(returned_on=None) | Q(returned_on__gt=day)
        return self.filter(still, started_on__lte=day)

    def ending(self, on, days):
        """Return current absences whose expected end is within `days` of `on` or over."""
        return self.current().filter(expected_on__lte=on + dt.timedelta(days=days))

    def overdue(self, on):
        return self.current().filter(expected_on__lt=on)


class Absence(Record):
    """A declared absence from the ward. Source: Luật Cư trú 2020 Điều 31.

    Reasons are neutral: absences under criminal or administrative measures are never recorded here.
    """

    class Reason(models.TextChoices):
        WORK = "work", "Đi làm ăn"
        STUDY = "study", "Đi học"
        FAMILY = "family", "Việc gia đình"
        TRAVEL = "travel", "Du lịch, thăm thân"
        OTHER = "other", "Khác"

    resident = models.ForeignKey(Resident, models.PROTECT, "absences", verbose_name="nhân khẩu")
    neighbourhood = models.ForeignKey(
        Neighbourhood, models.PROTECT, "absences", editable=False, verbose_name="tổ dân phố"
    )
    reason = models.CharField("lý do", max_length=10, choices=Reason, default=Reason.WORK)
    destination = models.CharField("nơi đến", max_length=200)
    started_on = models.DateField("vắng từ ngày")
    expected_on = models.DateField("dự kiến về ngày")
    returned_on = models.DateField("đã về ngày", null=True, blank=True)

    objects = AbsenceQuerySet.as_manager()
    code_prefix = "TV"
    code_width = 6
    derived_from = ("resident", "destination")
    # Of who is away now: follows the person (services.refresh_places).
    unrecorded_fields = (*Record.unrecorded_fields, "neighbourhood")
    constraint_fields = {
        "absence_expected_after_start": "expected_on",
        "absence_returned_after_start": "returned_on",
        "absence_one_open": "resident",
    }

    class Meta(Record.Meta):
        verbose_name = "tạm vắng"
        verbose_name_plural = "tạm vắng"
        indexes = [
            models.Index(fields=["expected_on", "id"], name="absence_order"),
            models.Index(
                fields=["neighbourhood", "expected_on"],
                name="absence_by_area",
                condition=Q(returned_on=None),
            ),
            folded_index("absence_search"),
        ]
        constraints = [
            models.CheckConstraint(
                name="absence_expected_after_start",
                condition=Q(expected_on__gt=F("started_on")),
                violation_error_message="Ngày dự kiến về phải sau ngày vắng.",
            ),
            models.CheckConstraint(
                name="absence_returned_after_start",
                condition=Q(returned_on=None) | Q(returned_on__gte=F("started_on")),
                violation_error_message="Ngày về không thể trước ngày vắng.",
            ),
            models.UniqueConstraint(
                name="absence_one_open",
                fields=["resident"],
                condition=Q(returned_on=None),
                violation_error_message="Người này đang có một lần tạm vắng chưa về.",
            ),
        ]

    def __str__(self):
        return f"{self.code} · {self.resident}"

    def clean(self):
        """Somebody who lives here goes away, and is away once at a time."""
        if not self.resident_id or not self.started_on:
            return
        others = self.resident.absences.exclude(pk=self.pk)
        end = self.returned_on
        clash = others.filter(Q(returned_on=None) | Q(returned_on__gt=self.started_on))
        clash = (clash.filter(started_on__lt=end) if end else clash).first()
        if clash:
            day = text.format_date(clash.started_on)
            raise ValidationError(
                {"started_on": f"Đã khai tạm vắng từ {day} ({clash.code}): ghi ngày về trước."}
            )

    def search_parts(self):
        return self.resident.full_name, (self.destination,)

    @staticmethod
    def make_sort_key(name):
        return text.sort_key(name)

    def fill(self):
        super().fill()
        if self.neighbourhood_id is None:
            self.neighbourhood_id = self.resident.neighbourhood_id

    def badge(self, on):
        if self.returned_on:
            return "mute", f"Đã về {text.format_date(self.returned_on)}"
        left = (self.expected_on - on).days
        if left < 0:
            return "late", f"Quá ngày về {-left} ngày"
        if left == 0:
            return "due", "Hôm nay về"
        return ("due", f"Còn {left} ngày") if left <= 15 else ("ok", "Đang vắng")
