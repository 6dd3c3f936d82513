"""Partner organisations: the register, and what one did and promised."""

import datetime as dt

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from outreach.models import Partner
from tests.factories import (
    ActivityFactory,
    ActivityPartnerFactory,
    AwardFactory,
    CommitmentFactory,
    FulfilmentFactory,
    PartnerFactory,
)

pytestmark = pytest.mark.django_db

D = dt.date
LIST = "/partners/"


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(dt.datetime(2026, 11, 24, 9, tzinfo=dt.UTC), tick=False):
        yield D(2026, 11, 24)


@pytest.fixture
def women(db):
    return PartnerFactory(name="Hội Phụ nữ phường", contact_phone="0100123456")


def typed(**changes):
    return {
        "name": "Đoàn Thanh niên phường",
        "kind": "youth",
        "contact_name": "Anh Bí thư",
    } | changes


def page(client, partner):
    return client.get(partner.get_absolute_url()).context


class TestTheRegister:
    def test_one_is_added(self, client_for, officer_a):
        done = client_for(officer_a).post(f"{LIST}create/", typed(contact_phone="0100 123 456"))
        row = Partner.objects.get()
        assert done.url == row.get_absolute_url()
        assert (row.kind, row.contact_phone) == ("youth", "0100123456")

    def test_the_phone_is_masked_and_kept_when_left_blank(self, client_for, chief, women):
        client = client_for(chief)
        told = client.get(women.get_absolute_url()).content.decode()
        assert "0100123456" not in told
        assert "010****456" in told
        client.post(f"{women.get_absolute_url()}edit/", typed(version=women.version))
        women.refresh_from_db()
        assert (women.name, women.contact_phone) == ("Đoàn Thanh niên phường", "0100123456")

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"name": ""}, "name"),
            ({"name": "Hội Phụ nữ phường"}, "name"),
            ({"kind": "church"}, "kind"),
            ({"contact_phone": "12"}, "contact_phone"),
        ],
    )
    def test_bad_input_is_told_at_its_field(self, client_for, chief, women, changes, field):
        response = client_for(chief).post(f"{LIST}create/", typed(**changes))
        assert response.status_code == 422
        assert response.context["form"].errors[field]
        assert Partner.objects.count() == 1

    def test_the_list_shows_those_at_work(self, client_for, chief, women):
        gone = PartnerFactory(name="Hội cũ", ended_on=D(2026, 1, 1))
        client = client_for(chief)
        assert "Hội cũ" not in client.get(LIST).content.decode()
        assert "Hội cũ" in client.get(f"{LIST}?state=ended").content.decode()
        found = client.get(f"{LIST}options/?q=hoi").json()["results"]
        assert [one["label"] for one in found] == [women.name] != [gone.name]

    @pytest.mark.parametrize(("who", "status"), [("duty", 403), ("leader", 403), ("clerk", 200)])
    def test_who_may_add(self, request, client_for, who, status):
        client = client_for(request.getfixturevalue(who))
        assert client.get(f"{LIST}create/").status_code == status


class TestThePage:
    def test_what_it_led_and_took_part_in_this_year(self, client_for, chief, women, area_a):
        own = ActivityFactory(neighbourhood=area_a, lead=women, held_on=D(2026, 1, 1))
        shared = ActivityPartnerFactory(partner=women, activity__held_on=D(2026, 11, 1)).activity
        ActivityFactory(lead=women, held_on=D(2025, 12, 31))
        ActivityFactory(lead=women, held_on=None, planned_on=D(2026, 12, 1))
        ActivityFactory(held_on=D(2026, 5, 5))
        context = page(client_for(chief), women)
        assert context["activities"] == [shared, own]
        assert (context["led"], context["taken"]) == (1, 1)
        listed = client_for(chief).get(context["more_url"]).content.decode()
        assert own.code in listed
        assert shared.code in listed

    def test_an_officer_sees_his_own_and_ward_wide_ones(
        self, client_for, officer_a, women, area_a, area_b
    ):
        own = ActivityFactory(neighbourhood=area_a, lead=women, held_on=D(2026, 3, 1))
        whole = ActivityFactory(neighbourhood=None, lead=women, held_on=D(2026, 2, 1))
        ActivityFactory(neighbourhood=area_b, lead=women, held_on=D(2026, 3, 1))
        context = page(client_for(officer_a), women)
        assert context["activities"] == [own, whole]
        assert context["led"] == 2

    def test_how_late_it_keeps_its_commitments(self, client_for, chief, women):
        late = CommitmentFactory(partner=women, due_on=D(2026, 3, 1))
        FulfilmentFactory(
            commitment=late, due_on=D(2026, 3, 1), done_on=D(2026, 3, 13), evidence="Biên bản"
        )
        FulfilmentFactory(
            commitment=late, due_on=D(2026, 6, 1), done_on=D(2026, 5, 30), evidence="Biên bản"
        )
        FulfilmentFactory(commitment=late, due_on=D(2026, 11, 20))
        FulfilmentFactory(commitment=late, due_on=D(2027, 2, 20))
        waits = CommitmentFactory(partner=women, due_on=D(2026, 12, 4))
        FulfilmentFactory(commitment=waits, due_on=D(2026, 12, 4))
        CommitmentFactory(due_on=D(2026, 12, 4))  # the station's own
        CommitmentFactory(partner=women, due_on=D(2026, 1, 1), ended_on=D(2026, 11, 24))
        found = page(client_for(chief), women)["kept"]
        told = [(k.commitment, k.due_on, k.done, k.most_late, k.badge) for k in found]
        assert told == [
            (late, D(2026, 11, 20), 2, 12, ("late", "Quá hạn 4 ngày")),
            (waits, D(2026, 12, 4), 0, 0, ("due", "Còn 10 ngày")),
        ]

    def test_its_awards(self, client_for, chief, women):
        award = AwardFactory(partner=women, group=None, neighbourhood=None)
        AwardFactory()
        assert list(page(client_for(chief), women)["awards"]) == [award]

    def test_its_queries_do_not_grow(self, client_for, chief, women):
        def asked():
            client = client_for(chief)
            with CaptureQueriesContext(connection) as queries:
                assert client.get(women.get_absolute_url()).status_code == 200
            return len(queries)

        def more():
            ActivityFactory(lead=women, held_on=D(2026, 3, 1))
            commitment = CommitmentFactory(partner=women, due_on=D(2026, 12, 1))
            FulfilmentFactory(commitment=commitment, due_on=D(2026, 12, 1))
            AwardFactory(partner=women, group=None, neighbourhood=None)

        more()
        few = asked()
        for _ in range(8):
            more()
        assert asked() == few <= 14
