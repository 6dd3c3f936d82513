"""What was reported, over the months: a leader's pages, and the station's beside them."""

import datetime as dt
import re
from collections import defaultdict

import pytest
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st

from incidents.models import IncidentType
from kylien.accounts.models import Role
from kylien.core import charts
from kylien.core.periods import Month
from reports.content import Content
from reports.disclosure import SMALL, Shown
from reports.models import MonthlyReport
from reports.views import leaders
from tests import factories
from tests.factories import day, report_in

pytestmark = pytest.mark.django_db

State = MonthlyReport.State
PRIME = 2**61 - 1
LEADERS_OWN = re.compile(r"^(/|/reports/.*|/monthly-reports/.*|/shortcomings/.*|/accounts/.*|#.*)$")
PAGES = ("report-list", "report-trends", "report-areas", "report-compare")


@pytest.fixture
def ended(on):
    """The last month that is over."""
    return Month.containing(on).previous()


@pytest.fixture
def areas(ward):
    return [factories.NeighbourhoodFactory(ward=ward, name=f"Tổ dân phố {n}") for n in "ABC"]


def happen(month, area, kind, count, **fields):
    at = month.period.start_at + dt.timedelta(hours=9)
    for _ in range(count):
        factories.IncidentFactory(neighbourhood=area, type=kind, occurred_at=at, **fields)


@pytest.fixture
def kinds():
    tops = IncidentType.objects.filter(parent=None, crowd=False).order_by("position", "pk")
    return [top.children.filter(crowd=False).first() for top in tops][:4]


@pytest.fixture
def lively(areas, kinds, ended):
    """Three months with events large and small: (month: {area: {kind: number}})."""
    a, b, c = areas
    for area, homes in ((a, 9), (b, 7), (c, 2)):
        rows = [factories.HouseholdFactory(neighbourhood=area) for _ in range(homes)]
        group = factories.GroupFactory(neighbourhood=area)
        for home in rows[: homes - 2]:
            factories.MembershipFactory(group=group, household=home)
        for count, start in ((8 if area is a else 3, 5), (6, 400)):
            for _ in range(count):
                begun = ended.period.start + dt.timedelta(days=1)
                factories.ResidenceFactory(
                    household=rows[0], started_on=begun if start == 5 else day(start)
                )
    one, two, three, four = kinds
    for month in (ended, ended.previous(), ended.same_month_last_year()):
        happen(month, a, one, 12, state="resolved")
        happen(month, a, two, 6)
        happen(month, b, one, 7)
        happen(month, b, two, 5)
        happen(month, b, three, 3)
        happen(month, c, one, 1)
        happen(month, c, four, 8)
    return a, b, c


@pytest.fixture
def reported(lively, ended):
    """Three published reports, the newest first, and beside them a draft."""
    year_ago = report_in(month=ended.same_month_last_year())
    before = report_in(month=ended.previous())
    last = report_in(month=ended)
    report_in(State.DRAFT, month=ended.previous().previous())
    return last, before, year_ago


def main(response):
    """Return the page without the frame around it: the rail has addresses of its own."""
    page = response.content.decode()
    return page[page.index("<main") : page.index("</main>")]


def never_counted(monkeypatch):
    """Let every count of the registers fail."""

    def refuse(*args, **kwargs):
        raise AssertionError("a leader's page counts")

    for module in ("reports.figures", "reports.content", "reports.views.leaders"):
        monkeypatch.setattr(f"{module}.read", refuse)
    monkeypatch.setattr("reports.views.months.read", refuse)
    monkeypatch.setattr("kylien.portal.home.count_all", refuse)
    monkeypatch.setattr("kylien.portal.home.count_by", refuse)


def rows_of(context):
    return {row["label"]: row for section in context["sections"] for row in section["rows"]}


# --- what a leader sees ---------------------------------------------------------------------------


def test_without_a_published_report_a_leader_is_told_so(leader, client_for, ended, lively):
    report_in(State.APPROVED, month=ended)
    client = client_for(leader)
    for address in ("/", *map(reverse, PAGES)):
        response = client.get(address)
        assert response.status_code == 200, address
        assert "Chưa có báo cáo nào được phát hành" in main(response), address
        assert "<table" not in main(response), address


