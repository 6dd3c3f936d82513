"""Which rule sets a term; when a clock starts, stops, stands, is extended; what the page says."""

import datetime as dt
import random

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.html import strip_tags

from incidents import services, workflow
from incidents.models import Clock, ClockPause, ClockRule, Incident, IncidentClock
from incidents.services import clocks as ticking
from kylien.areas.models import Holiday
from kylien.core.changes import acting
from tests.factories import ClockPauseFactory, ClockRuleFactory
from tests.incidents.ways import NOON, clocks, kind, reach, receive, take

pytestmark = pytest.mark.django_db

STANDS = "Thời hạn đang tạm dừng."
RUNS = "Thời hạn không tạm dừng."
TODAY = NOON.date()
HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)


def local(*parts):
    return dt.datetime(2026, *parts, tzinfo=timezone.get_default_timezone())


def refused(act):
    """Return the sentences with which an act is refused."""
    with pytest.raises(ValidationError) as caught, transaction.atomic():
        act()
    return caught.value.messages


# --- which rule ---------------------------------------------------------------------------------


def chosen(clock, code="trom-cap", urgency="today", day=TODAY):
    incident = Incident(type=kind(code), urgency=urgency)
    rule = ClockRule.objects.all().book().rule(clock, incident, day)
    return rule and (rule.value, rule.unit)


@pytest.mark.parametrize(
    ("urgency", "term"),
    [("at_once", (1, "hours")), ("today", (24, "hours")), ("soon", (3, "days")),
     ("normal", (7, "days"))],
)  # fmt: skip
def test_how_soon_the_first_answer_is_due_follows_the_urgency(urgency, term):
    assert chosen("response", urgency=urgency) == term
    assert chosen("response", "xich-mich", urgency) == term


def test_crimes_are_handed_over_within_a_day_and_all_is_resolved_in_twenty():
    crimes = ("trom-cap", "ma-tuy-khac", "moi-truong", "chong-doi", "lua-dao-mang")
    for code in crimes:
        assert chosen("hand_over", code) == (24, "hours")
    for code in ("xich-mich", "chay", "tim-nguoi", "khieu-kien-dong-nguoi", "khac-khac"):
        assert chosen("hand_over", code) is None
        assert chosen("resolve", code) == (20, "days")
        assert chosen("answer", code) == (3, "working_days")
    assert chosen("resolve", day=dt.date(2017, 12, 31)) is None


def test_the_kind_goes_before_its_group_and_that_before_all():
    since = {"valid_from": dt.date(2026, 1, 1), "clock": "resolve"}
    ClockRuleFactory(type=kind("hinh-su"), value=10, **since)
    assert chosen("resolve", "trom-cap") == (10, "days")
    ClockRuleFactory(type=kind("trom-cap"), value=5, **since)
    assert chosen("resolve", "trom-cap") == (5, "days")
    assert chosen("resolve", "lua-dao") == (10, "days")
    assert chosen("resolve", "ma-tuy-khac") == (20, "days")
    ClockRuleFactory(value=8, urgency="today", **since)
    ClockRuleFactory(type=kind("hinh-su"), value=9, urgency="today", **since)
    assert chosen("resolve", "trom-cap") == (5, "days")  # the kind, whatever the urgency
    assert chosen("resolve", "lua-dao") == (9, "days")  # the group, by its urgency
    assert chosen("resolve", "lua-dao", "soon") == (10, "days")
    assert chosen("resolve", "ma-tuy-khac") == (8, "days")
    assert chosen("resolve", "ma-tuy-khac", "soon") == (20, "days")


