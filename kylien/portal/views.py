from urllib.parse import urlencode

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, connection
from django.http import HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from kylien.areas.models import Ward
from kylien.core import text
from kylien.core.filters import NUMBERS_BY_POST
from kylien.portal.home import home_context
from kylien.portal.search import search


@require_GET
def home(request):
    ward = Ward.objects.of(request.today)
    context = home_context(request.user, request.today)
    context |= {"ward": ward, "hotlines": ward.hotline_rows() if ward else []}
    return render(request, "portal/home.html", context)


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
    more = any(group["more_url"] for group in groups)
    context = {
        "query": query,
        "groups": groups,
        "total": f"Hơn {total}" if more else str(total),
        "too_short": too_short,
    }
    response = render(request, "portal/search.html", context)
    response["Cache-Control"] = "no-store"
    return response


@login_not_required
@require_GET
def healthz(request):
    """Answer 200 while the database answers, 503 while not; for watchdogs, without sign-in."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return JsonResponse({"status": "error", "database": "down"}, status=503)
    return JsonResponse({"status": "ok", "database": "up"})
