"""From the uploaded workbook to its preview: the columns, reading, how far it has come."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.views.generic import View
from django_htmx.http import HttpResponseClientRefresh

from imports.forms.columns import ColumnsForm, HeaderForm, OptionsForm
from imports.kinds.base import Run
from imports.models import ImportBatch
from imports.services import background, batches, sheets
from imports.views.batches import State, part, progress_of, steps_of, url
from kylien.core.records import ScopedMixin

SMALL_BYTES = 300 * 1024  # read while the page waits: about 2,000 rows
MOVED = "Dòng tiêu đề vừa đổi nên các cột đã được đọc lại: xem lại rồi bấm Đọc và xem trước."


class ChooseColumns(ScopedMixin, View):
    """Show what the sheet's columns were taken for; correct it, then read."""

    model = ImportBatch
    verb = "change"

    def get(self, request, pk):
        batch = self.row()
        if batch.state not in batches.OPEN:
            return HttpResponseRedirect(batch.get_absolute_url())
        try:
            look = _look_as_kept(batch)
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
            return HttpResponseRedirect(batch.get_absolute_url())
        kept = {int(place): key for place, key in batch.mapping.items()}
        return self.page(batch, look, self.columns(batch, look, kept))

    def post(self, request, pk):
        batch = self.row()
        if batch.state not in batches.OPEN:
            messages.error(request, f"Lần nhập {batch.code}: {batch.badge()[1].lower()}.")
            return HttpResponseRedirect(batch.get_absolute_url())
        try:
            before = _look_as_kept(batch)
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
            return HttpResponseRedirect(batch.get_absolute_url())
        try:
            look = self.asked(batch, before)
        except ValidationError as error:
            return self.page(batch, before, refusals=error.messages, status=422)
        if request.POST.get("do") == "again":
            return self.page(batch, look)
        if request.POST.get("was") != _mark(look):
            return self.page(batch, look, refusals=[MOVED], status=422)
        return self.read(batch, look)

    def asked(self, batch, before):
        """Return the sheet under the header that was pointed at; of another sheet, found anew."""
        asked = HeaderForm(self.request.POST).read()
        if asked is None or asked[0] >= len(before.sheets):
            raise ValidationError("Chọn trang tính và dòng tiêu đề trong các dòng đang thấy.")
        place, row, lines = asked
        sheet = before.sheets[place]
        if self.request.POST.get("was", "").partition("/")[0] != str(place):
            return sheets.look(batch, sheet=sheet)
        return sheets.look(batch, sheet=sheet, row=row, lines=lines)

    def read(self, batch, look):
        columns = self.columns(batch, look, {}, self.request.POST)
        options = self.options(batch, self.request.POST)
        if not (columns.is_valid() and options.is_valid()):
            refusals = [
                f"{form[name].label}: {error}"
                for form in (columns, options)
                for name, found in form.errors.items()
                for error in found
            ]
            return self.page(batch, look, columns, options, refusals=refusals, status=422)
        mapping = columns.as_mapping()
        try:
            chosen = batches.choose(
                batch=batch,
                sheet=look.sheet,
                header_row=look.header.row,
                header_lines=look.header.lines,
                mapping=mapping,
                options=options.as_options(),
                ignored=sheets.left_out(look, mapping),
            )
        except ValidationError as error:
            refusals = error.messages
            return self.page(batch, look, columns, options, refusals=refusals, status=422)
        return start_reading(self.request, chosen)

    def columns(self, batch, look, mapping, data=None):
        return ColumnsForm(data, kind=batches.kind_of(batch), look=look, mapping=mapping)

    def options(self, batch, data=None):
        kind = batches.kind_of(batch)
        return OptionsForm(data, kind=kind, user=self.request.user, kept=batch.options)

    def page(self, batch, look, columns=None, options=None, *, refusals=(), status=200):
        """Show the page; without `columns` as the header suggests them, and what was typed of the
        options stays."""
        columns = columns or self.columns(batch, look, look.guessed)
        typed = self.request.POST if self.request.method == "POST" else None
        needed, others = columns.left_out()
        widest = max((len(cells) for _, cells in look.top), default=0)
        context = {
            "object": batch,
            "title": "Chọn cột",
            "kind": batches.kind_of(batch),
            "steps": steps_of(batch),
            "look": look,
            "sheets": [(n, name, name == look.sheet) for n, name in enumerate(look.sheets)],
            "letters": [sheets.letters(place) for place in range(widest)],
            "top": [
                (number, _padded(cells, widest), _place(number, look)) for number, cells in look.top
            ],
            "was": _mark(look),
            "columns": columns,
            "options": options or self.options(batch, typed),
            "needed": needed,
            "others": others,
            "refusals": refusals,
            "list_url": batch.get_absolute_url(),
        }
        return render(self.request, "imports/columns.html", context, status=status)


def _look_as_kept(batch):
    return sheets.look(batch, sheet=batch.sheet, row=batch.header_row, lines=batch.header_lines)


def _mark(look):
    """Return which header a page of columns belongs to."""
    return f"{look.sheets.index(look.sheet)}/{look.header.row}/{look.header.lines}"


def _padded(cells, width):
    return [*cells, *[""] * (width - len(cells))]


def _place(number, look):
    """Tell whether a row stands above the header, in it, or below."""
    row, lines = look.header.row, look.header.lines
    return "above" if number < row else "head" if number < row + lines else "below"


def start_reading(request, batch):
    """Read a batch, a large one beside this request; lead to its page."""
    try:
        begun = batches.begin_reading(batch=batch)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return HttpResponseRedirect(batch.get_absolute_url())
    run = Run(on=request.today, user=request.user, options=begun.options)

    def work():
        batches.read(batch=begun, run=run)

    path = batches.path_of(begun)
    if path.exists() and path.stat().st_size > SMALL_BYTES:
        background.start(work)
    elif failure := background.attempt(work):
        messages.error(request, failure)
    return HttpResponseRedirect(begun.get_absolute_url())


class ReadAgain(ScopedMixin, View):
    """Begin a reading again that died with the server, or failed."""

    model = ImportBatch
    verb = "change"

    def post(self, request, pk):
        batch = self.row()
        if batches.kind_of(batch).missing(batch.mapping.values()):
            return HttpResponseRedirect(url("columns", batch))
        return start_reading(request, batch)


class ShowProgress(ScopedMixin, View):
    """Tell how far a reading or writing has come; once it is over the batch's page is due."""

    model = ImportBatch

    def get(self, request, pk):
        batch = self.row()
        if batch.state not in (State.READING, State.WRITING):
            if request.htmx:
                return HttpResponseClientRefresh()
            return HttpResponseRedirect(batch.get_absolute_url())
        context = {
            "object": batch,
            "may_change": self.allows("change"),
            **progress_of(batch),
        }
        if not request.htmx:
            return HttpResponseRedirect(batch.get_absolute_url())
        return render(request, "imports/progress.html", context)


urlpatterns = [
    part("<int:pk>/columns/", ChooseColumns, "columns"),
    part("<int:pk>/read/", ReadAgain, "read"),
    part("<int:pk>/progress/", ShowProgress, "progress"),
]
