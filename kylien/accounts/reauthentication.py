"""The password asked once more before a sensitive step: another's desk may be unattended.

    if needs_recent(request):
        return to_reauthenticate(request)

What counts is a password or code typed again within `ACCOUNT_REAUTHENTICATION_TIMEOUT` seconds in
this session; the sign-in itself does not. What a POST carried is not kept: the person comes back to
the page `then` and presses the button again.
"""

import time
from urllib.parse import urlencode

from allauth.account.internal.flows.login import get_authentication_records
from django.conf import settings
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse


def needs_recent(request) -> bool:
    """Tell whether the person must type the password once more before a sensitive step.

    The session alone is asked (allauth's own check reads the second factors too): pages ask this
    each time they are shown.
    """
    records = get_authentication_records(request, request.user)
    typed = [record["at"] for record in records if record.get("reauthenticated")]
    return not typed or time.time() - typed[-1] >= settings.ACCOUNT_REAUTHENTICATION_TIMEOUT


def to_reauthenticate(request, then: str = "") -> HttpResponse:
    """Lead to the page that asks for the password, and from there to `then`, an address of the
    portal (the request's own if empty)."""
    address = _address(then or request.get_full_path())
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={"HX-Redirect": address})
    return HttpResponseRedirect(address)


def way_to_password(request, then: str = "") -> str:
    """Return the address where the password is asked for, "" while it was typed lately; from there
    it goes on to `then` (the request's own if empty)."""
    return _address(then or request.get_full_path()) if needs_recent(request) else ""


def _address(then):
    return f"{reverse('account_reauthenticate')}?{urlencode({'next': then})}"
