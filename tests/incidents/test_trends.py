"""Trends of events: the arithmetic and its rule, the page, its numbers and who sees whose."""

import datetime as dt
import html
import re
from urllib.parse import urlencode

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from incidents import trends
from incidents.models import Assignment, Incident, IncidentType
from incidents.trends import AT_LEAST, MARK, TIMES, WEEKS, Series
from kylien.accounts.models import User
from kylien.core.periods import Week
from tests.factories import BeatFactory, IncidentFactory, NeighbourhoodFactory, UserFactory

PAGE = "/incidents/trends/"
DAYS = st.dates(dt.date(2000, 1, 3), dt.date(2999, 12, 29))
W48 = Week(dt.date(2026, 11, 23))
SATURDAY = "2026-11-28T09:00:00+07:00"  # in week 48


# --- weeks ----------------------------------------------------------------------------------------


@given(DAYS)
def test_a_day_is_in_its_week_and_the_name_leads_back(day):
    week = Week.containing(day)
    assert week.monday <= day <= week.sunday
    assert (week.monday.weekday(), week.sunday.weekday()) == (0, 6)
    assert Week.parse(str(week)) == week
    assert week.days_begun(day) == day.weekday() + 1


@pytest.mark.parametrize(
    ("day", "name", "span"),
    [
        (dt.date(2026, 11, 28), "2026-W48", "23/11–29/11/2026"),
        (dt.date(2027, 1, 3), "2026-W53", "28/12/2026–3/1/2027"),
        (dt.date(2027, 1, 4), "2027-W01", "4/1–10/1/2027"),
        (dt.date(2024, 12, 30), "2025-W01", "30/12/2024–5/1/2025"),
        (dt.date(2024, 2, 29), "2024-W09", "26/2–3/3/2024"),
    ],
)
def test_weeks_over_the_edges_of_the_year(day, name, span):
    week = Week.containing(day)
    assert (str(week), week.span) == (name, span)
    assert Week.parse(name) == week


def test_names_of_a_week():
    assert (W48.label, W48.short, W48.since) == (
        "Tuần 48/2026",
        "Tuần 48",
        "Tuần 48/2026, từ 23/11",
    )
    assert [str(week) for week in Week.parse("2027-W01").last(3)] == [
        "2026-W52",
        "2026-W53",
        "2027-W01",
    ]
    assert W48.days_begun(dt.date(2026, 11, 22)) == 0
    assert W48.days_begun(dt.date(2026, 12, 9)) == 7
    with pytest.raises(ValueError, match="begins on a Monday"):
        Week(dt.date(2026, 11, 24))


@given(st.text(max_size=12))
def test_anything_else_is_no_week(typed):
    if not re.fullmatch(r"[0-9]{4}-[Ww][0-9]{2}", typed):
        with pytest.raises(ValueError, match="Ghi tuần"):
            Week.parse(typed)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("2025-W53", "Năm 2025 không có tuần 53"),
        ("2026-W00", "không có tuần 0"),
        ("1999-W10", "Năm của tuần phải từ 2000"),
        ("٢٠٢٦-W48", "Ghi tuần"),
        ("2026-W48\n", "Ghi tuần"),
    ],
)
def test_a_week_that_is_none_is_refused_in_words(typed, sentence):
    with pytest.raises(ValueError, match=sentence):
        Week.parse(typed)


# --- the rule -------------------------------------------------------------------------------------


def series(now, *before):
    """Return a series whose earlier weeks are `before`, filled up with 0."""
    return Series((*before, *(0,) * (WEEKS - len(before)), now))


@pytest.mark.parametrize(
    ("one", "average", "marked"),
    [
        (series(2), "0,0", False),  # two are no trend, however seldom they are
        (series(3), "0,0", True),
        (series(3, *[1] * 12), "1,0", True),
        (series(3, *[2] * 6, *[1] * 6), "1,5", True),  # exactly twice
        (series(3, *[2] * 7, *[1] * 5), "1,6", False),  # 19 in 12 weeks: 3,17 would be twice
        (series(4, *[2] * 12), "2,0", True),
        (series(4, 25), "2,1", False),
        (series(5, 15), "1,3", True),  # 1,25: halves are rounded up
        (series(0, *[4] * 12), "4,0", False),
        (series(2500, *[1234] * 12), "1.234,0", True),
    ],
)
def test_the_average_and_the_mark(one, average, marked):
    assert (one.average_label, one.stands_out) == (average, marked)


