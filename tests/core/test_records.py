"""The record mechanism, tried on households and, by `record_routes()`, on every page of records."""

import csv
import datetime as dt
import html
import io
import json
import re
from itertools import product

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.views.generic import View
from python_calamine import CalamineWorkbook

from households.models import DuplicatePair, Household, Residence, Resident
from households.views.households import HouseholdView
from kylien.audit.models import AuditEntry
from kylien.core import exports
from kylien.core.filters import NUMBERS_BY_POST
from kylien.core.forms import STALE
from kylien.core.models import Tracked
from kylien.core.readings import number_digest
from kylien.core.records import PAGE_SIZE, RecordView, Role, ScopedMixin
from outreach.models import Material
from tests import factories
from tests.routes import every_route, record_routes

pytestmark = pytest.mark.django_db

LISTS = record_routes(Role.LIST)
# Shifts and checked rosters are read and printed one at a time, what came in by workbook lies in
# workbooks: their lists have no export.
NOT_EXPORTED = {"shifthandover-list", "rostercheck-list", "importbatch-list"}
EXPORTS = [route for route in LISTS if route.name not in NOT_EXPORTED]
JUNK = [
    "\0",
    "x" * 5000,
    "-1",
    "9" * 30,
    "'\"<script>😀%_",
    "=1+1",
    "31/02/2026",
    "٣٤٥",
]


def named(route):
    return route.name


def a_row(model):
    """Return a row that can be changed: an approved material cannot."""
    return factories.of(model)(**({"approved_on": None} if model is Material else {}))


def make_rows(view_class, count, **fields):
    """Make rows that a list shows, each with relations of its own so that an extra query shows."""
    model = view_class.model
    if not issubclass(model, Tracked):  # the trail: its rows come with the others'
        factories.HouseholdFactory.create_batch(count)
        return
    if model is Resident:
        model = Residence
    if model is Residence:
        fields.setdefault("temporary", True)
    if model is Household:
        for household in factories.HouseholdFactory.create_batch(count, **fields):
            factories.ResidenceFactory(household=household, relation="HEAD")
        return
    factories.of(model).create_batch(count, **fields)


def count_queries(client, *args, **kwargs):
    with CaptureQueriesContext(connection) as queries:
        response = client.get(*args, **kwargs)
    assert response.status_code == 200
    return len(queries), [query["sql"] for query in queries]


def household_data(area, **changes):
    fields = {"address": "Số 1 Lê Lợi", "neighbourhood": area.pk, "opened_on": "01/02/2020"}
    return {**fields, **factories.head_row(), **changes}


# --- the order of the steps ---------------------------------------------------------------------


@pytest.mark.parametrize("route", record_routes(), ids=named)
def test_every_page_of_records_sends_strangers_to_the_sign_in(client, route):
    address = reverse(route.name, kwargs=dict.fromkeys(route.parameters, 1))
    for response in (client.get(address), client.post(address)):
        assert response.status_code == 302
        assert response["Location"].startswith("/accounts/login/?next=")


@pytest.mark.parametrize("route", record_routes(), ids=named)
def test_permission_is_asked_before_any_row_is_looked_for(client_for, leader, superuser, route):
    address = reverse(route.name, kwargs=dict.fromkeys(route.parameters, 10**9))
    for user in (leader, superuser):
        if user.has_perm(route.permission):  # leaders read the reports that were published
            assert client_for(user).get(address).status_code == 404
            continue
        assert client_for(user).get(address).status_code == 403
        assert client_for(user).post(address).status_code == 403


def test_a_foreign_row_does_not_exist(client_for, officer_a, area_b):
    row = factories.HouseholdFactory(neighbourhood=area_b)
    client = client_for(officer_a)
    for name in ("household-detail", "household-update"):
        assert client.get(reverse(name, args=[row.pk])).status_code == 404
    answer = client.post(reverse("household-update", args=[row.pk]), household_data(area_b))
    assert answer.status_code == 404
    assert Household.objects.get(pk=row.pk).version == row.version


def test_an_unknown_row_is_404_however_large_its_number(client_for, chief):
    for pk in (0, 10**9, 2**63 - 1, 2**63, 10**30):
        for name in ("household-detail", "household-update"):
            assert client_for(chief).get(reverse(name, args=[pk])).status_code == 404


def test_a_row_cannot_be_moved_to_or_made_in_a_foreign_neighbourhood(
    client_for, officer_a, area_a, area_b
):
    client = client_for(officer_a)
    answer = client.post(reverse("household-create"), household_data(area_b))
    assert answer.status_code == 422
    assert not Household.objects.exists()
    row = factories.HouseholdFactory(neighbourhood=area_a)
    data = household_data(area_b, version=row.version)
    assert client.post(reverse("household-update", args=[row.pk]), data).status_code == 422
    assert Household.objects.get(pk=row.pk).neighbourhood_id == area_a.pk


def test_a_missing_verb_is_403_on_get_and_post(client_for, duty):
    row = factories.HouseholdFactory()
    client = client_for(duty)
    assert client.get(row.get_absolute_url()).status_code == 200
    for address in (reverse("household-create"), reverse("household-update", args=[row.pk])):
        assert client.get(address).status_code == 403
        assert client.post(address, household_data(row.neighbourhood)).status_code == 403


def test_only_the_methods_of_a_role_are_answered(client_for, chief):
    row = factories.HouseholdFactory()
    assert client_for(chief).post(row.get_absolute_url()).status_code == 405
    for method in ("put", "delete", "patch"):
        assert getattr(client_for(chief), method)(reverse("household-list")).status_code == 405


