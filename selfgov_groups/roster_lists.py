"""The list of rosters checked: its table and its filters."""

import django_filters

from kylien.areas.filters import area_filter
from kylien.core.filters import MonthFilter, RecordFilterSet
from kylien.core.tables import BadgeCell, Cell, DayCell, NumberCell, RecordTable, TitleCell
from selfgov_groups.models import RosterCheck


class RosterTable(RecordTable):
    """Those with changes to decide first, then by day."""

    code = Cell(verbose_name="Mã", phone="detail", css="nowrap")
    group = TitleCell(
        accessor="group__name", verbose_name="Tổ liên gia", order_by=("group__sort_key",)
    )
    neighbourhood = Cell(
        accessor="group__neighbourhood",
        verbose_name="Tổ dân phố",
        order_by=("group__neighbourhood__position",),
        phone="detail",
    )
    checked_on = DayCell(verbose_name="Ngày rà soát", order_by=("checked_on",), phone="detail")
    changes = NumberCell(
        accessor="line_count", verbose_name="Thay đổi", orderable=False, phone="detail"
    )
    state = BadgeCell(accessor="progress", verbose_name="Tình trạng", orderable=False)
    author = Cell(accessor="created_by", verbose_name="Người nhập", orderable=False)

    class Meta(RecordTable.Meta):
        model = RosterCheck
        fields = ()
        order_by = ("-waits", "-checked_on", "-pk")


class RosterFilterSet(RecordFilterSet):
    state = django_filters.ChoiceFilter(
        label="Tình trạng",
        choices=[("open", "Còn dòng chờ xét"), ("done", "Đã xét hết"), ("same", "Không thay đổi")],
        empty_label="Tất cả",
        method="by_state",
    )
    neighbourhood = area_filter(field_name="group__neighbourhood")
    month = MonthFilter(label="Rà soát trong kỳ", method="by_month")

    class Meta:
        model = RosterCheck
        fields = ("q", "state", "neighbourhood", "month")

    def by_state(self, rows, name, value):
        if value == "open":
            return rows.undecided()
        if value == "done":
            return rows.decided()
        return rows.unchanged()

    def by_month(self, rows, name, month):
        period = month.period
        return rows.filter(checked_on__gte=period.start, checked_on__lt=period.end)
