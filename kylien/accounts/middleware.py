"""Sessions end after idling or after a day's work, and what was being typed outlives them.

What has to be done before anything else stands here too: a one-time password is changed, a second
factor that the role asks for is set up or passed.
"""

import time
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.cache import patch_cache_control

from kylien.accounts import second_factor, sessions

STARTED, SEEN, KEPT = "started_at", "seen_at", "kept_post"
TOUCH_SECONDS = 60  # the last activity is written at most once a minute
KEPT_BYTES = 200_000
KEPT_SECONDS = 24 * 3600
NEVER_KEPT = ("csrfmiddlewaretoken",)
# Pages open to whom a second factor is asked of: without one, and with one not passed yet.
SET_UP = ("mfa_activate_totp", "account_reauthenticate")
PASS = ("mfa_reauthenticate",)
# Searches, exports, showing in full and actions on lists are no text that somebody would miss.
NOT_TYPED = {"_export", "_filter", "_reveal", "action", "q"}


class SessionLimitMiddleware:
    """End sessions idle too long or too old; have first things done first."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        if getattr(request, "signed_in", False) and not response.has_header("Cache-Control"):
            # On a shared PC the back button must not show people after the sign-out.
            patch_cache_control(response, private=True, no_store=True)
        return response

    def process_view(self, request, view, args, kwargs):
        # Pages open to all (sign-in, health) do not touch the session: it may be the database
        # that is down.
        if not getattr(view, "login_required", True) or not request.user.is_authenticated:
            return None
        request.signed_in = True
        now = int(time.time())
        session = request.session
        started = session.setdefault(STARTED, now)
        idle = now - session.get(SEEN, now)
        too_old = now - started > settings.SESSION_TOTAL_HOURS * 3600
        if idle > settings.SESSION_IDLE_MINUTES * 60 or too_old:
            request.ended_user_id = request.user.pk
            sessions.leave(request)
            return None
        if SEEN not in session or idle >= TOUCH_SECONDS:
            session[SEEN] = now
        if idle >= TOUCH_SECONDS:
            sessions.touch(request, now)
        kept = session.get(KEPT)
        if kept and request.method == "POST" and request.path == kept["path"]:
            del session[KEPT]  # sent again: its text stands in that form now
        if request.user.must_change_password:
            change = reverse("account_change_password")
            if request.path not in (change, reverse("account_logout")):
                return HttpResponseRedirect(change)
            return None
        return self._way_to_second_factor(request)

    @staticmethod
    def _way_to_second_factor(request):
        """Lead to the second factor whoever must have one and has not shown it in this session."""
        if second_factor.is_passed(request) or not second_factor.is_needed(request.user):
            return None
        names = PASS if second_factor.has_one(request.user) else SET_UP
        if request.resolver_match.view_name in names:
            return None
        address = reverse(names[0])
        if names is PASS:
            target = request.get_full_path() if request.method == "GET" else "/"
            address = f"{address}?{urlencode({'next': target})}"
        return HttpResponseRedirect(address)


class SignInRequiredMiddleware(LoginRequiredMiddleware):
    """Every page needs a sign-in. A form sent after the session ended is kept until the next one.

    The text waits in the server's session, never in the address or in the browser, and only for
    the same person (`kylien.accounts.views.resume`). A view names in `never_kept` the fields whose
    text is to stand in its own table alone.
    """

    def handle_no_permission(self, request, view):
        target = request.get_full_path() if request.method == "GET" else request.path
        view_class = getattr(view, "view_class", None)
        if view_class and not hasattr(view_class, "get"):
            target = "/"  # a button's address: nothing to come back to
        user_id = getattr(request, "ended_user_id", None)
        if request.method == "POST" and user_id and self._typed_form(request):
            secret = getattr(view_class, "never_kept", ())
            fields = [
                (name, value)
                for name, values in request.POST.lists()
                if name not in (*NEVER_KEPT, *secret) and "password" not in name
                for value in values
            ]
            request.session[KEPT] = {
                "user": user_id,
                "at": int(time.time()),
                "path": request.path,
                "fields": fields,
            }
            target = reverse("resume")
        address = f"{reverse('account_login')}?{urlencode({'next': target})}"
        if request.headers.get("HX-Request"):
            return HttpResponse(status=204, headers={"HX-Redirect": address})
        return HttpResponseRedirect(address)

    @staticmethod
    def _typed_form(request):
        """Tell whether the request is a form that somebody typed, of a size worth keeping."""
        if request.path.startswith("/accounts/"):
            return False  # passwords and codes
        kind = request.content_type
        if int(request.META.get("CONTENT_LENGTH") or 0) > KEPT_BYTES:
            return False
        plain = kind == "application/x-www-form-urlencoded"
        if not plain and not (kind == "multipart/form-data" and not request.FILES):
            return False
        return NOT_TYPED.isdisjoint(request.POST)