def test_the_newest_rule_that_holds_on_the_day_applies():
    theft = {"clock": "resolve", "type": kind("trom-cap")}
    ClockRuleFactory(value=5, valid_from=dt.date(2026, 2, 1), **theft)
    ClockRuleFactory(value=6, valid_from=dt.date(2026, 3, 5), valid_to=dt.date(2026, 3, 9), **theft)
    by_day = {
        dt.date(2026, 1, 31): 20,
        dt.date(2026, 2, 1): 5,
        dt.date(2026, 3, 4): 5,
        dt.date(2026, 3, 5): 6,
        dt.date(2026, 3, 8): 6,
        dt.date(2026, 3, 9): 5,
    }
    assert {day: chosen("resolve", day=day)[0] for day in by_day} == by_day


def test_the_rule_is_that_of_the_day_the_clock_started(area_a, chief):
    incident = receive(area_a, at=NOON)
    ClockRuleFactory(clock="resolve", value=5, valid_from=NOON.date() + DAY)
    take(incident, "classify", chief, NOON + 2 * DAY)
    assert clocks(incident)["resolve"].rule.value == 20
    assert clocks(receive(area_a, at=NOON + DAY))["resolve"].rule.value == 5


# --- starting and stopping ----------------------------------------------------------------------


def test_clocks_start_when_the_news_comes_in(area_a):
    theft = receive(area_a, at=NOON + HOUR, received_at=NOON, urgency="today")
    quarrel = receive(area_a, type=kind("xich-mich"), at=NOON, urgency="soon")
    crowd = receive(area_a, type=kind("tu-tap-dong-nguoi"), at=NOON, urgency="at_once")
    due = {
        theft: {
            "response": NOON + DAY,
            "hand_over": NOON + DAY,
            "resolve": local(3, 25, 23, 59),
        },
        quarrel: {"response": local(3, 8, 23, 59), "resolve": local(3, 25, 23, 59)},
        crowd: {"response": NOON + HOUR, "resolve": local(3, 25, 23, 59)},
    }
    for incident, wanted in due.items():
        found = clocks(incident)
        assert {name: clock.due_at for name, clock in found.items()} == wanted
        assert {clock.started_at for clock in found.values()} == {NOON}
        assert not incident.clocks.exclude(stopped_at=None).exists()


def test_classifying_stops_the_first_answer_and_nothing_else(area_a, chief):
    incident = receive(area_a, at=NOON)
    take(incident, "classify", chief, NOON + HOUR)
    assert set(clocks(incident)) == {"hand_over", "resolve"}
    assert incident.clocks.get(clock="response").stopped_at == NOON + HOUR
    take(incident, "verify", chief, NOON + 2 * HOUR)
    assert set(clocks(incident)) == {"hand_over", "resolve"}


def mend(incident, at, **values):
    for name, value in values.items():
        setattr(incident, name, value)
    return services.mend(incident, at=at)


def test_another_kind_stops_starts_and_revives_the_handing_over(area_a, chief):
    incident = receive(area_a, at=NOON)
    incident = take(incident, "classify", chief, NOON + HOUR, type=kind("xich-mich"))
    assert set(clocks(incident)) == {"resolve"}
    stopped = incident.clocks.get(clock="hand_over")
    assert (stopped.stopped_at, stopped.due_at) == (NOON + HOUR, NOON + DAY)
    incident = mend(incident, NOON + 3 * DAY, type=kind("lua-dao"))
    revived = clocks(incident)["hand_over"]
    assert revived.pk == stopped.pk
    assert (revived.started_at, revived.due_at) == (NOON, NOON + DAY)
    assert "response" not in clocks(incident)  # it is classified: that clock is over

    quarrel = receive(area_a, type=kind("xich-mich"), at=NOON)
    quarrel = take(quarrel, "classify", chief, NOON + 2 * DAY, type=kind("trom-cap"))
    assert clocks(quarrel)["hand_over"].due_at == NOON + DAY  # counted from the news, so late


