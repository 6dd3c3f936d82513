"""What django-allauth asks the project: who signs up, what a sign-in starts, how secrets rest."""

import base64
import time

import qrcode
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.reauthentication import reauthenticate_by_password
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.stages import AuthenticateStage
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils.crypto import salted_hmac
from django.utils.html import format_html

from kylien.accounts import second_factor, sessions, told
from kylien.accounts.middleware import SEEN, STARTED

UNREADABLE = (
    "Máy chủ không đọc được mã xác thực đã lưu (khoá của máy chủ đã đổi). "
    "Báo Trưởng Công an phường, hoặc người quản trị máy chủ (sao-luu.md, mục 4)."
)


class StationAccountAdapter(DefaultAccountAdapter):
    """Accounts are made by the chief: nobody signs up."""

    def is_open_for_signup(self, request):
        return False

    def get_login_stages(self):
        """Ask for the code after the password; a demonstration without second factor does not."""
        stages = super().get_login_stages()
        code = f"{AuthenticateStage.__module__}.{AuthenticateStage.__name__}"
        return stages if settings.SECOND_FACTOR else [one for one in stages if one != code]

    def login(self, request, user):
        """Sign in, and start the session's clocks with the same write."""
        if not user.is_active:  # switched off between the password and the code
            raise ImmediateHttpResponse(HttpResponseRedirect(reverse("account_inactive")))
        super().login(request, user)
        now = int(time.time())
        request.session[STARTED], request.session[SEEN] = now, now
        told.signed(user, "signin", factor=second_factor.passed_by(request))
        if second_factor.is_needed(user) and not second_factor.is_passed(request):
            # He is led to set it up at once: the password just typed is asked for no second time.
            reauthenticate_by_password(request)

    def logout(self, request):
        told.signed(request.user, "signout")
        sessions.leave(request)

    def authentication_failed(self, request, **credentials):
        told.refused(credentials.get("username", ""), step="password")


class StationMFAAdapter(DefaultMFAAdapter):
    """Secrets rest encrypted; the picture of a secret has no styles of its own."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": "Mã chưa đúng hoặc đã dùng rồi. Mã trên điện thoại: chờ mã mới. "
        "Mã khôi phục: gõ mã khác.",
        "cannot_delete_authenticator": "Vai trò của đồng chí bắt buộc xác thực hai lớp.",
        "cannot_generate_recovery_codes": "Thiết lập ứng dụng tạo mã trước đã.",
    }

    def encrypt(self, text):
        return _box().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text):
        """Return a secret. Raises ValidationError if the server's key is no longer that one."""
        try:
            return _box().decrypt(encrypted_text.encode()).decode()
        except InvalidToken as error:
            raise ValidationError(UNREADABLE) from error

    def build_totp_svg(self, url):
        """Draw the address as a QR code: one path, coloured by the page's stylesheet."""
        code = qrcode.QRCode(border=4)
        code.add_data(url)
        rows = code.get_matrix()
        dots = "".join(
            f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, dark in enumerate(row) if dark
        )
        return format_html(
            '<svg class="qr" viewBox="0 0 {0} {0}" role="img" aria-label="Mã QR" '
            'shape-rendering="crispEdges"><rect width="{0}" height="{0}"/><path d="{1}"/></svg>',
            len(rows),
            dots,
        )

    def can_delete_authenticator(self, authenticator):
        return not second_factor.is_needed(authenticator.user)


def _box():
    """Return the box whose keys follow from SECRET_KEY; earlier ones still open it."""
    secrets = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    keys = (
        salted_hmac("kylien.accounts.second_factor", "", secret=one, algorithm="sha256").digest()
        for one in secrets
    )
    return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in keys])
