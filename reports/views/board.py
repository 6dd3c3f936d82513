"""The board of shortcomings, and the rows behind each of its numbers."""

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from kylien.accounts.models import Role
from kylien.core.counts import count_all
from kylien.core.text import format_date, format_number
from outreach.measures import Share
from outreach.views.coverage import FIRST_YEAR, QuarterForm
from reports.board import TENTH, Board, address, number, rounded
from reports.disclosure import SMALL_NOTE
from reports.listed import KINDS
from reports.shortcomings import BY_KEY, SHORTCOMINGS, Asked, Counted, Middle, Records

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
