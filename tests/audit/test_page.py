"""The trail as the chief reads it: /audit/ and a record's own history."""

import csv
import io

import pytest
from django.urls import reverse
from django.utils.html import strip_tags

from households.models import Household, Resident
from kylien.accounts.models import Role
from kylien.audit.models import AuditEntry
from kylien.audit.trail import AuditTrail
from kylien.core.changes import acting, trail
from tests.factories import (
    BusinessFactory,
    GroupFactory,
    HouseholdFactory,
    MembershipFactory,
    NeighbourhoodFactory,
    ResidenceFactory,
    ResidentFactory,
    StayNoticeFactory,
    UserFactory,
    day,
)

pytestmark = pytest.mark.django_db

AUDIT = "/audit/"
TOLD = 5  # the column "Nội dung"


def rows_of(client, **params):
    response = client.get(AUDIT, params)
    assert response.status_code == 200
    rows = response.context["table"]["rows"]
    return [
        [strip_tags(html) if "clamp" in html else str(html) for _, _, html in row] for row in rows
    ]


def told(client, **params):
    return [row[TOLD] for row in rows_of(client, **params)]


@pytest.fixture
def client(client_for, chief):
    return client_for(chief)


@pytest.mark.parametrize("user", ["officer_a", "officer_b", "duty", "clerk", "leader", "superuser"])
def test_everybody_but_the_chief_is_refused(request, client_for, user):
    HouseholdFactory()
    account = request.getfixturevalue(user)
    client = client_for(account)
    assert client.get(AUDIT).status_code == 403
    assert client.post(AUDIT, {"_export": "csv"}).status_code == 403
    assert not AuditEntry.objects.visible_to(account)


def test_a_visitor_is_sent_to_sign_in():
    from django.test import Client

    assert Client().get(AUDIT).url.startswith("/accounts/login/")


def test_chief_reads_when_who_what_where(client, chief, area_a):
    with acting(user=chief, address="10.0.0.7", reason="Theo đơn của chủ hộ"):
        home = HouseholdFactory(neighbourhood=area_a, address="Số 3 Lê Lợi")
        home.address = "Số 5 Lê Lợi"
        home.save()
    row = rows_of(client, table="households.household", action="change")[0]
    assert row[1] == chief.full_name_label
    assert "Sửa" in row[2]
    assert row[3:] == [
        "Hộ",
        home.code,
        "Địa chỉ: Số 3 Lê Lợi → Số 5 Lê Lợi. Lý do: Theo đơn của chủ hộ",
        "10.0.0.7",
    ]


def test_foreign_keys_are_told_by_label(client, area_a, area_b):
    home = HouseholdFactory(neighbourhood=area_a)
    home.neighbourhood = area_b
    home.save()
    assert told(client, table="households.household", action="change") == [
        "Tổ dân phố: Tổ dân phố A → Tổ dân phố B"
    ]
    history = client.get(home.get_absolute_url()).context["history"]
    assert history[0]["sentence"] == "Sửa: Tổ dân phố: Tổ dân phố A → Tổ dân phố B."


def test_a_foreign_key_to_a_row_that_is_gone_is_told_by_number(client, area_a):
    gone = NeighbourhoodFactory()
    home = HouseholdFactory(neighbourhood=gone)
    home.neighbourhood = area_a
    home.save()
    number = gone.pk
    gone.delete()
    assert told(client, table="households.household", action="change") == [
        f"Tổ dân phố: số {number} (không còn) → Tổ dân phố A"
    ]


def test_days_choices_and_roles_are_told_as_people_read_them(client, area_a):
    HouseholdFactory(neighbourhood=area_a, opened_on=day(3650))
    BusinessFactory(neighbourhood=area_a)
    assert f"Ngày lập hộ: {day(3650):%d/%m/%Y}" in told(client, table="households.household")[0]
    assert "Tình trạng: Đang hoạt động" in told(client, table="businesses.business")[0]
    UserFactory(username="moi", role=Role.CLERK)
    assert any("Cán bộ nhập liệu" in line for line in told(client, table="accounts.user"))


def test_no_identity_or_phone_number_is_ever_shown(client, client_for, chief, area_a):
    person = ResidentFactory(citizen_id="099080000123", phone="0100234567")
    person.phone, person.citizen_id = "0100765432", "099080000321"
    person.save()
    BusinessFactory(neighbourhood=area_a, phone="0100222333")
    notice = StayNoticeFactory(household__neighbourhood=area_a, id_number="099080000555")
    notice.id_number = "099080000666"
    notice.save()
    person.delete()
    page = client.get(AUDIT).content.decode()
    sent = b"".join(client.post(AUDIT, {"_export": "csv"}).streaming_content).decode()
    numbers = ["099080000123", "0100234567", "0100765432", "099080000321", "0100222333"]
    for number in (*numbers, "099080000555", "099080000666"):
        assert number not in page
        assert number not in sent
    changed = told(client, table="households.resident", action="change")
    assert changed == ["Số định danh (đã đổi); Điện thoại (đã đổi)"]
    created = told(client, table="households.resident", action="create")
    assert "Số định danh (đã ghi)" in created[0]