def test_another_urgency_or_moment_moves_what_is_due(area_a):
    happened = NOON - 2 * DAY
    incident = receive(area_a, at=NOON, occurred_at=happened, urgency="today")
    mend(incident, NOON + HOUR, urgency="at_once")
    assert clocks(incident)["response"].due_at == NOON + HOUR
    mend(incident, NOON + HOUR, urgency="normal")
    assert clocks(incident)["response"].due_at == local(3, 12, 23, 59)
    mend(incident, NOON + HOUR, received_at=NOON - DAY, urgency="today")
    assert {clock.started_at for clock in clocks(incident).values()} == {NOON - DAY}
    assert clocks(incident)["response"].due_at == NOON
    assert clocks(incident)["resolve"].due_at == local(3, 24, 23, 59)
    assert incident.clocks.count() == 3


def test_mending_what_has_no_clock_leaves_them_alone(area_a):
    incident = receive(area_a, at=NOON)
    before = list(incident.clocks.values())
    mend(incident, NOON + DAY, place="Nơi khác")
    assert list(incident.clocks.values()) == before


@pytest.mark.parametrize("state", sorted(workflow.RESULTS))
def test_a_result_stops_all_and_starts_the_answer_to_a_group_alone(area_a, chief, state):
    for source in ("citizen", "group", "media"):
        incident = reach(state, area_a, chief, at=NOON, source=source)
        running = clocks(incident)
        assert set(running) == ({"answer"} if source == "group" else set())
        stopped = incident.clocks.exclude(stopped_at=None)
        assert set(stopped.values_list("clock", flat=True)) == {"response", "hand_over", "resolve"}
        assert set(stopped.values_list("stopped_at", flat=True)) == {NOON}
    assert clocks(reach(state, area_a, chief, at=NOON, source="group"))["answer"].due_at == local(
        3, 10, 23, 59
    )  # Friday, Monday, Tuesday


def test_the_answer_stops_when_the_group_is_told_and_does_not_come_back(area_a, chief):
    incident = reach("mediated", area_a, chief, at=NOON, source="group")
    incident = take(incident, "tell_group", chief, NOON + HOUR)
    assert incident.clocks.get(clock="answer").stopped_at == NOON + HOUR
    incident = take(incident, "close", chief, NOON + DAY)
    assert not clocks(incident)


def test_news_that_was_no_groups_needs_no_answer(area_a, chief):
    incident = reach("resolved", area_a, chief, at=NOON, source="group")
    mend(incident, NOON + HOUR, source="citizen", reporting_group=None)
    assert not clocks(incident)


def test_reopening_starts_the_term_anew(area_a, chief):
    incident = receive(area_a, at=NOON, source="group")
    incident = take(incident, "classify", chief, NOON)
    incident = take(incident, "extend", chief, NOON)
    incident = take(incident, "resolve", chief, NOON + DAY)
    incident = take(incident, "reopen", chief, NOON + 4 * DAY)  # Monday the 9th
    assert set(clocks(incident)) == {"resolve", "hand_over"}
    old, new = incident.clocks.filter(clock="resolve").order_by("pk")
    assert old.stopped_at == NOON + DAY
    assert (new.started_at, new.extended_at) == (NOON + 4 * DAY, None)
    assert new.due_at == local(3, 30, 23, 59)  # Sunday the 29th rolls
    assert incident.clocks.get(clock="answer").stopped_at == NOON + 4 * DAY
    # Another crime leaves it so: the terms run from the opening, not from the news long past.
    incident = mend(incident, NOON + 5 * DAY, type=kind("ma-tuy-khac"), urgency="at_once")
    assert set(clocks(incident)) == {"resolve", "hand_over"}
    assert {clock.started_at for clock in clocks(incident).values()} == {NOON + 4 * DAY}
    assert not take(incident, "extend", chief, NOON + 5 * DAY).clocks.filter(
        pk=new.pk, extended_at=None
    )
    incident = take(incident, "mediate", chief, NOON + 6 * DAY)
    assert clocks(incident)["answer"].started_at == NOON + 6 * DAY
    assert incident.clocks.filter(clock="answer").count() == 2


