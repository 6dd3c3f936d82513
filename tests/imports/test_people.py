"""Households and their people from a workbook: what each row is, and what it leaves behind."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from households.models import DuplicatePair, Household, Residence, Resident
from households.services import change_head, end_residence
from households.services.duplicates import propose_all
from households.tables import HouseholdTable, ResidentTable
from imports.kinds import KINDS
from imports.kinds.base import Run
from imports.models import ImportRow
from imports.reading.columns import guess_mapping
from imports.services import writing
from kylien.audit.models import AuditEntry
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
KEY = "people"


def person(name, relation="", **cells):
    """Return a row of the workbook; the first of a household has its address too."""
    row = {"full_name": name, "birth": "05/09/1980", "sex": "Nam", "relation": relation, **cells}
    if relation == "Chủ hộ":
        row = {"address": "Số 3 đường Lê Lợi", "neighbourhood": "Tổ dân phố A", **row}
    return row


def family(**cells):
    """Return the rows of a household of three."""
    return [
        person("Lê Văn Chủ", "Chủ hộ", identity="099080000001", started_on="15/03/2019", **cells),
        person("Trần Thị Vợ", "Vợ", birth="1983", sex="Nữ"),
        person("Lê Văn Con", "Con", birth="01/02/2020", phone="0100 123 456"),
    ]


@pytest.fixture
def known(area_a):
    """Somebody of the register: the head of a household of tổ A."""
    home = factories.HouseholdFactory(address="Số 9 đường Trần Phú", neighbourhood=area_a)
    resident = factories.ResidentFactory(full_name="Phạm Văn Quen", citizen_id="099080000009")
    return factories.ResidenceFactory(resident=resident, household=home, on=ON).resident


@pytest.fixture(autouse=True)
def ward_with_areas(area_a, area_b):
    """Let the workbook's neighbourhoods be there."""


def reasons(plan):
    return " ".join(plan.reasons)


# --- new households -------------------------------------------------------------------------------


def test_a_household_is_entered_with_its_people_as_the_desk_would(area_a):
    batch = written(KEY, family(), ON)
    home = Household.objects.get()
    assert (home.address, home.neighbourhood, home.opened_on) == (
        "Số 3 đường Lê Lợi",
        area_a,
        dt.date(2019, 3, 15),
    )
    stays = {row.resident.full_name: row for row in home.residences.select_related("resident")}
    assert {name: row.relation for name, row in stays.items()} == {
        "Lê Văn Chủ": "HEAD",
        "Trần Thị Vợ": "SPOUSE",
        "Lê Văn Con": "CHILD",
    }
    # Who was born later lives there since his birth.
    assert stays["Lê Văn Con"].started_on == dt.date(2020, 2, 1)
    assert {(row.kind, row.start_reason, row.started_by) for row in stays.values()} == {
        ("P", "REGISTRATION", None)
    }
    child = stays["Lê Văn Con"].resident
    assert (child.present, child.residence_kind, child.neighbourhood) == (True, "P", area_a)
    assert (child.phone, child.birth_precision) == ("0100123456", "D")
    assert stays["Trần Thị Vợ"].resident.birth_precision == "Y"
    assert Resident.objects.search("le van con").get() == child
    assert (batch.rows, batch.new, batch.refused) == (3, 3, 0)
    assert not DuplicatePair.objects.exists()


def test_what_is_written_is_in_the_trail_with_its_reason(clerk):
    batch = written(KEY, family(), ON, user=clerk)
    entries = AuditEntry.objects.filter(reason=f"Nhập từ tệp Excel, lần {batch.code}")
    told = sorted(entries.exclude(table__startswith="imports").values_list("table", "action"))
    assert told == sorted(
        [("households.household", "create")]
        + [("households.resident", "create"), ("households.residence", "create")] * 3
    )
    secret = entries.get(table="households.resident", code__endswith="1")
    assert "citizen_id" in secret.fields
    assert "099080000001" not in secret.values


