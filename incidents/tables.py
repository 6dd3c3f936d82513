from incidents.models import Incident, ShiftHandover
from kylien.core.tables import BadgeCell, Cell, DayCell, MomentCell, RecordTable, TitleCell


class IncidentTable(RecordTable):
    code = TitleCell(verbose_name="Mã", css="nowrap")
    kind = Cell(accessor="type", verbose_name="Loại", orderable=False, phone="detail")
    occurred_at = MomentCell(verbose_name="Xảy ra lúc", phone="detail")
    place = Cell(verbose_name="Nơi xảy ra", orderable=False, phone="detail")
    neighbourhood = Cell(verbose_name="Tổ dân phố", orderable=False, phone="detail")
    state = BadgeCell(accessor="state_badge", verbose_name="Tình trạng", orderable=False)
    due = BadgeCell(
        accessor="due_badge", verbose_name="Hạn", orderable=False, dated=True, phone="detail"
    )
    resolved_on = DayCell(verbose_name="Xong ngày")

    class Meta(RecordTable.Meta):
        model = Incident
        fields = ()
        order_by = ("-occurred_at", "-pk")  # as the index incident_order runs


class HandoverTable(RecordTable):
    shift = TitleCell(accessor="label", verbose_name="Ca trực", orderable=False)
    code = Cell(verbose_name="Mã", orderable=False)
    by = Cell(accessor="created_by", verbose_name="Người giao", orderable=False, phone="detail")
    taken_by = Cell(verbose_name="Người nhận", orderable=False, phone="detail")
    taken_at = MomentCell(verbose_name="Nhận lúc", orderable=False, phone="detail")

    class Meta(RecordTable.Meta):
        model = ShiftHandover
        fields = ()
        order_by = ("-ended_at", "-pk")
