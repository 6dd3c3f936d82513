"""The overview of sectors and the page of one: numbers, the rows behind them, papers of a day."""

import datetime as dt
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.html import strip_tags

from businesses.rules import contact_since, quarter_to_collect
from kylien.accounts.models import User
from kylien.audit.models import AuditEntry
from tests.factories import (
    BusinessFactory,
    CertificateFactory,
    FindingFactory,
    InspectionFactory,
    LiaisonNoteFactory,
    QuarterlyReturnFactory,
    ResidenceFactory,
    SectorRuleFactory,
    StateChangeFactory,
    day,
    sector,
)

pytestmark = pytest.mark.django_db

OVERVIEW = "/sectors/"
KARAOKE = "/sectors/karaoke/"
KINDS = ("security", "fire", "trade")  # what a karaoke bar must hold


def codes(response):
    assert response.status_code == 200
    return [strip_tags(row[0][2]) for row in response.context["table"]["rows"]]


def cell(response, label):
    """Return the words of the first row's cell under a heading, None where there is no such."""
    row = response.context["table"]["rows"][0]
    return next((strip_tags(html) for _, head, html in row if head == label), None)


def overview(client):
    """Return `{(sector's code, label): figure}` of the overview."""
    response = client.get(OVERVIEW)
    assert response.status_code == 200
    return {
        (row.sector.code, figure.label): figure
        for row in response.context["rows"]
        for figure in row.figures
    }


def fit(business, *without, **kinds):
    """Give a karaoke bar its papers, but for some; a kind may be given other fields."""
    for kind in set(KINDS) - set(without):
        fields = {"expires_on": None, **kinds.get(kind, {})}
        CertificateFactory(business=business, kind_code=kind, **fields)
    return business


@pytest.fixture
def some_of_everything(area_a, area_b):
    """Fill two beats with businesses that need each thing, and such as just do not."""
    quarter = quarter_to_collect(day())
    for area in (area_a, area_b):
        whole = fit(BusinessFactory(neighbourhood=area))
        InspectionFactory(business=whole, held=True, held_on=day(), noticed_on=None)
        QuarterlyReturnFactory(
            business=whole,
            year=quarter.year,
            quarter=quarter.number,
            received_on=quarter.last_day,
        )
        bare = fit(BusinessFactory(neighbourhood=area), "fire")
        InspectionFactory(business=bare, planned_on=dt.date(day().year, 12, 31))
        fit(BusinessFactory(neighbourhood=area, state="closed"), "fire")
        fit(BusinessFactory(neighbourhood=area), security={"expires_on": day(1)})
        fit(BusinessFactory(neighbourhood=area), security={"expires_on": day(-30)})
        fit(BusinessFactory(neighbourhood=area), security={"expires_on": day(-31)})
        fit(BusinessFactory(neighbourhood=area), security={"issued_on": day(20)})
        seen = fit(BusinessFactory(neighbourhood=area, state="suspended"))
        FindingFactory(inspection__business=seen, due_on=day(-30))
        FindingFactory(inspection__business=whole, due_on=day(-31))
        for code in ("company", "project"):
            known, forgotten = BusinessFactory.create_batch(
                2, neighbourhood=area, sector=sector(code)
            )
            LiaisonNoteFactory(business=known, met_on=contact_since(day()), confirms_contact=True)
            LiaisonNoteFactory(
                business=forgotten,
                met_on=contact_since(day()) - dt.timedelta(days=1),
                confirms_contact=True,
            )
    BusinessFactory(neighbourhood=area_b, sector=sector("eating"))


