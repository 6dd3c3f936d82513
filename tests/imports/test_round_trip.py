"""What a list exports comes back with nothing to do: known by the code, masked cells left alone."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.utils import timezone

from households.services import end_residence
from imports.kinds.base import Run
from imports.reading.encodings import refuse_old
from imports.services import batches, writing
from tests import factories
from tests.imports.states import domain_hash

pytestmark = pytest.mark.django_db
REASON = "Thử xuất ra rồi nhập lại"
# Addresses that a spreadsheet, or a reader of placeholders, could take for something else.
ADDRESSES = ("=1+1", "12", "1/2", "Số 3; ngõ 4 - 5", "Ngõ 0", "+84 Lê Lợi", '"Hẻm" 7', "<r>x</r>")


@pytest.fixture
def households(area_a, area_b):
    for number, address in enumerate(ADDRESSES):
        row = factories.HouseholdFactory(neighbourhood=(area_a, area_b)[number % 2])
        type(row).objects.filter(pk=row.pk).update(address=address)
        if number % 3:
            factories.ResidenceFactory(household=row, relation="HEAD")
    factories.HouseholdFactory(neighbourhood=area_a, dissolved_on=factories.day(3))


@pytest.fixture
def people(households, area_a, temporary):
    """Of all sorts: with a year alone, without numbers, a relation in words, gone, an alias."""
    home = factories.HouseholdFactory(neighbourhood=area_a)
    for fields in (
        {"relation": "HEAD"},
        {"resident__birth_date": dt.date(1950, 1, 1), "resident__birth_precision": "Y"},
        {"resident__birth_date": dt.date(1950, 9, 1), "resident__birth_precision": "M"},
        {"resident__citizen_id": "", "resident__phone": ""},
        {"resident__citizen_id": "", "resident__old_id": "012345678"},
        {"relation": "OTHER", "relation_note": "con đỡ đầu"},
    ):
        factories.ResidenceFactory(household=home, **fields)
    gone = factories.ResidenceFactory()
    end_residence(
        residence=gone, ended_on=factories.day(), end_reason="DEPARTURE", on=factories.day()
    )
    alias = factories.ResidentFactory()
    type(alias).objects.filter(pk=alias.pk).update(same_as=gone.resident)


@pytest.fixture
def temporary(area_a):
    home = factories.HouseholdFactory(neighbourhood=area_a)
    lodging, employer = factories.BusinessFactory.create_batch(2, neighbourhood=area_a)
    for place in (
        {"household": home},
        {"household": None, "lodging": lodging},
        {"household": None, "lodging": lodging, "employer": employer},
        {"household": None, "employer": employer},
        {"household": home, "employer": employer},
    ):
        factories.ResidenceFactory(temporary=True, **place)


@pytest.fixture
def stays(area_a):
    home = factories.HouseholdFactory(neighbourhood=area_a)
    factories.StayNoticeFactory.create_batch(2, household=home)
    factories.StayNoticeFactory(
        household=None, lodging=factories.BusinessFactory(neighbourhood=area_a)
    )
    factories.StayNoticeFactory(household=home, id_number="")


@pytest.fixture
def businesses(area_a, area_b):
    for number, address in enumerate(ADDRESSES):
        row = factories.BusinessFactory(neighbourhood=(area_a, area_b)[number % 2])
        type(row).objects.filter(pk=row.pk).update(address=address)
    for state in ("suspended", "closed"):
        factories.BusinessFactory(state=state)
    factories.BusinessFactory(name="Quán 24/7", responsible_name="", phone="")
    factories.CertificateFactory()


@pytest.fixture
def groups(area_a):
    for _ in range(2):
        factories.MembershipFactory(group__neighbourhood=area_a)
    factories.GroupFactory(neighbourhood=area_a, dissolved_on=factories.day(3))


LISTS = [
    ("households", "/households/", "people", {"state": "all"}),
    ("people", "/residents/", "people", {"residence": "all"}),
    ("temporary", "/temporary-residents/", "temporary", {}),
    ("stays", "/stay-notices/", "stays", {}),
    ("businesses", "/businesses/", "businesses", {"state": "all"}),
    ("groups", "/groups/", "groups", {"state": "all"}),
]


def exported(client, address, form, **asked):
    answer = client.post(address, {"_export": form, "reason": REASON, **asked})
    assert answer.status_code == 200
    return b"".join(answer.streaming_content)


def brought_back(data, kind, user, form="xlsx"):
    """Return the batch of an exported file, read as the pages read it."""
    file = ContentFile(data, f"xuat.{form}")
    batch = batches.upload(file=file, kind=kind, user=user)
    return batches.read(batch=batch, run=Run(on=timezone.localdate(), user=user))


@pytest.mark.parametrize("form", ["xlsx", "csv"])
@pytest.mark.parametrize(("made", "address", "kind", "asked"), LISTS, ids=[row[0] for row in LISTS])
def test_every_row_of_an_export_comes_back_the_same(
    request, client_for, chief, made, address, kind, asked, form
):
    request.getfixturevalue(made)
    before = domain_hash()
    data = exported(client_for(chief), address, form, **asked)
    batch = brought_back(data, kind, chief, form)
    told = [(row.number, row.outcome, row.reasons, row.changes) for row in batch.lines.all()]
    assert batch.state == "read", batch.failure
    assert batch.rows >= 3
    assert [row for row in told if row[1] != "same"] == []
    assert batch.same == batch.rows
    assert "code" in " ".join(batch.mapping.values())
    with pytest.raises(ValidationError, match="Không có dòng nào"):
        writing.begin_writing(batch=batch, only_good=True)
    assert domain_hash() == before


def test_the_code_alone_finds_a_person_whose_name_was_mended(client_for, chief, people):
    person = factories.ResidenceFactory(resident__full_name="Lê Thị Sai").resident
    data = exported(client_for(chief), "/residents/", "csv", q=person.code).decode()
    batch = brought_back(data.replace("Lê Thị Sai", "Lê Thị Đúng").encode(), "people", chief, "csv")
    row = batch.lines.get()
    assert (row.outcome, row.changes) == ("changed", [["Họ và tên", "Lê Thị Sai", "Lê Thị Đúng"]])


def test_a_masked_number_is_left_alone_and_told(client_for, chief):
    person = factories.ResidenceFactory().resident
    data = exported(client_for(chief), "/residents/", "xlsx")
    row = brought_back(data, "people", chief).lines.get()
    assert row.outcome == "same"
    assert "số đã che, bỏ qua ô này" in " ".join(row.reasons)
    assert person.citizen_id not in str(row.values)


def test_the_sheet_of_filters_is_not_taken_for_the_list(client_for, chief, businesses):
    data = exported(client_for(chief), "/businesses/", "xlsx", state="all")
    batch = batches.upload(file=ContentFile(data, "x.xlsx"), kind="businesses", user=chief)
    assert batch.sheet == "Cơ sở kinh doanh"
    assert (batch.header_row, batch.header_lines) == (1, 1)


def test_the_dots_of_our_lists_are_no_letters_of_an_old_code_page():
    refuse_old("Lê Thị · Hộ · Tổ · Số · Cơ sở · Đại uý · Lê · Mã")
