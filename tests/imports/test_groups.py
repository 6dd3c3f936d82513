"""Self-managed groups and their households from a workbook: what each row is, what it leaves."""

import datetime as dt
from types import SimpleNamespace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from imports.kinds import KINDS
from imports.kinds.groups import read_holder
from imports.reading.columns import guess_mapping
from kylien.core.exports import safe_cell
from selfgov_groups.models import GroupMembership, GroupOfficer, SelfManagedGroup
from selfgov_groups.services import leave_group, take_office
from selfgov_groups.tables import GroupTable
from tests import factories
from tests.imports.states import domain_hash, outcomes, planned, read_batch, undone, written

pytestmark = pytest.mark.django_db
ON = dt.date(2026, 11, 24)
FOUNDED = dt.date(2022, 3, 1)
KEY = "groups"


@pytest.fixture(autouse=True)
def ward_with_areas(area_a, area_b):
    """Let the workbook's neighbourhoods be there."""


def household(area, address, head):
    """Return a household with its head and a child, there since 2019."""
    home = factories.HouseholdFactory(
        neighbourhood=area, address=address, opened_on=dt.date(2019, 1, 1)
    )
    for name in (head, f"{head} Con"):
        resident = factories.ResidentFactory(full_name=name, birth_date=dt.date(1980, 1, 1))
        factories.ResidenceFactory(
            resident=resident, household=home, started_on=dt.date(2019, 1, 1), on=ON
        )
    return home


@pytest.fixture
def homes(area_a):
    return [
        household(area_a, "Số 1 đường Lê Lợi", "Nguyễn Văn Một"),
        household(area_a, "Số 2 đường Lê Lợi", "Trần Thị Hai"),
        household(area_a, "Số 3 đường Lê Lợi", "Lê Văn Ba"),
    ]


@pytest.fixture
def known(area_a, homes):
    """Group 1 of tổ A with its first household."""
    group = factories.GroupFactory(
        name="Tổ liên gia số 1", neighbourhood=area_a, founded_on=FOUNDED
    )
    GroupMembership.objects.create(group=group, household=homes[0], joined_on=FOUNDED)
    return group


def group(**cells):
    return {
        "name": "Tổ liên gia số 1",
        "neighbourhood": "Tổ dân phố A",
        "founded_on": "01/03/2022",
        **cells,
    }


def one(row, **run):
    return planned(KEY, [row], ON, **run)[0]


def reasons(plan):
    return " ".join(plan.reasons)


# --- new ------------------------------------------------------------------------------------------


def test_a_group_comes_in_with_its_households_and_head(homes, area_a):
    rows = [
        group(household_code=homes[0].code, office="Tổ trưởng", recognised_by="QĐ 12"),
        {"head_name": "TRẦN THỊ HAI", "address": "số 2, Đường Lê Lợi", "joined_on": "5/6/2023"},
        {"head_name": "Lê Văn Ba", "deputy": "x"},
    ]
    batch = written(KEY, rows, ON)
    made = SelfManagedGroup.objects.get()
    assert (made.name, made.neighbourhood, made.founded_on) == ("Tổ liên gia số 1", area_a, FOUNDED)
    assert dict(made.memberships.values_list("household", "joined_on")) == {
        homes[0].pk: FOUNDED,
        homes[1].pk: dt.date(2023, 6, 5),
        homes[2].pk: FOUNDED,
    }
    told = made.officers.values_list("resident__full_name", "role", "started_on", "recognised_by")
    assert set(told) == {
        ("Nguyễn Văn Một", "head", FOUNDED, "QĐ 12"),
        ("Lê Văn Ba", "deputy", FOUNDED, ""),
    }
    assert (batch.new, batch.rows) == (3, 3)


def test_a_list_of_groups_needs_no_households(homes):
    rows = [group(), group(name="Tổ liên gia số 2", founded_on=None)]
    written(KEY, rows, ON, options={"founded_on": "2023-01-01"})
    assert dict(SelfManagedGroup.objects.values_list("name", "founded_on")) == {
        "Tổ liên gia số 1": FOUNDED,
        "Tổ liên gia số 2": dt.date(2023, 1, 1),
    }


def test_one_name_in_two_neighbourhoods_is_two_groups(area_b):
    written(KEY, [group(), group(neighbourhood="Tổ dân phố B")], ON)
    assert SelfManagedGroup.objects.count() == 2


def test_the_day_of_joining_may_be_the_workbooks(homes):
    rows = [group(household_code=homes[0].code)]
    written(KEY, rows, ON, options={"joined_on": "2024-05-06"})
    assert GroupMembership.objects.get().joined_on == dt.date(2024, 5, 6)


