"""The admin: topics are the chief's; partners are typed here too; the rest is looked at.

Plans, sessions, questions and materials are written on the portal's pages, which keep the rules.
"""

from django.contrib import admin

from kylien.core.admin import LedgerInline, LookOnly, RecordAdmin, RecordAdminForm
from kylien.core.forms import PhoneField
from outreach.models import (
    Activity,
    ActivityPartner,
    Material,
    Partner,
    PlanItem,
    Question,
    Topic,
)


@admin.register(Topic)
class TopicAdmin(RecordAdmin):
    list_display = ("name", "code", "position", "ended_on")
    fields = ("code", "name", "position", "ended_on")
    search_fields = ()
    ordering = ("position", "pk")

    def get_readonly_fields(self, request, obj=None):
        return ("code",) if obj else ()  # figures and addresses name topics by it


class PartnerAdminForm(RecordAdminForm):
    contact_phone = PhoneField(label="Điện thoại đầu mối")


@admin.register(Partner)
class PartnerAdmin(RecordAdmin):
    form = PartnerAdminForm
    list_display = ("code", "name", "kind", "contact_name", "ended_on")
    list_filter = ("kind",)
    fields = ("name", "kind", "contact_name", "contact_phone", "ended_on")
    ordering = ("sort_key", "pk")


@admin.register(Material)
class MaterialAdmin(LookOnly, RecordAdmin):
    list_display = ("code", "title", "version_number", "topic", "approved_on")
    list_filter = ("topic",)
    list_select_related = ("topic",)
    fields = ("title", "version_number", "topic", "body", "file_name", "approved_on", "approved_by")
    ordering = ("sort_key", "-version_number", "pk")


@admin.register(PlanItem)
class PlanItemAdmin(LookOnly, RecordAdmin):
    list_display = ("code", "topic", "audience", "neighbourhood", "due_on")
    list_filter = ("year", "topic")
    list_select_related = ("topic", "neighbourhood")
    fields = ("year", "topic", "audience", "neighbourhood", "due_on", "lead", "note")
    ordering = ("-due_on", "pk")


class TakerInline(LookOnly, LedgerInline):
    model = ActivityPartner
    fields = ("partner",)


class QuestionInline(LookOnly, LedgerInline):
    model = Question
    fields = ("content", "owner", "owner_body", "due_on", "done_on", "result")


@admin.register(Activity)
class ActivityAdmin(LookOnly, RecordAdmin):
    list_display = ("code", "topic", "neighbourhood", "planned_on", "held_on", "attendance")
    list_filter = ("topic", "form")
    list_select_related = ("topic", "neighbourhood")
    fields = (
        "plan",
        "topic",
        "audience",
        "neighbourhood",
        "group",
        "place",
        "form",
        "planned_on",
        "held_on",
        "cancelled_on",
        "lead",
        "material",
        "attendance",
        "summary",
        "campaign",
        "commitment",
    )
    inlines = (TakerInline, QuestionInline)
    ordering = ("-pk",)


from outreach import joint_admin  # noqa: E402,F401 (resolutions, models, awards, directives)