def leader_addresses(client, areas, last):
    """List a leader's pages over the months, each neighbourhood and each figure of the areas."""
    keys = [row["key"] for row in last.frozen.read()["figures"]]
    base = reverse("report-areas")
    return [
        "/",
        *map(reverse, PAGES),
        *(f"{base}?area={area.pk}" for area in areas),
        *(f"{base}?figure={key}" for key in keys),
        f"{base}?month={last.as_month.previous()}",
        f"{reverse('report-compare')}?a={last.as_month}&b={last.as_month.previous()}",
    ]


def test_a_leader_gets_no_small_number_no_row_and_no_officer(
    reported, areas, leader, client_for, monkeypatch, chief
):
    factories.BeatFactory(officer=chief, neighbourhood=areas[0])
    client = client_for(leader)
    addresses = leader_addresses(client, areas, reported[0])
    never_counted(monkeypatch)
    hidden = 0
    for address in addresses:
        response = client.get(address)
        assert response.status_code == 200, address
        page = main(response)
        for link in re.findall(r'href="([^"]*)"', page):
            assert link.startswith("?") or LEADERS_OWN.match(link), (address, link)
        assert chief.full_name not in page, address
        page = re.sub(r'<td class="num ph-state">[^<]*</td>', "", page)  # differences may be small
        told = re.findall(r"<t(?:d|h)[^>]*>(?:<[^>]*>)*([^<]*)", page)
        told += re.findall(r"<b>(?:<[^>]*>)*([^<]*)", page)
        told += re.findall(r": (\d+)[;<\"]", page)  # what charts say
        assert not {"0", "1", "2", "3", "4"} & {one.strip() for one in told}, address
        hidden += page.count("&lt;5")
    assert hidden > 50


def test_the_station_reads_exact_numbers(reported, chief, client_for):
    client = client_for(chief)
    for name in PAGES:
        page = main(client.get(reverse(name)))
        assert "&lt;5" not in page
    rows = rows_of(client.get(reverse("report-areas")).context)
    assert rows["Vụ việc xảy ra trong kỳ"]["cells"] == ["18", "15", "9"]
    assert rows["Vụ việc xảy ra trong kỳ"]["ward"] == "42"


@pytest.mark.parametrize("name", PAGES)
def test_who_may_open_the_pages(name, client_for, reported):
    for role in Role:
        assert client_for(factories.UserFactory(role=role)).get(reverse(name)).status_code == 200
    for user in (factories.UserFactory(), factories.UserFactory(is_superuser=True)):
        assert client_for(user).get(reverse(name)).status_code == 403


# --- nothing hidden follows from what is shown ----------------------------------------------------


def determined(known, unknown, wanted):
    """Tell which `wanted` sums of unknowns follow from the `known` ones, by linear algebra.

    Both are `{cell: factor}`; a cell outside `unknown` is read off the page.
    """
    index = {cell: place for place, cell in enumerate(unknown)}

    def vector(terms):
        return {index[cell]: factor % PRIME for cell, factor in terms.items() if cell in index}

    basis = {}

    def reduce(row):
        while row:
            lead = min(row)
            if lead not in basis:
                return row
            factor, other = row[lead], basis[lead]
            row = {
                at: value
                for at in row.keys() | other.keys()
                if (value := (row.get(at, 0) - factor * other.get(at, 0)) % PRIME)
            }
        return row

    for terms in known:
        row = reduce(vector(terms))
        if row:
            lead = min(row)
            inverse = pow(row[lead], -1, PRIME)
            basis[lead] = {at: value * inverse % PRIME for at, value in row.items()}
    return [terms for terms in wanted if vector(terms) and not reduce(vector(terms))]