# --- pausing and extending ----------------------------------------------------------------------


def send(client, incident, step, **data):
    incident.refresh_from_db()
    return client.post(f"/incidents/{incident.pk}/{step}/", {"version": incident.version} | data)


def told(response):
    """Return the sentences of a page that refuses."""
    assert response.status_code == 422
    return response.context["form"].non_field_errors()


def test_a_clock_is_not_paused_twice(client_for, area_a, chief):
    incident = receive(area_a)
    take(incident, "pause", chief)
    clock = clocks(incident)["resolve"]
    before = list(ClockPause.objects.values())
    assert refused(lambda: take(incident, "pause", chief)) == [STANDS]
    assert refused(lambda: ticking.pause(clock, timezone.now(), "Chờ")) == [STANDS]
    assert told(send(client_for(chief), incident, "pause", reason="Chờ giám định")) == [STANDS]
    with pytest.raises(IntegrityError), transaction.atomic():
        ClockPauseFactory(clock=clock)
    with pytest.raises(ValidationError) as caught:
        ClockPauseFactory.build(clock=clock).full_clean()
    assert caught.value.message_dict == {"reason": ["Thời hạn này đang tạm dừng."]}
    assert list(ClockPause.objects.values()) == before
    take(incident, "resume", chief)
    take(incident, "pause", chief)  # one after the other is no matter
    assert ClockPause.objects.count() == 2


def test_a_clock_that_runs_is_not_resumed(client_for, area_a, chief):
    incident = receive(area_a)
    due = clocks(incident)["resolve"].due_at
    assert refused(lambda: take(incident, "resume", chief)) == [RUNS]
    assert refused(lambda: ticking.resume(clocks(incident)["resolve"], timezone.now())) == [RUNS]
    assert told(send(client_for(chief), incident, "resume")) == [RUNS]
    take(incident, "pause", chief)
    take(incident, "resume", chief)
    assert told(send(client_for(chief), incident, "resume")) == [RUNS]
    assert ClockPause.objects.filter(resumed_at=None).count() == 0
    assert clocks(incident)["resolve"].due_at == due  # within one day


def test_pausing_and_extending_need_a_reason(client_for, area_a, chief):
    incident = receive(area_a)
    for step in ("pause", "extend"):
        response = send(client_for(chief), incident, step, reason="  ")
        assert response.status_code == 422
        assert set(response.context["form"].errors) == {"reason"}
        assert refused(lambda step=step: take(incident, step, chief, reason="")) == [
            "Trường này là bắt buộc."
        ]
    assert not ClockPause.objects.exists()
    assert clocks(incident)["resolve"].extended_at is None


def test_an_extension_is_given_once_with_its_reason(client_for, area_a, chief):
    incident = receive(area_a, at=NOON, urgency="today")
    take(incident, "extend", chief, NOON + DAY, reason="Chờ kết luận giám định")
    clock = clocks(incident)["resolve"]
    assert clock.due_at == local(5, 25, 23, 59)
    assert (clock.extended_at, clock.extension_reason) == (NOON + DAY, "Chờ kết luận giám định")
    assert {c.due_at for name, c in clocks(incident).items() if name != "resolve"} == {NOON + DAY}
    once = "Thời hạn chỉ được gia hạn một lần."
    assert refused(lambda: take(incident, "extend", chief)) == [once]
    assert refused(lambda: ticking.extend(clock, NOON, "Lần nữa")) == [once]
    assert told(send(client_for(chief), incident, "extend", reason="Lần nữa")) == [once]
    clock.refresh_from_db()
    assert clock.due_at == local(5, 25, 23, 59)
    assert clock.extension_reason == "Chờ kết luận giám định"


