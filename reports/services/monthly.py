"""The acts on a month's report: begin, write, submit, send back, approve, publish.

Each is one transaction that locks the report first. Raises ValidationError, in the words people
read, where the report is not in a state for it.
"""

import datetime as dt
import re

from django.core.exceptions import ValidationError
from django.db import transaction

from kylien.core.models import CodeCounter
from kylien.core.periods import Month
from kylien.core.text import format_date
from reports import content
from reports.models import FrozenReport, MonthlyReport, OutgoingDocument, ReportText
from reports.outline import DEFAULT_RECIPIENTS, PARTS, part_title
from reports.services import numbers

APPROVE = "reports.approve_monthlyreport"
State = MonthlyReport.State
FROZEN = "Báo cáo đã duyệt thì không sửa được; số liệu sửa sau nằm ở phần điều chỉnh sau chốt."
WAITS = "Báo cáo đang chờ duyệt: trả lại rồi mới sửa."


@transaction.atomic
def begin(*, month: Month, user, on: dt.date) -> MonthlyReport:
    """Begin the report of a month. Raises ValidationError for a second one, and for a month that
    has not begun."""
    if month.period.start > on:
        raise ValidationError(f"{month.label} chưa bắt đầu.")
    CodeCounter.hold(MonthlyReport.code_prefix)  # one begins after the other
    if MonthlyReport.objects.of(month).exists():
        raise ValidationError(f"{month.label} đã có báo cáo.")
    last = MonthlyReport.objects.newest().first()
    report = MonthlyReport(
        year=month.year,
        month=month.month,
        start_day=month.start_day,
        due_on=content.due_on(month),
        recipients=last.recipients if last else DEFAULT_RECIPIENTS,
        created_by=user,
    )
    report.full_clean(exclude=["code"])
    report.save()
    ReportText.objects.bulk_create(ReportText(report=report, part=part.key) for part in PARTS)
    return report


def refusal(report: MonthlyReport, *states: str) -> str:
    """Return why an act that needs one of `states` is refused; an empty text where it is not."""
    if report.state in states:
        return ""
    if State.APPROVED in states:
        return "Báo cáo đã phát hành." if report.is_frozen else "Báo cáo chưa duyệt."
    if report.is_frozen:
        return FROZEN
    return WAITS if report.state == State.SUBMITTED else "Báo cáo chưa trình duyệt."


def writable(user) -> tuple[str, ...]:
    """Return the states in which `user` writes: who approves also mends what was submitted."""
    return (*MonthlyReport.OPEN, *([State.SUBMITTED] if user.has_perm(APPROVE) else []))


def _locked(report: MonthlyReport, *states: str) -> MonthlyReport:
    """Lock a report and return it as it stands; ValidationError unless in one of `states`."""
    row = MonthlyReport.objects.select_for_update().get(pk=report.pk)
    reason = refusal(row, *states)
    if reason:
        raise ValidationError(reason)
    return row


def missing_parts(report: MonthlyReport) -> list[str]:
    """Name the parts that must be written and are empty."""
    written = {row.part for row in report.texts.all() if row.text.strip()}
    return [
        f"{part.chapter.partition('.')[0]}{'.' if part.number else ''}{part.number} "
        f"{part_title(part)}"
        for part in PARTS
        if part.must and part.key not in written
    ]


def _complete(report: MonthlyReport, on: dt.date) -> None:
    """Raises ValidationError for a month that is not over, and for empty parts."""
    month = report.as_month
    if not month.is_over(on):
        last = format_date(month.period.end - dt.timedelta(days=1))
        raise ValidationError(f"{month.label} chưa kết thúc: kỳ báo cáo đến hết ngày {last}.")
    missing = missing_parts(report)
    if missing:
        raise ValidationError(f"Mục bắt buộc còn trống: {'; '.join(missing)}.")


@transaction.atomic
def write_text(*, text: ReportText, words: str, user) -> ReportText:
    """Write a part of a report that is being written, or that the chief is reading."""
    _locked(text.report, *writable(user))
    row = ReportText.objects.select_for_update().get(pk=text.pk)
    row.text, row.written_by = words, user
    row.save()
    return row


