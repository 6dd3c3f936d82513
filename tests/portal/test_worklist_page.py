"""The page of the worklist, its paper and its place in the menu: who sees what, asked how."""

import datetime as dt
import re

import pytest
from django.db.models import Q
from django.db.models.functions import TruncDate
from django.utils import timezone

from households.models import StayNotice
from kylien.accounts.models import Role
from kylien.audit.models import AuditEntry
from kylien.core.periods import Week
from kylien.core.work import Work, page_of
from kylien.portal import views, worklist
from kylien.portal.worklist import Span, Worklist
from tests import factories
from tests.factories import day

pytestmark = pytest.mark.django_db
ADDRESSES = ("/worklist/", "/worklist/print/", "/worklist/digest/")
WHOLE_WARD = [Role.CHIEF, Role.DUTY_OFFICER, Role.CLERK]


@pytest.fixture(autouse=True)
def no_report(monkeypatch):
    """Leave out the month's report, which is there on some days of a month and not on others."""
    kinds = tuple(work for work in worklist.all_work() if work.kind != "report")
    for module in (worklist, __import__("kylien.portal.forms", fromlist=["all_work"])):
        monkeypatch.setattr(module, "all_work", lambda: kinds)


def due_in(area, *lefts):
    """Let a guest's term end in so many days, for each; return their names."""
    rows = [
        factories.ResidenceFactory(
            household=factories.HouseholdFactory(neighbourhood=area),
            temporary=True,
            expires_on=day(-left),
            resident__full_name=f"Người {area.name[-1]} {left}",
        )
        for left in lefts
    ]
    return [row.resident.full_name for row in rows]


@pytest.fixture
def due(area_a, area_b):
    """Terms around today and around the seventh day, in both neighbourhoods."""
    return [*due_in(area_a, -3, 0, 7, 8), *due_in(area_b, -1, 1)]


def names(response):
    return [item.name for group in response.context["groups"] for item in group["items"]]


def get(client, **asked):
    response = client.get("/worklist/", asked)
    assert response.status_code == 200
    return response


# --- who sees which rows ------------------------------------------------------------------------


@pytest.mark.parametrize("address", ADDRESSES)
def test_who_works_for_no_rows_has_no_worklist(client_for, leader, superuser, due, address):
    for user in (leader, superuser, factories.UserFactory()):
        assert client_for(user).get(address).status_code == 403
        assert "Việc cần làm" not in client_for(user).get("/").content.decode()


@pytest.mark.parametrize("address", ADDRESSES)
def test_the_worklist_is_read_alone(client_for, chief, address):
    assert client_for(chief).post(address).status_code == 405


@pytest.mark.parametrize("role", WHOLE_WARD)
def test_the_whole_ward_is_seen_by_who_works_for_it(client_for, due, role):
    client = client_for(factories.UserFactory(role=role))
    assert names(get(client)) == ["Người A -3", "Người B -1", "Người A 0", "Người B 1", "Người A 7"]


def test_an_officer_sees_his_own_neighbourhood_alone(client_for, officer_a, officer_b, area_a, due):
    assert names(get(client_for(officer_a))) == ["Người A -3", "Người A 0", "Người A 7"]
    client = client_for(officer_b)
    assert names(get(client)) == ["Người B -1", "Người B 1"]
    for address in ADDRESSES:
        assert "Người A" not in client.get(address).content.decode()
    refused = get(client, neighbourhood=area_a.pk)
    assert "không thuộc địa bàn" in refused.content.decode()
    assert "groups" not in refused.context


def test_an_officer_without_a_beat_is_told_so(client_for, due):
    client = client_for(factories.UserFactory(role=Role.AREA_OFFICER))
    response = get(client)
    assert names(response) == []
    assert "chưa được phân công địa bàn" in response.content.decode()


def test_a_kind_that_he_may_not_read_is_not_there(client_for, clerk, due, area_a, monkeypatch):
    factories.AbsenceFactory(
        resident=factories.ResidenceFactory(household__neighbourhood=area_a).resident,
        expected_on=day(2),
    )
    client = client_for(clerk)
    assert {one["label"] for one in get(client).context["kinds"]} == {
        "Tạm trú hết hạn",
        "Tạm vắng đến ngày về",
    }
    right = clerk.groups.get().permissions.get(codename="view_absence")
    clerk.groups.get().permissions.remove(right)
    response = get(client)
    assert {one["label"] for one in response.context["kinds"]} == {"Tạm trú hết hạn"}
    assert "Tạm vắng đến ngày về" not in response.content.decode()
    assert "không có loại việc này" in get(client, kind="absence").content.decode()


