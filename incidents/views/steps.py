"""The steps of an incident: one address each, drawn and refused as the workflow says."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.urls import path
from django.utils import timezone

from incidents import workflow
from incidents.forms.steps import StepForm
from incidents.models import Incident
from kylien.core.records import PartView


class TakeStep(PartView):
    """A step: a form where it asks for something, else a button on the incident's page."""

    model = Incident
    verb = "view"  # who may is said by the workflow
    relations = ("type", "neighbourhood")
    template = "incidents/step_form.html"
    locks, once = False, True  # the service locks the incident
    step = None

    def get(self, request, pk):
        """Show the form; where the step is not open, the incident's page with the reason."""
        part = self.target(self.rows)
        reason = workflow.refusal(self.step, part, request.user)
        if reason:
            messages.warning(request, reason)
            return HttpResponseRedirect(part.get_absolute_url())
        return self.page(part, self.form(part))

    def target(self, rows):
        """Return the incident. PermissionDenied where the step is for others."""
        part = super().target(rows)
        if workflow.standing(self.request.user, part).isdisjoint(self.step.who):
            raise PermissionDenied
        return part

    def form(self, part, data=None):
        return StepForm(
            data, instance=part, step=self.step, user=self.request.user, on=self.request.today
        )

    def title(self, part):
        return f"{self.step.label}: {part.code}"

    def page_context(self, part):
        return {
            "subtitle": f"{part.type}. {part.place}, {part.neighbourhood}",
            "submit_label": self.step.label,
        }

    def done(self, saved):
        told = f"{saved.code}: {self.step.done[:1].lower()}{self.step.done[1:]}."
        clock = saved.clock(self.step.extends[0]) if self.step.extends else None
        if clock:
            told += f" Hạn mới: {timezone.localtime(clock.due_at):%H:%M %d/%m/%Y}."
        return told


urlpatterns = [
    path(
        f"incidents/<int:pk>/{step.key.replace('_', '-')}/",
        TakeStep.as_view(step=step),
        name=f"incident-{step.key}",
    )
    for step in workflow.STEPS
]
