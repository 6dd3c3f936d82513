"""What people asked at sessions: owners, deadlines, answers."""

import datetime as dt

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from kylien.core.work import all_work
from outreach.models import Question
from tests.factories import ActivityFactory, QuestionFactory

pytestmark = pytest.mark.django_db

LIST = "/questions/"
D = dt.date


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(dt.datetime(2026, 11, 24, 9, tzinfo=dt.UTC), tick=False):
        yield D(2026, 11, 24)


@pytest.fixture
def held(area_a):
    return ActivityFactory(neighbourhood=area_a, held_on=D(2026, 11, 1))


@pytest.fixture
def question(held):
    return QuestionFactory(activity=held, due_on=D(2026, 11, 20))


def typed(**changes):
    return {"content": "Bao giờ lắp đèn?", "owner_body": "Uỷ ban nhân dân phường"} | changes


def errors(response, name):
    assert response.status_code == 422
    return " ".join(map(str, response.context["form"].errors[name]))


class TestAsking:
    def url(self, row):
        return f"{row.get_absolute_url()}questions/create/"

    def test_a_further_one(self, client_for, officer_a, held):
        done = client_for(officer_a).post(self.url(held), typed(owner=officer_a.pk, owner_body=""))
        assert done.url == f"{held.get_absolute_url()}#questions"
        row = held.questions.get()
        assert (row.owner, row.due_on) == (officer_a, D(2026, 12, 1))

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"content": ""}, "content"),
            ({"content": "x" * 301}, "content"),
            ({"owner_body": ""}, "owner"),
            ({"owner": "0"}, "owner"),
            ({"due_on": "31/10/2026"}, "due_on"),
            ({"due_on": "ngày mai"}, "due_on"),
        ],
    )
    def test_bad_input_is_told_at_its_field(self, client_for, chief, held, changes, field):
        assert errors(client_for(chief).post(self.url(held), typed(**changes)), field)
        assert not Question.objects.exists()

    def test_not_before_it_was_held(self, client_for, chief, area_a):
        row = ActivityFactory(neighbourhood=area_a, held_on=None, planned_on=D(2026, 12, 1))
        assert client_for(chief).get(self.url(row)).status_code == 404
        assert client_for(chief).get(row.get_absolute_url()).context["ask_url"] == ""

    def test_the_desk_does_not(self, client_for, duty, held):
        assert client_for(duty).get(self.url(held)).status_code == 403

    def test_it_is_mended(self, client_for, officer_a, question):
        data = typed(content="Bao giờ lắp camera?", due_on="30/11/2026", version=question.version)
        client_for(officer_a).post(f"{question.get_absolute_url()}edit/", data)
        question.refresh_from_db()
        assert (question.content, question.due_on) == ("Bao giờ lắp camera?", D(2026, 11, 30))


class TestAnswering:
    def url(self, row):
        return f"{row.get_absolute_url()}answer/"

    def test_it_is_noted_and_taken_back(self, client_for, officer_a, question, today):
        client = client_for(officer_a)
        data = {"done_on": "24/11/2026", "result": "Lắp xong", "version": question.version}
        done = client.post(self.url(question), data)
        assert done.url == question.get_absolute_url()
        question.refresh_from_db()
        assert (question.done_on, question.result) == (today, "Lắp xong")
        assert question.badge(today) == ("mute", "Xong, trễ 4 ngày")
        client.post(self.url(question), {"done_on": "", "result": "?", "version": question.version})
        question.refresh_from_db()
        assert (question.done_on, question.result) == (None, "")

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"result": ""}, "result"),
            ({"done_on": ""}, "done_on"),
            ({"done_on": "25/11/2026"}, "done_on"),
            ({"done_on": "31/10/2026"}, "done_on"),
        ],
    )
    def test_bad_input_is_told_at_its_field(self, client_for, chief, question, changes, field):
        data = {"done_on": "24/11/2026", "result": "Xong", "version": question.version} | changes
        assert errors(client_for(chief).post(self.url(question), data), field)
        question.refresh_from_db()
        assert question.done_on is None

    def test_what_was_asked_before_all_its_owner_answers(self, client_for, chief, officer_b):
        row = QuestionFactory(activity__neighbourhood=None)
        assert client_for(officer_b).get(self.url(row)).status_code == 403
        assert client_for(chief).get(self.url(row)).status_code == 200
        own = QuestionFactory(activity__neighbourhood=None, owner=officer_b, owner_body="")
        assert client_for(officer_b).get(self.url(own)).status_code == 200

    def test_who_may(self, client_for, duty, leader, officer_b, question):
        assert client_for(duty).get(self.url(question)).status_code == 403
        assert client_for(leader).get(self.url(question)).status_code == 403
        assert client_for(officer_b).get(self.url(question)).status_code == 404


class TestTheList:
    @pytest.fixture
    def rows(self, held, area_b, chief):
        return {
            "late": QuestionFactory(activity=held, due_on=D(2026, 11, 23)),
            "today": QuestionFactory(
                activity=held, due_on=D(2026, 11, 24), owner=chief, owner_body=""
            ),
            "week": QuestionFactory(activity__neighbourhood=area_b, due_on=D(2026, 12, 1)),
            "far": QuestionFactory(activity__neighbourhood=None, due_on=D(2026, 12, 2)),
            "done": QuestionFactory(
                activity=held, due_on=D(2026, 11, 5), done_on=D(2026, 11, 4), result="Xong"
            ),
        }

    @staticmethod
    def listed(client, rows, query=""):
        told = client.get(f"{LIST}?{query}").content.decode()
        return {name for name, row in rows.items() if row.code in told}

    def test_the_filters(self, client_for, chief, rows, area_a):
        client = client_for(chief)
        assert self.listed(client, rows) == {"late", "today", "week", "far"}
        assert self.listed(client, rows, "state=overdue") == {"late"}
        assert self.listed(client, rows, "state=done") == {"done"}
        assert self.listed(client, rows, "state=all") == set(rows)
        assert self.listed(client, rows, "owner=mine") == {"today"}
        assert self.listed(client, rows, f"owner={chief.pk}") == {"today"}
        assert self.listed(client, rows, "owner=body") == {"late", "week", "far"}
        assert self.listed(client, rows, "owner=999") == set()
        assert self.listed(client, rows, f"neighbourhood={area_a.pk}") == {"late", "today"}
        assert self.listed(client, rows, "where=ward") == {"far"}

    def test_an_officer_sees_his_own_and_those_of_all(self, client_for, officer_a, rows):
        found = self.listed(client_for(officer_a), rows, "state=all")
        assert found == {"late", "today", "far", "done"}

    def test_what_is_to_be_done(self, chief, officer_b, rows, today):
        work = next(one for one in all_work() if one.kind == "question")
        until = today + dt.timedelta(days=work.soon)
        found = set(work.rows(chief, today, until))
        assert found == {rows[name] for name in ("late", "today", "week")}
        assert set(work.rows(officer_b, today, until)) == {rows["week"]}
        assert list(Question.objects.filter(work.assigned(chief))) == [rows["today"]]

    def test_its_queries_do_not_grow(self, client_for, chief, rows):
        def asked():
            client = client_for(chief)
            with CaptureQueriesContext(connection) as queries:
                client.get(LIST)
            return len(queries)

        few = asked()
        for _ in range(20):
            QuestionFactory(owner=chief, owner_body="")
        assert asked() == few <= 12