# --- days, kinds, filters -----------------------------------------------------------------------


def test_rows_stand_under_their_days(client_for, officer_a, due, on):
    groups = get(client_for(officer_a)).context["groups"]
    weekday = worklist.weekday
    assert [(g["heading"], g["tone"], g["count"], len(g["items"])) for g in groups] == [
        ("Quá hạn", "late", "1", 1),
        (f"Hôm nay, {weekday(on)}", "due", "1", 1),
        (weekday(day(-7)), "due", "", 1),
    ]
    [late], [today], [later] = (group["items"] for group in groups)
    assert (late.state, today.state, later.state) == ("Quá hạn 3 ngày", "", "")
    page = get(client_for(officer_a)).content.decode()
    assert page.count(f'href="{late.url}"') == 1


def test_the_kinds_are_counted_and_lead_to_their_rows(client_for, chief, area_a, due):
    group = factories.GroupFactory(neighbourhood=area_a, founded_on=day(95))
    client = client_for(chief)
    kinds = {one["label"]: one for one in get(client).context["kinds"]}
    assert {label: one["count"] for label, one in kinds.items()} == {
        "Tạm trú hết hạn": "5",
        "Họp tổ liên gia": "1",
        "Gặp tổ liên gia": "1",
    }
    response = client.get(kinds["Họp tổ liên gia"]["url"])
    assert names(response) == [group.name]
    assert response.context["page"]["count"] == "1"
    # The other kinds keep their counts, so that one gets there in one step; a second click takes
    # the filter away.
    again = {one["label"]: one for one in response.context["kinds"]}
    assert again["Tạm trú hết hạn"]["count"] == "5"
    assert again["Họp tổ liên gia"]["current"]
    assert again["Họp tổ liên gia"]["url"] == "/worklist/"


def test_a_neighbourhood_and_an_officer_narrow_the_list(client_for, chief, officer_a, area_b, due):
    client = client_for(chief)
    assert names(get(client, neighbourhood=area_b.pk)) == ["Người B -1", "Người B 1"]
    assert names(get(client, officer=officer_a.pk)) == ["Người A -3", "Người A 0", "Người A 7"]
    assert names(get(client, officer=officer_a.pk, neighbourhood=area_b.pk)) == []
    former = factories.UserFactory(role=Role.AREA_OFFICER)
    factories.BeatFactory(officer=former, neighbourhood=area_b, ended_on=day(1))
    assert names(get(client, officer=former.pk)) == []


def test_an_officer_does_not_ask_for_another(client_for, officer_a, officer_b, due):
    response = get(client_for(officer_a), officer=officer_b.pk)
    assert "officer" not in response.context["form"].fields
    assert names(response) == ["Người A -3", "Người A 0", "Người A 7"]


def test_a_week_holds_its_days_and_the_current_one_what_is_past(client_for, chief, area_a, on):
    week = Week.containing(on)
    mine = [*range((week.monday - on).days, (week.sunday - on).days + 1)]
    due_in(area_a, -60, *mine, mine[-1] + 1)
    client = client_for(chief)
    now = get(client, week=str(week))
    assert names(now) == [f"Người A {left}" for left in (-60, *mine)]
    assert now.context["span_label"] == f"{week.short} ({week.span})"
    following = client.get(now.context["weeks"]["next"])
    assert names(following) == [f"Người A {mine[-1] + 1}"]
    assert names(client.get(following.context["weeks"]["previous"])) == names(now)
    assert names(get(client, week=str(Week.containing(day(60))))) == ["Người A -60"]
    assert "week" not in now.context["weeks"]["none"]


def test_filters_stay_while_weeks_are_turned(client_for, chief, area_a, due, on):
    response = get(client_for(chief), kind="residence", neighbourhood=area_a.pk, junk="1")
    for address in (*response.context["weeks"].values(), response.context["print_url"]):
        assert f"kind=residence&neighbourhood={area_a.pk}" in address
        assert "junk" not in address


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("kind", "x", "Loại việc: không có loại việc này."),
        ("neighbourhood", "x", "Tổ dân phố: không có"),
        ("neighbourhood", "99999999999999999999999", "Tổ dân phố: không có"),
        ("neighbourhood", "\0", "Tổ dân phố: "),
        ("officer", "-1", "Cán bộ: không có cảnh sát khu vực này."),
        ("week", "2026-W54", "Năm 2026 không có tuần 54."),
        ("week", "tuần này", "Ghi tuần theo dạng năm-Wtuần, ví dụ 2026-W48."),
        ("week", "\0", "Tuần: "),
    ],
)
def test_what_cannot_be_read_is_told(client_for, chief, due, name, value, told):
    client = client_for(chief)
    response = get(client, **{name: value})
    assert told in response.content.decode()
    assert "groups" not in response.context
    assert response.context["weeks"]["now"].count("=") == 1  # nothing of it goes on
    printed = client.get("/worklist/print/", {name: value})
    assert printed.status_code == 400
    assert told in printed.content.decode()
    assert not AuditEntry.objects.filter(action="print").exists()


