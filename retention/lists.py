"""The lists of disposals and of requests to correct data: their columns and filters."""

import django_filters

from kylien.areas.filters import area_filter
from kylien.core.filters import MonthFilter, RecordFilterSet
from kylien.core.tables import (
    BadgeCell,
    Cell,
    DayCell,
    NumberCell,
    RecordTable,
    TitleCell,
    WideCell,
)
from retention.models import CorrectionRequest, Disposal


class DisposalTable(RecordTable):
    code = TitleCell(verbose_name="Mã", order_by=("code",), css="nowrap")
    types = WideCell(
        accessor="types_label", verbose_name="Loại dữ liệu", orderable=False, phone="detail"
    )
    count = NumberCell(
        accessor="rows_count", verbose_name="Số dòng", orderable=False, phone="detail"
    )
    proposed_on = DayCell(verbose_name="Đề xuất ngày", order_by=("proposed_on",), phone="detail")
    proposed_by = Cell(accessor="proposed_by__full_name", verbose_name="Đề xuất", orderable=False)
    decided_by = Cell(accessor="decided_by__full_name", verbose_name="Xác nhận", orderable=False)
    state = BadgeCell(accessor="badge", verbose_name="Tình trạng", orderable=False)

    class Meta(RecordTable.Meta):
        model = Disposal
        fields = ()
        order_by = ("-proposed_on", "-pk")


class DisposalFilterSet(RecordFilterSet):
    state = django_filters.ChoiceFilter(
        label="Tình trạng", choices=Disposal.State.choices, empty_label="Tất cả"
    )

    class Meta:
        model = Disposal
        fields = ("q", "state")


class CorrectionTable(RecordTable):
    code = TitleCell(verbose_name="Mã", order_by=("code",), css="nowrap")
    record_code = Cell(
        verbose_name="Bản ghi", order_by=("record_code",), phone="detail", css="nowrap"
    )
    content = WideCell(verbose_name="Điều chưa đúng", orderable=False, phone="detail")
    received_on = DayCell(verbose_name="Nhận ngày", order_by=("received_on",))
    due_on = DayCell(verbose_name="Hạn", order_by=("due_on",), phone="detail")
    owner = Cell(
        accessor="owner__full_name", verbose_name="Phụ trách", orderable=False, css="nowrap"
    )
    decision = Cell(
        accessor="get_decision_display", verbose_name="Kết luận", orderable=False, css="nowrap"
    )
    state = BadgeCell(accessor="badge", verbose_name="Tình trạng", orderable=False, dated=True)

    class Meta(RecordTable.Meta):
        model = CorrectionRequest
        fields = ()
        order_by = ("-received_on", "-pk")


class CorrectionFilterSet(RecordFilterSet):
    state = django_filters.ChoiceFilter(
        label="Tình trạng",
        choices=[
            ("open", "Chưa trả lời"),
            ("late", "Quá hạn"),
            *CorrectionRequest.Decision.choices,
        ],
        empty_label="Tất cả",
        method="by_state",
    )
    month = MonthFilter(label="Nhận trong kỳ", method="by_month")
    neighbourhood = area_filter()

    class Meta:
        model = CorrectionRequest
        fields = ("q", "state", "month", "neighbourhood")

    def by_state(self, rows, name, value):
        match value:
            case "open":
                return rows.unfinished()
            case "late":
                return rows.overdue(self.on)
        return rows.filter(decision=value)

    def by_month(self, rows, name, value):
        return rows.received_in(value.period)
