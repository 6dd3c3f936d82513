from django.utils.html import format_html

from kylien.audit.models import AuditEntry
from kylien.core.tables import BadgeCell, Cell, MomentCell, RecordTable


class LineCell(Cell):
    """Text that is not broken over lines, so that the sentence beside it gets the room."""

    css = "nowrap"


class ClampedCell(Cell):
    """Long text, cut after three lines on the page and whole in an export."""

    css = "wide"

    def html(self, value, record):
        return format_html('<span class="clamp">{}</span>', value)


class AuditTable(RecordTable):
    """Entries as `AuditEntryView.load()` prepares them: `who`, `noun` and `told` are set there."""

    at = MomentCell(verbose_name="Lúc", order_by=("pk",), phone="detail")
    who = LineCell(verbose_name="Ai", orderable=False, phone="title")
    action = BadgeCell(accessor="action_badge", verbose_name="Việc", orderable=False)
    noun = LineCell(verbose_name="Loại bản ghi", orderable=False, phone="detail")
    code = LineCell(verbose_name="Mã", orderable=False, phone="detail")
    # A new record names all its fields: the list shows the first lines, the record the whole.
    told = ClampedCell(verbose_name="Nội dung", orderable=False, phone="detail")
    address = LineCell(verbose_name="Địa chỉ máy", orderable=False)

    class Meta(RecordTable.Meta):
        model = AuditEntry
        fields = ()
        order_by = ("-pk",)
