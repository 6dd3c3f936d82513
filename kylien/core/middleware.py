"""The one middleware that sets who acts, from where and on which day, for trail and pages."""

from django.utils import timezone

from kylien.core.changes import acting


class ActMiddleware:
    """Set `request.today` once, and the current act for everything the request changes."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        request.today = timezone.localdate()
        address = request.META.get("REMOTE_ADDR", "")
        with acting(user=request.user, address=address, day=request.today):
            return self.get_response(request)
