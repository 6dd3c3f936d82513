"""Guests of lodgings from a workbook: what each row is, and what it leaves behind."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from businesses.models import Business
from households.models import StayNotice
from households.tables import StayNoticeTable
from imports.kinds import KINDS
from imports.kinds.base import CellError
from imports.kinds.stays import read_moment, read_paper
from imports.reading.columns import guess_mapping
from kylien.audit.models import AuditEntry
from kylien.core.exports import safe_cell
from kylien.core.periods import TZ
from tests import factories
from tests.imports.states import domain_hash, outcomes, planned, read_batch, undone, written

pytestmark = pytest.mark.django_db
KEY = "stays"


@pytest.fixture
def inn(area_a):
    return factories.BusinessFactory(
        name="Nhà nghỉ Sao Mai", sector=factories.sector("lodging"), neighbourhood=area_a
    )


def days_ago(ago):
    return factories.day(ago).strftime("%d/%m/%Y")


def guest(**cells):
    return {
        "guest_name": "Nguyễn Văn Khách",
        "birth": "05/09/1990",
        "id_number": "099090000001",
        "arrived_at": f"{days_ago(5)} 14:30",
        "leaves_on": days_ago(3),
        **cells,
    }


def at(ago, hour, minute=0):
    return dt.datetime.combine(factories.day(ago), dt.time(hour, minute), TZ)


def plan_all(rows, inn, **run):
    return planned(KEY, rows, factories.day(), options={"lodging": inn.pk}, **run)


def one(row, inn):
    return plan_all([row], inn)[0]


def enter(rows, inn, **run):
    return written(KEY, rows, factories.day(), options={"lodging": inn.pk}, **run)


def reasons(plan):
    return " ".join(plan.reasons)


# --- cells ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("01/10/2026", "2026-10-01"),
        ("01/10/2026 14:30", "2026-10-01T14:30"),
        ("1/10/2026 9h", "2026-10-01T09:00"),
        ("14 giờ 05 phút, 01/10/2026", "2026-10-01T14:05"),
        ("lúc 14h30 ngày 01/10/2026", "2026-10-01T14:30"),
        ("2026-10-01T14:30:05", "2026-10-01T14:30"),
        (dt.datetime.fromisoformat("2026-10-01T14:30"), "2026-10-01T14:30"),
        (dt.datetime.fromisoformat("2026-10-01"), "2026-10-01"),
        (dt.date(2026, 10, 1), "2026-10-01"),
        (46296.5, "2026-10-01T12:00"),
        (46296, "2026-10-01"),
        ("-", None),
        (None, None),
    ],
)
def test_moments_are_read_as_people_write_them(cell, value):
    assert read_moment(cell, lambda words: None) == value


def test_an_hour_that_is_none_is_refused():
    with pytest.raises(CellError, match="giờ không hợp lệ"):
        read_moment("01/10/2026 25:00", lambda words: None)


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("099090000001", "099090000001"),
        ("c1234567", "C1234567"),
        ("099 090 000 001", "099090000001"),
        (99090000001, "099090000001"),
        ("123456789", "123456789"),
        ("12345678", "12345678"),
        ("099******001", None),
        ("X12***567", None),
        ("không", None),
    ],
)
def test_numbers_of_papers_are_read(cell, value):
    assert read_paper(cell, lambda words: None) == value


@pytest.mark.parametrize("cell", ["0990900000012", "AB", "C12/34567"])
def test_what_is_no_number_of_a_paper_is_refused(cell):
    with pytest.raises(CellError):
        read_paper(cell, lambda words: None)


# --- new ------------------------------------------------------------------------------------------


def test_guests_come_in_as_the_desk_would_enter_them(inn, clerk):
    rows = [
        guest(reason="Du lịch"),
        guest(guest_name="Jane Doe", birth="1985", id_number="c123456"),
    ]
    rows[1] |= {"arrived_at": days_ago(2), "leaves_on": None}
    batch = enter(rows, inn, user=clerk)
    khach, jane = StayNotice.objects.order_by("pk")
    assert (khach.lodging, khach.neighbourhood, khach.household) == (inn, inn.neighbourhood, None)
    assert (khach.arrived_at, khach.leaves_on) == (at(5, 14, 30), factories.day(3))
    assert (khach.reason, khach.channel, khach.created_by) == ("Du lịch", "in_person", clerk)
    assert not khach.is_late
    assert (jane.id_number, jane.birth_precision) == ("C123456", "Y")
    assert (jane.arrived_at, jane.leaves_on) == (at(2, 12), factories.day(1))
    assert (batch.new, batch.rows) == (2, 2)
    assert StayNotice.objects.search("nguyen van khach").get() == khach


def test_a_notice_that_came_late_is_late(inn):
    enter([guest(notified_at=f"{days_ago(4)} 08:00")], inn)
    assert StayNotice.objects.get().is_late


def test_the_trail_does_not_tell_the_number(inn):
    enter([guest()], inn)
    told = AuditEntry.objects.get(table="households.staynotice")
    assert "id_number" in told.fields
    assert "099090000001" not in told.values


def test_the_place_may_stand_in_the_row(inn, area_b):
    home = factories.HouseholdFactory(neighbourhood=area_b)
    rows = [
        guest(host="nhà nghỉ sao mai"),
        guest(guest_name="Trần Văn Dưới"),  # goes on with the place above
        guest(guest_name="Lê Văn Thăm", host=home.code.replace("-0", "-").lower()),
    ]
    written(KEY, rows, factories.day())
    hosts = dict(StayNotice.objects.values_list("guest_name", "household__code"))
    assert hosts == {
        "Nguyễn Văn Khách": None,
        "Trần Văn Dưới": None,
        "Lê Văn Thăm": home.code,
    }
    assert StayNotice.objects.filter(lodging=inn).count() == 2
    assert StayNotice.objects.get(household=home).neighbourhood == area_b


# --- the same, and changed ------------------------------------------------------------------------


def test_the_same_sheet_again_changes_nothing(inn):
    rows = [guest(), guest(guest_name="Jane Doe", id_number="-", arrived_at=days_ago(2))]
    rows[1]["leaves_on"] = None
    enter(rows, inn)
    before = domain_hash()
    assert [plan.outcome for plan in plan_all(rows, inn)] == ["same", "same"]
    assert domain_hash() == before


@pytest.mark.parametrize(
    "cells",
    [
        {"guest_name": "NGUYEN VAN KHACH"},
        {"id_number": None},
        {"id_number": "099******001"},
        {"arrived_at": "day"},
        {"leaves_on": None},
    ],
)
def test_another_spelling_of_a_guest_is_no_change(inn, cells):
    enter([guest()], inn)
    if "arrived_at" in cells:
        cells = {"arrived_at": days_ago(5)}
    assert one(guest(**cells), inn).outcome == "same"


def test_what_changes_is_told_and_written(inn):
    enter([guest(id_number=None)], inn)
    row = guest(leaves_on=days_ago(1), reason="Công tác")
    plan = one(row, inn)
    assert plan.outcome == "changed"
    assert plan.changes == [
        ("Số giấy tờ", "", "099******001"),
        ("Đi ngày", days_ago(3), days_ago(1)),
        ("Lý do lưu trú", "Lưu trú", "Công tác"),
    ]
    enter([row], inn)
    notice = StayNotice.objects.get()
    assert (notice.leaves_on, notice.reason) == (factories.day(1), "Công tác")
    assert notice.id_number == "099090000001"


def test_all_changes_by_the_code(inn, area_b):
    enter([guest()], inn)
    known = StayNotice.objects.get()
    other = factories.BusinessFactory(neighbourhood=area_b)
    row = guest(
        code=known.code,
        guest_name="Nguyễn Văn Khanh",
        arrived_at=f"{days_ago(4)} 09:00",
        host=other.code,
    )
    assert [label for label, *_ in one(row, inn).changes] == [
        "Họ và tên khách",
        "Đến lúc",
        "Nơi lưu trú",
    ]
    enter([row], inn)
    known.refresh_from_db()
    assert (known.lodging, known.neighbourhood) == (other, area_b)
    assert (known.arrived_at, known.due_at) == (at(4, 9), at(4, 23))


# --- doubtful -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cells", "why"),
    [
        ({"id_number": "099090000002"}, "khác số giấy tờ"),
        ({"guest_name": "Nguyễn Văn Khác"}, "cùng số giấy tờ"),
        ({"guest_name": "Nguyễn Vân Khách", "id_number": None}, "tên chỉ khác dấu"),
        ({"arrived_at": "4"}, "đang ở đây"),
    ],
)
def test_who_may_be_known_is_doubtful(inn, cells, why):
    enter([guest()], inn)
    if "arrived_at" in cells:
        cells = {"arrived_at": days_ago(4)}
    known = StayNotice.objects.get()
    plan = one(guest(**cells), inn)
    assert plan.outcome == "doubtful"
    assert [candidate["pk"] for candidate in plan.candidates] == [known.pk]
    assert why in reasons(plan)
    assert one(guest(**cells, decision="new"), inn).outcome == "new"
    assert one(guest(**cells, decision="skip"), inn).outcome == "refused"
    assert one(guest(**cells, decision=f"same:{known.pk}"), inn).outcome == "changed"


def test_a_code_of_another_guest_is_doubtful(inn):
    enter([guest()], inn)
    code = StayNotice.objects.get().code
    row = guest(code=code, guest_name="Ai Khác", birth="1970")
    assert one(row, inn).outcome == "doubtful"
    assert one({**row, "decision": "new"}, inn).outcome == "new"


def test_coming_back_after_leaving_is_a_new_stay(inn):
    enter([guest()], inn)
    assert one(guest(arrived_at=days_ago(3), leaves_on=days_ago(2)), inn).outcome == "new"


def test_the_same_guest_elsewhere_is_a_new_stay(inn, area_b):
    enter([guest()], inn)
    other = factories.BusinessFactory(neighbourhood=area_b)
    assert one(guest(), other).outcome == "new"


# --- refused --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({"guest_name": None}, "Họ và tên khách: để trống."),
        ({"birth": None}, "Ngày sinh: để trống."),
        ({"birth": days_ago(-1)}, "Ngày sinh: không thể sau hôm nay."),
        ({"arrived_at": None}, "Đến lúc: để trống."),
        ({"arrived_at": days_ago(-1), "leaves_on": days_ago(-2)}, "khách chưa đến"),
        ({"leaves_on": days_ago(6)}, "Đi ngày: không thể trước ngày đến."),
        ({"leaves_on": days_ago(-90)}, "Đi ngày: lưu trú tối đa"),
        ({"notified_at": days_ago(-1)}, "Báo lúc: thời điểm này chưa tới."),
        ({"host": "CS-99999"}, "Nơi lưu trú: sổ không có CS-99999."),
        ({"host": "Nhà nghỉ Lạ"}, "không có cơ sở lưu trú “Nhà nghỉ Lạ”"),
        ({"code": "LT-999999"}, "Sổ không có thông báo mã LT-999999."),
        ({"code": "K1"}, "không phải mã của sổ này"),
        ({"reason": "x" * 101}, "Lý do lưu trú: dài quá 100 chữ."),
        ({"id_number": "12"}, "Số giấy tờ:"),
    ],
)
def test_what_cannot_be_is_refused_with_the_reason(inn, cells, said):
    plan = one(guest(**cells), inn)
    assert plan.outcome == "refused"
    assert said in reasons(plan)


def test_without_a_place_a_row_is_refused(area_a):
    plan = planned(KEY, [guest()], factories.day())[0]
    assert "Nơi lưu trú: để trống" in reasons(plan)


def test_two_lodgings_of_one_name_are_told_apart_by_code(inn, area_b):
    factories.BusinessFactory(name=inn.name, sector=inn.sector, neighbourhood=area_b)
    assert "có 2 cơ sở tên" in reasons(one(guest(host=inn.name), inn))
    Business.objects.filter(neighbourhood=area_b).update(state="closed")
    assert one(guest(host=inn.name), inn).outcome == "new"


def test_places_that_are_no_more_take_no_guests(inn, area_b):
    closed = factories.BusinessFactory(neighbourhood=area_b, state="closed")
    gone = factories.HouseholdFactory(neighbourhood=area_b, dissolved_on=factories.day(1))
    assert "đã đóng cửa" in reasons(one(guest(host=closed.code), inn))
    assert "đã xoá" in reasons(one(guest(host=gone.code), inn))


def test_a_guest_twice_in_the_sheet_is_refused(inn):
    plans = plan_all([guest(), guest(leaves_on=None)], inn)
    assert outcomes(plans) == ["new", "refused"]
    assert "Trùng dòng 2" in reasons(plans[1])
    enter([guest()], inn)
    assert outcomes(plan_all([guest(), guest()], inn)) == ["same", "refused"]


def test_a_refused_row_does_not_keep_out_a_good_one_of_the_guest(inn):
    rows = [guest(leaves_on=days_ago(9)), guest()]
    assert outcomes(plan_all(rows, inn)) == ["refused", "new"]
    assert enter(rows, inn).new == 1


# --- the template ---------------------------------------------------------------------------------


def test_the_templates_own_header_is_known():
    names = [f"{column.label} *" for column in KINDS[KEY].columns]
    assert list(guess_mapping(names, KINDS[KEY]).values()) == [c.key for c in KINDS[KEY].columns]


def test_every_header_people_use_names_its_column():
    for column in KINDS[KEY].columns:
        for words in column.synonyms:
            assert guess_mapping([words], KINDS[KEY]) == {0: column.key}, words


def test_the_templates_examples_can_be_brought_in(inn):
    factories.HouseholdFactory(neighbourhood=inn.neighbourhood)
    inn.name = "Nhà trọ Mẫu"
    inn.save()
    plans = planned(KEY, KINDS[KEY].examples, dt.date(2026, 11, 24))
    assert outcomes(plans) == ["new"] * 2, plans


# --- our own list ---------------------------------------------------------------------------------


def test_our_own_list_comes_back_all_the_same(inn, area_b):
    home = factories.HouseholdFactory(neighbourhood=area_b)
    rows = [
        guest(notified_at=f"{days_ago(4)} 08:15"),
        guest(guest_name="Lê Văn Thăm", host=home.code),
        guest(guest_name="Jane Doe", birth="1985", id_number="C123456", arrived_at=days_ago(5)),
    ]
    enter(rows, inn)
    Business.objects.filter(pk=inn.pk).update(state="closed")
    records = list(StayNotice.objects.for_list())
    table = StayNoticeTable(records)
    mapping = guess_mapping(table.header, KINDS[KEY])
    keys = set(mapping.values())
    assert {"code", "guest_name", "birth", "id_number", "host", "arrived_at", "leaves_on"} <= keys
    assert "notified_at" in keys
    assert KINDS[KEY].missing(keys) == []
    listed = [
        {key: safe_cell(cells[place]) for place, key in mapping.items()}
        for cells in table.plain_rows(records)
    ]
    plans = planned(KEY, listed, factories.day())
    assert outcomes(plans) == ["same"] * 3, plans


# --- undoing, bounds ------------------------------------------------------------------------------


def test_undoing_leaves_the_ward_as_it_was(inn):
    enter([guest(id_number=None)], inn)
    before = domain_hash()
    batch = enter([guest(leaves_on=days_ago(1)), guest(guest_name="Trần Văn Mới")], inn)
    assert domain_hash() != before
    assert not undone(batch, factories.day()).left
    assert domain_hash() == before


def test_a_notice_confirmed_since_is_left(inn):
    batch = enter([guest(), guest(guest_name="Trần Văn Mới")], inn)
    notice = StayNotice.objects.get(guest_name="Trần Văn Mới")
    notice.confirmed_at = at(0, 0)
    notice.save()
    left = undone(batch, factories.day()).left
    assert [row.number for row in left] == [3]
    assert StayNotice.objects.get() == notice


def test_questions_do_not_grow_with_the_rows(inn):
    def asked(count):
        rows = [
            guest(guest_name=f"Khách {'ABCDEGHIKL'[n % 10] * (n // 10 + 1)}") for n in range(count)
        ]
        with CaptureQueriesContext(connection) as captured:
            plan_all(rows, inn)
        reading = len(captured)
        with CaptureQueriesContext(connection) as captured:
            undone(enter(rows, inn), factories.day())
        return reading, len(captured)

    few, many = asked(5), asked(60)
    assert few[0] == many[0]
    assert many[1] < few[1] + 5


def test_a_batch_counts_all_its_rows(inn):
    enter([guest()], inn)
    rows = [guest(), guest(guest_name="Trần Văn Mới", id_number=None), guest(host="Lạ")]
    rows.append(guest(id_number="099090000009"))
    batch = read_batch(KEY, rows, factories.day(), options={"lodging": inn.pk})
    assert (batch.rows, batch.new, batch.same, batch.doubtful, batch.refused) == (4, 1, 1, 1, 1)
