"""The board of shortcomings: each measure against numbers worked out by hand, and its rows."""

import datetime as dt

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from kylien.accounts.models import Role
from kylien.core.periods import TZ, Quarter
from outreach.measures import Share, Spread
from outreach.models import Topic
from reports import board as boards
from reports.board import NO_DATA, TOO_FEW, Board
from reports.listed import KINDS
from reports.shortcomings import BY_KEY, SHORTCOMINGS, Asked, Records, read
from selfgov_groups.models import ScoringScheme
from tests import factories

pytestmark = pytest.mark.django_db

TODAY = dt.date(2026, 11, 20)
NOW, BEFORE = Quarter(2026, 4), Quarter(2026, 3)
HOUR = dt.timedelta(hours=1)
BOARD = "/shortcomings/"


def on(month, day, year=2026):
    return dt.date(year, month, day)


def at(month, day, hour=0, minute=0):
    return dt.datetime(2026, month, day, hour, minute, tzinfo=TZ)


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel(at(11, 20, 9), tick=False):
        yield


@pytest.fixture
def outreach(area_a, area_b):
    """T1: two neighbourhoods, two topics in use and one given up in October."""
    Topic.objects.update(ended_on=on(1, 1, 2020))
    drugs, fire = factories.TopicFactory(), factories.TopicFactory()
    old = factories.TopicFactory(ended_on=on(10, 15))
    text = factories.MaterialFactory()

    def session(topic, day, area, **fields):
        return factories.ActivityFactory(topic=topic, held_on=day, neighbourhood=area, **fields)

    full = session(drugs, on(10, 1), area_a, material=text)
    session(drugs, on(10, 6), area_a, material=text)
    ward_wide = session(fire, on(11, 2), None)
    past = session(old, on(9, 30), area_b, material=text)
    session(drugs, None, area_b, planned_on=on(11, 10))

    def question(activity, due, done=None):
        factories.QuestionFactory(
            activity=activity, due_on=due, done_on=done, result="Đã lắp" if done else ""
        )

    question(full, on(10, 20), on(10, 20))
    question(ward_wide, on(11, 10), on(11, 12))  # two days late
    question(ward_wide, on(11, 20))  # due today: may still be in time
    question(past, on(10, 1))  # due in this quarter, asked in the last
    question(past, on(9, 30), on(9, 30))


@pytest.fixture
def joint(db):
    """T2: a resolution kept all year, one that ended with September, one of October."""
    partner = factories.PartnerFactory()

    def commitment(partner=None, **resolution):
        made = factories.ResolutionFactory(**resolution)
        return factories.CommitmentFactory(resolution=made, partner=partner, due_on=on(8, 15))

    def time(commitment, due, done=None, led_by=None):
        evidence = "Biên bản" if done else ""
        factories.FulfilmentFactory(
            commitment=commitment, due_on=due, done_on=done, evidence=evidence, led_by=led_by
        )

    kept = commitment(partner, signed_on=on(1, 10))
    time(kept, on(8, 15), on(8, 10), partner)
    time(kept, on(9, 15), on(10, 5))  # late over the end of the quarter
    time(kept, on(11, 1))
    time(kept, on(11, 20))  # due today
    time(kept, on(12, 15))
    ended = commitment(signed_on=on(1, 10), ended_on=on(10, 1))
    time(ended, on(9, 20))
    fresh = commitment(partner, signed_on=on(10, 10))
    time(fresh, on(10, 20), on(10, 20), partner)


@pytest.fixture
def groups(area_a):
    """T4: three groups in either quarter, one of them another."""
    first, second = (
        factories.GroupFactory(neighbourhood=area_a, founded_on=on(1, 1)) for _ in range(2)
    )
    gone = factories.GroupFactory(
        neighbourhood=area_a, founded_on=on(1, 1, 2020), dissolved_on=on(10, 10)
    )
    young = factories.GroupFactory(neighbourhood=area_a, founded_on=on(10, 15))
    factories.MeetingFactory(group=first, held_on=on(10, 2), officer_came=True)
    factories.MeetingFactory(group=first, held_on=on(10, 9))
    factories.MeetingFactory(group=gone, held_on=on(9, 30))
    factories.MeetingFactory(group=young, held_on=None, attended=None, planned_on=on(12, 1))
    factories.GroupContactFactory(group=second, met_on=on(11, 10))
    factories.GroupContactFactory(group=gone, met_on=on(8, 1))
    for raised, done in (
        (on(9, 1), on(10, 1)),  # 30 days
        (on(9, 2), on(10, 3)),  # 31
        (on(10, 20), on(11, 19)),  # 30
        (on(10, 21), on(10, 25)),  # its thirty days are not over
    ):
        factories.GroupRequestFactory(
            group=first, raised_on=raised, due_on=raised, done_on=done, result="Đã sửa"
        )
    chief = factories.UserFactory(role=Role.CHIEF)
    for year, classes in (
        (2024, {first: "fair", second: "good", gone: "fair"}),
        (2025, {first: "good", second: "weak", gone: "fair", young: "weak"}),
    ):
        scheme = ScoringScheme.objects.filter(year=year).first()
        scheme = scheme or factories.ScoringSchemeFactory(year=year)
        for group, rated in classes.items():
            factories.GroupScoreFactory(
                group=group,
                scheme=scheme,
                state="approved",
                rated=rated,
                approved_by=chief,
                approved_on=on(1, 5),
            )
    return first, second, gone, young