def test_rows_of_one_number_are_one_household_wherever_they_stand(area_b):
    one, two = family(household_number="1"), family(household_number="1")
    for rows in (one, two):
        for row in rows:
            row["household_number"] = "1"
    two[0] |= {"full_name": "Đỗ Văn Hai", "identity": "", "neighbourhood": "TDP b"}
    two[1] |= {"full_name": "Đỗ Thị Ba", "neighbourhood": "Tổ B"}
    rows = [one[0], one[1], two[0], two[1], {**one[2], "neighbourhood": "A"}]
    one[0]["neighbourhood"] = one[1]["neighbourhood"] = "A"
    two[0]["neighbourhood"] = two[1]["neighbourhood"] = "B"
    written(KEY, rows, ON)
    homes = Household.objects.order_by("pk")
    assert [home.residences.count() for home in homes] == [3, 2]
    assert homes[1].neighbourhood == area_b


def test_the_number_may_stand_in_the_first_row_alone():
    rows = family(household_number="7") + family(household_number="8")
    rows[3]["identity"] = "099080000002"
    written(KEY, rows, ON)
    assert [home.residences.count() for home in Household.objects.order_by("pk")] == [3, 3]


def test_neighbourhood_and_day_may_be_given_for_the_whole_workbook(area_b):
    rows = family()
    del rows[0]["neighbourhood"], rows[0]["started_on"]
    options = {"neighbourhood": area_b.pk, "started_on": "2018-01-01"}
    written(KEY, rows, ON, options=options)
    home = Household.objects.get()
    assert (home.neighbourhood, home.opened_on) == (area_b, dt.date(2018, 1, 1))


def test_without_any_day_people_live_there_since_the_law_began():
    rows = family()
    del rows[0]["started_on"]
    written(KEY, rows, ON)
    assert Household.objects.get().opened_on == dt.date(2021, 7, 1)


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"address": ""}, "Thiếu địa chỉ"),
        ({"neighbourhood": ""}, "Thiếu tổ dân phố"),
        ({"neighbourhood": "Tổ 99"}, "Không có tổ dân phố “Tổ 99”"),
        ({"address": "x" * 201}, "Địa chỉ dài quá 200"),
        ({"relation": "Con"}, "Không rõ hộ"),
        ({"relation": "Con", "household_number": "4"}, "Hộ không có chủ hộ (dòng 2"),
        ({"birth": ""}, "Ngày sinh: để trống"),
        ({"birth": "01/01/2027"}, "Ngày sinh không thể sau hôm nay"),
        ({"started_on": "25/11/2026"}, "Ngày bắt đầu không thể sau hôm nay"),
        ({"started_on": "04/09/1980"}, "trước ngày sinh"),
        ({"full_name": "Lê " + "An " * 40}, "dài quá 100"),
        ({"note": "x" * 501}, "Ghi chú: dài quá 500"),
        ({"sex": "", "identity": ""}, "Giới tính: để trống"),
        ({"code": "12"}, "không phải mã của sổ này"),
        ({"code": "NK-000999"}, "Sổ không có nhân khẩu mã NK-000999"),
        ({"household_code": "H-00999"}, "Sổ không có hộ mã H-00999"),
        ({"identity": "099080000001", "old_id": "", "phone": "12"}, "không phải số điện thoại"),
        ({"identity": "123456789", "old_id": "987654321"}, "hai số CMND khác nhau"),
    ],
)
def test_a_head_that_cannot_be_entered_says_why_and_his_people_wait(cells, reason):
    rows = family()
    rows[0] |= cells
    plans = planned(KEY, rows, ON)
    assert outcomes(plans) == ["refused"] * 3
    assert reason in reasons(plans[0])
    assert all(plan.reasons for plan in plans)


def test_two_heads_are_named():
    rows = [dict(row, household_number="4") for row in family()]
    rows[2]["relation"] = "Chủ hộ"
    plans = planned(KEY, rows, ON)
    assert outcomes(plans) == ["refused"] * 3
    assert "có hơn một chủ hộ (dòng 2, 4)" in reasons(plans[1])


def test_a_bad_member_does_not_hold_the_others_back():
    rows = family()
    rows[1]["sex"] = "?!"
    assert outcomes(planned(KEY, rows, ON)) == ["new", "refused", "new"]


def test_the_sex_is_taken_from_the_number_and_said():
    rows = family()
    rows[0]["sex"] = ""
    rows[1] |= {"identity": "099183000002", "sex": "Nam"}
    plans = planned(KEY, rows, ON)
    assert outcomes(plans) == ["new"] * 3
    assert "lấy theo số định danh (nam)" in reasons(plans[0])
    assert "chỉ giới tính nữ" in reasons(plans[1])


