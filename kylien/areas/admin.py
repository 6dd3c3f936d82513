from django.contrib import admin
from django.contrib.auth.models import Group

from kylien.accounts.models import Role, User
from kylien.areas.models import BeatAssignment, Holiday, Neighbourhood, Ward
from kylien.core.admin import RecordAdmin, RecordInline

NO_OFFICER = "Chỉ phân công cán bộ đang hoạt động, có vai trò Cảnh sát khu vực."


class OfficerChoices:
    """Offers the area officers alone, by name. The officer of a row that stands may stay whatever
    became of him (the form keeps him choosable), so that his beat can be ended."""

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name == "officer":
            area_officers = Group.objects.filter(name=Role.AREA_OFFICER.value).values("user")
            officers = User.objects.filter(pk__in=area_officers, is_active=True)
            kwargs["queryset"] = officers.visible_to(request.user).order_by("full_name")
            kwargs["error_messages"] = {"invalid_choice": NO_OFFICER}
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


class BeatInline(OfficerChoices, RecordInline):
    model = BeatAssignment
    fields = ("officer", "started_on", "ended_on", "note")


@admin.register(Ward)
class WardAdmin(RecordAdmin):
    list_display = ("name", "unit_code", "valid_from", "valid_to")
    fields = ("name", "unit_code", "valid_from", "valid_to", "successor", "superior", "hotlines")
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


@admin.register(Holiday)
class HolidayAdmin(RecordAdmin):
    """Days off and days worked instead: notices' deadlines are counted in working days."""

    list_display = ("day", "kind", "name")
    list_filter = ("kind",)
    fields = ("day", "kind", "name")
    search_fields = ()
