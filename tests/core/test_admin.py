"""The admin site under the portal's rules: versions, recorded choices, addresses, no second log."""

import re

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse

from businesses.models import Certificate
from households.models import Household
from incidents.models import Incident
from kylien.areas.models import BeatAssignment
from kylien.core.admin import NO_NUMBERS, Labels
from kylien.core.forms import STALE
from tests import factories
from tests.factories import day

pytestmark = pytest.mark.django_db

NUMBER = "099090000001"
RESIDENTS = "/admin/households/resident/"
NOTICE_ADD = "/admin/households/staynotice/add/"


def admin_url(row, page="change"):
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_{page}", args=[row.pk])


def filled(answer):
    """Return what a browser would send of the admin page as it stands: every form's own values."""
    forms = [answer.context["adminform"].form]
    for inline in answer.context["inline_admin_formsets"]:
        forms += [inline.formset.management_form, *inline.formset.forms]
    data = {}
    for form in forms:
        for bound in form:
            value = bound.value()
            shown = f'name="{bound.html_name}"' in answer.content.decode()
            if shown and value is not False:
                formatted = bound.field.widget.format_value(value)
                one_of_several = type(formatted) is list and type(value) is not list
                data[bound.html_name] = formatted[0] if one_of_several else formatted
    return {name: "" if value is None else value for name, value in data.items()}


# --- versions -----------------------------------------------------------------------------------


def test_a_stale_save_is_refused_and_loses_nothing(client_for, clerk, chief, area_a):
    row = factories.HouseholdFactory(neighbourhood=area_a, address="Số 1 cũ")
    mine = filled(client_for(clerk).get(admin_url(row))) | {"address": "Số 3 của tôi"}
    other = filled(client_for(chief).get(admin_url(row))) | {"address": "Số 2 của người khác"}
    assert client_for(chief).post(admin_url(row), other).status_code == 302
    answer = client_for(clerk).post(admin_url(row), mine)
    page = answer.content.decode()
    assert answer.status_code == 200
    assert STALE in page
    assert 'value="Số 3 của tôi"' in page
    assert "<td>Số 2 của người khác</td>" in page
    row.refresh_from_db()
    assert row.address == "Số 2 của người khác"
    again = filled(answer)
    assert again["version"] == str(row.version)
    assert client_for(clerk).post(admin_url(row), again).status_code == 302
    row.refresh_from_db()
    assert row.address == "Số 3 của tôi"


@pytest.mark.parametrize("version", ["", "0", "-1", "abc", "9" * 30])
def test_a_version_that_is_no_version_is_stale(client_for, clerk, area_a, version):
    row = factories.HouseholdFactory(neighbourhood=area_a)
    client = client_for(clerk)
    data = filled(client.get(admin_url(row))) | {"address": "Khác", "version": version}
    assert STALE in client.post(admin_url(row), data).content.decode()
    assert Household.objects.get(pk=row.pk).address == row.address


def test_a_stale_row_of_an_inline_is_refused_and_shown(client_for, clerk, area_a):
    paper = factories.CertificateFactory(business__neighbourhood=area_a, number="1/GCN")
    other = factories.CertificateFactory(business=paper.business, number="7/GCN")
    client = client_for(clerk)
    address = admin_url(paper.business)
    data = filled(client.get(address))
    name = next(key for key, value in data.items() if value == "1/GCN")
    Certificate.objects.get(pk=paper.pk).save()  # the version moves, the values stay
    assert client.post(address, data).status_code == 302  # nothing was typed into that row

    data = filled(client.get(address)) | {name: "3/GCN"}
    changed = Certificate.objects.get(pk=paper.pk)
    changed.number = "2/GCN"
    changed.save()
    answer = client.post(address, data)
    page = answer.content.decode()
    assert STALE in page
    assert "<td>2/GCN</td>" in page
    assert 'value="3/GCN"' in page
    assert Certificate.objects.get(pk=paper.pk).number == "2/GCN"
    assert client.post(address, filled(answer)).status_code == 302
    assert Certificate.objects.get(pk=paper.pk).number == "3/GCN"
    assert Certificate.objects.get(pk=other.pk).version == other.version


def test_rows_that_are_only_looked_at_show_no_version(client_for, clerk, area_a):
    row = factories.ResidenceFactory(household__neighbourhood=area_a).household
    page = client_for(clerk).get(admin_url(row)).content.decode()
    assert len(re.findall(r'name="[^"]*version"', page)) == 1
    assert "column-version" not in page


