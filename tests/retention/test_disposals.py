"""Disposal: proposed by one, confirmed by another, done whole, minuted; the trail stays whole."""

import io
import json
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from households.models import Absence, Resident, StayNotice
from incidents.models import IncidentEntry, IncidentParty
from kylien.accounts.models import Role
from kylien.audit.blanking import blank
from kylien.audit.models import AuditEntry
from kylien.core.changes import acting
from retention.kinds import KINDS, NEEDED, last_day
from retention.models import Disposal, RecordType
from retention.services import disposals as services
from selfgov_groups.models import SelfManagedGroup
from tests import factories
from tests.factories import day
from tests.retention.test_kinds import MAKE, MONTHS, absence, closed_incident, gone, rule

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def elsewhere(settings, tmp_path):
    settings.ATTACHMENTS_DIR = tmp_path / "attachments"


def old():
    return last_day(day(), MONTHS)


def proposed(record_type, clerk, on=None):
    return services.propose(types=[record_type], by=clerk, on=on or day())


def confirmed(disposal, chief):
    return services.confirm(disposal=disposal, by=chief, on=day(), at=timezone.now())


# --- who ------------------------------------------------------------------------------------------


def test_who_proposes_does_not_confirm(chief, clerk):
    rule(RecordType.ABSENCE)
    row = absence(old())
    mine = proposed(RecordType.ABSENCE, chief)
    with pytest.raises(ValidationError, match="cần người thứ hai"):
        confirmed(mine, chief)
    assert Absence.objects.filter(pk=row.pk).exists()
    mine.refresh_from_db()
    assert mine.state == Disposal.State.PROPOSED
    other = factories.UserFactory(role=Role.CHIEF)
    assert confirmed(mine, other).decided_by == other
    assert not Absence.objects.filter(pk=row.pk).exists()


def refused(disposal, chief):
    return services.refuse(disposal=disposal, reason="Chờ thanh tra", by=chief, on=day())


@pytest.mark.parametrize("act", [confirmed, refused])
def test_a_disposal_is_decided_once(chief, clerk, act):
    rule(RecordType.ABSENCE)
    absence(old())
    row = proposed(RecordType.ABSENCE, clerk)
    refused(row, chief)
    with pytest.raises(ValidationError, match="đã có quyết định"):
        act(row, chief)
    assert Absence.objects.count() == 1


def test_a_type_waits_for_one_decision_at_a_time(clerk):
    rule(RecordType.ABSENCE)
    absence(old())
    first = proposed(RecordType.ABSENCE, clerk)
    with pytest.raises(ValidationError, match=first.code):
        proposed(RecordType.ABSENCE, clerk)


def test_nothing_past_its_period_is_nothing_to_propose(clerk):
    with pytest.raises(ValidationError, match="không có gì quá hạn"):
        proposed(RecordType.ABSENCE, clerk)
    with pytest.raises(ValidationError, match="không có gì quá hạn"):
        proposed(RecordType.INCIDENT, clerk)


# --- what -----------------------------------------------------------------------------------------


def gone_of(record_type, row):
    """Tell whether a row lost what its type is to lose."""
    if record_type in (RecordType.RESIDENT, RecordType.BUSINESS, RecordType.INCIDENT_FILE):
        row.refresh_from_db()
    match record_type:
        case RecordType.RESIDENT:
            return row.phone == row.note == ""
        case RecordType.BUSINESS:
            return row.responsible_name == row.phone == row.note == ""
        case RecordType.INCIDENT_FILE:
            return bool(row.removed_at) and row.name == "Tệp đã bỏ"
    return not type(row).objects.filter(pk=row.pk).exists()


# A batch's journal is no record of its own: the trail tells what the batch wrote, as of others.
@pytest.mark.parametrize("record_type", [one for one in MAKE if one != RecordType.IMPORT])
def test_what_is_past_goes_with_what_the_trail_tells_of_it(record_type, chief, clerk):
    rule(record_type)
    row, kept = MAKE[record_type](old()), MAKE[record_type](day(3))
    done = confirmed(proposed(record_type, clerk), chief)
    assert gone_of(record_type, row)
    assert not gone_of(record_type, kept)
    assert (done.state, done.rows_count()) == (Disposal.State.DONE, 1)
    entries = AuditEntry.objects.filter(table=row._meta.label_lower)
    of_row = entries.filter(row=row.pk)
    assert of_row.count() >= 2  # made, and disposed of
    fields = getattr(KINDS[record_type], "fields", ())
    for one in of_row.exclude(values=""):  # of some fields alone: what tells others stays
        assert fields
        assert not set(fields) & set(json.loads(one.values))
    assert of_row.filter(values="", salt="").exists()
    assert of_row.filter(reason=f"Tiêu huỷ theo biên bản {done.code}").exists()
    assert entries.filter(row=kept.pk).exclude(values="").exists()