@pytest.mark.parametrize("name", ["dispatch", "allows"])
def test_the_steps_cannot_be_overridden(name):
    with pytest.raises(TypeError, match=name):
        type("Loose", (HouseholdView,), {name: lambda self, *args, **kwargs: None})
    with pytest.raises(TypeError, match=name):
        type("Loose", (ScopedMixin, View), {name: lambda self, *args, **kwargs: None})


def test_the_steps_cannot_be_overridden_by_a_mixin_either():
    class Loose:
        def dispatch(self, request, *args, **kwargs):
            return None

    with pytest.raises(TypeError, match="dispatch"):
        type("Mixed", (Loose, HouseholdView), {})
    with pytest.raises(TypeError, match="dispatch"):
        type("WrongOrder", (View, ScopedMixin), {})


def test_every_page_about_records_goes_through_the_steps():
    """A class-based page of ours with a `model` is a ScopedMixin, so no app writes its own door."""
    for route in every_route():
        view_class = route.view_class
        if view_class is None or view_class.__module__.split(".")[0] in ("django", "allauth"):
            continue
        if getattr(view_class, "model", None) is not None:
            assert issubclass(view_class, ScopedMixin), route


# --- lists --------------------------------------------------------------------------------------


@pytest.mark.parametrize("route", LISTS, ids=named)
def test_no_query_string_or_form_value_breaks_a_list(client_for, chief, route):
    make_rows(route.view_class, 2)
    address = route.list_address
    client = client_for(chief)
    names = ["page", "sort", *route.view_class.filterset_class.base_filters, "unknown"]
    for value in JUNK:
        assert client.get(address, dict.fromkeys(names, value)).status_code == 200, value
        assert client.post(address, dict.fromkeys(names, value)).status_code == 200, value
    for name in names:  # one by one too: a filter that cannot be read hides the others
        for value in ("\0", "9" * 30):
            assert client.get(address, {name: value}).status_code == 200, (name, value)
    assert client.get(f"{address}?{'&'.join(['q=a'] * 50)}&page=%00&sort=%FF%FE").status_code == 200


@pytest.mark.parametrize("route", EXPORTS, ids=named)
def test_no_value_breaks_an_export(client_for, chief, route):
    client = client_for(chief)
    names = ("sort", "page", *route.view_class.filterset_class.base_filters)
    for chosen in (names, *zip(names, strict=True)):
        for value in ("\0", "x" * 5000, "9" * 30):
            data = {"_export": "csv"} | dict.fromkeys(chosen, value)
            answer = client.post(route.list_address, data)
            assert answer.status_code == 200, data
            b"".join(answer.streaming_content)


@pytest.mark.parametrize("route", LISTS, ids=named)
def test_every_sort_key_of_a_list_sorts_both_ways(client_for, chief, route):
    make_rows(route.view_class, 3)
    table = route.view_class.table_class([])
    for bound in table.columns.iterall():
        if bound.orderable:
            for sort in (bound.name, f"-{bound.name}"):
                assert client_for(chief).get(route.list_address, {"sort": sort}).status_code == 200


@pytest.mark.parametrize("route", LISTS, ids=named)
def test_masked_fields_can_neither_be_sorted_nor_filtered(route):
    secrets = set(getattr(route.view_class.model, "secret_fields", ()))
    masks = set(getattr(route.view_class.model, "masks", ())) | secrets
    filters = route.view_class.filterset_class.base_filters.values()
    # A birth may be asked for by its year, which pages show.
    by_year = {item for item in filters if item.lookup_expr.startswith("year__")}
    assert {item.field_name for item in by_year} <= {"birth_date"}
    assert not masks & {item.field_name for item in set(filters) - by_year}
    for bound in route.view_class.table_class([]).columns.iterall():
        if bound.orderable:
            sorted_by = {
                str(key).lstrip("-").split("__")[-1] for key in bound.column.order_by or ()
            }
            assert not masks & {bound.name, *sorted_by}


@pytest.mark.parametrize("route", LISTS, ids=named)
def test_a_list_costs_the_same_queries_for_1_row_and_100(client_for, chief, route):
    client = client_for(chief)
    make_rows(route.view_class, 1)
    client.get(route.list_address)  # the session's first touch, and the caches of content types
    one, _ = count_queries(client, route.list_address)
    make_rows(route.view_class, 99)
    many, queries = count_queries(client, route.list_address)
    assert many <= one, "\n".join(queries)
    assert many <= 12, "\n".join(queries)
    last, _ = count_queries(client, route.list_address, {"page": 2})
    assert last <= one


@pytest.mark.parametrize("route", record_routes(Role.DETAIL, Role.UPDATE), ids=named)
def test_a_records_page_costs_the_same_queries_for_few_children_and_many(client_for, chief, route):
    client = client_for(chief)
    row = a_row(route.view_class.model)
    counts = []
    for _ in range(3):
        for _ in range(1 if not counts else 5):
            factories.add_children(row)
        client.get(reverse(route.name, args=[row.pk]))
        count, queries = count_queries(client, reverse(route.name, args=[row.pk]))
        counts.append(count)
    assert counts[1] == counts[2], "\n".join(queries)
    assert counts[2] <= 20, "\n".join(queries)


