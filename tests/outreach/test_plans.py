"""The year's plan: single items, many at once, what is done and what is late."""

import datetime as dt
import re

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from kylien.core.work import all_work
from outreach.models import PlanItem, Topic
from outreach.services import activities as services
from tests.factories import ActivityFactory, PartnerFactory, PlanItemFactory, topic

pytestmark = pytest.mark.django_db

LIST = "/outreach-plans/"
YEAR = "/outreach-plans/year/"
D = dt.date


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(dt.datetime(2026, 5, 20, 9, tzinfo=dt.UTC), tick=False):
        yield D(2026, 5, 20)


def typed(**changes):
    return {"topic": topic().pk, "audience": "households", "due_on": "30/06/2026"} | changes


def errors(response, name):
    assert response.status_code == 422
    return " ".join(map(str, response.context["form"].errors[name]))


def listed(client, query=""):
    told = client.get(f"{LIST}?{query}").content.decode()
    return {row for row in PlanItem.objects.all() if row.code in told}


class TestOneItem:
    def test_its_year_is_that_of_its_day(self, client_for, chief, area_a):
        lead = PartnerFactory()
        data = typed(neighbourhood=area_a.pk, lead=lead.pk, due_on="30/6/2027")
        client_for(chief).post(f"{LIST}create/", data)
        row = PlanItem.objects.get()
        assert (row.year, row.due_on, row.lead) == (2027, D(2027, 6, 30), lead)
        assert row.code.startswith("KH-2027-")

    def test_an_officer_plans_his_own_neighbourhood(self, client_for, officer_a, area_a, area_b):
        client = client_for(officer_a)
        form = client.get(f"{LIST}create/").context["form"]
        assert form["neighbourhood"].value() == area_a.pk
        assert errors(client.post(f"{LIST}create/", typed()), "neighbourhood")
        assert errors(
            client.post(f"{LIST}create/", typed(neighbourhood=area_b.pk)), "neighbourhood"
        )
        client.post(f"{LIST}create/", typed(neighbourhood=area_a.pk))
        assert PlanItem.objects.get().neighbourhood == area_a

    def test_what_is_for_the_whole_ward_an_officer_reads_only(self, client_for, officer_a, chief):
        row = PlanItemFactory(neighbourhood=None)
        client = client_for(officer_a)
        assert client.get(row.get_absolute_url()).status_code == 200
        assert client.get(f"{row.get_absolute_url()}edit/").status_code == 403
        assert client_for(chief).get(f"{row.get_absolute_url()}edit/").status_code == 200

    @pytest.mark.parametrize("where", ["area", "ward"])
    def test_none_is_written_twice(self, client_for, chief, area_a, where):
        data = typed(neighbourhood=area_a.pk if where == "area" else "")
        client = client_for(chief)
        client.post(f"{LIST}create/", data)
        again = client.post(f"{LIST}create/", data)
        assert "Kế hoạch đã có mục này." in errors(again, "topic")
        assert PlanItem.objects.count() == 1

    @pytest.mark.parametrize("where", ["area", "ward"])
    def test_the_database_refuses_a_double_too(self, area_a, where):
        row = PlanItemFactory(neighbourhood=area_a if where == "area" else None)
        twin = {name: getattr(row, name) for name in ("topic", "neighbourhood", "due_on")}
        with pytest.raises(IntegrityError, match=r"plan_once|UNIQUE"), transaction.atomic():
            PlanItemFactory(**twin)

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"topic": ""}, "topic"),
            ({"topic": "999999"}, "topic"),
            ({"audience": "everyone"}, "audience"),
            ({"due_on": ""}, "due_on"),
            ({"due_on": "31/02/2026"}, "due_on"),
            ({"due_on": "01/01/1999"}, "due_on"),
            ({"due_on": "01/01/2029"}, "due_on"),
            ({"lead": "0"}, "lead"),
        ],
    )
    def test_bad_input_is_told_at_its_field(self, client_for, chief, changes, field):
        response = client_for(chief).post(f"{LIST}create/", typed(**changes))
        assert errors(response, field)
        assert not PlanItem.objects.exists()

    def test_what_was_held_for_stays(self, client_for, chief, area_a):
        row = PlanItemFactory(neighbourhood=area_a)
        ActivityFactory(plan=row, topic=row.topic, neighbourhood=area_a)
        fields = client_for(chief).get(f"{row.get_absolute_url()}edit/").context["form"].fields
        assert {"topic", "neighbourhood"}.isdisjoint(fields)

    def test_a_day_of_another_year_by_itself_is_refused(self, area_a):
        row = PlanItemFactory.build(topic=topic(), neighbourhood=area_a, year=2025)
        with pytest.raises(ValidationError, match="trong năm"):
            row.full_clean()


