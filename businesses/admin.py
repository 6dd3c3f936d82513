"""Data entry for clerks: a business with its papers and dealings on one page; the chief's rules."""

from itertools import combinations

from django.contrib import admin

from businesses.forms.certificates import CertificateRows, CertificateRules
from businesses.models import (
    Business,
    BusinessRule,
    Certificate,
    FireGroup,
    Inspection,
    InspectionFinding,
    LiaisonNote,
    PaperKind,
    PaperRule,
    QuarterlyReturn,
    Sanction,
    Sector,
    SectorRule,
    StateChange,
)
from kylien.areas.models import Neighbourhood
from kylien.core.admin import LedgerInline, LookOnly, RecordAdmin, RecordAdminForm, RecordInline
from kylien.core.forms import PhoneField, RecordInlineFormSet
from kylien.core.together import read_all


class SmallChoices:
    """Offers the rows of small tables, read together once a page: Django asks the database once a
    table, and in inlines once a row."""

    small = (Sector, PaperKind, FireGroup, Neighbourhood)

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if db_field.related_model in self.small:
            rows = self.rows_of(request)[db_field.related_model.__name__]
            found = [(getattr(row, db_field.target_field.attname), str(row)) for row in rows]
            field.choices = [*([("", field.empty_label)] if field.empty_label else []), *found]
        return field

    def rows_of(self, request):
        if not hasattr(request, "small_rows"):
            found = read_all(
                {m.__name__: m.objects.visible_to(request.user).order_by() for m in self.small}
            )
            request.small_rows = {
                name: sorted(rows, key=lambda row: (row.position, row.pk))
                for name, rows in found.items()
            }
        return request.small_rows


class BusinessAdminForm(RecordAdminForm):
    phone = PhoneField()
    past_days = ("opened_on",)


class CertificateRowForm(CertificateRules, RecordAdminForm):
    """A paper; what the ward itself issued keeps its kind, issuer and day."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.by_ward:
            for name in ("kind", "issuer", "issued_on"):
                self.fields[name].disabled = True


class CertificateInline(SmallChoices, RecordInline):
    model = Certificate
    form = CertificateRowForm
    formset = CertificateRows
    fields = (
        "kind",
        "number",
        "issuer",
        "issued_on",
        "expires_on",
        "responsible_name",
        "revoked_on",
        "revoked_reason",
    )

    def get_queryset(self, request):
        return super().get_queryset(request).for_list()


class ReturnRowForm(RecordAdminForm):
    past_days = ("received_on",)


class ReturnInline(RecordInline):
    model = QuarterlyReturn
    form = ReturnRowForm
    fields = ("year", "quarter", "received_on", "note")


class LiaisonRowForm(RecordAdminForm):
    past_days = ("met_on",)


class LiaisonInline(RecordInline):
    model = LiaisonNote
    form = LiaisonRowForm
    fields = ("met_on", "channel", "met_with", "note", "confirms_contact")


class SanctionRowForm(RecordAdminForm):
    past_days = ("decided_on", "executed_on")


class SanctionInline(RecordInline):
    """Decisions. From which inspection one came is told on the business's own page."""

    model = Sanction
    form = SanctionRowForm
    fields = ("number", "decided_on", "authority", "violation", "kind", "amount", "executed_on")


class StateInline(LookOnly, LedgerInline):
    """The history of states: opening, suspending and closing is done on the business's page."""

    model = StateChange
    fields = ("state", "changed_on", "reason")


@admin.register(Business)
class BusinessAdmin(SmallChoices, RecordAdmin):
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
        "rooms",
        "area_m2",
        "staff_count",
        "fire_group",
        "security_unit",
        "opened_on",
        "note",
    )
    inlines = (CertificateInline, ReturnInline, LiaisonInline, SanctionInline, StateInline)
    ordering = ("sort_key", "pk")


# Inspections are planned, announced and held on the portal's pages, which keep the rules.


class FindingInline(LookOnly, LedgerInline):
    model = InspectionFinding
    fields = ("finding", "remedy", "due_on", "mended_on", "mended_note")


@admin.register(Inspection)
class InspectionAdmin(LookOnly, RecordAdmin):
    list_display = ("code", "business", "kind", "planned_on", "noticed_on", "held_on", "outcome")
    list_filter = ("kind", "outcome")
    list_select_related = ("business",)
    fields = (
        "business",
        "kind",
        "planned_on",
        "ground",
        "ground_note",
        "certificate",
        "follows",
        "content",
        "repeat_reason",
        "notice_number",
        "noticed_on",
        "held_on",
        "minutes_number",
        "team",
        "met_with",
        "outcome",
        "conclusion",
        "cancelled_on",
        "cancel_reason",
    )
    inlines = (FindingInline,)
    ordering = ("-planned_on", "-pk")


# --- what the law says: the chief's ---------------------------------------------------------------


class DatedRows(RecordInlineFormSet):
    """Rules typed together, old and new: no two about the same thing hold on one day."""

    def _construct_form(self, i, **kwargs):
        form = super()._construct_form(i, **kwargs)
        form.instance.told_together = True
        return form

    def clean(self):
        super().clean()
        live = [
            form
            for form in self.forms
            if form not in self.deleted_forms and not form.errors and form.instance.valid_from
        ]
        live.sort(key=lambda form: form.instance.valid_from)
        for first, second in combinations(live, 2):
            told = second.instance.overlap(first.instance)
            if told:
                second.add_error("valid_from", told)


class SectorRuleInline(RecordInline):
    """The spells under conditions: the law moves, and the rows with it."""

    model = SectorRule
    formset = DatedRows
    fields = ("valid_from", "valid_to", "quarterly_return", "legal_basis")


class PaperRuleInline(SmallChoices, RecordInline):
    model = PaperRule
    formset = DatedRows
    fields = ("kind", "valid_from", "valid_to", "ward_issues", "ward_max_rooms", "legal_basis")

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("sector", "kind")


@admin.register(Sector)
class SectorAdmin(RecordAdmin):
    """Sectors, their days under security conditions, and the papers they must hold."""

    list_display = ("name", "code", "keeps_contact", "takes_guests", "position")
    fields = ("code", "name", "keeps_contact", "takes_guests", "position")
    inlines = (SectorRuleInline, PaperRuleInline)
    search_fields = ()
    ordering = ("position", "pk")

    def get_readonly_fields(self, request, obj=None):
        return ("code",) if obj else ()  # figures and addresses name sectors by it


@admin.register(PaperKind)
class PaperKindAdmin(RecordAdmin):
    list_display = ("name", "code", "post_check", "position")
    fields = ("code", "name", "post_check", "position")
    search_fields = ()
    ordering = ("position", "pk")

    def get_readonly_fields(self, request, obj=None):
        return ("code",) if obj else ()  # certificates name kinds by it


@admin.register(BusinessRule)
class BusinessRuleAdmin(RecordAdmin):
    """The law's numbers: a new row from the day that a new number holds."""

    list_display = ("key", "value", "valid_from", "valid_to", "legal_basis")
    list_filter = ("key",)
    fields = ("key", "value", "sentence", "legal_basis", "valid_from", "valid_to")
    search_fields = ()

    def get_readonly_fields(self, request, obj=None):
        return ("key",) if obj else ()


@admin.register(FireGroup)
class FireGroupAdmin(RecordAdmin):
    list_display = ("name", "months", "legal_basis", "valid_from", "valid_to", "position")
    fields = ("name", "months", "legal_basis", "valid_from", "valid_to", "position")
    search_fields = ()
