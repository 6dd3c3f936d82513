"""What is masked, who may have it shown in full, and what is told of that and of looks."""

import csv
import io
import json
import re
from urllib.parse import unquote_plus

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from households.services import end_residence
from kylien.audit.models import AuditEntry, AuditLink
from kylien.core import reveal
from kylien.core.readings import described_query, number_digest
from kylien.core.records import Role
from kylien.core.reveal import MARK, Ground, RevealForm
from kylien.core.text import number_in
from tests import factories
from tests.factories import day
from tests.routes import every_route, record_routes

pytestmark = pytest.mark.django_db

BORN = "09/05/1980"  # of people, as factories make them
BIRTHS = (BORN, "1980-05-09", "02/01/1990", "1990-01-02")  # of guests too
WHY = {"ground": "papers"}


@pytest.fixture
def home(area_a):
    """A household of two, of whom one has no phone."""
    household = factories.HouseholdFactory(neighbourhood=area_a)
    factories.ResidenceFactory(household=household, relation="HEAD")
    factories.ResidenceFactory(household=household, resident__phone="")
    return household


@pytest.fixture
def person(home):
    return home.residences.order_by("pk").first().resident


def ask(client, address, mark="m1", **data):
    return client.post(address, {MARK: mark, **WHY, **data})


def shown(response):
    """Return a page or part as text, "" for a file."""
    text = response.get("Content-Type", "").startswith(("text/", "application/json"))
    return "" if response.streaming or not text else response.content.decode()


def drained(response):
    """Return a response; the file that it sends is read to its end, which closes it."""
    if response.streaming:
        b"".join(response.streaming_content)
    return response


def secrets_of(row):
    return {getattr(row, name) for name in ("citizen_id", "old_id", "phone")} - {""} | {BORN}


# --- masked unless asked for --------------------------------------------------------------------


def test_a_persons_page_and_lists_show_masks_and_the_year_of_birth(client_for, chief, person):
    client = client_for(chief)
    for address in ("/residents/", person.get_absolute_url(), f"{person.get_absolute_url()}edit/"):
        page = shown(client.get(address))
        assert not [secret for secret in secrets_of(person) if secret in page]
        assert "1980" in page
    assert person.masked("citizen_id") in page


def test_a_search_shows_the_year(client_for, chief, person):
    page = shown(client_for(chief).post("/search/", {"q": person.citizen_id}))
    assert person.code in page
    assert BORN not in page
    assert "1980" in page


def test_an_edit_form_keeps_a_birth_left_empty_and_takes_one_typed(client_for, chief, person):
    address = reverse("resident-update", args=[person.pk])
    data = {"full_name": person.full_name, "sex": "M", "version": person.version}
    assert client_for(chief).post(address, data).status_code == 302
    person.refresh_from_db()
    assert f"{person.birth_date:%d/%m/%Y}" == BORN
    data |= {"version": person.version, "birth": "1/2/1950"}
    assert client_for(chief).post(address, data).status_code == 302
    person.refresh_from_db()
    assert f"{person.birth_date:%d/%m/%Y}" == "01/02/1950"


def test_a_stale_form_tells_no_birth_day(client_for, chief, person):
    address = reverse("resident-update", args=[person.pk])
    data = {"full_name": "Khác", "sex": "F", "birth": "1/2/1950", "version": person.version + 5}
    answer = client_for(chief).post(address, data)
    assert answer.status_code == 422
    assert answer.context["stale"]
    assert BORN not in shown(answer)


def test_births_are_asked_for_by_year_alone(client_for, chief, person):
    older = factories.ResidenceFactory(resident__birth_date=day(365 * 60)).resident
    client = client_for(chief)
    page = shown(client.get("/residents/", {"born_from": "1980", "born_to": "1980"}))
    assert person.code in page
    assert older.code not in page
    for bad in ("09/05/1980", "99999999999", "x", "1899"):
        page = shown(client.get("/residents/", {"born_from": bad}))
        assert person.code not in page


def test_the_trail_tells_of_a_birth_only_that_it_changed(client_for, chief, person):
    person.birth_date = day(9000)
    person.save()
    entry = AuditEntry.objects.latest("pk")
    assert entry.fields == ["birth_date"]
    assert json.loads(entry.values) == {}