@pytest.fixture
def news(groups, area_a):
    """T3: two pieces of news in the last quarter, three in this; two of older ones end late."""

    def came(received, hours, classified=None, **fields):
        row = factories.IncidentFactory(
            neighbourhood=area_a,
            received_at=received,
            occurred_at=received - hours * HOUR,
            **fields,
        )
        for after in classified or ():
            factories.IncidentEntryFactory(
                incident=row, at=received + after * HOUR, kind="step", state="classified"
            )

    told = {"source": "group", "reporting_group": groups[0]}
    came(at(7, 1, 0, 30), 1, [2], source="citizen")
    came(at(9, 30, 23), 4, [30], source="police")
    done = {"state": "resolved", "resolved_on": on(10, 5), "told_group_on": on(10, 6)}
    came(at(10, 1), 3, [24, 40], **told, **done)  # 24 hours sharp; the second line is a note
    came(at(11, 18, 23), 6, source="police")
    came(at(11, 19, 8), 1, [1], source="citizen")  # yesterday: its 24 hours may not be over
    came(at(5, 5), 1, [1], **told, state="resolved", resolved_on=on(9, 30))
    came(at(5, 6), 1, [1], **told, state="resolved", resolved_on=on(11, 1))


@pytest.fixture
def busy(outreach, joint, groups, news):
    """All of it."""


EXPECTED = {  # by hand, from the rows above: (this quarter, the last)
    "coverage": (Share(3, 4), Share(1, 6)),
    "content": (Share(1, 3), Share(1, 1)),
    "answers": (Share(1, 3), Share(1, 1)),
    "kept": (Share(2, 2), Share(1, 2)),
    "partners": (Share(1, 2), Share(1, 1)),
    "unmet": (Share(1, 4), Share(2, 3)),
    "delay": (Spread(2, 19.5, 20), Spread(2, 12.5, 15)),
    "news": (Spread(3, 3, 6), Spread(2, 2.5, 4)),
    "classified": (Share(1, 2), Share(1, 2)),
    "classifying": (Spread(2, 12.5, 24), Spread(2, 16, 30)),
    "people": (Share(2, 3), Share(1, 2)),
    "replies": (Share(1, 2), Share(0, 1)),
    "meetings": (Share(1, 3), Share(1, 3)),
    "seen": (Share(2, 3), Share(1, 3)),
    "since": (Spread(3, 36, 49), Spread(3, 272, 272)),
    "requests": (Share(1, 1), Share(1, 2)),
    "risen": (Share(1, 3), Share(1, 3)),
    "fallen": (Share(1, 3), Share(1, 3)),
}


def test_every_measure_is_what_hand_and_paper_give(busy):
    now, before = Asked(NOW, TODAY), Asked(BEFORE, TODAY)
    told = read(Records(now, before))
    assert told[now] == {key: one for key, (one, _) in EXPECTED.items()}
    assert told[before] == {key: one for key, (_, one) in EXPECTED.items()}


def test_each_shortcoming_has_two_to_four_measures_of_known_kinds():
    assert [one.key for one in SHORTCOMINGS] == ["T1", "T2", "T3", "T4"]
    for one in SHORTCOMINGS:
        assert 2 <= sum(not measure.under for measure in one.measures) <= 4
        assert not one.measures[0].under
    keys = [measure.key for one in SHORTCOMINGS for measure in one.measures]
    assert len(keys) == len(set(keys)) == len(EXPECTED)
    assert {measure.kind for measure in BY_KEY.values()} == set(KINDS)


def test_a_past_day_gives_the_numbers_of_that_day(joint):
    """On 30/9 the commitment met on 5/10 is unmet, whichever day looks back."""
    for today in (on(9, 30), TODAY):
        asked = Asked(BEFORE, today)
        assert read(Records(asked))[asked]["unmet"] == Share(2, 3)


def test_a_quarter_of_another_year_looks_at_its_own_classes(groups):
    asked = Asked(Quarter(2027, 1), on(1, 20, 2027))
    told = read(Records(asked))[asked]
    assert told["risen"] == told["fallen"] == Share(0, 0)


