"""The digest of a day's end, on paper."""

import datetime as dt

import pytest
import time_machine
from django.utils import timezone

from households.models import Household
from kylien.audit import chain
from kylien.audit.models import AuditEntry, AuditLink
from kylien.core.changes import trail
from tests.factories import day

pytestmark = pytest.mark.django_db
HEAD = "/audit/head/"


def link_at(moment):
    """Seal one entry as if it were `moment`; return the link."""
    with time_machine.travel(moment, tick=False):
        token = f"{AuditEntry.objects.count():032}"
        entry = AuditEntry(at=timezone.now(), action="view", table="a.b", token=token)
        entry.seal({})
        entry.save()
        chain.seal(token)
    return AuditLink.objects.get(token=token)


def noon(ago):
    return timezone.make_aware(dt.datetime.combine(day(ago), dt.time(12)))


@pytest.fixture
def client(client_for, chief, ward):
    return client_for(chief)


@pytest.mark.parametrize("user", ["officer_a", "duty", "clerk", "leader", "superuser"])
def test_everybody_but_the_chief_is_refused(request, client_for, user):
    assert client_for(request.getfixturevalue(user)).get(HEAD).status_code == 403


def test_the_newest_link_of_today(client, chief):
    link = link_at(timezone.now() + dt.timedelta(seconds=1))
    response = client.get(HEAD)
    page = response.content.decode()
    assert response.status_code == 200
    assert response.context["link"] == link
    assert all(link.digest[n : n + 8] in page for n in range(0, 64, 8))
    assert str(link.number) in page
    assert "Phường Thử Nghiệm" in page
    entry = AuditEntry.objects.latest("pk")
    assert (entry.action, entry.user) == ("print", chief)
    assert f"Mắt xích: {link.number}" in client.get("/audit/").content.decode()


def test_the_last_link_of_a_day_that_is_over(client):
    late = noon(3).replace(hour=23, minute=59)
    before, last = link_at(noon(3)), link_at(late)
    after = link_at(late + dt.timedelta(minutes=1))
    shown = lambda ago: client.get(HEAD, {"day": f"{day(ago):%d/%m/%Y}"}).context  # noqa: E731
    assert shown(3)["link"] == last
    assert shown(2)["link"] == shown(1)["link"] == after
    assert before.number < last.number < after.number


def test_how_many_entries_there_were(client):
    for _ in range(3):
        trail().reading(Household, "view", code="H-00001")
    chain.seal_rest()
    link = AuditLink.objects.latest("number")
    context = client.get(HEAD).context
    sealed = sum(AuditLink.objects.values_list("count", flat=True))
    assert context["link"] == link
    assert context["sealed"] == str(sealed)
    assert int(context["written"]) >= 3


def test_a_day_before_the_chain_says_so(client):
    response = client.get(HEAD, {"day": "01/01/2001"})
    assert response.status_code == 200
    assert "chưa có mục nào được niêm phong" in response.content.decode()


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("32/13/2026", "Ngày"),
        ("hôm qua", "Ngày"),
        ("\0", "Ngày"),
        ("", "bắt buộc"),
        ("01/01/0001", "Năm"),
        (f"{day(-1):%d/%m/%Y}", "Ngày này chưa tới."),
    ],
)
def test_a_wrong_day_is_told_beside_the_field(client, given, told):
    count = AuditEntry.objects.count()
    response = client.get(HEAD, {"day": given})
    assert response.status_code == 422
    assert told.lower() in str(response.context["form"].errors["day"]).lower()
    assert AuditEntry.objects.count() == count


def test_the_list_leads_there(client):
    assert f'href="{HEAD}"' in client.get("/audit/").content.decode()
