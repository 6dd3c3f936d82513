import time

from allauth.account.adapter import DefaultAccountAdapter

from kylien.accounts.middleware import SEEN, STARTED


class StationAccountAdapter(DefaultAccountAdapter):
    """Accounts are made by the chief: nobody signs up."""

    def is_open_for_signup(self, request):
        return False

    def login(self, request, user):
        """Sign in, and start the session's clocks with the same write."""
        super().login(request, user)
        now = int(time.time())
        request.session[STARTED], request.session[SEEN] = now, now
