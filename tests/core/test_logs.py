"""Logs and error pages hold nothing of what people typed."""

import logging
import sys

import pytest
from django.core import mail
from django.db import IntegrityError
from django.test import Client

from households.models import Resident
from kylien.core.logs import SafeFormatter, told_of, without_numbers
from tests import factories

NUMBER, NAME = "099123456789", "Xqzlê Thị Kín"


def raised(error):
    try:
        raise error
    except type(error):
        return sys.exc_info()


def test_numbers_are_hidden_and_other_digits_stay():
    assert without_numbers(f"số {NUMBER}, trang 404, 2026-11-24 10:00:00,123") == (
        "số ***, trang 404, 2026-11-24 10:00:00,123"
    )


@pytest.mark.parametrize("kind", [ValueError, IntegrityError, KeyError, LookupError])
def test_a_traceback_tells_the_place_and_the_kind_but_not_the_words(kind):
    told = told_of(raised(kind(f"Key (citizen_id)=({NUMBER}) {NAME}")))
    assert NUMBER not in told
    assert NAME not in told
    assert kind.__name__ in told
    assert "in raised" in told


def test_what_cannot_quote_a_person_is_told():
    assert "no attribute 'kin'" in told_of(raised(AttributeError("no attribute 'kin'")))


def test_causes_are_told_without_their_words():
    try:
        try:
            raise KeyError(NAME)
        except KeyError as error:
            raise ValueError(NUMBER) from error
    except ValueError:
        told = told_of(sys.exc_info())
    assert told.index("KeyError") < told.index("ValueError")
    assert NAME not in told
    assert NUMBER not in told


@pytest.mark.django_db
def test_a_page_that_fails_logs_mails_and_shows_nothing_that_was_sent(chief, monkeypatch, caplog):
    client = Client(raise_request_exception=False)
    client.force_login(chief)
    person = factories.ResidenceFactory().resident

    def fail(*args, **kwargs):
        raise ValueError(f"{NUMBER} {NAME}")

    monkeypatch.setattr(Resident, "save", fail)
    data = {"full_name": NAME, "citizen_id": NUMBER, "sex": "M", "version": person.version}
    with caplog.at_level(logging.DEBUG):
        answer = client.post(f"/residents/{person.pk}/edit/", data)
    assert answer.status_code == 500
    assert caplog.records
    line = SafeFormatter("{name} {message}", style="{")
    logged = "\n".join(map(line.format, caplog.records))
    assert "ValueError" in logged
    for secret in (NUMBER, NAME, person.citizen_id):
        assert secret not in logged
        assert secret not in answer.content.decode()
    assert not mail.outbox
