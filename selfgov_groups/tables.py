from kylien.core.tables import BadgeCell, Cell, DayCell, NumberCell, RecordTable, TitleCell
from selfgov_groups.models import SelfManagedGroup


class GroupTable(RecordTable):
    code = Cell(verbose_name="Mã", phone="detail")
    name = TitleCell(verbose_name="Tên tổ", order_by=("sort_key",))
    neighbourhood = Cell(
        verbose_name="Tổ dân phố", order_by=("neighbourhood__position",), phone="detail"
    )
    households = NumberCell(
        accessor="household_count", verbose_name="Số hộ", orderable=False, phone="detail"
    )
    last_meeting = DayCell(verbose_name="Họp gần nhất", orderable=False, phone="detail")
    state = BadgeCell(accessor="state_badge", verbose_name="Tình trạng", orderable=False)

    class Meta(RecordTable.Meta):
        model = SelfManagedGroup
        fields = ()
        order_by = ("code",)
