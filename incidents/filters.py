import datetime as dt

import django_filters
from django.db.models import F, Q
from django.db.models.functions import Coalesce

from incidents.models import Incident, IncidentType
from kylien.areas.filters import area_filter
from kylien.core.filters import DayFilter, MonthFilter, RecordFilterSet
from kylien.core.periods import Period


class KindChoiceField(django_filters.ModelChoiceFilter.field_class):
    """Both levels: a group, and below it its kinds."""

    def label_from_instance(self, obj):
        return f"– {obj.name}" if obj.parent_id else obj.name


class KindFilter(django_filters.ModelChoiceFilter):
    field_class = KindChoiceField


def kinds_in_order():
    return IncidentType.objects.order_by(
        Coalesce("parent__position", "position"),
        Coalesce("parent", "pk"),
        F("parent").asc(nulls_first=True),
        "position",
        "pk",
    )


class IncidentFilterSet(RecordFilterSet):
    type = KindFilter(
        queryset=kinds_in_order(), label="Loại", empty_label="Tất cả", method="by_type"
    )
    neighbourhood = area_filter()
    state = django_filters.ChoiceFilter(
        label="Tình trạng",
        choices=[("pending", "Chưa xong"), ("done", "Đã xong"), *Incident.State.choices],
        empty_label="Tất cả",
        method="by_state",
    )
    month = MonthFilter(label="Kỳ báo cáo", method="by_month")
    occurred_from = DayFilter(label="Từ ngày", method="from_day")
    occurred_to = DayFilter(label="Đến ngày", method="to_day")

    class Meta:
        model = Incident
        fields = ("q", "type", "neighbourhood", "state", "month", "occurred_from", "occurred_to")

    def by_type(self, rows, name, value):
        return rows.filter(Q(type=value) | Q(type__parent=value))

    def by_state(self, rows, name, value):
        if value == "pending":
            return rows.pending()
        return rows.solved() if value == "done" else rows.filter(state=value)

    def by_month(self, rows, name, month):
        return rows.happened_in(month.period)

    def from_day(self, rows, name, day):
        return rows.filter(occurred_at__gte=Period(day, day).start_at)

    def to_day(self, rows, name, day):
        return rows.filter(occurred_at__lt=Period(day, day + dt.timedelta(days=1)).end_at)
