"""The plan of a year: who is in it, who was when, who is still without, and planning for many."""

import datetime as dt
import re

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from businesses.models import Inspection
from tests.factories import BusinessFactory, InspectionFactory, sector

pytestmark = pytest.mark.django_db

PLAN = "/inspections/plan/"
D = dt.date


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(dt.datetime(2026, 11, 24, 9, tzinfo=dt.UTC), tick=False):
        yield D(2026, 11, 24)


@pytest.fixture
def places(area_a):
    made = BusinessFactory.create_batch(3, neighbourhood=area_a, opened_on=D(2015, 1, 1))
    return sorted(made, key=lambda one: one.sort_key)


def rows(client, query=""):
    return client.get(f"{PLAN}?{query}").context["rows"]


def names(client, query=""):
    return [row.business.name for row in rows(client, query)]


def held(business, day, **values):
    before = day - dt.timedelta(days=30)
    return InspectionFactory(
        business=business, held=True, planned_on=day, held_on=day, noticed_on=before, **values
    )


def tiles(client, query=""):
    return {label: (n, url) for label, n, url in client.get(f"{PLAN}?{query}").context["tiles"]}


class TestWhoIsInIt:
    def test_trading_businesses_under_conditions(self, client_for, chief, places):
        BusinessFactory(sector=sector("eatery"))
        BusinessFactory(state="closed")
        suspended = BusinessFactory(state="suspended")
        found = names(client_for(chief))
        assert set(found) == {*(one.name for one in places), suspended.name}

    def test_the_sector_is_asked_for_on_the_day_of_the_year_nearest_to_today(
        self, client_for, chief
    ):
        gas = BusinessFactory(sector=sector("lpg"))  # free of conditions since 15/3/2026
        client = client_for(chief)
        assert names(client, "year=2025") == [gas.name]
        assert names(client, "year=2026") == []
        assert names(client_for(chief), "year=2027") == []

    def test_what_is_planned_is_told_of_whatever_business(self, client_for, chief):
        closed = BusinessFactory(state="closed")
        InspectionFactory(business=closed, planned_on=D(2027, 3, 1))
        assert names(client_for(chief), "year=2027") == [closed.name]

    def test_an_officer_sees_his_own(self, client_for, officer_a, places, area_b):
        BusinessFactory(neighbourhood=area_b)
        assert len(rows(client_for(officer_a))) == 3

    def test_the_last_one_held_says_from_when_the_next_may_be(self, client_for, chief, places):
        held(places[0], D(2026, 3, 10))
        held(places[0], D(2025, 2, 10))
        held(places[0], D(2026, 6, 1), kind="fire")
        InspectionFactory(business=places[0], planned_on=D(2027, 4, 1))
        first, second, _ = rows(client_for(chief), "year=2027")
        assert (first.last.held_on, first.earliest) == (D(2026, 3, 10), D(2027, 3, 10))
        assert [one.planned_on for one, *_ in first.planned] == [D(2027, 4, 1)]
        assert (second.last, second.earliest, second.planned) == (None, None, [])

    def test_until_when_each_must_be_announced(self, client_for, chief, places):
        InspectionFactory(business=places[0], planned_on=D(2026, 12, 7))
        InspectionFactory(business=places[1], planned_on=D(2026, 11, 27))
        InspectionFactory(business=places[2], planned_on=D(2026, 12, 7), noticed_on=D(2026, 11, 20))
        client = client_for(chief)
        found = [row.planned[0][2:] for row in rows(client)]
        assert found == [(D(2026, 11, 30), False), (D(2026, 11, 20), True), (None, False)]
        page = client.get(PLAN).content.decode()
        assert "thông báo chậm nhất 30/11/2026" in page

    def test_filters(self, client_for, chief, places, area_b):
        other = BusinessFactory(neighbourhood=area_b, sector=sector("pawnshop"))
        InspectionFactory(business=places[0], planned_on=D(2026, 12, 7))
        client = client_for(chief)
        assert names(client, f"neighbourhood={area_b.pk}") == [other.name]
        assert names(client, f"sector={sector('pawnshop').pk}") == [other.name]
        assert names(client, "plan=some") == [places[0].name]
        without = {places[1].name, places[2].name, other.name}
        assert set(names(client, "plan=none")) == without

    def test_a_year_without_days_off_is_told(self, client_for, chief, places):
        client = client_for(chief)
        assert "Chưa ghi ngày nghỉ lễ" not in client.get(f"{PLAN}?year=2027").content.decode()
        page = client.get(f"{PLAN}?year=2028").content.decode()
        assert "Chưa ghi ngày nghỉ lễ năm 2028" in page