def test_what_stands_is_not_extended_and_what_the_rule_does_not_give_neither(area_a, chief):
    incident = receive(area_a)
    take(incident, "pause", chief)
    assert refused(lambda: take(incident, "extend", chief)) == [
        "Thời hạn đang tạm dừng: tính tiếp rồi mới gia hạn."
    ]
    take(incident, "resume", chief)
    take(incident, "extend", chief)
    ClockRuleFactory(clock="resolve", type=kind("xich-mich"), valid_from=dt.date(2026, 1, 1))
    quarrel = receive(area_a, type=kind("xich-mich"))
    assert refused(lambda: take(quarrel, "extend", chief)) == [
        "Thời hạn này không được gia hạn theo quy định."
    ]


def test_without_a_term_there_is_nothing_to_pause(area_a, chief):
    ClockRule.objects.filter(clock="resolve").delete()
    incident = receive(area_a)
    for step in ("pause", "extend"):
        assert refused(lambda step=step: take(incident, step, chief)) == [
            "Vụ việc này không có thời hạn giải quyết đang tính."
        ]


def test_the_paused_days_come_on_top(area_a, chief):
    incident = receive(area_a, at=NOON)
    take(incident, "pause", chief, NOON + DAY)
    assert clocks(incident)["resolve"].due_at == local(3, 25, 23, 59)
    take(incident, "resume", chief, NOON + 7 * DAY)
    assert clocks(incident)["resolve"].due_at == local(3, 31, 23, 59)
    take(incident, "extend", chief, NOON + 8 * DAY)
    assert clocks(incident)["resolve"].due_at == local(6, 1, 23, 59)  # 31 May is a Sunday
    take(incident, "pause", chief, NOON + 9 * DAY)
    take(incident, "resume", chief, NOON + 10 * DAY)
    assert clocks(incident)["resolve"].due_at == local(6, 1, 23, 59)
    take(incident, "pause", chief, NOON + 11 * DAY)
    take(incident, "resume", chief, NOON + 12 * DAY)
    assert clocks(incident)["resolve"].due_at == local(6, 2, 23, 59)


def test_paused_hours_count_to_the_microsecond(area_a, chief):
    ClockRuleFactory(
        clock="resolve",
        type=kind("chay"),
        value=48,
        unit="hours",
        extension=12,
        extension_unit="hours",
        valid_from=dt.date(2026, 1, 1),
    )
    incident = receive(area_a, type=kind("chay"), at=NOON)
    stood = dt.timedelta(hours=30, minutes=1, seconds=7, microseconds=3)
    take(incident, "pause", chief, NOON + HOUR)
    take(incident, "resume", chief, NOON + HOUR + stood)
    assert clocks(incident)["resolve"].due_at == NOON + 2 * DAY + stood
    take(incident, "extend", chief, NOON + 2 * DAY)
    assert clocks(incident)["resolve"].due_at == NOON + 2 * DAY + stood + 12 * HOUR


def test_what_is_done_while_its_term_stands_is_done_in_time(client_for, area_a, chief):
    incident = receive(area_a, at=NOON)
    take(incident, "classify", chief, NOON)
    take(incident, "pause", chief, NOON + DAY)
    take(incident, "resolve", chief, NOON + 60 * DAY)
    clock = incident.clocks.get(clock="resolve")
    assert clock.stopped_at == NOON + 60 * DAY
    assert clock.pauses.get().resumed_at == NOON + 60 * DAY
    assert clock.due_at > clock.stopped_at
    rows = client_for(chief).get(incident.get_absolute_url()).context["clocks"]
    assert {row.label: row.told for row in rows}["Giải quyết"] == "Xong trong hạn"


def test_the_log_tells_of_the_terms(area_a, chief):
    incident = receive(area_a)
    for step, reason in (("pause", "Chờ giám định"), ("resume", ""), ("extend", "Còn xác minh")):
        take(incident, step, chief, **({"reason": reason} if reason else {}))
        entry = incident.entries.last()
        assert (entry.kind, entry.author, entry.state) == ("clock", chief, "received")
        assert entry.note == reason