@pytest.mark.parametrize("who", ["chief", "officer_a"])
def test_each_number_opens_as_many_rows(request, client_for, who, some_of_everything):
    client = client_for(User.objects.get(pk=request.getfixturevalue(who).pk))
    figures = overview(client)
    tried = set()
    for (code, label), figure in figures.items():
        if figure.number:
            assert len(codes(client.get(figure.url))) == figure.number, (code, label)
            tried.add(label)
    assert tried == {label for _, label in figures}, "each figure is tried"
    beats = 2 if who == "chief" else 1
    year, quarter = day().year, quarter_to_collect(day())
    expected = {
        ("karaoke", "Cơ sở"): 7,
        ("karaoke", "Thiếu giấy"): 1,
        ("karaoke", "Giấy hết hạn"): 1,
        ("karaoke", "Sắp hết hạn"): 1,
        ("karaoke", "Chờ hậu kiểm"): 1,
        ("karaoke", f"Chưa kiểm tra {year}"): 6 - (day(20).year == year),
        ("karaoke", "Đã có kế hoạch"): 1,
        ("karaoke", "Hạn khắc phục"): 1,
        ("company", "Cơ sở"): 2,
        ("company", "Chưa xác nhận liên hệ"): 1,
        ("project", "Chưa xác nhận liên hệ"): 1,
    }
    found = {key: figures[key].number for key in expected}
    assert found == {key: number * beats for key, number in expected.items()}
    missing = figures["karaoke", f"Chưa nộp quý {quarter.label.removeprefix('Quý ')}"]
    assert "/quarterly-returns/" in missing.url
    assert "state=missing" in missing.url


def test_the_page_of_a_sector_shows_the_numbers_of_the_overview(
    client_for, chief, some_of_everything
):
    client = client_for(chief)
    figures = overview(client)
    for code in ("karaoke", "company", "project"):
        shown = client.get(f"/sectors/{code}/").context["figures"]
        assert shown
        for figure in shown:
            if figure.label == "Thiếu, hết hạn giấy":  # the overview tells them apart
                both = ("Thiếu giấy", "Giấy hết hạn")
                assert figure.number == sum(figures[code, one].number for one in both)
            else:
                assert figure.number == figures[code, figure.label].number
            if figure.number:
                assert len(codes(client.get(figure.url))) == figure.number, figure


def test_a_sector_without_a_business_of_the_users_stands_below(client_for, officer_a, area_b):
    BusinessFactory(neighbourhood=area_b, sector=sector("eating"))
    context = client_for(officer_a).get(OVERVIEW).context
    assert context["rows"] == []
    assert "eating" in [row.sector.code for row in context["others"]]


def test_the_overview_says_what_is_conditional_and_what_no_longer_is(client_for, chief):
    for code in ("karaoke", "lpg", "eating"):
        BusinessFactory(sector=sector(code))
    told = {
        row.sector.code: (row.conditional, row.told)
        for row in client_for(chief).get(OVERVIEW).context["rows"]
    }
    assert told["karaoke"][0]
    assert "NĐ 96/2016" in told["karaoke"][1]
    assert not told["lpg"][0]
    assert "Không còn" in told["lpg"][1]
    assert "15/03/2026" in told["lpg"][1]
    assert told["eating"] == (False, "Không có điều kiện về ANTT")


def test_only_the_rows_of_the_sector_and_of_the_beat(client_for, officer_a, area_a, area_b):
    own = BusinessFactory(neighbourhood=area_a)
    other = BusinessFactory(neighbourhood=area_b)
    BusinessFactory(neighbourhood=area_a, sector=sector("pawnshop"))
    client = client_for(officer_a)
    assert codes(client.get(KARAOKE)) == [own.code]
    for query in (f"?q={other.code}", f"?neighbourhood={area_b.pk}", "?state=all&papers=lacking"):
        assert other.code not in codes(client.get(KARAOKE + query))
    sent = b"".join(client.post(KARAOKE, {"_export": "csv"}).streaming_content).decode()
    assert own.code in sent
    assert other.code not in sent


def test_an_unknown_sector_is_404(client_for, chief):
    for code in ("khong-co", "9" * 300, "KARAOKE"):
        assert client_for(chief).get(f"/sectors/{code}/").status_code == 404


def test_who_may(client_for, leader, superuser, duty, area_a):
    BusinessFactory(neighbourhood=area_a)
    for user in (leader, superuser):
        for address in (OVERVIEW, KARAOKE, "/sectors/khong-co/"):
            assert client_for(user).get(address).status_code == 403
    desk = client_for(duty)
    assert desk.get(OVERVIEW).status_code == desk.get(KARAOKE).status_code == 200
    assert desk.post(KARAOKE, {"_export": "csv"}).status_code == 403


