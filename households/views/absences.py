"""Declared absences: the register, and the act that a person is back."""

from django.http import HttpResponseRedirect
from django.urls import path, reverse
from django.utils.html import format_html

from households import filters, tables
from households.forms.absences import AbsenceForm, AbsenceReturnForm
from households.models import Absence, Resident
from kylien.core.records import PartView, RecordView


class AbsenceView(RecordView):
    model = Absence
    table_class = tables.AbsenceTable
    filterset_class = filters.AbsenceFilterSet
    form_class = AbsenceForm
    detail_fields = (
        "resident",
        "reason",
        "destination",
        "neighbourhood",
        "started_on",
        "expected_on",
        "returned_on",
    )
    url_prefix = "absences"
    url_name = "absence"
    title = "Tạm vắng"
    counted = "lượt tạm vắng"
    create_label = "Khai tạm vắng"
    empty_hint = "Khai ở đây, hoặc trên trang của người vắng."

    def facts(self, obj):
        """Add how the absence stands; name a person of another beat without a link."""
        found = super().facts(obj)
        people = Resident.objects.visible_to(self.request.user)
        if not people.filter(pk=obj.resident_id).exists():
            found[0] = (found[0][0], obj.resident.full_name)
        badge = format_html('<span class="badge-{}">{}</span>', *obj.badge(self.request.today))
        return [*found, ("Tình trạng", badge)]

    def actions(self, obj):
        found = super().actions(obj)
        if self.allows("change") and not obj.returned_on:
            url = reverse("absence-return", args=[obj.pk])
            found.append({"url": url, "label": "Ghi đã về", "icon": "check", "primary": True})
        return found


class ReturnFromAbsence(PartView):
    """Record that the person is back."""

    model = Absence
    verb = "change"
    form_class = AbsenceReturnForm
    relations = ("resident",)
    submit_label = "Ghi đã về"
    once = True

    def get(self, request, pk):
        """Show the form; where the return is recorded already, the absence's page."""
        part = self.target(self.rows)
        if part.returned_on:
            return HttpResponseRedirect(part.get_absolute_url())
        return self.page(part, self.form(part))

    def title(self, part):
        return f"Ghi đã về: {part.resident.full_name}"

    def done(self, saved):
        return f"Đã ghi {saved.resident.full_name} trở về."


urlpatterns = [
    *AbsenceView.get_urls(),
    path("absences/<int:pk>/return/", ReturnFromAbsence.as_view(), name="absence-return"),
]
