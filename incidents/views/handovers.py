"""The duty desk's shifts handed over: the note of a shift, and the next one taking it."""

import datetime as dt

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.urls import path, reverse
from django.utils import timezone
from django.views.generic import View

from incidents import services, tables
from incidents.forms.handovers import HandoverForm
from incidents.models import Incident, ShiftHandover
from incidents.views.incidents import left, moment
from kylien.areas.models import Ward
from kylien.core import text
from kylien.core.changes import current_act, trail
from kylien.core.filters import RecordFilterSet
from kylien.core.records import RecordView, Role, ScopedMixin

NEXT = dt.timedelta(hours=24)  # of which the next shift is told


class HandoverFilterSet(RecordFilterSet):
    class Meta:
        model = ShiftHandover
        fields = ("q",)


class HandoverView(RecordView):
    model = ShiftHandover
    table_class = tables.HandoverTable
    filterset_class = HandoverFilterSet
    form_class = HandoverForm
    detail_fields = ("started_at", "ended_at", "by_label", "taken_by", "taken_at", "note")
    url_prefix = "handovers"
    title = "Giao ca trực"
    create_label = "Giao ca"
    counted = "ca trực"
    empty_hint = "Cuối ca bấm Giao ca: việc trong ca và việc còn lại được liệt kê sẵn."
    roles = (Role.LIST, Role.CREATE, Role.DETAIL, Role.UPDATE)

    def write(self, form):
        """Write through the service: shifts do not overlap."""
        if not form.instance.pk:
            form.instance.created_by = current_act().user
        return services.hand_over(form.instance)

    def actions(self, obj):
        found = super().actions(obj)
        user = self.request.user
        if not obj.taken_by_id and obj.created_by_id != user.pk and self.allows("change"):
            take = {
                "url": reverse("shifthandover-take", args=[obj.pk]),
                "label": "Nhận ca",
                "icon": "check",
                "primary": True,
                "method": "post",
            }
            found = [take, *found]
        printed = {
            "url": reverse("shifthandover-print", args=[obj.pk]),
            "label": "In",
            "icon": "printer",
        }
        return [*found, printed]

    def detail_context(self, obj):
        return {"title": str(obj), **shift_context(obj, self.request.user)}


def shift_context(obj, user):
    """Return what happened in a shift and what runs out within a day after it."""
    shift = services.shift_of(obj, user, obj.ended_at + NEXT)
    for row in shift.received:
        row.then = Incident.State(row.state_then or Incident.State.RECEIVED).label
    due = [(clock, *left(clock.due_at, obj.ended_at), moment(clock.due_at)) for clock in shift.due]
    return {"shift": shift, "due": due}


class TakeOver(ScopedMixin, View):
    """Take a shift over: the next officer of the desk confirms that he has read it."""

    model = ShiftHandover
    verb = "change"

    def post(self, request, pk):
        row = self.row()
        try:
            services.take_over(row, user=request.user, at=timezone.now())
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        else:
            messages.success(request, f"Đã nhận {str(row)[:1].lower()}{str(row)[1:]}.")
        return HttpResponseRedirect(row.get_absolute_url())


class PrintHandover(ScopedMixin, View):
    """The note of a shift on A4, headed by the unit that the ward was when it ended."""

    model = ShiftHandover

    def get(self, request, pk):
        row = self.row(self.rows.select_related("created_by", "taken_by"))
        day = timezone.localdate(row.ended_at)
        trail().reading(ShiftHandover, "print", code=row.code)
        context = {
            "title": f"Sổ giao ca {row.code}",
            "record": row,
            "unit": Ward.objects.of(day),
            "dated": text.day_in_words(day),
            **shift_context(row, request.user),
        }
        return render(request, "incidents/handover_print.html", context)


urlpatterns = [
    *HandoverView.get_urls(),
    path("handovers/<int:pk>/take/", TakeOver.as_view(), name="shifthandover-take"),
    path("handovers/<int:pk>/print/", PrintHandover.as_view(), name="shifthandover-print"),
]
