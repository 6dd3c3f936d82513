"""A stopped clock, the second factor as outside a demonstration, and people at their desks."""

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from tests.accounts.desk import Desk


@pytest.fixture
def clock():
    """Stop the clock; `clock.shift(seconds)` moves it."""
    with time_machine.travel(timezone.now().replace(microsecond=0), tick=False) as traveller:
        yield traveller


@pytest.fixture
def outside(settings):
    """As at the station: chief, clerk and superuser need a second factor."""
    settings.SECOND_FACTOR = True
    settings.SECOND_FACTOR_ROLES = ["chief", "clerk", "superuser"]
    return settings


@pytest.fixture
def desk():
    """Return `desk(user)`: that person at a browser of his own."""
    return lambda user, browser=None: Desk(browser or Client(), user)
