"""The coverage table: hand-counted sessions, what each number opens, who sees which rows."""

import datetime as dt

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.html import strip_tags

from outreach import coverage
from outreach.coverage import Cell, Share
from outreach.models import Activity, Topic
from tests.factories import ActivityFactory, NeighbourhoodFactory, TopicFactory

pytestmark = pytest.mark.django_db

PAGE = "/outreach/coverage/"
D = dt.date


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(dt.datetime(2026, 11, 24, 9, tzinfo=dt.UTC), tick=False):
        yield D(2026, 11, 24)


@pytest.fixture
def topics(db):
    """Two topics and no others."""
    Topic.objects.all().delete()
    return TopicFactory(name="Ma tuý", position=1), TopicFactory(name="Lừa đảo", position=2)


@pytest.fixture
def sessions(topics, area_a, area_b):
    """Of drugs: two in A, none in B; of fraud: one in B and one for the whole ward."""
    drugs, fraud = topics
    held = [
        (drugs, area_a, D(2026, 10, 1)),  # the first day of the quarter
        (drugs, area_a, D(2026, 11, 2)),
        (fraud, area_b, D(2026, 11, 24)),
        (fraud, None, D(2026, 10, 15)),
    ]
    rows = [ActivityFactory(topic=t, neighbourhood=a, held_on=on) for t, a, on in held]
    ActivityFactory(topic=drugs, neighbourhood=area_b, held_on=D(2026, 9, 30))  # a day before
    ActivityFactory(topic=drugs, neighbourhood=area_b, held_on=None, planned_on=D(2026, 11, 20))
    ActivityFactory(
        topic=drugs,
        neighbourhood=area_b,
        held_on=None,
        planned_on=D(2026, 11, 3),
        cancelled_on=D(2026, 11, 1),
    )
    return rows


def laid_out(client, query=""):
    """Return the page's numbers: `{neighbourhood: [(own, ward, words)]}`, the rows' sums last."""
    lines = client.get(f"{PAGE}?{query}").context["lines"]
    return {
        line.label: [(c.own.count, c.ward.count, c.told) for c in [*line.cells, line.total]]
        for line in lines
    }


def opened(client, url):
    """Return the keys of the rows that an address lists."""
    return {
        row.code for row in Activity.objects.all() if row.code in client.get(url).content.decode()
    }


class TestTheSum:
    def test_by_hand(self):
        counts = {("a", 1): 2, ("b", 2): 1, (None, 2): 3}
        found = coverage.table(counts, ["a", "b", "c"], [1, 2, 3])
        assert found.cells["a", 1] == Cell(2, 0)
        assert found.cells["a", 2] == Cell(0, 3)
        assert found.cells["c", 3] == Cell(0, 0)
        assert found.columns == {1: 2, 2: 4, 3: 0}
        assert {key: row.own for key, row in found.rows.items()} == {"a": 2, "b": 1, "c": 0}
        assert (found.total, found.empty) == (6, 5)  # topic 1 in b, c; topic 3 in all
        assert found.shares == {1: Share(1, 1, 3), 2: Share(3, 1, 3), 3: Share(0, 0, 3)}

    def test_other_neighbourhoods_and_topics_are_left_out(self):
        found = coverage.table({("x", 1): 5, ("a", 9): 5}, ["a"], [1])
        assert (found.total, found.empty) == (0, 1)

    def test_without_neighbourhoods_there_is_no_share(self):
        assert coverage.table({}, [], [1]).shares == {1: Share(0, 0, 0)}


