"""Data entry of the chief: the table of points of a year. Scores have no page here: they are filled
in, submitted and approved on their own page alone."""

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError

from kylien.core.admin import RecordAdmin, RecordAdminForm, RecordInline
from selfgov_groups.models import Criterion, ScoringScheme
from selfgov_groups.services.evaluation import copy_scheme

NEW_ROWS = 6  # of a new table; a known one offers one


class CriterionRowForm(RecordAdminForm):
    class Meta:
        model = Criterion
        fields = ("position", "content", "max_points", "fact")
        widgets = {"content": forms.Textarea(attrs={"rows": 2, "cols": 48, "maxlength": 300})}

    def _post_clean(self):
        """Ask only of what was typed in: a locked table says so once, not at every row."""
        if not self.instance.pk or self.has_changed():
            super()._post_clean()


class CriterionInline(RecordInline):
    model = Criterion
    form = CriterionRowForm
    fields = ("position", "content", "max_points", "fact")

    def get_extra(self, request, obj=None, **kwargs):
        return 1 if obj else NEW_ROWS


@admin.register(ScoringScheme)
class ScoringSchemeAdmin(RecordAdmin):
    """A year's criteria, points and classes; once a score was approved by it, it stays."""

    list_display = ("year", "good_from", "fair_from", "average_from", "legal_basis", "locked")
    fields = ("year", "legal_basis", "good_from", "fair_from", "average_from")
    inlines = (CriterionInline,)
    search_fields = ()
    ordering = ("-year",)
    actions = ("copy_to_next_year",)

    def get_queryset(self, request):
        return super().get_queryset(request).with_lock()

    @admin.display(description="đã khoá", boolean=True)
    def locked(self, obj):
        return obj.has_approved

    @admin.action(description="Chép bảng đã chọn sang năm sau", permissions=["add"])
    def copy_to_next_year(self, request, rows):
        for scheme in rows:
            try:
                made = copy_scheme(scheme=scheme)
            except ValidationError as error:
                self.message_user(request, " ".join(error.messages), messages.ERROR)
            else:
                self.message_user(request, f"Đã lập {made}: xem lại tiêu chí, căn cứ.")
