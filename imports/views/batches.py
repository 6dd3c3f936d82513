"""The list of workbooks brought in, uploading one, its page, and what may be downloaded."""

from io import BytesIO
from tempfile import TemporaryFile

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import FileResponse, Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.views.generic import View

from imports.forms.upload import UploadForm
from imports.kinds import KINDS
from imports.kinds.base import Outcome
from imports.lists import BatchFilterSet, BatchTable, kind_label
from imports.models import ImportBatch
from imports.reading.files import SheetError
from imports.services import batches, progress
from imports.services.clearing import clear_old
from imports.services.errors import to_correct, write_error_workbook
from imports.services.templates import write_template
from imports.services.undoing import can_undo
from imports.views.rows import TONES, noun_of, show_rows
from kylien.core import exports, text
from kylien.core.changes import acting, trail
from kylien.core.records import PAGE_SIZE, RecordView, Role, ScopedMixin, new_mark, only_once
from kylien.core.tables import KeyPaginator
from kylien.core.uploads import send

State = ImportBatch.State
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TITLE = "Nhập từ Excel"
# Where what was written is looked at: (address name, label).
LISTS = {
    "people": (("household-list", "Xem hộ"), ("resident-list", "Xem nhân khẩu")),
    "temporary": (("temporary-resident-list", "Xem người tạm trú"),),
    "stays": (("staynotice-list", "Xem lưu trú"),),
    "businesses": (("business-list", "Xem cơ sở kinh doanh"),),
    "groups": (("selfmanagedgroup-list", "Xem tổ liên gia"),),
}
STEPS = ("Tải tệp lên", "Chọn cột", "Xem trước", "Nhập vào sổ")
REACHED = {  # steps done
    State.UPLOADED: 1,
    State.READING: 2,
    State.FAILED: 1,
    State.READ: 2,
    State.WRITING: 3,
    State.WRITTEN: 4,
    State.UNDONE: 4,
}


def url(name, batch):
    return reverse(f"importbatch-{name}", args=[batch.pk])


def steps_of(batch) -> list[tuple[str, str]]:
    """List `(label, state)` of a batch's way, states as the page's marks: done, now, next."""
    done = REACHED.get(batch.state, 0)
    marks = ["done"] * done + ["now"] + ["next"] * len(STEPS)
    return list(zip(STEPS, marks, strict=False))


