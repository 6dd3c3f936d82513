"""One's own sessions: listed, ended by oneself, by a new password, with the account."""

import time

import pytest
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connection, transaction
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext

from kylien.accounts.models import User
from kylien.accounts.reauthentication import needs_recent, to_reauthenticate
from kylien.accounts.sessions import device
from kylien.audit.models import AuditEntry
from tests import factories
from tests.accounts.desk import LOGIN
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db

SESSIONS = "/accounts/sessions/"
PROFILE = "/accounts/profile/"
EDGE = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/131.0.0.0 Safari/537.36 Edg/131.0.0.0"
PHONE = "Mozilla/5.0 (Linux; Android 14; K) AppleWebKit/537.36 Chrome/131.0 Mobile Safari/537.36"


@pytest.fixture
def two(clerk, desk):
    """The clerk at the office's machine and on a telephone."""
    office = desk(clerk, Client(headers={"user-agent": EDGE}))
    phone = desk(clerk, Client(headers={"user-agent": PHONE}, REMOTE_ADDR="10.0.0.9"))
    office.sign_in()
    phone.sign_in()
    return office.client, phone.client


def is_in(client):
    return client.get("/accounts/password/change/").status_code == 200


@pytest.mark.parametrize(
    ("name", "words"),
    [
        (EDGE, "Edge trên máy Windows"),
        (PHONE, "Chrome trên điện thoại Android"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Safari/604.1",
            "Safari trên iPhone",
        ),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Firefox/133.0", "Firefox trên máy Linux"),
        ("curl/8", "Thiết bị không rõ"),
        ("", "Thiết bị không rõ"),
    ],
)
def test_a_device_is_told_in_words(name, words):
    assert device(name) == words


def test_sessions_are_listed_with_device_address_and_last_activity(two):
    page = two[0].get(SESSIONS).content.decode()
    assert page.index("Edge trên máy Windows") < page.index("Chrome trên điện thoại Android")
    assert page.count("phiên này") == 1
    assert "10.0.0.9" in page
    assert "hoạt động lần cuối" in page
    assert "Kết thúc mọi phiên khác" in page


def test_one_session_is_ended_by_its_owner(two, clerk):
    office, phone = two
    pk = UserSession.objects.get(session_key=phone.session.session_key).pk
    key = phone.session.session_key
    assert office.post(SESSIONS, {"end": pk})["Location"] == SESSIONS
    assert not Session.objects.filter(session_key=key).exists()
    assert not is_in(phone)
    assert is_in(office)
    entry = AuditEntry.objects.latest("pk")
    assert (entry.action, entry.code, entry.user) == ("signout", clerk.username, clerk)


def test_all_others_are_ended(two, desk, clerk):
    third = desk(clerk)
    third.sign_in()
    two[0].post(SESSIONS, {"end": "others"})
    assert [is_in(client) for client in (*two, third.client)] == [True, False, False]
    page = two[0].post(SESSIONS, {"end": "others"}, follow=True).content.decode()
    assert "Không còn phiên nào khác" in page


def test_nobody_ends_anothers_session_nor_sees_it(two, duty, client_for):
    other = client_for(duty)
    for pk in UserSession.objects.values_list("pk", flat=True):
        assert other.post(SESSIONS, {"end": pk}).status_code == 404
    other.post(SESSIONS, {"end": "others"})
    assert is_in(two[0])
    assert is_in(two[1])
    assert "10.0.0.9" not in other.get(SESSIONS).content.decode()


@pytest.mark.parametrize("value", ["", "x", "-1", "9" * 30, "\0", "²"])
def test_bad_keys_of_sessions_end_nothing(two, value):
    assert two[0].post(SESSIONS, {"end": value}).status_code == 404
    assert is_in(two[1])


def test_ones_own_session_is_not_ended_by_its_key(two):
    pk = UserSession.objects.get(session_key=two[0].session.session_key).pk
    assert two[0].post(SESSIONS, {"end": pk}).status_code == 404
    assert is_in(two[0])


def test_a_session_left_alone_too_long_is_not_listed(clock, two):
    for _ in range(4):
        clock.shift(5 * 60)
        assert is_in(two[0])
    page = two[0].get(SESSIONS).content.decode()
    assert "Edge" in page
    assert "Android" not in page


def test_activity_is_written_once_a_minute_and_a_page_asks_no_more_for_it(clock, two):
    office = two[0]

    def queries():
        with CaptureQueriesContext(connection) as found:
            assert is_in(office)
        return [one["sql"] for one in found]

    queries()
    quiet = queries()
    assert not [sql for sql in quiet if UserSession._meta.db_table in sql]
    assert not [sql for sql in quiet if not sql.startswith("SELECT")]
    assert len(quiet) <= 4, quiet
    clock.shift(61)
    busy = queries()
    assert len([sql for sql in busy if UserSession._meta.db_table in sql]) == 1
    assert len(queries()) == len(quiet)
    row = UserSession.objects.get(session_key=office.session.session_key)
    assert row.last_seen_at.timestamp() == pytest.approx(time.time(), abs=1)