@pytest.mark.parametrize(
    ("cells", "why"),
    [
        ({"full_name": "Ai Khác", "identity": "099080000001"}, "cùng số định danh"),
        ({"full_name": "lê văn CHỦ", "relation": "Con", "identity": ""}, "cùng họ tên"),
    ],
)
def test_the_same_person_twice_is_refused_the_second_time(cells, why):
    plans = planned(KEY, [*family(), person("Lê Văn Chủ", "Con") | cells], ON)
    assert outcomes(plans) == ["new", "new", "new", "refused"]
    assert reasons(plans[3]).startswith(f"Trùng dòng 2: {why}")


def test_twins_whose_names_differ_by_an_accent_are_two():
    rows = [*family(), person("Lê Thị Hà", "Con"), person("Lê Thị Hạ", "Con")]
    assert outcomes(planned(KEY, rows, ON)) == ["new"] * 5


# --- people who are known -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "cells",
    [
        lambda known: {"code": known.code, "full_name": known.full_name},
        lambda known: {"identity": "099080000009", "full_name": "PHẠM VĂN QUEN"},
        lambda known: {"identity": "", "full_name": "Pham Van Quen"},
    ],
    ids=["code", "number", "name, birth and address"],
)
def test_a_known_person_is_found(known, cells):
    row = person("", "Chủ hộ", address="9 Trần Phú", **{"birth": "9/5/1980", **cells(known)})
    row["address"] = "Số 9, đường Trần Phú"
    plans = planned(KEY, [row], ON)
    assert outcomes(plans) == ["same"]
    assert plans[0].identifier.startswith(known.code)


def test_what_changed_of_a_person_is_told_masked_and_written(known):
    row = person(
        "Phạm Văn Quén",
        birth="10/05/1980",
        code=known.code,
        sex="Nữ",
        phone="0100 999 888",
        note="Đã gặp",
        identity="042******001",
        old_id="",
    )
    plans = planned(KEY, [row], ON)
    assert outcomes(plans) == ["changed"]
    assert [(label, old, new) for label, old, new in plans[0].changes if label != "Điện thoại"] == [
        ("Họ và tên", "Phạm Văn Quen", "Phạm Văn Quén"),
        ("Ngày sinh", "09/05/1980", "10/05/1980"),
        ("Giới tính", "Nam", "Nữ"),
        ("Ghi chú", "", "Đã gặp"),
    ]
    assert "010****888" in {new for _, _, new in plans[0].changes}
    written(KEY, [row], ON)
    old_number = known.citizen_id
    known.refresh_from_db()
    assert (known.full_name, known.phone, known.sex) == ("Phạm Văn Quén", "0100999888", "F")
    assert known.citizen_id == old_number
    assert known.birth_date == dt.date(1980, 5, 10)
    assert known.version == 2


def test_a_coarser_birth_or_a_name_without_accents_is_no_change(known):
    row = person("PHAM VAN QUEN", birth="1980", code=known.code)
    assert outcomes(planned(KEY, [row], ON)) == ["same"]


def test_nobody_was_born_after_he_came(known):
    plans = planned(KEY, [person(known.full_name, birth="2026", code=known.code)], ON)
    first = known.residences.get().started_on
    expected = "refused" if dt.date(2026, 1, 1) > first else "changed"
    assert outcomes(plans) == [expected]
    plans = planned(KEY, [person(known.full_name, birth="20/11/2026", code=known.code)], ON)
    assert "không thể sinh sau đó" in reasons(plans[0])


def test_somebody_who_lives_elsewhere_is_not_moved(known):
    rows = family()
    rows[1] = person(known.full_name, "Con", birth="9/5/1980", identity=known.citizen_id)
    plans = planned(KEY, rows, ON)
    assert outcomes(plans) == ["new", "refused", "new"]
    assert "Chuyển trong phường" in reasons(plans[1])


