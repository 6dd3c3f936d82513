"""The list of businesses: default, filters, export, rights, junk, number of queries."""

import csv
import datetime as dt
import io

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.html import strip_tags

from tests.factories import BusinessFactory, CertificateFactory, day, sector

LIST = "/businesses/"


def codes(response):
    assert response.status_code == 200
    return [strip_tags(row[0][2]) for row in response.context["table"]["rows"]]


@pytest.fixture
def rows(area_a, area_b):
    """Return an open, a suspended and a closed business, the last two in the other area."""
    return (
        BusinessFactory(neighbourhood=area_a, name="An"),
        BusinessFactory(neighbourhood=area_b, name="Bình", state="suspended"),
        BusinessFactory(
            neighbourhood=area_b, name="Cúc", state="closed", sector=sector("pawnshop")
        ),
    )


def test_what_is_not_closed_unless_asked(client_for, chief, rows, area_b):
    client = client_for(chief)
    shown, suspended, closed = (row.code for row in rows)
    expected = {
        "": [shown, suspended],
        "?state=all": [shown, suspended, closed],
        "?state=closed": [closed],
        "?state=suspended": [suspended],
        f"?neighbourhood={area_b.pk}": [suspended],
        f"?sector={sector('pawnshop').pk}": [],
        f"?sector={sector('pawnshop').pk}&state=all": [closed],
        "?q=binh": [suspended],
        "?sort=-name&state=all": [closed, suspended, shown],
    }
    for query, wanted in expected.items():
        assert codes(client.get(LIST + query)) == wanted, query


def test_papers_to_renew(client_for, chief, rows):
    shown, suspended, _ = rows
    for row in rows:
        CertificateFactory(business=row, expires_on=day(-30))
    CertificateFactory(business=shown, expires_on=day(4))  # a second one: the row stays one
    fine = BusinessFactory()
    CertificateFactory(business=fine, expires_on=day(-31))
    client = client_for(chief)
    assert codes(client.get(f"{LIST}?certificate=due")) == [shown.code, suspended.code]


def test_an_officer_sees_only_his_own(client_for, officer_b, rows, area_a):
    client = client_for(officer_b)
    foreign, own = rows[0], rows[1]
    assert codes(client.get(LIST)) == [own.code]
    assert codes(client.get(f"{LIST}?q={foreign.code}")) == []
    assert codes(client.get(f"{LIST}?neighbourhood={area_a.pk}")) == []
    options = client.get(reverse("business-options"), {"q": "An"}).json()
    assert options == {"results": []}
    sent = b"".join(client.post(LIST, {"_export": "csv", "state": "all"}).streaming_content)
    assert foreign.code not in sent.decode()


def test_the_export_holds_the_rows_of_the_list(client_for, chief, rows):
    client = client_for(chief)
    listed = [
        [strip_tags(html).replace("—", "") for _, _, html in row]
        for row in client.get(f"{LIST}?state=all&sort=-name").context["table"]["rows"]
    ]
    data = {"_export": "csv", "state": "all", "sort": "-name"}
    sent = b"".join(client.post(LIST, data).streaming_content).decode("utf-8-sig")
    header, *exported = csv.reader(io.StringIO(sent))
    assert header[:2] == ["Mã", "Tên cơ sở"]
    assert exported == listed


def test_who_may(client_for, duty, leader, superuser, rows):
    for user in (leader, superuser):
        assert client_for(user).get(LIST).status_code == 403
    desk = client_for(duty)
    assert desk.get(LIST).status_code == 200
    assert desk.post(LIST, {"_export": "csv"}).status_code == 403
    assert desk.get(reverse("business-create")).status_code == 403


@pytest.mark.parametrize("junk", ["\0", "x" * 5000, "-7", "99999999999999999999", "abc"])
def test_junk_in_the_address_is_no_error(client_for, chief, rows, junk):
    client = client_for(chief)
    names = ("q", "page", "sort", "neighbourhood", "sector", "state", "certificate")
    for name in (*names, "papers", "conditional", "contact", "on", "event", "month"):
        assert client.get(LIST, {name: junk}).status_code == 200, name


def test_as_many_queries_for_three_rows_as_for_one(client_for, chief):
    client, counts = client_for(chief), []
    client.get("/")  # the session is written once
    for new in (1, 2):
        for row in BusinessFactory.create_batch(new):
            CertificateFactory(business=row, expires_on=day(-5))
        for query in ("", "?certificate=due"):
            with CaptureQueriesContext(connection) as queries:
                assert len(codes(client.get(LIST + query))) == new * 2 - 1
            counts.append(len(queries))
    assert len(set(counts[::2])) == len(set(counts[1::2])) == 1
    assert max(counts) <= 12


def test_sectors_under_conditions_today(client_for, chief, area_a, on):
    lpg, karaoke, eating = (
        BusinessFactory(neighbourhood=area_a, name=name, sector=sector(name))
        for name in ("lpg", "karaoke", "eating")
    )
    client, rule = client_for(chief), lpg.sector.rules.get()
    for until, wanted in (
        (on, {karaoke.code}),  # from today on it is free
        (on + dt.timedelta(days=1), {karaoke.code, lpg.code}),
    ):
        rule.valid_to = until
        rule.save()
        assert set(codes(client.get(f"{LIST}?conditional=yes"))) == wanted
    assert eating.code in codes(client.get(LIST))


def test_filters_that_figures_ask_for_are_shown_once_in_use(client_for, chief):
    client = client_for(chief)
    hidden = {field.name for field in shown_form(client.get(LIST)).hidden_fields()}
    assert hidden == {"contact", "on", "event", "month"}
    form = shown_form(client.get(f"{LIST}?event=issued"))
    assert {field.name for field in form.hidden_fields()} == {"contact", "on"}
    assert form["month"].errors == ["Ghi kỳ báo cáo như 2026-10."]


def shown_form(response):
    return response.context["filterset"].form