def test_a_household_younger_than_the_group_joins_when_it_is_there(area_a):
    young = factories.HouseholdFactory(neighbourhood=area_a, opened_on=dt.date(2025, 1, 1))
    plan = one(group(household_code=young.code))
    assert "ghi 01/01/2025" in reasons(plan)


# --- the same, and changed ------------------------------------------------------------------------


def test_the_same_sheet_again_changes_nothing(homes):
    rows = [
        group(household_code=homes[0].code, head="Nguyễn Văn Một", note="Tổ mẫu"),
        {"head_name": "Trần Thị Hai", "head": "Nguyễn Văn Một"},
        group(name="Tổ liên gia số 2"),
    ]
    written(KEY, rows, ON)
    before = domain_hash()
    assert outcomes(planned(KEY, rows, ON)) == ["same"] * 3
    assert domain_hash() == before
    assert GroupOfficer.objects.count() == 1


def test_a_household_that_joins_a_known_group_is_new(known, homes):
    plan = one(group(name="TỔ LIÊN GIA SỐ 1", household_code=homes[1].code))
    assert plan.outcome == "new"
    assert plan.changes == [("Vào tổ", "chưa ở tổ", f"{homes[1].code} từ 01/03/2022")]
    assert plan.identifier.startswith(known.code)


def test_a_member_stays_a_member(known, homes):
    plan = one(group(household_code=homes[0].code, joined_on="01/01/2024"))
    assert plan.outcome == "same"
    assert "Trong sổ vào tổ ngày 01/03/2022" in reasons(plan)


def test_what_changes_of_a_group_is_told_and_written(known):
    row = group(code="tlg-1", name="Tổ liên gia Bình Yên", founded_on="01/02/2022", note="Mới")
    row["code"] = known.code
    plan = one(row)
    assert plan.outcome == "changed"
    assert plan.changes == [
        ("Tên tổ", "Tổ liên gia số 1", "Tổ liên gia Bình Yên"),
        ("Ngày thành lập", "01/03/2022", "01/02/2022"),
        ("Ghi chú", "", "Mới"),
    ]
    written(KEY, [row], ON)
    known.refresh_from_db()
    assert (known.name, known.founded_on) == ("Tổ liên gia Bình Yên", dt.date(2022, 2, 1))
    assert SelfManagedGroup.objects.search("binh yen").exists()


def test_a_head_is_a_change_of_a_member(known, homes):
    plan = one(group(household_code=homes[0].code, office="Tổ trưởng", office_since="1/1/2024"))
    assert plan.outcome == "changed"
    assert plan.changes == [("Tổ trưởng", "chưa ghi", "Nguyễn Văn Một từ 01/01/2024")]


# --- offices that cannot be -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({"head": "Ai Đó"}, "Ai Đó không ở hộ nào trong tổ"),
        ({"head": "Trần Thị Hai"}, "Trần Thị Hai không ở hộ nào trong tổ"),
        ({"office": "Tổ phó", "office_since": "01/01/2020"}, "không ở hộ nào trong tổ"),
        ({"office": "Tổ phó", "office_since": "01/12/2026"}, "không thể bắt đầu sau hôm nay"),
        ({"office": "Tổ phó", "head_name": "Nguyễn Văn Lạ"}, "Nguyễn Văn Lạ không ở hộ nào"),
        ({"office": "Tổ trưởng", "head_name": "Nguyễn Văn Một Con"}, "tổ đã có tổ trưởng"),
        ({"office": "Tổ phó"}, "đã là tổ trưởng"),
    ],
)
def test_an_office_that_cannot_be_is_told_and_the_row_is_taken(known, homes, cells, said):
    take_office(
        group=known,
        resident=homes[0].residences.get(relation="HEAD").resident,
        role="head",
        started_on=dt.date(2023, 1, 1),
        on=ON,
    )
    plan = one(group(household_code=homes[0].code, **cells))
    assert plan.outcome == "same"
    assert said in reasons(plan)
    assert "không ghi chức vụ" in reasons(plan)


def test_a_second_head_in_the_sheet_is_told(homes):
    rows = [
        group(household_code=homes[0].code, head="x"),
        {"household_code": homes[1].code, "head": "x"},
    ]
    plans = planned(KEY, rows, ON)
    assert outcomes(plans) == ["new", "new"]
    assert "tổ đã có tổ trưởng Nguyễn Văn Một" in reasons(plans[1])
    written(KEY, rows, ON)
    assert GroupOfficer.objects.count() == 1


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("x", True),
        ("Có", True),
        ("không", None),
        ("", None),
        ("An", "An"),
        ("Lê Văn An", "Lê Văn An"),
    ],
)
def test_who_holds_an_office_is_a_tick_or_a_name(cell, value):
    assert read_holder(cell, lambda words: None) == value


