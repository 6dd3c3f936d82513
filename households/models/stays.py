"""Notices that somebody stays overnight, less than 30 days (lưu trú)."""

import datetime as dt

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from businesses.models import Business
from households.models.population import Household, Resident
from households.models.rules import ResidenceRule
from kylien.accounts.models import DeskRecord
from kylien.areas.models import Neighbourhood
from kylien.core import text
from kylien.core.models import RecordQuerySet
from kylien.core.search_index import folded_index


class StayNoticeQuerySet(RecordQuerySet):
    def for_list(self):
        return self.select_related("household", "lodging", "neighbourhood")

    def unconfirmed(self):
        return self.filter(confirmed_at=None)

    def late(self):
        """Return the notices that came after the hour the law sets."""
        return self.filter(notified_at__gt=F("due_at"))

    def arrived_in(self, period):
        return self.filter(arrived_at__gte=period.start_at, arrived_at__lt=period.end_at)


class StayNotice(DeskRecord):
    """Notice that somebody stays overnight, less than 30 days (lưu trú).

    Due before 23:00 of the first day; for arrivals after 23:00 before 08:00 of the next day.
    Content: name, birth, number, reason, period, address. Source: Luật Cư trú Điều 30 as amended by
    Luật 118/2025/QH15.
    """

    class Channel(models.TextChoices):
        IN_PERSON = "in_person", "Trực tiếp"
        PHONE = "phone", "Điện thoại"
        ONLINE = "online", "VNeID, cổng dịch vụ công"

    guest_name = models.CharField("họ và tên khách", max_length=100)
    birth_date = models.DateField("ngày sinh")
    birth_precision = models.CharField(
        max_length=1,
        choices=Resident.Precision,
        default=Resident.Precision.DAY,
        verbose_name="độ rõ ngày sinh",
    )
    id_number = models.CharField("số định danh, hộ chiếu", max_length=20, blank=True)
    reason = models.CharField("lý do lưu trú", max_length=100)
    arrived_at = models.DateTimeField("đến lúc")
    leaves_on = models.DateField("dự kiến đi ngày")
    household = models.ForeignKey(
        Household, models.PROTECT, "stay_notices", null=True, blank=True, verbose_name="hộ"
    )
    lodging = models.ForeignKey(
        Business,
        models.PROTECT,
        "stay_notices",
        null=True,
        blank=True,
        verbose_name="cơ sở lưu trú",
    )
    neighbourhood = models.ForeignKey(
        Neighbourhood, models.PROTECT, "stay_notices", editable=False, verbose_name="tổ dân phố"
    )
    channel = models.CharField(
        "hình thức", max_length=10, choices=Channel, default=Channel.IN_PERSON
    )
    notified_at = models.DateTimeField("thông báo lúc", default=timezone.now)
    due_at = models.DateTimeField("hạn thông báo", editable=False)
    confirmed_at = models.DateTimeField("xác nhận lúc", null=True, editable=False)

    objects = StayNoticeQuerySet.as_manager()
    code_prefix = "LT"
    code_width = 6
    number_fields = ("id_number",)
    secret_fields = ("id_number", "birth_date")
    masks = {"id_number": text.mask_id, "birth_date": text.mask_birth}
    derived_from = ("guest_name", "arrived_at", "household", "lodging")
    constraint_fields = {"stay_notice_one_host": "household"}

    class Meta(DeskRecord.Meta):
        verbose_name = "thông báo lưu trú"
        verbose_name_plural = "thông báo lưu trú"
        indexes = [
            models.Index(fields=["-arrived_at", "-id"], name="stay_notice_order"),
            models.Index(fields=["neighbourhood", "-arrived_at"], name="stay_notice_by_area"),
            models.Index(
                fields=["arrived_at"], name="stay_notice_open", condition=Q(confirmed_at=None)
            ),
            models.Index(fields=["id_number"], name="stay_notice_id_number"),
            folded_index("stay_notice_search"),
        ]
        constraints = [
            models.CheckConstraint(
                name="stay_notice_one_host",
                condition=Q(household__isnull=False, lodging=None)
                | Q(household=None, lodging__isnull=False),
                violation_error_message="Ghi một nơi: hoặc hộ, hoặc cơ sở lưu trú.",
            ),
        ]

    def __str__(self):
        return f"{self.code} · {self.guest_name}"

    @staticmethod
    def due(arrived_at):
        """Return until when a stay that began at `arrived_at` must be notified (Điều 30.3)."""
        local = timezone.localtime(arrived_at)
        day_end = local.replace(hour=23, minute=0, second=0, microsecond=0)
        if local < day_end:
            return day_end
        return day_end.replace(hour=8) + dt.timedelta(days=1)

    most_nights = None  # the law's limit, where a form has read it already

    def clean(self):
        if self.arrived_at and self.leaves_on:
            day = timezone.localdate(self.arrived_at)
            nights = (self.leaves_on - day).days
            if nights < 0:
                raise ValidationError({"leaves_on": "Ngày đi không thể trước ngày đến."})
            rules = ResidenceRule.objects
            limit = self.most_nights or rules.number(ResidenceRule.Key.STAY_DAYS, day)
            if nights > limit:
                raise ValidationError(
                    {
                        "leaves_on": f"Lưu trú tối đa {limit} đêm: ở lâu hơn thì đăng ký tạm trú, "
                        "không phải lưu trú."
                    }
                )

    def search_parts(self):
        return self.guest_name, ()

    @staticmethod
    def make_sort_key(name):
        return text.sort_key(name)

    def fill(self):
        super().fill()
        host = self.household or self.lodging
        if host:
            self.neighbourhood_id = host.neighbourhood_id
        if self.arrived_at:
            self.due_at = self.due(self.arrived_at)

    def filled_fields(self):
        return (*super().filled_fields(), "due_at", "neighbourhood")

    def birth(self):
        """Return the birth as the page may show it: the year, or all that is known."""
        if self.in_full:
            return text.format_birth(self.birth_date, self.birth_precision)
        return self.masked("birth_date")

    birth.label = "sinh"

    def host(self):
        return self.household or self.lodging

    host.label = "nơi lưu trú"

    def masked_id_number(self):
        return self.masked("id_number")

    @property
    def is_late(self):
        return self.notified_at > self.due_at

    def badge(self):
        if not self.confirmed_at:
            return "due", "Chưa xác nhận"
        return ("late", "Báo trễ") if self.is_late else ("ok", "Đã xác nhận")

    def standing(self):
        return self.badge()[1]

    standing.label = "tình trạng"
