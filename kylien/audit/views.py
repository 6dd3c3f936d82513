from kylien.audit.filters import AuditFilterSet
from kylien.audit.models import AuditEntry
from kylien.audit.tables import AuditTable
from kylien.audit.trail import Told, noun, who
from kylien.core.records import RecordView, Role


class AuditEntryView(RecordView):
    """The trail, for the chief: a list and its export. Nothing here is changed by anybody."""

    model = AuditEntry
    table_class = AuditTable
    filterset_class = AuditFilterSet
    url_prefix = "audit"
    title = "Nhật ký"
    roles = (Role.LIST,)

    def load(self, keys):
        """Put a page's entries into words together: one query a related model, not one a row."""
        entries = list(super().load(keys))
        told = Told(entries)
        for entry in entries:
            entry.who, entry.noun = who(entry), noun(entry)
            reason = f"Lý do: {entry.reason}" if entry.reason else ""
            entry.told = ". ".join(part for part in (told.content(entry), reason) if part)
        return entries