def test_a_household_of_the_register_gets_members_by_its_code_or_its_head(known):
    home = known.residences.get().household
    by_code = person("Phạm Thị Mới", "Con", sex="Nữ", household_code=home.code)
    by_head = [
        person(known.full_name, "Chủ hộ", birth="9/5/1980", address="9 đường Trần Phú"),
        person("Phạm Thị Khác", "Con", sex="Nữ"),
    ]
    assert outcomes(planned(KEY, [by_code], ON)) == ["new"]
    assert outcomes(planned(KEY, by_head, ON)) == ["same", "new"]
    written(KEY, [by_code, *by_head], ON)
    assert home.residences.count() == 3
    assert Household.objects.count() == 1
    new = Residence.objects.get(resident__full_name="Phạm Thị Khác")
    assert new.started_on == home.opened_on


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"relation": "Chủ hộ"}, "đã có chủ hộ là Phạm Văn Quen"),
        ({"started_on": "01/01/2000"}, "không thể ở từ trước đó"),
        ({"relation": ""}, "Quan hệ với chủ hộ: để trống"),
    ],
)
def test_a_new_member_of_a_household_must_fit_in(known, cells, reason):
    home = known.residences.get().household
    row = person("Phạm Thị Mới", "Con", household_code=home.code) | cells
    plans = planned(KEY, [row], ON)
    assert outcomes(plans) == ["refused"]
    assert reason in reasons(plans[0])


def test_a_closed_household_takes_nobody(known):
    stay = known.residences.get()
    end_residence(residence=stay, ended_on=ON, end_reason="DEPARTURE", on=ON)
    row = person("Phạm Thị Mới", "Chủ hộ", household_code=stay.household.code)
    assert "đã xoá" in reasons(planned(KEY, [row], ON)[0])


def test_somebody_who_left_comes_back_with_a_residence(known, area_b):
    stay = known.residences.get()
    end_residence(residence=stay, ended_on=dt.date(2026, 9, 1), end_reason="DEPARTURE", on=ON)
    back = person(
        known.full_name,
        "Chủ hộ",
        birth="9/5/1980",
        identity=known.citizen_id,
        neighbourhood="B",
        started_on="01/10/2026",
    )
    before = domain_hash()
    plans = planned(KEY, [back], ON)
    assert outcomes(plans) == ["changed"]
    assert plans[0].changes[-1][0] == "Cư trú"
    batch = written(KEY, [back], ON)
    known.refresh_from_db()
    assert (known.present, known.neighbourhood) == (True, area_b)
    undone(batch, ON)
    known.refresh_from_db()
    assert not known.present
    assert domain_hash() == before
    too_early = planned(KEY, [back | {"started_on": "01/08/2026"}], ON)
    assert "Đã thường trú tại" in reasons(too_early[0])


def test_the_dead_do_not_come_back(known):
    stay = known.residences.get()
    end_residence(residence=stay, ended_on=dt.date(2026, 9, 1), end_reason="DEATH", on=ON)
    row = person(known.full_name, "Chủ hộ", birth="9/5/1980", identity=known.citizen_id)
    assert "đã được ghi là chết" in reasons(planned(KEY, [row], ON)[0])


def test_other_relations_and_addresses_are_told_but_not_changed(known):
    home = known.residences.get().household
    row = person(
        known.full_name, "Con", birth="9/5/1980", household_code=home.code, address="Nhà 1"
    )
    plans = planned(KEY, [row], ON)
    assert outcomes(plans) == ["same"]
    assert "Địa chỉ hộ trong sổ" in reasons(plans[0])
    assert "Quan hệ trong sổ là Chủ hộ" in reasons(plans[0])


# --- doubtful rows --------------------------------------------------------------------------------


def doubtful(known):
    return person(known.full_name, "Chủ hộ", birth="9/5/1980")


def test_a_look_alike_is_doubtful_with_candidates(known):
    plans = planned(KEY, [doubtful(known)], ON)
    assert outcomes(plans) == ["doubtful"]
    (candidate,) = plans[0].candidates
    assert (candidate["pk"], candidate["code"]) == (known.pk, known.code)
    assert "cùng họ tên" in candidate["why"]
    assert "Số 9 đường Trần Phú" in candidate["detail"]


def test_a_number_under_another_name_is_doubtful(known):
    row = person("Ngô Văn Lạ", "Chủ hộ", identity=known.citizen_id)
    assert outcomes(planned(KEY, [row], ON)) == ["doubtful"]
    plans = planned(KEY, [row | {"decision": "new"}], ON)
    assert outcomes(plans) == ["refused"]
    assert known.code in reasons(plans[0])


