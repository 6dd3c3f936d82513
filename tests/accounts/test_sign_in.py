"""The door tells nothing, keeps its own trail, and starts every session anew."""

import html
import json
import os
import re
import subprocess
import sys

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from kylien.accounts.models import Role
from kylien.audit.models import AuditEntry
from tests import factories
from tests.accounts.desk import LOGIN
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db


def refused(login, password):
    """Return what a refused sign-in shows, without what differs by itself."""
    answer = Client().post(LOGIN, {"login": login, "password": password})
    assert answer.status_code == 200
    text = answer.content.decode().replace(html.escape(login), "")
    return re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", text)


def test_wrong_name_wrong_password_and_switched_off_are_told_alike(clerk):
    off = factories.UserFactory(role="clerk", is_active=False)
    told = {
        refused("khong-co", PASSWORD),
        refused(clerk.username, "sai-mat-khau"),
        refused(off.username, PASSWORD),
        refused(off.username, "sai-mat-khau"),
    }
    assert len(told) == 1
    assert "Tên đăng nhập hoặc mật khẩu chưa đúng." in told.pop()


def test_each_refusal_hashes_a_password_once_and_asks_as_much(clerk, monkeypatch):
    off = factories.UserFactory(role="clerk", is_active=False)
    from django.contrib.auth.hashers import MD5PasswordHasher

    hashed = []
    plain = MD5PasswordHasher.encode
    monkeypatch.setattr(
        MD5PasswordHasher, "encode", lambda self, *args: hashed.append(1) or plain(self, *args)
    )
    counts = set()
    refused("lam-nong", "x")
    for login in ("khong-co", clerk.username, off.username):
        hashed.clear()
        with CaptureQueriesContext(connection) as queries:
            refused(login, "sai-mat-khau")
        counts.add((len(hashed), len(queries)))
    assert len(counts) == 1
    assert counts.pop()[0] == 1


def test_a_switched_off_account_is_throttled_like_any_other():
    off = factories.UserFactory(role="clerk", is_active=False)
    pages = [refused(off.username, PASSWORD) for _ in range(6)]
    assert "Chờ 5 phút" in pages[-1]


# --- the trail ----------------------------------------------------------------------------------


def entries():
    return [
        (e.action, e.code, e.user_id)
        for e in AuditEntry.objects.filter(action__in=["signin", "signout", "refused"]).order_by(
            "pk"
        )
    ]


def test_signing_in_and_out_is_told(desk, clerk):
    one = desk(clerk)
    one.sign_in()
    one.client.post("/accounts/logout/")
    assert entries() == [
        ("signin", clerk.username, clerk.pk),
        ("signout", clerk.username, clerk.pk),
    ]
    assert AuditEntry.objects.filter(action="signin").get().row == clerk.pk
    assert AuditEntry.objects.filter(action="signin").get().address == "127.0.0.1"


def test_a_refused_sign_in_is_told_on_the_account_never_with_what_was_typed(clerk):
    refused(clerk.username.upper(), "mat-khau-go-nham")
    refused("mat-khau-go-nham-cho", "x")  # a password typed into the wrong field
    assert entries() == [("refused", clerk.username, None), ("refused", "", None)]
    for entry in AuditEntry.objects.all():
        assert "go-nham" not in json.dumps([entry.code, entry.values, entry.reason, entry.fields])


def test_a_throttled_account_adds_no_more_entries(clerk):
    for _ in range(9):
        refused(clerk.username, "sai-mat-khau")
    assert len(entries()) == 5


# --- the session --------------------------------------------------------------------------------


def test_signing_in_begins_a_session_of_a_new_key(desk, clerk):
    one = desk(clerk)
    session = one.client.session
    session["planted"] = True
    session.save()
    planted = session.session_key
    one.client.cookies[settings.SESSION_COOKIE_NAME] = planted
    one.sign_in()
    assert one.client.session.session_key != planted
    thief = Client()
    thief.cookies[settings.SESSION_COOKIE_NAME] = planted
    assert thief.get("/")["Location"].startswith(LOGIN)


def test_the_code_begins_a_session_of_a_new_key_too(outside, clock, desk, clerk):
    one, other = desk(clerk), desk(clerk)
    one.sign_in()
    one.set_up()
    clock.shift(60)
    other.secret = one.secret
    other.sign_in()
    before = other.client.session.session_key
    other.type_code()
    assert other.client.session.session_key != before
    assert other.client.get("/").status_code == 200


def test_a_key_made_up_by_the_browser_is_not_taken(desk, clerk):
    one = desk(clerk)
    one.client.cookies[settings.SESSION_COOKIE_NAME] = "a" * 32
    one.sign_in()
    assert one.client.session.session_key != "a" * 32


def test_signing_out_leaves_nothing(desk, clerk):
    one = desk(clerk)
    one.sign_in()
    key = one.client.session.session_key
    page = one.client.get("/households/")
    assert "no-store" in page["Cache-Control"]
    one.client.post("/accounts/logout/")
    one.client.cookies[settings.SESSION_COOKIE_NAME] = key  # the old cookie, kept by somebody
    for address in ("/", "/households/", "/admin/"):
        assert one.client.get(address)["Location"].startswith(LOGIN)


# --- the settings -------------------------------------------------------------------------------


def start(tmp_path, **environment):
    """Read the settings in a process of their own; return its error output."""
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "from kylien import settings as s; print(s.SECOND_FACTOR, *s.SECOND_FACTOR_ROLES)",
        ],
        cwd=settings.BASE_DIR,
        env={"PATH": os.environ["PATH"], "VAR_DIR": str(tmp_path), **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip() or done.stderr.strip().splitlines()[-1]


KEY = {"SECRET_KEY": "x7" * 40 + "Kỳ-Liên!"}


@pytest.mark.parametrize(
    ("environment", "told"),
    [
        (KEY, "True chief clerk superuser"),
        (KEY | {"SECOND_FACTOR_ROLES": "chief,leader"}, "True chief leader"),
        ({"DEMO": "true"}, "False chief clerk superuser"),
        ({"DEMO": "true", "SECOND_FACTOR": "true"}, "True chief clerk superuser"),
    ],
)
def test_the_second_factor_is_asked_for_unless_it_is_a_demonstration(tmp_path, environment, told):
    assert start(tmp_path, **environment) == told


@pytest.mark.parametrize(
    ("environment", "name"),
    [
        (KEY | {"SECOND_FACTOR": "false"}, "SECOND_FACTOR has"),
        (KEY | {"SECOND_FACTOR": "off"}, "SECOND_FACTOR has"),
        (KEY | {"SECOND_FACTOR_ROLES": "chief,boss"}, "SECOND_FACTOR_ROLES has"),
        (KEY | {"SECOND_FACTOR_ROLES": ""}, "SECOND_FACTOR_ROLES has"),
    ],
)
def test_the_demonstrations_switch_stops_the_start_elsewhere(tmp_path, environment, name):
    told = start(tmp_path, **environment)
    assert "ImproperlyConfigured" in told
    assert name in told


def test_the_setting_knows_every_role():
    from kylien import settings as module

    assert set(module._ROLES) == {*Role.values, "superuser"}
