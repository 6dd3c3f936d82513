"""The home page: by role, each figure a link to exactly the rows it counts."""

import datetime as dt
import re

import pytest
from django.utils import timezone

from businesses.models import Business
from businesses.rules import in_words, quarter_to_collect
from kylien.accounts.models import Role
from kylien.core.periods import Month
from kylien.core.text import format_number
from reports.disclosure import Shown
from tests import factories
from tests.factories import day

pytestmark = pytest.mark.django_db


@pytest.fixture
def busy(area_a, area_b):
    for area, households in ((area_a, 7), (area_b, 2)):
        homes = [factories.HouseholdFactory(neighbourhood=area) for _ in range(households)]
        group = factories.GroupFactory(neighbourhood=area)
        for home in homes[:-1]:
            factories.MembershipFactory(group=group, household=home)
        for ago in (3, 30, 60):
            factories.ResidenceFactory(household=homes[0], started_on=day(ago))
        for left in (-2, 0, 10, 29, 31):
            factories.ResidenceFactory(household=homes[0], temporary=True, expires_on=day(-left))
        business = factories.BusinessFactory(neighbourhood=area)
        factories.CertificateFactory(business=business, expires_on=day(-3))
        factories.CertificateFactory(business=business, kind_code="fire", expires_on=day(2))
        fresh = factories.CertificateFactory(
            business=business, kind_code="trade", issued_on=day(50), expires_on=None
        )
        fresh.kind.post_check = True
        fresh.kind.save()
        factories.InspectionFactory(business=business, planned_on=day(-9))
        factories.FindingFactory(inspection__business=business, due_on=day(-8))
        factories.BusinessFactory(neighbourhood=area, sector=factories.sector("eating"))
        factories.BusinessFactory(neighbourhood=area, sector=factories.sector("company"))
        factories.StayNoticeFactory(household=homes[0])
        for _ in range(6):
            factories.IncidentFactory(neighbourhood=area)
        late_outreach(area, group)


def late_outreach(area, group):
    """Make what is late with groups and joint work, and beside each what is not."""
    factories.MeetingFactory(group=group, held_on=day(89))
    silent = factories.GroupFactory(neighbourhood=area)
    factories.MeetingFactory(group=silent, held_on=day(91))
    factories.GroupFactory(neighbourhood=area, dissolved_on=day(5))
    session = factories.ActivityFactory(neighbourhood=area)
    once = factories.CommitmentFactory(due_on=day(1))
    for ago in (-1, 0, 1):
        factories.GroupRequestFactory(group=group, due_on=day(ago))
        factories.QuestionFactory(activity=session, due_on=day(ago))
        factories.FulfilmentFactory(commitment=once, due_on=day(ago))
    done = {"due_on": day(9), "done_on": day(8)}
    factories.GroupRequestFactory(group=group, result="Đã sửa", **done)
    factories.QuestionFactory(activity=session, result="Đã trả lời", **done)
    factories.FulfilmentFactory(commitment=once, evidence="Biên bản", **done)
    ended = factories.CommitmentFactory(due_on=day(3), ended_on=day(1))
    factories.FulfilmentFactory(commitment=ended)


def url_of(row):
    return row.get_absolute_url()


def items_of(client):
    """List the work shown, without the month's report: some days of a month bring it."""
    items = client.get("/").context["due"]["items"]
    return [item for item in items if not item["url"].startswith("/reports/")]


def figures(context):
    """List every `(number, address)` that the page shows as a link."""
    for tile in context["tiles"]:
        yield tile["value"], tile["url"]
        for note in tile["notes"]:
            yield note["text"], note["url"]
    for one in context["due"]["counts"]:
        yield one["value"], one["url"]
    for row in context["areas"]["rows"]:
        for cell in row["cells"]:
            yield cell["value"], cell["url"]
    for chart in context["charts"]:
        for row in chart["table"]["rows"]:
            for cell in row["cells"]:
                yield cell["value"], cell["url"]


@pytest.mark.parametrize("who", [Role.CHIEF, Role.DUTY_OFFICER, Role.CLERK, "officer_a"])
def test_every_figure_opens_exactly_the_rows_it_counts(busy, client_for, officer_a, who):
    user = officer_a if who == "officer_a" else factories.UserFactory(role=who)
    client = client_for(user)
    followed = {}
    for shown, address in figures(client.get("/").context):
        if not address:
            assert "%" in shown, shown  # a share: the counts beside it have their links
            continue
        number = re.search(r"[\d.]+", shown)[0]
        if address not in followed:
            followed[address] = client.get(address).context["page"]["count"]
        assert followed[address] == number, (shown, address)
    assert sum(int(n) for n in followed.values()) > 60


