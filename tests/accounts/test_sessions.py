"""Signing in, the end of a session, and what outlives it."""

import datetime as dt
import html
import re

import pytest
import time_machine
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from households.models import Household
from kylien.accounts.middleware import KEPT
from kylien.accounts.models import User
from tests import factories
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db

LOGIN = "/accounts/login/"
RESUME = "/accounts/resume/"
CREATE = "/households/create/"


@pytest.fixture
def clock():
    """Stop the clock; `clock.shift(seconds)` moves it."""
    with time_machine.travel(timezone.now().replace(microsecond=0), tick=False) as traveller:
        yield traveller


def sign_in(client, user, password=PASSWORD, **data):
    return client.post(LOGIN, {"login": user.username, "password": password, **data})


def token(page):
    return re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.content.decode())[1]


def is_signed_in(client):
    return client.get("/").status_code == 200


# --- the door -----------------------------------------------------------------------------------


def test_signing_in_and_out(client, clerk):
    assert client.get("/")["Location"] == f"{LOGIN}?next=%2F"
    assert sign_in(client, clerk)["Location"] == "/"
    assert is_signed_in(client)
    assert client.get("/accounts/logout/").status_code == 200  # asks first
    assert is_signed_in(client)
    assert client.post("/accounts/logout/")["Location"] == LOGIN
    assert not is_signed_in(client)


def test_signing_in_leads_back_to_the_page_asked_for(client, clerk):
    address = client.get("/households/?neighbourhood=3")["Location"]
    assert client.get(address).status_code == 200
    answer = sign_in(client, clerk, next="/households/?neighbourhood=3")
    assert answer["Location"] == "/households/?neighbourhood=3"


@pytest.mark.parametrize("target", ["https://example.com/", "//example.com", "javascript:alert(1)"])
def test_signing_in_leads_nowhere_else(client, clerk, target):
    answer = sign_in(client, clerk, next=target)
    assert answer["Location"] == "/"


def test_the_user_name_may_be_typed_in_capitals(client, clerk):
    data = {"login": clerk.username.upper(), "password": PASSWORD}
    assert client.post(LOGIN, data).status_code == 302


@pytest.mark.parametrize("wrong", [{"password": "sai-mat-khau"}, {"login": "khong-co-ai"}])
def test_a_refusal_does_not_tell_which_of_the_two_was_wrong(client, clerk, wrong):
    page = client.post(LOGIN, {"login": clerk.username, "password": PASSWORD} | wrong)
    assert page.status_code == 200
    assert not is_signed_in(client)
    text = html.unescape(page.content.decode())
    assert PASSWORD not in text
    assert "Mật khẩu" in text


def test_an_account_switched_off_does_not_get_in(client):
    user = factories.UserFactory(role="clerk", is_active=False)
    sign_in(client, user)
    assert not is_signed_in(client)


@pytest.mark.parametrize("value", ["\0", "x" * 5000, "'; --", ""])
def test_no_value_breaks_the_sign_in(client, value):
    answer = client.post(LOGIN, {"login": value, "password": value, "next": value})
    assert answer.status_code == 200


def test_the_admin_site_has_no_door_of_its_own(client, client_for, clerk, duty):
    for answer in (
        client.get("/admin/login/"),
        client.post("/admin/login/", {"username": clerk.username, "password": PASSWORD}),
        client.get("/admin/"),
        client.get("/admin/households/household/"),
    ):
        assert answer.status_code == 302
        assert answer["Location"].startswith(LOGIN)
    assert not is_signed_in(client)
    assert client_for(duty).get("/admin/login/").status_code in (302, 403)


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("address", ["/accounts/signup/", "/accounts/password/reset/"])
def test_nobody_signs_up_or_gets_a_mail(client, client_for, clerk, address, method):
    data = {"username": "ke-la", "password1": PASSWORD, "password2": PASSWORD, "email": "a@b.vn"}
    for someone in (client, client_for(clerk)):
        assert getattr(someone, method)(address, data).status_code == 404
    assert not User.objects.filter(username="ke-la").exists()


