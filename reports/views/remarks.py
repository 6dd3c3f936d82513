"""Leaders' remarks on a published report, and what becomes of them."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.urls import path

from kylien.core.records import PartView, new_mark
from reports.forms.remarks import AnswerForm, AssignForm, RemarkForm
from reports.models import MonthlyReport, ReportRemark
from reports.services.remarks import ANSWERED

ADD = "reports.add_reportremark"
CHANGE = "reports.change_reportremark"
APPROVE = "reports.approve_monthlyreport"
ANCHOR = "#remarks"


def remarks_context(request, report) -> dict:
    """Return what `templates/reports/_remarks.html` shows of a report: nothing of one that is not
    published, nor to a reader whom no remark concerns. One query."""
    user, on = request.user, request.today
    if report.state != MonthlyReport.State.PUBLISHED or not user.has_perm(
        "reports.view_reportremark"
    ):
        return {"remarks_shown": False}
    chief = user.has_perm(APPROVE)
    rows = ReportRemark.objects.visible_to(user).filter(report=report).for_list()
    remarks = [
        {
            "row": row,
            "badge": row.badge(on),
            "may_assign": chief and row.done_on is None,
            "may_answer": row.done_on is None and may_answer(user, row),
        }
        for row in rows.order_by("-created_at", "-pk")
    ]
    form = None
    if user.has_perm(ADD):
        new = ReportRemark(report=report)
        form = RemarkForm(instance=new, prefix=AddRemark.prefix, user=user, on=on)
    return {
        "remarks": remarks,
        "remarks_report": report,
        "remark_form": form,
        "remark_once": new_mark(),
        "remarks_act": any(one["may_assign"] or one["may_answer"] for one in remarks),
        "remarks_shown": bool(remarks or form or user.scope.whole_ward),
    }


def may_answer(user, remark):
    """Tell whether a remark is the user's to answer: its owner's, and the chief's."""
    return user.has_perm(CHANGE) and (remark.owner_id == user.pk or user.has_perm(APPROVE))


class AddRemark(PartView):
    """Say something of a report, or give a task."""

    model = MonthlyReport
    rights = (ADD,)
    form_class = RemarkForm
    prefix = "remark"
    anchor = ANCHOR
    submit_label = "Gửi"
    locks, once = False, True

    def part(self, row):
        return ReportRemark(report=row)

    def record(self, part):
        return part.report

    def title(self, part):
        return f"Ý kiến về {str(part.report).lower()}"

    def done(self, saved):
        if saved.kind == ReportRemark.Kind.TASK:
            return "Đã giao việc cho Công an phường."
        return "Đã gửi ý kiến cho Công an phường."


class OfRemark(PartView):
    """A form about a remark, until it is answered; it leads back to the remarks of its report."""

    model = ReportRemark
    verb = "change"
    relations = ("report", "author", "owner")
    anchor = ANCHOR
    locks = False

    def get(self, request, pk):
        part = self.target(self.rows)
        if part.done_on:
            messages.error(request, ANSWERED)
            return HttpResponseRedirect(part.get_absolute_url())
        return self.page(part, self.form(part))

    def record(self, part):
        return part.report

    def page_context(self, part):
        return {"subtitle": f"{part.author.full_name_label}: {part.content}"}


class AssignRemark(OfRemark):
    """Give a remark to the officer who is to answer it."""

    rights = (APPROVE,)
    form_class = AssignForm
    submit_label = "Giao"

    def title(self, part):
        return "Giao cán bộ trả lời"

    def done(self, saved):
        return f"Đã giao {saved.owner.full_name_label}."


class AnswerRemark(OfRemark):
    """Answer a remark, which ends it."""

    form_class = AnswerForm
    submit_label = "Trả lời"

    def part(self, row):
        if not may_answer(self.request.user, row):
            raise PermissionDenied
        return row

    def title(self, part):
        return "Trả lời lãnh đạo phường"

    def done(self, saved):
        return "Đã trả lời."


def part(route, view, name):
    return path(route, view.as_view(), name=f"reportremark-{name}")


URLS = [
    part("monthly-reports/<int:pk>/remarks/", AddRemark, "create"),
    part("report-remarks/<int:pk>/assign/", AssignRemark, "assign"),
    part("report-remarks/<int:pk>/answer/", AnswerRemark, "answer"),
]
