from django.contrib import admin
from django.utils import timezone

from incidents import services
from incidents.forms.incidents import NO_NAMES, IncidentRules, KindField, measures_field
from incidents.models import ClockRule, Incident, IncidentType
from kylien.core.admin import RecordAdmin, RecordAdminForm


class IncidentAdminForm(IncidentRules, RecordAdminForm):
    type = KindField()
    measures = measures_field()


FIELDS = (
    "type",
    "occurred_at",
    "received_at",
    "neighbourhood",
    "place",
    "channel",
    "source",
    "reporting_group",
    "urgency",
    "business",
    "summary",
    "first_action",
    "size_band",
    "measures",
    "state",
)


@admin.register(Incident)
class IncidentAdmin(RecordAdmin):
    form = IncidentAdminForm
    list_display = ("code", "type", "occurred_at", "place", "neighbourhood", "state")
    list_filter = ("state", "neighbourhood", "channel")
    list_select_related = ("type", "neighbourhood")
    search_help_text = "Gõ không dấu cũng tìm được; mã, nơi xảy ra, nội dung."
    autocomplete_fields = ("business", "reporting_group")
    fieldsets = ((None, {"fields": FIELDS, "description": NO_NAMES}),)
    readonly_fields = ("state", "measures_taken")  # the steps of the incident's page lead on
    ordering = ("-occurred_at", "-pk")

    def get_fieldsets(self, request, obj=None):
        """Tell the measures in words where there is no form for them."""
        if self.has_change_permission(request, obj):
            return super().get_fieldsets(request, obj)
        shown = ["measures_taken" if name == "measures" else name for name in FIELDS]
        return ((None, {"fields": shown}),)

    @admin.display(description="biện pháp")
    def measures_taken(self, obj):
        return obj.measures_label()

    def has_change_permission(self, request, obj=None):
        """A closed incident is looked at; the chief opens it again on its page."""
        closed = obj is not None and obj.state == Incident.State.CLOSED
        return not closed and super().has_change_permission(request, obj)

    def save_model(self, request, obj, form, change):
        """Write through the services: clocks and log follow."""
        write = services.mend if change else services.receive
        if not change:
            obj.created_by = request.user
        write(obj, measures=form.cleaned_data["measures"], at=timezone.now())


@admin.register(IncidentType)
class IncidentTypeAdmin(RecordAdmin):
    """Kinds in two levels; the chief edits names and order, codes are stable."""

    list_display = ("name", "parent", "code", "crowd", "urgency", "position")
    list_select_related = ("parent",)
    fields = ("code", "name", "parent", "crowd", "urgency", "position")
    search_fields = ()
    ordering = ("position", "pk")

    def get_readonly_fields(self, request, obj=None):
        return ("code",) if obj else ()

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name == "parent":
            kwargs["queryset"] = IncidentType.objects.filter(parent=None)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


@admin.register(ClockRule)
class ClockRuleAdmin(RecordAdmin):
    """The terms of the law by kind and urgency; edited by the chief."""

    list_display = ("clock", "type", "urgency", "term", "legal_basis", "valid_from", "valid_to")
    list_select_related = ("type",)
    fields = (
        "clock",
        "type",
        "urgency",
        ("value", "unit"),
        "rolls",
        ("extension", "extension_unit"),
        "legal_basis",
        ("valid_from", "valid_to"),
    )
    search_fields = ()
    ordering = ("clock", "-valid_from")

    def get_readonly_fields(self, request, obj=None):
        """A rule that clocks run by stays as it is: end it, and add the new one."""
        if obj is None or not obj.clocks.exists():
            return ()
        return ("clock", "type", "urgency", "value", "unit", "rolls", "extension", "extension_unit")

    @admin.display(description="thời hạn")
    def term(self, obj):
        return obj.in_words
