from businesses.models import Business
from kylien.core.tables import BadgeCell, Cell, RecordTable, TitleCell


class BusinessTable(RecordTable):
    code = Cell(verbose_name="Mã", css="nowrap")
    name = TitleCell(verbose_name="Tên cơ sở", order_by=("sort_key",))
    sector = Cell(verbose_name="Ngành nghề", order_by=("sector__position",), phone="detail")
    address = Cell(verbose_name="Địa chỉ", orderable=False, phone="detail")
    neighbourhood = Cell(verbose_name="Tổ dân phố", order_by=("neighbourhood__position",))
    responsible_name = Cell(verbose_name="Người phụ trách", orderable=False)
    state = BadgeCell(accessor="state_badge", verbose_name="Tình trạng", orderable=False)

    class Meta(RecordTable.Meta):
        model = Business
        fields = ()
        order_by = ("sort_key",)