class TestPapers:
    def test_what_lacks_has_expired_and_is_due_is_told(self, client_for, chief, area_a):
        bar = fit(
            BusinessFactory(neighbourhood=area_a),
            "fire",
            security={"expires_on": day(1)},
            trade={"expires_on": day(-5)},
        )
        client = client_for(chief)
        told = client.get(KARAOKE).context["table"]["rows"][0].html()
        for words in (
            f"GCN đủ điều kiện ANTT hết hạn {day(1):%d/%m/%Y}",
            "Thiếu Nghiệm thu, thẩm duyệt PCCC",
            f"Giấy phép kinh doanh ngành nghề sắp hết hạn {day(-5):%d/%m/%Y}",
        ):
            assert words in told
        for kind in ("security", "trade"):
            bar.certificates.filter(kind=kind).update(expires_on=None)
        CertificateFactory(business=bar, kind_code="fire", expires_on=None)
        assert cell(client.get(KARAOKE), "Giấy tờ") == "Đủ giấy"

    def test_the_filter_and_the_words_agree_on_any_day(self, client_for, chief, area_a):
        bar = fit(BusinessFactory(neighbourhood=area_a, opened_on=dt.date(2020, 1, 1)))
        bar.certificates.update(issued_on=dt.date(2026, 1, 10), expires_on=dt.date(2026, 6, 30))
        client = client_for(chief)
        for asked, lacks in (
            ("09/01/2026", True),
            ("10/01/2026", False),
            ("30/06/2026", False),
            ("01/07/2026", True),
        ):
            page = client.get(f"{KARAOKE}?on={asked}")
            words = cell(page, f"Giấy tờ ngày {asked}")
            assert ("Thiếu" in words or " hết hạn" in words.replace("sắp hết hạn", "")) == lacks
            listed = codes(client.get(f"{KARAOKE}?on={asked}&papers=lacking"))
            assert bool(listed) == lacks, asked

    def test_a_day_before_gas_was_freed_asks_for_its_security_paper(self, client_for, chief):
        BusinessFactory(sector=sector("lpg"), opened_on=dt.date(2020, 1, 1))
        client = client_for(chief)
        for asked, conditional in (("14/03/2026", True), ("15/03/2026", False)):
            page = client.get(f"/sectors/lpg/?on={asked}")
            assert ("ANTT" in cell(page, f"Giấy tờ ngày {asked}")) == conditional
            subtitle = page.context["subtitle"]
            assert asked in subtitle
            assert ("có điều kiện" in subtitle) == conditional
            assert ("không còn" in subtitle) != conditional

    def test_a_past_day_lists_who_traded_then(self, client_for, chief):
        closed = BusinessFactory(state="closed")  # ten days ago
        client = client_for(chief)
        assert codes(client.get(f"{KARAOKE}?on={day(11):%d/%m/%Y}")) == [closed.code]
        assert codes(client.get(f"{KARAOKE}?on={day(10):%d/%m/%Y}")) == []
        assert codes(client.get(KARAOKE)) == []

    def test_an_eating_place_tells_the_papers_it_holds(self, client_for, chief):
        place = BusinessFactory(sector=sector("eating"))
        CertificateFactory(business=place, kind_code="fire", expires_on=day(-5))
        page = client_for(chief).get("/sectors/eating/")
        assert cell(page, "Giấy tờ").endswith(f"sắp hết hạn {day(-5):%d/%m/%Y}")
        assert cell(page, "Báo cáo quý") is None
        assert cell(page, "Nhóm PCCC") is not None