class TestHowItStands:
    @pytest.fixture
    def items(self, area_a):
        days = {
            "done": D(2026, 5, 1),
            "slow": D(2026, 4, 1),
            "late": D(2026, 5, 19),
            "today": D(2026, 5, 20),
            "soon": D(2026, 6, 19),
            "far": D(2026, 6, 20),
        }
        found = {name: PlanItemFactory(neighbourhood=area_a, due_on=d) for name, d in days.items()}
        self.held(found["done"], D(2026, 5, 1))
        self.held(found["slow"], D(2026, 4, 11))
        self.held(found["slow"], D(2026, 4, 30))
        self.held(found["late"], None)
        return found

    @staticmethod
    def held(item, on):
        ActivityFactory(
            plan=item,
            topic=item.topic,
            neighbourhood=item.neighbourhood,
            held_on=on,
            planned_on=D(2026, 5, 30),
        )

    def test_in_words(self, items, today):
        rows = PlanItem.objects.with_days()
        told = {name: rows.get(pk=item.pk).badge(today)[1] for name, item in items.items()}
        assert told == {
            "done": "Đã làm",
            "slow": "Đã làm, trễ 10 ngày",
            "late": "Quá hạn 1 ngày",
            "today": "Hôm nay",
            "soon": "Còn 30 ngày",
            "far": "Còn 31 ngày",
        }

    def test_the_filters_part_them(self, client_for, chief, items):
        client = client_for(chief)

        def names(query):
            found = listed(client, query)
            return {name for name, item in items.items() if item in found}

        assert names("state=done") == {"done", "slow"}
        assert names("state=open") == {"late", "today", "soon", "far"}
        assert names("state=late") == {"late"}
        assert names("quarter=2026-Q2") == set(items)
        assert names("quarter=2026-Q1") == set()
        assert names("year=2025") == set()
        assert names("where=ward") == set()
        assert names("lead=police") == set(items)

    def test_how_much_of_the_year_is_done(self, client_for, chief, items):
        PlanItemFactory(due_on=D(2027, 1, 1))
        client = client_for(chief)
        context = client.get(LIST).context
        assert [
            (n, len(listed(client, url.partition("?")[2]))) for _, n, url in context["tiles"]
        ] == [
            (6, 6),
            (2, 2),
            (4, 4),
            (1, 1),
        ]
        assert context["share"] == "33,3 % (2/6)"
        assert client.get(f"{LIST}?year=2027").context["share"] == "0,0 % (0/1)"
        assert client.get(f"{LIST}?year=2028").context["share"] == ""
        assert client.get(f"{LIST}?year=abc").context["year"] == 2026

    def test_what_is_to_be_done(self, chief, officer_b, items, today):
        work = next(one for one in all_work() if one.kind == "outreach-plan")
        until = today + dt.timedelta(days=work.soon)
        found = set(work.rows(chief, today, until))
        assert found == {items[name] for name in ("late", "today", "soon")}
        assert not work.rows(officer_b, today, until).exists()

    def test_the_page_tells_its_sessions(self, client_for, chief, items):
        context = client_for(chief).get(items["slow"].get_absolute_url()).context
        days = [row.held_on for row, _ in context["activities"]]
        assert days == [D(2026, 4, 30), D(2026, 4, 11)]

    def test_only_open_ones_are_offered(self, client_for, chief, items):
        Topic.objects.filter(pk=topic().pk).update(name="Đề phòng trộm")
        for item in items.values():
            item.refresh_from_db()
            item.save()
        found = client_for(chief).get(f"{LIST}options/?q=trom").json()["results"]
        assert {one["code"] for one in found} == {
            items[name].code for name in ("late", "today", "soon", "far")
        }

    def test_its_queries_do_not_grow(self, client_for, chief, items, area_a):
        def asked():
            client = client_for(chief)
            client.get(LIST)  # the session is written once
            with CaptureQueriesContext(connection) as queries:
                client.get(LIST)
            return len(queries)

        few = asked()
        for n in range(20):
            self.held(PlanItemFactory(neighbourhood=area_a, due_on=D(2026, 7, n + 1)), None)
        assert asked() == few <= 12


