"""The second factor: who needs it, its setting up, its codes, its end."""

import re
import time

import pytest
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from kylien.accounts.models import Role, User
from kylien.audit.models import AuditEntry
from tests import factories
from tests.accounts.desk import LOGIN, code_of

pytestmark = pytest.mark.django_db

SET_UP = "/accounts/2fa/set-up/"
CODES = "/accounts/2fa/recovery-codes/"
ADMIN = "/admin/accounts/user/"


def shown_codes(page):
    return re.findall(r"<li><code>(\d{8})</code>", page.content.decode())


@pytest.fixture
def armed(outside, clock, clerk, desk):
    """The clerk, signed in with an app set up a minute ago."""
    one = desk(clerk)
    one.sign_in()
    assert one.set_up().status_code == 302
    clock.shift(60)
    return one


# --- who needs one ------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["chief", "clerk", "superuser"])
def test_who_needs_a_second_factor_is_led_to_it_and_reaches_nothing_else(
    outside, desk, role, request
):
    one = desk(request.getfixturevalue(role))
    one.sign_in()
    for address in ("/", "/households/", "/admin/", "/accounts/profile/", "/accounts/sessions/"):
        assert one.client.get(address)["Location"] == SET_UP
        assert one.client.post(address)["Location"] == SET_UP
    page = one.client.get(SET_UP)
    assert page.status_code == 200
    assert "Thiết lập xong mới làm việc tiếp" in page.content.decode()
    assert one.client.post(reverse("account_logout")).status_code == 302


@pytest.mark.parametrize("role", ["officer_a", "duty", "leader"])
def test_the_other_roles_go_on_with_a_password(outside, desk, role, request):
    one = desk(request.getfixturevalue(role))
    one.sign_in()
    assert one.client.get("/").status_code == 200


def test_the_roles_are_a_setting(outside, desk, clerk, duty):
    outside.SECOND_FACTOR_ROLES = ["duty_officer"]
    for user, status in ((clerk, 200), (duty, 302)):
        one = desk(user)
        one.sign_in()
        assert one.client.get("/").status_code == status


def test_a_role_given_later_asks_for_it_at_once(outside, desk, duty):
    one = desk(duty)
    one.sign_in()
    assert one.client.get("/").status_code == 200
    duty.groups.set(Group.objects.filter(name=Role.CHIEF))
    assert one.client.get("/")["Location"] == SET_UP


def test_a_one_time_password_is_changed_first(outside, desk):
    one = desk(factories.UserFactory(role="clerk", must_change_password=True))
    one.sign_in()
    assert one.client.get(SET_UP)["Location"] == reverse("account_change_password")


def test_the_demonstration_does_without_and_says_so(client, settings, desk, chief):
    assert settings.DEMO
    assert not settings.SECOND_FACTOR
    assert "không hỏi mã xác thực" in client.get(LOGIN).content.decode()
    one = desk(chief)
    one.sign_in()
    assert one.client.get("/").status_code == 200
    settings.SECOND_FACTOR = True
    assert "không hỏi mã xác thực" not in client.get(LOGIN).content.decode()


# --- setting up ---------------------------------------------------------------------------------


def test_setting_up_after_the_sign_in_asks_for_no_second_password(outside, desk, clerk):
    one = desk(clerk)
    one.sign_in()
    assert one.set_up()["Location"] == CODES
    codes = shown_codes(one.client.get(CODES))
    assert len(set(codes)) == 10
    assert one.client.get("/").status_code == 200
    entry = AuditEntry.objects.filter(table="accounts.user", row=clerk.pk).latest("pk")
    assert entry.action == "change"
    assert "ứng dụng tạo mã" in entry.values


def test_the_picture_and_the_secret_stand_on_the_page_without_styles(outside, desk, clerk):
    one = desk(clerk)
    one.sign_in()
    page = one.client.get(SET_UP)
    text = page.content.decode()
    assert '<svg class="qr"' in text
    assert re.search(r"<code>([A-Z2-7]{4} ){7}[A-Z2-7]{4}</code>", text)
    for loose in ("style=", "<style", "onclick=", "data:image"):
        assert loose not in text
    assert "no-store" in page["Cache-Control"]


@pytest.mark.parametrize("code", ["", "000000", "abc", "\0", "１２３４５６", "9" * 300])
def test_a_wrong_first_code_is_refused_beside_the_field(outside, desk, clerk, code):
    one = desk(clerk)
    one.sign_in()
    one.client.get(SET_UP)
    answer = one.client.post(SET_UP, {"code": code})
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.content.decode()
    assert not Authenticator.objects.exists()
    assert one.client.get("/")["Location"] == SET_UP