class TestCounts:
    def test_each_leads_to_as_many_rows(self, client_for, chief, places, area_b):
        held(places[0], D(2026, 3, 10))
        InspectionFactory(business=places[1], planned_on=D(2026, 12, 7), noticed_on=D(2026, 11, 20))
        InspectionFactory(
            business=places[2],
            planned_on=D(2026, 12, 1),
            cancelled_on=D(2026, 11, 1),
            cancel_reason="Hoãn",
        )
        closed = BusinessFactory(state="closed", neighbourhood=area_b)
        InspectionFactory(business=closed, planned_on=D(2026, 12, 8))
        client = client_for(chief)
        found = tiles(client)
        assert [n for n, _ in found.values()] == [3, 1, 1, 1]
        for number, url in found.values():
            page = client.get(url)
            shown = page.context["rows"] if url.startswith(PLAN) else None
            count = len(shown) if shown is not None else int(page.context["page"]["count"])
            assert count == number, url

    def test_they_follow_the_filters_but_not_the_one_by_plan(
        self, client_for, chief, places, area_a, area_b
    ):
        BusinessFactory(neighbourhood=area_b)
        client = client_for(chief)
        found = tiles(client, f"neighbourhood={area_a.pk}&plan=some")
        number, url = found["Cơ sở chưa có kế hoạch"]
        assert number == 3 == len(client.get(url).context["rows"])