def undone(content):
    """List what of a report's hidden numbers a leader could compute from all that is shown."""
    data, ward, shown = content.data, content.now, content.shown_areas
    places = [area["id"] for area in data["areas"]]
    keys = [row["key"] for row in data["figures"]]
    value = {(key, None): ward.numbers[key] for key in keys} | {
        (key, place): area["numbers"][key]
        for key in keys
        for place, area in zip(places, data["areas"], strict=True)
    }
    unknown = [(key, None) for key in keys if ward.number(key) is None]
    unknown += [
        (key, place) for key in keys for place in places if shown.number((key, place)) is None
    ]
    columns = [None, *places]
    facts = [{(key, None): -1, **{(key, place): 1 for place in places}} for key in keys]
    for place in columns:
        kinds = {(key, place): 1 for key in keys if key.startswith(leaders.KINDS)}
        facts.append({("incidents", place): -1, **kinds})
        facts += [
            {
                (f"{stock}_opening", place): 1,
                (f"{stock}_in", place): 1,
                (f"{stock}_out", place): -1,
                (f"{stock}_closing", place): -1,
            }
            for stock in ("population", "temporary")
            if f"{stock}_in" in keys
        ]
    true = [fact for fact in facts if sum(value[c] * factor for c, factor in fact.items()) == 0]
    rests = [
        {(total, place): 1, (part, place): -1}
        for total, part in data["pairs"]
        for place in columns
        if total in keys and part in keys and 0 <= value[total, place] - value[part, place] < SMALL
    ]
    return determined(true, unknown, [{cell: 1} for cell in unknown] + rests)


def test_no_hidden_number_follows_from_the_others(reported):
    for report in reported:
        content = Content.of(report, aggregate=True)
        assert len(content.shown_areas.hidden) > 20
        assert undone(content) == []


def test_the_check_finds_a_number_that_does_follow(reported):
    """The one above can fail: with a single number laid open, its neighbour in the sum follows."""
    content = Content.of(reported[0], aggregate=True)
    hidden = defaultdict(list)
    for key, place in content.shown_areas.hidden:
        if place is not None:
            hidden[key].append(place)
    key, (first, *_) = next((k, p) for k, p in sorted(hidden.items()) if len(p) == 2)
    content.shown_areas.hidden.discard((key, first))
    assert undone(content)


small = st.integers(0, 12)


@st.composite
def annexes(draw):
    """Return a report's data with events of three kinds and moves in a few neighbourhoods."""
    kinds = [f"{leaders.KINDS}{n}" for n in range(draw(st.integers(2, 4)))]
    keys = ["incidents", "incidents_solved", *kinds]
    keys += [f"population_{way}" for way in ("opening", "in", "out", "closing")]
    found = []
    for place in range(1, draw(st.integers(1, 5)) + 1):
        numbers = {kind: draw(small) for kind in kinds}
        numbers["incidents"] = sum(numbers.values())
        numbers["incidents_solved"] = draw(st.integers(0, numbers["incidents"]))
        numbers |= {f"population_{part}": draw(small) for part in ("opening", "in")}
        most = numbers["population_opening"] + numbers["population_in"]
        numbers["population_out"] = draw(st.integers(0, most))
        numbers["population_closing"] = most - numbers["population_out"]
        found.append({"id": place, "name": f"Tổ {place}", "numbers": numbers})
    ward = {key: sum(area["numbers"][key] for area in found) for key in keys}
    return {
        "figures": [{"key": key, "now": ward[key]} for key in keys],
        "sums": [
            [f"population_{part}" for part in ("in", "out", "opening", "closing")],
            [*kinds, "incidents"],
        ],
        "pairs": [["incidents", "incidents_solved"]],
        "areas": found,
    }


def ranges(shown, keys):
    """Return the least and the greatest that counts may be together, by what stands for them."""
    spans = {"<5": (0, SMALL - 1), "—": (0, 10**6)}
    told = [spans.get(shown[key]) or (int(shown[key]),) * 2 for key in keys]
    return sum(low for low, _ in told), sum(high for _, high in told)


@given(annexes())
@settings(max_examples=300, deadline=None)
def test_nor_does_one_of_any_annex(data):
    content = Content(data, aggregate=True)
    assert undone(content) == []
    shown, places = content.shown_areas, [area["id"] for area in data["areas"]]
    for key, total in content.now.numbers.items():
        row = [(key, place) for place in places]
        if len(row) > 1 and content.now.number(key) is not None and shown.hidden & {*row}:
            low, high = ranges(shown, row)
            nobody = not any(shown.numbers[cell] for cell in shown.hidden & {*row})
            assert low < total < high or nobody, key
    for place in places:
        left = [(f"population_{part}", place) for part in ("opening", "in")]
        right = [(f"population_{part}", place) for part in ("out", "closing")]
        if any(shown.numbers[cell] for cell in shown.hidden & {*left, *right}):
            (least, most), (low, high) = ranges(shown, left), ranges(shown, right)
            assert least < high
            assert low < most