# --- what is recorded stays ---------------------------------------------------------------------


def test_a_recorded_group_of_another_beat_is_shown_and_kept(client_for, officer_a, area_a, area_b):
    group = factories.GroupFactory(neighbourhood=area_b, name="Liên gia bên kia")
    row = factories.IncidentFactory(neighbourhood=area_a, source="group", reporting_group=group)
    client = client_for(officer_a)
    answer = client.get(admin_url(row))
    assert f'<option value="{group.pk}" selected>{group}</option>' in answer.content.decode()
    data = filled(answer) | {"place": "Ngã tư mới"}
    assert client.post(admin_url(row), data).status_code == 302
    row.refresh_from_db()
    assert (row.place, row.reporting_group) == ("Ngã tư mới", group)


def test_no_other_row_of_another_beat_is_chosen_or_named(client_for, officer_a, area_a, area_b):
    kept = factories.GroupFactory(neighbourhood=area_b)
    foreign = factories.GroupFactory(neighbourhood=area_b, name="Liên gia kín")
    row = factories.IncidentFactory(neighbourhood=area_a, reporting_group=kept)
    client = client_for(officer_a)
    data = filled(client.get(admin_url(row))) | {"reporting_group": foreign.pk}
    answer = client.post(admin_url(row), data)
    assert answer.status_code == 200
    assert foreign.name not in answer.content.decode()
    assert Incident.objects.get(pk=row.pk).reporting_group == kept


# --- links that are not to a key, and small tables ------------------------------------------------


def test_a_kind_of_paper_named_by_its_code_is_shown_and_kept(client_for, clerk, area_a):
    fire = factories.CertificateFactory(business__neighbourhood=area_a, kind_code="fire")
    answer = client_for(clerk).get(admin_url(fire.business))
    data = filled(answer)
    assert "fire" in data.values()
    assert client_for(clerk).post(admin_url(fire.business), data).status_code == 302
    fire.refresh_from_db()
    assert fire.kind_id == "fire"


def test_a_business_costs_few_queries_however_much_belongs_to_it(
    client_for, clerk, area_a, django_assert_max_num_queries
):
    row = factories.BusinessFactory(neighbourhood=area_a)
    client = client_for(clerk)
    for count in (1, 6):
        for _ in range(count):
            factories.add_children(row)
        client.get(admin_url(row))
        with django_assert_max_num_queries(12):
            client.get(admin_url(row))


def test_an_officer_is_offered_his_own_neighbourhoods_alone(client_for, officer_a, area_a, area_b):
    row = factories.BusinessFactory(neighbourhood=area_a)
    page = client_for(officer_a).get(admin_url(row)).content.decode()
    assert area_a.name in page
    assert area_b.name not in page


# --- what the law says ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (factories.SectorFactory, "code"),
        (factories.PaperKindFactory, "code"),
        (factories.BusinessRuleFactory, "key"),
    ],
)
def test_what_others_name_a_rule_by_stays(client_for, chief, make, name):
    form = client_for(chief).get(admin_url(make())).context["adminform"].form
    assert name not in form.fields


def test_the_chief_ends_a_rule_and_another_does_not_overlap_it(client_for, chief):
    rule = factories.SectorRuleFactory()
    client, address = client_for(chief), admin_url(rule.sector)
    data = filled(client.get(address))
    later = {"rules-TOTAL_FORMS": 2, "rules-1-valid_from": "01/01/2020", "rules-1-legal_basis": "x"}
    answer = client.post(address, data | later)
    assert "Trùng với quy định áp dụng từ 01/07/2016." in answer.content.decode()
    client.post(address, data | {"rules-0-valid_to": "01/01/2020"})
    rule.refresh_from_db()
    assert f"{rule.valid_to}" == "2020-01-01"


@pytest.mark.parametrize("who", ["chief", "officer_a", "clerk"])
def test_inspections_and_states_are_written_on_their_own_pages(client_for, request, area_a, who):
    finding = factories.FindingFactory(inspection__business__neighbourhood=area_a)
    row = finding.inspection
    factories.StateChangeFactory(business=row.business, reason="Sửa mái")
    client = client_for(request.getfixturevalue(who))
    assert client.get("/admin/businesses/inspection/add/").status_code == 403
    assert finding.finding in client.get(admin_url(row)).content.decode()
    assert client.post(admin_url(row), {"conclusion": "x"}).status_code == 403
    answer = client.get(admin_url(row.business))
    assert "Sửa mái" in answer.content.decode()
    assert not [name for name in filled(answer) if name.endswith("changed_on")]