# --- asked for ----------------------------------------------------------------------------------


def test_a_persons_page_is_shown_once_in_full_and_recorded_with_the_reason(
    trusted_for, chief, person
):
    client, address = trusted_for(chief), person.get_absolute_url()
    page = ask(client, address)
    assert page.status_code == 200
    assert all(secret in shown(page) for secret in secrets_of(person))
    assert "no-store" in page["Cache-Control"]
    [entry] = AuditEntry.objects.filter(action="reveal")
    assert (entry.user, entry.row, entry.code) == (chief, person.pk, person.code)
    assert entry.table == "households.resident"
    assert set(entry.fields) == {"citizen_id", "phone", "birth_date"}
    assert entry.reason == Ground.PAPERS.label
    assert not [secret for secret in secrets_of(person) if secret in str(vars(entry))]
    again = shown(client.get(address))
    assert not [secret for secret in secrets_of(person) if secret in again]
    assert "Hiện đầy đủ" in again


def test_a_reload_leads_back_to_the_masked_page(trusted_for, chief, person):
    client, address = trusted_for(chief), person.get_absolute_url()
    ask(client, address)
    again = ask(client, address)
    assert (again.status_code, again["Location"]) == (302, address)
    assert AuditEntry.objects.filter(action="reveal").count() == 1
    assert ask(client, address, mark="m2").status_code == 200


def test_a_household_shows_each_member_and_keeps_an_entry_for_each(trusted_for, officer_a, home):
    people = [row.resident for row in home.residences.all()]
    page = shown(ask(trusted_for(officer_a), home.get_absolute_url(), ground="residence"))
    for one in people:
        assert one.citizen_id in page
    told = AuditEntry.objects.filter(action="reveal", user=officer_a)
    assert set(told.values_list("table", "row")) == {
        ("households.household", home.pk),
        *(("households.resident", one.pk) for one in people),
    }
    assert {entry.reason for entry in told} == {"Xác minh cư trú"}
    fields = told.filter(table="households.resident").values_list("fields", flat=True)
    assert [set(names) for names in fields] == [{"citizen_id", "birth_date"}] * 2


def test_a_household_as_of_a_day_stays_at_that_day(trusted_for, chief, home):
    late = factories.ResidenceFactory(household=home, started_on=day(3)).resident
    first = home.residences.order_by("pk").first()
    address = f"{home.get_absolute_url()}?on={day(5):%d/%m/%Y}"
    page = shown(ask(trusted_for(chief), address))
    assert first.resident.citizen_id in page
    assert late.citizen_id not in page
    assert not AuditEntry.objects.filter(action="reveal", row=late.pk, code=late.code).exists()
    assert f'href="{address}"' in page  # masked again, as of the same day


@pytest.mark.parametrize("place", ["", "print/"])
def test_who_moved_to_another_beat_stays_masked_on_a_household_of_then(
    trusted_for, officer_a, home, area_b, place
):
    gone = factories.ResidenceFactory(household=home, started_on=day(9))
    end_residence(residence=gone, ended_on=day(5), end_reason="DEPARTURE", on=day())
    there = factories.HouseholdFactory(neighbourhood=area_b)
    factories.ResidenceFactory(household=there, resident=gone.resident, started_on=day(4))
    client = trusted_for(officer_a)
    assert client.get(gone.resident.get_absolute_url()).status_code == 404
    page = shown(ask(client, f"{home.get_absolute_url()}{place}?on={day(7):%d/%m/%Y}"))
    assert home.residences.order_by("pk").first().resident.citizen_id in page
    assert gone.resident.full_name in page
    assert gone.resident.citizen_id not in page
    assert not AuditEntry.objects.filter(action="reveal", row=gone.resident.pk).exists()


def test_the_sheet_of_a_household_prints_in_full_with_the_reason(trusted_for, clerk, home, person):
    address = reverse("household-print", args=[home.pk])
    client = trusted_for(clerk)
    assert person.citizen_id not in shown(client.get(address))
    page = shown(ask(client, address, ground="other", words="Bàn giao cho tổ điều tra dân số"))
    assert person.citizen_id in page
    assert BORN in page
    assert "lý do: Bàn giao cho tổ điều tra dân số" in page
    assert set(AuditEntry.objects.values_list("action", flat=True)) >= {"print", "reveal"}


