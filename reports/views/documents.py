"""A month's report as a file: .docx to send and sign, PDF to read and print."""

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import path
from django.views.generic import View

from kylien.core.changes import trail
from kylien.core.exports import filename
from kylien.core.records import ScopedMixin
from reports.content import BROKEN, Content
from reports.documents import pdf, word
from reports.documents.paper import arrange
from reports.models import MonthlyReport


class Document(ScopedMixin, View):
    """The report as its reader sees it: for leaders small numbers are hidden in the file too.

    None is made of a frozen copy that is not any more what was approved.
    """

    model = MonthlyReport
    action = ""  # how the trail tells it
    extension = ""
    content_type = ""
    draw = None

    def get(self, request, pk):
        report = self.row(self.rows.select_related("frozen"))
        if report.is_broken:
            messages.error(request, BROKEN)
            return HttpResponseRedirect(report.get_absolute_url())
        content = Content.of(report, aggregate=request.user.is_leader, areas=True)
        paper = arrange(content, recipients=report.recipients, on=request.today)
        trail().reading(
            MonthlyReport,
            self.action,
            code=report.code,
            filters={"Tệp": self.extension, "Trạng thái": report.get_state_display()},
        )
        stem = f"{paper.draft} {report}"
        name = filename(stem, paper.dated or request.today, self.extension)
        return HttpResponse(
            self.draw(paper),
            content_type=self.content_type,
            headers={
                "Content-Disposition": f'attachment; filename="{name}"',
                "Cache-Control": "no-store",
            },
        )


class WordDocument(Document):
    action = "export"
    extension = "docx"
    content_type = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    draw = staticmethod(word.draw)


class PdfDocument(Document):
    action = "print"
    extension = "pdf"
    content_type = "application/pdf"
    draw = staticmethod(pdf.draw)


URLS = [
    path(
        "monthly-reports/<int:pk>/docx/",
        WordDocument.as_view(),
        name="monthlyreport-docx",
    ),
    path("monthly-reports/<int:pk>/pdf/", PdfDocument.as_view(), name="monthlyreport-pdf"),
]
