"""The sheet of a person's data: everything the portal holds, nothing of others, told why."""

import pytest
from django.urls import reverse

from households.models import ResidenceAct
from households.services import end_residence
from kylien.audit.models import AuditEntry
from retention import sheet
from tests import factories
from tests.factories import day

pytestmark = pytest.mark.django_db
ADDRESS = "/data-sheet/"


@pytest.fixture
def person(area_a):
    row = factories.ResidenceFactory(household__neighbourhood=area_a).resident
    row.phone, row.note = "0100123123", "Nói ngọng"
    row.save()
    return row


def asked(person, **changes):
    return {"resident": person.code, "purpose": "self", "words": ""} | changes


def test_everything_held_about_the_person_is_on_it(trusted_for, officer_a, person, area_a):
    stay = person.residences.get()
    act = factories.ResidenceActFactory(
        household=stay.household, neighbourhood=area_a, kind=ResidenceAct.Kind.PERMANENT
    )
    type(stay).objects.filter(pk=stay.pk).update(started_by=act)
    away = factories.AbsenceFactory(resident=person, destination="Đà Lạt")
    group = factories.GroupFactory(neighbourhood=area_a)
    factories.MembershipFactory(group=group, household=stay.household, joined_on=day(150))
    earlier = factories.MembershipFactory(
        household=stay.household,
        group__neighbourhood=area_a,
        joined_on=day(400),
        left_on=day(300),
    )  # before the person came
    office = factories.OfficerFactory(group=group, resident=person)
    notice = factories.StayNoticeFactory(
        household=stay.household, id_number=person.citizen_id, reason="Về quê"
    )
    request = factories.TransferRequestFactory(household__neighbourhood=area_a)
    factories.TransferMemberFactory(request=request, residence=stay)
    line = factories.RosterLineFactory(
        roster__group=group, household=stay.household, residence=stay
    )
    correction = factories.CorrectionFactory(resident=person, neighbourhood=area_a)
    alias = factories.ResidentFactory(same_as=person)
    page = trusted_for(officer_a).post(ADDRESS, asked(person)).content.decode()
    for told in (
        person.full_name,
        person.citizen_id,
        person.phone,
        f"{person.birth_date:%d/%m/%Y}",
        "Nói ngọng",
        stay.household.address,
        act.code,
        "Đà Lạt",
        away.code,
        group.name,
        office.get_role_display(),
        notice.code,
        request.code,
        line.roster.code,
        correction.code,
        alias.code,
    ):
        assert told in page, told
    assert earlier.group.name not in page
    assert "Không có dữ liệu về" not in page


def test_the_paper_is_in_the_trail_with_the_reason_and_without_the_numbers(
    trusted_for, chief, person
):
    data = asked(person, purpose="body", words="Công văn 12/CV-TA")
    answer = trusted_for(chief).post(ADDRESS, data)
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    entry = AuditEntry.objects.get(action="print")
    assert (entry.table, entry.row, entry.code) == ("households.resident", person.pk, person.code)
    assert entry.reason == "Cơ quan có thẩm quyền yêu cầu bằng văn bản: Công văn 12/CV-TA"
    assert entry.fields == ["citizen_id", "phone", "birth_date"]
    told = AuditEntry.objects.get(action="reveal")
    assert (told.row, told.fields, told.reason) == (person.pk, entry.fields, entry.reason)
    assert person.citizen_id not in entry.values + entry.reason


def test_the_password_is_asked_for_before(client_for, chief, person):
    client = client_for(chief)
    again = f"{reverse('account_reauthenticate')}?next=%2Fdata-sheet%2F"
    for answer in (client.get(ADDRESS), client.post(ADDRESS, asked(person))):
        assert (answer.status_code, answer["Location"]) == (302, again)
    assert not AuditEntry.objects.filter(action__in=("print", "reveal")).exists()


def test_opening_the_form_shows_and_records_nothing(trusted_for, chief, person):
    page = trusted_for(chief).get(ADDRESS, {"resident": person.code})
    assert page.status_code == 200
    assert person.citizen_id not in page.content.decode()
    assert not AuditEntry.objects.filter(action="print").exists()
    assert trusted_for(chief).get(ADDRESS, {"resident": "\0"}).status_code == 200


def test_no_incident_is_on_it(trusted_for, chief, person, area_a):
    incident = factories.IncidentFactory(neighbourhood=area_a, place="Ngã ba Cây Đa")
    factories.IncidentPartyFactory(incident=incident, full_name=person.full_name)
    page = trusted_for(chief).post(ADDRESS, asked(person)).content.decode()
    assert incident.code not in page
    assert "Cây Đa" not in page


def test_rows_of_another_beat_are_left_out(officer_a, area_a, area_b):
    ours = factories.ResidenceFactory(household__neighbourhood=area_a).household
    theirs = factories.ResidenceFactory(
        household__neighbourhood=area_b, household__address="Số 9 ngõ Xa"
    ).household
    stay = factories.ResidenceFactory(household=ours)
    person = stay.resident
    end_residence(residence=stay, ended_on=day(50), end_reason="DEPARTURE", on=day())
    there = factories.ResidenceFactory(resident=person, household=theirs, started_on=day(40))
    end_residence(residence=there, ended_on=day(30), end_reason="DEPARTURE", on=day())
    factories.ResidenceFactory(resident=person, household=ours, started_on=day(20))
    seen = next(part.rows for part in sheet.parts(person, officer_a) if part.title == "Cư trú")
    assert "Số 9 ngõ Xa" not in str(seen)
    assert stay.household.address in str(seen)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"resident": ""}, "Chọn một người."),
        ({"resident": "NK-999999"}, "Không thấy mã NK-999999"),
        ({"purpose": ""}, "Chọn ai yêu cầu."),
        ({"purpose": "tò mò"}, "tò mò"),
        ({"purpose": "body"}, "Ghi giấy tờ, văn bản kèm theo."),
        ({"words": "CCCD 099123456789"}, "Không ghi số định danh"),
        ({"words": "x" * 201}, "200"),
    ],
)
def test_without_a_reason_nothing_is_shown(trusted_for, chief, person, changes, sentence):
    answer = trusted_for(chief).post(ADDRESS, asked(person, **changes))
    assert answer.status_code == 422
    page = answer.content.decode()
    assert sentence in page
    assert person.citizen_id not in page
    assert not AuditEntry.objects.filter(action="print").exists()


def test_a_person_of_another_beat_is_not_found(trusted_for, officer_b, person):
    answer = trusted_for(officer_b).post(ADDRESS, asked(person))
    assert answer.status_code == 422
    assert person.full_name not in answer.content.decode()


@pytest.mark.parametrize("who", ["clerk", "duty", "leader", "superuser"])
def test_others_hand_out_nothing(trusted_for, request, person, who):
    client = trusted_for(request.getfixturevalue(who))
    assert client.get(ADDRESS).status_code == 403
    assert client.post(ADDRESS, asked(person)).status_code == 403