def test_filters_search_and_sort_choose_and_order_rows(client_for, chief, area_a, area_b):
    first = factories.HouseholdFactory(neighbourhood=area_a, address="Ngõ Đá Bạc")
    second = factories.HouseholdFactory(neighbourhood=area_b, address="Ngõ Đá Xanh")
    gone = factories.HouseholdFactory(
        neighbourhood=area_a, address="Đá cũ", dissolved_on=factories.day(3)
    )

    def codes(**params):
        answer = client_for(chief).get(reverse("household-list"), params)
        return re.findall(r">(H-\d+)</a>", answer.content.decode())

    assert codes() == [first.code, second.code]
    assert codes(sort="-code") == [second.code, first.code]
    assert codes(neighbourhood=area_b.pk) == [second.code]
    assert codes(state="all") == [first.code, second.code, gone.code]
    assert codes(state="dissolved") == [gone.code]
    assert codes(q="bac da") == [first.code]
    assert codes(q="DA\u00a0XANH") == [second.code]
    first.address = "Số 12 ngõ 34"
    first.save()
    assert codes(q="12 34") == [first.code]  # two words: only six digits or more are one number
    assert codes(q="không có") == []
    assert codes(on="01/01/1990") == []
    assert codes(sort="secret,-nothing") == [first.code, second.code]
    assert codes(neighbourhood="99999") == []  # a filter that cannot be read finds nothing


def test_a_filter_that_cannot_be_read_says_so(client_for, chief):
    answer = client_for(chief).get(reverse("household-list"), {"on": "31/02/2026"})
    assert "không có trong lịch" in answer.content.decode()


def test_a_bad_page_number_gives_the_nearest_page(client_for, chief, area_a):
    factories.HouseholdFactory.create_batch(PAGE_SIZE * 2 + 1, neighbourhood=area_a)
    for wanted, shown in (("0", 1), ("-7", 1), ("abc", 1), ("3", 3), ("4", 3), ("9" * 30, 3)):
        answer = client_for(chief).get(reverse("household-list"), {"page": wanted})
        assert f"Trang {shown}/3" in answer.content.decode(), wanted
    last = client_for(chief).get(reverse("household-list"), {"page": 3}).content.decode()
    assert "Đang xem 101–101 trong 101" in last


def test_every_row_stands_on_exactly_one_page(client_for, chief, area_a):
    rows = factories.HouseholdFactory.create_batch(
        PAGE_SIZE * 2 + 7, neighbourhood=area_a, opened_on=factories.day(10)
    )
    for sort in ("", "opened_on", "-opened_on", "neighbourhood"):
        seen = []
        for page in (1, 2, 3):
            answer = client_for(chief).get(reverse("household-list"), {"page": page, "sort": sort})
            seen += re.findall(r">(H-\d+)</a>", answer.content.decode())
        assert sorted(seen) == sorted(row.code for row in rows)


def test_htmx_gets_the_table_alone(client_for, chief):
    factories.HouseholdFactory()
    plain = client_for(chief).get(reverse("household-list")).content.decode()
    part = client_for(chief).get(reverse("household-list"), headers={"HX-Request": "true"})
    part = part.content.decode()
    assert "<html" in plain
    assert "<html" not in part
    assert part.strip().startswith('<div id="records"')
    assert part.strip() in plain or len(part) < len(plain) / 2


def test_an_empty_list_says_what_to_do_next(client_for, chief, duty):
    assert HouseholdView.empty_hint in client_for(chief).get("/households/").content.decode()
    assert reverse("household-create") not in client_for(duty).get("/households/").content.decode()


def test_an_officer_is_offered_his_own_neighbourhoods_alone(client_for, officer_a, area_a, area_b):
    answer = client_for(officer_a).get(reverse("household-list")).content.decode()
    assert area_a.name in answer
    assert area_b.name not in answer


# --- numbers ------------------------------------------------------------------------------------


@pytest.mark.parametrize("route", EXPORTS, ids=named)
def test_no_number_leaves_unmasked_in_a_list_or_its_export(client_for, chief, route):
    make_rows(route.view_class, 3)
    shown = client_for(chief).get(route.list_address).content
    exported = client_for(chief).post(route.list_address, {"_export": "csv"})
    shown += b"".join(exported.streaming_content)
    shown += str(exported_book(client_for(chief), route.list_address)).encode()
    for number in factories.every_number():
        assert number.encode() not in shown


def test_a_number_in_the_address_is_refused_and_finds_by_post(client_for, chief, area_a):
    household = factories.HouseholdFactory(neighbourhood=area_a)
    found = factories.ResidenceFactory(household=household).resident
    other = factories.ResidenceFactory(household=household).resident
    client = client_for(chief)
    number = found.citizen_id
    refused = client.get(reverse("resident-list"), {"q": number}).content.decode()
    assert NUMBERS_BY_POST in refused
    assert found.code not in refused
    for typed in (number, f"{number[:3]} {number[3:6]}.{number[6:]}"):
        answer = client.post(reverse("resident-list"), {"q": typed}).content.decode()
        assert found.code in answer
        assert other.code not in answer
        assert f"q={number}" not in answer  # nor does it get into the addresses of the pages