# --- what the lists and the page say ------------------------------------------------------------


def codes(response):
    assert response.status_code == 200
    return {strip_tags(row[0][2]) for row in response.context["table"]["rows"]}


def test_the_list_finds_what_is_late_and_leaves_out_what_stands_or_is_done(
    client_for, area_a, chief, officer_b
):
    with time_machine.travel(NOON + 30 * DAY, tick=False):
        late = receive(area_a, at=NOON)
        stands = receive(area_a, type=kind("xich-mich"), at=NOON)
        take(stands, "classify", chief, NOON)
        take(stands, "pause", chief, NOON)
        done = reach("resolved", area_a, chief, at=NOON)
        new = receive(area_a)
        page = client_for(chief).get("/incidents/?state=late")
        assert codes(page) == {late.code}
        assert codes(client_for(officer_b).get("/incidents/?state=late")) == set()
        told = [(number, url) for number, label, tone, url in page.context["waiting"]]
        assert ("1", "/incidents/?state=late") in told
        rows = Incident.objects.for_list().in_bulk()
        assert rows[late.pk].next_due == NOON + DAY
        assert rows[stands.pk].next_due is None
        assert rows[done.pk].next_due is None
        assert rows[new.pk].next_due == min(c.due_at for c in clocks(new).values())
        take(stands, "resume", chief, NOON + DAY)
        assert codes(client_for(chief).get("/incidents/?state=late")) == {late.code, stands.code}


def test_late_begins_after_the_moment_it_is_due(client_for, area_a, chief):
    incident = receive(area_a, type=kind("xich-mich"), at=NOON, urgency="at_once")
    for seconds, found in ((0, set()), (1, {incident.code})):
        with time_machine.travel(NOON + HOUR + dt.timedelta(seconds=seconds), tick=False):
            assert codes(client_for(chief).get("/incidents/?state=late")) == found


def test_running_leaves_out_what_is_stopped_or_stands(area_a, chief):
    incident = receive(area_a)
    take(incident, "classify", chief)
    running = IncidentClock.objects.running()
    assert set(running.values_list("clock", flat=True)) == {"hand_over", "resolve"}
    take(incident, "pause", chief)
    assert set(running.values_list("clock", flat=True)) == {"hand_over"}
    take(incident, "resume", chief)
    assert set(running.values_list("clock", flat=True)) == {"hand_over", "resolve"}


def rows_of(client, incident):
    page = client.get(incident.get_absolute_url())
    rows = {row.label: row for row in page.context["clocks"]}
    for row in rows.values():
        for words in (row.label, row.told, row.due, row.note):
            assert words in page.text
    return rows


