"""Temporary residents from a workbook: where they stay, until when, and who is there already."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from households.models import Household, Residence, Resident
from households.services import end_residence, extend_residence
from households.tables import TemporaryTable
from imports.kinds import KINDS
from imports.kinds.base import Run
from imports.reading.columns import guess_mapping
from kylien.core.exports import safe_cell
from tests import factories
from tests.imports.states import (
    domain_hash,
    outcomes,
    planned,
    read_batch,
    sheet,
    undone,
    written,
)

pytestmark = pytest.mark.django_db
ON = dt.date(2026, 11, 24)
KEY = "temporary"


def worker(name="Phạm Thị Công", **cells):
    return {
        "full_name": name,
        "birth": "12/04/1999",
        "sex": "Nữ",
        "identity": "099199000001",
        "started_on": "01/10/2026",
        "expires_on": "01/10/2027",
        **cells,
    }


@pytest.fixture
def lodging(area_a):
    return factories.BusinessFactory(name="Nhà trọ Hoa Mai", neighbourhood=area_a)


@pytest.fixture
def company(area_b):
    return factories.BusinessFactory(name="Công ty Thép", neighbourhood=area_b)


@pytest.fixture
def home(area_a):
    home = factories.HouseholdFactory(address="Số 7 đường Hùng Vương", neighbourhood=area_a)
    factories.ResidenceFactory(household=home, on=ON)
    return home


@pytest.fixture
def tenant(home):
    """Somebody who stays with the household for a time."""
    return factories.ResidenceFactory(
        temporary=True,
        household=home,
        resident__full_name="Đỗ Thị Trọ",
        resident__birth_date=dt.date(1999, 4, 12),
        resident__sex="F",
        started_on=dt.date(2026, 2, 1),
        expires_on=dt.date(2027, 2, 1),
        on=ON,
    )


def reasons(plan):
    return " ".join(plan.reasons)


# --- where ----------------------------------------------------------------------------------------


def test_a_worker_lodges_and_works(lodging, company, area_a):
    batch = written(KEY, [worker(lodging="nha tro hoa mai", employer=company.code)], ON)
    row = Residence.objects.get()
    assert (row.kind, row.lodging, row.employer, row.household) == ("T", lodging, company, None)
    assert (row.relation, row.start_reason) == ("TENANT", "REGISTRATION")
    assert (row.started_on, row.expires_on) == (dt.date(2026, 10, 1), dt.date(2027, 10, 1))
    assert row.neighbourhood == area_a
    assert (row.resident.present, row.resident.residence_kind) == (True, "T")
    assert row.resident.neighbourhood == area_a
    assert batch.new == 1


@pytest.mark.parametrize("how", ["household_code", "place", "address", "address and area"])
def test_a_household_is_found_by_code_or_address(home, area_b, how):
    twin = factories.HouseholdFactory(address="7 Hùng Vương", neighbourhood=area_b)
    cells = {
        "household_code": {"household_code": home.code},
        "place": {"place": f"{home.code} · {home.address}"},
        "address": {"place": "Số nhà 7, đường Hùng Vương"},
        "address and area": {"place": "Số 7 đường Hùng Vương", "neighbourhood": "A"},
    }[how]
    if how == "address and area":
        Household.objects.filter(pk=twin.pk).update(address=home.address)
    written(KEY, [worker(**cells)], ON)
    assert Residence.objects.temporary().get().household == home


def test_a_business_may_stand_in_the_place(lodging, company):
    rows = [
        worker(place="Nhà trọ Hoa Mai"),
        worker("Lê Thị Hai", place="Công ty Thép", employer="Công ty Thép", identity=""),
    ]
    written(KEY, rows, ON)
    stays = {row.resident.full_name: row for row in Residence.objects.select_related("resident")}
    assert stays["Phạm Thị Công"].lodging == lodging
    assert (stays["Lê Thị Hai"].lodging, stays["Lê Thị Hai"].employer) == (None, company)


def test_the_workbook_may_have_one_employer_and_one_term(company):
    row = worker(started_on="", expires_on="")
    options = {"employer": company.pk, "started_on": "2026-10-01", "expires_on": "2027-09-30"}
    written(KEY, [row], ON, options=options)
    stay = Residence.objects.get()
    assert (stay.employer, stay.expires_on) == (company, dt.date(2027, 9, 30))


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({}, "Thiếu nơi ở"),
        ({"household_code": "H-09999"}, "Sổ không có hộ mã H-09999"),
        ({"place": "H-09999"}, "Sổ không có hộ mã H-09999"),
        ({"lodging": "Nhà trọ Lạ"}, "sổ không có cơ sở “Nhà trọ Lạ”"),
        ({"place": "Số 99 đường Không Có"}, "Không có hộ nào ở"),
        ({"place": "Số 1", "neighbourhood": "Z"}, "Không có tổ dân phố “Z”"),
        ({"employer": "Công ty Thép", "started_on": ""}, "Từ ngày: để trống"),
        ({"employer": "Công ty Thép", "expires_on": ""}, "Thời hạn: để trống"),
        ({"employer": "Công ty Thép", "expires_on": "01/10/2026"}, "phải sau ngày bắt đầu"),
        ({"employer": "Công ty Thép", "expires_on": "02/10/2028"}, "tối đa 2 năm"),
        ({"employer": "Công ty Thép", "started_on": "25/11/2026"}, "không thể sau hôm nay"),
        ({"employer": "Công ty Thép", "sex": "", "identity": ""}, "Giới tính: để trống"),
        ({"employer": "Công ty Cũ"}, "đã đóng cửa"),
        ({"employer": "Trùng Tên"}, "có 2 cơ sở tên “Trùng Tên”"),
    ],
)
def test_what_cannot_be_is_refused_with_its_reason(company, area_a, cells, reason):
    factories.BusinessFactory(name="Công ty Cũ", state="closed")
    factories.BusinessFactory.create_batch(2, name="Trùng Tên")
    plans = planned(KEY, [worker(**cells)], ON)
    assert outcomes(plans) == ["refused"]
    assert reason in reasons(plans[0])


def test_two_households_at_one_address_are_named(home, area_b):
    other = factories.HouseholdFactory(address=home.address, neighbourhood=area_b)
    plans = planned(KEY, [worker(place=home.address)], ON)
    assert home.code in reasons(plans[0])
    assert other.code in reasons(plans[0])


def test_a_household_that_is_gone_or_younger_takes_nobody(home):
    Household.objects.filter(pk=home.pk).update(opened_on=dt.date(2026, 11, 1))
    plans = planned(KEY, [worker(household_code=home.code)], ON)
    assert "không thể ở từ trước đó" in reasons(plans[0])
    Household.objects.filter(pk=home.pk).update(dissolved_on=ON)
    assert "đã xoá" in reasons(planned(KEY, [worker(household_code=home.code)], ON)[0])


def test_a_household_has_one_head(home):
    empty = factories.HouseholdFactory(opened_on=dt.date(2020, 1, 1))
    rows = [
        worker(household_code=home.code, relation="Chủ hộ"),
        worker("Lê Thị Hai", household_code=empty.code, relation="Chủ hộ", identity=""),
        worker("Lê Thị Ba", household_code=empty.code, relation="Chủ hộ", identity=""),
    ]
    plans = planned(KEY, rows, ON)
    assert outcomes(plans) == ["refused", "new", "refused"]
    assert "đã có chủ hộ là Lê Thị Hai" in reasons(plans[2])


def test_an_overdue_term_is_taken_and_told(company):
    row = worker(employer=company.code, started_on="01/01/2026", expires_on="01/06/2026")
    plans = planned(KEY, [row], ON)
    assert outcomes(plans) == ["new"]
    assert "quá hạn" in reasons(plans[0])


def test_the_same_person_twice_is_refused_the_second_time(company):
    rows = [
        worker(employer=company.code),
        worker("Ai Khác", employer=company.code),
        worker(employer=company.code, identity=""),
    ]
    plans = planned(KEY, rows, ON)
    assert outcomes(plans) == ["new", "refused", "refused"]
    assert "Trùng dòng 2" in reasons(plans[1])
    assert "Trùng dòng 2" in reasons(plans[2])


# --- who is there already -------------------------------------------------------------------------


def there(tenant, **cells):
    """Return the row of somebody who stays here already."""
    return worker(
        "Đỗ Thị Trọ",
        identity="",
        household_code=tenant.household.code,
        started_on="01/02/2026",
        expires_on="01/02/2027",
        **cells,
    )


def test_who_stays_here_already_is_the_same(tenant):
    assert outcomes(planned(KEY, [there(tenant)], ON)) == ["same"]
    no_term = there(tenant) | {"expires_on": ""}
    assert outcomes(planned(KEY, [no_term], ON)) == ["same"]
    changed = planned(KEY, [there(tenant, phone="0100222333")], ON)
    assert outcomes(changed) == ["changed"]
    assert [label for label, _, _ in changed[0].changes] == ["Điện thoại"]


def test_another_term_is_an_extension(tenant):
    plans = planned(KEY, [there(tenant) | {"expires_on": "01/08/2027"}], ON)
    assert outcomes(plans) == ["refused"]
    assert "dùng Gia hạn" in reasons(plans[0])


def test_an_extended_stay_is_the_same_by_its_new_term(tenant):
    on = dt.date(2027, 1, 20)
    extend_residence(residence=tenant, expires_on=dt.date(2027, 8, 1), on=on)
    row = there(tenant) | {"expires_on": "01/08/2027"}
    assert outcomes(planned(KEY, [row], on)) == ["same"]


def test_who_stays_elsewhere_or_lives_here_is_not_moved(tenant, company, home):
    number = tenant.resident.citizen_id
    elsewhere = worker("Đỗ Thị Trọ", identity=number, employer=company.code)
    plans = planned(KEY, [elsewhere], ON)
    assert outcomes(plans) == ["refused"]
    assert "đang tạm trú tại hộ" in reasons(plans[0])
    head = home.residences.permanent().get().resident
    permanent = worker(head.full_name, identity=head.citizen_id, household_code=home.code)
    assert "đang thường trú" in reasons(planned(KEY, [permanent], ON)[0])


def test_who_left_comes_back_and_the_undoing_sends_him_away(tenant, company):
    end_residence(residence=tenant, ended_on=dt.date(2026, 9, 1), end_reason="DEPARTURE", on=ON)
    before = domain_hash()
    row = worker("Đỗ Thị Trọ", identity=tenant.resident.citizen_id, employer=company.code)
    assert outcomes(planned(KEY, [row], ON)) == ["changed"]
    batch = written(KEY, [row], ON)
    tenant.resident.refresh_from_db()
    assert (tenant.resident.present, tenant.resident.residence_kind) == (True, "T")
    undone(batch, ON)
    tenant.resident.refresh_from_db()
    assert not tenant.resident.present
    assert domain_hash() == before


def test_a_look_alike_is_doubtful_and_decided(tenant, company):
    row = worker("Đỗ Thị Trọ", identity="", employer=company.code)
    plans = planned(KEY, [row], ON)
    assert outcomes(plans) == ["doubtful"]
    assert plans[0].candidates[0]["pk"] == tenant.resident_id
    assert outcomes(planned(KEY, [row | {"decision": "new"}], ON)) == ["new"]
    same = planned(KEY, [row | {"decision": f"same:{tenant.resident_id}"}], ON)
    assert "đang tạm trú tại hộ" in reasons(same[0])


def test_a_number_in_a_duplicate_row_is_his_who_was_merged(tenant, company):
    alias = factories.ResidentFactory(full_name="Đỗ Thị Trọ", citizen_id="099199000077")
    Resident.objects.filter(pk=alias.pk).update(same_as=tenant.resident)
    row = there(tenant) | {"identity": "099199000077"}
    plans = planned(KEY, [row], ON)
    assert outcomes(plans) == ["same"]
    assert plans[0].identifier.startswith(tenant.resident.code)


def test_other_employers_are_told_but_not_changed(tenant, company):
    plans = planned(KEY, [there(tenant, employer=company.code)], ON)
    assert outcomes(plans) == ["same"]
    assert "Nơi làm việc trong sổ là trống" in reasons(plans[0])


# --- again, and back ------------------------------------------------------------------------------


def list_of_workers(company, lodging, home):
    return [
        worker(employer=company.name, lodging=lodging.name),
        worker("Lê Thị Hai", identity="", birth="1999", employer=company.name),
        worker("Lê Thị Ba", identity="", household_code=home.code, relation="họ hàng xa"),
    ]


def test_the_same_workbook_again_changes_nothing(company, lodging, home):
    rows = list_of_workers(company, lodging, home)
    before = domain_hash()
    batch = written(KEY, rows, ON)
    assert batch.new == 3
    after = domain_hash()
    plans = planned(KEY, rows, ON)
    assert outcomes(plans) == ["same"] * 3
    assert domain_hash() == after
    assert not undone(batch, ON).left
    assert domain_hash() == before


def test_our_own_list_comes_back_all_the_same(company, lodging, home, tenant):
    written(KEY, list_of_workers(company, lodging, home), ON)
    shown = Residence.objects.current().temporary().for_list().order_by("expires_on", "pk")
    table = TemporaryTable(shown, on=ON)
    mapping = guess_mapping(table.header, KINDS[KEY])
    assert {"full_name", "birth", "place", "employer", "started_on", "expires_on"} <= set(
        mapping.values()
    )
    rows = [
        {mapping[place]: safe_cell(value) for place, value in enumerate(row) if place in mapping}
        for row in table.plain_rows(shown)
    ]
    plans = planned(KEY, rows, ON)
    assert outcomes(plans) == ["same"] * 4, plans


def test_queries_do_not_grow_with_the_rows(company, lodging, home):
    counts = []
    for size in (5, 200):
        rows = [
            worker(f"Lê {chr(65 + n % 20)}n {chr(65 + n // 20)}n", identity="", place=home.address)
            for n in range(size)
        ]
        with CaptureQueriesContext(connection) as queries:
            plans = list(KINDS[KEY].plan(sheet(KINDS[KEY], rows), Run(on=ON)))
        assert {plan.outcome for plan in plans} == {"new"}, plans[0]
        counts.append(len(queries))
    assert counts[0] == counts[1]


CELLS = {
    "full_name": ["Lê Văn An", "Lê Văn Ân", "Đỗ Thị Trọ", ""],
    "birth": ["1999", "12/04/1999", "04/12/1999", ""],
    "sex": ["Nam", "Nữ", ""],
    "identity": ["", "099199000077", "099199000001", "123456789"],
    "household_code": ["", "H-90001", "H-99999"],
    "lodging": ["", "Nhà trọ Hoa Mai", "Không Có"],
    "place": ["", "Số 7", "Nhà trọ Hoa Mai", "Không đâu"],
    "employer": ["", "CS-90001"],
    "relation": ["", "Chủ hộ", "bạn"],
    "started_on": ["01/10/2026", "01/01/1990", ""],
    "expires_on": ["01/10/2027", "01/02/2027", "01/10/2030", ""],
    "decision": ["", "new", "skip"],
}


class AnyRows(TestCase):
    """Whatever stands in the rows: each is one of the five, and what is accepted can be written."""

    def setUp(self):
        area = factories.NeighbourhoodFactory(name="Tổ dân phố A")
        factories.BusinessFactory(name="Nhà trọ Hoa Mai", neighbourhood=area, code="CS-90001")
        home = factories.HouseholdFactory(address="Số 7", neighbourhood=area, code="H-90001")
        resident = factories.ResidentFactory(
            full_name="Đỗ Thị Trọ", birth_date=dt.date(1999, 4, 12), citizen_id="099199000077"
        )
        factories.ResidenceFactory(
            resident=resident,
            household=home,
            temporary=True,
            started_on=dt.date(2026, 2, 1),
            expires_on=dt.date(2027, 2, 1),
            on=ON,
        )

    @settings(max_examples=60, deadline=None)
    @given(
        st.lists(
            st.fixed_dictionaries({key: st.sampled_from(cells) for key, cells in CELLS.items()}),
            max_size=8,
        )
    )
    def test_rows_in_are_the_sum_of_the_five(self, rows):
        before = domain_hash()
        batch = read_batch(KEY, rows, ON)
        assert batch.rows == len(rows)
        if not (batch.new or batch.changed):
            return
        batch = written(KEY, rows, ON)
        assert batch.new + batch.changed + batch.same + batch.doubtful + batch.refused == len(rows)
        undone(batch, ON)
        assert domain_hash() == before