class TestPage:
    def cells(self, context):
        for card in context["cards"]:
            for row in card.rows:
                yield row, row.now
                yield row, row.before

    def test_numbers_and_denominators_stand_on_it(self, busy, chief, client_for):
        response = client_for(chief).get(BOARD)
        assert response.context["quarter"] == NOW
        rows = {row.label: row for card in response.context["cards"] for row in card.rows}
        row = rows["Tổ liên gia được cán bộ đến gặp trong quý"]
        assert (row.now.part, row.now.whole, row.now.shown) == ("2", "3", "67 %")
        assert (row.before.part, row.before.whole, row.before.shown) == ("1", "3", "33 %")
        assert row.change == "+34 điểm %"
        assert row.verdict == ("mute", "Chưa hết quý")  # more may be met until it ends
        row = rows["Từ lúc xảy ra đến lúc nhận tin, trung vị"]
        assert (row.now.shown, row.now.whole, row.now.longest) == ("3 giờ", "3", "6 giờ")
        assert (row.change, row.verdict) == ("+0,5 giờ", ("late", "Kém hơn"))
        row = rows["Cam kết quá hạn chưa làm"]
        assert (row.now.shown, row.change, row.verdict) == ("25 %", "−42 điểm %", ("ok", "Tốt hơn"))
        page = response.content.decode()
        assert "51/92 ngày" in page
        assert "Càng thấp càng tốt" in page

    def test_a_quarter_that_is_over_gets_its_verdict(self, busy, chief, client_for):
        context = client_for(chief).get(BOARD, {"quarter": "2026-Q3"}).context
        assert not context["unfinished"]
        rows = {row.label: row for card in context["cards"] for row in card.rows}
        row = rows["Tổ liên gia có họp trong quý"]
        assert (row.before.shown, row.before.value, row.verdict) == ("0 %", 0, ("ok", "Tốt hơn"))

    def test_without_a_denominator_nothing_is_told_as_nought(self, ward, chief, client_for):
        response = client_for(chief).get(BOARD)
        for _, cell in self.cells(response.context):
            assert (cell.value, cell.shown, cell.whole) == (None, NO_DATA, "")
        rows = [row for card in response.context["cards"] for row in card.rows]
        assert all((row.change, row.verdict) == ("", None) for row in rows)
        assert " %<" not in response.content.decode()

    def test_every_number_opens_exactly_its_rows(self, busy, chief, client_for):
        client, followed = client_for(chief), 0
        for row, cell in self.cells(client.get(BOARD).context):
            for number, address in ((cell.part, cell.part_url), (cell.whole, cell.whole_url)):
                if not number:
                    continue
                page = client.get(address).context
                assert str(len(page["lines"])) == page["count"] == number, (row.label, address)
                followed += 1
        assert followed > 60

    def test_the_rows_are_those_counted_and_open(self, busy, groups, chief, client_for):
        client, opened = client_for(chief), set()
        for measure in BY_KEY.values():
            for part in ("part", "rest", "all"):
                address = boards.address(measure, Asked(NOW, TODAY), part)
                response = client.get(address)
                if response.status_code == 404:  # a median has all of its rows or none
                    assert part != "all"
                    assert hasattr(measure, "unit")
                    continue
                assert [one["current"] for one in response.context["parts"]].count(True) == 1
                opened |= {line.url for line, _ in response.context["lines"]}
        assert all(client.get(url).status_code == 200 for url in opened)
        first, second, _, young = groups
        seen = {
            part: [
                line.title
                for line, _ in client.get(
                    boards.address(BY_KEY["seen"], Asked(NOW, TODAY), part)
                ).context["lines"]
            ]
            for part in ("part", "rest")
        }
        assert seen == {"part": [first.name, second.name], "rest": [young.name]}

    def test_a_median_lists_its_largest_number_first(self, busy, chief, client_for):
        lines = client_for(chief).get(f"{BOARD}since/").context["lines"]
        assert [value for _, value in lines] == ["49", "36", "10"]

    def test_long_lists_come_in_pages(self, area_a, chief, client_for):
        factories.GroupFactory.create_batch(53, neighbourhood=area_a, founded_on=on(1, 1))
        client = client_for(chief)
        for page, listed in ((1, 50), (2, 3), (9, 3), ("x", 50)):
            context = client.get(f"{BOARD}meetings/", {"part": "rest", "page": page}).context
            assert (len(context["lines"]), context["count"]) == (listed, "53")

    @pytest.mark.parametrize("query", ["quarter=2026-Q5", "quarter=2027-Q1", "quarter=x", "part=x"])
    def test_what_cannot_be_read_is_refused(self, ward, chief, client_for, query):
        client = client_for(chief)
        assert client.get(f"{BOARD}seen/?{query}").status_code == 404
        assert client.get(f"{BOARD}khong-co/").status_code == 404
        response = client.get(f"{BOARD}?{query}")
        assert response.status_code == 200
        if query.startswith("quarter"):
            assert "cards" not in response.context
            assert "f-error" in response.content.decode()

    def test_it_is_for_the_chief_and_leaders(self, ward, client_for, leader, chief, superuser):
        others = [
            factories.UserFactory(role=role)
            for role in (Role.AREA_OFFICER, Role.DUTY_OFFICER, Role.CLERK)
        ]
        for user in (*others, superuser, factories.UserFactory()):
            assert client_for(user).get(BOARD).status_code == 403
            assert client_for(user).get(f"{BOARD}seen/").status_code == 403
        assert client_for(leader).get(BOARD).status_code == 200
        assert client_for(leader).get(f"{BOARD}seen/").status_code == 403
        assert client_for(chief).get(f"{BOARD}seen/").status_code == 200

    def test_it_costs_the_same_empty_and_busy(self, request, ward, chief, client_for):
        client = client_for(chief)
        client.get(BOARD)
        counts = []
        for _ in range(2):
            with CaptureQueriesContext(connection) as queries:
                client.get(BOARD)
            counts.append(len(queries))
            request.getfixturevalue("busy")
        assert counts[0] == counts[1] <= 14


