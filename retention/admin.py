"""The admin: periods and deadlines are the chief's to set."""

from django.contrib import admin

from kylien.core.admin import RecordAdmin
from retention.models import AnswerRule, RetentionRule


class RuleAdmin(RecordAdmin):
    """Rules stay: a new one begins where the old one ends."""

    search_fields = ()
    key = ""

    def get_readonly_fields(self, request, obj=None):
        return (self.key,) if obj else ()

    def has_delete_permission(self, request, obj=None):
        return False


@admin.register(RetentionRule)
class RetentionRuleAdmin(RuleAdmin):
    key = "record_type"
    list_display = ("record_type", "outcome", "period", "legal_basis", "valid_from", "valid_to")
    list_filter = ("record_type", "outcome")
    fields = ("record_type", "outcome", "months", "legal_basis", "valid_from", "valid_to")
    ordering = ("record_type", "-valid_from")

    @admin.display(description="thời hạn", ordering="months")
    def period(self, obj):
        return obj.period


@admin.register(AnswerRule)
class AnswerRuleAdmin(RuleAdmin):
    key = "key"
    list_display = ("key", "value", "legal_basis", "valid_from", "valid_to")
    fields = ("key", "value", "legal_basis", "valid_from", "valid_to")
    ordering = ("key", "-valid_from")