class TestManyAtOnce:
    @pytest.fixture
    def asked(self):
        return f"{YEAR}?year=2026&topic={topic().pk}&audience=households"

    @staticmethod
    def days(**changes):
        typed = {"due_2": "30/06/2026", "due_3": "30/09/2026", "due_4": "15/12/2026"}
        return {"do": "plan", "note": "Cùng một đợt", **typed, **changes}

    @staticmethod
    def boxes(client, url):
        lines = client.get(url).context["lines"]
        return {line.label: [cell.key for cell in line.cells] for line in lines}

    def test_the_boxes_are_the_neighbourhoods_by_quarter(
        self, client_for, chief, area_a, area_b, asked
    ):
        found = self.boxes(client_for(chief), asked)
        assert found == {
            area.name: [f"{area.pk}-{n}" for n in (2, 3, 4)] for area in (area_a, area_b)
        } | {"Cả phường": ["0-2", "0-3", "0-4"]}

    def test_the_ticked_ones_are_planned(self, client_for, chief, area_a, area_b, asked):
        picks = [f"{area_a.pk}-2", f"{area_a.pk}-4", f"{area_b.pk}-3", "0-4"]
        response = client_for(chief).post(asked, self.days(pick=picks))
        assert response.status_code == 302
        made = {(row.neighbourhood, row.due_on) for row in PlanItem.objects.all()}
        assert made == {
            (area_a, D(2026, 6, 30)),
            (area_a, D(2026, 12, 15)),
            (area_b, D(2026, 9, 30)),
            (None, D(2026, 12, 15)),
        }
        assert {row.note for row in PlanItem.objects.all()} == {"Cùng một đợt"}
        assert len({row.code for row in PlanItem.objects.all()}) == 4

    def test_what_is_there_is_shown_and_not_doubled(self, client_for, chief, area_a, asked):
        old = PlanItemFactory(neighbourhood=area_a, due_on=D(2026, 8, 1))
        PlanItemFactory(neighbourhood=area_a, due_on=D(2026, 12, 1), audience="pupils")
        client = client_for(chief)
        line = client.get(asked).context["lines"][0]
        assert [[item for item, _ in cell.items] for cell in line.cells] == [[], [old], []]
        assert [cell.key for cell in line.cells] == [f"{area_a.pk}-2", "", f"{area_a.pk}-4"]
        client.post(asked, self.days(pick=[f"{area_a.pk}-3", f"{area_a.pk}-4"]))
        rows = PlanItem.objects.filter(audience="households")
        assert {row.due_on for row in rows} == {D(2026, 8, 1), D(2026, 12, 15)}

    def test_a_quarter_that_has_passed_is_not_planned(self, client_for, chief, area_a, asked):
        response = client_for(chief).post(asked, self.days(pick=[f"{area_a.pk}-1"]))
        assert "Chọn ít nhất một ô" in response.content.decode()
        assert not PlanItem.objects.exists()

    def test_a_passed_quarter_is_shown_where_it_has_items(self, client_for, chief, area_a, asked):
        client = client_for(chief)
        assert [q.number for q in client.get(asked).context["bare"]] == [1]
        PlanItemFactory(neighbourhood=area_a, due_on=D(2026, 2, 1))
        context = client.get(asked).context
        assert (context["bare"], len(context["quarters"])) == ([], 4)

    def test_an_officer_plans_his_own(self, client_for, officer_a, area_a, area_b, asked):
        client = client_for(officer_a)
        found = self.boxes(client, asked)
        assert found == {
            area_a.name: [f"{area_a.pk}-{n}" for n in (2, 3, 4)],
            "Cả phường": [""] * 3,
        }
        client.post(asked, self.days(pick=[f"{area_a.pk}-2", f"{area_b.pk}-2", "0-2"]))
        assert [row.neighbourhood for row in PlanItem.objects.all()] == [area_a]

    @pytest.mark.parametrize(
        ("changes", "field", "told"),
        [
            ({"pick": []}, "__all__", "Chọn ít nhất một ô"),
            ({"pick": ["x-2", "9-9", "²-2"]}, "__all__", "Chọn ít nhất một ô"),
            ({"due_2": ""}, "due_2", ""),
            ({"due_2": "31/06/2026"}, "due_2", ""),
            ({"due_2": "01/07/2026"}, "due_2", "Hạn phải trong quý ii/2026."),
            ({"lead": "999999"}, "lead", ""),
            ({"note": "x" * 201}, "note", ""),
        ],
    )
    def test_bad_input_keeps_what_was_ticked(
        self, client_for, chief, area_a, asked, changes, field, told
    ):
        data = self.days(pick=[f"{area_a.pk}-2"]) | changes
        response = client_for(chief).post(asked, data)
        assert told in errors(response, field)
        assert not PlanItem.objects.exists()
        line = response.context["lines"][0]
        assert line.cells[0].picked == (data["pick"] == [f"{area_a.pk}-2"])

    def test_a_day_that_nobody_ticked_may_be_blank(self, client_for, chief, area_a, asked):
        response = client_for(chief).post(
            asked, self.days(pick=[f"{area_a.pk}-4"], due_2="", due_3="")
        )
        assert response.status_code == 302

    def test_all_or_none_by_the_server(self, client_for, chief, area_a, asked):
        client = client_for(chief)
        cells = client.post(asked, self.days(do="all")).context["lines"][0].cells
        assert [cell.picked for cell in cells] == [True] * 3
        page = client.post(asked, self.days(do="none", due_4="1/12/2026"))
        assert not any(cell.picked for cell in page.context["lines"][0].cells)
        assert 'value="1/12/2026"' in page.content.decode()
        assert not PlanItem.objects.exists()

    def test_sent_twice_it_is_planned_once(self, client_for, chief, area_a, asked):
        client = client_for(chief)
        mark = re.search(r'name="_once" value="(\w+)"', client.get(asked).content.decode())[1]
        data = self.days(pick=[f"{area_a.pk}-2"], _once=mark)
        client.post(asked, data)
        PlanItem.objects.all().delete()
        client.post(asked, data)
        assert not PlanItem.objects.exists()

    @pytest.mark.parametrize(
        "query", ["year=abc", "year=1999", "year=2029", "topic=x", "audience=x"]
    )
    def test_an_address_that_cannot_be_read_is_told(self, client_for, chief, query):
        response = client_for(chief).get(f"{YEAR}?{query}")
        assert response.status_code == 200
        assert response.context["asked"].errors
        assert client_for(chief).post(f"{YEAR}?{query}", self.days()).status_code == 422

    @pytest.mark.parametrize(("who", "get", "post"), [("duty", 200, 403), ("leader", 403, 403)])
    def test_who_may(self, request, client_for, asked, who, get, post):
        client = client_for(request.getfixturevalue(who))
        assert client.get(asked).status_code == get
        assert client.post(asked, self.days()).status_code == post

    def test_without_topics(self, client_for, chief):
        Topic.objects.update(ended_on=D(2026, 1, 1))
        assert "Chưa có chủ đề" in client_for(chief).get(YEAR).content.decode()

    def test_the_service_by_itself(self, area_a):
        made = services.plan_year(
            topic=topic(),
            audience="pupils",
            year=2026,
            cells=[(area_a, 1), (None, 1)],
            days={1: D(2026, 1, 31)},
        )
        assert [(row.neighbourhood, row.due_on) for row in made] == [
            (area_a, D(2026, 1, 31)),
            (None, D(2026, 1, 31)),
        ]
        again = services.plan_year(
            topic=topic(),
            audience="pupils",
            year=2026,
            cells=[(area_a, 1)],
            days={1: D(2026, 2, 1)},
        )
        assert again == []
