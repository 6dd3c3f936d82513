"""The monthly figures: a list of months, and a month with what it is compared with; the board of
shortcomings, and the rows behind each of its numbers."""

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from kylien.accounts.models import Role, Scope
from kylien.core.counts import count_all
from kylien.core.periods import Month
from kylien.core.text import format_date, format_number
from outreach.measures import Share
from outreach.views.coverage import FIRST_YEAR, QuarterForm
from reports.board import TENTH, Board, address, number, rounded
from reports.disclosure import SMALL_NOTE, Shown
from reports.figures import FIGURES, PAIRS, Reading, figures, parts, read
from reports.listed import KINDS
from reports.shortcomings import BY_KEY, SHORTCOMINGS, Asked, Counted, Middle, Records

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


# --- the board of shortcomings --------------------------------------------------------------------

ROWS_LISTED = 50
BOARD = "Bốn tồn tại"


@require_GET
def shortcoming_board(request):
    """Show the four shortcomings, this quarter beside the last: the chief's with the rows behind
    each number, a leader's as aggregates."""
    user = request.user
    if user.is_superuser or not user.has_role(Role.CHIEF, Role.LEADER):
        raise PermissionDenied
    aggregate = not user.has_role(Role.CHIEF)
    form = QuarterForm(request.GET, on=request.today)
    context = {"title": BOARD, "form": form}
    if form.is_valid():
        quarter, current = form.cleaned_data["quarter"], form.current
        board = Board(quarter, request.today, aggregate)
        begun = (request.today - quarter.period.start).days + 1
        context |= {
            "quarter": quarter,
            "previous": quarter.previous(),
            "cards": board.cards(),
            "note": SMALL_NOTE if aggregate else "",
            "unfinished": ""
            if board.now.is_over
            else f"Quý này mới qua {begun}/{quarter.period.days} ngày, tính đến "
            f"{format_date(request.today)}; quý trước tính cả quý.",
            "previous_url": board_address(quarter.previous()) if quarter.year > FIRST_YEAR else "",
            "next_url": board_address(quarter.next()) if quarter < current else "",
        }
    return render(request, "reports/shortcomings.html", context)


@require_GET
def shortcoming_rows(request, key):
    """List exactly the rows of a number of the board: the chief's."""
    user = request.user
    if user.is_superuser or not user.has_role(Role.CHIEF):
        raise PermissionDenied
    measure, form = BY_KEY.get(key), QuarterForm(request.GET, on=request.today)
    part = request.GET.get("part", "all")
    if measure is None or not form.is_valid() or part not in parts_of(measure):
        raise Http404
    asked = Asked(form.cleaned_data["quarter"], request.today)
    records = Records(asked)
    kind = KINDS[measure.kind]
    rows = measure.rows(records, asked, part)
    if isinstance(measure, Counted):
        rows = rows.order_by(*kind.order).values_list("pk", flat=True)
    paginator = Paginator(rows, ROWS_LISTED)
    page = paginator.get_page(request.GET.get("page"))
    keys = list(page.object_list)
    values = measure.values(records, asked)
    counts = counts_of(measure.told(records, count_all(measure.counted(asked)), asked))
    context = {
        "title": measure.label,
        "shortcoming": next(one.title for one in SHORTCOMINGS if measure in one.measures),
        "measure": measure,
        "quarter": asked.quarter,
        "back_url": board_address(asked.quarter),
        "count": format_number(counts[part]),
        "parts": [
            {
                "label": label,
                "count": format_number(counts[name]),
                "url": address(measure, asked, name),
                "current": name == part,
            }
            for name, label in parts_of(measure).items()
        ],
        "kind": kind,
        "unit": getattr(measure, "unit", ""),
        "lines": [
            (line, number(rounded(values[key], TENTH)) if key in values else "")
            for key, line in zip(keys, kind.lines(keys, records, asked), strict=True)
        ],
        "page": page,
        "pages": [
            {
                "label": n,
                "url": address(measure, asked, part, page=n) if isinstance(n, int) else "",
                "current": n == page.number,
            }
            for n in paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1)
        ],
    }
    return render(request, "reports/shortcoming_rows.html", context)


def parts_of(measure):
    """Return the sets of rows that a measure has: `{part: label}`."""
    if isinstance(measure, Middle):
        return {"all": "Tất cả"}
    return {"part": "Được đếm", "rest": "Còn lại", "all": "Tất cả"}


def counts_of(told):
    """Return how many rows each of these sets has."""
    if isinstance(told, Share):
        return {"part": told.part, "rest": told.whole - told.part, "all": told.whole}
    return {"all": told.count}


def board_address(quarter):
    return f"{reverse('shortcoming-board')}?quarter={quarter}"