def test_the_secret_rests_encrypted_and_only_this_servers_key_opens_it(armed, outside):
    app = Authenticator.objects.get(type="totp")
    assert armed.secret not in str(app.data)
    assert get_adapter().decrypt(app.data["secret"]) == armed.secret
    old = outside.SECRET_KEY
    outside.SECRET_KEY = "n" * 60
    with pytest.raises(ValidationError, match="khoá của máy chủ đã đổi"):
        get_adapter().decrypt(app.data["secret"])
    outside.SECRET_KEY_FALLBACKS = [old]
    assert get_adapter().decrypt(app.data["secret"]) == armed.secret


def test_a_changed_server_key_is_told_in_a_sentence(armed, outside, desk):
    outside.SECRET_KEY = "n" * 60
    one = desk(armed.user)
    one.sign_in()
    answer = one.type_code(code_of(armed.secret))
    assert answer.status_code == 422
    assert "khoá của máy chủ đã đổi" in answer.content.decode()


# --- codes --------------------------------------------------------------------------------------


def test_the_code_is_asked_for_after_the_password(armed, desk):
    one = desk(armed.user)
    assert one.sign_in(next="/households/")["Location"] == "/accounts/2fa/authenticate/"
    assert one.client.get("/")["Location"].startswith(LOGIN)  # not in yet
    one.secret = armed.secret
    assert one.type_code()["Location"] == "/households/"
    assert one.client.get("/").status_code == 200


def test_a_code_gets_in_once(armed, desk, clock):
    one, other = desk(armed.user), desk(armed.user)
    code = code_of(armed.secret)
    one.sign_in()
    assert one.type_code(code).status_code == 302
    clock.shift(31)  # still within what is taken for a telephone's slow clock
    other.sign_in()
    refused = other.type_code(code)
    assert refused.status_code == 422
    assert "đã dùng" in refused.content.decode()
    assert other.type_code(code_of(armed.secret)).status_code == 302


def test_the_code_that_set_the_app_up_is_used_too(outside, clock, desk, clerk):
    one, other = desk(clerk), desk(clerk)
    one.sign_in()
    one.set_up()
    other.sign_in()
    assert other.type_code(code_of(one.secret)).status_code == 422


@pytest.mark.parametrize(("late", "status"), [(-29, 302), (29, 302), (95, 422), (-95, 422)])
def test_a_telephones_clock_may_be_half_a_minute_off(armed, desk, clock, late, status):
    clock.shift(600)
    one = desk(armed.user)
    one.sign_in()
    assert one.type_code(code_of(armed.secret, time.time() + late)).status_code == status


def test_codes_are_guessed_five_times_at_most_from_anywhere(armed, desk, clock):
    for _ in range(5):
        one = desk(armed.user)
        one.sign_in()
        assert one.type_code("000000").status_code == 422
    one = desk(armed.user)
    one.sign_in()
    assert one.type_code(code_of(armed.secret)).status_code == 422
    clock.shift(5 * 60 + 1)
    one = desk(armed.user)
    one.sign_in()
    assert one.type_code(code_of(armed.secret)).status_code == 302


def test_a_wrong_code_is_told_to_the_trail(armed, desk):
    one = desk(armed.user)
    one.sign_in()
    one.type_code("000000")
    entry = AuditEntry.objects.latest("pk")
    assert (entry.action, entry.code) == ("refused", armed.user.username)
    assert "000000" not in entry.values


def test_the_password_waits_five_minutes_for_its_code(armed, desk, clock):
    one = desk(armed.user)
    one.sign_in()
    clock.shift(301)
    assert one.type_code(code_of(armed.secret))["Location"] == LOGIN


def test_one_may_turn_back_to_another_account(armed, desk, duty):
    one = desk(armed.user)
    one.sign_in()
    assert one.client.get(LOGIN)["Location"] == "/accounts/2fa/authenticate/"
    one.client.post(reverse("account_logout"), {"next": LOGIN})
    assert one.client.get(LOGIN).status_code == 200
    assert desk(duty, one.client).sign_in().status_code == 302


def test_an_account_switched_off_between_password_and_code_does_not_get_in(armed, desk):
    one = desk(armed.user)
    one.sign_in()
    armed.user.is_active = False
    armed.user.save()
    assert one.type_code(code_of(armed.secret))["Location"] == "/accounts/inactive/"
    assert one.client.get("/")["Location"].startswith(LOGIN)