def test_a_code_of_somebody_else_is_doubtful(known):
    row = person("Ngô Văn Lạ", birth="1999", code=known.code)
    assert outcomes(planned(KEY, [row], ON)) == ["doubtful"]


def test_at_most_five_candidates_are_shown(area_a):
    for _ in range(7):
        factories.ResidentFactory(full_name="Phạm Văn Quen")
    plans = planned(KEY, [person("Phạm Văn Quen", "Chủ hộ", birth="9/5/1980")], ON)
    assert len(plans[0].candidates) == 5


@pytest.mark.parametrize(
    ("decision", "outcome", "reason"),
    [
        ("new", "new", ""),
        ("skip", "refused", "Bỏ qua"),
        ("same", "refused", "Chuyển trong phường"),
        ("same:0", "doubtful", "Có thể là"),
    ],
)
def test_a_decision_is_followed(known, decision, outcome, reason):
    decision = f"same:{known.pk}" if decision == "same" else decision
    plans = planned(KEY, [doubtful(known) | {"decision": decision}], ON)
    assert outcomes(plans) == [outcome]
    assert reason in reasons(plans[0])


def test_people_wait_for_their_doubtful_head(known):
    rows = [doubtful(known), person("Phạm Thị Vợ", "Vợ", sex="Nữ")]
    plans = planned(KEY, rows, ON)
    assert outcomes(plans) == ["doubtful", "new"]
    assert "nghi trùng" in reasons(plans[1])
    batch = read_batch(KEY, [*rows, *family()], ON)
    writing.begin_writing(batch=batch, only_good=True)
    batch = writing.write(batch=batch, run=Run(on=ON))
    row = batch.lines.get(number=3)
    assert (row.outcome, "chưa được quyết định" in " ".join(row.reasons)) == ("refused", True)
    assert not Resident.objects.filter(full_name="Phạm Thị Vợ").exists()
    assert (batch.new, batch.doubtful, batch.refused) == (3, 1, 1)
    rows[0]["decision"] = "new"
    assert outcomes(planned(KEY, rows, ON, final=True)) == ["new", "new"]


# --- again, and back ------------------------------------------------------------------------------


def ward_of_many():
    rows = [*family(), *family(household_number="9")]
    rows[3] |= {"identity": "", "full_name": "Hồ Thị Riêng", "birth": "1950", "sex": "Nữ"}
    rows[3]["address"] = "12/4 ngõ 5 Lê Lợi"
    rows[4] |= {"relation": "cháu họ", "full_name": "Hồ Văn Xa"}
    return rows


def test_the_same_workbook_again_changes_nothing():
    written(KEY, ward_of_many(), ON)
    before = domain_hash()
    plans = planned(KEY, ward_of_many(), ON)
    assert outcomes(plans) == ["same"] * 6
    assert not any(plan.reasons for plan in plans)
    assert domain_hash() == before


@pytest.mark.parametrize("key", KINDS)
def test_every_header_that_a_template_explains_names_its_column(key):
    kind = KINDS[key]
    for column in kind.columns:
        for words in (column.label, *column.synonyms):
            assert guess_mapping([words], kind) == {0: column.key}, words


def listed(table, rows):
    """Return a list's export as rows of a workbook, its header matched as that of any other."""
    kind = KINDS[KEY]
    shown = table(rows, on=ON)
    mapping = guess_mapping(shown.header, kind)
    return [
        {mapping[place]: safe_cell(value) for place, value in enumerate(row) if place in mapping}
        for row in shown.plain_rows(rows)
    ], set(mapping.values())


def mixed_ward(area_a):
    """Enter people of all sorts: at home, lodging, gone, dead, merged."""
    written(KEY, ward_of_many(), ON)
    lodging = factories.BusinessFactory(neighbourhood=area_a)
    factories.ResidenceFactory(temporary=True, household=None, lodging=lodging)
    gone = factories.ResidenceFactory().resident
    end_residence(
        residence=gone.residences.get(),
        ended_on=factories.day(),
        end_reason="DEPARTURE",
        on=factories.day(),
    )
    Resident.objects.filter(pk=factories.ResidentFactory().pk).update(same_as=gone)
    landlord = factories.HouseholdFactory(neighbourhood=area_a)
    factories.ResidenceFactory(temporary=True, household=landlord, relation="TENANT")


