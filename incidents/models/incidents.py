"""Incidents: an index of events (kind, place, time, measures, result), never a file on a person.

There is no key to a resident or household, and no page of theirs shows incidents. Crowds and
complaints are recorded by size band and measures with one short note: no names, no opinions.
"""

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils import timezone

from businesses.models import Business
from incidents.models.kinds import IncidentType
from kylien.accounts.models import DeskRecord
from kylien.areas.models import Neighbourhood
from kylien.core.models import RecordQuerySet
from kylien.core.search_index import folded_index
from selfgov_groups.models import SelfManagedGroup

SHORT_NOTE = 200  # characters, for crowds and complaints


class IncidentQuerySet(RecordQuerySet):
    def for_list(self):
        shown = ("code", "occurred_at", "place", "state", "resolved_on")
        return self.select_related("type", "neighbourhood").only(
            *shown, "type__name", "neighbourhood__name"
        )

    def happened_in(self, period):
        return self.filter(occurred_at__gte=period.start_at, occurred_at__lt=period.end_at)

    def pending(self):
        return self.exclude(state__in=Incident.State.done())

    def solved(self):
        return self.filter(state__in=Incident.State.done())


class Incident(DeskRecord):
    """An event in the ward: what kind, when, where, from whom the news came, what was done."""

    class State(models.TextChoices):
        RECEIVED = "received", "Tiếp nhận"
        VERIFYING = "verifying", "Đang xác minh"
        RESOLVED = "resolved", "Đã giải quyết"
        MEDIATED = "mediated", "Hoà giải thành"
        SANCTIONED = "sanctioned", "Xử phạt hành chính"
        HANDED_OVER = "handed_over", "Chuyển cơ quan khác"
        NOT_COMPETENT = "not_competent", "Không thuộc thẩm quyền"

        @classmethod
        def done(cls):
            return [cls.RESOLVED, cls.MEDIATED, cls.SANCTIONED, cls.HANDED_OVER, cls.NOT_COMPETENT]

    class Channel(models.TextChoices):
        IN_PERSON = "in_person", "Trực tiếp"
        PHONE = "phone", "Điện thoại"
        GROUP = "group", "Tổ liên gia báo"
        ONLINE = "online", "Cổng dịch vụ công, VNeID"
        PATROL = "patrol", "Công an phát hiện"

    class Size(models.TextChoices):
        UNDER_10 = "under_10", "Dưới 10 người"
        TO_50 = "to_50", "10–50 người"
        TO_200 = "to_200", "51–200 người"
        TO_1000 = "to_1000", "201–1.000 người"
        OVER_1000 = "over_1000", "Trên 1.000 người"

    class Measure(models.TextChoices):
        EXPLAIN = "explain", "Giải thích, vận động"
        ORDER = "order", "Bảo đảm trật tự, giao thông"
        DIALOGUE = "dialogue", "Đề nghị cơ quan chức năng đối thoại"
        REPORT = "report", "Báo cáo cấp trên"

    type = models.ForeignKey(IncidentType, models.PROTECT, "incidents", verbose_name="loại vụ việc")
    occurred_at = models.DateTimeField("xảy ra lúc")
    neighbourhood = models.ForeignKey(
        Neighbourhood, models.PROTECT, "incidents", verbose_name="tổ dân phố"
    )
    place = models.CharField("nơi xảy ra", max_length=200)
    channel = models.CharField(
        "nguồn tin", max_length=10, choices=Channel, default=Channel.IN_PERSON
    )
    business = models.ForeignKey(
        Business, models.PROTECT, "incidents", null=True, blank=True, verbose_name="tại cơ sở"
    )
    reporting_group = models.ForeignKey(
        SelfManagedGroup,
        models.PROTECT,
        "reported_incidents",
        null=True,
        blank=True,
        verbose_name="tổ liên gia báo tin",
    )
    summary = models.TextField(
        "nội dung",
        blank=True,
        max_length=1000,
        help_text="Không ghi nội dung mật. Không ghi họ tên người liên quan.",
    )
    size_band = models.CharField("quy mô", max_length=10, choices=Size, blank=True)
    measure = models.CharField("biện pháp", max_length=10, choices=Measure, blank=True)
    state = models.CharField("tình trạng", max_length=15, choices=State, default=State.RECEIVED)
    result = models.TextField("kết quả giải quyết", blank=True, max_length=1000)
    resolved_on = models.DateField("giải quyết xong ngày", null=True, blank=True)
    file_number = models.CharField("số hồ sơ", max_length=50, blank=True)

    objects = IncidentQuerySet.as_manager()
    code_prefix = "VV"
    code_width = 4
    derived_from = ("place", "summary")
    constraint_fields = {
        "incident_done_has_day": "resolved_on",
        "incident_group_news_names_group": "reporting_group",
    }

    class Meta(DeskRecord.Meta):
        verbose_name = "vụ việc"
        verbose_name_plural = "vụ việc"
        indexes = [
            models.Index(fields=["-occurred_at", "-id", "neighbourhood"], name="incident_order"),
            models.Index(fields=["neighbourhood", "-occurred_at"], name="incident_by_area"),
            folded_index("incident_search"),
        ]
        constraints = [
            models.CheckConstraint(
                name="incident_done_has_day",
                condition=(
                    Q(state__in=["received", "verifying"], resolved_on=None)
                    | (~Q(state__in=["received", "verifying"]) & Q(resolved_on__isnull=False))
                ),
                violation_error_message=(
                    "Vụ việc đã xong thì ghi ngày giải quyết; chưa xong thì để trống."
                ),
            ),
            models.CheckConstraint(
                name="incident_group_news_names_group",
                condition=~Q(channel="group") | Q(reporting_group__isnull=False),
                violation_error_message="Tin do tổ liên gia báo thì chọn tổ.",
            ),
        ]

    def __str__(self):
        return self.code

    def code_series(self):
        return f"{self.code_prefix}-{timezone.localtime(self.occurred_at).year}"

    def search_parts(self):
        return "", (self.place, self.summary)

    @staticmethod
    def make_sort_key(name):
        return ""

    def clean(self):
        if not self.type_id:
            return
        errors = {}
        if self.type.crowd:
            if not self.size_band:
                errors["size_band"] = "Chọn quy mô."
            if not self.measure:
                errors["measure"] = "Chọn biện pháp."
            for name in ("summary", "result"):
                if len(getattr(self, name)) > SHORT_NOTE:
                    errors[name] = f"Loại này chỉ ghi ngắn, không quá {SHORT_NOTE} chữ."
        happened = timezone.localdate(self.occurred_at) if self.occurred_at else None
        if self.resolved_on and happened and self.resolved_on < happened:
            errors["resolved_on"] = "Ngày giải quyết không thể trước ngày xảy ra."
        elsewhere = self.business_id and self.business.neighbourhood_id != self.neighbourhood_id
        if elsewhere and self.neighbourhood_id:
            errors["business"] = "Cơ sở này ở tổ dân phố khác."
        if errors:
            raise ValidationError(errors)

    def state_badge(self):
        tone = "mute" if self.state in self.State.done() else "due"
        return tone, self.get_state_display()