@pytest.mark.parametrize(
    "address", ["/accounts/email/", "/accounts/3rdparty/", "/accounts/social/"]
)
def test_the_other_doors_of_the_library_are_shut(client_for, clerk, address):
    assert client_for(clerk).get(address).status_code == 404


def test_failed_sign_ins_are_counted_by_account_not_by_address(client, clerk, duty, clock):
    for _ in range(5):
        assert sign_in(client, clerk, "sai-mat-khau").status_code == 200
    assert sign_in(client, clerk).status_code == 200  # the right one comes too late
    assert not is_signed_in(Client())
    upper = client.post(LOGIN, {"login": clerk.username.upper(), "password": PASSWORD})
    assert upper.status_code == 200
    assert sign_in(client, duty).status_code == 302  # the colleague at the same desk gets in
    clock.shift(5 * 60 + 1)
    assert sign_in(Client(), clerk).status_code == 302


def test_an_account_that_nobody_has_is_throttled_alike(client):
    pages = [client.post(LOGIN, {"login": "khong-co", "password": "x"}) for _ in range(7)]
    assert pages[-1].content != pages[0].content


# --- one-time passwords -------------------------------------------------------------------------


@pytest.fixture
def newcomer(db):
    return factories.UserFactory(role="clerk", must_change_password=True)


def test_a_one_time_password_leads_to_its_change_from_everywhere(client, newcomer):
    sign_in(client, newcomer)
    change = reverse("account_change_password")
    for address in ("/", "/households/", CREATE, "/admin/", "/search/?q=a", RESUME, "/reports/"):
        assert client.get(address)["Location"] == change
        assert client.post(address)["Location"] == change
    assert client.get(change).status_code == 200
    assert client.get("/healthz").status_code == 200
    new = "mat-khau-rieng-cua-toi"
    data = {"oldpassword": PASSWORD, "password1": new, "password2": new}
    assert client.post(change, data).status_code == 302
    assert not User.objects.get(pk=newcomer.pk).must_change_password
    assert client.get("/households/").status_code == 200
    assert sign_in(Client(), newcomer, new).status_code == 302


@pytest.mark.parametrize("new", ["ngan", "1234567890123", PASSWORD])
def test_a_one_time_password_is_not_used_up_by_a_bad_one(client, newcomer, new):
    sign_in(client, newcomer)
    data = {"oldpassword": PASSWORD, "password1": new, "password2": new}
    answer = client.post(reverse("account_change_password"), data)
    assert answer.status_code == 200
    assert 'aria-invalid="true"' in answer.content.decode()
    assert User.objects.get(pk=newcomer.pk).must_change_password


def test_its_owner_may_sign_out(client, newcomer):
    sign_in(client, newcomer)
    assert client.post(reverse("account_logout")).status_code == 302
    assert client.get("/")["Location"].startswith(LOGIN)


# --- the end of a session -----------------------------------------------------------------------


def test_a_session_ends_after_idling(client, clerk, clock):
    sign_in(client, clerk)
    for _ in range(3):
        assert is_signed_in(client)
        clock.shift(dt.timedelta(minutes=settings.SESSION_IDLE_MINUTES - 1))
    assert is_signed_in(client)
    clock.shift(dt.timedelta(minutes=settings.SESSION_IDLE_MINUTES, seconds=1))
    assert client.get("/households/")["Location"] == f"{LOGIN}?next=%2Fhouseholds%2F"
    assert not is_signed_in(client)


def test_activity_within_a_minute_does_not_prolong_by_more_than_it_lasted(client, clerk, clock):
    sign_in(client, clerk)
    assert is_signed_in(client)
    clock.shift(59)
    assert is_signed_in(client)
    clock.shift(dt.timedelta(minutes=settings.SESSION_IDLE_MINUTES, seconds=1))
    assert not is_signed_in(client)


