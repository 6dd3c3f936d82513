"""The register of outgoing documents: numbers taken, documents cancelled, the register on paper."""

from itertools import groupby

from django.shortcuts import render
from django.template.defaultfilters import linebreaksbr
from django.urls import path, reverse
from django.utils.html import format_html
from django.views.generic import View

from kylien.areas.models import Ward
from kylien.core import text
from kylien.core.changes import trail
from kylien.core.records import PartView, RecordView, Role, ScopedMixin
from reports.forms.outgoing import CancelForm, NumberForm, RegisterForm
from reports.lists import OutgoingFilterSet, OutgoingTable
from reports.models import MonthlyReport, OutgoingDocument


class OutgoingView(RecordView):
    """Numbers are given and stay: nothing of a document is edited."""

    model = OutgoingDocument
    table_class = OutgoingTable
    filterset_class = OutgoingFilterSet
    form_class = NumberForm
    detail_fields = (
        "kind",
        "dated",
        "subject",
        "signer",
        "signed_as",
        "cancelled_on",
        "cancel_reason",
    )
    roles = (Role.LIST, Role.CREATE, Role.DETAIL)
    url_prefix = "outgoing"
    people_per_row = 0
    title = "Văn bản đi"
    counted = "văn bản"
    create_label = "Lấy số văn bản"
    empty_hint = "Bấm Lấy số văn bản khi văn bản đã ký: số nối tiếp, không trùng, không bỏ số."

    def list_context(self):
        return {"print_url": reverse("outgoingdocument-print")}

    def facts(self, obj):
        tone, word = obj.badge()
        badge = format_html('<span class="badge badge-{}">{}</span>', tone, word)
        found = [(label, value) for label, value in super().facts(obj) if value != "—"]
        if obj.recipients:
            found.append(("Nơi nhận", linebreaksbr(obj.recipients)))
        report = self.report(obj)
        if report:
            link = format_html('<a href="{}">{}</a>', report.get_absolute_url(), report)
            found.append(("Cấp cho", link))
        return [("Tình trạng", badge), *found]

    def report(self, obj):
        """Return the month's report that bears the number, if the user may read one."""
        reports = MonthlyReport.objects.visible_to(self.request.user)
        return reports.filter(document=obj).first()

    def actions(self, obj):
        if obj.cancelled_on or not self.allows("change") or self.report(obj):
            return []
        url = reverse("outgoingdocument-cancel", args=[obj.pk])
        return [{"url": url, "label": "Huỷ văn bản", "icon": "ban"}]


class CancelDocument(PartView):
    """Cancel a document that is not sent after all; it keeps its number."""

    model = OutgoingDocument
    verb = "change"
    form_class = CancelForm
    submit_label = "Huỷ văn bản"
    locks = False

    def title(self, part):
        return f"Huỷ văn bản {part}"

    def page_context(self, part):
        return {"subtitle": f"{part.subject}. Số đã cấp không dùng lại."}

    def done(self, saved):
        return f"Đã huỷ văn bản {saved}."


class Register:
    """The list that its paper leads back to."""

    def __str__(self):
        return OutgoingView.title

    def get_absolute_url(self):
        return reverse("outgoingdocument-list")


class PrintRegister(ScopedMixin, View):
    """The register of a year on A4, by sort and number."""

    model = OutgoingDocument

    def get(self, request):
        form = RegisterForm({"year": request.today.year, **request.GET.dict()})
        rows, year = [], None
        if form.is_valid():
            year, kind = form.cleaned_data["year"], form.cleaned_data["kind"]
            wanted = self.rows.filter(year=year, **({"kind": kind} if kind else {}))
            rows = list(wanted.for_list().order_by("kind", "number"))
            filters = {"Năm": str(year), **({"Loại": kind} if kind else {})}
            trail().reading(OutgoingDocument, "print", rows=len(rows), filters=filters)
        parts = [
            (OutgoingDocument.Kind(kind).label, list(found))
            for kind, found in groupby(rows, key=lambda row: row.kind)
        ]
        context = {
            "title": "Sổ đăng ký văn bản đi",
            "record": Register(),
            "form": form,
            "year": year,
            "parts": parts,
            "count": len(rows),
            "unit": Ward.objects.of(request.today),
            "dated": text.day_in_words(request.today),
        }
        status = 200 if year else 422
        return render(request, "reports/outgoingdocument_print.html", context, status=status)


URLS = [
    *OutgoingView.get_urls(),
    path("outgoing/print/", PrintRegister.as_view(), name="outgoingdocument-print"),
    path("outgoing/<int:pk>/cancel/", CancelDocument.as_view(), name="outgoingdocument-cancel"),
]
