"""An incident must never become a file on a person or a family.

Who told of it or was harmed is kept apart from it (`IncidentParty`), and is reached from one page.
"""

import datetime as dt

import pytest
from django.apps import apps
from django.contrib import admin
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from households.models import Household, Resident
from incidents.models import Attachment, Incident, IncidentParty
from kylien.accounts.models import Role
from kylien.audit.models import AuditEntry
from kylien.core.models import Record
from kylien.core.records import Role as Page
from tests import factories
from tests.factories import day, incident_type
from tests.routes import every_route
from tests.test_crawl import address_of, content_of, fill

PEOPLE = {Resident, Household}
OURS = list(apps.get_app_config("incidents").get_models())
each_of_ours = pytest.mark.parametrize("model", OURS, ids=lambda model: model.__name__)


# --- what the models have room for --------------------------------------------------------------


@each_of_ours
def test_no_key_leads_to_a_resident_or_household(model):
    for field in model._meta.get_fields(include_hidden=True):
        assert field.related_model not in PEOPLE, field
        assert "households" not in str(getattr(field, "related_model", "")), field


@pytest.mark.parametrize("model", list(apps.get_app_config("households").get_models()))
def test_nothing_of_households_leads_to_an_incident(model):
    for field in model._meta.get_fields(include_hidden=True):
        assert field.related_model not in OURS, field


OF_PEOPLE = (
    "person", "name", "victim", "harmed", "suspect", "reporter", "phone", "citizen", "passport",
    "identity", "id_number", "birth", "sex", "gender", "address", "religio", "ethnic", "opinion",
)  # fmt: skip
NO_PERSONS_NAME = {("IncidentType", "name"), ("Attachment", "name")}  # a kind's, a file's


@each_of_ours
def test_no_other_model_has_a_field_for_who_somebody_is(model):
    if model is IncidentParty:
        return
    found = {
        (model.__name__, field.name)
        for field in model._meta.concrete_fields
        for part in OF_PEOPLE
        if part in field.name
    }
    assert found <= NO_PERSONS_NAME


@each_of_ours
def test_files_hang_on_their_own_rows(model):
    kinds = {field.get_internal_type() for field in model._meta.concrete_fields}
    files = kinds & {"FileField", "ImageField", "JSONField", "BinaryField"}
    assert files == ({"FileField"} if model is Attachment else set())


def test_of_a_party_everything_is_secret_and_nothing_is_linked():
    own = {field.name for field in IncidentParty._meta.concrete_fields} - {"id", "incident"}
    assert set(IncidentParty.secret_fields) == own - set(IncidentParty.bookkeeping)
    links = {field.name for field in IncidentParty._meta.get_fields() if field.is_relation}
    assert links == {"incident"}


# --- where a party is reached from --------------------------------------------------------------

OWN_PAGES = {"incident-parties", "incident-party-update"}


def model_of(route):
    return getattr(route.view_class, "model", None)


def test_a_party_has_no_list_search_admin_or_further_rights():
    assert not admin.site.is_registered(IncidentParty)
    inlines = [one.model for site in admin.site._registry.values() for one in site.inlines]
    assert IncidentParty not in inlines
    assert not issubclass(IncidentParty, Record)  # a record is named by its code and searched for
    pages = {route.name for route in every_route() if route.is_scoped or route.is_record}
    assert {name for name in pages if name.startswith("incident-part")} == {
        "incident-parties",
        "incident-party",
        "incident-party-update",
    }
    of_rows = {route.name for route in every_route() if model_of(route) is IncidentParty}
    assert of_rows == {"incident-party-update"}
    assert set(IncidentParty._meta.default_permissions) == {"view", "add", "change"}


KNOWN = {
    "full_name": "Zuỳbáo Thịtin",
    "phone": "0100987123",
    "address": "Ngõ Zuỳxa Thịgần",
    "note": "Gặp ở Zuỳchợ Thịcá",
}


@pytest.fixture
def told(db, area_a):
    """Return rows of every model, among them an incident of which `KNOWN` told."""
    rows = fill(
        area_a, "Anpha", {"099111111222", "099111333444", "0100111555", "0100111666"}, day(9)
    )
    party = rows[IncidentParty]
    for name, value in KNOWN.items():
        setattr(party, name, value)
    party.save()
    return rows


def shown(answer):
    text = content_of(answer)
    return [value for value in KNOWN.values() if value in text]