def test_what_reads_as_small_is_not_given_away_by_its_sum():
    told = {
        (4, 4, 26): ["—", "—", "26"],
        (3, 4, 26): ["<5", "<5", "26"],
        (0, 0, 26, 30): ["<5", "<5", "26", "30"],  # of nobody
        (4, 5, 30): ["—", "—", "30"],
    }
    for numbers, expected in told.items():
        counts = dict(enumerate(numbers))
        shown = Shown(counts, True, [counts])
        assert [shown[key] for key in counts] == expected


# --- the list of months ---------------------------------------------------------------------------


def test_a_leader_lists_the_published_reports_newest_first(reported, leader, client_for):
    response = client_for(leader).get("/reports/")
    months = response.context["months"]
    assert [row["url"] for row in months] == [report.get_absolute_url() for report in reported]
    frozen = reported[0].frozen.read()
    [incidents] = [row["now"] for row in frozen["figures"] if row["key"] == "incidents"]
    assert {"label": "Vụ việc xảy ra trong kỳ", "value": str(incidents)} in months[0]["tiles"]


def test_what_is_mended_later_changes_no_page_of_a_leader(
    reported, leader, client_for, lively, kinds
):
    client = client_for(leader)
    addresses = leader_addresses(client, lively, reported[0])

    def told():
        ids = re.compile(r"chart-\d+")
        return [ids.sub("", main(client.get(address))) for address in addresses]

    before = told()
    happen(reported[0].as_month, lively[0], kinds[0], 9)
    assert told() == before


def test_a_leader_pages_through_older_reports(leader, client_for, ended, monkeypatch):
    monkeypatch.setattr("reports.views.months.MONTHS_LISTED", 1)
    older, newer = report_in(month=ended.previous()), report_in(month=ended)
    client = client_for(leader)
    for page, report in (("", newer), ("?page=2", older), ("?page=9", older), ("?page=x", newer)):
        response = client.get(f"/reports/{page}")
        assert [m["url"] for m in response.context["months"]] == [report.get_absolute_url()]


def test_a_month_of_a_leader_is_its_published_report(reported, leader, client_for):
    client = client_for(leader)
    month = reported[0].as_month
    response = client.get(reverse("report-month", args=[month]))
    assert (response.status_code, response["Location"]) == (302, reported[0].get_absolute_url())
    unpublished = month.previous().previous()
    for code in (unpublished, "2026-13", "x", "9999-01"):
        assert client.get(reverse("report-month", args=[code])).status_code == 404


def test_the_station_lists_months_with_their_reports(reported, chief, duty, client_for, ended):
    months = {row["label"]: row for row in client_for(chief).get("/reports/").context["months"]}
    assert months[ended.label]["report"] == reported[0]
    assert months[ended.previous().previous().label]["report"].state == State.DRAFT
    assert months[ended.next().label]["report"] is None
    page = main(client_for(duty).get("/reports/"))
    assert f'href="{reported[0].get_absolute_url()}">Báo cáo: đã phát hành' in page
    assert "Báo cáo: đang soạn" in page


def test_the_last_month_without_a_report_is_to_be_begun(chief, duty, client_for, ended, leader):
    address = reverse("report-begin", args=[ended])
    for user, offered in ((chief, True), (duty, False), (leader, False)):
        page = main(client_for(user).get("/reports/"))
        assert (f'<form method="post" action="{address}"' in page) is offered, user
    client_for(chief).post(address)
    page = main(client_for(chief).get("/reports/"))
    assert MonthlyReport.objects.of(ended).exists()
    assert "Lập báo cáo" not in page


# --- trends ---------------------------------------------------------------------------------------


def test_trends_tell_the_months_reported_and_leave_gaps(reported, leader, client_for, ended):
    context = client_for(leader).get(reverse("report-trends")).context
    assert (context["reported"], context["months"]) == (3, 24)
    rows = rows_of(context)
    incidents = rows["Vụ việc xảy ra trong kỳ"]
    assert (incidents["last"], incidents["average"]) == ("42", "42")
    assert incidents["svg"].count("<rect") == 3
    assert f"{ended.previous().label}: 42" in incidents["svg"]
    assert ended.previous().previous().label not in incidents["svg"]
    [order] = [s for s in context["sections"] if s["title"] == "An ninh, trật tự"]
    told = [row["label"] for row in order["table"]["rows"]]
    assert told == [report.as_month.label for report in reported]
    assert context["charts"][0]["svg"].count('<rect class="chart-bar') == 6 + 2  # and the legend


