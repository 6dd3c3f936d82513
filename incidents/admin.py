from django.contrib import admin

from incidents.forms.incidents import NO_NAMES, IncidentForm, IncidentRules, KindField
from incidents.models import Incident, IncidentType
from kylien.core.admin import RecordAdmin, RecordAdminForm


class IncidentAdminForm(IncidentRules, RecordAdminForm):
    type = KindField()


@admin.register(Incident)
class IncidentAdmin(RecordAdmin):
    form = IncidentAdminForm
    list_display = ("code", "type", "occurred_at", "place", "neighbourhood", "state")
    list_filter = ("state", "neighbourhood", "channel")
    list_select_related = ("type", "neighbourhood")
    search_help_text = "Gõ không dấu cũng tìm được; mã, nơi xảy ra, nội dung."
    autocomplete_fields = ("business", "reporting_group")
    fieldsets = ((None, {"fields": IncidentForm.Meta.fields, "description": NO_NAMES}),)
    ordering = ("-occurred_at", "-pk")


@admin.register(IncidentType)
class IncidentTypeAdmin(RecordAdmin):
    """Kinds in two levels; the chief edits names and order, codes are stable."""

    list_display = ("name", "parent", "code", "crowd", "position")
    list_select_related = ("parent",)
    fields = ("code", "name", "parent", "crowd", "position")
    search_fields = ()
    ordering = ("position", "pk")

    def get_readonly_fields(self, request, obj=None):
        return ("code",) if obj else ()

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name == "parent":
            kwargs["queryset"] = IncidentType.objects.filter(parent=None)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)
