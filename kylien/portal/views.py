from collections import Counter
from functools import wraps
from urllib.parse import urlencode

from django.contrib.auth import get_user_model
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import DatabaseError, connection
from django.http import HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from households.models import Resident
from kylien.areas.models import Ward
from kylien.core import text
from kylien.core.changes import trail
from kylien.core.filters import NUMBERS_BY_POST
from kylien.core.periods import Week
from kylien.core.readings import looked_up
from kylien.core.records import PAGE_SIZE
from kylien.portal.digest import COLUMNS, make_digest
from kylien.portal.forms import WorklistForm
from kylien.portal.home import NO_BEAT, home_context
from kylien.portal.search import search
from kylien.portal.worklist import AHEAD_DAYS, by_day, may_work

PRINTED = 400  # rows of a week sheet: some twelve sides of A4; more is no list to work by


@require_GET
def home(request):
    ward = Ward.objects.of(request.today)
    context = home_context(request.user, request.today, timezone.now())
    context |= {"ward": ward, "hotlines": ward.hotline_rows() if ward else []}
    return render(request, "portal/home.html", context)


# --- the worklist ---------------------------------------------------------------------------------


def workers_only(view):
    """Let those in who have a worklist; leaders and superusers get 403."""

    @require_GET
    @wraps(view)
    def guarded(request):
        if not may_work(request.user):
            raise PermissionDenied
        return view(request)

    return guarded


@workers_only
def worklist(request):
    """List what there is to do by day: what is past, today and a week more, or a calendar week."""
    form = WorklistForm(request.GET, user=request.user, on=request.today)
    return _worklist_page(request, form)


def _worklist_page(request, form, status=200):
    valid = form.is_valid()
    week = form.cleaned_data.get("week") if valid else None
    now = Week.containing(request.today)
    context = {
        "form": form,
        "problems": form.problems,
        "span_label": f"{week.short} ({week.span})"
        if week
        else f"Quá hạn, hôm nay và {AHEAD_DAYS} ngày tới",
        "week": week,
        "weeks": _week_links(form, week, now),
        "print_url": _address(form, reverse("worklist-print"), week=week or now),
        "filtered": bool(valid and any(form.cleaned_data.values())),
        "note": _no_beat(request.user),
    }
    if valid:
        context |= _worklist_rows(request, form)
    template = "portal/_worklist.html" if request.htmx else "portal/worklist.html"
    return render(request, template, context, status=status)


def _worklist_rows(request, form):
    """Return the rows of the page asked for, under their days, and the figures above them."""
    data = form.cleaned_data
    listed = form.worklist(span=form.span(data["week"]), now=timezone.now())
    kinds, totals = {}, Counter()
    for one in listed.tally():
        kind = kinds.setdefault(one.work.kind, Counter())
        kind.update(total=one.total, late=one.late, today=one.today)
    for kind, counts in kinds.items():
        if data["kind"] in ("", kind):
            totals.update(counts)
    paginator = Paginator(range(totals["total"]), PAGE_SIZE)
    page = paginator.get_page(request.GET.get("page"))
    start = page.start_index()
    items = listed.page(max(start - 1, 0), page.end_index(), kind=data["kind"])
    groups = by_day(items, request.today)
    for group in groups:
        of_day = {"late": totals["late"], "due": totals["today"]}[group["tone"]]
        known = group["day"] <= request.today
        group["count"] = text.format_number(of_day) if known else ""
    labels = dict(form.fields["kind"].choices)
    return {
        "groups": groups,
        "kinds": [
            {
                "label": labels[kind],
                "count": text.format_number(kinds[kind]["total"]),
                "tone": "late" if kinds[kind]["late"] else "due",
                "url": _address(form, kind="" if kind == data["kind"] else kind),
                "current": kind == data["kind"],
            }
            for kind in labels
            if kind in kinds
        ],
        "figures": {key: text.format_number(totals[key]) for key in ("total", "late", "today")},
        "page": {
            "number": page.number,
            "num_pages": paginator.num_pages,
            "start": text.format_number(start),
            "end": text.format_number(page.end_index()),
            "count": text.format_number(paginator.count),
            "links": [
                {
                    "label": str(number),
                    "url": _address(form, page=number) if isinstance(number, int) else "",
                    "current": number == page.number,
                }
                for number in paginator.get_elided_page_range(
                    page.number, on_each_side=1, on_ends=1
                )
            ],
        },
    }


