"""Businesses and their papers from a workbook: what each row is, and what it leaves behind."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from businesses.models import Business, Certificate, PaperRule, StateChange
from businesses.services import change_state
from businesses.tables import BusinessTable, SectorTable
from businesses.views.sectors import Told
from imports.kinds import KINDS
from imports.reading.columns import guess_mapping
from kylien.audit.models import AuditEntry
from kylien.core.exports import safe_cell
from tests import factories
from tests.imports.states import domain_hash, outcomes, planned, read_batch, undone, written

pytestmark = pytest.mark.django_db
ON = dt.date(2026, 11, 24)
KEY = "businesses"


@pytest.fixture(autouse=True)
def ward_with_areas(area_a, area_b):
    """Let the workbook's neighbourhoods be there."""


@pytest.fixture
def hoa(area_a):
    """A karaoke bar of tổ A, as the portal knows it."""
    return factories.BusinessFactory(
        name="Karaoke Hoa Hồng",
        neighbourhood=area_a,
        address="Số 12 đường Lê Lợi",
        phone="0100000012",
        opened_on=dt.date(2020, 1, 1),
        rooms=6,
    )


def firm(**cells):
    return {
        "name": "Karaoke Hoa Hồng",
        "sector": "Karaoke",
        "address": "Số 12 đường Lê Lợi",
        "neighbourhood": "Tổ dân phố A",
        **cells,
    }


def paper(number="15/GCN", **cells):
    return {
        "paper_kind": "GCN ANTT",
        "paper_number": number,
        "issued_on": "10/05/2024",
        "issuer": "Công an tỉnh",
        **cells,
    }


def reasons(plan):
    return " ".join(plan.reasons)


def one(row, **run):
    return planned(KEY, [row], ON, **run)[0]


# --- new ------------------------------------------------------------------------------------------


def test_a_business_comes_in_with_the_papers_of_the_rows_below(area_a):
    fire = paper("7/NT", paper_kind="Nghiệm thu PCCC", expires_on="không thời hạn")
    rows = [firm(phone="0100 000 001", rooms="8", **paper()), fire]
    batch = written(KEY, rows, ON)
    made = Business.objects.get()
    assert (made.name, made.sector.code, made.neighbourhood) == (
        "Karaoke Hoa Hồng",
        "karaoke",
        area_a,
    )
    assert (made.phone, made.rooms, made.state) == ("0100000001", 8, "open")
    held = {row.kind_id: row for row in made.certificates.all()}
    assert set(held) == {"security", "fire"}
    assert held["security"].issued_on == dt.date(2024, 5, 10)
    assert held["fire"].expires_on is None
    assert not held["security"].by_ward
    assert (batch.new, batch.rows) == (2, 2)
    assert Business.objects.search("karaoke hoa hong").get() == made


def test_what_is_written_is_in_the_trail_without_the_phone(clerk):
    written(KEY, [firm(phone="0100000001", **paper())], ON, user=clerk)
    told = AuditEntry.objects.filter(table__startswith="businesses.", reason__contains="lần NT-")
    assert sorted(told.values_list("table", "action")) == [
        ("businesses.business", "create"),
        ("businesses.certificate", "create"),
    ]
    assert not told.filter(values__contains="0100000001").exists()


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("karaoke", "karaoke"),
        ("Dịch vụ cầm đồ", "pawnshop"),
        ("Kinh doanh dịch vụ lưu trú", "lodging"),
        ("NHÀ NGHỈ", "lodging"),
        ("Xoa bóp", "massage"),
        ("gas", "lpg"),
        ("Công ty TNHH", "company"),
        ("in ấn", "printing"),
    ],
)
def test_sectors_are_found_by_what_people_call_them(words, code):
    written(KEY, [firm(sector=words)], ON)
    assert Business.objects.get().sector.code == code


def test_a_business_that_closed_comes_in_with_the_day(hoa):
    row = firm(name="Cầm đồ Phát", state="Đóng cửa", state_on="01/03/2025", opened_on="1/1/2020")
    written(KEY, [row], ON)
    made = Business.objects.get(name="Cầm đồ Phát")
    change = made.state_changes.get()
    assert (made.state, change.state, change.changed_on) == ("closed",) * 2 + (dt.date(2025, 3, 1),)
    assert change.reason


# --- the same, and changed ------------------------------------------------------------------------


def test_the_same_sheet_again_changes_nothing():
    rows = [
        firm(phone="0100000001", state="Tạm ngừng", **paper()),
        paper("7/NT", paper_kind="PCCC"),
        firm(name="Cầm đồ Phát", sector="Cầm đồ", address="Số 3"),
    ]
    written(KEY, rows, ON)
    before = domain_hash()
    assert outcomes(planned(KEY, rows, ON)) == ["same"] * 3
    assert domain_hash() == before


