from kylien.core.tables import (
    BadgeCell,
    Cell,
    DayCell,
    NumberCell,
    RecordTable,
    TitleCell,
    WideCell,
)
from selfgov_groups.models import GroupRequest, SelfManagedGroup


class GroupTable(RecordTable):
    """Groups as `GroupView.load` reads them: each with its `standing`."""

    code = Cell(verbose_name="Mã", phone="detail", css="nowrap")
    name = TitleCell(verbose_name="Tên tổ", order_by=("sort_key",))
    neighbourhood = Cell(
        verbose_name="Tổ dân phố", order_by=("neighbourhood__position",), phone="detail"
    )
    households = NumberCell(
        accessor="household_count", verbose_name="Số hộ", orderable=False, phone="detail"
    )
    last_meeting = DayCell(verbose_name="Họp gần nhất", orderable=False, phone="detail")
    last_contact = DayCell(verbose_name="Gặp gần nhất", orderable=False)
    state = BadgeCell(accessor="standing__badge", verbose_name="Tình trạng", orderable=False)

    class Meta(RecordTable.Meta):
        model = SelfManagedGroup
        fields = ()
        order_by = ("code",)


class RequestTitleCell(TitleCell, WideCell):
    """The words of a request, which lead to its page."""


class RequestTable(RecordTable):
    code = Cell(verbose_name="Mã", phone="detail", css="nowrap")
    content = RequestTitleCell(verbose_name="Kiến nghị", orderable=False)
    group = Cell(accessor="group__name", verbose_name="Tổ liên gia", orderable=False)
    neighbourhood = Cell(
        accessor="group__neighbourhood",
        verbose_name="Tổ dân phố",
        order_by=("group__neighbourhood__position",),
        phone="detail",
    )
    owner = Cell(accessor="owner_label", verbose_name="Phụ trách", orderable=False, phone="detail")
    raised_on = DayCell(verbose_name="Nêu ngày")
    due_on = DayCell(verbose_name="Hạn", phone="detail")
    state = BadgeCell(accessor="badge", verbose_name="Tình trạng", orderable=False, dated=True)

    class Meta(RecordTable.Meta):
        model = GroupRequest
        fields = ()
        order_by = ("-raised_on", "-id")
