from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_GET

from kylien.accounts.middleware import KEPT


@require_GET
def resume(request):
    """Offer a form kept from an ended session to the person who typed it; anyone else gets nothing."""
    kept = request.session.pop(KEPT, None)
    if not kept or kept["user"] != request.user.pk:
        return HttpResponseRedirect("/")
    response = render(
        request, "accounts/resume.html", {"path": kept["path"], "fields": kept["fields"]}
    )
    response["Cache-Control"] = "no-store"
    return response
