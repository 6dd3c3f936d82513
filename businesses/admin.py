"""Data entry for clerks: a business with its papers on one page."""

from django.contrib import admin

from businesses.forms import CertificateRules
from businesses.models import Business, Certificate, Sector
from kylien.core.admin import RecordAdmin, RecordAdminForm, RecordInline
from kylien.core.forms import PhoneField


class BusinessAdminForm(RecordAdminForm):
    phone = PhoneField()


class CertificateRowForm(CertificateRules, RecordAdminForm):
    pass


class CertificateInline(RecordInline):
    model = Certificate
    form = CertificateRowForm
    fields = (
        "kind",
        "number",
        "issuer",
        "issued_on",
        "expires_on",
        "revoked_on",
        "revoked_reason",
    )


@admin.register(Business)
class BusinessAdmin(RecordAdmin):
    form = BusinessAdminForm
    list_display = ("code", "name", "sector", "address", "neighbourhood", "state")
    list_filter = ("state", "sector", "neighbourhood")
    list_select_related = ("sector", "neighbourhood")
    fields = (
        "name",
        "sector",
        "neighbourhood",
        "address",
        "responsible_name",
        "phone",
        "opened_on",
        "state",
        "note",
    )
    inlines = (CertificateInline,)
    ordering = ("sort_key", "pk")


@admin.register(Sector)
class SectorAdmin(RecordAdmin):
    """Sectors and their days under security conditions: the law moves, and the rows with it."""

    list_display = ("name", "code", "conditional_from", "conditional_to", "legal_basis", "position")
    fields = ("code", "name", "conditional_from", "conditional_to", "legal_basis", "position")
    search_fields = ()
    ordering = ("position", "pk")

    def get_readonly_fields(self, request, obj=None):
        return ("code",) if obj else ()  # figures and addresses name sectors by it