def test_parts_of_numbers_are_found_for_those_who_may_see_them(
    client_for, chief, duty, officer_a, area_a, area_b
):
    mine = factories.ResidenceFactory(household__neighbourhood=area_a).resident
    foreign = factories.ResidenceFactory(household__neighbourhood=area_b).resident

    def finds(user, typed):
        answer = client_for(user).post(reverse("resident-list"), {"q": typed}).content.decode()
        return {row.code for row in (mine, foreign) if row.code in answer}

    assert finds(chief, mine.citizen_id[2:]) == {mine.code}
    assert finds(duty, mine.citizen_id[2:]) == set()
    assert finds(duty, mine.citizen_id) == {mine.code}
    assert finds(officer_a, foreign.citizen_id) == set()
    assert finds(chief, mine.phone) == {mine.code}


def test_an_edit_form_keeps_a_number_left_empty_replaces_one_typed_removes_on_a_dash(
    client_for, chief
):
    person = factories.ResidenceFactory().resident
    address = reverse("resident-update", args=[person.pk])
    page = client_for(chief).get(address).content.decode()
    assert person.citizen_id not in page
    assert person.masked("citizen_id") in page

    def save(**typed):
        person.refresh_from_db()
        data = {"full_name": person.full_name, "birth": "1980", "sex": "M"}
        data |= {"version": person.version, **typed}
        assert client_for(chief).post(address, data).status_code == 302
        return Resident.objects.get(pk=person.pk)

    before = person.citizen_id
    assert save().citizen_id == before
    assert save(citizen_id="099 123 456 789").citizen_id == "099123456789"
    assert save(citizen_id="-").citizen_id == ""


# --- exports ------------------------------------------------------------------------------------


REASON = "Rà soát tháng 11, gửi chỉ huy"


def exported_rows(client, address, **data):
    answer = client.post(address, {"_export": "csv", "reason": REASON, **data})
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Cache-Control"] == "no-store"
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


def exported_book(client, address, **data):
    """Return an exported workbook: its sheets as lists of rows, by name."""
    answer = client.post(address, {"_export": "xlsx", "reason": REASON, **data})
    assert answer.status_code == 200
    assert answer["Content-Type"] == exports.XLSX
    assert answer["Cache-Control"] == "no-store"
    book = CalamineWorkbook.from_filelike(io.BytesIO(b"".join(answer.streaming_content)))
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


def exported_sheet(client, address, **data):
    """Return the rows of an exported workbook, header first, as people read them."""
    rows = next(iter(exported_book(client, address, **data).values()))
    return [[as_read(cell) for cell in row] for row in rows]


def as_read(cell):
    match cell:
        case dt.datetime():
            return f"{cell:%d/%m/%Y %H:%M}"
        case dt.date():
            return f"{cell:%d/%m/%Y}"
        case float():
            return f"{cell:g}".replace(".", ",")
    return cell


def listed_rows(client, address, **params):
    rows, page, pages = [], 1, 1
    while page <= pages:
        text = client.get(address, {**params, "page": page}).content.decode()
        pages = int((re.search(r"Trang \d+/(\d+)", text) or ["", "1"])[1])
        body = text.partition("<tbody>")[2].partition("</tbody>")[0]
        for line in re.findall(r"<tr>(.*?)</tr>", body, re.DOTALL):
            cells = re.findall(r"<td[^>]*>(.*?)</td>", line, re.DOTALL)
            rows.append([html.unescape(re.sub(r"<[^>]+>", "", cell)).strip() for cell in cells])
        page += 1
    return rows


def as_listed(cell):
    """Return an exported cell as the page shows it."""
    cell = cell.removeprefix("'")
    return cell or "—"


@pytest.mark.parametrize("route", EXPORTS, ids=named)
def test_an_export_holds_the_rows_and_columns_of_the_list(client_for, chief, route):
    make_rows(route.view_class, PAGE_SIZE + 3)
    client = client_for(chief)
    columns = route.view_class.table_class([]).columns
    down = next((f"-{bound.name}" for bound in columns if bound.orderable), "")
    for export, sort in product((exported_rows, exported_sheet), ("", down)):
        header, *exported = export(client, route.list_address, sort=sort)
        before = AuditEntry.objects.count()
        listed = listed_rows(client, route.list_address, sort=sort)
        assert AuditEntry.objects.count() == before
        assert len(exported) >= PAGE_SIZE
        if route.view_class.model is AuditEntry:  # the export itself has become the newest row
            assert "Xuất" in listed.pop(0)
        assert [[as_listed(cell) for cell in row] for row in exported] == [
            [cell or "—" for cell in row] for row in listed
        ]
        declared = route.view_class.table_class([]).header
        assert header == [label for label in declared if label in header]  # some fit some rows
        assert len(header) == len(exported[0])


@pytest.mark.parametrize("name", sorted(NOT_EXPORTED))
def test_a_list_without_an_export_offers_and_sends_none(client_for, chief, name):
    route = next(route for route in LISTS if route.name == name)
    make_rows(route.view_class, 3)
    client = client_for(chief)
    assert "_export" not in client.get(route.list_address).content.decode()
    assert client.post(route.list_address, {"_export": "csv"}).status_code == 403
    assert "export" not in route.view_class.model._meta.default_permissions


