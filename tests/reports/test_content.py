"""What a report holds: outline, columns, neighbourhoods, and what leaders read of it."""

import datetime as dt

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from kylien.accounts.models import Scope
from kylien.core.periods import Month
from reports import content
from reports.content import Content
from reports.figures import figures, read
from reports.models import MonthlyReport
from reports.outline import CHART_MONTHS, CHARTS, PARTS, part_of, part_title
from tests import factories

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)
WARD = Scope(whole_ward=True)


@pytest.fixture
def month(on):
    return Month.containing(on, settings.REPORT_START_DAY).previous()


@pytest.fixture
def report(month):
    return factories.report_in("draft", month=month, words="Yên ổn.")


def test_every_figure_stands_in_exactly_one_part():
    factories.IncidentTypeFactory(code="moi-mo")  # a kind that the chief adds has its place too
    for figure in figures():
        holding = [part.key for part in PARTS if part.holds(figure)]
        assert holding == [part_of(figure).key], figure.key
    assert {key for _, keys in CHARTS for key in keys} <= {figure.key for figure in figures()}
    named = {key for part in PARTS for key in part.keys}
    assert named <= {figure.key for figure in figures()}


def test_a_figure_of_no_section_is_told():
    figure = figures()[0]
    lost = type(figure)("x", "X", "Khác", figure.rows, figure.list_name, figure.params)
    with pytest.raises(LookupError, match="x"):
        part_of(lost)


def test_the_outline_is_the_usual_one():
    chapters = list(dict.fromkeys(part.chapter for part in PARTS))
    assert [chapter.partition(".")[0] for chapter in chapters] == ["I", "II", "III", "IV", "V"]
    for chapter in chapters:
        numbers = [part.number for part in PARTS if part.chapter == chapter]
        assert numbers in ([""], [str(n) for n in range(1, len(numbers) + 1)])
    assert all(part_title(part) for part in PARTS)
    assert part_title(PARTS[-1]) == "Kiến nghị, đề xuất"
    keys = [part.key for part in PARTS]
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize(
    ("month", "subject"),
    [
        ("2026-10", "tháng 10 và phương hướng tháng 11 năm 2026"),
        ("2026-12", "tháng 12 năm 2026 và phương hướng tháng 1 năm 2027"),
        ("2026-01", "tháng 1 và phương hướng tháng 2 năm 2026"),
    ],
)
def test_the_subject_names_the_month_and_the_next(month, subject):
    told = content.subject_of(Month.parse(month))
    assert told == f"Tình hình, kết quả công tác {subject}"


def test_columns_are_the_months_compared(area_a, report, month):
    home = factories.HouseholdFactory(neighbourhood=area_a, opened_on=dt.date(2015, 1, 1))
    for one, count in ((month, 3), (month.previous(), 2), (month.same_month_last_year(), 1)):
        for _ in range(count):
            factories.ResidenceFactory(household=home, started_on=one.period.start)
    data = content.live(report)
    counted = read(figures(), WARD, list(content.compared(month).values()))
    for row in data["figures"]:
        for name, one in content.compared(month).items():
            assert row[name] == counted[one][row["key"]], row["key"]
    row = next(row for row in data["figures"] if row["key"] == "population_in")
    assert (row["now"], row["previous"], row["last_year"]) == (3, 2, 1)
    told = Content(data).row(row)
    assert (told["diff_previous"], told["percent_previous"]) == ("+1", "+50,0 %")
    assert (told["diff_last_year"], told["percent_last_year"]) == ("+2", "+200,0 %")
    shown = [row["key"] for part in PARTS for row in Content(data).rows(part.key)]
    assert sorted(shown) == sorted(figure.key for figure in figures())  # none lost, none twice


def test_a_per_cent_is_never_of_zero(area_a, report, month):
    factories.ActivityFactory(neighbourhood=area_a, held_on=month.period.start)
    (row,) = (
        row for row in Content(content.live(report)).rows("movement") if row["key"] == "sessions"
    )
    assert (row["value"], row["previous"], row["diff_previous"]) == ("1", "0", "+1")
    assert row["percent_previous"] == ""


def test_the_charts_months_end_with_the_reports(report, month):
    found = Content(content.live(report))
    assert found.chart_months() == month.last(CHART_MONTHS)
    assert set(found.chart(month).numbers) == set(content.chart_keys())


def test_neighbourhoods_add_up_to_the_ward(area_a, area_b, report, month):
    for area, count in ((area_a, 2), (area_b, 3)):
        homes = factories.HouseholdFactory.create_batch(count, neighbourhood=area)
        for home in homes:
            factories.ResidenceFactory(household=home, started_on=month.period.start - DAY)
            factories.IncidentFactory(
                neighbourhood=area,
                occurred_at=month.period.start_at,
                received_at=month.period.start_at,
            )
    data = content.live(report, areas=True)
    now = {row["key"]: row["now"] for row in data["figures"]}
    assert [area["name"] for area in data["areas"]] == [area_a.name, area_b.name]
    by_area = [area["numbers"] for area in data["areas"]]
    for key, wanted in {"households": 5, "population_closing": 5, "incidents": 5}.items():
        assert now[key] == wanted
        assert [numbers[key] for numbers in by_area] == [2, 3], key


def test_what_it_costs_does_not_depend_on_the_rows(area_a, area_b, report, month):
    def queries():
        with CaptureQueriesContext(connection) as found:
            content.live(MonthlyReport.objects.get(pk=report.pk), areas=True)
        return len(found)

    empty = queries()
    for area in (area_a, area_b):
        home = factories.HouseholdFactory(neighbourhood=area)
        factories.ResidenceFactory.create_batch(4, household=home)
        factories.IncidentFactory.create_batch(3, neighbourhood=area)
    assert queries() == empty <= 10


def test_leaders_read_no_small_number_of_a_frozen_report(area_a, area_b, month):
    home = factories.HouseholdFactory(neighbourhood=area_a)
    for _ in range(3):
        factories.ResidenceFactory(household=home, started_on=month.period.start)
    report = factories.report_in("published", month=month)
    station, ward = Content.of(report), Content.of(report, aggregate=True)
    assert station.now["population_in"] == "3"
    assert ward.now["population_in"] == "<5"
    assert ward.shown_areas["population_in", area_a.pk] == "<5"
    assert station.shown_areas["population_in", area_a.pk] == "3"
    for part in PARTS:
        for row in ward.rows(part.key):
            assert {row["value"], row["previous"], row["last_year"]}.isdisjoint("01234")
            assert row["diff_previous"] in ("", "0") or row["value"] not in ("<5", "—")


def test_an_approved_report_is_read_and_not_counted(area_a, month):
    report = factories.report_in("published", month=month, words="Yên ổn.")
    factories.ActivityFactory(neighbourhood=area_a, held_on=month.period.start)
    type(report.texts.first()).objects.filter(report=report).update(text="Khác.")
    report = MonthlyReport.objects.select_related("frozen").get(pk=report.pk)
    with CaptureQueriesContext(connection) as queries:
        found = Content.of(report)
        assert found.now["sessions"] == "0"
        assert set(found.texts.values()) == {"Yên ổn."}
        assert found.month == month
        assert found.heading["symbol"] == report.document.symbol
        assert found.areas
    assert len(queries) <= 1  # its document


def test_a_draft_has_no_heading_and_is_counted(area_a, report, month):
    assert Content.of(report).heading is None
    assert Content.of(report).areas == []
    factories.ActivityFactory(neighbourhood=area_a, held_on=month.period.start)
    assert Content.of(report).now["sessions"] == "1"