class BatchView(RecordView):
    model = ImportBatch
    table_class = BatchTable
    filterset_class = BatchFilterSet
    url_prefix = "imports"
    title = TITLE
    counted = "lần nhập"
    roles = (Role.LIST, Role.DETAIL)
    empty_hint = "Tải tệp Excel có sẵn lên: cổng đọc, cho xem trước, rồi mới ghi vào sổ."

    def base_rows(self, rows):
        return rows.for_list()

    def list_context(self):
        may = self.allows("add")
        return {
            "create_url": reverse("importbatch-create") if may else "",
            "create_label": "Nhập tệp",
        }

    def facts(self, obj):
        found = [("Loại dữ liệu", kind_label(obj.kind))]
        if obj.file:
            link = format_html('<a href="{}">{}</a>', url("file", obj), obj.file_name)
            found.append(("Tệp gốc", link))
        if obj.sheet:
            found.append(("Trang tính", obj.sheet))
        found.append(("Tải lên", _by(obj.created_by, obj.created_at)))
        if obj.written_at:
            found.append(("Nhập vào sổ", _by(obj.written_by, obj.written_at)))
        if obj.undone_at:
            found.append(("Hoàn tác", _by(obj.undone_by, obj.undone_at)))
        return found

    def actions(self, obj):
        """Return what may be done beside the page's main act, by the batch's state."""
        found = []
        if not self.allows("change"):
            return found
        if obj.state in batches.OPEN:
            columns = {"url": url("columns", obj), "label": "Chọn lại cột", "icon": "columns-3"}
            if obj.state == State.UPLOADED:
                columns |= {"label": "Chọn cột", "primary": True}
            sure = "Bỏ lần nhập này? Tệp và bản xem trước bị xoá, sổ không thay đổi."
            drop = {"label": "Bỏ lần nhập này", "icon": "trash-2", "method": "post"}
            found += [columns, {"url": url("drop", obj), "confirm": sure, **drop}]
        if can_undo(obj):
            found.append({"url": url("undo", obj), "label": "Hoàn tác", "icon": "undo-2"})
        return found

    def _relations(self):
        return ["created_by", "written_by", "undone_by"]

    def detail_context(self, obj):
        found = {
            "title": obj.file_name,
            "badge": obj.badge(),
            "steps": steps_of(obj),
            "may_change": self.allows("change"),
            "lists": [(reverse(name), label) for name, label in LISTS.get(obj.kind, ())],
        }
        if obj.state in (State.READING, State.WRITING):
            return {**found, **progress_of(obj)}
        if obj.state in (State.READ, State.WRITTEN, State.UNDONE):
            return {**found, **self.preview(obj)}
        return found

    def preview(self, obj):
        """Return the counts, the acts that are open, and the rows of the outcome asked for."""
        asked = self.request.GET.get("outcome", "")
        outcome = Outcome(asked) if asked in Outcome.values else None
        lines = obj.lines.order_by("number")
        rows = lines.filter(outcome=outcome) if outcome else lines
        paginator = KeyPaginator(rows, PAGE_SIZE, lambda keys: lines.filter(pk__in=keys))
        page = paginator.nearest(self.request.GET.get("page", 1))
        undecided = obj.lines.undecided().count() if obj.doubtful else 0
        good = obj.new + obj.changed + self.decided(obj)
        undone = obj.lines.filter(undone=True).count() if obj.state == State.WRITTEN else 0
        return {
            "sum_total": text.format_number(obj.rows),
            "sum": " + ".join(
                f"{text.format_number(n)} {one.label.lower()}" for one, n in obj.counts.items()
            ),
            "chips": self.chips(obj, outcome),
            "outcome": outcome or "",
            "rows": show_rows(obj, page.object_list, self.request.user),
            "page": self._page(page, paginator, self.request.GET),
            "noun": noun_of(obj),
            "undecided": undecided,
            "good": good,
            "left": undecided + obj.refused,
            "to_correct": obj.file and (undecided or obj.refused),
            "undone": undone,
            "undoable": self.allows("change") and can_undo(obj),
            "ignored": obj.ignored,
            "cleared": bool(obj.rows) and not obj.file,
        }

    @staticmethod
    def decided(obj):
        """Return how many doubtful rows were decided to be written."""
        if not obj.doubtful:
            return 0
        rows = obj.lines.filter(outcome=Outcome.DOUBTFUL)
        return rows.exclude(decision__in=("", "skip")).count()

    def chips(self, obj, current):
        """List `{label, number, tone, url, current}`: all rows, then each outcome's."""
        here = obj.get_absolute_url()
        every = {"label": "Tất cả", "number": obj.rows, "tone": "mute", "url": f"{here}#rows"}
        return [
            {**every, "current": current is None},
            *(
                {
                    "label": one.label,
                    "number": number,
                    "tone": TONES[one],
                    "url": f"{here}?outcome={one.value}#rows",
                    "current": one == current,
                }
                for one, number in obj.counts.items()
            ),
        ]


def _by(user, at):
    who = user.full_name_label if user else "Dòng lệnh"
    return f"{timezone.localtime(at):%d/%m/%Y %H:%M}, {who}"


def progress_of(batch) -> dict:
    """Return how far a reading or writing has come; `died` where nobody is at work any more."""
    told = progress.told(batch.pk)
    done, of = told or (0, 0)
    reading = batch.state == State.READING
    if reading:
        what = "Đang kiểm tra" if of else "Đang đọc tệp"
    else:
        what = "Đang ghi vào sổ"
    numbers = f"{text.format_number(done)} / {text.format_number(of)}"
    return {
        "at_work": True,
        "died": told is None,
        "reading": reading,
        "what": what,
        "done": done,
        "of": of,
        "numbers": numbers if of else text.format_number(done),
    }


class UploadBatch(ScopedMixin, View):
    """Upload a workbook; what was brought in long ago is cleared at the same time."""

    model = ImportBatch
    verb = "add"

    def get(self, request):
        return self.page(UploadForm(initial={"kind": request.GET.get("kind", "")}))

    def post(self, request):
        return only_once(request, lambda: reverse("importbatch-list"), self.upload)

    def upload(self):
        request = self.request
        form = UploadForm(request.POST, request.FILES)
        if form.is_valid():
            data = form.cleaned_data
            try:
                batch = batches.upload(file=data["file"], kind=data["kind"], user=request.user)
            except ValidationError as error:
                form.add_error("file", " ".join(error.messages))
            else:
                clear_old(on=request.today)
                return HttpResponseRedirect(url("columns", batch))
        return self.page(form, status=422)

    def page(self, form, status=200):
        context = {
            "form": form,
            "title": "Nhập tệp",
            "list_url": reverse("importbatch-list"),
            "list_title": TITLE,
            "once": new_mark(),
            "steps": [(label, "next" if n else "now") for n, label in enumerate(STEPS)],
        }
        return render(self.request, "imports/upload.html", context, status=status)