@pytest.mark.parametrize("who", [Role.CHIEF, Role.AREA_OFFICER])
def test_a_party_is_shown_on_its_own_page_alone(client_for, told, who):
    """To those who may read it: the chief, and an officer who was given the incident."""
    user = factories.UserFactory(role=who)
    row = told[Incident]
    factories.AssignmentFactory(incident=row, officer=user)
    client, places = client_for(user), set()
    for route in every_route():
        address, _ = address_of(route, told)
        if found := shown(client.get(address)):
            places.add(route.name)
            assert KNOWN["phone"] not in found, route
        if route.role is Page.LIST:
            if shown(client.post(route.list_address, {"_export": "csv"})):
                places.add(f"export of {route.name}")
            for value in ("zuỳbáo", "thitin", KNOWN["phone"], "zuyxa"):
                for answer in (
                    client.get(route.list_address, {"q": value}),
                    client.post(route.list_address, {"q": value, "_filter": "1"}),
                ):
                    assert not set(shown(answer)) - {value}, route  # but for the box itself
    for value in ("zuỳbáo thịtin", "thitin", KNOWN["phone"], "zuyxa", row.code):
        for answer in (client.get("/search/", {"q": value}), client.post("/search/", {"q": value})):
            assert not set(shown(answer)) - {value}, value
    assert places == OWN_PAGES


def test_no_column_of_another_table_repeats_a_party(told):
    """Not the trail, not the log, not a search index."""
    own = IncidentParty._meta.db_table
    with connection.cursor() as cursor:
        tables = set(connection.introspection.table_names(cursor))
        assert own in tables
        for table in sorted(tables):
            cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608
            kept = str(cursor.fetchall())
            found = [value for value in KNOWN.values() if value in kept]
            assert found == (list(KNOWN.values()) if table == own else []), table


def typed(area, **values):
    return {
        "type": incident_type().pk,
        "occurred_at": f"{timezone.localtime() - dt.timedelta(hours=1):%d/%m/%Y %H:%M}",
        "neighbourhood": area.pk,
        "place": "Chợ Kỳ Liên",
        "source": "citizen",
        "channel": "phone",
        "first_action": "Cử tổ tuần tra đến",
        "reporter_name": KNOWN["full_name"],
        "reporter_phone": KNOWN["phone"],
    } | values


def test_who_told_is_written_apart_from_the_incident(client_for, duty, chief, area_a):
    client_for(duty).post(reverse("incident-create"), typed(area_a))
    party = IncidentParty.objects.get()
    assert (party.full_name, party.phone, party.role) == (
        KNOWN["full_name"],
        KNOWN["phone"],
        "reporter",
    )
    row = party.incident
    written = [str(value) for entry in row.entries.all() for value in vars(entry).values()]
    assert "Ghi người báo tin" in written
    assert not [value for value in written for known in KNOWN.values() if known in value]
    # The desk wrote it and does not read it again; the chief reads it on the page of its own.
    parties = reverse("incident-parties", args=[row.pk])
    assert client_for(duty).get(parties).status_code == 403
    for user in (duty, chief):
        assert not shown(client_for(user).get(row.get_absolute_url()))
    assert shown(client_for(chief).get(parties)) == [KNOWN["full_name"]]


def test_each_look_at_the_parties_is_kept_without_what_was_read(client_for, chief, told):
    row, client = told[Incident], client_for(chief)
    for name, pk in (("parties", row.pk), ("party-update", told[IncidentParty].pk)):
        before = AuditEntry.objects.latest("pk").pk
        answer = client.get(reverse(f"incident-{name}", args=[pk]))
        assert shown(answer)
        (entry,) = AuditEntry.objects.filter(pk__gt=before)
        told_of = (entry.action, entry.table, entry.user)
        assert told_of == ("view", "incidents.incidentparty", chief)
        assert entry.code == row.code
        assert not [value for value in KNOWN.values() if value in entry.values]


def test_of_a_crowd_nobody_is_named(client_for, duty, area_a):
    values = {
        "type": incident_type(crowd=True).pk,
        "size_band": "to_50",
        "measures": ["explain"],
        "first_action": "",
    }
    client = client_for(duty)
    answer = client.post(reverse("incident-create"), typed(area_a, **values))
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {"reporter_name", "reporter_phone"}
    assert not Incident.objects.exists()
    values |= {"reporter_name": "", "reporter_phone": ""}
    assert client.post(reverse("incident-create"), typed(area_a, **values)).status_code == 302
    row = Incident.objects.get()
    assert client.get(reverse("incident-party", args=[row.pk])).status_code == 404
