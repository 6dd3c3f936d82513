"""An incident's handling: officers, log, files, and whom the news is from."""

from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch
from django.http import Http404
from django.shortcuts import render
from django.urls import path, reverse
from django.views.generic import View

from incidents.forms.handling import (
    AssignForm,
    AttachForm,
    NoteForm,
    PartyForm,
    PutAwayForm,
)
from incidents.models import Attachment, Incident, IncidentParty
from kylien.accounts.models import Role, User
from kylien.areas.models import BeatAssignment
from kylien.core.changes import trail
from kylien.core.records import PartView, ScopedMixin
from kylien.core.reveal import Reveals
from kylien.core.uploads import send


class OfIncident(PartView):
    """A form about an incident."""

    model = Incident
    verb = "view"
    relations = ("type", "neighbourhood")
    template = "incidents/step_form.html"
    locks, once = False, True  # the services lock the incident

    def page_context(self, part):
        return {"subtitle": f"{part.type}. {part.place}, {part.neighbourhood}"}


class Assign(OfIncident):
    """Say who deals with an incident."""

    rights = ("incidents.change_incident",)
    anchor = "#officers"
    submit_label = "Giao việc"
    once = False

    def target(self, rows):
        if not self.request.user.has_role(Role.CHIEF):
            raise PermissionDenied
        return super().target(rows)

    def form(self, part, data=None):
        today = BeatAssignment.objects.open_on(self.request.today).select_related("neighbourhood")
        officers = User.objects.working(Role.CHIEF, Role.AREA_OFFICER, Role.DUTY_OFFICER)
        officers = officers.prefetch_related(
            "groups", Prefetch("beat_assignments", today, to_attr="open_beats")
        )
        return AssignForm(
            data,
            instance=part,
            officers=officers,
            user=self.request.user,
            on=self.request.today,
        )

    def title(self, part):
        return f"Giao việc {part.code}"

    def done(self, saved):
        return f"Đã giao việc {saved.code}."


class AddNote(OfIncident):
    rights = ("incidents.add_incidententry",)
    form_class = NoteForm
    prefix = "note"
    anchor = "#log"
    submit_label = "Ghi"

    def title(self, part):
        return f"Ghi nhật ký {part.code}"

    def done(self, saved):
        return "Đã ghi vào nhật ký vụ việc."


class Attach(OfIncident):
    rights = ("incidents.add_attachment",)
    form_class = AttachForm
    prefix = "file"
    anchor = "#files"
    submit_label = "Tải lên"

    def form(self, part, data=None):
        return AttachForm(
            data,
            self.request.FILES if data is not None else None,
            instance=part,
            prefix=self.prefix,
            user=self.request.user,
            on=self.request.today,
        )

    def title(self, part):
        return f"Thêm tệp {part.code}"

    def done(self, saved):
        return f"Đã thêm tệp {saved.name}."


class PutAway(PartView):
    """Take a file out; the chief's."""

    model = Attachment
    verb = "delete"
    relations = ("incident",)
    form_class = PutAwayForm
    anchor = "#files"
    submit_label = "Bỏ tệp"
    locks, once = False, True

    def base_rows(self, rows):
        return rows.filter(removed_at=None)

    def record(self, part):
        return part.incident

    def title(self, part):
        return f"Bỏ tệp {part.name}"

    def done(self, saved):
        return f"Đã bỏ {saved.label.lower()}."


class Download(ScopedMixin, View):
    """Hand a file out to who sees its incident; the trail keeps that it went out."""

    model = Attachment

    def get(self, request, pk):
        row = self.row(self.rows.filter(removed_at=None).select_related("incident"))
        trail().reading(Attachment, "export", code=row.incident.code)
        return send(row.file.name, row.name, row.content_type)


class AddParty(OfIncident):
    """Write down who told of an incident or was harmed: the taker, the chief, the assigned."""

    rights = ("incidents.add_incidentparty",)
    form_class = PartyForm
    never_kept = PartyForm.Meta.fields
    submit_label = "Ghi"

    def part(self, row):
        user = self.request.user
        own = row.created_by_id == user.pk or user.pk in row.assigned_ids()
        if not (own or user.has_role(Role.CHIEF)):
            raise PermissionDenied
        if row.type.crowd:
            raise Http404
        return IncidentParty(incident=row)

    def record(self, part):
        return part.incident

    def page_context(self, part):
        return {
            "subtitle": "Chỉ chỉ huy và cán bộ được giao xem được. Không vào danh sách, bản in, "
            "tệp xuất hay ô tìm kiếm."
        }

    def title(self, part):
        return f"Người báo tin, bị hại: {part.incident.code}"

    def done(self, saved):
        return "Đã ghi người báo tin, bị hại."


class EditParty(PartView):
    """Mend what was written down wrongly; of those who may read it."""

    model = IncidentParty
    verb = "change"
    relations = ("incident",)
    form_class = PartyForm
    never_kept = PartyForm.Meta.fields
    template = "incidents/step_form.html"

    def page(self, part, form, status=200):
        """Show what was written down: a look like any other, kept in the trail."""
        trail().reading(IncidentParty, "view", code=part.incident.code)
        response = super().page(part, form, status)
        response["Cache-Control"] = "no-store"
        return response

    def record(self, part):
        return part.incident

    def title(self, part):
        return f"Sửa người báo tin, bị hại: {part.incident.code}"

    def after(self, part, saved):
        return reverse("incident-parties", args=[part.incident_id])

    def done(self, saved):
        return "Đã sửa người báo tin, bị hại."


class Parties(Reveals, ScopedMixin, View):
    """Who told of an incident and who was harmed; each look is kept in the trail."""

    model = Incident

    def get(self, request, pk):
        return self.page()

    def post(self, request, pk):
        """Show the telephones once in full, for the reason given."""
        return self.answer_reveal(self.page)

    def page(self):
        request = self.request
        incident = self.row(self.rows.select_related("type"))
        user = request.user
        if not (user.has_role(Role.CHIEF) or user.pk in incident.assigned_ids()):
            raise PermissionDenied
        rows = list(incident.parties.visible_to(user))
        self.uncover(*rows)
        trail().reading(IncidentParty, "view", code=incident.code)
        context = {
            "title": f"Người báo tin, bị hại: {incident.code}",
            "incident": incident,
            "rows": rows,
            "closed": incident.state == Incident.State.CLOSED,
            "reveal": self.reveal_context(incident),
        }
        response = render(request, "incidents/parties.html", context)
        response["Cache-Control"] = "no-store"
        return response


def part(route, view, name):
    return path(f"incidents/<int:pk>/{route}/", view.as_view(), name=f"incident-{name}")


urlpatterns = [
    part("assign", Assign, "assign"),
    part("note", AddNote, "note"),
    part("attach", Attach, "attach"),
    part("parties", Parties, "parties"),
    part("parties/create", AddParty, "party"),
    path("parties/<int:pk>/edit/", EditParty.as_view(), name="incident-party-update"),
    path("attachments/<int:pk>/", Download.as_view(), name="attachment-download"),
    path("attachments/<int:pk>/remove/", PutAway.as_view(), name="attachment-remove"),
]