def test_an_export_holds_the_filtered_rows_alone(client_for, chief, officer_a, area_a, area_b):
    mine = factories.HouseholdFactory(neighbourhood=area_a)
    foreign = factories.HouseholdFactory(neighbourhood=area_b)
    address = reverse("household-list")
    codes = [row[0] for row in exported_rows(client_for(chief), address)[1:]]
    assert codes == [mine.code, foreign.code]
    codes = [r[0] for r in exported_rows(client_for(chief), address, neighbourhood=area_b.pk)[1:]]
    assert codes == [foreign.code]
    codes = [row[0] for row in exported_rows(client_for(officer_a), address)[1:]]
    assert codes == [mine.code]
    foreign_filter = {"neighbourhood": area_b.pk, "state": "all"}
    assert exported_rows(client_for(officer_a), address, **foreign_filter)[1:] == []


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", " =", "＝"])
def test_no_exported_cell_can_run_as_a_formula(client_for, chief, start):
    row = factories.HouseholdFactory(address=f'{start}HYPERLINK("x")')
    exported = exported_rows(client_for(chief), reverse("household-list"))[1]
    cell = next(cell for cell in exported if "HYPERLINK" in cell)
    assert cell == f"'{row.address}"


def test_an_export_is_recorded_with_its_filters(client_for, chief, area_a):
    factories.HouseholdFactory(neighbourhood=area_a)
    exported_rows(client_for(chief), reverse("household-list"), neighbourhood=area_a.pk)
    entry = AuditEntry.objects.latest("pk")
    assert (entry.action, entry.table, entry.user) == ("export", "households.household", chief)
    assert entry.row is None
    assert area_a.name in entry.values
    assert '"rows": 1' in entry.values


def test_an_export_is_recorded_with_the_words_searched_for_but_no_number(client_for, chief, area_a):
    row = factories.HouseholdFactory(neighbourhood=area_a, address="Ngõ Đào")
    home = {"household": row, "resident__full_name": "Lê Đào"}
    person = factories.ResidenceFactory(**home).resident
    client = client_for(chief)
    for address, typed, told in (
        ("household-list", "ngõ đào", "ngõ đào"),
        ("household-list", row.code, row.code),
        ("resident-list", person.citizen_id, f"số {number_digest(person.citizen_id)}"),
        ("resident-list", f"đào {person.phone}", f"số {number_digest(person.phone)}"),
    ):
        exported_rows(client, reverse(address), q=typed)
        entry = AuditEntry.objects.latest("pk")
        assert json.loads(entry.values)["filters"] == {"Tìm": told}
        assert person.citizen_id not in entry.values
        assert person.phone not in entry.values


def test_an_export_is_recorded_with_its_words_beside_the_other_filters(client_for, chief, area_a):
    data = {"q": "đào", "neighbourhood": area_a.pk}
    exported_rows(client_for(chief), reverse("household-list"), **data)
    filters = json.loads(AuditEntry.objects.latest("pk").values)["filters"]
    assert filters == {"Tìm": "đào", "Tổ dân phố": area_a.name}


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_exporting_needs_its_own_verb_and_a_known_kind(client_for, chief, duty, kind):
    factories.HouseholdFactory()
    entries = AuditEntry.objects.exclude(action="refused")
    before = entries.count()
    address = reverse("household-list")
    assert client_for(duty).post(address, {"_export": kind}).status_code == 403
    for unknown in ("exe", "XLSX", "csv ", "\0", "x" * 5000):
        assert client_for(chief).post(address, {"_export": unknown}).status_code == 403
    assert "_export" not in client_for(duty).get(address).content.decode()
    assert f'name="_export" value="{kind}"' in client_for(chief).get(address).content.decode()
    assert entries.count() == before
    refused = AuditEntry.objects.filter(action="refused")
    assert {entry.user for entry in refused} == {chief, duty}
    answer = client_for(chief).get(address, {"_export": kind})
    assert answer["Content-Type"].startswith("text/html")


def test_a_workbook_is_named_like_the_list_and_typed(client_for, chief):
    row = factories.HouseholdFactory(address="=1+1", opened_on=dt.date(2020, 3, 1))
    factories.ResidenceFactory(household=row, relation="HEAD")
    client = client_for(chief)
    answer = client.post(reverse("household-list"), {"_export": "xlsx"})
    name = f"households-{timezone.localdate():%Y-%m-%d}.xlsx"
    assert answer["Content-Disposition"] == f'attachment; filename="{name}"'
    assert int(answer["Content-Length"]) == len(b"".join(answer.streaming_content))
    book = exported_book(client, reverse("household-list"))
    assert list(book) == ["Hộ", exports.FILTER_SHEET]
    header, cells = book["Hộ"]
    told = dict(zip(header, cells, strict=True))
    assert header[0] == "Mã hộ"
    assert told["Mã hộ"] == row.code
    assert told["Địa chỉ"] == "=1+1"  # as text: nothing runs, nothing is put before it
    assert told["Số người"] == 1
    assert told["Lập ngày"] == dt.date(2020, 3, 1)


def test_the_second_sheet_tells_filters_who_when_and_why(client_for, chief, area_a):
    person = factories.ResidenceFactory(household__neighbourhood=area_a).resident
    client = client_for(chief)
    asked = {"neighbourhood": area_a.pk, "q": person.citizen_id}
    book = exported_book(client, reverse("resident-list"), **asked)
    told = dict(book[exports.FILTER_SHEET][1:])
    moment = told.pop("Lúc")
    assert told == {
        "Danh sách": "Nhân khẩu",
        "Tổ dân phố": area_a.name,
        "Tìm": f"số {number_digest(person.citizen_id)}",
        "Số dòng": 1,
        "Người xuất": chief.full_name_label,
        "Lý do": REASON,
    }
    assert abs(timezone.make_aware(moment) - timezone.now()) < dt.timedelta(minutes=2)
    assert person.citizen_id not in str(book)
    plain = exported_book(client, reverse("household-list"), reason="")
    told = dict(plain[exports.FILTER_SHEET][1:])
    assert (told["Bộ lọc"], told["Lý do"]) == ("Không lọc", "—")


