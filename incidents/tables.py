from incidents.models import Incident
from kylien.core.tables import BadgeCell, Cell, DayCell, MomentCell, RecordTable, TitleCell


class IncidentTable(RecordTable):
    code = TitleCell(verbose_name="Mã", css="nowrap")
    kind = Cell(accessor="type", verbose_name="Loại", orderable=False, phone="detail")
    occurred_at = MomentCell(verbose_name="Xảy ra lúc", phone="detail")
    place = Cell(verbose_name="Nơi xảy ra", orderable=False, phone="detail")
    neighbourhood = Cell(verbose_name="Tổ dân phố", orderable=False)
    state = BadgeCell(accessor="state_badge", verbose_name="Tình trạng", orderable=False)
    resolved_on = DayCell(verbose_name="Xong ngày")

    class Meta(RecordTable.Meta):
        model = Incident
        fields = ()
        order_by = ("-occurred_at", "-pk")  # as the index incident_order runs
