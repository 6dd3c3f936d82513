"""Requests to correct data, and the sheet of what the portal holds about a person."""

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.html import format_html
from django.views.generic import View

from households.models import Resident
from kylien.areas.models import Ward
from kylien.core import text
from kylien.core.changes import acting, trail
from kylien.core.records import PartView, RecordView, Role, ScopedMixin
from kylien.core.reveal import way
from retention import sheet
from retention.forms.corrections import AnswerForm, CorrectionForm, SheetForm
from retention.lists import CorrectionFilterSet, CorrectionTable
from retention.models import CorrectionRequest
from retention.services import corrections as services

CHANGE, SHEET = "retention.change_correctionrequest", "retention.sheet_correctionrequest"


class CorrectionView(RecordView):
    model = CorrectionRequest
    table_class = CorrectionTable
    filterset_class = CorrectionFilterSet
    form_class = CorrectionForm
    detail_fields = (
        "asker",
        "received_on",
        "due_on",
        "owner",
        "decision",
        "done_on",
        "result",
    )
    roles = (Role.LIST, Role.CREATE, Role.DETAIL, Role.UPDATE)
    url_prefix = "corrections"
    title = "Yêu cầu đính chính"
    counted = "yêu cầu"
    create_label = "Ghi yêu cầu"
    empty_hint = "Người dân báo dữ liệu về mình chưa đúng thì ghi ở đây, mỗi yêu cầu một cán bộ."

    def list_context(self):
        return {"sheet_url": sheet_address() if self.request.user.has_perm(SHEET) else ""}

    def facts(self, obj):
        """List how it stands, who asks and about what, then what is recorded."""
        state = format_html(
            '<span class="badge badge-{}">{}</span>', *obj.badge(self.request.today)
        )
        user = self.request.user
        found = [("Tình trạng", state)]
        if obj.resident_id:
            seen = Resident.objects.visible_to(user).filter(pk=obj.resident_id).exists()
            found.append(("Người yêu cầu", link_to(obj.resident, seen)))
        record = services.record_of(obj.record_code, user)
        code = link_to(record, True) if record else obj.record_code
        found.append(("Bản ghi", code))
        return found + [(label, value) for label, value in super().facts(obj) if value != "—"]

    def actions(self, obj):
        user, found = self.request.user, super().actions(obj)
        label = "In trả lời" if obj.done_on else "In phiếu nhận"
        url = reverse("correctionrequest-print", args=[obj.pk])
        found.append({"url": url, "label": label, "icon": "printer"})
        if user.has_perm(SHEET) and obj.resident_id and not obj.done_on:
            url = f"{sheet_address()}?resident={obj.resident.code}"
            found.append({"url": url, "label": "Phiếu dữ liệu", "icon": "id-card"})
        if user.has_perm(CHANGE) and not obj.done_on:
            found.append(
                {
                    "url": reverse("correctionrequest-answer", args=[obj.pk]),
                    "label": "Ghi trả lời",
                    "icon": "message-square-reply",
                    "primary": True,
                }
            )
        return found

    def detail_context(self, obj):
        return {"title": obj.content}


def link_to(record, seen):
    """Return a record as a link with its code, or its code alone where the user may not see it."""
    if not seen:
        return record.code
    return format_html('<a href="{}">{}</a>', record.get_absolute_url(), record.code)


def sheet_address():
    return reverse("resident-datasheet")


class AnswerCorrection(PartView):
    model = CorrectionRequest
    verb = "change"
    form_class = AnswerForm
    submit_label = "Ghi trả lời"
    locks = False

    def part(self, row):
        if row.done_on and self.request.method == "GET":
            raise PermissionDenied
        return row

    def title(self, part):
        return f"Trả lời yêu cầu {part.code}"

    def page_context(self, part):
        wrong, due = part.content.rstrip("."), text.format_date(part.due_on)
        return {"subtitle": f"{part.record_code}: {wrong}. Hạn {due}."}

    def done(self, saved):
        return f"Đã ghi trả lời {saved.code}: {saved.get_decision_display().lower()}."


class PrintCorrection(ScopedMixin, View):
    """The answer on A4; until there is one, the receipt with the deadline."""

    model = CorrectionRequest

    def get(self, request, pk):
        row = self.row(self.rows.for_list())
        day, person = row.done_on or row.received_on, row.resident
        seen = Resident.objects.visible_to(request.user)
        hidden = person is not None and not seen.filter(pk=person.pk).exists()
        trail().reading(CorrectionRequest, "print", row=row.pk, code=row.code)
        context = {
            "record": row,
            "asked_by": person.code if hidden else row.asked_by,
            "title": f"{'Trả lời' if row.done_on else 'Phiếu nhận'} {row.code}",
            "unit": Ward.objects.of(day),
            "dated": text.day_in_words(day),
        }
        return render(request, "retention/correction_print.html", context)


class DataSheet(ScopedMixin, View):
    """What the portal holds about a person, on A4; who asked for it is recorded."""

    model = Resident
    rights = (SHEET,)

    def get(self, request):
        self.check()
        if first := way(request):
            return HttpResponseRedirect(first)
        asked = request.GET.get("resident", "")
        initial = {"resident": asked} if "\0" not in asked else {}
        return self.form_page(SheetForm(user=request.user, initial=initial))

    def post(self, request):
        self.check()
        if first := way(request):
            return HttpResponseRedirect(first)
        form = SheetForm(request.POST, user=request.user)
        if not form.is_valid():
            return self.form_page(form, status=422)
        person = form.cleaned_data["resident"]
        shown = [name for name in (*sheet.NUMBERS, "birth_date") if getattr(person, name)]
        with acting(reason=form.reason()), transaction.atomic():
            trail().reading(Resident, "reveal", row=person.pk, code=person.code, fields=shown)
            trail().reading(Resident, "print", row=person.pk, code=person.code, fields=shown)
        parts = sheet.parts(person, request.user)
        context = {
            "record": person,
            "facts": sheet.facts(person),
            "parts": [part for part in parts if part.rows],
            "missing": [part.title.lower() for part in parts if not part.rows],
            "reason": form.reason(),
            "by": request.user.full_name_label,
            "title": f"Phiếu dữ liệu {person.code}",
            "unit": Ward.objects.of(request.today),
            "dated": text.day_in_words(request.today),
        }
        return render(request, "retention/sheet_print.html", context)

    def check(self):
        if not self.request.user.has_perms(self.rights):
            raise PermissionDenied

    def form_page(self, form, status=200):
        context = {
            "title": "Phiếu dữ liệu của một người",
            "subtitle": "Những gì cổng đang giữ về một người. Người in và lý do được ghi nhật ký.",
            "form": form,
            "submit_label": "Lập phiếu",
            "cancel_url": reverse("correctionrequest-list"),
            "list_url": reverse("correctionrequest-list"),
            "list_title": CorrectionView.title,
        }
        return render(self.request, "records/form.html", context, status=status)


URLS = [
    *CorrectionView.get_urls(),
    path(
        "corrections/<int:pk>/answer/", AnswerCorrection.as_view(), name="correctionrequest-answer"
    ),
    path("corrections/<int:pk>/print/", PrintCorrection.as_view(), name="correctionrequest-print"),
    path("data-sheet/", DataSheet.as_view(), name="resident-datasheet"),
]