def test_page_costs_the_same_for_one_entry_and_for_many(
    client, area_a, django_assert_max_num_queries
):
    def cost():
        # Session, user, roles, rights, ward, the filter of users, count, keys, rows, and one for
        # each kind of record that foreign keys point to (here three).
        with django_assert_max_num_queries(12) as queries:
            client.get(AUDIT, {"table": "households.residence"})
        return len(queries)

    ResidenceFactory(household__neighbourhood=area_a)
    client.get(AUDIT)  # writes the session's first moment
    one = cost()
    for _ in range(3):
        ResidenceFactory(household__neighbourhood=NeighbourhoodFactory())
    assert cost() == one


def test_history_costs_the_same_for_one_entry_and_for_many(
    client, area_a, django_assert_max_num_queries
):
    home = HouseholdFactory(neighbourhood=area_a)

    def cost():
        with django_assert_max_num_queries(12) as queries:
            client.get(home.get_absolute_url())
        return len(queries)

    def move():
        home.neighbourhood = NeighbourhoodFactory()
        home.save()

    client.get(AUDIT)  # writes the session's first moment
    move()  # the page knows its own neighbourhood; this one is asked for
    one = cost()
    for _ in range(3):
        move()
    assert cost() == one


def test_export_holds_the_rows_of_the_list_and_is_recorded(client, chief, area_a):
    GroupFactory(neighbourhood=area_a, name="Liên gia 1")
    MembershipFactory(group__neighbourhood=area_a)
    table = "selfgov_groups.groupmembership"
    lines = told(client, table=table)
    response = client.post(AUDIT, {"_export": "csv", "table": table})
    body = b"".join(response.streaming_content).decode("utf-8-sig")
    header, *rows = csv.reader(io.StringIO(body))
    assert header == ["Lúc", "Ai", "Việc", "Loại bản ghi", "Mã", "Nội dung", "Địa chỉ máy"]
    assert [row[TOLD] for row in rows] == lines
    assert told(client, action="export") == ["1 dòng; Loại bản ghi: Hộ trong tổ"]


def test_filters_narrow_by_day_user_action_and_table(client, chief, area_a):
    with acting(user=chief):
        mine = HouseholdFactory(neighbourhood=area_a)
    other = HouseholdFactory(neighbourhood=area_a)
    homes = {"table": "households.household"}
    codes = lambda **params: {row[4] for row in rows_of(client, **homes, **params)}  # noqa: E731
    assert codes() == {mine.code, other.code}
    assert codes(user=chief.pk) == {mine.code}
    assert codes(action="create") == {mine.code, other.code}
    assert codes(action="delete") == set()
    assert codes(day_from=f"{day():%d/%m/%Y}", day_to=f"{day():%d/%m/%Y}") == {
        mine.code,
        other.code,
    }
    assert codes(day_from=f"{day(-1):%d/%m/%Y}") == set()
    assert codes(day_to=f"{day(1):%d/%m/%Y}") == set()


def test_search_finds_codes_and_people_without_accents(client, area_a):
    actor = UserFactory(username="lieu", full_name="Vũ Thị Liễu", role=Role.CLERK)
    with acting(user=actor):
        home = HouseholdFactory(neighbourhood=area_a)
    other = HouseholdFactory(neighbourhood=area_a)
    homes = {"table": "households.household"}
    assert [row[4] for row in rows_of(client, q=home.code.lower(), **homes)] == [home.code]
    assert [row[4] for row in rows_of(client, q="vu thi lieu", **homes)] == [home.code]
    assert [row[4] for row in rows_of(client, q=f"lieu {home.code}", **homes)] == [home.code]
    assert not rows_of(client, q=f"lieu {other.code}", **homes)


@pytest.mark.parametrize(
    "query",
    [
        "q=%00",
        "q=" + "x" * 5000,
        "page=-1",
        "page=99999",
        "sort=nothing",
        "sort=at",
        "action=x",
        "table=x.y",
        "user=999999999999999999999",
        "day_from=1/1/0001",
        "day_to=31/12/2999",
    ],
)
def test_no_address_breaks_the_page(client, query):
    HouseholdFactory()
    assert client.get(f"{AUDIT}?{query}").status_code == 200


