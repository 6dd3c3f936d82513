import time

from allauth.account.views import PasswordChangeView
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from kylien.accounts.middleware import KEPT, KEPT_SECONDS


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

    def form_valid(self, form):
        if form.cleaned_data["password1"] == form.cleaned_data.get("oldpassword"):
            form.add_error("password1", "Mật khẩu mới phải khác mật khẩu cũ.")
            return self.form_invalid(form)
        response = super().form_valid(form)
        user = self.request.user
        if user.must_change_password:
            user.must_change_password = False
            user.save(update_fields=["must_change_password"])
        return response


@login_not_required
def not_here(request):
    """Nobody signs up and no mail resets a password here: the chief does both."""
    raise Http404