@pytest.mark.parametrize("route", EXPORTS, ids=named)
def test_the_code_is_the_first_column_of_an_export(route):
    if route.view_class.model in (AuditEntry, DuplicatePair):  # rows about rows: none of their own
        return
    table = route.view_class.table_class([])
    assert next(table.columns.iterall()).accessor.split("__")[-1] == "code"


# --- the reason of an export --------------------------------------------------------------------


@pytest.fixture
def crowd(area_a):
    """One person more than may leave without a reason."""
    household = factories.HouseholdFactory(neighbourhood=area_a)
    rows = factories.ResidenceFactory.create_batch(51, household=household)
    return [row.resident for row in rows]


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_more_than_50_people_need_a_reason_which_the_trail_keeps(client_for, chief, crowd, kind):
    client, address = client_for(chief), reverse("resident-list")
    before = AuditEntry.objects.count()
    answer = client.post(address, {"_export": kind})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert answer["Content-Type"].startswith("text/html")
    assert f'name="_export" value="{kind}"' in page
    assert 'name="reason"' in page
    assert "f-error" not in page
    assert "field-error" not in page  # asked for the first time: nothing is wrong yet
    assert not any(person.full_name in page for person in crowd)
    assert AuditEntry.objects.count() == before
    answer = client.post(address, {"_export": kind, "reason": f"  {REASON}\n "})
    assert answer.status_code == 200
    assert len(b"".join(answer.streaming_content)) > 1000
    entry = AuditEntry.objects.latest("pk")
    assert (entry.action, entry.reason, entry.user) == ("export", REASON, chief)
    assert json.loads(entry.values) == {"rows": 51, "filters": {}, "kind": kind}
    shown = client.get(reverse("auditentry-list")).content.decode()
    assert REASON in shown


def test_more_than_50_people_need_the_password_once_more(client_for, chief, crowd, settings):
    settings.DEMO = False
    client, address = client_for(chief), reverse("resident-list")
    asked = {"_export": "csv", "sort": "-code", "reason": REASON}
    again = f"{reverse('account_reauthenticate')}?next=%2Fresidents%2F%3Fsort%3D-code"
    answer = client.post(address, asked)
    assert (answer.status_code, answer["Location"]) == (302, again)
    assert not AuditEntry.objects.filter(action="export").exists()
    few = {**asked, "q": crowd[0].code}
    assert client.post(address, few).status_code == 200
    assert client.post(again, {"password": factories.PASSWORD}).status_code == 302
    assert client.post(address, asked).status_code == 200


@pytest.mark.parametrize(
    ("reason", "sentence"),
    [
        ("", "Ghi lý do xuất."),
        (" \u00a0\u200b\n ", "Ghi lý do xuất."),
        ("rà soát  .", "Ghi rõ hơn"),
        ("a" * 201, "Ghi ngắn hơn"),
    ],
)
def test_a_bad_reason_is_refused_beside_the_field_and_stays(
    client_for, chief, crowd, reason, sentence
):
    before = AuditEntry.objects.count()
    answer = client_for(chief).post(reverse("resident-list"), {"_export": "xlsx", "reason": reason})
    page = html.unescape(answer.content.decode())
    assert answer.status_code == 422
    assert sentence in page
    assert re.search('aria-describedby="[^"]*id_reason_error', page)
    assert reason.strip("\n ") in page
    assert AuditEntry.objects.count() == before


def test_what_was_filtered_and_how_it_was_sorted_stays_while_the_reason_is_asked_for(
    client_for, chief, area_a, crowd
):
    client, address = client_for(chief), reverse("resident-list")
    asked = {"neighbourhood": area_a.pk, "sort": "-code", "page": 2}
    page = client.post(address, {"_export": "xlsx", **asked}).content.decode()
    sent = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page))
    assert sent.pop("csrfmiddlewaretoken", "")
    assert sent == {"neighbourhood": str(area_a.pk), "sort": "-code"}
    assert area_a.name in page
    back = html.unescape(re.search(r'class="back"><a href="([^"]+)"', page)[1])
    assert back == f"{address}?neighbourhood={area_a.pk}&sort=-code"
    codes = [row[0] for row in exported_sheet(client, address, **sent)[1:]]
    assert codes == sorted((person.code for person in crowd), reverse=True)


def test_a_number_searched_for_gets_into_no_address_of_the_page_that_asks(
    client_for, chief, crowd, monkeypatch
):
    monkeypatch.setattr(exports, "PEOPLE_WITHOUT_REASON", 0)
    number = crowd[0].citizen_id
    answer = client_for(chief).post(
        reverse("resident-list"), {"_export": "csv", "q": number, "reason": "ngắn"}
    )
    page = answer.content.decode()
    assert answer.status_code == 422
    assert page.count(number) == 1
    assert f'<input type="hidden" name="q" value="{number}">' in page
    assert "ngắn" not in "".join(re.findall(r'(?:href|action)="[^"]*"', page))


def test_50_people_leave_without_a_reason_and_a_reason_given_is_kept(client_for, chief, crowd):
    Residence.objects.filter(resident=crowd[0]).delete()
    crowd[0].delete()
    client, address = client_for(chief), reverse("resident-list")
    for reason in ("", REASON):
        answer = client.post(address, {"_export": "csv", "reason": reason})
        assert answer.status_code == 200
        assert AuditEntry.objects.latest("pk").reason == reason
    assert client.post(address, {"_export": "csv", "reason": "ngắn"}).status_code == 422