@pytest.mark.parametrize(("asked", "number"), [("2", 2), ("99", 2), ("x", 1), ("-4", 2), ("", 1)])
def test_pages(client_for, chief, area_a, monkeypatch, asked, number):
    monkeypatch.setattr(views, "PAGE_SIZE", 3)
    found = due_in(area_a, *range(5))
    response = get(client_for(chief), page=asked)
    page = response.context["page"]
    assert (page["number"], page["num_pages"], page["count"]) == (number, 2, "5")
    assert names(response) == (found[:3] if number == 1 else found[3:])
    for link in page["links"]:
        followed = client_for(chief).get(link["url"])
        assert followed.context["page"]["number"] == int(link["label"])


def test_an_empty_list_says_so(client_for, chief, ward):
    assert "Không có việc nào." in get(client_for(chief)).content.decode()


def test_a_filter_swaps_the_list_alone(client_for, chief, due):
    whole = get(client_for(chief)).content.decode()
    part = client_for(chief).get("/worklist/?kind=residence", headers={"HX-Request": "true"})
    assert "<html" in whole
    assert "<html" not in part.content.decode()
    assert 'id="records"' in part.content.decode()


# --- cost ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["chief", "officer_a"])
@pytest.mark.parametrize("address", ["/worklist/", "/worklist/?officer={}", "/worklist/digest/"])
def test_it_costs_the_same_for_one_row_and_many(
    client_for, request, area_a, officer_a, who, address, django_assert_max_num_queries
):
    address = address.format(officer_a.pk)
    client = client_for(request.getfixturevalue(who))
    due_in(area_a, 0)
    client.get(address)
    with django_assert_max_num_queries(15) as few:
        client.get(address)
    fill(area_a)
    with django_assert_max_num_queries(15) as many:
        response = client.get(address)
    # An empty kind asks for nothing less than a full one, and rows ask for nothing at all.
    assert len(many) == len(few)
    assert response.content.decode().count("Người") == 0 or len(names(response)) > 20


def fill(area):
    due_in(area, *range(-4, 4))
    home = factories.HouseholdFactory(neighbourhood=area)
    for n in range(3):
        person = factories.ResidenceFactory(household=home).resident
        factories.AbsenceFactory(resident=person, expected_on=day(n))
        factories.StayNoticeFactory(household=home)
        business = factories.BusinessFactory(neighbourhood=area)
        factories.CertificateFactory(business=business, expires_on=day(n))
        factories.InspectionFactory(business=business, planned_on=day(n))
        factories.FindingFactory(inspection__business=business, due_on=day(n))
        factories.GroupFactory(neighbourhood=area, founded_on=day(100 + n))


# --- a kind that is assigned, and due at an hour ------------------------------------------------


@pytest.fixture
def calls(monkeypatch, area_a, area_b, officer_a):
    """A kind as incidents have it: due at an hour; the rows of b whose guest is "Giao A" are
    assigned to officer a."""

    def assigned(officer):
        return Q(guest_name="Giao A") if officer.pk == officer_a.pk else Q(pk__in=[])

    def rows(user, on, until):
        own = Q(pk__in=StayNotice.objects.visible_to(user).values("pk")) | assigned(user)
        end = dt.datetime.combine(until + dt.timedelta(days=1), dt.time(), worklist_zone())
        return StayNotice.objects.filter(own, arrived_at__lt=end)

    kind = Work(
        kind="call",
        label="Gọi",
        permission="households.view_staynotice",
        rows=rows,
        day=TruncDate("arrived_at"),
        at="arrived_at",
        name="guest_name",
        detail="reason",
        url=page_of(StayNotice),
        assigned=assigned,
    )
    for module in (worklist, __import__("kylien.portal.forms", fromlist=["all_work"])):
        monkeypatch.setattr(module, "all_work", lambda: (kind,))
    homes = [factories.HouseholdFactory(neighbourhood=area) for area in (area_a, area_b)]
    for home, name, hour in (
        (homes[0], "Của A", 9),
        (homes[1], "Của B", 15),
        (homes[1], "Giao A", 14),
    ):
        at = timezone.localtime().replace(hour=hour, minute=30)
        factories.StayNoticeFactory(household=home, guest_name=name, arrived_at=at)
    return kind


