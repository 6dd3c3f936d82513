"""Lists of what happened in groups, such as figures open: contacts, mutual help."""

import django_filters

from kylien.areas.filters import area_filter
from kylien.core.filters import MonthFilter, OwnerSearchFilter, RecordFilterSet
from kylien.core.tables import Cell, DayCell, NumberCell, RecordTable, TitleCell, WideCell
from selfgov_groups.models import GroupContact, MutualHelp


def code_cell():
    return Cell(accessor="group__code", verbose_name="Mã tổ", orderable=False, css="nowrap")


def group_cell(anchor):
    """Return the column of a row's group, which opens the part of its page that holds the row."""
    return TitleCell(
        accessor="group__name",
        verbose_name="Tổ liên gia",
        order_by=("group__sort_key",),
        url=lambda row: f"{row.group.get_absolute_url()}#{anchor}",
    )


def area_cell():
    return Cell(
        accessor="group__neighbourhood",
        verbose_name="Tổ dân phố",
        order_by=("group__neighbourhood__position",),
        phone="detail",
    )


class ContactTable(RecordTable):
    code = code_cell()
    group = group_cell("contacts")
    neighbourhood = area_cell()
    met_on = DayCell(verbose_name="Ngày gặp", phone="state")
    channel = Cell(accessor="get_channel_display", verbose_name="Hình thức", orderable=False)
    officer = Cell(verbose_name="Cán bộ", orderable=False, phone="detail")
    note = WideCell(verbose_name="Nội dung", orderable=False, phone="detail")

    class Meta(RecordTable.Meta):
        model = GroupContact
        fields = ()
        order_by = ("-met_on",)


class HelpTable(RecordTable):
    code = code_cell()
    group = group_cell("helps")
    neighbourhood = area_cell()
    helped_on = DayCell(verbose_name="Ngày", phone="state")
    kind = Cell(
        accessor="get_kind_display", verbose_name="Việc giúp", orderable=False, phone="detail"
    )
    households = NumberCell(verbose_name="Số hộ tham gia", orderable=False)
    note = WideCell(verbose_name="Nội dung", orderable=False, phone="detail")

    class Meta(RecordTable.Meta):
        model = MutualHelp
        fields = ()
        order_by = ("-helped_on",)


class ContactFilterSet(RecordFilterSet):
    q = OwnerSearchFilter("group")
    neighbourhood = area_filter(field_name="group__neighbourhood")
    channel = django_filters.ChoiceFilter(
        label="Hình thức", choices=GroupContact.Channel.choices, empty_label="Tất cả"
    )
    month = MonthFilter(label="Gặp trong kỳ", method="by_month")

    class Meta:
        model = GroupContact
        fields = ("q", "neighbourhood", "channel", "month")

    def by_month(self, rows, name, month):
        return rows.held_in(month.period)


class HelpFilterSet(RecordFilterSet):
    q = OwnerSearchFilter("group")
    neighbourhood = area_filter(field_name="group__neighbourhood")
    kind = django_filters.ChoiceFilter(
        label="Việc giúp", choices=MutualHelp.Kind.choices, empty_label="Tất cả"
    )
    month = MonthFilter(label="Giúp trong kỳ", method="by_month")

    class Meta:
        model = MutualHelp
        fields = ("q", "neighbourhood", "kind", "month")

    def by_month(self, rows, name, month):
        return rows.helped_in(month.period)
