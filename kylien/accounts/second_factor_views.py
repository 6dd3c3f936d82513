"""Pages of the second factor: django-allauth's, with our services, words and status codes."""

import time

from allauth.account.decorators import reauthentication_required
from allauth.mfa.base.views import AuthenticateView
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.views import GenerateRecoveryCodesView, ViewRecoveryCodesView
from allauth.mfa.totp.views import ActivateTOTPView, DeactivateTOTPView
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_POST
from django.views.generic import FormView

from kylien.accounts import second_factor

SHOWN = "codes_shown_at"
DOWNLOAD_SECONDS = 600  # the codes may be saved as a file while their page is open


class RefusedMixin:
    """A form refused is no success: 422, with what was typed."""

    def form_invalid(self, form):
        response = super().form_invalid(form)
        response.status_code = 422
        return response


class TypeCode(RefusedMixin, AuthenticateView):
    """The code, asked for after the password."""


class SetUp(RefusedMixin, ActivateTOTPView):
    """Set an app up, or move to another telephone: the old one counts until the new one's first
    code is typed."""

    @method_decorator(reauthentication_required(app="allauth.mfa"))
    def dispatch(self, request, *args, **kwargs):
        return FormView.dispatch(self, request, *args, **kwargs)  # allauth's refuses a second app

    def form_valid(self, form):
        with_codes = second_factor.set_up(self.request, form)
        return HttpResponseRedirect(reverse("mfa_view_recovery_codes" if with_codes else "profile"))

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        secret = context["form"].secret
        return {
            **context,
            "secret": " ".join(secret[n : n + 4] for n in range(0, len(secret), 4)),
            "has_one": second_factor.has_one(self.request.user),
            "needed": second_factor.is_needed(self.request.user),
        }


class GiveUp(RefusedMixin, DeactivateTOTPView):
    """Do without, where the role lets one."""

    def form_valid(self, form):
        second_factor.give_up(self.request, self.authenticator)
        return HttpResponseRedirect(reverse("profile"))


class NewCodes(RefusedMixin, GenerateRecoveryCodesView):
    """Make new recovery codes."""

    def form_valid(self, form):
        second_factor.renew_codes(self.request)
        return HttpResponseRedirect(reverse("mfa_view_recovery_codes"))


class ShowCodes(ViewRecoveryCodesView):
    """Show the recovery codes, once."""

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        if context["can_view_codes"]:
            self.request.session[SHOWN] = int(time.time())
        return context


@require_POST
def save_codes(request):
    """Hand the recovery codes out as a text file, to whom they have just been shown."""
    shown = request.session.get(SHOWN, 0)
    found = Authenticator.objects.filter(
        user=request.user, type=Authenticator.Type.RECOVERY_CODES
    ).first()
    if found is None or time.time() - shown > DOWNLOAD_SECONDS:
        return HttpResponseRedirect(reverse("profile"))
    context = {"codes": found.wrap().get_unused_codes()}
    page = render(request, "mfa/recovery_codes/download.txt", context)
    return HttpResponse(
        page.content,
        content_type="text/plain; charset=utf-8",
        headers={
            "Content-Disposition": 'attachment; filename="ma-khoi-phuc.txt"',
            "Cache-Control": "private, no-store",
        },
    )
