"""Who acts, from where, on which day; that no page is kept; headers; what is refused.

Only what neither Django nor django-csp has a setting for stands here.
"""

import logging
import secrets

from django.contrib.auth import get_user_model
from django.http import HttpResponseNotAllowed
from django.template.loader import render_to_string
from django.utils import timezone

from kylien.core import refusals
from kylien.core.changes import acting, trail
from kylien.core.errors import handling

METHODS = ("GET", "HEAD", "POST")
# What a page may not use. Nothing of it is used; a name that browsers do not know is a warning.
PERMISSIONS_POLICY = ", ".join(
    f"{feature}=()"
    for feature in (
        "accelerometer",
        "autoplay",
        "browsing-topics",
        "camera",
        "clipboard-read",
        "compute-pressure",
        "display-capture",
        "encrypted-media",
        "fullscreen",
        "gamepad",
        "geolocation",
        "gyroscope",
        "hid",
        "identity-credentials-get",
        "idle-detection",
        "keyboard-map",
        "local-fonts",
        "magnetometer",
        "microphone",
        "midi",
        "otp-credentials",
        "payment",
        "picture-in-picture",
        "publickey-credentials-create",
        "publickey-credentials-get",
        "screen-wake-lock",
        "serial",
        "storage-access",
        "sync-xhr",
        "usb",
        "window-management",
        "xr-spatial-tracking",
    )
)
HEADERS = {
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": PERMISSIONS_POLICY,
}
TOLD_TO_TRAIL = {403, 404, 429}
TOLD_TO_LOG = {*TOLD_TO_TRAIL, 405}

log = logging.getLogger(__name__)


class EdgeMiddleware:
    """Number each request, for log and answer, and send the headers that nothing else sends.

    The number is our own: one that comes in is not looked at.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        request.request_id = secrets.token_hex(8)
        with handling(request):
            response = self.get_response(request)
        response["X-Request-ID"] = request.request_id
        for name, value in HEADERS.items():
            response[name] = value
        return response


class ActMiddleware:
    """Set `request.today` once, and the current act for everything the request changes."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        request.today = timezone.localdate()
        address = request.META.get("REMOTE_ADDR", "")
        with acting(user=request.user, address=address, day=request.today):
            return self.get_response(request)


class NoStoreMiddleware:
    """Forbid browsers and proxies to keep what the portal answers: pages, parts, files, errors.

    Static files are sent before it and stay cached.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        if "no-store" not in response.get("Cache-Control", ""):
            response["Cache-Control"] = "no-store"
        return response


class RefusalMiddleware:
    """Refuse methods that no page has; tell what was refused, a person's to the trail.

    The trail learns the page's name and the status, never what was typed into the address. Requests
    of strangers, and those for no page at all, go to the log alone.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if request.method in METHODS:
            response = self.get_response(request)
            if response.status_code == 405 and not response.content:
                # Else the browser shows a page of its own, in English.
                response.content = render_to_string("405.html")
        else:
            response = HttpResponseNotAllowed(METHODS)
        if response.status_code in TOLD_TO_LOG:
            self._tell(request, response.status_code)
        return response

    @staticmethod
    def _tell(request, status):
        page = request.resolver_match
        user = request.user if page and status in TOLD_TO_TRAIL else None
        if user is None or not user.is_authenticated:
            log.warning("refused", extra={"request": request, "status_code": status})
            return
        if refusals.may_tell(user.pk):
            trail().reading(get_user_model(), "refused", path=page.view_name, status=status)
