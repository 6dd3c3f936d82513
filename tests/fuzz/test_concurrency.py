"""What is counted or spent at the door is counted and spent once, sent at one moment too.

That a sign-in begins a session of a new key, that signing out ends it on the server, that no page
is kept for the browser's back button and that an account switched off is refused at once is told
in tests/accounts (test_sign_in, test_sessions, test_own_sessions).
"""

import threading
import time
from collections import Counter

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.db import connections
from django.test import Client
from django.urls import reverse

from kylien.audit.models import AuditEntry
from tests.accounts.desk import Desk, code_of

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)

TRIES = 5  # that an account has in five minutes
MORE = 4  # sent beyond them, at the same moment
TOO_MANY = "Chờ 5 phút"


def at_one_moment(*acts):
    """Do all acts at once, each at a connection of its own; return what they return, in order."""
    gate, found = threading.Barrier(len(acts)), [None] * len(acts)

    def run(number, act):
        try:
            gate.wait()
            found[number] = act()
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=one) for one in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def told(answer):
    """Say in a word what an answer of the door means."""
    if answer.status_code == 302:
        return "in"
    return "too many" if TOO_MANY in answer.content.decode() else "wrong"


def refusals(user):
    return AuditEntry.objects.filter(action="refused", row=user.pk).count()


def test_wrong_passwords_sent_at_one_moment_are_counted_exactly(clerk, duty):
    guesses = [Desk(Client(), clerk) for _ in range(TRIES + MORE)]
    colleague = Desk(Client(), duty)
    *answers, other = at_one_moment(
        *[lambda one=one: one.sign_in("sai-mat-khau") for one in guesses], colleague.sign_in
    )
    assert Counter(map(told, answers)) == {"wrong": TRIES, "too many": MORE}
    assert refusals(clerk) == TRIES
    assert told(other) == "in"
    assert told(Desk(Client(), clerk).sign_in()) == "too many"  # the right one comes too late


def test_right_passwords_between_wrong_ones_win_no_further_guess(clerk):
    """A sign-in that succeeds gives its own try back and none of the wrong ones'."""
    for _ in range(TRIES - 1):
        assert told(Desk(Client(), clerk).sign_in("sai-mat-khau")) == "wrong"
    assert told(Desk(Client(), clerk).sign_in()) == "in"
    guesses = [Desk(Client(), clerk) for _ in range(1 + MORE)]
    answers = at_one_moment(*[lambda one=one: one.sign_in("sai-mat-khau") for one in guesses])
    assert Counter(map(told, answers)) == {"wrong": 1, "too many": MORE}


@pytest.fixture
def armed(settings, clerk):
    """The clerk's desk after he set an app up, as the station asks of him."""
    settings.SECOND_FACTOR = True
    one = Desk(Client(), clerk)
    one.sign_in()
    assert one.set_up().status_code == 302
    return one


def past_the_password(user, count):
    desks = [Desk(Client(), user) for _ in range(count)]
    for one in desks:
        one.sign_in()
    return desks


@pytest.mark.parametrize("kind", ["app", "recovery"])
def test_a_code_typed_at_one_moment_at_two_desks_gets_in_once(armed, kind):
    if kind == "app":
        code = code_of(armed.secret, time.time() + 30)  # the one of now set the app up
    else:
        code = RecoveryCodes.activate(armed.user).get_unused_codes()[0]
    desks = past_the_password(armed.user, 3)
    answers = at_one_moment(*[lambda one=one: one.type_code(code) for one in desks])
    assert Counter(map(told, answers)) == {"in": 1, "wrong": 2}
    pages = [one.client.get(reverse("account_change_password")) for one in desks]
    assert sorted(page.status_code for page in pages) == [200, 302, 302]


def test_wrong_codes_sent_at_one_moment_are_counted_exactly(armed):
    desks = past_the_password(armed.user, TRIES + MORE)
    answers = at_one_moment(*[lambda one=one: one.type_code("zzzzzz") for one in desks])
    assert Counter(map(told, answers)) == {"wrong": TRIES, "too many": MORE}