def test_a_session_ends_after_its_hours_however_busy(client, clerk, clock):
    sign_in(client, clerk)
    assert is_signed_in(client)
    minutes = settings.SESSION_TOTAL_HOURS * 60
    for _ in range(minutes // 10):
        clock.shift(dt.timedelta(minutes=10))
        assert is_signed_in(client)
    clock.shift(1)
    assert not is_signed_in(client)


def test_signing_in_again_begins_a_new_session(client, clerk, clock):
    sign_in(client, clerk)
    is_signed_in(client)
    clock.shift(dt.timedelta(hours=settings.SESSION_TOTAL_HOURS, seconds=1))
    assert not is_signed_in(client)
    sign_in(client, clerk)
    assert is_signed_in(client)


def test_the_last_activity_is_written_at_most_once_a_minute(client, clerk, clock):
    def session_writes():
        with CaptureQueriesContext(connection) as queries:
            assert is_signed_in(client)
        table = Session._meta.db_table
        return [q for q in queries if table in q["sql"] and not q["sql"].startswith("SELECT")]

    sign_in(client, clerk)
    is_signed_in(client)
    assert session_writes() == []
    clock.shift(59)
    assert session_writes() == []
    clock.shift(2)
    assert session_writes() != []
    assert session_writes() == []


def test_an_ended_session_is_gone_from_the_server(client, clerk, clock):
    sign_in(client, clerk)
    is_signed_in(client)
    key = client.session.session_key
    clock.shift(dt.timedelta(minutes=settings.SESSION_IDLE_MINUTES, seconds=1))
    is_signed_in(client)
    assert not Session.objects.filter(session_key=key).exists()


def test_an_htmx_part_after_the_end_sends_the_whole_page_to_the_sign_in(client, clerk, clock):
    sign_in(client, clerk)
    is_signed_in(client)
    clock.shift(dt.timedelta(minutes=settings.SESSION_IDLE_MINUTES, seconds=1))
    answer = client.get("/households/?page=2", headers={"HX-Request": "true"})
    assert answer.status_code == 204
    assert answer["HX-Redirect"] == f"{LOGIN}?next=%2Fhouseholds%2F%3Fpage%3D2"


# --- what was being typed -----------------------------------------------------------------------


@pytest.fixture
def typed(area_a):
    return {
        "address": 'Số 12 ngõ <Đào> & "Mận"',
        "neighbourhood": str(area_a.pk),
        "opened_on": "01/02/2020",
        "note": "dòng một\r\ndòng hai",
        **factories.head_row(),
    }


@pytest.fixture
def late(clerk, clock):
    """A client, strict about csrf, whose session ended while a form was open; and its token."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(clerk)
    value = token(client.get(CREATE))
    clock.shift(dt.timedelta(minutes=settings.SESSION_IDLE_MINUTES, seconds=1))
    client.csrf = {"csrfmiddlewaretoken": value}
    return client


def sign_in_strictly(client, user, target):
    page = client.get(target)
    data = {"login": user.username, "password": PASSWORD, "next": RESUME}
    return client.post(LOGIN, data | {"csrfmiddlewaretoken": token(page)})


def hidden_fields(page):
    form = page.content.decode().partition(f'action="{CREATE}"')[2].partition("</form>")[0]
    pairs = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form)
    return {name: html.unescape(value) for name, value in pairs}


def test_a_form_sent_after_the_end_is_kept_offered_and_written(late, clerk, typed):
    answer = late.post(CREATE, typed | late.csrf)
    assert answer["Location"] == f"{LOGIN}?next=%2Faccounts%2Fresume%2F"
    assert not Household.objects.exists()
    assert sign_in_strictly(late, clerk, answer["Location"])["Location"] == RESUME
    page = late.get(RESUME)
    assert page.status_code == 200
    assert page["Cache-Control"] == "no-store"
    fields = hidden_fields(page)
    assert typed.items() <= fields.items()
    assert fields["csrfmiddlewaretoken"] != late.csrf["csrfmiddlewaretoken"]
    assert late.post(CREATE, fields).status_code == 302
    row = Household.objects.get()
    assert row.address == typed["address"]
    assert row.note == "dòng một\ndòng hai"
    assert late.get(RESUME)["Location"] == "/"  # used up


def test_what_was_kept_may_be_dropped(late, clerk, typed):
    answer = late.post(CREATE, typed | late.csrf)
    sign_in_strictly(late, clerk, answer["Location"])
    page = late.get(RESUME)
    assert late.post(RESUME, {"csrfmiddlewaretoken": token(page)})["Location"] == "/"
    assert late.get(RESUME)["Location"] == "/"
    assert not Household.objects.exists()


def test_what_was_kept_is_offered_to_nobody_else(late, duty, clerk, typed):
    answer = late.post(CREATE, typed | late.csrf)
    assert sign_in_strictly(late, duty, answer["Location"])["Location"] == RESUME
    assert late.get(RESUME)["Location"] == "/"
    late.post("/accounts/logout/", {"csrfmiddlewaretoken": token(late.get("/accounts/logout/"))})
    sign_in_strictly(late, clerk, LOGIN)
    assert late.get(RESUME)["Location"] == "/"


def test_what_was_kept_stands_neither_in_the_address_nor_in_the_browser(late, typed):
    answer = late.post(CREATE, typed | late.csrf)
    assert "ng%C3%B5" not in answer["Location"]
    assert "Đào" not in str(late.cookies)
    assert "Đào" not in late.get(answer["Location"]).content.decode()
    assert late.get(RESUME)["Location"].startswith(LOGIN)


def test_a_form_without_its_token_is_not_kept(late, typed):
    assert late.post(CREATE, typed).status_code == 403
    assert KEPT not in late.session


def test_who_is_signed_out_over_a_button_comes_back_to_the_portal(client, clerk, clock):
    answer = client.post("/retention/propose/", {"types": "absence"})
    assert answer["Location"] == f"{LOGIN}?next=%2F"


def test_passwords_are_never_kept(client, clerk, clock):
    sign_in(client, clerk)
    is_signed_in(client)
    clock.shift(dt.timedelta(minutes=settings.SESSION_IDLE_MINUTES, seconds=1))
    data = {"oldpassword": PASSWORD, "password1": "bi-mat-moi-x", "password2": "bi-mat-moi-x"}
    client.post(reverse("account_change_password"), data)
    assert KEPT not in client.session
    assert "bi-mat-moi-x" not in str(dict(client.session.items()))


@pytest.mark.parametrize(
    ("address", "data"),
    [
        ("/search/", {"q": "099090000001"}),
        ("/households/", {"_export": "csv"}),
        ("/residents/", {"_filter": "1", "q": "099090000001"}),
        ("/admin/households/household/", {"action": "delete_selected"}),
    ],
)
def test_searches_exports_and_list_actions_are_no_typed_text(client, clerk, clock, address, data):
    sign_in(client, clerk)
    is_signed_in(client)
    clock.shift(dt.timedelta(minutes=settings.SESSION_IDLE_MINUTES, seconds=1))
    client.post(address, data)
    assert KEPT not in client.session


def test_what_was_kept_is_forgotten_after_a_day(late, clerk, typed, clock):
    answer = late.post(CREATE, typed | late.csrf)
    clock.shift(dt.timedelta(hours=25))
    sign_in_strictly(late, clerk, answer["Location"])
    assert late.get(RESUME)["Location"] == "/"
    assert KEPT not in late.session


def test_pages_behind_the_sign_in_are_not_kept_by_the_browser(client, clerk):
    sign_in(client, clerk)
    assert client.get("/residents/")["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize("content", ["x" * 300_000, None])
def test_what_is_too_long_or_a_file_is_not_kept(client, clerk, clock, content):
    from django.core.files.uploadedfile import SimpleUploadedFile

    sign_in(client, clerk)
    is_signed_in(client)
    clock.shift(dt.timedelta(minutes=settings.SESSION_IDLE_MINUTES, seconds=1))
    value = content or SimpleUploadedFile("a.txt", b"noi dung")
    answer = client.post(CREATE, {"address": "Số 1", "note": value})
    assert answer["Location"] == f"{LOGIN}?next=%2Fhouseholds%2Fcreate%2F"
    assert KEPT not in client.session


def test_a_stranger_stores_nothing(client):
    answer = client.post(CREATE, {"address": "x"})
    assert answer["Location"].startswith(LOGIN)
    assert not Session.objects.exists()


def test_cookies_are_shut_to_scripts_and_go_with_the_browser(client, clerk):
    sign_in(client, clerk)
    cookie = client.cookies[settings.SESSION_COOKIE_NAME]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert not cookie["max-age"]
    assert not cookie["expires"]