class TestPlanningForMany:
    def send(self, client, businesses, **changes):
        fields = {"do": "plan", "planned_on": "10/3/2027", "content": "Toàn diện"}
        return client.post(PLAN, {**fields, "pick": [one.pk for one in businesses], **changes})

    def test_one_day_for_those_ticked(self, client_for, officer_a, places):
        client = client_for(officer_a)
        done = self.send(client, places[:2])
        assert done.url == f"{PLAN}?year=2027"
        made = Inspection.objects.all()
        assert {row.business for row in made} == set(places[:2])
        assert {(row.planned_on, row.content) for row in made} == {(D(2027, 3, 10), "Toàn diện")}
        assert "Đã lập kế hoạch kiểm tra 2 cơ sở" in client.get(done.url).content.decode()

    def test_all_or_none_naming_those_that_refuse(self, client_for, officer_a, places):
        held(places[1], D(2026, 3, 11))
        answer = self.send(client_for(officer_a), places)
        assert answer.status_code == 422
        page = answer.content.decode()
        assert f'<a href="{places[1].get_absolute_url()}">{places[1].name}</a>: Cơ sở đã' in page
        assert "không quá một lần trong một năm (NĐ 96/2016/NĐ-CP)" in page
        assert Inspection.objects.count() == 1
        assert [row.picked for row in answer.context["rows"]] == [True, False, True]
        assert "Toàn diện" in page

    def test_exactly_twelve_months_later_will_do(self, client_for, officer_a, places):
        held(places[1], D(2026, 3, 10))
        assert self.send(client_for(officer_a), places).status_code == 302

    @pytest.mark.parametrize(
        ("changes", "field", "sentence"),
        [
            ({"planned_on": ""}, "planned_on", "bắt buộc"),
            ({"planned_on": "31/2/2027"}, "planned_on", "không có trong lịch"),
            ({"planned_on": "23/11/2026"}, "planned_on", "không thể trước hôm nay"),
            ({"pick": []}, "__all__", "ít nhất một cơ sở"),
            ({"pick": ["9" * 18, "x", "²", "-1"]}, "__all__", "ít nhất một cơ sở"),
            ({"content": "x" * 1001}, "content", "1000"),
        ],
    )
    def test_what_is_refused_saves_nothing(
        self, client_for, officer_a, places, changes, field, sentence
    ):
        answer = self.send(client_for(officer_a), places, **changes)
        assert answer.status_code == 422
        assert sentence in " ".join(answer.context["form"].errors[field])
        assert not Inspection.objects.exists()

    def test_those_of_another_beat_are_not_planned(self, client_for, officer_a, area_b):
        answer = self.send(client_for(officer_a), [BusinessFactory(neighbourhood=area_b)])
        assert answer.status_code == 422
        assert not Inspection.objects.exists()

    def test_sent_twice_it_is_written_once(self, client_for, officer_a, places):
        client = client_for(officer_a)
        page = client.get(PLAN).content.decode()
        once = re.search(r'name="_once" value="(\w+)"', page)[1]
        first, second = (self.send(client, places, _once=once) for _ in "12")
        assert first.url == second.url
        assert Inspection.objects.count() == 3

    def test_the_server_ticks_all_or_none_where_no_script_runs(self, client_for, officer_a, places):
        InspectionFactory(business=places[0], planned_on=D(2026, 12, 7))
        client = client_for(officer_a)
        answer = self.send(client, [], do="all")
        assert [row.picked for row in answer.context["rows"]] == [False, True, True]
        assert answer.context["form"]["planned_on"].value() == "10/3/2027"
        answer = self.send(client, places, do="none")
        assert not any(row.picked for row in answer.context["rows"])


class TestWhoMay:
    def test_the_desk_looks_and_plans_nothing(self, client_for, duty, places):
        client = client_for(duty)
        page = client.get(PLAN)
        assert page.status_code == 200
        assert 'name="pick"' not in page.content.decode()
        assert client.post(PLAN, {"pick": places[0].pk}).status_code == 403

    def test_leaders_do_not_see_it(self, client_for, leader):
        assert client_for(leader).get(PLAN).status_code == 403


@pytest.mark.parametrize(
    "query",
    [
        "year=abc",
        "year=99999",
        "year=0",
        "year=²",
        "sector=x",
        "neighbourhood=" + "9" * 40,
        "plan=x",
    ],
)
def test_an_odd_filter_is_told_beside_it(client_for, chief, places, query):
    page = client_for(chief).get(f"{PLAN}?{query}")
    assert page.status_code == 200
    assert page.context["rows"] == []
    assert "f-error" in page.content.decode()


@pytest.mark.parametrize("year", [1900, 2999])
def test_the_first_and_the_last_year_open(client_for, chief, places, year):
    assert client_for(chief).get(f"{PLAN}?year={year}").status_code == 200


def test_a_hundred_and_fifty_businesses_cost_no_more_than_one(client_for, chief, area_a):
    def cost():
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address).status_code == 200
        return len(queries)

    def add():
        business = BusinessFactory(neighbourhood=area_a)
        held(business, D(2025, 3, 10))
        InspectionFactory(business=business, planned_on=D(2026, 12, 7))

    client = client_for(chief)
    add()
    address = f"{PLAN}?neighbourhood={area_a.pk}&sector={sector().pk}"
    client.get(address)
    one = cost()
    for _ in range(149):
        add()
    assert cost() == one <= 12
    assert len(rows(client)) == 150


def test_it_is_reached_from_the_list(client_for, chief):
    assert f'href="{PLAN}"' in client_for(chief).get("/inspections/").content.decode()