def test_a_session_without_a_code_is_asked_for_one(armed, clerk, client_for):
    client = client_for(clerk)
    for address in ("/", "/households/", SET_UP, "/accounts/profile/", CODES):
        assert client.get(address)["Location"].startswith("/accounts/2fa/reauthenticate/?next=")
    again = "/accounts/2fa/reauthenticate/"
    assert client.get(again).status_code == 200
    answer = client.post(again, {"code": code_of(armed.secret), "next": "/households/"})
    assert answer["Location"] == "/households/"
    assert client.get("/households/").status_code == 200


def test_who_set_it_up_freely_is_asked_too(outside, clock, desk, duty):
    one, other = desk(duty), desk(duty)
    one.sign_in()
    one.again()
    one.set_up()
    assert other.sign_in()["Location"] == "/accounts/2fa/authenticate/"


# --- recovery codes -----------------------------------------------------------------------------


def test_recovery_codes_are_shown_once_and_saved_while_shown(armed, clock):
    codes = shown_codes(armed.client.get(CODES))
    assert len(codes) == 10
    again = armed.client.get(CODES)
    assert shown_codes(again) == []
    assert not any(code in again.content.decode() for code in codes)
    file = armed.client.post(f"{CODES}file/")
    assert file["Content-Disposition"] == 'attachment; filename="ma-khoi-phuc.txt"'
    assert "no-store" in file["Cache-Control"]
    assert re.findall(r"(?m)^\d{8}$", file.content.decode()) == codes
    clock.shift(601)
    assert armed.client.post(f"{CODES}file/").status_code == 302
    assert armed.client.get(f"{CODES}file/").status_code == 405


def test_another_session_does_not_save_the_codes(armed, desk, clock):
    other = desk(armed.user)
    other.sign_in()
    other.type_code(code_of(armed.secret))
    assert other.client.post(f"{CODES}file/").status_code == 302


def test_a_recovery_code_gets_in_once(armed, desk):
    code = shown_codes(armed.client.get(CODES))[3]
    first, second = desk(armed.user), desk(armed.user)
    first.sign_in()
    assert first.type_code(code).status_code == 302
    second.sign_in()
    assert second.type_code(code).status_code == 422
    assert "Còn 9 mã" in armed.client.get("/accounts/profile/").content.decode()


def test_new_codes_need_the_password_again_and_end_nothing(armed, desk, clock):
    old = shown_codes(armed.client.get(CODES))
    other = desk(armed.user)
    other.sign_in()
    other.type_code(code_of(armed.secret))
    clock.shift(301)
    make = f"{CODES}generate/"
    assert armed.client.get(make)["Location"].startswith("/accounts/reauthenticate/")
    armed.again()
    assert armed.client.get(make).status_code == 200
    assert armed.client.post(make)["Location"] == CODES
    new = shown_codes(armed.client.get(CODES))
    assert not set(old) & set(new)
    assert other.client.get("/").status_code == 200
    clock.shift(60)
    third = desk(armed.user)
    third.sign_in()
    assert third.type_code(old[0]).status_code == 422
    assert third.type_code(new[0]).status_code == 302


# --- change, end --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["mfa_activate_totp", "mfa_generate_recovery_codes"])
def test_every_change_needs_the_password_again(armed, clock, name):
    clock.shift(301)
    for method in ("get", "post"):
        answer = getattr(armed.client, method)(reverse(name))
        assert answer["Location"].startswith("/accounts/reauthenticate/")
    assert armed.again("sai-mat-khau").status_code == 200
    assert armed.client.get(reverse(name)).status_code == 302
    armed.again()
    assert armed.client.get(reverse(name)).status_code == 200


def test_a_sign_in_is_no_password_typed_again(outside, desk, duty):
    one = desk(duty)
    one.sign_in()
    assert one.client.get(SET_UP)["Location"].startswith("/accounts/reauthenticate/")


def test_another_telephone_takes_the_place_of_the_first(armed, desk, clock):
    old = armed.secret
    armed.again()
    assert armed.set_up()["Location"] == "/accounts/profile/"
    assert armed.secret != old
    assert Authenticator.objects.filter(user=armed.user, type="totp").count() == 1
    clock.shift(60)
    one = desk(armed.user)
    one.sign_in()
    assert one.type_code(code_of(old)).status_code == 422
    assert one.type_code(code_of(armed.secret)).status_code == 302


