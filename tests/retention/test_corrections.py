"""Requests to correct data: taken down, answered once, in time, by whose rows they are."""

import datetime as dt

import pytest
from django.urls import reverse

from kylien.audit.models import AuditEntry
from retention.models import AnswerRule, CorrectionRequest
from tests import factories
from tests.factories import day

pytestmark = pytest.mark.django_db
CREATE = "/corrections/create/"


@pytest.fixture
def person(area_a):
    return factories.ResidenceFactory(household__neighbourhood=area_a).resident


def typed(person, officer, **changes):
    return {
        "resident": person.code if person else "",
        "asker": "",
        "record_code": "",
        "content": "Tháng sinh ghi chưa đúng",
        "received_on": f"{day():%d/%m/%Y}",
        "owner": officer.pk,
    } | changes


def answered(row, **changes):
    return {
        "decision": "corrected",
        "done_on": f"{day():%d/%m/%Y}",
        "result": "Đã sửa",
        "version": row.version,
    } | changes


def test_who_moved_to_another_beat_is_told_and_found_by_code_alone(
    client_for, officer_a, area_a, area_b
):
    person = factories.ResidenceFactory(household__neighbourhood=area_b).resident
    row = factories.CorrectionFactory(resident=person, neighbourhood=area_a, owner=officer_a)
    client = client_for(officer_a)
    for address in (f"{row.get_absolute_url()}edit/", row.get_absolute_url(), "/corrections/"):
        page = client.get(address).content.decode()
        assert person.full_name not in page, address
    assert row.code not in client.get("/corrections/", {"q": person.full_name}).content.decode()
    assert row.code in client.get("/corrections/", {"q": person.code}).content.decode()


def test_a_request_is_taken_down_with_its_deadline(client_for, officer_a, person, area_a):
    AnswerRule.objects.create(key="correction_days", value=3, legal_basis="Thử", valid_from=day(20))
    data = typed(person, officer_a, received_on=f"{day(1):%d/%m/%Y}")
    answer = client_for(officer_a).post(CREATE, data)
    row = CorrectionRequest.objects.get()
    assert answer["Location"] == row.get_absolute_url()
    assert (row.record_code, row.neighbourhood) == (person.code, area_a)
    assert row.due_on == day(1) + dt.timedelta(days=3)
    assert row.asked_by == person.full_name


def test_one_from_outside_the_register_names_a_record(client_for, officer_a, area_a):
    home = factories.HouseholdFactory(neighbourhood=area_a)
    data = typed(None, officer_a, asker="Lê Thị Ba", record_code=home.code.lower())
    assert client_for(officer_a).post(CREATE, data).status_code == 302
    row = CorrectionRequest.objects.get()
    assert (row.record_code, row.asked_by) == (home.code, "Lê Thị Ba")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"resident": "", "asker": ""}, "Chọn người trong sổ, hoặc ghi tên"),
        ({"asker": "Lê Thị Ba"}, "Chọn người trong sổ, hoặc ghi tên"),
        ({"resident": "", "asker": "Lê Thị Ba"}, "Ghi mã bản ghi cần đính chính"),
        ({"record_code": "H-99999"}, "Không thấy H-99999"),
        ({"record_code": "\x00"}, "ký tự"),
        ({"content": ""}, "bắt buộc"),
        ({"content": "Số đúng là 099123456789"}, "Không ghi số định danh"),
        ({"resident": "", "asker": "Ba 0912345678"}, "Không ghi số định danh"),
        ({"received_on": f"{day(-1):%d/%m/%Y}"}, "không thể sau hôm nay"),
        ({"received_on": "31/02/2026"}, "lịch"),
        ({"owner": "999999"}, ""),
        ({"owner": ""}, "bắt buộc"),
    ],
)
def test_a_bad_request_comes_back_with_its_sentence(
    client_for, officer_a, person, changes, sentence
):
    data = typed(person, officer_a, **changes)
    answer = client_for(officer_a).post(CREATE, data)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert not CorrectionRequest.objects.exists()


def test_no_request_names_an_incident(client_for, chief, person):
    incident = factories.IncidentFactory()
    answer = client_for(chief).post(CREATE, typed(person, chief, record_code=incident.code))
    assert answer.status_code == 422
    assert f"Không thấy {incident.code}" in answer.content.decode()


def test_a_record_of_another_beat_is_not_found(client_for, officer_a, person, area_b):
    foreign = factories.HouseholdFactory(neighbourhood=area_b)
    client = client_for(officer_a)
    answer = client.post(CREATE, typed(person, officer_a, record_code=foreign.code))
    assert answer.status_code == 422
    assert f"Không thấy {foreign.code}" in answer.content.decode()
    stranger = factories.ResidenceFactory(household=foreign).resident
    answer = client.post(CREATE, typed(stranger, officer_a))
    assert answer.status_code == 422
    assert stranger.full_name not in answer.content.decode()


def test_who_is_to_answer_has_the_beat_or_the_ward(client_for, chief, person, officer_b, clerk):
    client = client_for(chief)
    answer = client.post(CREATE, typed(person, officer_b))
    assert answer.status_code == 422
    assert "không phụ trách tổ dân phố" in answer.content.decode()
    assert client.post(CREATE, typed(person, clerk)).status_code == 302


