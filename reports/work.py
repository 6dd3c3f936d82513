"""What there is to do with reports: the month's, each step of one, and what leaders said of it."""

import datetime as dt

from django.db.models import Case, CharField, DateField, F, IntegerField, Q, Value, When
from django.db.models.functions import Cast, Concat, Left, Length, TruncDate
from django.db.models.lookups import GreaterThan
from django.urls import reverse

from kylien.areas.models import Ward
from kylien.core.periods import TZ
from kylien.core.work import Work, page_of
from reports import content
from reports.models import MonthlyReport, ReportRemark

SOON_DAYS = 7
SHOWN = 120  # letters of a comment or a remark in a row of the list
WRITE, APPROVE = "reports.add_monthlyreport", "reports.approve_monthlyreport"
ANSWER = "reports.change_reportremark"


def month_to_report(user, on, until):
    """Return the ward once, for who works for the whole of it, where a month's report is not begun
    and due up to `until`: of the month that ended last, else of the current one."""
    wards = Ward.objects.visible_to(user)
    if not user.scope.whole_ward:
        return wards.none()
    current = content.current_month(on)
    months = (current.previous(), current)
    begun = MonthlyReport.objects.filter(
        Q(year=months[0].year, month=months[0].month)
        | Q(year=months[1].year, month=months[1].month)
    ).values_list("year", "month")
    missing = {(month.year, month.month): month for month in months}
    for one in begun:
        del missing[one]
    month = next(iter(missing.values()), None)
    due = content.due_on(month) if month else dt.date.max
    if due > until:
        return wards.none()
    today = Ward.objects.valid_on(on).order_by("-valid_from", "-pk").values("pk")[:1]
    return wards.filter(pk__in=today).annotate(
        report_by=Value(due, DateField()),
        report_for=Value(month.label, CharField()),
        report_key=Value(month.year * 100 + month.month, IntegerField()),
    )


def month_page(key):
    """Return the address of the month's figures; `key` is its year and month: 202611."""
    return reverse("report-month", args=[f"{key // 100}-{key % 100:02}"])


def being_written(user, on, until):
    """Return the reports that are written, for who works for the whole ward."""
    rows = MonthlyReport.objects.visible_to(user)
    return rows.in_scope(user.scope).being_written().filter(due_on__lte=until)


def to_approve(user, on, until):
    return MonthlyReport.objects.visible_to(user).submitted().filter(due_on__lte=until)


def to_publish(user, on, until):
    return MonthlyReport.objects.visible_to(user).approved()


def remarks_of(user):
    """Return the user's own remarks; all of them to the chief."""
    rows = ReportRemark.objects.visible_to(user)
    return rows if user.has_perm(APPROVE) else rows.filter(owner=user)


def tasks(user, on, until):
    return remarks_of(user).due(until)


def comments(user, on, until):
    return remarks_of(user).without_day()


def remarks_page(key):
    """Return the address of the remarks on a report."""
    return f"{page_of(MonthlyReport)(key)}#remarks"


def of_month(word, path=""):
    """Tell the month of a report after a word, as pages do: "Tháng 10/2026"."""
    month, year = (Cast(f"{path}{name}", CharField()) for name in ("month", "year"))
    return Concat(Value(f"{word} "), month, Value("/"), year, output_field=CharField())


def cut(name):
    """Tell the beginning of a long text."""
    return Case(
        When(GreaterThan(Length(name), SHOWN), then=Concat(Left(name, SHOWN - 1), Value("…"))),
        default=F(name),
        output_field=CharField(),
    )


REMARK = {
    "permission": ANSWER,
    "personal": True,
    "name": cut("content"),
    "detail": of_month("Báo cáo tháng", "report__"),
    "area": "",
    "key": "report_id",
    "url": remarks_page,
}

WORK = (
    Work(
        kind="report",
        label="Lập báo cáo tháng",
        permission=WRITE,
        rows=month_to_report,
        day="report_by",
        name="report_for",
        detail=Value("Chốt số liệu, lập báo cáo", CharField()),
        area="",
        key="report_key",
        url=month_page,
        soon=SOON_DAYS,
    ),
    Work(
        kind="report-write",
        label="Viết báo cáo tháng",
        says=Case(
            When(state=MonthlyReport.State.RETURNED, then=Value("Báo cáo bị trả lại")),
            default=Value("Báo cáo đang soạn"),
            output_field=CharField(),
        ),
        permission=WRITE,
        rows=being_written,
        day="due_on",
        name=of_month("Tháng"),
        detail=Case(
            When(state=MonthlyReport.State.RETURNED, then=cut("comment")),
            default=Value("Viết đủ các mục rồi trình duyệt"),
            output_field=CharField(),
        ),
        area="",
        url=page_of(MonthlyReport),
        soon=SOON_DAYS,
    ),
    Work(
        kind="report-approve",
        label="Duyệt báo cáo tháng",
        permission=APPROVE,
        rows=to_approve,
        day="due_on",
        name=of_month("Tháng"),
        detail="submitted_by__full_name",
        area="",
        url=page_of(MonthlyReport),
        soon=SOON_DAYS,
    ),
    Work(
        kind="report-publish",
        label="Phát hành báo cáo tháng",
        permission=APPROVE,
        rows=to_publish,
        since=TruncDate("approved_at", tzinfo=TZ),
        since_word="Duyệt",
        name=of_month("Tháng"),
        detail="document__code",
        area="",
        url=page_of(MonthlyReport),
    ),
    Work(
        kind="report-task",
        label="Lãnh đạo giao việc",
        day="due_on",
        rows=tasks,
        soon=SOON_DAYS,
        **REMARK,
    ),
    Work(
        kind="report-remark",
        label="Ý kiến lãnh đạo",
        rows=comments,
        since=TruncDate("created_at", tzinfo=TZ),
        since_word="Nêu",
        **REMARK,
    ),
)