# --- doubtful -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["Tổ 1", "TLG 01", "Tổ liên gia tự quản số 1"])
def test_a_name_near_a_known_one_is_doubtful(known, name):
    plan = one(group(name=name, founded_on=None))
    assert plan.outcome == "doubtful"
    assert [candidate["pk"] for candidate in plan.candidates] == [known.pk]
    assert one(group(name=name, decision="new")).outcome == "new"
    assert one(group(name=name, decision="skip")).outcome == "refused"
    same = one(group(name=name, decision=f"same:{known.pk}"))
    assert same.changes == [("Tên tổ", "Tổ liên gia số 1", name)]
    assert one(group(name=name, neighbourhood="Tổ dân phố B")).outcome == "new"


def test_rows_below_follow_what_is_decided_of_the_group(known, homes):
    rows = [group(name="Tổ 1"), {"household_code": homes[1].code}]
    assert outcomes(planned(KEY, rows, ON)) == ["doubtful", "new"]
    assert outcomes(planned(KEY, rows, ON, final=True)) == ["doubtful", "refused"]
    rows[0]["decision"] = f"same:{known.pk}"
    written(KEY, rows, ON)
    assert known.memberships.count() == 2


@pytest.mark.parametrize(
    ("cells", "why"),
    [
        ({"head_name": "Trần Thị Hai", "address": "Số 99"}, "cùng tên chủ hộ, khác địa chỉ"),
        ({"head_name": "Người Mới", "address": "Số 2 Đường Lê Lợi"}, "chủ hộ là Trần Thị Hai"),
        ({"head_name": "Trần Thị Hải"}, "chỉ khác dấu"),
    ],
)
def test_a_household_that_may_be_meant_is_doubtful(known, homes, cells, why):
    plan = one(group(**cells))
    assert plan.outcome == "doubtful"
    assert [candidate["code"] for candidate in plan.candidates] == [homes[1].code]
    assert why in plan.candidates[0]["why"]
    assert one(group(**cells, decision=f"same:{homes[1].pk}")).outcome == "new"
    assert "nhập hộ trước" in reasons(one(group(**cells, decision="new")))
    assert one(group(**cells, decision="skip")).outcome == "refused"


def test_two_households_of_one_name_are_doubtful(known, homes, area_a):
    twin = household(area_a, "Số 9 đường Trần Phú", "Trần Thị Hai")
    plan = one(group(head_name="Trần Thị Hai"))
    assert {candidate["pk"] for candidate in plan.candidates} == {twin.pk, homes[1].pk}
    assert one(group(head_name="Trần Thị Hai", address="9 đường Trần Phú")).outcome == "new"


# --- refused --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({"name": None}, "Tên tổ: để trống."),
        ({"neighbourhood": None}, "Tổ dân phố: để trống."),
        ({"neighbourhood": "Tổ 77"}, "Tổ dân phố: không có “Tổ 77”."),
        ({"founded_on": None}, "Ngày thành lập: để trống."),
        ({"founded_on": "01/12/2026"}, "Ngày thành lập: không thể sau hôm nay."),
        ({"code": "TLG-999"}, "Sổ không có tổ liên gia mã TLG-999."),
        ({"code": "A1"}, "không phải mã của sổ này (TLG-012)"),
        ({"household_code": "H-99999"}, "Sổ không có hộ mã H-99999."),
        ({"household_code": "12"}, "không phải mã của sổ này (H-00012)"),
        ({"head_name": "Ai Đó", "address": "Số 77"}, "Không có hộ “Ai Đó, Số 77” ở Tổ dân phố A"),
        ({"household_code": "1", "office": "Vua"}, "Chức vụ:"),
    ],
)
def test_what_cannot_be_is_refused_with_the_reason(cells, said):
    plan = one(group(**cells))
    assert plan.outcome == "refused"
    assert said in reasons(plan)