class TestLeader:
    """What a leader sees of numbers that read() returns."""

    def board(self, monkeypatch, **told):
        nothing = {
            key: Spread(0) if isinstance(one, Spread) else Share(0, 0)
            for key, (one, _) in EXPECTED.items()
        }
        monkeypatch.setattr(
            boards, "read", lambda records: dict.fromkeys(records.asked, nothing | told)
        )
        found = Board(NOW, TODAY, aggregate=True)
        return {
            measure.key: row
            for one, card in zip(SHORTCOMINGS, found.cards(), strict=True)
            for measure, row in zip(one.measures, card.rows, strict=True)
        }

    @pytest.mark.parametrize(
        ("share", "part", "shown"),
        [
            (Share(18, 34), "18", "53 %"),
            (Share(4, 34), "<5", ""),
            (Share(30, 34), "—", ""),
            (Share(34, 34), "—", ""),
            (Share(29, 34), "29", "85 %"),
            (Share(0, 34), "<5", ""),
        ],
    )
    def test_a_small_part_and_what_gives_it_away_are_hidden(self, monkeypatch, share, part, shown):
        row = self.board(monkeypatch, seen=share)["seen"]
        assert (row.now.part, row.now.whole, row.now.shown) == (part, "34", shown)
        assert bool(row.change) == bool(shown)
        assert row.now.part_url == row.now.whole_url == ""

    @pytest.mark.parametrize("told", [Share(2, 4), Share(0, 0), Share(4, 4)])
    def test_nothing_is_told_of_a_small_whole(self, monkeypatch, told):
        row = self.board(monkeypatch, seen=told)["seen"]
        assert (row.now.value, row.now.shown, row.now.part, row.now.whole) == (
            None,
            TOO_FEW,
            "",
            "",
        )
        assert row.verdict is None

    def test_a_median_needs_five_rows_and_tells_of_no_single_one(self, monkeypatch):
        rows = self.board(monkeypatch, news=Spread(5, 3.04, 90), delay=Spread(4, 3, 90))
        assert (rows["news"].now.shown, rows["news"].now.longest) == ("3 giờ", "")
        assert rows["news"].verdict == ("mute", "Không đổi")
        assert (rows["delay"].now.shown, rows["delay"].now.whole) == (TOO_FEW, "")

    def test_groups_that_kept_their_class_do_not_follow_from_the_others(self, monkeypatch):
        rows = self.board(monkeypatch, risen=Share(12, 34), fallen=Share(20, 34))
        assert (rows["risen"].now.part, rows["fallen"].now.part) == ("—", "20")

    def test_the_page_has_neither_links_nor_small_numbers(self, busy, leader, client_for):
        response = client_for(leader).get(BOARD)
        page = response.content.decode()
        assert f"{BOARD}seen/" not in page
        for card in response.context["cards"]:
            for row in card.rows:
                for cell in (row.now, row.before):
                    assert not cell.part_url
                    assert not cell.whole_url
                    assert cell.part not in {"0", "1", "2", "3", "4"}
                    assert cell.whole not in {"0", "1", "2", "3", "4"}


def test_the_boards_address_is_stable():
    assert reverse("shortcoming-board") == BOARD
    assert reverse("shortcoming-rows", args=["seen"]) == f"{BOARD}seen/"