@pytest.mark.parametrize(
    "cells",
    [
        {"name": "KARAOKE HOA HONG"},
        {"name": "karaoke  hoa hồng", "address": "12 Đường Lê Lợi"},
        {"phone": "0100.000.012"},
        {"neighbourhood": "A"},
        {"responsible_name": "le thi chu"},
        {"code": "CS-00001"},
    ],
)
def test_another_spelling_is_no_change(hoa, cells):
    if "code" in cells:
        cells = {"code": hoa.code}
    plan = one(firm(**cells))
    assert plan.outcome == "same", plan
    assert plan.identifier.startswith(hoa.code)


def test_what_changes_is_told_and_written(hoa):
    row = firm(phone="0100000099", rooms="9", responsible_name="Trần Văn Mới")
    plan = one(row)
    assert plan.outcome == "changed"
    assert plan.changes == [
        ("Người phụ trách", "Lê Thị Chủ", "Trần Văn Mới"),
        ("Điện thoại", "010****012", "010****099"),
        ("Số phòng", "6", "9"),
    ]
    written(KEY, [row], ON)
    hoa.refresh_from_db()
    assert (hoa.rooms, hoa.phone, hoa.responsible_name) == (9, "0100000099", "Trần Văn Mới")


def test_an_empty_cell_takes_nothing_away(hoa):
    assert one(firm(phone="-", rooms=None, responsible_name="")).outcome == "same"


def test_a_masked_phone_is_no_news(hoa):
    assert one(firm(phone="010****012")).outcome == "same"


def test_a_name_changes_by_its_code(hoa):
    row = firm(code=hoa.code, name="Karaoke Hoa Hồng Mới")
    assert one(row).changes == [("Tên cơ sở", "Karaoke Hoa Hồng", "Karaoke Hoa Hồng Mới")]
    written(KEY, [row], ON)
    hoa.refresh_from_db()
    assert hoa.name == "Karaoke Hoa Hồng Mới"
    assert Business.objects.search("hoa hong moi").exists()


def test_a_new_paper_is_a_change_of_the_business(hoa):
    plan = one(firm(**paper()))
    assert plan.outcome == "changed"
    assert plan.changes == [("Giấy: GCN đủ điều kiện ANTT", "chưa có", "số 15/GCN")]
    written(KEY, [firm(**paper())], ON)
    assert hoa.certificates.get().number == "15/GCN"


def test_a_business_is_known_by_a_paper_it_holds(hoa):
    factories.CertificateFactory(business=hoa, number="15/GCN", issued_on=dt.date(2024, 5, 10))
    moved = one(firm(address="Số 99 đường Mới", **paper()))
    assert moved.changes == [("Địa chỉ", "Số 12 đường Lê Lợi", "Số 99 đường Mới")]
    other = one(firm(name="Quán Lạ", address="Số 99 đường Mới", **paper()))
    assert other.outcome == "doubtful"
    assert "cùng số giấy" in reasons(other)


def test_a_business_is_known_by_its_registration_number(hoa):
    factories.CertificateFactory(business=hoa, kind_code="registration", number="29A8001234")
    plan = one(firm(address="Số 99 đường Mới", registration="29a 8001234"))
    assert plan.changes == [("Địa chỉ", "Số 12 đường Lê Lợi", "Số 99 đường Mới")]


def test_other_days_of_a_paper_are_a_change_of_it(hoa):
    held = factories.CertificateFactory(
        business=hoa, number="15/GCN", issued_on=dt.date(2024, 5, 10), expires_on=None
    )
    row = firm(**paper(expires_on="10/05/2029"))
    assert one(row).changes == [
        ("GCN đủ điều kiện ANTT số 15/GCN, hạn", "", "10/05/2029"),
    ]
    written(KEY, [row], ON)
    held.refresh_from_db()
    assert held.expires_on == dt.date(2029, 5, 10)
    assert Certificate.objects.count() == 1


def test_a_revoked_paper_stays_as_it_is(hoa):
    factories.CertificateFactory(
        business=hoa,
        number="15/GCN",
        issued_on=dt.date(2024, 5, 10),
        expires_on=None,
        revoked_on=dt.date(2025, 1, 1),
        revoked_reason="Vi phạm",
    )
    plan = one(firm(**paper(expires_on="10/05/2029")))
    assert plan.outcome == "same"
    assert "đã thu hồi ngày 01/01/2025" in reasons(plan)