def test_residences_names_and_numbers_of_who_left_stay(chief, clerk):
    rule(RecordType.RESIDENT)
    person = gone(old())
    confirmed(proposed(RecordType.RESIDENT, clerk), chief)
    found = Resident.objects.get(pk=person.pk)
    assert (found.full_name, found.citizen_id) == (person.full_name, person.citizen_id)
    assert found.residences.count() == 1


def test_who_was_met_at_a_closed_business_goes_with_its_contact(chief, clerk):
    rule(RecordType.BUSINESS)
    business = MAKE[RecordType.BUSINESS](old())
    note = factories.LiaisonNoteFactory(business=business, met_with="Bà Lan")
    confirmed(proposed(RecordType.BUSINESS, clerk), chief)
    note.refresh_from_db()
    assert (note.met_with, note.note) == ("", "Thống nhất lịch trực dịp lễ")
    told = AuditEntry.objects.filter(table="businesses.liaisonnote", row=note.pk)
    assert {one.values for one in told} == {""}


def test_an_incident_stays_and_its_log_tells_what_went(
    chief, clerk, django_capture_on_commit_callbacks
):
    for one in (RecordType.INCIDENT_PARTY, RecordType.INCIDENT_FILE):
        rule(one)
    incident = closed_incident(old())
    factories.IncidentPartyFactory(incident=incident)
    file = factories.AttachmentFactory(incident=incident, note="Ảnh anh Ba")
    path = Path(file.file.path)
    row = services.propose(
        types=[RecordType.INCIDENT_PARTY, RecordType.INCIDENT_FILE], by=clerk, on=day()
    )
    with django_capture_on_commit_callbacks(execute=True):
        with acting(user=chief):
            done = confirmed(row, chief)
        assert path.exists()  # until the transaction has ended
    assert not path.exists()
    assert not IncidentParty.objects.exists()
    file.refresh_from_db()
    assert (file.note, file.name, bool(file.sha256)) == ("", "Tệp đã bỏ", True)
    lines = IncidentEntry.objects.filter(incident=incident)
    assert {line.title for line in lines} == {"Tiêu huỷ thông tin người báo tin, bị hại", "Bỏ tệp"}
    assert all(done.code in line.note and line.author == chief for line in lines)
    incident.refresh_from_db()
    assert incident.state == "closed"


def test_what_became_needed_meanwhile_stays_and_is_listed(chief, clerk):
    rule(RecordType.ABSENCE)
    asked, back, plain = absence(old()), absence(old()), absence(old())
    row = proposed(RecordType.ABSENCE, clerk)
    correction = factories.CorrectionFactory(record_code=asked.code)
    Absence.objects.filter(pk=back.pk).update(returned_on=day(2), expected_on=day(2))
    done = confirmed(row, chief)
    assert set(Absence.objects.all()) == {asked, back}
    part = done.parts.get()
    assert dict(part.left) == {
        asked.code: f"Đang có yêu cầu đính chính {correction.code}",
        back.code: services.NOT_PAST,
    }
    assert (part.codes(), part.count) == ([plain.code], 1)


def test_what_a_link_protects_stays_and_the_rest_of_its_chunk_goes(chief, clerk, monkeypatch):
    """No type that is deleted has such a link today; groups stand in for one."""
    from django.db.models import F

    from retention import kinds

    monkeypatch.setitem(
        kinds.KINDS,
        RecordType.ABSENCE,
        kinds.Deleted(
            SelfManagedGroup, lambda on: SelfManagedGroup.objects.annotate(since=F("founded_on"))
        ),
    )
    free, held = factories.GroupFactory(), factories.MembershipFactory().group
    done = confirmed(proposed(RecordType.ABSENCE, clerk), chief)
    assert list(SelfManagedGroup.objects.all()) == [held]
    assert done.parts.get().left == [[held.code, NEEDED]]
    entries = AuditEntry.objects.filter(table="selfgov_groups.selfmanagedgroup")
    assert not entries.filter(row=free.pk).exclude(values="").exists()
    assert entries.filter(row=held.pk).exclude(values="").exists()


def test_all_or_nothing(chief, clerk, monkeypatch):
    for one in (RecordType.ABSENCE, RecordType.STAY_NOTICE):
        rule(one)
        MAKE[one](old())
    row = services.propose(types=[RecordType.ABSENCE, RecordType.STAY_NOTICE], by=clerk, on=day())

    def broken(*args, **kwargs):
        raise RuntimeError("the disk is full")

    monkeypatch.setattr("retention.kinds.KINDS", {})
    monkeypatch.setattr(services.KINDS[RecordType.STAY_NOTICE], "dispose", broken)
    with pytest.raises(RuntimeError):
        confirmed(row, chief)
    assert (Absence.objects.count(), StayNotice.objects.count()) == (1, 1)
    row.refresh_from_db()
    assert row.is_open
    told = AuditEntry.objects.filter(table="households.absence")
    assert told.exclude(values="").exists()