class TestColumns:
    def test_a_conditional_sector(self, client_for, chief, area_a):
        bar = BusinessFactory(neighbourhood=area_a)
        InspectionFactory(business=bar, held=True, held_on=day(20))
        InspectionFactory(business=bar, planned_on=day(-9))
        FindingFactory(
            inspection__business=bar,
            due_on=day(2),
            inspection__noticed_on=None,
            inspection__held_on=day(40),
        )
        page = client_for(chief).get(KARAOKE)
        assert cell(page, "Kiểm tra") == f"{day(20):%d/%m/%Y}"
        assert cell(page, "Kế hoạch") == f"{day(-9):%d/%m/%Y}"
        assert cell(page, "Khắc phục") == "Quá hạn 2 ngày"
        assert cell(page, "Báo cáo quý") == "Chưa nộp"
        assert cell(page, "Liên hệ") is None

    def test_a_company_and_its_workforce_as_far_as_seen(
        self, client_for, chief, officer_a, area_a, area_b
    ):
        firm = BusinessFactory(sector=sector("company"), neighbourhood=area_a)
        for area in (area_a, area_a, area_b):
            ResidenceFactory(household__neighbourhood=area, temporary=True, employer=firm)
        since = contact_since(day())
        LiaisonNoteFactory(business=firm, met_on=since, confirms_contact=True)
        for user, count in ((chief, "3"), (officer_a, "2")):
            page = client_for(User.objects.get(pk=user.pk)).get("/sectors/company/")
            assert cell(page, "Lao động") == count
            assert cell(page, "Liên hệ") == f"{since:%d/%m/%Y}"
            assert cell(page, "Giấy tờ") is None

    def test_a_suspended_one_is_told_in_its_name(self, client_for, chief):
        BusinessFactory(name="Sao Đêm", state="suspended")
        client = client_for(chief)
        assert cell(client.get(KARAOKE), "Tên cơ sở") == "Sao Đêm · Tạm ngừng"
        sent = b"".join(client.post(KARAOKE, {"_export": "csv"}).streaming_content).decode()
        assert "Sao Đêm · Tạm ngừng" in sent

    def test_the_export_has_the_columns_of_the_page(self, client_for, chief):
        fit(BusinessFactory(), "fire")
        client = client_for(chief)
        heads = [head["label"] for head in client.get(KARAOKE).context["table"]["head"]]
        sent = b"".join(client.post(KARAOKE, {"_export": "csv"}).streaming_content)
        lines = sent.decode("utf-8-sig").splitlines()
        assert re.split(",(?! )", lines[0].replace('"', "")) == heads
        assert "Thiếu Nghiệm thu" in lines[1]

    def test_the_trail_says_of_which_sector_the_rows_left(self, client_for, chief):
        BusinessFactory()
        b"".join(client_for(chief).post(KARAOKE, {"_export": "csv"}).streaming_content)
        entry = AuditEntry.objects.latest("pk")
        assert "Karaoke" in entry.values


def test_new_rules_of_the_chief_change_the_page_that_day(client_for, chief):
    eating = sector("eating")
    BusinessFactory(sector=eating)
    SectorRuleFactory(sector=eating, valid_from=day(), legal_basis="NĐ 1/2027")
    page = client_for(chief).get("/sectors/eating/")
    assert "Có điều kiện về ANTT (NĐ 1/2027)" in page.context["subtitle"]
    assert "Chưa kiểm tra" in " ".join(figure.label for figure in page.context["figures"])


@pytest.mark.parametrize("junk", ["\0", "x" * 5000, "-7", "9" * 20, "31/02/2026", "01/01/0001"])
def test_junk_in_the_address_is_no_error(client_for, chief, junk):
    BusinessFactory()
    client = client_for(chief)
    for name in ("q", "page", "sort", "neighbourhood", "papers", "work", "state", "on"):
        assert client.get(KARAOKE, {name: junk}).status_code == 200, name
    assert client.get(OVERVIEW, {"on": junk}).status_code == 200


@pytest.mark.parametrize("code", ["karaoke", "company", "eating", "lpg"])
def test_as_many_queries_for_fifty_rows_as_for_one(client_for, officer_a, area_a, code):
    client, counts = client_for(officer_a), []
    client.get("/households/")  # the session is written once
    for new in (1, 49):
        for row in BusinessFactory.create_batch(new, sector=sector(code), neighbourhood=area_a):
            CertificateFactory(business=row, expires_on=day(-5))
            InspectionFactory(business=row)
            FindingFactory(inspection__business=row)
            LiaisonNoteFactory(business=row, confirms_contact=True)
            QuarterlyReturnFactory(business=row)
            StateChangeFactory(business=row, state="open")
        with CaptureQueriesContext(connection) as queries:
            assert codes(client.get(reverse("sector-list", args=[code])))
        counts.append(len(queries))
        with CaptureQueriesContext(connection) as queries:
            assert client.get(OVERVIEW).status_code == 200
        counts.append(len(queries))
    assert counts[:2] == counts[2:]
    assert max(counts) <= 12