def test_two_people_who_may_be_one_are_compared_in_full(trusted_for, chief, home):
    first, second = (row.resident for row in home.residences.order_by("pk"))
    pair = factories.DuplicatePairFactory(first=first, second=second)
    address = reverse("duplicatepair-detail", args=[pair.pk])
    client = trusted_for(chief)
    assert first.citizen_id not in shown(client.get(address))
    page = shown(ask(client, address))
    assert first.citizen_id in page
    assert second.citizen_id in page
    pair.refresh_from_db()
    assert not pair.decision


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (factories.StayNoticeFactory, "id_number"),
        (factories.BusinessFactory, "phone"),
        (factories.PartnerFactory, "contact_phone"),
    ],
)
def test_every_record_with_a_masked_field_can_be_shown_in_full(trusted_for, chief, make, name):
    row = make(**{name: "0100234567"})
    client = trusted_for(chief)
    page = client.get(row.get_absolute_url())
    assert "0100234567" not in shown(page)
    page = ask(client, row.get_absolute_url())
    assert "0100234567" in shown(page)
    assert name in AuditEntry.objects.get(action="reveal").fields


def test_a_record_that_hides_nothing_offers_nothing(trusted_for, chief):
    business = factories.BusinessFactory(phone="")
    incident = factories.IncidentFactory()
    client = trusted_for(chief)
    for row in (business, incident):
        assert "_reveal" not in shown(client.get(row.get_absolute_url()))
        assert ask(client, row.get_absolute_url(), mark=type(row).__name__).status_code == 405
    assert not AuditEntry.objects.filter(action="reveal").exists()


# --- who may, and with what reason --------------------------------------------------------------


def test_duty_officers_and_leaders_never_see_it(trusted_for, duty, leader, superuser, home, person):
    notice = factories.StayNoticeFactory(created_by=duty)
    for user in (duty, leader, superuser):
        client = trusted_for(user)
        for row in (home, person, notice):
            answer = ask(client, row.get_absolute_url())
            assert answer.status_code == 403
        assert ask(client, reverse("household-print", args=[home.pk])).status_code == 403
    assert "Hiện đầy đủ" not in shown(trusted_for(duty).get(person.get_absolute_url()))
    assert not AuditEntry.objects.filter(action="reveal").exists()


def test_another_beats_people_do_not_exist(trusted_for, officer_b, home, person):
    client = trusted_for(officer_b)
    for row in (home, person):
        assert ask(client, row.get_absolute_url(), mark=row.code[:1]).status_code == 404


@pytest.mark.parametrize(
    ("why", "field"),
    [
        ({"ground": ""}, "ground"),
        ({"ground": "tò mò"}, "ground"),
        ({"ground": "other"}, "words"),
        ({"ground": "other", "words": "Cần xem"}, "words"),
        ({"ground": "other", "words": "            x"}, "words"),
        ({"ground": "other", "words": "Tra cứu số 099123456789"}, "words"),
        ({"ground": "other", "words": "x" * 201}, "words"),
        ({"ground": "\0"}, "ground"),
        ({"ground": "other", "words": "Cần đối chiếu\0"}, "words"),
    ],
)
def test_without_a_reason_the_page_stays_masked(trusted_for, chief, person, why, field):
    answer = ask(trusted_for(chief), person.get_absolute_url(), **why)
    assert answer.status_code == 422
    page = shown(answer)
    assert not [secret for secret in secrets_of(person) if secret in page]
    assert list(answer.context["reveal"]["form"].errors) == [field]
    assert 'class="field-error"' in page
    assert not AuditEntry.objects.filter(action="reveal").exists()


def test_words_count_only_for_another_reason():
    form = RevealForm({"ground": "residence", "words": "số 099123456789"})
    assert form.is_valid()
    assert form.reason() == "Xác minh cư trú"


def test_the_password_is_asked_for_before(client_for, chief, person):
    client, address = client_for(chief), person.get_absolute_url()
    answer = ask(client, address)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/reauthenticate/?next=")
    link = r'href="(/accounts/reauthenticate/[^"]+)"(?:(?!</a>).)*Hiện đầy đủ'
    way = re.search(link, shown(client.get(address)), re.DOTALL)
    assert unquote_plus(way[1]).endswith(f"next={address}")
    assert not AuditEntry.objects.filter(action="reveal").exists()


