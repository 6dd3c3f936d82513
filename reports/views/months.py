"""The monthly figures: a list of months, and a month with what it is compared with."""

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from kylien.accounts.models import Scope
from kylien.core.periods import Month
from reports.disclosure import SMALL_NOTE, Shown
from reports.figures import FIGURES, PAIRS, Reading, figures, parts, read

MONTHS_LISTED = 24
UNFINISHED_NOTE = "Kỳ này chưa kết thúc: số liệu tính đến hôm nay."
LIST_TILES = ("population_closing", "temporary_closing", "incidents", "groups_met")
YEARS = range(2000, 2200)


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
    scope, aggregate = reader(request)
    current = Month.containing(request.today, settings.REPORT_START_DAY)
    months = current.last(MONTHS_LISTED + 1)[::-1]
    if aggregate:  # until reports are published, a month that is over counts as published
        months = [month for month in months if month.is_over(request.today)]
    declared = [figure for figure in FIGURES if figure.key in LIST_TILES]
    declared.sort(key=lambda figure: LIST_TILES.index(figure.key))
    numbers = read(declared, scope, months)
    shown = {month: Shown(numbers[month], aggregate) for month in months}
    rows = [
        {
            "url": reverse("report-month", args=[str(month)]),
            "label": month.label,
            "span": month.span,
            "state": "" if month.is_over(request.today) else "Chưa hết kỳ",
            "tiles": [
                {"label": figure.label, "value": shown[month][figure.key]} for figure in declared
            ],
        }
        for month in months
    ]
    return render(request, "reports/month_list.html", {"title": "Số liệu tháng", "months": rows})


@require_GET
def month_detail(request, month):
    scope, aggregate = reader(request)
    try:
        wanted = Month.parse(month, start_day=settings.REPORT_START_DAY)
    except ValueError as error:
        raise Http404 from error
    begun = wanted.period.start <= request.today
    over = wanted.is_over(request.today)
    if wanted.year not in YEARS or not begun or (aggregate and not over):
        raise Http404
    previous, last_year = wanted.previous(), wanted.same_month_last_year()
    declared = figures()
    numbers = read(declared, scope, [wanted, previous, last_year])
    now, before, year_ago = (
        Shown(numbers[m], aggregate, parts(declared), PAIRS) for m in (wanted, previous, last_year)
    )
    sections = {}
    for figure in declared:
        url, previous_url, last_year_url = (
            "" if aggregate else figure.link(Reading(scope, month))
            for month in (wanted, previous, last_year)
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
            "diff_last_year": now.difference(figure.key, year_ago),
        }
        sections.setdefault(figure.section, []).append(row)
    following = wanted.next()
    may_go_on = (
        following.is_over(request.today) if aggregate else (following.period.start <= request.today)
    )
    context = {
        "month": wanted,
        "sections": [{"title": title, "rows": rows} for title, rows in sections.items()],
        "prev_url": reverse("report-month", args=[str(previous)]),
        "next_url": reverse("report-month", args=[str(following)]) if may_go_on else "",
        "note": SMALL_NOTE if aggregate else "" if over else UNFINISHED_NOTE,
    }
    return render(request, "reports/month.html", context)
