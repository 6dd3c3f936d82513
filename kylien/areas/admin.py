from django.contrib import admin

from kylien.accounts.models import Role, User
from kylien.areas.models import BeatAssignment, Neighbourhood, Ward
from kylien.core.admin import RecordAdmin, RecordInline


class OfficerChoices:
    """Offers the area officers alone, by name."""

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name == "officer":
            officers = User.objects.filter(groups__name=Role.AREA_OFFICER.value, is_active=True)
            kwargs["queryset"] = officers.visible_to(request.user).order_by("full_name")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


class BeatInline(OfficerChoices, RecordInline):
    model = BeatAssignment
    fields = ("officer", "started_on", "ended_on", "note")


@admin.register(Ward)
class WardAdmin(RecordAdmin):
    list_display = ("name", "unit_code", "valid_from", "valid_to")
    fields = ("name", "unit_code", "valid_from", "valid_to", "successor", "hotlines")
    search_fields = ()


@admin.register(Neighbourhood)
class NeighbourhoodAdmin(RecordAdmin):
    list_display = ("code", "name", "position")
    fields = ("ward", "name", "position")
    inlines = (BeatInline,)


@admin.register(BeatAssignment)
class BeatAssignmentAdmin(OfficerChoices, RecordAdmin):
    """Beats by hand: who has which neighbourhood from when, so that leave can be covered."""

    list_display = ("officer", "neighbourhood", "started_on", "ended_on", "note")
    list_filter = ("neighbourhood",)
    list_select_related = ("officer", "neighbourhood")
    fields = ("officer", "neighbourhood", "started_on", "ended_on", "note")
    search_fields = ()