def test_our_own_list_of_people_comes_back_all_the_same(area_a):
    mixed_ward(area_a)
    rows, keys = listed(ResidentTable, Resident.objects.for_list().order_by("sort_key", "pk"))
    assert {"code", "household_code", "full_name", "birth", "sex", "identity", "relation"} <= keys
    plans = planned(KEY, rows, ON)
    assert outcomes(plans) == ["same"] * len(rows), [p for p in plans if p.outcome != "same"]


def test_our_own_list_of_households_comes_back_all_the_same(area_a):
    mixed_ward(area_a)
    rows, keys = listed(HouseholdTable, Household.objects.for_list().order_by("code"))
    assert {"household_code", "head_name", "address"} <= keys
    assert not KINDS[KEY].missing(keys)
    plans = planned(KEY, rows, ON)
    assert outcomes(plans) == ["same"] * len(rows), [p for p in plans if p.outcome != "same"]
    assert all(plan.identifier for plan in plans)


def test_another_head_in_a_list_of_households_is_told(known):
    home = known.residences.get().household
    plans = planned(KEY, [{"household_code": home.code, "head_name": "Ai Khác"}], ON)
    assert "Đổi chủ hộ" in reasons(plans[0])


def test_what_a_sheet_needs():
    def missing(*keys):
        return [column.key for column in KINDS[KEY].missing(keys)]

    assert missing("full_name", "birth") == []
    assert missing("full_name") == ["birth"]
    assert missing("head_name", "birth") == []
    assert missing("head_name") == ["birth"]
    assert missing("household_code") == ["full_name", "birth"]


def test_undoing_leaves_the_ward_as_it_was_even_after_other_work(known):
    def other_work():
        Resident.objects.filter(pk=known.pk).update(note="sửa sau")

    rows = [
        *family(),
        person(known.full_name, birth="9/5/1980", code=known.code, phone="0100777666"),
    ]
    note, known_phone = known.note, known.phone
    other_work()
    after_work = domain_hash()
    Resident.objects.filter(pk=known.pk).update(note=note)
    before = domain_hash()
    batch = written(KEY, rows, ON)
    assert (batch.new, batch.changed) == (3, 1)
    look_alike = factories.ResidentFactory(
        full_name="Lê Văn Chủ", birth_date=dt.date(1980, 9, 5), citizen_id=""
    )
    propose_all()
    assert DuplicatePair.objects.count() == 1
    other_work()
    plan = undone(batch, ON)
    look_alike.delete()
    assert not plan.left
    known.refresh_from_db()
    assert known.phone == known_phone
    assert domain_hash() == after_work != before
    batch.refresh_from_db()
    assert batch.state == batch.State.UNDONE


def test_a_head_stays_while_somebody_of_his_stays():
    batch = written(KEY, family(), ON)
    plan = undone(batch, ON, {2})
    assert Residence.objects.current().count() == 3
    assert any("là chủ hộ" in left.reason for left in plan.left)
    undone(batch, ON, {3})
    assert not Resident.objects.filter(full_name="Trần Thị Vợ").exists()
    undone(batch, ON)
    assert not Resident.objects.exists()
    assert not Household.objects.exists()


def test_later_work_on_a_member_keeps_him_and_his_head():
    batch = written(KEY, family(), ON)
    home = Household.objects.get()
    rows = {row.resident.full_name: row for row in home.residences.select_related("resident")}
    Resident.objects.filter(full_name="Lê Văn Con").update(note="đã sửa")
    end_residence(residence=rows["Trần Thị Vợ"], ended_on=ON, end_reason="DEPARTURE", on=ON)
    undone(batch, ON)
    assert set(Resident.objects.values_list("full_name", flat=True)) == {
        "Lê Văn Con",
        "Trần Thị Vợ",
    }
    assert Household.objects.exists()


def test_a_new_head_frees_the_old_one():
    batch = written(KEY, family(), ON)
    home = Household.objects.get()
    rows = {row.resident.full_name: row for row in home.residences.select_related("resident")}
    relations = {row.pk: ("OTHER", "họ hàng") for row in rows.values()}
    relations[rows["Trần Thị Vợ"].pk] = ("HEAD", "")
    change_head(household=home, relations=relations, on_day=ON, on=ON)
    plan = undone(batch, ON)
    assert plan.left
    assert Residence.objects.current().filter(household=home, relation="HEAD").count() == 1