def test_entries_have_no_page_and_no_form():
    from django.urls import NoReverseMatch

    for suffix in ("detail", "create", "update", "options"):
        with pytest.raises(NoReverseMatch):
            reverse(f"auditentry-{suffix}", args=[1])


def test_page_survives_an_entry_of_a_table_that_is_no_more(client, area_a):
    entry = AuditEntry(
        at="2026-01-01T00:00:00Z", action="change", table="old.gone", row=1, fields=["a"]
    )
    entry.seal({"a": (1, 2)})
    entry.save()
    assert [row[3] for row in rows_of(client) if row[TOLD] == "A: 1 → 2"] == ["Old.gone"]


def test_blanked_values_are_told_as_changed(client, area_a):
    entry = AuditEntry(
        at="2026-01-01T00:00:00Z",
        action="change",
        table="households.household",
        row=1,
        code="H-77777",
        fields=["address"],
        digest="0" * 64,
    )
    entry.save()
    assert told(client, q="H-77777") == ["Địa chỉ (đã đổi)"]


# --- readings in words --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("action", "details", "content"),
    [
        ("reveal", {"fields": ["citizen_id", "phone"]}, "Số định danh, Điện thoại"),
        ("export", {"rows": 1200, "filters": {"Tổ": "A"}}, "1.200 dòng; Tổ: A"),
        ("export", {"file": "quyết định.pdf"}, "Tệp quyết định.pdf"),
        ("view", {}, ""),
        ("lookup", {"rows": 1, "filters": {"Mã của số": "ab12"}}, "1 dòng; Mã của số: ab12"),
        ("signin", {"factor": "totp"}, "Có mã xác thực"),
        ("signin", {"factor": "recovery_codes"}, "Bằng mật khẩu và mã khôi phục"),
        ("signin", {"factor": ""}, "Chỉ bằng mật khẩu"),
        ("signout", {}, ""),
        ("signout", {"ended": 2}, "Kết thúc 2 phiên khác"),
        ("refused", {"step": "password"}, "Sai tên hoặc mật khẩu"),
        ("refused", {"step": "code"}, "Sai mã xác thực"),
        (
            "refused",
            {"path": "resident-detail", "status": 404},
            "Trang xem nhân khẩu (resident-detail): không có, hoặc ngoài phạm vi (404)",
        ),
        (
            "refused",
            {"path": "auditentry-list", "status": 403},
            "Danh sách mục nhật ký (auditentry-list): không có quyền (403)",
        ),
        ("refused", {"path": "worklist", "status": 403}, "Trang worklist: không có quyền (403)"),
        (
            "refused",
            {"path": "", "status": 404},
            "Trang không có: không có, hoặc ngoài phạm vi (404)",
        ),
    ],
)
def test_every_reading_is_told_in_words(client, chief, action, details, content):
    person = ResidentFactory()
    with acting(user=chief, reason="Xác minh đơn"):
        trail().reading(Resident, action, code=person.code, row=person.pk, **details)
    (row,) = rows_of(client, action=action, q=person.code)
    label = AuditEntry.Action(action).label
    assert label in row[2]
    assert row[TOLD] == ". ".join(filter(None, [content, "Lý do: Xác minh đơn"]))
    history = client.get(person.get_absolute_url()).context["history"]
    told = (
        f"{label}: {content}. Lý do: Xác minh đơn." if content else f"{label}. Lý do: Xác minh đơn."
    )
    assert told in [line["sentence"] for line in history]


def test_each_action_can_be_filtered(client, area_a):
    for action in AuditEntry.Action.values:
        trail().reading(Resident, action, code="NK-77777")
    for action, label in AuditEntry.Action.choices:
        (row,) = rows_of(client, action=action, q="NK-77777")
        assert label in row[2]


def test_looks_of_one_person_on_one_day_are_one_line_and_push_no_change_off(chief, clerk):
    home = HouseholdFactory()
    for user, times in ((clerk, 2), (chief, 1), (clerk, 250)):
        with acting(user=user):
            for _ in range(times):
                trail().reading(Household, "view", row=home.pk, code=home.code)
    history = AuditTrail().history(home, chief)
    lines = [(line["who"], line["sentence"].partition(":")[0]) for line in history]
    assert lines == [(clerk.full_name_label, "Xem (200 lần)."), ("Hệ thống", "Tạo")]
    with acting(user=chief):
        home.address = "Số 10"
        home.save()
        trail().reading(Household, "view", row=home.pk, code=home.code)
    history = AuditTrail().history(home, chief)
    heads = [line["sentence"].partition(":")[0] for line in history]
    assert heads == ["Xem.", "Sửa", "Xem (199 lần).", "Tạo"]
