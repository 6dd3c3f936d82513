from kylien.audit.models import AuditEntry
from kylien.core.tables import BadgeCell, Cell, MomentCell, RecordTable


class LineCell(Cell):
    """Text that is not broken over lines, so that the sentence beside it gets the room."""

    css = "nowrap"


class AuditTable(RecordTable):
    """Entries as `AuditEntryView.load()` prepares them: `who`, `noun` and `told` are set there."""

    at = MomentCell(verbose_name="Lúc", order_by=("pk",), phone="detail")
    who = LineCell(verbose_name="Ai", orderable=False, phone="title")
    action = BadgeCell(accessor="action_badge", verbose_name="Việc", orderable=False)
    noun = LineCell(verbose_name="Loại bản ghi", orderable=False, phone="detail")
    code = LineCell(verbose_name="Mã", orderable=False, phone="detail")
    told = Cell(verbose_name="Nội dung", orderable=False, phone="detail")
    address = LineCell(verbose_name="Địa chỉ máy", orderable=False)

    class Meta(RecordTable.Meta):
        model = AuditEntry
        fields = ()
        order_by = ("-pk",)
