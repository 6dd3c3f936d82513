import django_filters

from kylien.areas.filters import area_filter
from kylien.core.filters import DayFilter, MonthFilter, RecordFilterSet
from selfgov_groups.models import SelfManagedGroup

SILENT_DAYS = 90  # a quarter: groups meet monthly or quarterly


class GroupFilterSet(RecordFilterSet):
    neighbourhood = area_filter()
    silent = django_filters.ChoiceFilter(
        label="Sinh hoạt",
        choices=[("yes", f"Quá {SILENT_DAYS} ngày chưa họp")],
        empty_label="Tất cả",
        method="by_silence",
    )
    met_in = MonthFilter(label="Có họp trong kỳ", method="by_month")
    state = django_filters.ChoiceFilter(
        label="Tình trạng",
        choices=[("all", "Cả tổ đã giải thể"), ("dissolved", "Đã giải thể")],
        empty_label="Đang hoạt động",
        method="by_state",
    )
    on = DayFilter(label="Có vào ngày", method="by_day")

    class Meta:
        model = SelfManagedGroup
        fields = ("q", "neighbourhood", "silent", "met_in", "state", "on")

    def filter_queryset(self, rows):
        data = self.form.cleaned_data
        if not data["state"] and not data["on"] and not data["met_in"]:
            rows = rows.active()  # a past day or month asks for the groups of then
        return super().filter_queryset(rows)

    def by_silence(self, rows, name, value):
        return rows.silent(self.form.cleaned_data["on"] or self.on, SILENT_DAYS)

    def by_month(self, rows, name, month):
        return rows.met_in(month.period)

    def by_state(self, rows, name, value):
        return rows.exclude(dissolved_on=None) if value == "dissolved" else rows

    def by_day(self, rows, name, value):
        return rows.active_on(value)