def test_a_session_begun_another_way_is_listed_too(client_for, clerk):
    client = client_for(clerk)
    assert "phiên này" in client.get(SESSIONS).content.decode()


def test_a_new_password_ends_the_other_sessions(two, clerk):
    office, phone = two
    new = "thuyền thúng ra khơi sớm"
    data = {"oldpassword": PASSWORD, "password1": new, "password2": new}
    key = phone.session.session_key
    assert office.post("/accounts/password/change/", data).status_code == 302
    assert is_in(office)
    assert not Session.objects.filter(session_key=key).exists()
    assert not is_in(phone)
    assert UserSession.objects.filter(user=clerk).count() == 1


def test_a_one_time_password_ends_all_sessions(two, chief, clerk, client_for):
    data = {"action": "reset_password", "_selected_action": [clerk.pk]}
    client_for(chief).post("/admin/accounts/user/", data)
    assert not UserSession.objects.filter(user=clerk).exists()
    assert not any(map(is_in, two))


def test_an_account_switched_off_is_out_at_once(two, clerk):
    keys = [client.session.session_key for client in two]
    clerk.is_active = False
    clerk.save()
    assert not Session.objects.filter(session_key__in=keys).exists()
    assert not UserSession.objects.filter(user=clerk).exists()
    assert not any(map(is_in, two))


def test_sessions_end_in_the_transaction_that_switches_the_account_off(two, clerk):
    clerk.is_active = False
    with transaction.atomic():
        clerk.save()
        transaction.set_rollback(True)
    assert UserSession.objects.filter(user=clerk).count() == 2
    assert all(map(is_in, two))


def test_an_account_switched_off_in_bulk_is_refused_at_the_next_request(two, clerk):
    User.objects.filter(pk=clerk.pk).update(is_active=False)
    assert not any(map(is_in, two))


def test_signing_out_forgets_the_session(two):
    key = two[0].session.session_key
    two[0].post("/accounts/logout/")
    assert not UserSession.objects.filter(session_key=key).exists()
    assert not Session.objects.filter(session_key=key).exists()
    assert is_in(two[1])


@pytest.mark.parametrize("role", ["chief", "officer_a", "duty", "clerk", "leader", "superuser"])
def test_everybody_has_a_page_of_his_own(client_for, role, request):
    user = request.getfixturevalue(role)
    client = client_for(user)
    page = client.get(PROFILE).content.decode()
    for told in (
        user.full_name,
        user.username,
        user.role_label,
        "Xác thực hai lớp",
        "Đổi mật khẩu",
    ):
        assert told in page
    assert f'href="{PROFILE}"' in page
    assert client.get("/accounts/2fa/")["Location"] == PROFILE


# --- the password typed again -------------------------------------------------------------------


@pytest.fixture
def asked(clock, clerk, desk):
    """Return a function that tells whether the clerk's session must type the password again."""
    one = desk(clerk)
    one.sign_in()

    def ask():
        request = RequestFactory().get("/x/?a=1")
        request.user, request.session = User.objects.get(pk=clerk.pk), one.client.session
        return needs_recent(request)

    ask.desk = one
    return ask


def test_a_password_typed_again_counts_for_five_minutes(asked, clock):
    assert asked()  # the sign-in itself does not
    asked.desk.again()
    assert not asked()
    clock.shift(settings.ACCOUNT_REAUTHENTICATION_TIMEOUT - 1)
    assert not asked()
    clock.shift(2)
    assert asked()


def test_a_wrong_one_does_not_count_and_is_told_to_the_trail(asked, clerk):
    page = asked.desk.again("sai-mat-khau")
    assert "Mật khẩu chưa đúng" in page.content.decode()
    assert asked()
    entry = AuditEntry.objects.latest("pk")
    assert (entry.action, entry.code, entry.user) == ("refused", clerk.username, clerk)


def test_it_leads_back_to_the_page_and_nowhere_else(asked):
    request = RequestFactory().get("/x/?a=1")
    address = to_reauthenticate(request)["Location"]
    assert address == "/accounts/reauthenticate/?next=%2Fx%2F%3Fa%3D1"
    part = to_reauthenticate(RequestFactory().get("/x/", headers={"HX-Request": "true"}), "/y/")
    assert (part.status_code, part["HX-Redirect"]) == (
        204,
        "/accounts/reauthenticate/?next=%2Fy%2F",
    )
    client = asked.desk.client
    for then, where in (("/households/?page=2", "/households/?page=2"), ("//evil.example", "/")):
        data = {"password": PASSWORD, "next": then}
        assert client.post("/accounts/reauthenticate/", data)["Location"] == where


def test_strangers_are_led_to_the_door(client):
    for address in (PROFILE, SESSIONS, "/accounts/reauthenticate/"):
        assert client.get(address)["Location"].startswith(LOGIN)
    assert client.post(SESSIONS, {"end": "others"})["Location"].startswith(LOGIN)
    assert not factories.User.objects.exists()
