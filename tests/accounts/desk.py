"""A person at a browser who signs in, sets an app up and types its codes."""

import re
import time

from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.urls import reverse

from tests.factories import PASSWORD

LOGIN = "/accounts/login/"


def code_of(secret, at=None):
    """Return the code that an app shows at `at` (seconds; now if None)."""
    return format_hotp_value(hotp_value(secret, int(at or time.time()) // 30))


class Desk:
    """A person at a browser: signs in, sets an app up, types codes."""

    def __init__(self, client, user):
        self.client, self.user, self.secret = client, user, ""

    def sign_in(self, password=PASSWORD, **data):
        data = {"login": self.user.username, "password": password, **data}
        return self.client.post(LOGIN, data)

    def again(self, password=PASSWORD):
        """Type the password once more."""
        return self.client.post(reverse("account_reauthenticate"), {"password": password})

    def set_up(self):
        """Set an app up and return the answer."""
        page = self.client.get(reverse("mfa_activate_totp"))
        shown = re.search(r"<code>([A-Z2-7 ]+)</code>", page.content.decode())[1]
        secret = shown.replace(" ", "")
        answer = self.client.post(reverse("mfa_activate_totp"), {"code": code_of(secret)})
        if answer.status_code == 302:
            self.secret = secret
        return answer

    def type_code(self, code=None):
        """Type a code, that of the app if none is given, on the page after the password."""
        code = code or code_of(self.secret)
        return self.client.post(reverse("mfa_authenticate"), {"code": code})
