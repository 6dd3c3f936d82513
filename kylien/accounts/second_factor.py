"""The second factor: who needs one, whether this session has passed it, its setting and its reset.

django-allauth keeps the authenticators and checks the codes; here is what it leaves open. Whether a
session has passed stands in the session, so that no page asks the database.
"""

from allauth.account.internal.flows.login import get_authentication_records, record_authentication
from allauth.core.internal.cryptokit import compare_user_code
from allauth.mfa import app_settings
from allauth.mfa.base.internal.flows import delete_and_cleanup
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.flows import generate_recovery_codes
from allauth.mfa.totp.internal.auth import (
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from allauth.mfa.totp.internal.flows import activate_totp
from allauth.mfa.utils import decrypt
from django.conf import settings
from django.db import transaction

from kylien.accounts import sessions, told

NONE, APP, RESET = "không có", "ứng dụng tạo mã", "đã đặt lại"
CODES_WERE, CODES_ARE = "bộ mã khôi phục cũ", "bộ mã khôi phục mới"


def is_needed(user) -> bool:
    """Tell whether the user's role asks for a second factor (`SECOND_FACTOR_ROLES`)."""
    if not settings.SECOND_FACTOR:
        return False
    held = {*user.roles, "superuser"} if user.is_superuser else user.roles
    return not held.isdisjoint(settings.SECOND_FACTOR_ROLES)


def is_passed(request) -> bool:
    """Tell whether a code was typed in this session."""
    return bool(passed_by(request))


def passed_by(request) -> str:
    """Return what sort of code was typed in this session: `totp`, `recovery_codes`; "" for none."""
    records = get_authentication_records(request, request.user)
    return next((one["type"] for one in reversed(records) if one["method"] == "mfa"), "")


def has_one(user) -> bool:
    return Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).exists()


def codes_left(user) -> int | None:
    """Return how many recovery codes are unused; None for a user without any."""
    found = Authenticator.objects.filter(user=user, type=Authenticator.Type.RECOVERY_CODES).first()
    return found and app_settings.RECOVERY_CODE_COUNT - found.data["used_mask"].bit_count()


@transaction.atomic
def spend(authenticator, code: str) -> bool:
    """Use up a valid code of an app; False if it, or a later one, was used before.

    The last step used is kept with the authenticator: allauth's own mark lives 30 seconds in one
    process, and a code is taken for 90.
    """
    if authenticator.type != Authenticator.Type.TOTP:
        return True  # allauth strikes a recovery code off
    row = Authenticator.objects.select_for_update().get(pk=authenticator.pk)
    secret = decrypt(row.data["secret"])
    last = row.data.get("last_step", 0)
    for step in yield_hotp_counters_from_time():
        expected = format_hotp_value(hotp_value(secret, step))
        if step > last and compare_user_code(actual=code, expected=expected):
            row.data["last_step"] = step
            row.save(update_fields=["data"])
            return True
    return False


@transaction.atomic
def set_up(request, form) -> bool:
    """Put the app whose first code was typed in the place of an earlier one, if any.

    Returns whether recovery codes were made with it.
    """
    user = request.user
    old = Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP)
    was = APP if old.delete()[0] else NONE
    app, codes = activate_totp(request, form)
    spend(app, form.cleaned_data["code"])
    record_authentication(request, user, "mfa", id=app.pk, type=app.type, reauthenticated=True)
    told.second_factor(user, was, f"{APP} (thiết bị mới)" if was == APP else APP)
    return codes is not None


@transaction.atomic
def renew_codes(request) -> None:
    """Make new recovery codes; the old ones no longer count. Nothing else ends."""
    generate_recovery_codes(request)
    told.second_factor(request.user, CODES_WERE, CODES_ARE)


@transaction.atomic
def give_up(request, authenticator) -> None:
    """Take one's own second factor away, with its recovery codes."""
    delete_and_cleanup(request, authenticator)
    told.second_factor(request.user, APP, NONE)


@transaction.atomic
def reset(user) -> bool:
    """Take another's second factor away and end his sessions: a telephone was lost, or stolen.

    Returns False for a user who has none.
    """
    if not Authenticator.objects.filter(user=user).delete()[0]:
        return False
    sessions.end(user)
    told.second_factor(user, APP, RESET)
    return True


def on_wrong_code(sender, user, reauthentication, **kwargs) -> None:
    """Tell the trail of a wrong code (allauth's signal)."""
    told.refused(user.username, step="code")