def test_the_answer_is_given_once(client_for, officer_a, area_a):
    row = factories.CorrectionFactory(neighbourhood=area_a)
    client, address = client_for(officer_a), reverse("correctionrequest-answer", args=[row.pk])
    assert client.get(address).status_code == 200
    answer = client.post(address, answered(row, decision="refused", result="Giấy tờ đã đúng"))
    assert answer.status_code == 302
    row.refresh_from_db()
    assert (row.decision, row.done_on, row.result) == ("refused", day(), "Giấy tờ đã đúng")
    again = client.post(address, answered(row, result="Khác"))
    assert again.status_code == 422
    assert "đã trả lời" in again.content.decode()
    assert client.get(address).status_code == 403
    assert client.get(reverse("correctionrequest-update", args=[row.pk])).status_code == 403
    letter = client.get(reverse("correctionrequest-print", args=[row.pk])).content.decode()
    assert "Giấy tờ đã đúng" in letter
    assert "quyền khiếu nại" in letter
    assert AuditEntry.objects.filter(action="print", code=row.code).exists()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"decision": ""}, "bắt buộc"),
        ({"decision": "maybe"}, "maybe"),
        ({"result": ""}, "bắt buộc"),
        ({"result": "Sửa thành 099123456789"}, "Không ghi số định danh"),
        ({"done_on": f"{day(-1):%d/%m/%Y}"}, "không thể sau hôm nay"),
        ({"done_on": f"{day(30):%d/%m/%Y}"}, "Không thể trả lời trước ngày nhận."),
        ({"version": 0}, "vừa được sửa"),
    ],
)
def test_a_bad_answer_comes_back_with_its_sentence(
    client_for, officer_a, area_a, changes, sentence
):
    row = factories.CorrectionFactory(neighbourhood=area_a)
    address = reverse("correctionrequest-answer", args=[row.pk])
    answer = client_for(officer_a).post(address, answered(row, **changes))
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    row.refresh_from_db()
    assert row.done_on is None


def test_the_receipt_tells_the_deadline(client_for, officer_a, area_a):
    row = factories.CorrectionFactory(neighbourhood=area_a)
    address = reverse("correctionrequest-print", args=[row.pk])
    page = client_for(officer_a).get(address).content.decode()
    assert "PHIẾU NHẬN YÊU CẦU" in page
    assert f"{row.due_on:%d/%m/%Y}" in page


def test_an_edit_moves_the_deadline_with_the_day_it_came(client_for, officer_a, person, area_a):
    row = factories.CorrectionFactory(
        resident=person, record_code=person.code, neighbourhood=area_a
    )
    data = typed(person, officer_a, received_on=f"{day(2):%d/%m/%Y}", version=row.version)
    address = reverse("correctionrequest-update", args=[row.pk])
    assert client_for(officer_a).post(address, data).status_code == 302
    row.refresh_from_db()
    assert (row.received_on, row.due_on) == (day(2), day(-8))


def test_who_owns_it_sees_it_beyond_his_beat(client_for, officer_a, area_b):
    row = factories.CorrectionFactory(neighbourhood=area_b, owner=officer_a)
    other = factories.CorrectionFactory(neighbourhood=area_b)
    client = client_for(officer_a)
    assert client.get(row.get_absolute_url()).status_code == 200
    assert client.get(other.get_absolute_url()).status_code == 404
    page = client.get("/corrections/").content.decode()
    assert (row.code in page, other.code in page) == (True, False)
    # The person of the other beat is told by his code alone.
    page = client.get(row.get_absolute_url()).content.decode()
    page += client.get(reverse("correctionrequest-print", args=[row.pk])).content.decode()
    assert row.resident.full_name not in page
    assert row.resident.get_absolute_url() not in page
    data = typed(None, officer_a, asker="Lê Ba", record_code=row.record_code, version=row.version)
    address = reverse("correctionrequest-update", args=[row.pk])
    assert client.post(address, data).status_code == 302


@pytest.mark.parametrize(("who", "status"), [("clerk", 200), ("duty", 403), ("leader", 403)])
def test_who_works_with_requests(client_for, request, who, status):
    row = factories.CorrectionFactory()
    client = client_for(request.getfixturevalue(who))
    for address in ("/corrections/", CREATE, row.get_absolute_url()):
        assert client.get(address).status_code == status


@pytest.mark.parametrize(
    ("ago", "state", "found"),
    [(1, "late", True), (0, "late", False), (0, "open", True), (1, "corrected", False)],
)
def test_the_list_is_filtered_by_state(client_for, chief, ago, state, found):
    row = factories.CorrectionFactory(received_on=day(9), due_on=day(ago))
    page = client_for(chief).get("/corrections/", {"state": state}).content.decode()
    assert (row.code in page) == found


def test_the_worklist_tells_it_to_the_beat_and_to_its_owner(
    client_for, officer_a, officer_b, area_a
):
    row = factories.CorrectionFactory(neighbourhood=area_a, owner=officer_b, due_on=day(-3))
    for who in (officer_a, officer_b):
        assert row.code in client_for(who).get("/worklist/").content.decode()
    CorrectionRequest.objects.filter(pk=row.pk).update(
        done_on=day(), decision="corrected", result="Đã sửa"
    )
    assert row.code not in client_for(officer_a).get("/worklist/").content.decode()