def test_a_page_that_claims_thousands_of_new_rows_is_refused_before_they_are_built(
    client_for, chief, area_a
):
    home = factories.HouseholdFactory(neighbourhood=area_a)
    client = client_for(chief)
    data = filled(client.get(admin_url(home)))
    total = next(name for name in data if name.endswith("-TOTAL_FORMS"))
    answer = client.post(admin_url(home), data | {total: "900"})
    assert answer.status_code == 200
    formset = answer.context["inline_admin_formsets"][0].formset
    assert formset.non_form_errors()
    assert len(formset.forms) <= formset.NEW_ROWS + formset.initial_form_count()


# --- beats --------------------------------------------------------------------------------------


@pytest.mark.parametrize("fate", ["switched off", "another role"])
@pytest.mark.parametrize("place", ["its own page", "the neighbourhood's page"])
def test_the_beat_of_an_officer_who_is_one_no_more_can_be_ended(
    client_for, chief, officer_a, area_a, fate, place
):
    if fate == "switched off":
        officer_a.is_active = False
        officer_a.save()
    else:
        officer_a.groups.clear()
    beat = BeatAssignment.objects.get(officer=officer_a)
    address = admin_url(beat if place == "its own page" else area_a)
    client = client_for(chief)
    answer = client.get(address)
    data = filled(answer)
    name = next(key for key in data if key.endswith("ended_on"))
    assert client.post(address, data | {name: f"{day(1):%d/%m/%Y}"}).status_code == 302
    beat.refresh_from_db()
    assert (beat.officer, beat.ended_on) == (officer_a, day(1))


def test_a_new_beat_needs_an_area_officer_at_work(client_for, chief, clerk, officer_a, area_b):
    officer_a.is_active = False
    officer_a.save()
    client = client_for(chief)
    for nobody in (clerk, officer_a):
        data = {"officer": nobody.pk, "neighbourhood": area_b.pk, "started_on": "01/02/2026"}
        answer = client.post("/admin/areas/beatassignment/add/", data)
        told = answer.context["adminform"].form.errors["officer"]
        assert told == ["Chỉ phân công cán bộ đang hoạt động, có vai trò Cảnh sát khu vực."]
    assert not BeatAssignment.objects.filter(neighbourhood=area_b).exists()


def test_an_officer_with_two_roles_is_offered_once(client_for, chief, officer_a, area_a):
    from django.contrib.auth.models import Group

    officer_a.groups.add(Group.objects.get(name="clerk"))
    beat = BeatAssignment.objects.get(officer=officer_a)
    page = client_for(chief).get(admin_url(beat)).content.decode()
    assert page.count(f'<option value="{officer_a.pk}"') == 1


# --- people -------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["chief", "officer_a", "clerk"])
def test_nobody_makes_a_person_without_a_residence(client_for, request, who):
    client = client_for(request.getfixturevalue(who))
    assert client.get(f"{RESIDENTS}add/").status_code == 403
    assert client.post(f"{RESIDENTS}add/", {"full_name": "Lê Văn Mới"}).status_code == 403
    assert f"{RESIDENTS}add/" not in client.get(RESIDENTS).content.decode()


# --- odd digits and characters ------------------------------------------------------------------


@pytest.mark.parametrize("value", ["²", "٣", "9" * 30, "-1", "\0"])
def test_a_choice_that_is_no_number_is_no_error_of_the_server(client_for, clerk, value):
    client = client_for(clerk)
    assert client.get(NOTICE_ADD, {"household": value}).status_code == 200
    answer = client.post(NOTICE_ADD, {"household": value})
    assert answer.status_code == 200
    assert "household" in answer.context["adminform"].form.errors


def test_labels_ask_for_numbers_alone():
    labels = Labels(Household.objects.all())
    labels.load(["²", "٣", "", None, "x"])
    assert labels.known == {}


def test_a_list_leaves_out_what_the_database_cannot_take(client_for, clerk):
    """PostgreSQL alone refuses NUL in a text; so the parameter itself is looked for."""
    client = client_for(clerk)
    for name in ("code", "sex__exact", "q"):
        answer = client.get(RESIDENTS, {name: "a\0b", "sex__exact" if name == "q" else "q": "M"})
        assert answer.status_code == 200
        assert "\0" not in str(answer.context["cl"].params) + answer.context["cl"].query
        assert not answer.wsgi_request.GET.get(name)