@transaction.atomic
def take_sentence(*, text: ReportText, key: str, words: str, accept: bool, user) -> ReportText:
    """Accept a proposed sentence into its part, after what is written; or decline it.

    One that was taken before with other figures is replaced where it still stands word for word.
    """
    _locked(text.report, *writable(user))
    row = ReportText.objects.select_for_update().get(pk=text.pk)
    before = row.taken.get(key, "")
    if accept and not stands(words, row.text):
        if before and stands(before, row.text):
            row.text = _standing(before).sub(lambda found: words, row.text, count=1)
        else:
            row.text = "\n".join(filter(None, (row.text, words)))
    row.taken = {**row.taken, key: words if accept else ""}
    row.written_by = user
    row.full_clean()
    row.save()
    return row


@transaction.atomic
def write_recipients(*, report: MonthlyReport, recipients: str, user) -> MonthlyReport:
    """Say whom the report goes to. Raises ValidationError where there is nobody."""
    row = _locked(report, *writable(user))
    row.recipients = recipients
    row.full_clean()
    row.save()
    return row


def _standing(sentence: str) -> re.Pattern:
    """Return where a sentence stands whole: “5 tổ” is not in “15 tổ”, nor in “1.005 tổ”."""
    return re.compile(rf"(?<![\w.,]){re.escape(sentence)}")


def stands(sentence: str, text: str) -> bool:
    """Tell whether a sentence stands in a text word for word."""
    return bool(_standing(sentence).search(text))


@transaction.atomic
def submit(*, report: MonthlyReport, user, at: dt.datetime, on: dt.date) -> MonthlyReport:
    """Hand a written report to the chief."""
    row = _locked(report, *MonthlyReport.OPEN)
    _complete(row, on)
    row.state, row.submitted_by, row.submitted_at = State.SUBMITTED, user, at
    row.save()
    return row


@transaction.atomic
def send_back(*, report: MonthlyReport, comment: str) -> MonthlyReport:
    """Return a submitted report to its writers, with what is to be mended."""
    row = _locked(report, State.SUBMITTED)
    row.state, row.comment = State.RETURNED, comment
    row.full_clean()
    row.save()
    return row


@transaction.atomic
def approve(
    *,
    report: MonthlyReport,
    user,
    signer,
    signed_as: str,
    dated: dt.date,
    at: dt.datetime,
    on: dt.date,
    used_before: int | None = None,
) -> MonthlyReport:
    """Approve a submitted report: give it its number, and freeze figures, rules and texts.

    Nothing counts it again: what is mended later shows beside it (`content.adjustments`).
    Raises ValidationError for empty parts, a month that is not over, and a day of the document
    before the end of the month or out of the order of numbers.
    """
    row = _locked(report, State.SUBMITTED)
    _complete(row, on)
    month = row.as_month
    if dated < month.period.end:
        raise ValidationError({"dated": "Ngày văn bản phải sau ngày cuối kỳ báo cáo."})
    subject = content.subject_of(month)
    row.document = numbers.register(
        kind=OutgoingDocument.Kind.REPORT,
        dated=dated,
        subject=f"Báo cáo {subject[:1].lower()}{subject[1:]}",
        signer=signer,
        signed_as=signed_as,
        recipients=row.recipients,
        used_before=used_before,
        on=on,
    )
    row.state, row.approved_by, row.approved_at, row.comment = State.APPROVED, user, at, ""
    row.save()
    frozen = content.live(row, areas=True)
    frozen["heading"] = content.heading(
        dated=dated,
        symbol=row.document.symbol,
        signer=signer,
        signed_as=signed_as,
        recipients=row.recipients,
    )
    frozen["rules"] = content.rules_in_force(month.period.end - dt.timedelta(days=1))
    kept = FrozenReport.canonical(frozen)
    FrozenReport.objects.create(
        report=row, content=kept, digest=FrozenReport.digest_of(kept), at=at, by=user
    )
    return row


@transaction.atomic
def publish(*, report: MonthlyReport, at: dt.datetime) -> MonthlyReport:
    """Let the ward's leaders read an approved report."""
    row = _locked(report, State.APPROVED)
    row.state, row.published_at = State.PUBLISHED, at
    row.save()
    return row