def test_the_page_says_what_is_due_on_what_ground_and_what_stands(client_for, area_a, chief):
    incident = receive(area_a, at=NOON, urgency="at_once")
    with time_machine.travel(NOON + dt.timedelta(minutes=30), tick=False):
        rows = rows_of(client_for(chief), incident)
        assert list(rows) == ["Phân loại tin", "Chuyển cơ quan điều tra", "Giải quyết"]
        first, hand_over, resolve = rows.values()
        assert (first.tone, first.told, first.due) == ("due", "Còn 30 phút", "hạn 13:00 05/03/2026")
        assert first.note == "1 giờ, theo Quy ước của Công an phường"
        assert (hand_over.told, hand_over.due) == ("Còn 23 giờ", "hạn 12:00 06/03/2026")
        assert hand_over.note == "24 giờ, theo Thông tư 28/2020/TT-BCA"
        assert (resolve.tone, resolve.told, resolve.due) == (
            "mute",
            "Còn 20 ngày",
            "hạn 23:59 25/03/2026",
        )
        assert resolve.note.startswith("20 ngày, gia hạn 1 lần 2 tháng, theo BLTTHS 2015 Điều 147")
        assert all(row.running for row in rows.values())
    with time_machine.travel(NOON + 3 * HOUR, tick=False):
        assert rows_of(client_for(chief), incident)["Phân loại tin"].told == "Quá hạn 2 giờ"
        take(incident, "classify", chief)
        take(incident, "pause", chief, reason="Chờ kết luận giám định")
    with time_machine.travel(NOON + 10 * DAY, tick=False):
        rows = rows_of(client_for(chief), incident)
        assert list(rows)[-1] == "Phân loại tin"  # what is over stands last
        over, late, stands = (
            rows[name] for name in ("Phân loại tin", "Chuyển cơ quan điều tra", "Giải quyết")
        )
        assert (over.tone, over.told, over.running) == ("late", "Xong quá hạn", False)
        assert "Xong 15:00 05/03/2026" in over.note
        assert (late.tone, late.told) == ("late", "Quá hạn 9 ngày")
        assert (stands.tone, stands.told) == ("mute", "Tạm dừng")
        assert stands.due == "hạn 23:59 06/04/2026, nếu tính tiếp ngay"  # 4 April is a Saturday
        assert "Dừng từ 15:00 05/03/2026: Chờ kết luận giám định" in stands.note
        take(incident, "resume", chief)
        take(incident, "extend", chief, reason="Nhiều người làm chứng")
        row = rows_of(client_for(chief), incident)["Giải quyết"]
        assert row.due == "hạn 23:59 04/06/2026"  # two months from 4 April
        assert "Đã gia hạn: Nhiều người làm chứng" in row.note
        assert "Đã dừng 15:00 05/03/2026–12:00 15/03/2026: Chờ kết luận giám định" in row.note


# --- whatever is done ---------------------------------------------------------------------------

MAY_RUN = {  # state -> the clocks that may run in it
    "received": {"response", "hand_over", "resolve"},
    "classified": {"hand_over", "resolve"},
    "verifying": {"hand_over", "resolve"},
}


@pytest.mark.parametrize("seed", range(6))
def test_whatever_is_done_the_clocks_follow(area_a, chief, seed):
    """Walk at random along the allowed steps; after each, all clocks say what the rules say."""
    draw = random.Random(seed)
    at, calendar = NOON, Holiday.objects.all().calendar()
    incident = receive(area_a, at=at, source=draw.choice(["group", "citizen"]))
    kinds = [kind(code) for code in ("trom-cap", "xich-mich", "chay", "ma-tuy-khac")]
    for _ in range(14):
        at += dt.timedelta(minutes=draw.randrange(1, 5 * 24 * 60))
        steps = [step.key for step in workflow.open_steps(incident, chief)]
        if incident.state != "closed" and draw.random() < 0.25:
            with acting(user=chief):
                incident = mend(incident, at, type=draw.choice(kinds), urgency=draw.choice(
                    ["at_once", "today", "soon", "normal"]))  # fmt: skip
        else:
            incident = take(incident, draw.choice(steps), chief, at)
        incident = Incident.objects.get(pk=incident.pk)
        running = list(incident.clocks.filter(stopped_at=None).select_related("rule"))
        names = [clock.clock for clock in running]
        assert len(names) == len(set(names))
        waits = {"answer"} if incident.source == "group" and not incident.told_group_on else set()
        assert set(names) <= MAY_RUN.get(incident.state, waits)
        if incident.is_open:
            assert "resolve" in names
        else:
            assert set(names) == waits
        for clock in incident.clocks.select_related("rule"):
            ended = [p for p in clock.pauses.all() if p.resumed_at]
            standing = [p for p in clock.pauses.all() if not p.resumed_at]
            assert len(standing) <= (0 if clock.stopped_at else 1)
            pauses = [(p.paused_at, p.resumed_at) for p in ended]
            assert clock.due_at == clock.rule.term.ends_at(
                clock.started_at, calendar, pauses, bool(clock.extended_at)
            )
            assert clock.clock in Clock.values