def test_people_are_counted_within_the_scope_and_the_filters(
    client_for, chief, officer_a, area_b, crowd
):
    factories.ResidenceFactory(household__neighbourhood=area_b)
    address = reverse("resident-list")
    few = {"_export": "csv", "neighbourhood": area_b.pk}
    assert client_for(chief).post(address, few).status_code == 200
    assert client_for(officer_a).post(address, {"_export": "csv"}).status_code == 422
    assert client_for(officer_a).post(address, few).status_code == 200  # none of them are his


@pytest.mark.parametrize("route", EXPORTS, ids=named)
def test_lists_that_name_nobody_need_no_reason(client_for, chief, route):
    people = route.view_class.people_per_row
    make_rows(route.view_class, 51 if people < 2 else 26)
    answer = client_for(chief).post(route.list_address, {"_export": "csv"})
    assert answer.status_code == (422 if people else 200)
    named_models = {"households", "audit"}
    named_models |= {"business-list", "sector-list", "partner-list", "award-list"}
    named_models |= {"correctionrequest-list"}
    app = route.view_class.model._meta.app_label
    assert bool(people) == (app in named_models or route.name in named_models)


def test_no_filter_is_called_like_what_an_export_asks():
    for route in LISTS:
        names = set(route.view_class.filterset_class.base_filters)
        assert not names & {"reason", "sort", "page", "_export", "_filter"}, route


def test_a_list_longer_than_a_sheet_is_refused_as_a_workbook_and_goes_as_csv(
    client_for, chief, monkeypatch
):
    factories.HouseholdFactory.create_batch(20)
    client, address = client_for(chief), reverse("household-list")
    monkeypatch.setattr(exports, "MAX_ROWS", 19)
    before = AuditEntry.objects.count()
    answer = client.post(address, {"_export": "xlsx", "reason": REASON})
    assert answer.status_code == 422
    assert "Excel chứa tối đa 19 dòng, danh sách có 20 dòng" in answer.content.decode()
    assert AuditEntry.objects.count() == before
    assert len(exported_rows(client, address)) == 21
    monkeypatch.setattr(exports, "MAX_ROWS", 20)
    assert len(exported_sheet(client, address)) == 21


@pytest.mark.parametrize("value", JUNK)
def test_no_reason_breaks_an_export(client_for, chief, crowd, value):
    for kind in ("csv", "xlsx"):
        answer = client_for(chief).post(
            reverse("resident-list"), {"_export": kind, "reason": value}
        )
        assert answer.status_code in (200, 422), value
        assert b"".join(answer)


def test_an_export_costs_the_same_queries_whatever_the_kind(client_for, chief, crowd):
    client, address = client_for(chief), reverse("resident-list")
    counts = []
    for kind in ("csv", "csv", "xlsx"):
        with CaptureQueriesContext(connection) as queries:
            answer = client.post(address, {"_export": kind, "reason": REASON})
            b"".join(answer.streaming_content)
        counts.append(len(queries))
    assert counts[1] == counts[2] <= 15


# --- forms --------------------------------------------------------------------------------------


@pytest.mark.parametrize("route", record_routes(Role.CREATE), ids=named)
def test_no_value_breaks_a_create_form(client_for, chief, route):
    client = client_for(chief)
    address = reverse(route.name)
    page = client.get(address)
    names = list(dict.fromkeys(re.findall(r'name="([^"]+)"', page.content.decode())))
    names = [name for name in names if name not in ("csrfmiddlewaretoken", "viewport")]
    assert names
    for value in JUNK:
        assert client.post(address, dict.fromkeys(names, value)).status_code in (302, 422)
        assert client.get(address, dict.fromkeys(names, value)).status_code == 200
    assert client.post(address, {}).status_code == 422


@pytest.mark.parametrize("route", record_routes(Role.UPDATE), ids=named)
def test_no_value_breaks_an_edit_form(client_for, chief, route):
    row = a_row(route.view_class.model)
    client = client_for(chief)
    address = reverse(route.name, args=[row.pk])
    page = client.get(address).content.decode()
    names = list(dict.fromkeys(re.findall(r'name="([^"]+)"', page)))
    names = [name for name in names if name not in ("csrfmiddlewaretoken", "viewport")]
    for value in JUNK:
        assert client.post(address, dict.fromkeys(names, value)).status_code in (302, 422)


@pytest.mark.parametrize("route", record_routes(Role.OPTIONS), ids=named)
def test_the_picker_answers_any_question(client_for, chief, route):
    client = client_for(chief)
    for value in ["", *JUNK]:
        answer = client.get(route.list_address, {"q": value})
        assert answer.status_code == 200
        assert set(answer.json()) == {"results"}
    row = a_row(route.view_class.model)
    found = client.get(route.list_address, {"q": row.code[:5]}).json()["results"]
    assert [item["code"] for item in found] == [row.code]
    assert {"code", "label", "detail"} <= set(found[0])


def test_the_picker_finds_by_words_within_the_scope(client_for, officer_a, chief, area_a, area_b):
    mine = factories.HouseholdFactory(neighbourhood=area_a, address="Ngõ Đào")
    factories.HouseholdFactory(neighbourhood=area_b, address="Ngõ Đào")
    found = client_for(officer_a).get(reverse("household-options"), {"q": "dao ngo"}).json()
    assert [item["code"] for item in found["results"]] == [mine.code]
    factories.HouseholdFactory.create_batch(12, neighbourhood=area_a, address="Ngõ Đào")
    found = client_for(chief).get(reverse("household-options"), {"q": "dao"}).json()
    assert len(found["results"]) == 8