def test_a_state_changes_as_at_the_desk(hoa):
    row = firm(state="Tạm ngừng", state_on="01/10/2026", state_reason="Sửa nhà")
    assert one(row).changes == [("Tình trạng", "Đang hoạt động", "Tạm ngừng từ 01/10/2026")]
    written(KEY, [row], ON)
    hoa.refresh_from_db()
    assert hoa.state == "suspended"
    assert hoa.state_changes.get().reason == "Sửa nhà"
    early = one(firm(state="Đóng cửa", state_on="01/09/2026"))
    assert "lần đổi trước là 01/10/2026" in reasons(early)


# --- doubtful -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cells", "why"),
    [
        ({"name": "Quán Hoa Hồng 2"}, "cùng địa chỉ, tên gần giống"),
        ({"address": "Số 99 đường Mới"}, "cùng tên, khác địa chỉ"),
        ({"neighbourhood": "Tổ dân phố B"}, "khác tổ dân phố"),
    ],
)
def test_who_may_be_known_is_doubtful(hoa, cells, why):
    plan = one(firm(**cells))
    assert plan.outcome == "doubtful"
    assert [candidate["pk"] for candidate in plan.candidates] == [hoa.pk]
    assert why in reasons(plan)


def test_another_business_at_the_address_is_new(hoa):
    assert one(firm(name="Cầm đồ Phát Đạt", sector="Cầm đồ")).outcome == "new"


def test_a_code_of_quite_another_business_is_doubtful(hoa):
    plan = one(firm(code=hoa.code, name="Cầm đồ Phát Đạt", address="Số 1 đường Khác"))
    assert plan.outcome == "doubtful"


def test_doubts_are_decided(hoa):
    row = firm(address="Số 99 đường Mới")
    assert one({**row, "decision": "new"}).outcome == "new"
    assert one({**row, "decision": "skip"}).outcome == "refused"
    same = one({**row, "decision": f"same:{hoa.pk}"})
    assert same.changes == [("Địa chỉ", "Số 12 đường Lê Lợi", "Số 99 đường Mới")]
    assert one({**row, "decision": "same:99999"}).outcome == "doubtful"


def test_further_rows_follow_what_is_decided_of_the_first(hoa):
    doubt, below = firm(address="Số 99", **paper()), paper("7/NT", paper_kind="PCCC")
    first, second = planned(KEY, [doubt, below], ON)
    assert (first.outcome, second.outcome) == ("doubtful", "new")
    assert "quyết định dòng đó" in reasons(second)
    _, second = planned(KEY, [doubt, below], ON, final=True)
    assert second.outcome == "refused"
    written(KEY, [{**doubt, "decision": f"same:{hoa.pk}"}, below], ON)
    assert hoa.certificates.count() == 2
    assert Business.objects.count() == 1


# --- refused --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({"sector": "Buôn lậu"}, "Ngành nghề: không có “Buôn lậu”"),
        ({"sector": None}, "Ngành nghề: để trống."),
        ({"address": None}, "Địa chỉ: để trống."),
        ({"neighbourhood": "Tổ 77"}, "Tổ dân phố: không có “Tổ 77”."),
        ({"neighbourhood": None}, "Tổ dân phố: để trống."),
        ({"name": None}, "Tên cơ sở: để trống."),
        ({"name": "x" * 201}, "Tên cơ sở: dài quá 200 chữ."),
        ({"code": "CS-00999"}, "Sổ không có cơ sở mã CS-00999."),
        ({"code": "KD01"}, "không phải mã của sổ này"),
        ({"opened_on": "01/01/2027"}, "Ngày hoạt động: không thể sau hôm nay."),
        ({"rooms": "40000"}, "Số phòng: lớn quá 32.767."),
        ({"state": "Bay"}, "Tình trạng:"),
        ({"state": "Đóng cửa", "state_on": "1/1/2027"}, "không thể sau hôm nay"),
        (paper("", issued_on="1/1/2024"), "Số giấy: để trống"),
        (paper(issuer=None), "Nơi cấp: để trống."),
        (paper(issued_on=None), "Ngày cấp: để trống."),
        (paper(issued_on="1/1/2027"), "Ngày cấp: không thể sau hôm nay."),
        (paper(expires_on="09/05/2024"), "Hạn đến: phải sau ngày cấp."),
        (paper(paper_kind="Bằng lái"), "Loại giấy: không có “Bằng lái”"),
    ],
)
def test_what_cannot_be_is_refused_with_the_reason(cells, said):
    plan = one(firm(**cells))
    assert plan.outcome == "refused"
    assert said in reasons(plan)