def _week_links(form, week, now):
    """Return the ways to the weeks around, and to the page without a week."""
    here = week or now
    around = [("previous", here.step(-1)), ("next", here.step(1))]
    links = {name: _address(form, week=other) for name, other in around if other}
    return {**links, "now": _address(form, week=now), "none": _address(form, week="")}


def _address(form, path="", **values):
    """Return the worklist's address with the filters in use and other `values`; empty ones go."""
    params = {name: value for name, value in {**form.params, **values}.items() if value}
    path = path or reverse("worklist")
    return f"{path}?{urlencode(params)}" if params else path


def _no_beat(user):
    return "" if user.scope.whole_ward or user.scope.neighbourhood_ids else NO_BEAT


@workers_only
def worklist_print(request):
    """Print a week on A4: a box to tick and room for a note at each row; the trail records it."""
    form = WorklistForm(request.GET, user=request.user, on=request.today)
    if not form.is_valid():
        return _worklist_page(request, form, status=400)
    data = form.cleaned_data
    week = data["week"] or Week.containing(request.today)
    listed = form.worklist(span=form.span(week))
    items = listed.page(0, PRINTED, kind=data["kind"])
    total = sum(one.total for one in listed.tally() if data["kind"] in ("", one.work.kind))
    filters = {**form.described(), form.fields["week"].label: week.label}
    models = {work: rows.model for _, work, rows in listed.parts}
    for model, rows in Counter(models[item.work] for item in items).items():
        trail().reading(model, "print", rows=rows, filters=filters)
    officer = data.get("officer")
    if officer is None and not request.user.scope.whole_ward:
        officer = request.user
    context = {
        "title": f"Phiếu việc {week.label.lower()} ({week.span})",
        "week": week,
        "on": request.today,
        "officer": officer,
        "neighbourhood": data["neighbourhood"],
        "kind": dict(form.fields["kind"].choices)[data["kind"]] if data["kind"] else "",
        "groups": by_day(items, request.today),
        "count": text.format_number(len(items)),
        "left_out": text.format_number(total - len(items)) if total > len(items) else "",
        "back_url": _address(form, week=week),
    }
    return render(request, "portal/worklist_print.html", context)


@workers_only
def worklist_digest(request):
    """Show the morning digest of the user's own rows; figures alone, as in the mail."""
    digest = make_digest(request.user, request.today)
    context = {"digest": digest, "columns": COLUMNS, "note": _no_beat(request.user)}
    return render(request, "portal/digest.html", context)


@require_http_methods(["GET", "POST"])
def search_page(request):
    """Search by words (GET, so that it can be kept and shared) or by a number (POST alone).

    A number in an address would stay in the browser's history and in logs.
    """
    user = request.user
    if user.is_superuser or user.is_leader or not user.roles:
        raise PermissionDenied
    data = request.POST if request.method == "POST" else request.GET
    query = text.clean(data.get("q", ""))[:200]
    number = text.holds_number(query)
    if request.method == "POST" and not number:
        return HttpResponseRedirect(f"{reverse('search')}?{urlencode({'q': query})}")
    if request.method == "GET" and number:
        context = {"query": "", "groups": [], "total": 0, "note": NUMBERS_BY_POST}
        return render(request, "portal/search.html", context, status=400)
    too_short = bool(query) and len(text.fold(query)) < 2
    groups = search(user, query) if text.tokens(query) and not too_short else []
    for group in groups:
        kind = group.pop("kind")
        group["more_url"] = f"{kind.list_url()}?{urlencode({'q': query})}" if kind else ""
    total = sum(len(group["hits"]) for group in groups)
    if number:
        looked_up(Resident, text.number_in(query), rows=total)
    more = any(group["more_url"] for group in groups)
    context = {
        "query": query,
        "groups": groups,
        "total": f"Hơn {total}" if more else str(total),
        "too_short": too_short,
    }
    return render(request, "portal/search.html", context)


@login_not_required
@require_GET
def healthz(request):
    """Answer 200 while the database answers, 503 while not; for watchdogs, without sign-in."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT 1 FROM {get_user_model()._meta.db_table} LIMIT 1")  # noqa: S608
    except DatabaseError:
        return JsonResponse({"status": "error", "database": "down"}, status=503)
    return JsonResponse({"status": "ok", "database": "up"})