class TemplateFile(ScopedMixin, View):
    """Hand out the empty workbook of a kind, with examples and explanations."""

    model = ImportBatch
    verb = "add"

    def get(self, request, kind):
        if kind not in KINDS:
            raise Http404
        file = BytesIO()
        write_template(KINDS[kind], file)
        name = f"mau-{exports.filename(KINDS[kind].label, request.today, 'xlsx')}"
        return HttpResponse(file.getvalue(), content_type=XLSX, headers=as_download(name))


def as_download(name):
    return {
        "Content-Disposition": f'attachment; filename="{name}"',
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, no-store",
    }


class WorkbookFile(ScopedMixin, View):
    """Hand out a workbook of a batch, numbers of people in full, and record that it left.

    Who takes more than 50 rows along is asked for the password once more, and for a reason, as
    with the export of a list; so is who takes a file that was not read and may hold any number.
    """

    model = ImportBatch
    what = ""

    def get(self, request, pk):
        return self.answer(None)

    def post(self, request, pk):
        return self.answer(request.POST)

    def answer(self, data):
        batch = self.row()
        if refused := self.refusal(batch):
            return refused
        people = batch.rows if batch.read_at else exports.PEOPLE_WITHOUT_REASON + 1
        form = exports.ExportForm(data, kind="", rows=batch.rows, people=people)
        if first := form.way(self.request):
            return HttpResponseRedirect(first)
        if (form.is_bound or form.many) and not form.is_valid():
            return self.ask_reason(batch, form)
        try:
            response = self.file(batch)
        except SheetError as error:
            return self.back(batch, messages.ERROR, str(error))
        with acting(reason=form.cleaned_data["reason"] if form.is_bound else ""):
            told = {"rows": batch.rows, "filters": {self.what: batch.file_name}}
            trail().reading(ImportBatch, "export", code=batch.code, **told)
        return response

    def back(self, batch, level, words):
        messages.add_message(self.request, level, words)
        return HttpResponseRedirect(batch.get_absolute_url())

    def ask_reason(self, batch, form):
        context = {
            "object": batch,
            "title": f"Tải {self.what.lower()}",
            "form": form,
            "rows": text.format_number(batch.rows) if batch.read_at else "",
        }
        status = 422 if form.is_bound else 200
        return render(self.request, "imports/take.html", context, status=status)


class OriginalFile(WorkbookFile):
    """The workbook as it was uploaded."""

    what = "Tệp gốc"

    def refusal(self, batch):
        if not batch.file:
            raise Http404

    def file(self, batch):
        return send(batch.file.name, batch.file_name, "")


class ErrorFile(WorkbookFile):
    """The sheet with all its rows, what was refused coloured and told why."""

    what = "Tệp lỗi"

    def refusal(self, batch):
        if batch.file and to_correct(batch).exists():
            return None
        return self.back(batch, messages.INFO, "Không có dòng nào phải sửa.")

    def file(self, batch):
        file = TemporaryFile()  # noqa: SIM115 (the response closes it)
        write_error_workbook(batch, file)
        file.seek(0)
        name = exports.filename(f"loi {batch.code}", self.request.today, "xlsx")
        return FileResponse(file, content_type=XLSX, headers=as_download(name))


class DropBatch(ScopedMixin, View):
    """Throw a batch away that was not written."""

    model = ImportBatch
    verb = "change"

    def post(self, request, pk):
        batch = self.row()
        try:
            batches.drop(batch=batch)
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
            return HttpResponseRedirect(batch.get_absolute_url())
        messages.success(request, f"Đã bỏ {batch}. Sổ không thay đổi.")
        return HttpResponseRedirect(reverse("importbatch-list"))


def part(route, view, name):
    return path(f"imports/{route}", view.as_view(), name=f"importbatch-{name}")


urlpatterns = [
    *BatchView.get_urls(),
    part("create/", UploadBatch, "create"),
    path("imports/templates/<str:kind>/", TemplateFile.as_view(), name="import-template"),
    part("<int:pk>/file/", OriginalFile, "file"),
    part("<int:pk>/errors/", ErrorFile, "errors"),
    part("<int:pk>/drop/", DropBatch, "drop"),
]