NUMBERS = st.lists(st.integers(0, 60), min_size=WEEKS + 1, max_size=WEEKS + 1).map(tuple)


@given(NUMBERS)
def test_the_mark_is_what_the_sentence_says(numbers):
    one = Series(numbers)
    twice_the_average = TIMES * sum(numbers[:-1]) / WEEKS
    assert one.stands_out == (numbers[-1] >= AT_LEAST and numbers[-1] >= twice_the_average)
    assert one.average == pytest.approx(sum(one.before) / 12)
    assert (*one.before, one.now) == numbers
    assert float(one.average_label.replace(".", "").replace(",", ".")) == pytest.approx(
        one.average, abs=0.0501
    )


@given(NUMBERS, st.integers(0, 20))
def test_one_event_more_never_takes_a_mark_away(numbers, more):
    if Series(numbers).stands_out:
        assert Series((*numbers[:-1], numbers[-1] + more)).stands_out


def test_the_sentence_is_made_of_the_rules_numbers():
    assert f"“{MARK.lower()}” khi có từ {AT_LEAST} vụ" in trends.RULE
    assert f"gấp {TIMES} lần trung bình {WEEKS} tuần liền trước" in trends.RULE


@pytest.mark.parametrize("counts", [(), (1,) * WEEKS, (1,) * (WEEKS + 2), (-1,) + (0,) * WEEKS])
def test_other_counts_are_refused(counts):
    with pytest.raises(ValueError, match="no counts of 13 weeks"):
        Series(counts)


def test_the_weeks_before_must_have_been_recorded():
    first = W48.moved(-12)
    assert trends.compared(W48)[0] == first
    assert len(trends.compared(W48)) == 13
    assert trends.comparable(first.sunday, W48)
    assert not trends.comparable(first.moved(1).monday, W48)
    assert not trends.comparable(None, W48)


EVENTS = st.dictionaries(
    st.tuples(
        st.integers(1, 4),
        st.sampled_from("AB"),
        st.sampled_from([week.monday for week in trends.compared(W48)]),
    ),
    st.integers(1, 9),
)


@given(EVENTS)
def test_no_event_is_lost_or_told_twice(counts):
    weeks = trends.compared(W48)
    for whose in (lambda k, a: k, lambda k, a: a, lambda k, a: "all"):
        found = trends.add_up(counts, weeks, whose)
        assert sum(sum(one.counts) for one in found.values()) == sum(counts.values())
        for key, one in found.items():
            for week, number in zip(weeks, one.counts, strict=True):
                assert number == sum(
                    n
                    for (k, a, day), n in counts.items()
                    if (whose(k, a), day) == (key, week.monday)
                )


def test_an_event_of_another_week_is_an_error():
    with pytest.raises(KeyError):
        trends.add_up({(1, 2, dt.date(2020, 1, 6)): 1}, trends.compared(W48), lambda k, a: k)


# --- the page -------------------------------------------------------------------------------------


def at(*parts):
    return dt.datetime(*parts, tzinfo=timezone.get_default_timezone())


def kind(code):
    return IncidentType.objects.get(code=code)


def make(area, code, day, number=1, **fields):
    return [
        IncidentFactory(neighbourhood=area, type=kind(code), occurred_at=at(*day, 9, n), **fields)
        for n in range(number)
    ]


@pytest.fixture
def saturday():
    with time_machine.travel(SATURDAY, tick=False):
        yield


@pytest.fixture
def rows(area_a, area_b, saturday):
    """Events of weeks 35 to 48; in week 48 there is more theft than usual in A, less noise in B."""
    make(area_a, "khac-khac", (2026, 8, 25))  # week 35: before all that is compared
    make(area_a, "trom-cap", (2026, 9, 2))  # week 36, the first that is
    make(area_a, "trom-cap", (2026, 11, 24), 3)
    make(area_b, "lua-dao", (2026, 11, 25))
    make(area_b, "trom-cap", (2026, 10, 6), 2)
    make(area_b, "tieng-on", (2026, 10, 13), 12)
    make(area_b, "tieng-on", (2026, 11, 26), 1)
    make(area_b, "tu-tap-dong-nguoi", (2026, 11, 26), 2)


def tables(page):
    assert page.status_code == 200
    return {
        table.key: {
            line.label: (line.series.now, line.average, line.marked) for line in table.lines
        }
        for table in page.context["tables"]
    }