# --- size -----------------------------------------------------------------------------------------


def many(count):
    rows = []
    for n in range(count):
        rows += family(household_number=str(n))
        rows[-3] |= {"identity": f"0990800{n:05}", "address": f"Số {n} đường Lê Lợi"}
    return rows


def test_queries_do_not_grow_with_the_rows(area_a):
    counts = []
    for size in (5, 60):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            list(KINDS[KEY].plan(sheet(KINDS[KEY], many(size)), Run(on=ON)))
        counts.append(len(queries))
    assert counts[0] == counts[1]


CELLS = {
    "code": ["", "NK-900001", "NK-999999"],
    "household_code": ["", "H-90001", "H-99999"],
    "household_number": ["", "1", "2"],
    "full_name": ["Lê Văn An", "Lê Văn Ân", "LE VAN AN", "Phạm Văn Quen", ""],
    "birth": ["1980", "05/1980", "09/05/1980", "05/09/1980", "", "32/1/1980"],
    "sex": ["Nam", "Nữ", "", "?"],
    "identity": ["", "099080000009", "099080000001", "123456789", "042******001", "12"],
    "phone": ["", "0100123456"],
    "relation": ["Chủ hộ", "Vợ", "Con", "bạn", ""],
    "address": ["", "Số 9 đường Trần Phú", "Số 1"],
    "neighbourhood": ["", "A", "Tổ dân phố B", "Z"],
    "started_on": ["", "01/01/2020", "01/01/1970", "01/01/2030"],
    "decision": ["", "new", "skip"],
}


class AnyRows(TestCase):
    """Whatever stands in the rows: each is one of the five, and what is accepted can be written."""

    def setUp(self):
        ward = factories.WardFactory()
        area = factories.NeighbourhoodFactory(ward=ward, name="Tổ dân phố A")
        factories.NeighbourhoodFactory(ward=ward, name="Tổ dân phố B")
        home = factories.HouseholdFactory(
            address="Số 9 đường Trần Phú", neighbourhood=area, code="H-90001"
        )
        resident = factories.ResidentFactory(
            full_name="Phạm Văn Quen", citizen_id="099080000009", code="NK-900001"
        )
        factories.ResidenceFactory(resident=resident, household=home)

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
        if not ImportRow.objects.filter(batch=batch, outcome__in=("new", "changed")).exists():
            return
        batch = written(KEY, rows, ON)
        homes = Residence.objects.current().permanent().values_list("household", "relation")
        heads = {home for home, relation in homes if relation == "HEAD"}
        assert {home for home, _ in homes} == heads
        undone(batch, ON)
        assert domain_hash() == before


def test_a_list_with_a_column_of_births_for_each_sex(area_a):
    header = ["Họ và tên", "Ngày sinh Nam", "Ngày sinh Nữ", "Quan hệ", "Địa chỉ", "Tổ dân phố"]
    mapping = guess_mapping(header, KINDS[KEY])
    assert set(mapping.values()) >= {"birth_male", "birth_female"}
    assert KINDS[KEY].missing(mapping.values()) == []
    rows = [
        person("Lê Văn Chủ", "Chủ hộ", birth="", sex="", birth_male="1980"),
        person("Trần Thị Vợ", "Vợ", birth="", sex="", birth_female="05/09/1983"),
        person("Lê Văn Hai", "Con", birth="", sex="", birth_male="2001", birth_female="2002"),
        person("Lê Văn Ba", "Con", birth="", sex=""),
    ]
    batch = written(KEY, rows, ON)
    told = {row.number: (row.outcome, row.reasons) for row in batch.lines.all()}
    assert [told[n][0] for n in sorted(told)] == ["new", "new", "refused", "refused"]
    assert "cả cột Nam và cột Nữ" in str(told[sorted(told)[2]])
    people = Resident.objects.filter(full_name__in=("Lê Văn Chủ", "Trần Thị Vợ"))
    assert dict(people.values_list("full_name", "sex")) == {"Lê Văn Chủ": "M", "Trần Thị Vợ": "F"}


def test_a_year_column_is_no_column_of_men():
    """Folded, "Năm" reads as "Nam"."""
    assert "birth_male" not in guess_mapping(["Họ và tên", "Năm", "Nữ"], KINDS[KEY]).values()