def test_what_cannot_join_is_refused_as_at_the_desk(known, homes, area_a, area_b):
    other = factories.GroupFactory(name="Tổ khác", neighbourhood=area_a, founded_on=FOUNDED)
    membership = GroupMembership.objects.create(
        group=other, household=homes[1], joined_on=dt.date(2023, 1, 1)
    )
    far = household(area_b, "Số 1", "Phạm Văn Xa")
    gone = factories.HouseholdFactory(
        neighbourhood=area_a, opened_on=dt.date(2019, 1, 1), dissolved_on=dt.date(2024, 1, 1)
    )

    def said(home, **cells):
        plan = one(group(household_code=home.code, **cells))
        assert plan.outcome == "refused"
        return reasons(plan)

    assert "đã ở tổ Tổ khác từ 01/01/2023." in said(homes[1])
    assert "ở Tổ dân phố B, tổ liên gia ở Tổ dân phố A" in said(far)
    assert "đã xoá" in said(gone)
    assert "không thể sau hôm nay" in said(homes[2], joined_on="01/12/2026")
    assert "Tổ thành lập ngày 01/03/2022" in said(homes[2], joined_on="01/01/2022")
    leave_group(membership=membership, left_on=dt.date(2024, 1, 1), on=ON)
    assert "đến 01/01/2024" in said(homes[1], joined_on="01/06/2023")
    assert one(group(household_code=homes[1].code, joined_on="1/1/2024")).outcome == "new"


def test_a_dissolved_group_takes_nobody(known, homes):
    known.memberships.update(left_on=dt.date(2024, 1, 1))
    SelfManagedGroup.objects.filter(pk=known.pk).update(dissolved_on=dt.date(2024, 1, 1))
    assert one(group()).outcome == "same"
    assert "đã giải thể" in reasons(one(group(household_code=homes[1].code)))


def test_one_household_twice_is_refused(homes):
    rows = [
        group(household_code=homes[0].code),
        group(name="Tổ liên gia số 2", household_code=homes[0].code),
    ]
    plans = planned(KEY, rows, ON)
    assert outcomes(plans) == ["new", "refused"]
    assert "Trùng dòng 2" in reasons(plans[1])


def test_a_refused_row_does_not_keep_out_a_good_one_of_the_household(homes):
    rows = [
        group(),
        {"household_code": homes[0].code, "joined_on": "01/01/2000"},
        {"household_code": homes[0].code},
    ]
    assert outcomes(planned(KEY, rows, ON)) == ["new", "refused", "new"]
    assert written(KEY, rows, ON).new == 2


def test_a_household_that_is_not_found_keeps_no_other_out(homes):
    rows = [group(head_name="Ai Đó"), {"household_code": homes[1].code}]
    assert outcomes(planned(KEY, rows, ON)) == ["refused", "new"]
    written(KEY, rows, ON)
    assert SelfManagedGroup.objects.get().memberships.count() == 1


def test_rows_of_a_refused_group_are_refused_with_it(homes):
    plans = planned(KEY, [group(founded_on=None), {"household_code": homes[1].code}], ON)
    assert outcomes(plans) == ["refused", "refused"]
    assert "Tổ ở dòng 2 không nhận được" in reasons(plans[1])


def test_rows_that_contradict_each_other_are_refused(homes):
    rows = [group(), group(founded_on="02/03/2022")]
    plans = planned(KEY, rows, ON)
    assert outcomes(plans) == ["new", "refused"]
    assert "Ngày thành lập: khác dòng 2." in reasons(plans[1])


def test_a_group_with_households_keeps_its_place_and_beginning(known, area_b):
    moved = one(group(code=known.code, neighbourhood="Tổ dân phố B"))
    assert "không đổi tổ dân phố" in reasons(moved)
    assert "không thể sau đó" in reasons(one(group(founded_on="02/03/2022")))


def test_a_name_is_given_once_in_a_neighbourhood(known, area_a):
    other = factories.GroupFactory(name="Tổ khác", neighbourhood=area_a)
    plan = one(group(code=other.code, founded_on=None))
    assert "đã có tổ liên gia tên này" in reasons(plan)
    rows = [group(code=other.code, name="Tổ Mới", founded_on=None), group(name="Tổ Mới")]
    assert outcomes(planned(KEY, rows, ON)) == ["changed", "refused"]


# --- the template ---------------------------------------------------------------------------------


def test_the_templates_own_header_is_known():
    names = [f"{column.label} *" for column in KINDS[KEY].columns]
    assert list(guess_mapping(names, KINDS[KEY]).values()) == [c.key for c in KINDS[KEY].columns]


def test_every_header_people_use_names_its_column():
    for column in KINDS[KEY].columns:
        for words in column.synonyms:
            assert guess_mapping([words], KINDS[KEY]) == {0: column.key}, words