def test_kinds_and_neighbourhoods_beside_their_own_average(client_for, chief, rows):
    page = client_for(chief).get(PAGE)
    assert tables(page) == {
        "kinds": {
            "Tất cả vụ việc": (7, "1,3", True),  # 15 in 12 weeks
            "Trật tự xã hội (hình sự)": (4, "0,3", True),
            "Trật tự xã hội (hành chính)": (1, "1,0", False),
            "Tụ tập đông người": (2, "0,0", False),  # crowds count as any other event
        },
        "areas": {"Tổ dân phố A": (3, "0,1", True), "Tổ dân phố B": (4, "1,2", True)},
    }
    shown = html.unescape(page.content.decode())
    assert trends.RULE in shown
    assert "Toàn phường" in shown
    assert shown.count(f'badge-due">{MARK}<') == 4
    assert "Không có vụ nào trong 13 tuần: Ma tuý;" in shown


def test_a_group_shows_its_kinds(client_for, chief, rows):
    crime = kind("hinh-su")
    page = client_for(chief).get(PAGE, {"type": crime.pk})
    assert tables(page) == {
        "kinds": {
            "Cả nhóm Trật tự xã hội (hình sự)": (4, "0,3", True),
            "Trộm cắp tài sản": (3, "0,3", True),
            "Lừa đảo": (1, "0,0", False),
        },
        "areas": {"Tổ dân phố A": (3, "0,1", True), "Tổ dân phố B": (1, "0,2", False)},
    }
    one_kind = client_for(chief).get(PAGE, {"type": kind("tu-tap").pk})
    assert list(tables(one_kind)["kinds"]) == ["Tụ tập đông người"]


def test_a_neighbourhood_alone_has_no_table_of_neighbourhoods(client_for, chief, rows, area_b):
    page = client_for(chief).get(PAGE, {"neighbourhood": area_b.pk, "week": "2026-W42"})
    assert list(tables(page)) == ["kinds"]
    assert tables(page)["kinds"]["Trật tự xã hội (hành chính)"][0] == 12
    assert "Tuần 42/2026 (12/10–18/10/2026) · Tổ dân phố B" in page.content.decode()


def test_every_number_opens_exactly_its_rows(client_for, chief, officer_b, rows, area_a):
    """Of both tables and of each week, with and without filters, whoever looks."""
    IncidentFactory(neighbourhood=area_a, type=kind("khac"), occurred_at=at(2026, 11, 23, 0, 0))
    asked = [{}, {"type": kind("hinh-su").pk}, {"neighbourhood": area_a.pk, "week": "2026-W36"}]
    followed = 0
    for user in (chief, officer_b):
        client = client_for(User.objects.get(pk=user.pk))
        for query in asked:
            if user is officer_b and "neighbourhood" in query:
                continue
            page = client.get(PAGE, query)
            text = html.unescape(page.content.decode())
            links = re.findall(r'<a href="(/incidents/\?[^"]*)">(\d+)(?: vụ)?<', text)
            declared = [
                (url, str(number))
                for table in page.context["tables"]
                for line in table.lines
                for number, url in line.weeks
                if number
            ]
            assert set(declared) <= set(links)
            assert all(url for url, _ in declared)
            for url, number in set(links):
                answer = client.get(url)
                assert answer.context["filterset"].form.is_valid(), url
                assert len(answer.context["table"]["rows"]) == int(number), url
                followed += 1
    assert followed > 40


def test_weeks_begin_on_monday_at_local_midnight(client_for, chief, area_a, saturday):
    moments = {
        36: at(2026, 8, 31, 0, 0),  # the first moment of all
        47: at(2026, 11, 22, 23, 59),
        48: at(2026, 11, 23, 0, 0),
    }
    for moment in (at(2026, 8, 30, 23, 59), *moments.values(), at(2026, 11, 23, 6, 59)):
        IncidentFactory(neighbourhood=area_a, occurred_at=moment)
    line = client_for(chief).get(PAGE).context["tables"][0].lines[0]
    assert line.series.counts == (1, *(0,) * 10, 1, 2)
    earlier = client_for(chief).get(PAGE, {"week": "2026-W47"}).context["tables"][0].lines[0]
    assert earlier.series.counts == (1, 1, *(0,) * 10, 1)


def test_the_page_says_that_nothing_stands_out(client_for, chief, rows):
    page = client_for(chief).get(PAGE, {"week": "2026-W48", "type": kind("hanh-chinh").pk})
    assert page.context["standing_out"] == []
    assert "không có loại việc, tổ dân phố nào nhiều hơn thường lệ" in page.content.decode()