def test_a_hidden_number_is_neither_drawn_nor_in_the_average(reported, leader, chief, client_for):
    [kind] = [
        row["label"]
        for row in reported[0].frozen.read()["figures"]
        if row["key"].startswith(leaders.KINDS) and row["now"] == 3
    ]
    context = client_for(leader).get(reverse("report-trends")).context
    assert kind not in rows_of(context)
    [order] = [s for s in context["sections"] if kind in s["unseen"]]
    place = order["table"]["head"].index(kind) - 1
    assert {row["cells"][place]["value"] for row in order["table"]["rows"]} == {"<5"}
    exact = rows_of(client_for(chief).get(reverse("report-trends")).context)[kind]
    assert (exact["last"], exact["average"]) == ("3", "3")
    assert exact["svg"].count("<rect") == 3


def test_trends_leave_out_what_is_older_than_the_window(chief, client_for, ended):
    report_in(month=ended.last(25)[0])
    assert "newest" not in client_for(chief).get(reverse("report-trends")).context
    inside = report_in(month=ended.last(24)[0])
    context = client_for(chief).get(reverse("report-trends")).context
    assert context["newest"].report == inside


@pytest.mark.parametrize(("average", "told"), [(3.0, 3), (3.26, 3.3), (99.96, 100), (1045.6, 1046)])
def test_averages_are_rounded_as_people_read_them(average, told):
    assert leaders.rounded(average) == told


def test_small_columns_leave_gaps():
    drawn = charts.sparkline("Vụ", ["T1", "T2", "T3"], [4, None, 0])
    assert 'aria-label="Vụ: T1: 4; T3: 0"' in drawn
    assert drawn.count("<rect") == 1
    assert charts.sparkline("Vụ", ["T1"], [None]).count("<rect") == 0


# --- by neighbourhood -----------------------------------------------------------------------------


def test_neighbourhoods_are_those_of_the_annex(reported, leader, client_for, areas):
    client = client_for(leader)
    context = client.get(reverse("report-areas"), {"figure": "incidents"}).context
    assert context["found"].report == reported[0]
    assert [bar["name"] for bar in context["bars"]] == [area.name for area in areas]
    assert [(bar["value"], bar["width"]) for bar in context["bars"]] == [
        ("18", 100),
        ("15", 83),
        ("9", 50),
    ]
    assert context["ward_value"] == "42"
    alone = client.get(reverse("report-areas"), {"area": areas[1].pk}).context
    assert alone["only"] == areas[1].name
    assert rows_of(alone)["Vụ việc xảy ra trong kỳ"]["cells"] == ["15"]
    other = client.get(reverse("report-areas"), {"month": str(reported[2].as_month)}).context
    assert other["found"].report == reported[2]


def test_who_reads_an_approved_annex(leader, chief, officer_a, client_for, ended):
    report_in(month=ended.previous())
    approved = report_in(State.APPROVED, month=ended)
    asked = {"month": str(ended)}
    assert client_for(chief).get(reverse("report-areas")).context["found"].report == approved
    for user in (leader, officer_a):
        response = client_for(user).get(reverse("report-areas"), asked)
        assert response.status_code == 422
        assert "Chọn một tháng đã có báo cáo." in main(response)
        assert "sections" not in response.context


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"month": "2026-13"}, "Chọn một tháng đã có báo cáo."),
        ({"month": "x\x00"}, "Chọn một tháng đã có báo cáo."),
        ({"figure": "nothing"}, "Chọn một chỉ tiêu trong danh sách."),
        ({"area": "0"}, "Chọn một tổ dân phố trong danh sách."),
    ],
)
def test_what_cannot_be_read_is_said_beside_the_field(reported, leader, client_for, asked, told):
    response = client_for(leader).get(reverse("report-areas"), asked)
    assert response.status_code == 422
    assert told in main(response)