def test_a_number_that_its_issuer_gave_to_another_is_refused(hoa):
    factories.CertificateFactory(business=hoa, number="15/GCN", issuer="Công an  TỈNH")
    row = firm(name="Cầm đồ Phát Đạt", sector="Cầm đồ", address="Số 1", decision="new", **paper())
    plan = one(row)
    assert plan.outcome == "refused"
    assert f"cho {hoa.code}" in reasons(plan)


def test_one_number_twice_in_the_sheet_is_refused():
    other = firm(name="Cầm đồ Phát Đạt", sector="Cầm đồ", address="Số 1", **paper())
    plans = planned(KEY, [firm(**paper()), other], ON)
    assert outcomes(plans) == ["new", "refused"]
    assert "ở dòng 2" in reasons(plans[1])


def test_a_refused_row_does_not_keep_out_a_good_one_of_the_paper():
    rows = [firm(), paper(issuer=None), paper()]
    assert outcomes(planned(KEY, rows, ON)) == ["new", "refused", "new"]
    assert written(KEY, rows, ON).new == 2


def test_rows_of_a_refused_business_are_refused_with_it():
    plans = planned(KEY, [firm(sector="Buôn lậu"), paper()], ON)
    assert outcomes(plans) == ["refused", "refused"]
    assert "Cơ sở ở dòng 2 không nhận được" in reasons(plans[1])


def test_rows_that_contradict_each_other_are_refused():
    plans = planned(KEY, [firm(rooms="5"), firm(rooms="6"), firm(rooms="5")], ON)
    assert outcomes(plans) == ["new", "refused", "same"]
    assert "Số phòng: khác dòng 2." in reasons(plans[1])


def test_a_code_and_a_name_of_one_business_are_one_business(hoa):
    rows = [firm(code=hoa.code, **paper()), firm(**paper("7/NT", paper_kind="PCCC"))]
    assert outcomes(planned(KEY, rows, ON)) == ["changed", "changed"]
    assert outcomes(planned(KEY, [firm(code=hoa.code, rooms="9"), firm(rooms="10")], ON)) == [
        "changed",
        "refused",
    ]


def test_a_business_with_a_past_keeps_its_neighbourhood(hoa):
    row = firm(code=hoa.code, neighbourhood="Tổ dân phố B")
    assert one(row).changes == [("Tổ dân phố", "Tổ dân phố A", "Tổ dân phố B")]
    factories.InspectionFactory(business=hoa)
    assert "không đổi tổ dân phố" in reasons(one(row))


def test_a_business_did_not_open_after_what_happened_there(hoa):
    factories.InspectionFactory(business=hoa, held=True)
    assert "đã có kiểm tra" in reasons(one(firm(opened_on="23/11/2026")))


# --- papers of the ward's own ---------------------------------------------------------------------


@pytest.fixture
def ward_issues(ward):
    """Let the ward issue security papers to karaoke bars of few rooms."""
    PaperRule.objects.filter(sector__code="karaoke", kind="security").delete()
    return PaperRule.objects.create(
        sector=factories.sector(),
        kind=factories.paper_kind(),
        ward_issues=True,
        ward_max_rooms=10,
        legal_basis="NĐ",
        valid_from=dt.date(2024, 1, 1),
    )


def test_a_paper_of_the_ward_is_the_wards(ward, ward_issues):
    written(KEY, [firm(rooms="8", **paper(issuer=ward.police.upper()))], ON)
    made = Certificate.objects.get()
    assert made.by_ward
    assert made.issuer == ward.police


def test_a_paper_that_the_ward_could_not_issue_is_refused(ward, ward_issues):
    plan = one(firm(rooms="20", **paper(issuer=ward.police)))
    assert "tối đa 10 phòng" in reasons(plan)
    before = one(firm(rooms="20", **paper(issuer=ward.police, issued_on="01/05/2023")))
    assert before.outcome == "new"


def test_a_paper_that_no_law_asks_for_is_told(ward_issues):
    row = firm(sector="Khác", **paper())
    plan = one(row)
    assert plan.outcome == "new"
    assert "ngành Khác không phải có" in reasons(plan)


# --- the template ---------------------------------------------------------------------------------


def test_the_templates_own_header_is_known():
    names = [f"{column.label} *" for column in KINDS[KEY].columns]
    assert list(guess_mapping(names, KINDS[KEY]).values()) == [c.key for c in KINDS[KEY].columns]


def test_every_header_people_use_names_its_column():
    for column in KINDS[KEY].columns:
        for words in column.synonyms:
            assert guess_mapping([words], KINDS[KEY]) == {0: column.key}, words


