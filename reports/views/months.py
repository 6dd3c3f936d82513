"""The monthly figures: a list of months, and a month with what it is compared with."""

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET

from kylien.accounts.models import Scope
from kylien.core.periods import Month
from kylien.core.text import format_number
from reports.disclosure import SMALL_NOTE, Shown
from reports.figures import FIGURES, Reading, figures, read
from reports.models import MonthlyReport
from reports.published import published

MONTHS_LISTED = 24
UNFINISHED_NOTE = "Kỳ này chưa kết thúc: số liệu tính đến hôm nay."
LIST_TILES = ("population_closing", "temporary_closing", "incidents", "groups_met")
YEARS = range(2000, 2200)
VIEWS = (
    ("report-compare", "So sánh hai tháng"),
    ("report-trends", "Xu hướng 24 tháng"),
    ("report-areas", "Theo tổ dân phố"),
)


def reader(request):
    """Return `(scope, aggregate)`: whose rows are counted, and whether only as a leader may see.

    Raises PermissionDenied for users without a role.
    """
    user = request.user
    if user.is_superuser or not user.roles:
        raise PermissionDenied
    if user.is_leader:
        return Scope(whole_ward=True), True
    return user.scope, False


@require_GET
def month_list(request):
    """List the station's months with their reports, or for a leader what is published."""
    scope, aggregate = reader(request)
    if aggregate:
        return published_list(request)
    current = Month.containing(request.today, settings.REPORT_START_DAY)
    months = current.last(MONTHS_LISTED + 1)[::-1]
    declared = [figure for figure in FIGURES if figure.key in LIST_TILES]
    declared.sort(key=lambda figure: LIST_TILES.index(figure.key))
    numbers = read(declared, scope, months)
    reports = {
        str(report.as_month): report
        for report in MonthlyReport.objects.visible_to(request.user).filter(
            year__gte=months[-1].year
        )
    }
    rows = [
        {
            "url": reverse("report-month", args=[str(month)]),
            "label": month.label,
            "span": month.span,
            "report": reports.get(str(month)),
            "state": "" if month.is_over(request.today) else "Chưa hết kỳ",
            "tiles": [
                {"label": figure.label, "value": format_number(numbers[month][figure.key])}
                for figure in declared
            ],
        }
        for month in months
    ]
    context = {"title": "Số liệu tháng", "months": rows, "views": VIEWS, "actions": []}
    ended = current.previous()
    if str(ended) not in reports and request.user.has_perm("reports.add_monthlyreport"):
        context["actions"] = [
            {
                "url": reverse("report-begin", args=[str(ended)]),
                "label": f"Lập báo cáo {ended.label.lower()}",
                "icon": "file-plus",
                "primary": True,
                "method": "post",
            }
        ]
    return render(request, "reports/month_list.html", context)


def published_list(request):
    """List the published reports: three queries a page."""
    reports = MonthlyReport.objects.published().newest()
    page = Paginator(reports, MONTHS_LISTED).get_page(request.GET.get("page"))
    keys = [report.pk for report in page.object_list]
    rows = [
        {
            "url": one.report.get_absolute_url(),
            "label": one.month.label,
            "span": one.month.span,
            "tiles": one.tiles(LIST_TILES),
        }
        for one in published(True, MonthlyReport.objects.filter(pk__in=keys))
    ]
    context = {
        "title": "Báo cáo tháng",
        "months": rows,
        "page": page,
        "views": VIEWS if rows else (),
        "note": SMALL_NOTE if rows else "",
    }
    return render(request, "reports/month_list.html", context)


def month_asked(code: str) -> Month:
    """Return the month of an address, "2026-10". Raises Http404 for one there is none of."""
    try:
        month = Month.parse(code, start_day=settings.REPORT_START_DAY)
    except ValueError as error:
        raise Http404 from error
    if month.year not in YEARS:
        raise Http404
    return month


@require_GET
def month_detail(request, month):
    """Show a month's figures as they stand now; a leader is led to its published report."""
    scope, aggregate = reader(request)
    wanted = month_asked(month)
    if aggregate:
        return redirect(get_object_or_404(MonthlyReport.objects.published().of(wanted)))
    begun = wanted.period.start <= request.today
    over = wanted.is_over(request.today)
    if not begun:
        raise Http404
    previous, last_year = wanted.previous(), wanted.same_month_last_year()
    declared = figures()
    numbers = read(declared, scope, [wanted, previous, last_year])
    now, before, year_ago = (Shown(numbers[m], False) for m in (wanted, previous, last_year))
    sections = {}
    for figure in declared:
        url, previous_url, last_year_url = (
            figure.link(Reading(scope, month)) for month in (wanted, previous, last_year)
        )
        row = {
            "label": figure.label,
            "value": now[figure.key],
            "url": url,
            "previous": before[figure.key],
            "previous_url": previous_url,
            "last_year": year_ago[figure.key],
            "last_year_url": last_year_url,
            "diff_previous": now.difference(figure.key, before),
            "percent_previous": now.percent(figure.key, before),
            "diff_last_year": now.difference(figure.key, year_ago),
            "percent_last_year": now.percent(figure.key, year_ago),
        }
        sections.setdefault(figure.section, []).append(row)
    following = wanted.next()
    may_go_on = following.period.start <= request.today
    report = MonthlyReport.objects.visible_to(request.user).of(wanted).first()
    context = {
        "month": wanted,
        "sections": [{"title": title, "rows": rows} for title, rows in sections.items()],
        "prev_url": reverse("report-month", args=[str(previous)]),
        "next_url": reverse("report-month", args=[str(following)]) if may_go_on else "",
        "note": "" if over else UNFINISHED_NOTE,
        "report": report,
        "begin_url": (
            reverse("report-begin", args=[str(wanted)])
            if report is None and request.user.has_perm("reports.add_monthlyreport")
            else ""
        ),
    }
    return render(request, "reports/month.html", context)
