"""Declared absences: the form, the return, who sees them, and what the home page says of them."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from households.models import Absence
from households.services import end_residence
from tests import factories
from tests.factories import day

pytestmark = pytest.mark.django_db


def typed(when):
    return when.strftime("%d/%m/%Y")


@pytest.fixture
def home(area_a):
    return factories.HouseholdFactory(neighbourhood=area_a)


@pytest.fixture
def person(home):
    return factories.ResidenceFactory(household=home).resident


@pytest.fixture
def stranger(area_b):
    home = factories.HouseholdFactory(neighbourhood=area_b)
    return factories.ResidenceFactory(household=home).resident


def declared(person, **changes):
    return {
        "resident": person.code,
        "reason": "work",
        "destination": "Thành phố Vinh",
        "started_on": typed(day(2)),
        "expected_on": typed(day(-40)),
    } | changes


def mark(response):
    return re.search(r'name="_once" value="(\w+)"', response.content.decode())[1]


def errors(response, name):
    assert response.status_code == 422
    return " ".join(map(str, response.context["form"].errors[name]))


class TestDeclaring:
    def test_it_is_written_in_the_persons_neighbourhood(
        self, client_for, officer_a, area_a, person
    ):
        client = client_for(officer_a)
        done = client.post("/absences/create/", declared(person))
        row = Absence.objects.get()
        assert done.url == row.get_absolute_url() == f"/absences/{row.pk}/"
        assert (row.resident, row.neighbourhood, row.returned_on) == (person, area_a, None)
        page = client.get(done.url).content.decode()
        assert "Thành phố Vinh" in page
        assert "Ghi đã về" in page
        assert f'href="{person.get_absolute_url()}"' in page
        assert row.code in client.get("/absences/").content.decode()

    def test_the_form_names_the_person_whom_the_address_asks_for(
        self, client_for, officer_a, person
    ):
        client = client_for(officer_a)
        address = f"/absences/create/?resident={person.code}"
        page = client.get(address).content.decode()
        assert f'value="{person.code}"' in page
        assert f'data-picker-label="{person.full_name} · {person.birth()}"' in page

    def test_a_form_asked_for_nobody_of_the_users_names_nobody(
        self, client_for, officer_a, stranger
    ):
        for code in (stranger.code, "x" * 5000, "'\"<script>"):
            page = client_for(officer_a).get("/absences/create/", {"resident": code})
            assert page.status_code == 200
            assert stranger.full_name not in page.content.decode()

    @pytest.mark.parametrize(
        ("changes", "field", "sentence"),
        [
            ({"resident": ""}, "resident", "bắt buộc"),
            ({"resident": "NK-999999"}, "resident", "Không thấy mã NK-999999"),
            ({"destination": " "}, "destination", "bắt buộc"),
            ({"started_on": "31/2/2026"}, "started_on", "không có trong lịch"),
            ({"started_on": typed(day(-1))}, "started_on", "không thể sau hôm nay"),
            ({"started_on": typed(day(201))}, "started_on", "không cư trú ở phường"),
            ({"expected_on": typed(day(2))}, "expected_on", "phải sau ngày vắng"),
            ({"expected_on": ""}, "expected_on", "bắt buộc"),
            ({"reason": "prison"}, "reason", "Hãy chọn"),
        ],
    )
    def test_a_bad_value_is_told_beside_its_field(
        self, client_for, officer_a, person, changes, field, sentence
    ):
        answer = client_for(officer_a).post("/absences/create/", declared(person, **changes))
        assert sentence in errors(answer, field)
        assert list(answer.context["form"].errors) == [field]
        kept = answer.content.decode()
        assert changes.get("destination", "Thành phố Vinh").strip() in kept
        assert not Absence.objects.exists()

    def test_a_day_before_he_came_is_the_first_that_is_refused(self, client_for, officer_a, person):
        answer = client_for(officer_a).post(
            "/absences/create/", declared(person, started_on=typed(day(200)))
        )
        assert answer.status_code == 302

    def test_somebody_of_another_beat_does_not_exist(self, client_for, officer_a, stranger):
        answer = client_for(officer_a).post("/absences/create/", declared(stranger))
        assert f"Không thấy mã {stranger.code}" in errors(answer, "resident")
        assert stranger.full_name not in answer.content.decode()

    @pytest.mark.parametrize(
        ("reason", "sentence"),
        [("DEPARTURE", "không còn cư trú ở phường"), ("DEATH", "đã được ghi là chết")],
    )
    def test_nobody_who_left_is_declared(self, client_for, officer_a, person, on, reason, sentence):
        end_residence(residence=person.residences.get(), ended_on=day(1), end_reason=reason, on=on)
        answer = client_for(officer_a).post("/absences/create/", declared(person))
        assert sentence in errors(answer, "resident")
        assert f'href="{person.get_absolute_url()}"' in answer.content.decode()
        assert not Absence.objects.exists()

    def test_a_second_one_is_refused_with_a_link_to_the_first(self, client_for, officer_a, person):
        first = factories.AbsenceFactory(resident=person, started_on=day(20))
        answer = client_for(officer_a).post("/absences/create/", declared(person))
        sentence = errors(answer, "resident")
        assert f"đang vắng từ {typed(day(20))}" in sentence
        assert f'<a href="/absences/{first.pk}/">{first.code}</a>' in sentence
        assert list(answer.context["form"].errors) == ["resident"]
        assert sentence in answer.content.decode()

    def test_days_already_declared_are_refused_and_the_day_of_return_is_free(
        self, client_for, officer_a, person
    ):
        first = factories.AbsenceFactory(
            resident=person, started_on=day(30), expected_on=day(10), returned_on=day(12)
        )
        client = client_for(officer_a)
        answer = client.post("/absences/create/", declared(person, started_on=typed(day(13))))
        sentence = errors(answer, "started_on")
        assert f"Đã vắng từ {typed(day(30))} đến {typed(day(12))}" in sentence
        assert f'<a href="/absences/{first.pk}/">{first.code}</a>' in sentence
        done = client.post("/absences/create/", declared(person, started_on=typed(day(12))))
        assert done.status_code == 302

    def test_a_collision_in_another_beat_is_named_without_a_link(
        self, client_for, officer_a, area_b, person
    ):
        first = factories.AbsenceFactory(resident=person)
        Absence.objects.filter(pk=first.pk).update(neighbourhood=area_b)
        sentence = errors(
            client_for(officer_a).post("/absences/create/", declared(person)), "resident"
        )
        assert f"({first.code})" in sentence
        assert "<a" not in sentence

    def test_sent_twice_it_is_written_once(self, client_for, officer_a, person):
        client = client_for(officer_a)
        fields = declared(person, _once=mark(client.get("/absences/create/")))
        first, second = (client.post("/absences/create/", fields) for _ in "12")
        assert first.url == second.url == Absence.objects.get().get_absolute_url()


class TestMending:
    def edit(self, client, row, **changes):
        fields = declared(row.resident, started_on=typed(row.started_on), version=row.version)
        return client.post(f"/absences/{row.pk}/edit/", {**fields, **changes})

    def test_the_person_stays_whoever_is_sent(self, client_for, officer_a, home, person):
        row = factories.AbsenceFactory(resident=person)
        other = factories.ResidenceFactory(household=home).resident
        client = client_for(officer_a)
        page = client.get(f"/absences/{row.pk}/edit/").content.decode()
        assert f'value="{person.code}"' in page
        done = self.edit(client, row, resident=other.code, destination="Hà Nội")
        assert done.status_code == 302
        row.refresh_from_db()
        assert (row.resident, row.destination) == (person, "Hà Nội")

    def test_it_is_mended_after_the_person_has_left(self, client_for, officer_a, person, on):
        row = factories.AbsenceFactory(resident=person)
        end_residence(
            residence=person.residences.get(), ended_on=day(1), end_reason="DEPARTURE", on=on
        )
        assert self.edit(client_for(officer_a), row, reason="study").status_code == 302

    def test_a_stale_form_is_refused_and_lists_what_differs(self, client_for, officer_a, person):
        row = factories.AbsenceFactory(resident=person)
        Absence.objects.get(pk=row.pk).save()
        answer = self.edit(client_for(officer_a), row, destination="Hà Nội")
        assert answer.status_code == 422
        [told] = [one for one in answer.context["stale"] if one["label"] == "Nơi đến"]
        assert (told["theirs"], told["yours"]) == ("Thành phố Vinh", "Hà Nội")
        assert "Người vắng" not in [one["label"] for one in answer.context["stale"]]

    def test_a_return_recorded_by_mistake_is_taken_back(self, client_for, officer_a, person):
        row = factories.AbsenceFactory(resident=person, returned_on=day(1))
        client = client_for(officer_a)
        assert "returned_on" in client.get(f"/absences/{row.pk}/edit/").context["form"].fields
        assert self.edit(client, row, returned_on="").status_code == 302
        row.refresh_from_db()
        assert row.returned_on is None
        assert "returned_on" not in client.get(f"/absences/{row.pk}/edit/").context["form"].fields

    def test_not_while_another_one_is_open(self, client_for, officer_a, person):
        row = factories.AbsenceFactory(
            resident=person, started_on=day(90), expected_on=day(70), returned_on=day(60)
        )
        later = factories.AbsenceFactory(resident=person)
        expected = typed(day(70))
        answer = self.edit(client_for(officer_a), row, returned_on="", expected_on=expected)
        assert later.code in errors(answer, "resident")
        assert list(answer.context["form"].errors) == ["resident"]
        fits = typed(day(50))
        done = self.edit(client_for(officer_a), row, returned_on=fits, expected_on=expected)
        assert done.status_code == 302


class TestReturn:
    def address(self, row):
        return f"/absences/{row.pk}/return/"

    def test_the_day_is_recorded(self, client_for, officer_a, person, on):
        row = factories.AbsenceFactory(resident=person)
        client = client_for(officer_a)
        page = client.get(self.address(row))
        assert page.context["form"]["returned_on"].value() == on
        done = client.post(self.address(row), {"returned_on": typed(on)})
        assert done.url == row.get_absolute_url()
        row.refresh_from_db()
        assert row.returned_on == on
        page = client.get(done.url).content.decode()
        assert "Đã về" in page
        assert "Ghi đã về" not in page
        assert client.get(self.address(row)).url == row.get_absolute_url()
        assert client.get("/absences/").context["page"]["count"] == "0"
        assert client.get("/absences/?state=back").context["page"]["count"] == "1"

    @pytest.mark.parametrize(
        ("when", "sentence"),
        [
            (typed(day(21)), "không thể trước ngày vắng"),
            (typed(day(-1)), "không thể sau hôm nay"),
            ("", "bắt buộc"),
            ("hôm qua", "ngày/tháng/năm"),
        ],
    )
    def test_a_bad_day_is_told_beside_it(self, client_for, officer_a, person, when, sentence):
        row = factories.AbsenceFactory(resident=person, started_on=day(20))
        answer = client_for(officer_a).post(self.address(row), {"returned_on": when})
        assert sentence in errors(answer, "returned_on")
        row.refresh_from_db()
        assert row.returned_on is None

    def test_the_first_day_itself_will_do(self, client_for, officer_a, person):
        row = factories.AbsenceFactory(resident=person, started_on=day(20))
        answer = client_for(officer_a).post(self.address(row), {"returned_on": typed(day(20))})
        assert answer.status_code == 302

    def test_sent_twice_it_is_written_once_and_a_second_return_is_told(
        self, client_for, officer_a, person, on
    ):
        row = factories.AbsenceFactory(resident=person)
        client = client_for(officer_a)
        fields = {"returned_on": typed(on), "_once": mark(client.get(self.address(row)))}
        first, second = (client.post(self.address(row), fields) for _ in "12")
        assert first.url == second.url == row.get_absolute_url()
        row.refresh_from_db()
        assert row.version == 2
        again = client.post(self.address(row), {"returned_on": typed(day(1))})
        assert f"Đã ghi về ngày {typed(on)}" in errors(again, "returned_on")


class TestWhoMay:
    def pages(self, row):
        return ("", "edit/", "return/"), f"/absences/{row.pk}/"

    def test_another_officers_row_does_not_exist(self, client_for, officer_a, officer_b, stranger):
        row = factories.AbsenceFactory(resident=stranger)
        suffixes, address = self.pages(row)
        for suffix in suffixes:
            assert client_for(officer_a).get(address + suffix).status_code == 404
            assert client_for(officer_b).get(address + suffix).status_code == 200
        posted = client_for(officer_a).post(f"{address}return/", {"returned_on": typed(day())})
        assert posted.status_code == 404
        assert row.code not in client_for(officer_a).get("/absences/").content.decode()
        assert client_for(officer_b).get("/absences/").context["page"]["count"] == "1"

    def test_the_desk_looks_and_changes_nothing(self, client_for, duty, person):
        row = factories.AbsenceFactory(resident=person)
        client = client_for(duty)
        page = client.get(row.get_absolute_url())
        assert page.status_code == 200
        assert page.context["actions"] == []
        assert client.get("/absences/").context["create_url"] == ""
        for address in ("/absences/create/", f"/absences/{row.pk}/edit/"):
            assert client.get(address).status_code == 403
        assert client.get(f"/absences/{row.pk}/return/").status_code == 403
        assert client.post(f"/absences/{row.pk}/return/", {}).status_code == 403

    def test_leaders_see_none(self, client_for, leader, person):
        row = factories.AbsenceFactory(resident=person)
        assert client_for(leader).get("/absences/").status_code == 403
        assert client_for(leader).get(row.get_absolute_url()).status_code == 403

    def test_a_person_who_moved_to_another_beat_is_named_without_a_link(
        self, client_for, officer_a, area_a, stranger
    ):
        row = factories.AbsenceFactory(resident=stranger)
        Absence.objects.filter(pk=row.pk).update(neighbourhood=area_a)
        page = client_for(officer_a).get(row.get_absolute_url()).content.decode()
        assert stranger.full_name in page
        assert stranger.get_absolute_url() not in page

    def test_it_is_exported(self, client_for, chief, person):
        factories.AbsenceFactory(resident=person)
        answer = client_for(chief).post("/absences/", {"_export": "csv"})
        assert person.full_name in b"".join(answer.streaming_content).decode()


def test_the_list_costs_the_same_for_one_and_thirty(client_for, chief, area_a):
    def cost():
        with CaptureQueriesContext(connection) as queries:
            assert client.get("/absences/").status_code == 200
        return len(queries)

    client = client_for(chief)
    factories.AbsenceFactory()
    client.get("/absences/")
    one = cost()
    for _ in range(29):
        factories.AbsenceFactory()
    assert cost() == one
    assert client.get("/absences/").context["page"]["count"] == "30"


class TestHome:
    def counts(self, client):
        return {one["label"]: one for one in client.get("/").context["due"]["counts"]}

    @pytest.fixture
    def away(self, area_a, area_b):
        """Expected in -1, 0, 15 and 16 days in beat a; in 3 days in b; one is back."""
        for area, lefts in ((area_a, (-1, 0, 15, 16)), (area_b, (3,))):
            home = factories.HouseholdFactory(neighbourhood=area)
            for left in lefts:
                person = factories.ResidenceFactory(household=home).resident
                factories.AbsenceFactory(resident=person, expected_on=day(-left))
        back = factories.ResidenceFactory(household=home).resident
        factories.AbsenceFactory(resident=back, expected_on=day(-1), returned_on=day(1))

    @pytest.mark.parametrize(("who", "due"), [("officer_a", "3"), ("chief", "4"), ("duty", "4")])
    def test_the_count_is_its_lists(self, request, client_for, away, who, due):
        client = client_for(request.getfixturevalue(who))
        found = self.counts(client)["tạm vắng sắp về, quá ngày về"]
        assert (found["value"], found["url"]) == (due, "/absences/?state=due15")
        assert client.get(found["url"]).context["page"]["count"] == due

    def test_the_soonest_stand_in_the_due_list(self, client_for, away, officer_a):
        items = client_for(officer_a).get("/").context["due"]["items"]
        badges = [(item["tone"], item["badge"]) for item in items]
        assert badges == [("late", "Quá hạn 1 ngày"), ("due", "Hôm nay"), ("mute", "Còn 15 ngày")]
        assert all(item["title"].startswith("Tạm vắng, dự kiến về: ") for item in items)

    def test_leaders_see_none(self, client_for, away, leader):
        response = client_for(leader).get("/")
        assert "due" not in response.context
        assert "tạm vắng" not in response.content.decode().lower()

    def test_long_lists_leave_one_another_room(self, client_for, officer_a, area_a):
        home = factories.HouseholdFactory(neighbourhood=area_a)
        for n in range(9):
            row = factories.ResidenceFactory(household=home, temporary=True, expires_on=day(-1 - n))
            factories.AbsenceFactory(resident=row.resident, expected_on=day(-n))
            factories.StayNoticeFactory(household=home)
            eating = factories.sector("eating")  # owes no quarterly return
            business = factories.BusinessFactory(neighbourhood=area_a, sector=eating)
            factories.CertificateFactory(business=business, kind_code="fire", expires_on=day(-n))
        items = client_for(officer_a).get("/").context["due"]["items"]
        assert len(items) == 8
        starts = [item["url"].split("/")[1] for item in items]
        kinds = ("absences", "stay-notices", "businesses", "residents")
        assert {kind: starts.count(kind) for kind in kinds} == dict.fromkeys(kinds, 2)


def test_the_day_of_an_absence_is_half_open(person):
    row = factories.AbsenceFactory(resident=person, started_on=day(9), expected_on=day(5))
    Absence.objects.filter(pk=row.pk).update(returned_on=day(4))
    for ago, away in ((10, False), (9, True), (5, True), (4, False)):
        assert Absence.objects.open_on(day(ago)).exists() is away