# --- two months side by side ----------------------------------------------------------------------


def test_a_leader_compares_published_months_alone(reported, leader, client_for):
    client = client_for(leader)
    last, before, year_ago = (report.as_month for report in reported)
    context = client.get(reverse("report-compare")).context
    assert (context["a"], context["b"]) == (last, year_ago)
    incidents = rows_of(context)["Vụ việc xảy ra trong kỳ"]
    assert (incidents["a"]["value"], incidents["b"]["value"]) == ("42", "42")
    assert (incidents["difference"], incidents["percent"]) == ("0", "0,0 %")
    assert not incidents["a"]["url"]
    group = rows_of(context)["Tổ liên gia cuối kỳ"]
    assert (group["a"]["value"], group["difference"], group["percent"]) == ("<5", "", "")
    for code in (before.previous(), last.next(), "2026-10x"):
        response = client.get(reverse("report-compare"), {"a": code, "b": last})
        assert response.status_code == 422
        assert "Chọn một tháng đã phát hành báo cáo." in main(response)
        assert "sections" not in response.context


def test_the_station_compares_any_months_with_links_to_the_rows(
    reported, chief, client_for, lively, kinds
):
    client = client_for(chief)
    a, b = reported[0].as_month, reported[0].as_month.previous().previous()
    happen(a, lively[0], kinds[0], 2)
    context = client.get(reverse("report-compare"), {"a": a, "b": b}).context
    row = rows_of(context)["Vụ việc xảy ra trong kỳ"]
    assert (row["a"]["value"], row["a"]["reported"]) == ("44", "42")
    assert (row["b"]["value"], row["b"]["reported"]) == ("0", "")
    assert (row["difference"], row["percent"]) == ("+44", "")
    assert client.get(row["a"]["url"]).context["page"]["count"] == "44"
    assert rows_of(context)["Tổ liên gia cuối kỳ"]["a"]["reported"] == ""


def test_an_officer_compares_his_own_neighbourhood(reported, lively, client_for):
    officer = factories.UserFactory(role=Role.AREA_OFFICER)
    factories.BeatFactory(officer=officer, neighbourhood=lively[1])
    context = client_for(officer).get(reverse("report-compare")).context
    row = rows_of(context)["Vụ việc xảy ra trong kỳ"]
    assert (row["a"]["value"], row["a"]["reported"]) == ("15", "")


@pytest.mark.parametrize("code", ["1999-12", "2026-13", "mười", "9999-01", "\x00"])
def test_months_the_station_cannot_compare(code, chief, client_for, ended):
    response = client_for(chief).get(reverse("report-compare"), {"a": code, "b": ended})
    assert response.status_code == 422
    assert "Chọn tháng từ 01/2000 đến kỳ này" in main(response)


def test_an_old_month_is_offered_once_it_is_asked_for(chief, client_for):
    response = client_for(chief).get(reverse("report-compare"), {"a": "2001-02", "b": "2001-01"})
    assert response.status_code == 200
    assert '<option value="2001-02" selected>Tháng 2/2001</option>' in main(response)


def test_a_month_that_is_not_over_is_said_to_be_so(chief, client_for, ended):
    asked = {"a": ended.next(), "b": ended}
    assert "chưa kết thúc" in main(client_for(chief).get(reverse("report-compare"), asked))


# --- costs ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "name", "most"),
    [
        (Role.LEADER, "home", 6),
        (Role.LEADER, "report-list", 7),
        (Role.LEADER, "report-trends", 5),
        (Role.LEADER, "report-areas", 6),
        (Role.LEADER, "report-compare", 6),
        (Role.CHIEF, "report-list", 6),
        (Role.CHIEF, "report-compare", 8),
    ],
)
def test_pages_cost_the_same_for_one_report_and_for_three(
    who, name, most, client_for, ended, django_assert_max_num_queries
):
    client = client_for(factories.UserFactory(role=who))
    months = [ended.previous().previous(), ended.previous(), ended]
    report_in(month=months[0])
    client.get(reverse(name))
    with django_assert_max_num_queries(most) as first:
        client.get(reverse(name))
    for month in months[1:]:
        report_in(month=month)
    with django_assert_max_num_queries(len(first)):
        client.get(reverse(name))