def test_a_leader_reads_the_newest_published_report(busy, leader, chief, client_for, on):
    client = client_for(leader)
    context = client.get("/").context
    assert context["unpublished"]
    assert not [part for part in ("tiles", "areas", "charts", "due") if part in context]
    ended = Month.containing(on).previous()
    report = factories.report_in(month=ended, user=chief)
    factories.report_in(month=ended.previous(), user=chief)
    for _ in range(7):
        factories.IncidentFactory(occurred_at=ended.period.start_at)
    context = client.get("/").context
    assert context["latest"].report == report
    assert "due" not in context
    frozen = {row["label"]: row["now"] for row in report.frozen.read()["figures"]}
    for tile in context["tiles"]:
        number = frozen[tile["label"]]
        assert tile["value"] in ({"<5"} if number < 5 else {format_number(number), "—"})
        assert (tile["url"], tile["notes"]) == ("", [])
    assert context["tiles"][0]["value"] == "9"
    # Area b's two households would follow from the ward's nine: area a's are withheld.
    assert [row["cells"][0]["value"] for row in context["areas"]["rows"]] == ["—", "<5"]
    assert "officer" not in context["areas"]["rows"][0]
    labels = [row["label"] for row in context["charts"][0]["table"]["rows"]]
    assert (len(labels), labels[0]) == (12, ended.label)


def test_a_leader_is_told_what_became_of_his_remarks(ward, leader, chief, client_for, on):
    report = factories.report_in(user=chief)
    other = factories.UserFactory(role=Role.LEADER)
    answered = {"report": report, "owner": chief, "answer": "Đã làm rõ", "done_on": on}
    mine = factories.ReportRemarkFactory(author=leader, **answered)
    factories.ReportRemarkFactory(author=leader, report=report, owner=chief)
    factories.ReportRemarkFactory(author=other, **answered)
    response = client_for(leader).get("/")
    assert list(response.context["remarks"]) == [mine]
    assert f'href="{report.get_absolute_url()}#remarks"' in response.content.decode()


def test_the_words_of_what_is_due_are_true_of_the_rows_they_count(busy, chief, client_for, on):
    quarter = quarter_to_collect(on)
    owing = Business.objects.expected_to_report(quarter).count()
    context = client_for(chief).get("/").context
    [temporary] = [tile for tile in context["tiles"] if tile["label"] == "Tạm trú"]
    assert [note["text"] for note in temporary["notes"]] == ["8 đến hạn, quá hạn"]
    counts = {one["label"]: one["value"] for one in context["due"]["counts"]}
    assert counts == {
        "tin chưa phân loại": "12",
        "tạm trú quá hạn": "2",
        "tạm trú đến hạn, quá hạn": "8",
        "lưu trú chưa xác nhận": "2",
        "cơ sở có giấy đến hạn, quá hạn": "2",
        "cơ sở thiếu giấy phải có": "2",
        "cơ sở chờ hậu kiểm": "2",
        "cuộc kiểm tra đến hạn": "2",
        "nơi chưa khắc phục": "2",
        f"cơ sở chưa nộp báo cáo {in_words(quarter)}": str(owing),
        "nơi chưa xác nhận liên hệ": "2",
        "tổ liên gia im ắng": "2",
        "kiến nghị của tổ quá hạn": "2",
        "ý kiến của dân quá hạn": "2",
        "cam kết liên tịch quá hạn": "2",
        "việc chưa đồng bộ": "16",
    }


@pytest.mark.parametrize(("ago", "word"), [(0, "Đến hôm nay"), (1, "Đến hôm qua"), (9, None)])
def test_confirming_a_stay_has_no_deadline_to_be_past(chief, client_for, on, ago, word):
    arrived = timezone.localtime().replace(hour=0, minute=1) - dt.timedelta(days=ago)
    factories.StayNoticeFactory(arrived_at=arrived, leaves_on=on)
    [item] = items_of(client_for(chief))
    assert (item["tone"], item["badge"]) == ("due", word or f"Đến {day(ago):%d/%m}")


def test_superuser_sees_the_way_to_the_admin_alone(busy, superuser, client_for):
    context = client_for(superuser).get("/").context
    assert context["admin_url"] == "/admin/"
    assert "tiles" not in context