def test_the_templates_examples_can_be_brought_in(ward):
    factories.NeighbourhoodFactory(ward=ward, name="Tổ dân phố 1")
    factories.NeighbourhoodFactory(ward=ward, name="Tổ dân phố 2")
    plans = planned(KEY, KINDS[KEY].examples, ON)
    assert outcomes(plans) == ["new"] * 3, plans


# --- our own lists --------------------------------------------------------------------------------


def as_rows(table, records):
    """Return a list's export as rows of a workbook, its header matched as that of any other."""
    mapping = guess_mapping(table.header, KINDS[KEY])
    rows = table.plain_rows(records)
    return [
        {key: safe_cell(cells[place]) for place, key in mapping.items()} for cells in rows
    ], set(mapping.values())


@pytest.mark.parametrize("table", [BusinessTable, SectorTable])
def test_our_own_lists_come_back_all_the_same(hoa, area_b, table):
    factories.BusinessFactory(name="Cầm đồ Tín", state="closed", neighbourhood=area_b)
    factories.BusinessFactory(name="Cầm đồ Tín", neighbourhood=area_b, phone="")
    records = list(Business.objects.for_list())
    for record in records:
        record.told = Told(papers=[("ok", "GCN: còn hạn")], workers=3)
    rows, keys = as_rows(table(records), records)
    assert {"code", "name", "address"} <= keys
    assert not keys & {"paper_number", "paper_kind", "staff_count", "phone"}
    assert KINDS[KEY].missing(keys) == []
    plans = planned(KEY, rows, ON)
    assert outcomes(plans) == ["same"] * 3, plans


# --- undoing --------------------------------------------------------------------------------------


def test_undoing_leaves_the_ward_as_it_was(hoa):
    factories.CertificateFactory(business=hoa, number="15/GCN", expires_on=None)
    before = domain_hash()
    rows = [
        firm(rooms="9", state="Tạm ngừng", **paper(expires_on="10/05/2029")),
        paper("7/NT", paper_kind="PCCC"),
        firm(name="Cầm đồ Phát", sector="Cầm đồ", address="Số 3", state="Đóng cửa"),
    ]
    batch = written(KEY, rows, ON)
    assert domain_hash() != before
    assert not undone(batch, ON).left
    assert domain_hash() == before


def test_what_later_work_rests_on_is_left(hoa):
    rows = [
        firm(state="Tạm ngừng", state_on="01/10/2026"),
        firm(name="Cầm đồ Phát", sector="Cầm đồ", address="Số 3", **paper()),
        firm(name="Cầm đồ Tín", sector="Cầm đồ", address="Số 4"),
    ]
    batch = written(KEY, rows, ON)
    change_state(business=hoa, state="open", changed_on=dt.date(2026, 10, 20), reason="", on=ON)
    phat = Business.objects.get(name="Cầm đồ Phát")
    factories.InspectionFactory(business=phat)
    left = undone(batch, ON).left
    assert (2, "tình trạng đã đổi tiếp sau khi nhập") in {(row.number, row.reason) for row in left}
    assert any(row.number == 3 for row in left)
    hoa.refresh_from_db()
    assert hoa.state == "open"
    assert StateChange.objects.filter(business=hoa).count() == 2
    assert set(Business.objects.values_list("name", flat=True)) == {hoa.name, "Cầm đồ Phát"}
    assert not Certificate.objects.exists()


def test_a_business_that_stays_is_open_again_once_its_closing_is_undone():
    batch = written(KEY, [firm(state="Đóng cửa", state_on="01/10/2026")], ON)
    made = Business.objects.get()
    factories.InspectionFactory(business=made)
    undone(batch, ON)
    made.refresh_from_db()
    assert made.state == "open"
    assert not made.state_changes.exists()


# --- bounds ---------------------------------------------------------------------------------------


def test_questions_do_not_grow_with_the_rows(hoa):
    def rows(count):
        return [
            firm(name=f"Quán {n}", address=f"Số {n} đường Mới", **paper(f"{n}/GCN"))
            for n in range(100, 100 + count)
        ]

    def asked(count):
        with CaptureQueriesContext(connection) as captured:
            planned(KEY, rows(count), ON)
        return len(captured)

    assert asked(5) == asked(60)


def test_a_batch_counts_all_its_rows(hoa):
    rows = [
        firm(),
        firm(name="Cầm đồ Phát", sector="Cầm đồ", address="Số 3"),
        firm(address="Số 99"),
        firm(name="Lạ", sector="Lạ"),
        firm(code=hoa.code, rooms="9"),
    ]
    batch = read_batch(KEY, rows, ON)
    assert (batch.rows, batch.new, batch.same, batch.doubtful) == (5, 1, 1, 1)