def test_a_record_is_created_with_a_code_and_shown(client_for, officer_a, area_a):
    answer = client_for(officer_a).post(
        reverse("household-create"), household_data(area_a, address="  Số 7\u00a0 Lê  Lợi ")
    )
    row = Household.objects.get()
    assert answer.status_code == 302
    assert answer["Location"] == row.get_absolute_url()
    assert re.fullmatch(r"H-\d{5}", row.code)
    assert row.address == "Số 7 Lê Lợi"
    assert row.version == 1
    page = client_for(officer_a).get(row.get_absolute_url()).content.decode()
    assert row.code in page
    assert "Số 7 Lê Lợi" in page


def test_a_refused_form_keeps_what_was_typed_and_says_what_is_wrong(client_for, chief, area_a):
    data = household_data(area_a, address="Số 9 đường Mới", opened_on="31/02/2020")
    answer = client_for(chief).post(reverse("household-create"), data)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Số 9 đường Mới" in page
    assert "31/02/2020" in page
    assert "không có trong lịch" in page
    assert not Household.objects.exists()


def test_a_stale_save_is_refused_and_loses_nothing(client_for, chief, clerk, area_a):
    row = factories.HouseholdFactory(neighbourhood=area_a, address="Số 1 cũ")
    address = reverse("household-update", args=[row.pk])
    seen = row.version
    other = household_data(area_a, address="Số 2 của người khác", version=seen)
    assert client_for(clerk).post(address, other).status_code == 302
    mine = household_data(area_a, address="Số 3 của tôi", version=seen)
    answer = client_for(chief).post(address, mine)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert STALE in page or "Bản ghi vừa được người khác sửa" in page
    assert "Số 2 của người khác" in page
    assert 'value="Số 3 của tôi"' in page
    row.refresh_from_db()
    assert row.address == "Số 2 của người khác"
    version = re.search(r'name="version" value="(\d+)"', page)[1]
    assert version == str(row.version)
    assert client_for(chief).post(address, mine | {"version": version}).status_code == 302
    row.refresh_from_db()
    assert row.address == "Số 3 của tôi"


@pytest.mark.parametrize("version", ["", "0", "-1", "abc", "9" * 30])
def test_a_form_without_a_readable_version_is_stale(client_for, chief, area_a, version):
    row = factories.HouseholdFactory(neighbourhood=area_a)
    answer = client_for(chief).post(
        reverse("household-update", args=[row.pk]), household_data(area_a, version=version)
    )
    assert answer.status_code == 422
    assert Household.objects.get(pk=row.pk).address == row.address


def test_an_edit_sent_twice_is_written_once(client_for, chief, area_a):
    row = factories.HouseholdFactory(neighbourhood=area_a)
    address = reverse("household-update", args=[row.pk])
    data = household_data(area_a, address="Số 5 mới", version=row.version)
    client = client_for(chief)
    assert client.post(address, data).status_code == 302
    assert client.post(address, data).status_code == 422
    entries = AuditEntry.objects.of(row).filter(action="change")
    assert entries.count() == 1


def test_a_person_sent_twice_is_written_once(client_for, chief):
    household = factories.HouseholdFactory()
    data = {
        "full_name": "Đặng Thị Đào",
        "birth": "9/1990",
        "sex": "F",
        "citizen_id": "099000111222",
        "kind": "P",
        "household": household.code,
        "relation": "HEAD",
        "started_on": "01/02/2024",
        "start_reason": "ARRIVAL",
    }
    client = client_for(chief)
    assert client.post(reverse("resident-create"), data).status_code == 302
    again = client.post(reverse("resident-create"), data)
    assert again.status_code == 422
    assert "Số định danh này đã có trong sổ." in again.content.decode()
    assert Resident.objects.count() == 1


def test_the_first_values_of_a_new_record_may_come_from_the_address(client_for, chief, area_a):
    page = client_for(chief).get(reverse("household-create"), {"neighbourhood": area_a.pk})
    assert f'<option value="{area_a.pk}" selected>' in page.content.decode()


def test_the_history_of_a_record_is_the_chiefs(client_for, chief, clerk):
    row = factories.HouseholdFactory()
    assert "Lịch sử thay đổi" in client_for(chief).get(row.get_absolute_url()).content.decode()
    assert "Lịch sử thay đổi" not in client_for(clerk).get(row.get_absolute_url()).content.decode()


def test_codes_are_never_given_twice(area_a):
    first = factories.HouseholdFactory(neighbourhood=area_a)
    code = first.code
    first.delete()
    assert factories.HouseholdFactory(neighbourhood=area_a).code != code
    made = Household.objects.bulk_create(
        factories.HouseholdFactory.build(neighbourhood=area_a) for _ in range(3)
    )
    assert len({row.code for row in made} | {code}) == 4


def test_a_page_of_records_needs_the_declared_parts():
    for view_class in {route.view_class for route in record_routes()}:
        assert issubclass(view_class, RecordView)
        if Role.LIST in view_class.roles:
            assert view_class.table_class
            assert view_class.filterset_class
        assert view_class.url_prefix
        assert hasattr(view_class.model.objects.all(), "visible_to")
