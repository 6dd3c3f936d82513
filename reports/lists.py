"""The list of outgoing documents: its columns and its filters."""

import django_filters
from django import forms

from kylien.core.filters import MonthFilter, RecordFilterSet
from kylien.core.tables import BadgeCell, Cell, DayCell, RecordTable, TitleCell, WideCell
from reports.models import OutgoingDocument


class OutgoingTable(RecordTable):
    code = Cell(verbose_name="Mã", orderable=False, phone="detail", css="nowrap")
    symbol = TitleCell(
        verbose_name="Số, ký hiệu", order_by=("year", "kind", "number"), css="nowrap"
    )
    kind = Cell(
        accessor="get_kind_display", verbose_name="Loại", order_by=("kind", "number"), css="nowrap"
    )
    dated = DayCell(verbose_name="Ngày", order_by=("dated", "number"), phone="detail")
    subject = WideCell(verbose_name="Trích yếu", orderable=False, phone="detail")
    signer = Cell(
        accessor="signer__full_name", verbose_name="Người ký", orderable=False, css="nowrap"
    )
    state = BadgeCell(accessor="badge", verbose_name="Tình trạng", orderable=False)

    class Meta(RecordTable.Meta):
        model = OutgoingDocument
        fields = ()
        order_by = ("-dated", "-number")


class OutgoingFilterSet(RecordFilterSet):
    kind = django_filters.ChoiceFilter(
        label="Loại văn bản", choices=OutgoingDocument.Kind.choices, empty_label="Tất cả"
    )
    year = django_filters.NumberFilter(
        label="Năm",
        field_name="year",
        min_value=1900,
        max_value=2999,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "size": 4, "maxlength": 4}),
    )
    month = MonthFilter(label="Trong kỳ", method="by_month")
    state = django_filters.ChoiceFilter(
        label="Tình trạng",
        choices=[("given", "Đã cấp số"), ("cancelled", "Đã huỷ")],
        empty_label="Tất cả",
        method="by_state",
    )

    class Meta:
        model = OutgoingDocument
        fields = ("q", "kind", "year", "month", "state")

    def by_month(self, rows, name, value):
        days = value.period
        return rows.filter(dated__gte=days.start, dated__lt=days.end)

    def by_state(self, rows, name, value):
        return rows.filter(cancelled_on__isnull=value == "given")
