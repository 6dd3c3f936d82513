"""What becomes of leaders' remarks: given to an officer, answered."""

import datetime as dt

from django.core.exceptions import ValidationError
from django.db import transaction

from reports.models import MonthlyReport, ReportRemark

ANSWERED = "Ý kiến này đã trả lời."


@transaction.atomic
def remark(*, report: MonthlyReport, author, kind, content, due_on, on: dt.date) -> ReportRemark:
    """Keep a leader's remark on a published report; the chief who approved it has it first.

    Raises ValidationError for a report that is not published, and for a day before today.
    """
    row = MonthlyReport.objects.select_for_update().get(pk=report.pk)
    if row.state != MonthlyReport.State.PUBLISHED:
        raise ValidationError("Báo cáo chưa phát hành.")
    if due_on and due_on < on:
        raise ValidationError({"due_on": "Hạn không thể trước hôm nay."})
    made = ReportRemark(
        report=row, author=author, kind=kind, content=content, due_on=due_on, owner=row.approved_by
    )
    made.full_clean()
    made.save()
    return made


@transaction.atomic
def assign(*, remark: ReportRemark, owner) -> ReportRemark:
    """Give a remark to another officer. Raises ValidationError for one that is answered."""
    row = _open(remark)
    row.owner = owner
    row.save()
    return row


@transaction.atomic
def answer(*, remark: ReportRemark, words: str, on: dt.date) -> ReportRemark:
    """Answer a remark, which ends it. Raises ValidationError for one that is answered."""
    row = _open(remark)
    row.answer, row.done_on = words, on
    row.full_clean()
    row.save()
    return row


def _open(remark):
    row = ReportRemark.objects.select_for_update().get(pk=remark.pk)
    if row.done_on:
        raise ValidationError(ANSWERED)
    return row