def test_a_gate_that_lets_through_asks_nothing(client_for, chief, person, monkeypatch):
    monkeypatch.setattr(reveal, "_gates", [lambda request, then: ""])
    assert person.citizen_id in shown(ask(client_for(chief), person.get_absolute_url()))


def test_a_post_without_the_mark_is_no_method_of_the_page(trusted_for, chief, person, home):
    client = trusted_for(chief)
    for address in (person.get_absolute_url(), reverse("household-print", args=[home.pk])):
        assert client.post(address, WHY).status_code == 405


@pytest.mark.parametrize("mark", ["", "\0", "x" * 5000, "ệ", "a b"])
def test_any_mark_is_taken(trusted_for, chief, person, mark):
    assert ask(trusted_for(chief), person.get_absolute_url(), mark=mark).status_code == 200


# --- looks and searches -------------------------------------------------------------------------


def test_each_look_at_a_person_or_household_is_kept_in_one_query(client_for, duty, home, person):
    notice = factories.StayNoticeFactory()
    client = client_for(duty)
    for row in (person, home, notice):
        with CaptureQueriesContext(connection) as queries:
            client.get(row.get_absolute_url())
        entry = AuditEntry.objects.latest("pk")
        assert (entry.action, entry.user, entry.row, entry.code) == ("view", duty, row.pk, row.code)
        assert entry.table == row._meta.label_lower
        writes = [q["sql"] for q in queries if q["sql"].startswith(("INSERT", "UPDATE", "DELETE"))]
        kept = f'INSERT INTO "{AuditEntry._meta.db_table}"'
        assert len([sql for sql in writes if sql.startswith(kept)]) == 1
        # Besides: the link that seals the entry, and once a minute when the session was used.
        others = (AuditEntry._meta.db_table, AuditLink._meta.db_table, "django_session")
        assert not [sql for sql in writes if not any(f'"{name}"' in sql for name in others)]


def test_a_look_that_is_refused_is_no_look(client_for, officer_b, leader, person):
    assert client_for(officer_b).get(person.get_absolute_url()).status_code == 404
    assert client_for(leader).get(person.get_absolute_url()).status_code == 403
    assert not AuditEntry.objects.filter(action="view").exists()


def test_records_that_are_no_people_keep_no_looks(client_for, chief):
    client_for(chief).get(factories.BusinessFactory().get_absolute_url())
    assert not AuditEntry.objects.filter(action="view").exists()


def test_a_search_for_a_number_is_kept_as_a_keyed_digest(client_for, chief, person, settings):
    client, number = client_for(chief), person.citizen_id
    typed = f"{number[:3]} {number[3:6]}.{number[6:]}"
    for address in ("/search/", "/residents/", "/stay-notices/"):
        client.post(address, {"q": typed})
        entry = AuditEntry.objects.filter(action="lookup").latest("pk")
        assert number_digest(number) in entry.values
        assert json.loads(entry.values)["rows"] == (0 if "stay" in address else 1)
    before = number_digest(number)
    settings.SECRET_KEY = "another key" * 9
    assert number_digest(number) != before


def test_a_search_for_words_is_not_kept(client_for, chief, person):
    client = client_for(chief)
    client.get("/search/", {"q": person.full_name})
    client.get("/residents/", {"q": person.code})
    assert not AuditEntry.objects.filter(action="lookup").exists()


def test_no_number_stands_anywhere_in_the_trail(trusted_for, officer_a, home, person, area_b):
    """Search, export, look up, enter again, show in full, print: the trail has none of it."""
    client = trusted_for(officer_a)
    stranger = factories.ResidenceFactory(household__neighbourhood=area_b).resident
    numbers = {person.citizen_id, person.phone, stranger.citizen_id, stranger.phone, "099555666777"}
    for number in numbers:
        client.post("/search/", {"q": number})
        client.post("/search/", {"q": f"Trần {number}"})
        client.post("/residents/", {"q": number})
        client.post("/residents/", {"q": number, "_export": "csv"})
        client.post("/residents/", {"q": number[2:]})
        client.post(f"/households/{home.pk}/members/", {"m-citizen_id": number})
        client.post(
            "/residents/scan/", {"payload": f"{number}||Lê Văn Thẻ|05091990|Nam|Số 1|14082021"}
        )
    ask(client, person.get_absolute_url())
    ask(client, reverse("household-print", args=[home.pk]), mark="m2")
    assert {"lookup", "export", "reveal", "print"} <= set(
        AuditEntry.objects.values_list("action", flat=True)
    )
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT * FROM "{AuditEntry._meta.db_table}"')  # noqa: S608
        kept = str(cursor.fetchall())
    for number in numbers:
        assert number not in kept
        assert number[2:] not in kept