def test_a_disposal_names_so_many_rows_and_the_next_one_the_rest(chief, clerk, monkeypatch):
    monkeypatch.setattr(services, "MOST", 2)
    rule(RecordType.ABSENCE)
    rows = [absence(old()) for _ in range(3)]
    first = confirmed(proposed(RecordType.ABSENCE, clerk), chief)
    assert first.parts.get().codes() == [row.code for row in rows[:2]]
    second = confirmed(proposed(RecordType.ABSENCE, clerk), chief)
    assert second.parts.get().codes() == [rows[2].code]


def test_a_disposal_costs_as_many_statements_for_three_rows_as_for_one(
    chief, clerk, django_assert_max_num_queries
):
    rule(RecordType.ABSENCE)
    counts = []
    for n in (1, 3):
        for _ in range(n):
            absence(old())
        row = proposed(RecordType.ABSENCE, clerk)
        with django_assert_max_num_queries(60) as found:
            confirmed(row, chief)
        counts.append(len(found))
    assert counts[0] == counts[1]


# --- the trail ------------------------------------------------------------------------------------


def verified():
    output = io.StringIO()
    call_command("verify_audit", "--json", stdout=output)
    return json.loads(output.getvalue())


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_the_chain_stays_whole(chief, clerk):
    types = [RecordType.ABSENCE, RecordType.RESIDENT]
    for one in types:
        rule(one)
    row, person = absence(old()), gone(old())
    disposal = services.propose(types=types, by=clerk, on=day())
    before = verified()["links"]
    confirmed(disposal, chief)
    told = verified()
    assert not told["findings"]
    assert told["links"] == before + 1
    entries = AuditEntry.objects.exclude(values="")
    assert not entries.filter(table=row._meta.label_lower, row=row.pk).exists()
    of_person = entries.filter(table=person._meta.label_lower, row=person.pk)
    assert not of_person.filter(values__contains="Nói ngọng").exists()


def test_blanking_is_of_the_named_rows_alone():
    one, other = factories.HouseholdFactory(), factories.HouseholdFactory()
    group = factories.GroupFactory()
    assert blank(type(one), [one.pk]) == 1
    assert blank(type(one), [one.pk]) == 0
    told = AuditEntry.objects.exclude(values="")
    assert not told.filter(table="households.household", row=one.pk).exists()
    assert told.filter(table="households.household", row=other.pk).exists()
    assert told.filter(table=group._meta.label_lower, row=group.pk).exists()


def test_a_page_shows_blanked_entries_without_what_they_told(client_for, chief):
    row = factories.HouseholdFactory(address="Số 5 ngõ Đã Quên")
    row.address = "Số 6 đường Mới"
    row.save()
    blank(type(row), [row.pk])
    page = client_for(chief).get(row.get_absolute_url()).content.decode()
    assert "Địa chỉ (đã đổi)" in page
    assert "Đã Quên" not in page


# --- pages ----------------------------------------------------------------------------------------


@pytest.fixture
def past(on):
    rule(RecordType.ABSENCE)
    row = absence(old())
    row.destination = "Nơi Bí Mật"
    row.save()
    return row


def test_the_page_counts_and_the_list_names_codes_alone(client_for, clerk, past):
    client = client_for(clerk)
    page = client.get("/retention/").content.decode()
    assert "1 dòng hết hạn lưu giữ" in page
    listed = client.get("/retention/absence/").content.decode()
    assert past.code in listed
    for told in ("Nơi Bí Mật", past.resident.full_name):
        assert told not in listed
    assert client.get("/retention/khong-co/").status_code == 404
    assert client.get("/retention/residence/").status_code == 200  # kept for good: no row
    for page in ("0", "9999999999999999999999", "x"):
        assert client.get("/retention/absence/", {"page": page}).status_code == 200


