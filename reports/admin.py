"""The admin: the rules of reporting are the chief's; numbers of documents are looked at."""

from django.contrib import admin

from kylien.core.admin import LookOnly, RecordAdmin
from reports.models import OutgoingDocument, ReportRule


@admin.register(ReportRule)
class ReportRuleAdmin(RecordAdmin):
    list_display = ("key", "value", "legal_basis", "valid_from", "valid_to")
    fields = ("key", "value", "legal_basis", "valid_from", "valid_to")
    search_fields = ()
    ordering = ("key", "-valid_from")

    def get_readonly_fields(self, request, obj=None):
        return ("key",) if obj else ()

    def has_delete_permission(self, request, obj=None):
        return False


@admin.register(OutgoingDocument)
class OutgoingDocumentAdmin(LookOnly, RecordAdmin):
    """The register to look at: numbers are taken on its page in the portal."""

    list_display = ("symbol", "dated", "subject", "signer", "cancelled_on")
    list_filter = ("kind", "year")
    list_select_related = ("signer",)
    fields = (
        "kind",
        "year",
        "number",
        "dated",
        "subject",
        "signer",
        "signed_as",
        "recipients",
        "cancelled_on",
        "cancel_reason",
    )
    ordering = ("-dated", "-number", "-pk")

    @admin.display(description="số, ký hiệu", ordering="number")
    def symbol(self, obj):
        return obj.symbol
