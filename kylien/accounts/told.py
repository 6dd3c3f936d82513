"""What of signing in goes into the trail. Never what was typed: it may be a password."""

from kylien.accounts.models import User
from kylien.core import refusals
from kylien.core.changes import Change, acting, current_act, trail

# No field of the account, so the trail tells it by this name.
SECOND_FACTOR = "xác thực hai lớp"


def signed(user, action: str, **details) -> None:
    """Tell that a person signed in or out (`signin`, `signout`)."""
    with acting(user=user):
        trail().reading(User, action, row=user.pk, code=user.username, **details)


def refused(username: str, **details) -> None:
    """Tell that a sign-in was refused: on the account of that name, or on none if nobody has it.

    Of one machine the trail keeps so many a minute; the log tells that there were more.
    """
    if not refusals.may_tell(current_act().address):
        return
    pk = User.objects.filter(username=username.lower()).values_list("pk", flat=True).first()
    trail().reading(User, "refused", row=pk, code=username.lower() if pk else "", **details)


def second_factor(user, was: str, now: str) -> None:
    """Tell that a user's second factor changed; the reason is the act's."""
    values = {SECOND_FACTOR: (was, now)}
    trail().changes([Change(User, user.pk, "change", user.username, values)])
