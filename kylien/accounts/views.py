import time

from allauth.account.views import LoginView, PasswordChangeView
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.db import transaction
from django.http import Http404, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods
from django.views.generic import TemplateView, View

from kylien.accounts import second_factor, sessions, told
from kylien.accounts.middleware import KEPT, KEPT_SECONDS
from kylien.core.forms import is_key


class SignIn(LoginView):
    """The only door. A demonstration says here that it asks for no code."""

    def get_context_data(self, **kwargs):
        return {**super().get_context_data(**kwargs), "without_code": not settings.SECOND_FACTOR}


@require_http_methods(["GET", "POST"])
def resume(request):
    """Offer a form kept from an ended session to the person who typed it; a POST drops it."""
    kept = request.session.get(KEPT)
    theirs = kept and kept["user"] == request.user.pk
    fresh = theirs and time.time() - kept["at"] < KEPT_SECONDS
    if request.method == "POST" or not fresh:
        request.session.pop(KEPT, None)
        return HttpResponseRedirect("/")
    response = render(
        request, "accounts/resume.html", {"path": kept["path"], "fields": kept["fields"]}
    )
    response["Cache-Control"] = "no-store"
    return response


class ChangePassword(PasswordChangeView):
    """Change one's own password; a one-time password is used up by it."""

    success_url = "/"

    @transaction.atomic
    def form_valid(self, form):
        if form.cleaned_data["password1"] == form.cleaned_data.get("oldpassword"):
            form.add_error("password1", "Mật khẩu mới phải khác mật khẩu cũ.")
            return self.form_invalid(form)
        response = super().form_valid(form)
        user = self.request.user
        if user.must_change_password:
            user.must_change_password = False
            user.save(update_fields=["must_change_password"])
        end_others(self.request)  # they stopped counting with the old password
        return response


def end_others(request, only=None):
    """End the person's other sessions, or one of them by its key, and tell the trail."""
    ended = sessions.end(request.user, only=only, but=request.session.session_key)
    if ended:
        told.signed(request.user, "signout", ended=ended)
    return ended


class Profile(TemplateView):
    """One's own account: name, role, password, second factor, sessions."""

    template_name = "accounts/profile.html"

    def get_context_data(self, **kwargs):
        user = self.request.user
        return {
            **super().get_context_data(**kwargs),
            "has_factor": second_factor.has_one(user),
            "needs_factor": second_factor.is_needed(user),
            "codes_left": second_factor.codes_left(user),
            "without_code": not settings.SECOND_FACTOR,
            "sessions": sessions.own(self.request, int(time.time())),
        }


class Sessions(View):
    """One's own open sessions; a POST ends one (`end` is its key) or all others (`end=others`)."""

    def get(self, request):
        own = sessions.own(request, int(time.time()))
        return render(request, "accounts/sessions.html", {"sessions": own})

    def post(self, request):
        asked = request.POST.get("end", "")
        if asked != "others" and not is_key(asked):
            raise Http404
        ended = end_others(request, only=None if asked == "others" else int(asked))
        if ended:
            messages.success(request, f"Đã kết thúc {ended} phiên.")
        elif asked == "others":
            messages.info(request, "Không còn phiên nào khác đang mở.")
        else:
            raise Http404  # another's, or gone
        return HttpResponseRedirect(reverse("own-sessions"))


@login_not_required
def not_here(request):
    """Nobody signs up and no mail resets a password here: the chief does both."""
    raise Http404