@pytest.mark.parametrize(
    ("moment", "said"),
    [
        ("2026-11-23T00:05:00+07:00", "số liệu 1 ngày, đến thứ Hai 23/11/2026"),
        (SATURDAY, "số liệu 6 ngày, đến thứ Bảy 28/11/2026"),
        ("2026-11-29T23:55:00+07:00", "số liệu 7 ngày, đến Chủ nhật 29/11/2026"),
        ("2026-11-30T00:05:00+07:00", ""),
    ],
)
def test_a_week_that_is_not_over_is_said_so_and_nothing_is_added(
    client_for, chief, rows, moment, said
):
    with time_machine.travel(moment, tick=False):
        page = client_for(chief).get(PAGE, {"week": "2026-W48"})
        assert page.status_code == 200
    assert said in page.context["unfinished"]
    assert bool(said) == bool(page.context["unfinished"])
    assert bool(said) == ("chưa hết" in page.content.decode())
    # Three thefts on Tuesday are marked on Saturday as on Sunday: no day is reckoned up.
    assert tables(page)["kinds"]["Trật tự xã hội (hình sự)"] == (4, "0,3", True)
    assert tables(page)["kinds"]["Tụ tập đông người"] == (2, "0,0", False)
    assert bool(page.context["next_url"]) == (not said)


def test_without_twelve_weeks_of_records_nothing_is_compared(client_for, chief, area_a, saturday):
    make(area_a, "trom-cap", (2026, 9, 7))  # week 37
    make(area_a, "trom-cap", (2026, 11, 24), 4)
    page = client_for(chief).get(PAGE)
    shown = page.content.decode()
    assert tables(page)["kinds"]["Tất cả vụ việc"] == (4, "", False)
    assert "ngày 07/09/2026: chưa đủ 12 tuần số liệu trước tuần 48" in shown
    assert "nào nhiều hơn thường lệ." not in shown
    make(area_a, "trom-cap", (2026, 9, 6))  # the Sunday of week 36
    assert tables(client_for(chief).get(PAGE))["kinds"]["Tất cả vụ việc"] == (4, "0,2", True)


def test_before_the_first_incident_the_page_says_so(client_for, chief, area_a):
    page = client_for(chief).get(PAGE)
    assert tables(page) == {}
    assert "Chưa có vụ việc nào trong phạm vi của đồng chí." in page.content.decode()


# --- whose ----------------------------------------------------------------------------------------


def test_an_officer_counts_his_own_area_and_is_told_so(client_for, officer_a, rows, area_b):
    client = client_for(officer_a)
    page = client.get(PAGE)
    assert tables(page) == {
        "kinds": {
            "Tất cả vụ việc": (3, "0,1", True),
            "Trật tự xã hội (hình sự)": (3, "0,1", True),
        }
    }
    shown = page.content.decode()
    assert "Địa bàn của đồng chí: Tổ dân phố A" in shown
    assert "Tổ dân phố B" not in shown
    foreign = client.get(PAGE, {"neighbourhood": area_b.pk})
    assert "tables" not in foreign.context
    assert "Địa bàn của đồng chí không có tổ dân phố này." in foreign.content.decode()


@pytest.fixture
def given(officer_a, rows, area_b):
    """Officer A deals with three events of area B, and has two areas himself."""
    mine = NeighbourhoodFactory(ward=area_b.ward, name="Tổ dân phố A2")
    BeatFactory(officer=officer_a, neighbourhood=mine)
    make(mine, "trom-cap", (2026, 11, 26))
    for incident in make(area_b, "trom-cap", (2026, 11, 27), 3):
        Assignment.objects.create(incident=incident, officer=officer_a)
    return User.objects.get(pk=officer_a.pk)


def test_what_an_officer_was_given_outside_his_area_is_left_out(client_for, given):
    """It comes and goes with the orders: a week beside others would be no comparison."""
    assert Incident.objects.visible_to(given).filter(neighbourhood__name="Tổ dân phố B").exists()
    page = client_for(given).get(PAGE)
    assert tables(page) == {
        "kinds": {
            "Tất cả vụ việc": (4, "0,1", True),
            "Trật tự xã hội (hình sự)": (4, "0,1", True),
        },
        "areas": {"Tổ dân phố A": (3, "0,1", True), "Tổ dân phố A2": (1, "0,0", False)},
    }
    assert "Không tính vụ được giao ngoài địa bàn." in page.content.decode()