# --- numbers in addresses -----------------------------------------------------------------------


@pytest.fixture
def person(area_a):
    row = factories.ResidenceFactory(
        household__neighbourhood=area_a, resident__citizen_id=NUMBER, resident__phone="0100777555"
    )
    return row.resident


@pytest.mark.parametrize("query", [NUMBER, NUMBER[:6], "099 090 000 001", "0100777555"])
def test_a_list_does_not_look_for_numbers(client_for, clerk, person, query):
    client = client_for(clerk)
    answer = client.get(RESIDENTS, {"q": query, "sex__exact": "M"})
    assert answer["Location"] == f"{RESIDENTS}?sex__exact=M"
    page = client.get(answer["Location"]).content.decode()
    assert NO_NUMBERS in page
    assert query not in page


def test_a_list_still_looks_for_names_and_codes(client_for, clerk, person):
    client = client_for(clerk)
    for query in (person.code, person.full_name):
        found = client.get(RESIDENTS, {"q": query}).context["cl"].result_list
        assert [row.pk for row in found] == [person.pk]


def test_no_list_invites_numbers(client_for, clerk):
    page = client_for(clerk).get(RESIDENTS).content.decode()
    assert "Số định danh, số điện thoại: tìm ở ô tìm kiếm của cổng." in page


@pytest.mark.parametrize(
    "lookup", ["citizen_id", "citizen_id__startswith", "phone__contains", "phone__gte"]
)
def test_a_list_does_not_tell_a_number_bit_by_bit(client_for, clerk, person, lookup):
    assert client_for(clerk).get(RESIDENTS, {lookup: "0"}).status_code == 400


def test_passwords_are_not_asked_for_either(client_for, chief):
    client = client_for(chief)
    assert client.get("/admin/accounts/user/", {"password__startswith": "p"}).status_code == 400


def test_an_autocomplete_does_not_look_for_numbers(client_for, clerk, area_a):
    row = factories.BusinessFactory(neighbourhood=area_a, phone="0100777555")
    asked = {"app_label": "incidents", "model_name": "incident", "field_name": "business"}
    client = client_for(clerk)

    def results(term):
        return client.get("/admin/autocomplete/", {**asked, "term": term}).json()["results"]

    assert [found["id"] for found in results(row.code)] == [str(row.pk)]
    assert results("0100777555") == []


def test_the_way_back_to_a_list_holds_no_number(client_for, clerk, person):
    client = client_for(clerk)
    page = client.get(admin_url(person), {"_changelist_filters": f"q={NUMBER}"}).content.decode()
    assert NUMBER not in page
    page = client.get(admin_url(person), {"_changelist_filters": "q=tran&p=2"}).content.decode()
    assert "_changelist_filters=q%3Dtran%26p%3D2" in page


# --- our trail is the only log ------------------------------------------------------------------


def test_django_keeps_no_log_of_its_own(client_for, chief, area_a):
    client = client_for(chief)
    row = factories.HouseholdFactory(neighbourhood=area_a)
    data = filled(client.get(admin_url(row))) | {"address": "Số 5"}
    assert client.post(admin_url(row), data).status_code == 302
    sector = {"code": "moi", "name": "Ngành mới", "position": 1}
    for inline in ("rules", "paper_rules"):
        sector |= {f"{inline}-TOTAL_FORMS": 0, f"{inline}-INITIAL_FORMS": 0}
    assert client.post("/admin/businesses/sector/add/", sector).status_code == 302
    assert client.post(admin_url(row, "delete"), {"post": "yes"}).status_code == 302
    assert not Household.objects.filter(pk=row.pk).exists()
    assert not LogEntry.objects.exists()


@pytest.mark.parametrize("who", ["chief", "officer_a", "clerk"])
def test_history_is_shown_by_the_trail_alone(client_for, request, area_a, who):
    row = factories.HouseholdFactory(neighbourhood=area_a)
    client = client_for(request.getfixturevalue(who))
    assert client.get(admin_url(row, "history")).status_code == 403
    page = client.get(admin_url(row)).content.decode()
    assert "historylink" not in page
    assert "viewsitelink" in page
    assert "recent-actions-module" not in client.get("/admin/").content.decode()