def test_the_first_telephone_counts_until_the_new_ones_code_is_typed(armed, desk):
    armed.again()
    armed.client.get(SET_UP)
    assert armed.client.post(SET_UP, {"code": "000000"}).status_code == 422
    one = desk(armed.user)
    one.sign_in()
    assert one.type_code(code_of(armed.secret)).status_code == 302


def test_whose_role_needs_it_does_not_give_it_up(armed):
    armed.again()
    page = armed.client.post("/accounts/2fa/give-up/")
    assert page.status_code == 422
    assert "bắt buộc" in page.content.decode()
    assert Authenticator.objects.filter(type="totp").exists()


def test_others_give_it_up(outside, clock, desk, duty):
    one = desk(duty)
    one.sign_in()
    one.again()
    one.set_up()
    assert one.client.get("/accounts/2fa/give-up/").status_code == 200
    assert one.client.post("/accounts/2fa/give-up/").status_code == 302
    assert not Authenticator.objects.exists()
    assert desk(duty).sign_in()["Location"] == "/"


@pytest.fixture
def boss(outside, clock, chief, desk):
    """The chief, signed in with his own app and his password just typed again."""
    one = desk(chief)
    one.sign_in()
    one.set_up()
    return one


def reset(one, *users, reason="mất điện thoại"):
    data = {"action": "reset_second_factor", "_selected_action": [user.pk for user in users]}
    return one.client.post(ADMIN, {**data, "reason": reason}, follow=True)


def test_the_chief_resets_anothers_with_a_reason_and_ends_his_sessions(boss, armed, desk):
    page = reset(boss, armed.user)
    assert "Đã đặt lại" in page.content.decode()
    assert not Authenticator.objects.filter(user=armed.user).exists()
    assert armed.client.get("/")["Location"].startswith(LOGIN)
    entry = AuditEntry.objects.filter(row=armed.user.pk, action="change").latest("pk")
    assert entry.user == boss.user
    assert entry.reason == "mất điện thoại"
    assert desk(armed.user).sign_in()["Location"] == "/"
    assert armed.sign_in()["Location"] == "/"
    assert armed.client.get("/")["Location"] == SET_UP


def test_a_reset_needs_a_reason_and_the_password(boss, armed, clock):
    assert "Ghi lý do" in reset(boss, armed.user, reason="  ").content.decode()
    clock.shift(301)
    page = reset(boss, armed.user)
    assert page.redirect_chain[-1][0].startswith("/accounts/reauthenticate/?next=%2Fadmin")
    assert Authenticator.objects.filter(user=armed.user).exists()


def test_nobody_resets_his_own(boss):
    assert "Không tự đặt lại" in reset(boss, boss.user).content.decode()
    assert Authenticator.objects.filter(user=boss.user).exists()


def test_only_the_chief_and_the_superuser_reset(armed, boss):
    page = reset(armed, boss.user)
    assert page.status_code in (403, 404)
    assert Authenticator.objects.filter(user=boss.user).exists()


def test_the_list_of_accounts_tells_who_has_one_in_the_same_queries(boss, armed):
    def count():
        with CaptureQueriesContext(connection) as queries:
            assert boss.client.get(ADMIN).status_code == 200
        return len(queries)

    count()  # the first after a pause writes the last activity
    first = count()
    for _ in range(5):
        factories.UserFactory(role="clerk")
    assert count() == first


def test_the_admin_holds_neither_secrets_nor_session_keys(boss, superuser, client_for):
    for address in ("/admin/mfa/authenticator/", "/admin/usersessions/usersession/"):
        assert boss.client.get(address).status_code == 404


def test_a_passed_session_is_asked_nothing_of_the_database(armed, outside):
    address = "/accounts/password/change/"
    armed.client.get(address)

    def count():
        with CaptureQueriesContext(connection) as queries:
            assert armed.client.get(address).status_code == 200
        return len(queries)

    with_factor = count()
    outside.SECOND_FACTOR_ROLES = []
    assert count() == with_factor


def test_strangers_find_no_page_of_it(client):
    for address in (
        SET_UP,
        CODES,
        f"{CODES}generate/",
        "/accounts/2fa/",
        "/accounts/2fa/give-up/",
        "/accounts/2fa/reauthenticate/",
        "/accounts/2fa/authenticate/",
    ):
        assert client.get(address)["Location"].startswith(LOGIN), address
    assert client.post(f"{CODES}file/")["Location"].startswith(LOGIN)
    assert not User.objects.exists()
    assert isinstance(client, Client)
