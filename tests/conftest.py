"""Fixtures every test may use. The browser's own stand in tests/browser/conftest.py."""

import logging

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.test import Client, TransactionTestCase
from django.urls import reverse
from django.utils import timezone

from kylien.accounts.models import Role
from tests import factories


def pytest_configure(config):
    # Slow on purpose in production; here it is most of a test's time.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    # Each test client would list all static files; so it looks up those asked for.
    settings.WHITENOISE_AUTOREFRESH = True
    # Refusals are what many tests ask for; only errors of the server are news.
    logging.getLogger("django.request").setLevel(logging.ERROR)
    # Tests with transactions of their own (a live server's too) empty all tables when they end.
    empty, prepare = TransactionTestCase._fixture_teardown, TransactionTestCase._fixture_setup
    TransactionTestCase._fixture_teardown = emptied_without_triggers(empty)
    TransactionTestCase._fixture_setup = classmethod(emptied_first(prepare.__func__))


def emptied_without_triggers(empty):
    """Let the append-only tables be emptied too, which their triggers refuse."""

    def emptied(case):
        from kylien.audit import triggers

        triggers.drop()
        try:
            empty(case)
        finally:
            triggers.install()

    return emptied


def emptied_first(prepare):
    """Let a test that wants the first contents back find empty tables: the contents are put over
    rows of the same keys otherwise, which append-only tables refuse. The trail does not come back:
    its moments lose their microseconds on the way, and the chain would be broken."""

    def prepared(case):
        if case.serialized_rollback:
            case._fixture_teardown(case)
        prepare(case)
        if case.serialized_rollback:
            forget_trail()

    return prepared


def forget_trail():
    from kylien.audit import triggers
    from kylien.audit.models import AuditEntry, AuditLink

    triggers.drop()
    with connection.cursor() as cursor:
        for model in (AuditLink, AuditEntry):
            cursor.execute(f"DELETE FROM {model._meta.db_table}")  # noqa: S608 (our own table)
    triggers.install()


@pytest.fixture(autouse=True)
def empty_cache():
    """Forget the failed sign-ins that earlier tests counted."""
    cache.clear()


@pytest.fixture
def trusted_for(client_for):
    """Return a function that gives a client whose user has typed the password again just now."""

    def sign_in(user):
        client = client_for(user)
        again = client.post(reverse("account_reauthenticate"), {"password": factories.PASSWORD})
        assert again.status_code == 302
        return client

    return sign_in


@pytest.fixture(autouse=True)
def own_head(settings, tmp_path):
    """Let no test remember the trail of another's database."""
    settings.AUDIT_HEAD = tmp_path / "audit-head"


@pytest.fixture
def on():
    return timezone.localdate()


@pytest.fixture
def ward(db):
    return factories.WardFactory(name="Phường Thử Nghiệm")


@pytest.fixture
def area_a(ward):
    return factories.NeighbourhoodFactory(ward=ward, name="Tổ dân phố A")


@pytest.fixture
def area_b(ward):
    return factories.NeighbourhoodFactory(ward=ward, name="Tổ dân phố B")


@pytest.fixture
def chief(db):
    return factories.UserFactory(username="chihuy", role=Role.CHIEF)


@pytest.fixture
def officer_a(area_a):
    """The officer whose beat is `area_a`."""
    officer = factories.UserFactory(username="cskva", role=Role.AREA_OFFICER)
    factories.BeatFactory(officer=officer, neighbourhood=area_a)
    return officer


@pytest.fixture
def officer_b(area_b):
    """The officer whose beat is `area_b`."""
    officer = factories.UserFactory(username="cskvb", role=Role.AREA_OFFICER)
    factories.BeatFactory(officer=officer, neighbourhood=area_b)
    return officer


@pytest.fixture
def duty(db):
    return factories.UserFactory(username="trucban", role=Role.DUTY_OFFICER)


@pytest.fixture
def clerk(db):
    return factories.UserFactory(username="nhaplieu", role=Role.CLERK)


@pytest.fixture
def leader(db):
    return factories.UserFactory(username="lanhdao", role=Role.LEADER)


@pytest.fixture
def superuser(db):
    return factories.UserFactory(username="quantri", is_superuser=True)


@pytest.fixture
def client_for():
    """Return a function that gives a client with a user signed in."""

    def sign_in(user, **options):
        client = Client(**options)
        client.force_login(user)
        return client

    return sign_in