def test_the_templates_examples_can_be_brought_in(ward):
    area = factories.NeighbourhoodFactory(ward=ward, name="Tổ dân phố 1")
    household(area, "Số 5 đường Mẫu", "Trần Thị Thử")
    household(area, "Số 9 đường Thử", "Lê Văn Ví Dụ")
    home = household(area, "Số 3 đường Mẫu", "Nguyễn Văn Mẫu")
    home.__class__.objects.filter(pk=home.pk).update(code="H-00012")
    plans = planned(KEY, KINDS[KEY].examples, ON)
    assert outcomes(plans) == ["new"] * 3, plans


# --- our own list ---------------------------------------------------------------------------------


def test_our_own_list_comes_back_all_the_same(known, area_b):
    factories.GroupFactory(name="Tổ liên gia số 1", neighbourhood=area_b)
    dissolved = factories.GroupFactory(name="Tổ cũ", neighbourhood=area_b)
    SelfManagedGroup.objects.filter(pk=dissolved.pk).update(dissolved_on=ON)
    records = list(SelfManagedGroup.objects.for_list())
    for record in records:
        record.standing = SimpleNamespace(badge=("ok", "Hoạt động"))
    table = GroupTable(records)
    mapping = guess_mapping(table.header, KINDS[KEY])
    assert set(mapping.values()) == {"code", "name", "neighbourhood"}
    assert KINDS[KEY].missing({"code"}) == []
    rows = [
        {key: safe_cell(cells[place]) for place, key in mapping.items()}
        for cells in table.plain_rows(records)
    ]
    assert outcomes(planned(KEY, rows, ON)) == ["same"] * 3


# --- undoing, bounds ------------------------------------------------------------------------------


def test_undoing_leaves_the_ward_as_it_was(known, homes):
    before = domain_hash()
    rows = [
        group(household_code=homes[1].code, note="Mới", head="x"),
        group(name="Tổ liên gia số 2", household_code=homes[2].code, office="Tổ phó"),
    ]
    batch = written(KEY, rows, ON)
    assert domain_hash() != before
    assert not undone(batch, ON).left
    assert domain_hash() == before


def test_what_later_work_rests_on_is_left(homes):
    rows = [
        group(household_code=homes[0].code),
        {"household_code": homes[1].code},
        group(name="Tổ liên gia số 2", household_code=homes[2].code),
    ]
    batch = written(KEY, rows, ON)
    first = SelfManagedGroup.objects.get(name="Tổ liên gia số 1")
    take_office(
        group=first,
        resident=homes[1].residences.get(relation="HEAD").resident,
        role="head",
        started_on=dt.date(2023, 1, 1),
        on=ON,
    )
    left = undone(batch, ON).left
    assert {(row.number, row.reason) for row in left} >= {(3, "hộ của tổ trưởng Trần Thị Hai")}
    assert list(GroupMembership.objects.values_list("household", flat=True)) == [homes[1].pk]
    assert list(SelfManagedGroup.objects.all()) == [first]


def test_a_meeting_keeps_the_households_it_counted(homes):
    rows = [group(household_code=homes[0].code), {"household_code": homes[1].code}]
    batch = written(KEY, rows, ON)
    made = SelfManagedGroup.objects.get()
    made.meetings.create(held_on=dt.date(2024, 1, 1), attended=2, topics="Ra mắt")
    left = undone(batch, ON).left
    assert sum("2 hộ dự" in row.reason for row in left) == 2
    assert made.memberships.count() == 2


def test_questions_do_not_grow_with_the_rows(area_a):
    def asked(count):
        rows = []
        for n in range(count):
            home = factories.HouseholdFactory(
                neighbourhood=area_a, address=f"Số {n} ngõ {count}", opened_on=dt.date(2019, 1, 1)
            )
            rows.append(
                {"address": home.address} if n % 2 else {"household_code": home.code, "head": "x"}
            )
        rows[0] |= group(name=f"Tổ {count}")
        with CaptureQueriesContext(connection) as captured:
            plans = planned(KEY, rows, ON)
        assert set(outcomes(plans)) == {"new"}
        return len(captured)

    assert asked(5) == asked(60)


def test_a_batch_counts_all_its_rows(known, homes):
    rows = [
        group(household_code=homes[0].code),
        {"household_code": homes[1].code},
        {"head_name": "Lê Vân Ba"},
        {"household_code": "H-99999"},
    ]
    batch = read_batch(KEY, rows, ON)
    assert (batch.rows, batch.new, batch.same, batch.doubtful, batch.refused) == (4, 1, 1, 1, 1)