@pytest.mark.parametrize(
    ("query", "number"),
    [
        ("0912 345 678", "0912345678"),
        ("099.123.456-789", "099123456789"),
        ("đào 0912345678", "0912345678"),
        ("12 Lê Lợi 0912345678", "0912345678"),
        ("H-00217", ""),
        ("VV-2026-0002", ""),
        ("Lê Lợi", ""),
        ("", ""),
        ("099 12 đào 3456", "099123456"),
    ],
)
def test_the_number_in_a_query(query, number):
    assert number_in(query) == number
    told = described_query(query)
    assert (told == query) is not bool(number)


# --- addresses, and what is kept of pages -------------------------------------------------------


def addresses():
    """List `(address, is a list)` of all pages, with the key of the newest row each is about."""
    found = []
    for route in every_route():
        if not route.name or route.pattern.startswith(("accounts/logout", "admin/logout")):
            continue
        model = getattr(route.view_class, "model", None) if route.view_class else None
        row = model.objects.order_by("pk").last() if model and route.parameters else None
        keys = {}
        for name in route.parameters:
            keys[name] = row.pk if row else "karaoke" if name == "slug" else 1
        try:
            found.append((reverse(route.name, kwargs=keys), route.role is Role.LIST))
        except Exception:  # noqa: S112 (an address of two parts is nobody's page here)
            continue
    return found


LINK = re.compile(r'(?:href|action|src|formaction|hx-[a-z-]+|data-[a-z-]*url)="([^"]*)"')


@pytest.mark.parametrize("who", ["chief", "officer_a", "duty", "clerk", "leader"])
def test_every_page_of_a_role(request, client_for, area_a, who):
    """It is masked unless asked, none of its addresses holds a person, and nothing may keep it."""
    user, name = request.getfixturevalue(who), "Xqzlê Văn Tên"
    for make in factories.FACTORIES.values():
        make()
    home = factories.HouseholdFactory(neighbourhood=area_a)
    factories.ResidenceFactory(household=home, temporary=True, resident__full_name=name)
    factories.StayNoticeFactory(household=home, guest_name=name)
    numbers, client, links = factories.every_number(), client_for(user), 0
    for address, is_list in addresses():
        answers = [drained(client.get(address))]
        if is_list:
            answers.append(client.get(address, headers={"HX-Request": "true"}))
        for answer in answers:
            assert "no-store" in answer.get("Cache-Control", ""), address
            found = [answer.get("Location", ""), *LINK.findall(shown(answer))]
            links += len(found)
            text = " ".join(map(unquote_plus, found)).casefold()
            for secret in (*numbers, *BIRTHS, "xqzl"):
                assert secret not in text, (address, secret)
            if answer.status_code == 200:
                page = shown(answer)
                assert not [one for one in (*numbers, *BIRTHS) if one in page], address
    assert links > (3000 if user.may_see_numbers else 300)


def test_an_export_may_not_be_kept(client_for, chief, person):
    export = client_for(chief).post("/residents/", {"_export": "csv"})
    assert "no-store" in export["Cache-Control"]
    rows = list(csv.reader(io.StringIO(b"".join(export.streaming_content).decode("utf-8-sig"))))
    assert not [secret for secret in secrets_of(person) if secret in str(rows)]


def test_a_strangers_pages_are_not_kept_either(client):
    for address in ("/", "/accounts/login/", "/residents/1/", "/healthz", "/none/"):
        assert "no-store" in client.get(address).get("Cache-Control", ""), address


def test_every_list_with_a_birth_shows_its_year():
    for route in record_routes():
        table = route.view_class.table_class
        if table and "birth" in table.base_columns:
            assert str(table.base_columns["birth"].verbose_name) == "Năm sinh"
