import datetime as dt

import django_filters
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from incidents.models import Assignment, Incident, IncidentType
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


GATHERED = [
    ("pending", "Chưa xong"),
    ("done", "Đã xong"),
    ("late", "Quá hạn"),
    ("to_tell", "Chưa trả lời tổ báo tin"),
    ("to_close", "Chờ kết thúc"),
    ("mine", "Giao cho tôi, chưa xong"),
]


class IncidentFilterSet(RecordFilterSet):
    type = KindFilter(
        queryset=kinds_in_order(), label="Loại", empty_label="Tất cả", method="by_type"
    )
    neighbourhood = area_filter()
    area = django_filters.ChoiceFilter(
        label="Địa bàn",
        choices=[("own", "Địa bàn của tôi")],
        empty_label="Cả việc được giao",
        method="by_area",
    )
    state = django_filters.ChoiceFilter(
        label="Tình trạng",
        choices=[*GATHERED, *Incident.State.choices],
        empty_label="Tất cả",
        method="by_state",
    )
    urgency = django_filters.ChoiceFilter(
        label="Mức độ", choices=IncidentType.urgency.field.choices, empty_label="Tất cả"
    )
    month = MonthFilter(label="Kỳ báo cáo", method="by_month")
    occurred_from = DayFilter(label="Từ ngày", method="from_day")
    occurred_to = DayFilter(label="Đến ngày", method="to_day")

    class Meta:
        model = Incident
        fields = (
            "q",
            "type",
            "neighbourhood",
            "area",
            "state",
            "urgency",
            "month",
            "occurred_from",
            "occurred_to",
        )

    def __init__(self, *args, **kwargs):
        """Ask about his beat only who has one: the others see the whole ward."""
        super().__init__(*args, **kwargs)
        if self.request.user.scope.whole_ward:
            self.form.fields["area"].widget = self.form.fields["area"].hidden_widget()

    def by_type(self, rows, name, value):
        return rows.filter(Q(type=value) | Q(type__parent=value))

    def by_area(self, rows, name, value):
        """Leave out what was given to an officer outside his neighbourhoods."""
        return rows.in_scope(self.request.user.scope)

    def by_state(self, rows, name, value):
        if value == "late":
            return rows.late(timezone.now())
        if value == "mine":
            own = Assignment.objects.incidents_of(self.request.user)
            return rows.pending().filter(pk__in=own)
        gathered = {
            "pending": rows.pending,
            "done": rows.solved,
            "to_tell": rows.group_to_tell,
            "to_close": rows.to_close,
        }
        return gathered[value]() if value in gathered else rows.filter(state=value)

    def by_month(self, rows, name, month):
        return rows.happened_in(month.period)

    def from_day(self, rows, name, day):
        return rows.filter(occurred_at__gte=Period(day, day).start_at)

    def to_day(self, rows, name, day):
        return rows.filter(occurred_at__lt=Period(day, day + dt.timedelta(days=1)).end_at)
