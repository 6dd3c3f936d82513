"""Deciding doubtful rows, writing a batch, and undoing it."""

from collections import Counter
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponseRedirect
from django.shortcuts import render
from django.views.generic import View

from imports.kinds.base import Outcome, Run
from imports.models import ImportBatch
from imports.services import background, batches, progress, undoing, writing
from imports.views.batches import State, part
from kylien.core import text
from kylien.core.forms import is_key
from kylien.core.records import ScopedMixin

FEW_ROWS = 2000  # written while the page waits
LEFT_SHOWN = 200  # of what stays after an undoing


class DecideRows(ScopedMixin, View):
    """Decide a doubtful row, or all that nobody has decided, and lead back to where it was."""

    model = ImportBatch
    verb = "change"

    def post(self, request, pk):
        batch = self.row()
        number, decision = request.POST.get("row", ""), request.POST.get("decision", "")
        if number:
            rows = batch.lines.filter(number=number) if is_key(number) else batch.lines.none()
            if not rows.exists():
                raise Http404
        else:
            rows = batch.lines.undecided()
        try:
            done = batches.decide(rows=rows, decision=decision)
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        else:
            if not number:
                messages.success(request, f"Đã quyết định {text.format_number(done)} dòng.")
        return HttpResponseRedirect(f"{batch.get_absolute_url()}{self.place(number)}")

    def place(self, number):
        """Return the part of the address that says which rows were in sight."""
        asked = {name: self.request.POST.get(name, "") for name in ("outcome", "page")}
        kept = {
            "outcome": asked["outcome"] if asked["outcome"] in Outcome.values else "",
            "page": asked["page"] if is_key(asked["page"]) else "",
        }
        query = urlencode({name: value for name, value in kept.items() if value})
        return f"?{query}#row-{number}" if number and query else f"?{query}#rows"


class WriteBatch(ScopedMixin, View):
    """Write a batch that was read: all of it, or the good rows alone."""

    model = ImportBatch
    verb = "change"

    def post(self, request, pk):
        batch = self.row()
        try:
            begun = writing.begin_writing(batch=batch, only_good=request.POST.get("rows") == "good")
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
            return HttpResponseRedirect(batch.get_absolute_url())
        run = Run(
            on=request.today,
            user=request.user,
            options=begun.options,
            progress=lambda done: progress.tell(begun.pk, done, begun.rows),
        )

        def work():
            writing.write(batch=begun, run=run)

        if begun.rows > FEW_ROWS:
            background.start(work)
        elif not background.attempt(work):  # what went wrong stands on the batch's page
            messages.success(request, f"Đã nhập {begun.code} vào sổ.")
        return HttpResponseRedirect(begun.get_absolute_url())


class UndoBatch(ScopedMixin, View):
    """Show what undoing a batch, or one row of it, would do and leave; then do it."""

    model = ImportBatch
    verb = "change"

    def get(self, request, pk):
        batch = self.row()
        if not undoing.can_undo(batch):
            past = batch.state == State.WRITTEN
            messages.error(
                request,
                undoing.PAST if past else f"Lần nhập {batch.code}: {batch.badge()[1].lower()}.",
            )
            return HttpResponseRedirect(batch.get_absolute_url())
        number = request.GET.get("row", "")
        plan = undoing.plan_undo(batch, self.numbers(batch, number))
        left = plan.left[:LEFT_SHOWN]
        context = {
            "object": batch,
            "number": number,
            "title": f"Hoàn tác dòng {number}" if number else "Hoàn tác lần nhập",
            "removed": removed(plan),
            "restored": restored(plan),
            "left": [
                (one.number, text.mask_numbers(one.label), text.mask_numbers(one.reason))
                for one in left
            ],
            "left_count": len(plan.left),
            "list_url": batch.get_absolute_url(),
        }
        return render(request, "imports/undo.html", context)

    def post(self, request, pk):
        batch = self.row()
        number = request.POST.get("row", "")
        numbers = self.numbers(batch, number)
        found = []

        def work():
            found.append(
                undoing.undo(batch=batch, user=request.user, on=request.today, numbers=numbers)
            )

        if failure := background.attempt(work):
            messages.error(request, failure)
        else:
            messages.success(request, told(found[0]))
        place = f"#row-{number}" if number else ""
        return HttpResponseRedirect(f"{batch.get_absolute_url()}{place}")

    def numbers(self, batch, number):
        """Return the rows asked for, None for all. Raises Http404 for a row that is none."""
        if not number:
            return None
        if not is_key(number) or not batch.lines.filter(number=number).exists():
            raise Http404
        return {int(number)}


def removed(plan) -> list[tuple[str, int]]:
    """List `(what, how many)` of the records that go."""
    return [(_noun(model), len(rows)) for model, rows in plan.remove.items() if rows]


def restored(plan) -> list[tuple[str, int]]:
    """List `(what, how many)` of the records that get their old values back."""
    return list(Counter(_noun(type(row)) for row, _ in plan.restore).items())


def _noun(model):
    return str(model._meta.verbose_name)


def told(plan) -> str:
    """Return in one sentence what an undoing did."""
    parts = []
    for word, counts in (("bỏ", removed(plan)), ("trả lại", restored(plan))):
        if counts:
            listed = ", ".join(f"{text.format_number(n)} {noun}" for noun, n in counts)
            parts.append(f"{word} {listed}")
    if plan.left:
        parts.append(f"giữ lại {text.format_number(len(plan.left))} vì đã có việc sau đó")
    return f"Đã hoàn tác: {'; '.join(parts) or 'không còn gì để bỏ'}."


urlpatterns = [
    part("<int:pk>/decide/", DecideRows, "decide"),
    part("<int:pk>/write/", WriteBatch, "write"),
    part("<int:pk>/undo/", UndoBatch, "undo"),
]