def test_it_costs_the_same_empty_and_busy(
    request, ward, officer_a, client_for, django_assert_max_num_queries
):
    client = client_for(officer_a)
    client.get("/")
    with django_assert_max_num_queries(15):
        client.get("/")
    request.getfixturevalue("busy")
    with django_assert_max_num_queries(15):
        client.get("/")


class TestShown:
    def test_small_counts_are_hidden_from_leaders_alone(self):
        numbers = {"a": 4, "b": 5, "c": 1045}
        assert [Shown(numbers, False)[key] for key in "abc"] == ["4", "5", "1.045"]
        assert [Shown(numbers, True)[key] for key in "abc"] == ["<5", "5", "1.045"]

    def test_one_hidden_part_of_a_known_total_hides_the_next_smallest(self):
        numbers = {"a": 2, "b": 9, "c": 30}
        shown = Shown(numbers, True, ["abc"])
        assert [shown[key] for key in "abc"] == ["<5", "—", "30"]
        both = Shown({"a": 2, "b": 3, "c": 30}, True, ["abc"])
        assert [both[key] for key in "abc"] == ["<5", "<5", "30"]

    @pytest.mark.parametrize(
        ("part", "shown"), [(20, "—"), (18, "—"), (16, "—"), (15, "15"), (5, "5"), (4, "<5")]
    )
    def test_a_part_is_hidden_where_few_are_left_of_its_total(self, part, shown):
        numbers = {"all": 20, "part": part}
        found = Shown(numbers, True, pairs=[("all", "part")])
        assert [found["all"], found["part"]] == ["20", shown]
        assert Shown(numbers, False, pairs=[("all", "part")])["part"] == str(part)
        assert Shown({"all": 20}, True, pairs=[("all", "part")])["all"] == "20"

    def test_differences_need_both_sides(self):
        now, before = Shown({"a": 9, "b": 9}, True), Shown({"a": 12, "b": 3}, True)
        assert now.difference("a", before) == "−3"
        assert now.difference("b", before) == ""


def test_an_officer_without_a_beat_is_told_so(client_for, busy):
    user = factories.UserFactory(role=Role.AREA_OFFICER)
    context = client_for(user).get("/").context
    assert "chưa được phân công địa bàn" in context["note"]
    assert "tiles" not in context


def test_what_is_due_with_businesses_is_told_with_its_day(chief, client_for, on):
    place = factories.BusinessFactory(name="Karaoke Sao", sector=factories.sector("lpg"))
    check = factories.CertificateFactory(business=place, issued_on=day(50), expires_on=None)
    visit = factories.InspectionFactory(business=place, planned_on=day(-4))
    found = factories.FindingFactory(inspection__business=place, due_on=day(6))
    paper = factories.CertificateFactory(
        business=place, kind_code="fire", number="9/PCCC", expires_on=day(-7)
    )
    items = items_of(client_for(chief))
    told = [(item["title"], item["detail"], item["day"], item["url"]) for item in items]
    area = place.neighbourhood
    assert told == [
        ("Khắc phục: Karaoke Sao", f"{found.finding} · {area}", day(6), url_of(found.inspection)),
        ("Kiểm tra: Karaoke Sao", f"{visit.code} · {area}", day(-4), url_of(visit)),
        (f"{paper.kind}: Karaoke Sao", f"Số 9/PCCC · {area}", day(-7), url_of(place)),
        ("Hậu kiểm: Karaoke Sao", f"Số {check.number} · {area}", day(-10), url_of(place)),
    ]


def test_a_check_that_is_weeks_away_hides_nothing_overdue(chief, client_for):
    calm = {"business__sector": factories.sector("lpg")}  # owes no quarterly return
    for _ in range(12):
        factories.CertificateFactory(issued_on=day(35), expires_on=None, **calm)
    late = factories.CertificateFactory(kind_code="fire", expires_on=day(20), **calm)
    visit = factories.InspectionFactory(planned_on=day(15), **calm)
    titles = [item["title"] for item in items_of(client_for(chief))]
    assert titles[0] == f"{late.kind}: {late.business.name}"
    assert f"Kiểm tra: {visit.business.name}" in titles


def test_the_list_of_work_leads_to_the_whole_of_it(busy, officer_a, client_for):
    page = client_for(officer_a).get("/").content.decode()
    assert '<a class="card-more" href="/worklist/">Xem tất cả' in page
