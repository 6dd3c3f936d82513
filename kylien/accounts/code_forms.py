"""Forms that take a code of the authenticator app, or a recovery code in its place."""

from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.totp.forms import ActivateTOTPForm

from kylien.accounts import second_factor


class CodeFormMixin:
    """Our words around the code's field."""

    label = "Mã xác thực"
    attrs = {"autocomplete": "one-time-code", "autocapitalize": "none", "spellcheck": "false"}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        code = self.fields["code"]
        code.label = self.label
        code.max_length = 40
        code.widget.attrs = {**self.attrs, "maxlength": 40}


class SpentOnceMixin(CodeFormMixin):
    """A code gets in once."""

    label = "Mã xác thực hoặc mã khôi phục"

    def clean_code(self):
        code = super().clean_code()
        if not second_factor.spend(self.authenticator, code):
            raise get_adapter().validation_error("incorrect_code")
        return code


class SignInCodeForm(SpentOnceMixin, AuthenticateForm):
    """After the password."""


class AgainCodeForm(SpentOnceMixin, ReauthenticateForm):
    """Before a sensitive step."""


class FirstCodeForm(CodeFormMixin, ActivateTOTPForm):
    """The first code of an app shows that it has the secret."""

    label = "Mã 6 số trên ứng dụng"
    attrs = {**CodeFormMixin.attrs, "inputmode": "numeric"}
