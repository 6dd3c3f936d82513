from django.db import DatabaseError, connection
from django.http import JsonResponse
from django.contrib.auth.decorators import login_not_required
from django.shortcuts import render
from django.views.decorators.http import require_GET


@require_GET
def home(request):
    return render(request, "portal/home.html", {"heading": "x"})


@login_not_required
@require_GET
def healthz(request):
    """Answer 200 while the database answers, 503 while it does not; for watchdogs, without sign-in."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return JsonResponse({"status": "error", "database": "down"}, status=503)
    return JsonResponse({"status": "ok", "database": "up"})