class TestThePage:
    def test_hand_counted(self, client_for, chief, sessions, area_a, area_b):
        nothing = (0, 0, "chưa có")
        assert laid_out(client_for(chief)) == {
            area_a.name: [(2, 0, ""), (0, 1, "chỉ cả phường"), (2, 1, "")],
            area_b.name: [nothing, (1, 1, ""), (1, 1, "")],
        }

    def test_sums_and_shares(self, client_for, chief, sessions):
        context = client_for(chief).get(PAGE).context
        assert [n.count for n in context["columns"]] == [2, 2]
        assert [n.count for n in context["ward_row"]] == [0, 1]
        assert (context["ward_total"].count, context["total"].count) == (1, 4)
        shares = [(s["percent"], s["of"], s["own"]) for _, s in context["shares"]]
        assert shares == [
            ("50,0 %", "1/2 tổ", "riêng 1/2"),
            ("100,0 %", "2/2 tổ", "riêng 1/2"),
        ]
        assert (context["empty"], context["cells"]) == (1, 4)

    def test_empty_cells_are_told_in_words(self, client_for, chief, sessions):
        text = strip_tags(client_for(chief).get(PAGE).content.decode())
        assert "1/4 ô chưa có." in text
        assert text.count("chưa có") >= 3  # the legend, the sum, the cell

    def test_every_number_opens_exactly_its_rows(self, client_for, chief, sessions):
        client = client_for(chief)
        context = client.get(PAGE).context
        numbers = [
            n
            for line in context["lines"]
            for c in [*line.cells, line.total]
            for n in (c.own, c.ward)
        ]
        numbers += [
            *context["ward_row"],
            *context["columns"],
            context["ward_total"],
            context["total"],
        ]
        assert sum(n.count > 0 for n in numbers) == 13
        for number in numbers:
            assert len(opened(client, number.url)) == number.count, number.url
        assert opened(client, context["total"].url) == {row.code for row in sessions}

    def test_an_officer_sees_his_own_and_what_was_for_all(
        self, client_for, officer_a, sessions, area_a
    ):
        client = client_for(officer_a)
        assert laid_out(client) == {area_a.name: [(2, 0, ""), (0, 1, "chỉ cả phường"), (2, 1, "")]}
        context = client.get(PAGE).context
        assert context["total"].count == 3
        assert [s["of"] for _, s in context["shares"]] == ["1/1 tổ", "1/1 tổ"]
        assert len(opened(client, context["total"].url)) == 3

    def test_another_quarter(self, client_for, chief, sessions, area_a, area_b):
        found = laid_out(client_for(chief), "quarter=2026-Q3")
        assert found[area_b.name][0] == (1, 0, "")
        assert found[area_a.name][0] == (0, 0, "chưa có")

    @pytest.mark.parametrize("asked", ["2026-Q5", "abc", "2027-Q1", "1999-Q4", "2026-Q4%00"])
    def test_a_quarter_that_is_none_is_told(self, client_for, chief, sessions, asked):
        response = client_for(chief).get(f"{PAGE}?quarter={asked}")
        assert response.status_code == 200
        assert response.context["form"].errors["quarter"]
        assert "lines" not in response.context

    def test_the_quarters_are_linked(self, client_for, chief, sessions):
        context = client_for(chief).get(f"{PAGE}?quarter=2026-Q3").context
        assert context["previous_url"].endswith("quarter=2026-Q2")
        assert context["next_url"].endswith("quarter=2026-Q4")
        assert client_for(chief).get(PAGE).context["next_url"] == ""

    def test_a_topic_no_longer_used_stays_where_it_was_held(
        self, client_for, chief, sessions, topics
    ):
        drugs, fraud = topics
        Topic.objects.update(ended_on=D(2026, 11, 1))
        Activity.objects.filter(topic=drugs).delete()
        assert client_for(chief).get(PAGE).context["topics"] == [fraud]

    def test_leaders_and_strangers_are_refused(self, client_for, leader, superuser, client):
        assert client_for(leader).get(PAGE).status_code == 403
        assert client_for(superuser).get(PAGE).status_code == 403
        assert client.get(PAGE).status_code == 302

    def test_without_a_neighbourhood(self, client_for, chief, topics):
        response = client_for(chief).get(PAGE)
        assert response.status_code == 200
        assert "Chưa có tổ dân phố" in response.content.decode()

    def test_its_queries_do_not_grow(self, client_for, chief, sessions, ward, topics):
        def asked():
            client = client_for(chief)
            with CaptureQueriesContext(
                connection,
            ) as queries:
                assert client.get(PAGE).status_code == 200
            return len(queries)

        few = asked()
        for _ in range(10):
            area = NeighbourhoodFactory(ward=ward)
            for topic in [*topics, TopicFactory()]:
                ActivityFactory(topic=topic, neighbourhood=area, held_on=D(2026, 11, 1))
        assert asked() == few <= 12