def test_from_the_page_to_the_minutes(client_for, clerk, chief, past):
    client = client_for(clerk)
    answer = client.post("/retention/propose/", {"types": ["absence"], "note": "Quý IV"})
    row = Disposal.objects.get()
    assert answer["Location"] == row.get_absolute_url()
    address = reverse("disposal-confirm", args=[row.pk])
    assert client.post(address).status_code == 403  # a clerk
    page = client_for(chief).get(row.get_absolute_url()).content.decode()
    assert past.code in page
    assert "Xác nhận tiêu huỷ" in page
    assert (
        "Biên bản"
        not in client_for(chief)
        .get(reverse("disposal-print", args=[row.pk]))
        .content.decode()
        .partition("<article")[2]
    )
    page = client_for(chief).post(address, follow=True).content.decode()
    assert "Đã tiêu huỷ 1 dòng" in page
    minutes = client_for(clerk).get(reverse("disposal-print", args=[row.pk])).content.decode()
    for told in (
        "BIÊN BẢN TIÊU HUỶ DỮ LIỆU",
        clerk.full_name_label,
        chief.full_name_label,
        past.code,
        "Thử",  # the rule's legal basis
        "Tạm vắng đã về",
    ):
        assert told in minutes
    assert "Nơi Bí Mật" not in minutes
    assert AuditEntry.objects.filter(action="print", code=row.code).count() == 2


def test_a_form_sent_twice_proposes_once(client_for, clerk, past):
    client = client_for(clerk)
    data = {"types": ["absence"], "_once": "a" * 32}
    first, second = (client.post("/retention/propose/", data) for _ in range(2))
    assert first["Location"] == second["Location"]
    assert Disposal.objects.count() == 1


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({}, "Đánh dấu ít nhất một loại."),
        ({"types": ["khong-co"]}, "Không có loại dữ liệu này."),
        ({"types": ["stay_notice"]}, "không có gì quá hạn lưu giữ"),
        ({"types": ["residence"]}, "không có gì quá hạn lưu giữ"),
        ({"types": ["absence"], "note": "dài" * 200}, "300"),
    ],
)
def test_a_bad_proposal_comes_back_with_its_sentence(client_for, clerk, past, data, sentence):
    answer = client_for(clerk).post("/retention/propose/", data | {"note": data.get("note", "Nhớ")})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert sentence in page
    assert data.get("note", "Nhớ") in page
    assert not Disposal.objects.exists()


def test_the_proposer_is_offered_to_withdraw_not_to_confirm(client_for, chief, past):
    row = proposed(RecordType.ABSENCE, chief)
    client = client_for(chief)
    page = client.get(row.get_absolute_url()).content.decode()
    assert "Rút đề xuất" in page
    assert reverse("disposal-confirm", args=[row.pk]) not in page
    page = client.post(reverse("disposal-confirm", args=[row.pk]), follow=True).content.decode()
    assert "cần người thứ hai" in page
    address = reverse("disposal-refuse", args=[row.pk])
    assert client.post(address, {"refusal": "", "version": row.version}).status_code == 422
    answer = client.post(address, {"refusal": "Đề xuất nhầm", "version": row.version})
    assert answer.status_code == 302
    row.refresh_from_db()
    assert (row.state, row.refusal) == (Disposal.State.REFUSED, "Đề xuất nhầm")
    assert Absence.objects.filter(pk=past.pk).exists()
    again = client.post(address, {"refusal": "Lần nữa", "version": row.version})
    assert again.status_code == 422
    assert "đã có quyết định" in again.content.decode()


@pytest.mark.parametrize("who", ["officer_a", "duty", "leader", "superuser"])
def test_others_neither_see_nor_dispose(client_for, request, clerk, past, who):
    row = proposed(RecordType.ABSENCE, clerk)
    client = client_for(request.getfixturevalue(who))
    for address in ("/retention/", "/retention/absence/", "/disposals/", row.get_absolute_url()):
        assert client.get(address).status_code == 403
    assert client.post("/retention/propose/", {"types": ["absence"]}).status_code == 403
    assert client.post(reverse("disposal-confirm", args=[row.pk])).status_code == 403
    row.refresh_from_db()
    assert row.is_open


def test_the_worklist_tells_the_chief_what_others_proposed(client_for, chief, clerk, past):
    row = proposed(RecordType.ABSENCE, clerk)
    assert row.code in client_for(chief).get("/worklist/").content.decode()
    assert row.code not in client_for(clerk).get("/worklist/").content.decode()
    Disposal.objects.filter(pk=row.pk).update(proposed_by=chief)
    assert row.code not in client_for(chief).get("/worklist/").content.decode()


def test_the_pages_cost_the_same_for_one_row_and_for_many(
    client_for, clerk, past, django_assert_max_num_queries
):
    client, counts = client_for(clerk), []
    client.get("/retention/")  # what a session asks once
    for _ in range(2):
        with django_assert_max_num_queries(30) as found:
            client.get("/retention/")
            client.get("/retention/absence/")
        counts.append(len(found))
        for _ in range(3):
            absence(old())
    assert counts[0] == counts[1]


def test_the_database_itself_wants_two_people(clerk):
    from django.db import IntegrityError, transaction

    row = factories.DisposalFactory(done=True)
    with pytest.raises(IntegrityError), transaction.atomic():
        Disposal.objects.filter(pk=row.pk).update(decided_by=row.proposed_by)
    connection.check_constraints()