def test_nor_do_the_numbers_open_it(client_for, given):
    client = client_for(given)
    lines = [line for table in client.get(PAGE).context["tables"] for line in table.lines]
    assert len(lines) == 4
    for line in lines:
        assert len(client.get(line.url).context["table"]["rows"]) == line.series.now, line.url


def test_who_may(client_for, chief, officer_a, duty, clerk, leader, superuser, rows, client):
    for user in (chief, officer_a, duty, clerk):
        assert client_for(user).get(PAGE).status_code == 200, user
        assert client_for(user).post(PAGE).status_code == 405, user
    for user in (leader, superuser, UserFactory()):
        assert client_for(user).get(PAGE).status_code == 403, user
    assert client.get(PAGE)["Location"].startswith("/accounts/login/")


def test_an_officer_without_a_beat_sees_no_number(client_for, rows):
    lonely = UserFactory(role="area_officer")
    page = client_for(lonely).get(PAGE)
    assert tables(page) == {}
    assert "Đồng chí chưa được phân công địa bàn" in page.content.decode()


def test_no_word_of_an_incident_is_on_the_page(client_for, chief, area_a, saturday):
    secret = "Xqzbêta"
    row = make(area_a, "trom-cap", (2026, 11, 24), 1, place=secret, summary=secret)[0]
    shown = client_for(chief).get(PAGE).content.decode()
    assert secret not in shown
    assert row.code not in shown
    assert "Trật tự xã hội (hình sự)" in shown


# --- what is asked --------------------------------------------------------------------------------

JUNK = ["\0", "x" * 5000, "-7", "9" * 30, "²", "2026-W60", "2026-W99", "0000-W01", "9999-W01"]


@pytest.mark.parametrize("junk", JUNK)
def test_junk_is_told_beside_its_field_and_is_no_error(client_for, chief, rows, junk):
    for name in ("week", "neighbourhood", "type"):
        page = client_for(chief).get(PAGE, {name: junk})
        assert page.status_code == 200
        assert name in page.context["form"].errors, (name, junk)
        assert page.context["form"].errors[name][0] in html.unescape(page.content.decode())
        assert "tables" not in page.context
    assert client_for(chief).get(PAGE, {"nonsense": junk}).context["tables"]


def test_a_week_to_come_is_refused(client_for, chief, rows):
    page = client_for(chief).get(PAGE, {"week": "2026-W49"})
    assert page.context["form"].errors["week"] == ["Tuần này chưa đến."]
    assert client_for(chief).get(PAGE, {"week": "2000-W01"}).status_code == 200


def test_a_kind_of_the_second_level_is_no_group(client_for, chief, rows):
    page = client_for(chief).get(PAGE, {"type": kind("trom-cap").pk})
    assert page.context["form"].errors["type"] == ["Không có nhóm loại vụ việc này."]


def test_the_week_asked_for_stays_chosen(client_for, chief, rows):
    for week in ("2026-W40", "2015-W07"):  # the second is older than those offered
        shown = client_for(chief).get(PAGE, {"week": week}).content.decode()
        assert f'<option value="{week}" selected>' in shown
        assert f"week={Week.parse(week).moved(-1)}" in shown
        assert f"week={Week.parse(week).moved(1)}" in shown


def test_the_way_to_another_week_keeps_the_filters(client_for, chief, rows, area_a):
    asked = {"neighbourhood": area_a.pk, "type": kind("hinh-su").pk}
    page = client_for(chief).get(PAGE, asked)
    assert page.context["previous_url"] == f"{PAGE}?{urlencode({'week': '2026-W47', **asked})}"
    assert page.context["next_url"] == ""


def test_as_many_queries_for_many_rows_as_for_one(client_for, chief, officer_a, area_a, saturday):
    make(area_a, "trom-cap", (2026, 9, 1))
    counts = {chief: [], officer_a: []}
    for _ in range(2):
        for user, found in counts.items():
            client = client_for(User.objects.get(pk=user.pk))
            client.get("/")  # the session is written once
            with CaptureQueriesContext(connection) as queries:
                assert tables(client.get(PAGE))
            found.append(len(queries))
        for code in ("trom-cap", "chay", "tieng-on"):
            make(NeighbourhoodFactory(ward=area_a.ward), code, (2026, 11, 24), 2)
    assert Incident.objects.count() == 13
    for found in counts.values():
        assert found[0] == found[1] <= 12