def worklist_zone():
    return timezone.get_current_timezone()


def test_what_is_assigned_is_his_wherever_it_lies(
    client_for, chief, officer_a, officer_b, area_b, calls
):
    assert sorted(names(get(client_for(officer_a)))) == ["Của A", "Giao A"]
    assert sorted(names(get(client_for(officer_b)))) == ["Của B", "Giao A"]
    client = client_for(chief)
    assert sorted(names(get(client, officer=officer_a.pk))) == ["Của A", "Giao A"]
    assert sorted(names(get(client, officer=officer_b.pk))) == ["Của B", "Giao A"]
    here = get(client, officer=officer_a.pk, neighbourhood=area_b.pk)
    assert names(here) == ["Giao A"]
    assert client_for(officer_a).get("/worklist/digest/").status_code == 200


def test_an_hour_is_shown_and_past_it_a_row_is_late(chief, calls, on):
    now = timezone.localtime().replace(hour=14, minute=0)
    items = Worklist(chief, on, Span.ahead(on), now=now).page(0, 9)
    told = {item.name: (item.hour, item.tone, item.state, item.badge) for item in items}
    assert told == {
        "Của A": ("09:30", "late", "Quá giờ 09:30", "Quá giờ 09:30"),
        "Của B": ("15:30", "due", "15:30", "Hôm nay 15:30"),
        "Giao A": ("14:30", "due", "14:30", "Hôm nay 14:30"),
    }


# --- paper --------------------------------------------------------------------------------------


def test_the_week_sheet_has_a_box_and_a_note_for_each_row(
    client_for, chief, officer_a, ward, due, on
):
    week = Week.containing(on)
    response = client_for(chief).get("/worklist/print/", {"officer": officer_a.pk})
    page = response.content.decode()
    rows = sum(len(group["items"]) for group in response.context["groups"])
    assert rows >= 2
    assert page.count("□") == rows
    assert page.count("<td></td>") == rows
    for words in (ward.police, officer_a.full_name_label, f"PHIẾU VIỆC TUẦN {week.number}"):
        assert words in page
    assert "Người B" not in page
    [entry] = AuditEntry.objects.filter(action="print")
    assert (entry.user, entry.table) == (chief, "households.residence")
    assert f'"rows":{rows}' in entry.values.replace(" ", "")
    assert officer_a.full_name_label in entry.values


def test_an_officers_own_sheet_bears_his_name(client_for, officer_a, due):
    page = client_for(officer_a).get("/worklist/print/").content.decode()
    assert f"<p>{officer_a.full_name_label}</p>" in page
    assert "Người B" not in page


def test_a_sheet_that_would_be_too_long_says_what_is_not_on_it(
    client_for, chief, area_a, monkeypatch
):
    monkeypatch.setattr(views, "PRINTED", 2)
    due_in(area_a, -3, -2, -1)
    page = client_for(chief).get("/worklist/print/").content.decode()
    assert "Cộng 2 việc. Còn 1 việc không in trên phiếu này" in page
    assert page.count("□") == 2


def test_a_sheet_shows_no_more_of_people_than_the_list(client_for, chief, area_a, on):
    due_in(area_a, 0)
    numbers = re.findall(r"0\d{8,11}", client_for(chief).get("/worklist/print/").content.decode())
    assert numbers == []


# --- menu ---------------------------------------------------------------------------------------


def test_the_worklist_stands_behind_home_in_the_menu_and_on_the_phone(client_for, duty, leader):
    context = client_for(duty).get("/").context
    assert [item["label"] for item in context["nav"]][:2] == ["Trang chủ", "Việc cần làm"]
    assert [item["label"] for item in context["nav_phone"]] == [
        "Trang chủ",
        "Việc",
        "Hộ",
        "Nhân khẩu",
        "Vụ việc",
    ]
    assert "Báo cáo tháng" in [item["label"] for item in context["nav"]]
    bar = client_for(leader).get("/").context["nav_phone"]
    assert [item["label"] for item in bar] == ["Trang chủ", "Báo cáo"]


def test_the_entry_is_marked_on_all_pages_of_the_worklist(client_for, chief):
    for address in ADDRESSES:
        nav = client_for(chief).get(address).context["nav"]
        assert [item["label"] for item in nav if item["active"]] == ["Việc cần làm"]
