"""The acts on a month's report; what was approved stays as it was, whatever comes after."""

import datetime as dt
import json
import threading

import pytest
from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from households.services import end_residence, start_residence, transfer_members
from kylien.accounts.models import Role, Scope
from kylien.audit.models import AuditEntry
from kylien.core.models import CodeCounter
from kylien.core.periods import Month
from reports import content
from reports.figures import FIGURES, PEOPLE, Reading, figures, read
from reports.models import (
    FrozenReport,
    MonthlyReport,
    OutgoingDocument,
    ReportRule,
    ReportText,
)
from reports.outline import PARTS
from reports.services import monthly, numbers, remarks
from tests import factories

pytestmark = pytest.mark.django_db
WARD = Scope(whole_ward=True)
DAY = dt.timedelta(days=1)
State = MonthlyReport.State
MUST = [part.key for part in PARTS if part.must]


@pytest.fixture
def month(on):
    """The month that ended last."""
    return Month.containing(on, settings.REPORT_START_DAY).previous()


def act(name, report, user, on, **changes):
    """Do an act of the services on a report, with values that nothing but its state can refuse."""
    at = timezone.now()
    text = report.texts.get(part="order")
    acts = {
        "write": lambda: monthly.write_text(text=text, words="Khác.", user=user),
        "take": lambda: monthly.take_sentence(
            text=text, key="incidents", words="Xảy ra 12 vụ.", accept=True, user=user
        ),
        "recipients": lambda: monthly.write_recipients(report=report, recipients="X", user=user),
        "submit": lambda: monthly.submit(report=report, user=user, at=at, on=on),
        "send_back": lambda: monthly.send_back(report=report, comment="Sửa số liệu."),
        "approve": lambda: monthly.approve(
            **{
                "report": report,
                "user": user,
                "signer": user,
                "signed_as": "head",
                "dated": on,
                "at": at,
                "on": on,
                **changes,
            }
        ),
        "publish": lambda: monthly.publish(report=report, at=at),
    }
    return acts[name]()


def everything():
    """Return all that reports consist of, row by row."""
    counters = CodeCounter.objects.order_by("prefix").values_list("prefix", "last")
    rows = [
        list(model.objects.order_by("pk").values())
        for model in (MonthlyReport, ReportText, FrozenReport, OutgoingDocument)
    ]
    return [*rows, [row for row in counters if row[1]], AuditEntry.objects.count()]


def told(error):
    return " ".join(error.value.messages)


# --- states -------------------------------------------------------------------------------------

WRITING = {State.DRAFT, State.RETURNED}
ALLOWED = {  # act -> the states it is for, and the state it leads to ("" for none)
    "write": (WRITING | {State.SUBMITTED}, ""),  # the chief mends what he reads
    "take": (WRITING | {State.SUBMITTED}, ""),
    "recipients": (WRITING | {State.SUBMITTED}, ""),
    "submit": (WRITING, State.SUBMITTED),
    "send_back": ({State.SUBMITTED}, State.RETURNED),
    "approve": ({State.SUBMITTED}, State.APPROVED),
    "publish": ({State.APPROVED}, State.PUBLISHED),
}


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("name", ALLOWED)
def test_an_act_is_done_in_its_states_and_refused_in_all_others(chief, on, state, name):
    report = factories.report_in(state, user=chief)
    states, target = ALLOWED[name]
    before = everything()
    if state in states:
        act(name, report, chief, on)
        report.refresh_from_db()
        assert report.state == (target or state)
        assert everything() != before
        return
    with pytest.raises(ValidationError) as error:
        act(name, report, chief, on)
    assert everything() == before
    if report.is_frozen and name != "publish":
        assert told(error) == monthly.FROZEN
    elif report.is_frozen:
        assert told(error) == "Báo cáo đã phát hành."
    else:
        waits = "Báo cáo đang chờ duyệt: trả lại rồi mới sửa."
        unsent, unapproved = "Báo cáo chưa trình duyệt.", "Báo cáo chưa duyệt."
        assert told(error) == {"submit": waits, "publish": unapproved}.get(name, unsent)


@pytest.mark.parametrize("name", ["write", "take", "recipients"])
def test_an_officer_does_not_write_what_waits_for_the_chief(officer_a, on, name):
    report = factories.report_in("submitted")
    before = everything()
    with pytest.raises(ValidationError, match="trả lại rồi mới sửa"):
        act(name, report, officer_a, on)
    assert everything() == before


def test_a_report_is_judged_as_it_stands_now_and_not_as_it_was_read(chief, on):
    draft = factories.report_in("draft", user=chief)
    for name in ("submit", "approve", "publish"):
        act(name, draft, chief, on)  # each with the row as it was read first
    with pytest.raises(ValidationError, match="đã duyệt"):
        act("write", draft, chief, on)
    assert draft.state == State.DRAFT


def test_a_way_back_and_forth_keeps_what_was_asked_until_it_is_approved(chief, clerk, on):
    report = act("send_back", factories.report_in("submitted"), chief, on)
    assert (report.state, report.comment) == (State.RETURNED, "Sửa số liệu.")
    report = act("submit", report, clerk, on)
    assert (report.submitted_by, report.comment) == (clerk, "Sửa số liệu.")
    assert act("approve", report, chief, on).comment == ""


def test_sending_back_without_a_word_is_refused(chief):
    report = factories.report_in("submitted")
    with pytest.raises(ValidationError) as error:
        monthly.send_back(report=report, comment="")
    assert error.value.message_dict == {"comment": ["Trả lại thì ghi rõ cần sửa gì."]}
    report.refresh_from_db()
    assert report.state == State.SUBMITTED


# --- beginning ----------------------------------------------------------------------------------


def test_a_report_begins_with_all_its_parts_its_due_day_and_the_last_recipients(
    clerk, chief, month, on
):
    first = monthly.begin(month=month.previous(), user=clerk, on=on)
    assert [text.part for text in first.texts.order_by("pk")] == [part.key for part in PARTS]
    assert not any(text.text for text in first.texts.all())
    assert (first.state, first.created_by, first.code) == ("draft", clerk, f"BCT-{first.as_month}")
    assert first.due_on == month.previous().period.end + 2 * DAY  # three after the last day
    monthly.write_recipients(report=first, recipients="Đảng uỷ;\nLưu.", user=chief)
    assert monthly.begin(month=month, user=clerk, on=on).recipients == "Đảng uỷ;\nLưu."


def test_the_due_day_is_that_of_the_rule_of_the_months_last_day(clerk, month, on):
    last_day = month.period.end - DAY
    ReportRule.objects.create(key="due_days", value=7, legal_basis="QĐ 5", valid_from=last_day)
    ReportRule.objects.create(key="due_days", value=9, legal_basis="QĐ 6", valid_from=on)
    assert monthly.begin(month=month, user=clerk, on=on).due_on == last_day + 7 * DAY


def test_a_month_has_one_report_and_one_that_lies_ahead_has_none(clerk, month, on):
    monthly.begin(month=month, user=clerk, on=on)
    before = everything()
    with pytest.raises(ValidationError, match=f"{month.label} đã có báo cáo"):
        monthly.begin(month=month, user=clerk, on=on)
    with pytest.raises(ValidationError, match="chưa bắt đầu"):
        monthly.begin(month=month.next().next(), user=clerk, on=on)
    assert everything() == before
    monthly.begin(month=month.next(), user=clerk, on=on)  # it runs: begun, not yet sent


@pytest.mark.django_db(transaction=True, serialized_rollback=True)  # the due day is a row
def test_of_two_officers_who_begin_a_month_at_once_one_is_told(month, on):
    users = [factories.UserFactory(role=Role.CLERK) for _ in range(2)]
    barrier, outcomes = threading.Barrier(2), []

    def desk(user):
        barrier.wait()
        try:
            monthly.begin(month=month, user=user, on=on)
            outcomes.append("begun")
        except ValidationError as error:
            outcomes.extend(error.messages)
        finally:
            connection.close()

    desks = [threading.Thread(target=desk, args=[user]) for user in users]
    for thread in desks:
        thread.start()
    for thread in desks:
        thread.join()
    assert sorted(outcomes) == sorted(["begun", f"{month.label} đã có báo cáo."])
    assert ReportText.objects.count() == len(PARTS)


# --- what a report must hold --------------------------------------------------------------------


@pytest.mark.parametrize("name", ["submit", "approve"])
@pytest.mark.parametrize("empty", MUST)
def test_a_part_that_must_be_written_may_not_be_empty(chief, on, name, empty):
    report = factories.report_in("draft" if name == "submit" else "submitted", user=chief)
    text = report.texts.get(part=empty)
    monthly.write_text(text=text, words=" \n ", user=chief)
    before = everything()
    with pytest.raises(ValidationError, match="Mục bắt buộc còn trống") as error:
        act(name, report, chief, on)
    assert everything() == before
    part = next(part for part in PARTS if part.key == empty)
    chapter = part.chapter.partition(".")[0]
    assert f"{chapter}.{part.number} {part.title}".strip(". ") in told(error) or (
        f"{chapter} {part.chapter.partition('. ')[2]}" in told(error)
    )
    monthly.write_text(text=text, words="Đã viết.", user=chief)
    act(name, report, chief, on)


def test_other_parts_may_be_empty_and_all_that_lack_are_told_at_once(chief, on):
    report = factories.report_in("draft", words="", user=chief)
    assert len(monthly.missing_parts(report)) == len(MUST)
    with pytest.raises(ValidationError) as error:
        act("submit", report, chief, on)
    assert told(error).count(";") == len(MUST) - 1
    for text in report.texts.filter(part__in=MUST):
        monthly.write_text(text=text, words="Có.", user=chief)
    act("submit", report, chief, on)


def test_a_month_that_is_not_over_is_written_and_not_sent(chief, month, on):
    report = factories.report_in("draft", month=month.next(), user=chief)
    last_day = month.next().period.end - DAY
    with pytest.raises(ValidationError, match="chưa kết thúc") as error:
        act("submit", report, chief, last_day)
    assert f"{last_day.day}/{last_day.month}" in told(error).replace("/0", "/").replace(" 0", " ")
    act("submit", report, chief, last_day + DAY)
    with pytest.raises(ValidationError, match="chưa kết thúc"):
        act("approve", report, chief, last_day)


@pytest.mark.parametrize(
    ("written", "before", "accepted", "left"),
    [
        ("", "", "5 tổ chưa họp.", "5 tổ chưa họp."),
        ("Tốt.", "", "5 tổ chưa họp.", "Tốt.\n5 tổ chưa họp."),
        ("5 tổ chưa họp. Tốt.", "", "5 tổ chưa họp.", "5 tổ chưa họp. Tốt."),
        ("15 tổ chưa họp. Tốt.", "15 tổ chưa họp.", "5 tổ chưa họp.", "5 tổ chưa họp. Tốt."),
        ("1.005 tổ chưa họp.", "", "5 tổ chưa họp.", "1.005 tổ chưa họp.\n5 tổ chưa họp."),
        ("15 tổ chưa họp.", "5 tổ chưa họp.", "7 tổ chưa họp.", "15 tổ chưa họp.\n7 tổ chưa họp."),
        ("Sửa tay.", "5 tổ chưa họp.", "7 tổ chưa họp.", "Sửa tay.\n7 tổ chưa họp."),
    ],
)
def test_an_accepted_sentence_stands_once_and_in_place_of_the_older_one(
    clerk, written, before, accepted, left
):
    text = factories.report_in("draft", words="").texts.get(part="shortcomings")
    ReportText.objects.filter(pk=text.pk).update(text=written, taken={"groups_silent": before})
    row = monthly.take_sentence(
        text=text, key="groups_silent", words=accepted, accept=True, user=clerk
    )
    assert (row.text, row.taken) == (left, {"groups_silent": accepted})
    row = monthly.take_sentence(
        text=text, key="groups_silent", words=accepted, accept=False, user=clerk
    )
    assert (row.text, row.taken) == (left, {"groups_silent": ""})


# --- approval -----------------------------------------------------------------------------------


def test_approval_gives_the_next_number_and_freezes_what_is_read_then(area_a, chief, month, on):
    factories.ResidenceFactory(household__neighbourhood=area_a)
    factories.IncidentFactory.create_batch(2, neighbourhood=area_a)
    report = factories.report_in("submitted", month=month, words="Yên ổn.", user=chief)
    live = content.live(report, areas=True)
    report = act("approve", report, chief, on, used_before=41)
    assert report.document.symbol == "42/BC-CAP"
    subject = f"Báo cáo tình hình, kết quả công tác tháng {month.month} "
    assert report.document.subject.startswith(subject)
    assert (report.document.dated, report.document.signer) == (on, chief)
    frozen = report.frozen
    kept = frozen.read()
    assert frozen.is_intact
    assert frozen.by == chief
    assert frozen.content == FrozenReport.canonical(kept)
    assert {key: kept[key] for key in live} == json.loads(json.dumps(live))
    assert set(kept) - set(live) == {"heading", "rules"}
    assert kept["texts"] == dict.fromkeys([part.key for part in PARTS], "Yên ổn.")
    ward = area_a.ward
    assert kept["heading"] == {
        "superior": ward.superior,
        "police": ward.police,
        "place": ward.name,
        "symbol": "42/BC-CAP",
        "dated": on.isoformat(),
        "signer": f"{chief.rank} {chief.full_name}",
        "signed_as": "head",
        "recipients": report.recipients.splitlines(),
    }
    last_day = month.period.end - DAY
    tables = {rule["table"] for rule in kept["rules"]}
    assert "quy định báo cáo" in tables
    assert all(rule["legal_basis"] for rule in kept["rules"])
    assert all(rule["valid_from"] <= last_day.isoformat() for rule in kept["rules"])


def test_the_rules_kept_are_those_of_the_months_last_day(month):
    day = month.period.end - DAY
    ended = factories.ReportRuleFactory(valid_from=day - 90 * DAY, valid_to=day, value=11)
    holds = factories.ReportRuleFactory(valid_from=day, value=12)
    ahead = factories.ReportRuleFactory(valid_from=day + DAY, value=13)
    told = [rule["rule"] for rule in content.rules_in_force(day)]
    assert str(holds) in told
    assert not {str(ended), str(ahead)} & set(told)


@pytest.mark.parametrize("fails", ["heading", "rules_in_force", "live"])
def test_an_error_after_the_number_was_taken_gives_it_back(chief, on, monkeypatch, fails):
    report = factories.report_in("submitted", user=chief)
    before = everything()

    def fail(*args, **kwargs):
        raise OSError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(content, fails, fail)
        with pytest.raises(OSError, match="disk full"):
            act("approve", report, chief, on)
    assert everything() == before
    assert act("approve", report, chief, on).document.number == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        (lambda month, on: {"dated": month.period.end - DAY}, "dated"),
        (lambda month, on: {"dated": on + DAY}, "dated"),
        (lambda month, on: {"used_before": 99_999}, "used_before"),
        (lambda month, on: {"signed_as": "king"}, "signed_as"),
    ],
)
def test_odd_values_are_refused_beside_their_field_and_take_no_number(
    chief, month, on, changes, field
):
    report = factories.report_in("submitted", month=month, user=chief)
    before = everything()
    with pytest.raises(ValidationError) as error:
        act("approve", report, chief, on, **changes(month, on))
    assert list(error.value.message_dict) == [field]
    assert everything() == before


def test_reports_of_a_year_are_numbered_in_the_order_of_their_approval(chief, month, on):
    found = [
        factories.report_in("published", month=one, user=chief).document for one in month.last(3)
    ]
    assert [row.number for row in found] == [1, 2, 3]
    assert {row.dated for row in found} == {on}


def test_no_service_changes_what_was_published(chief, leader, on):
    report = factories.report_in("published", user=chief)
    before = everything()
    for name in ALLOWED:
        with pytest.raises(ValidationError):
            act(name, report, chief, on)
    with pytest.raises(ValidationError, match="đã có báo cáo"):
        monthly.begin(month=report.as_month, user=chief, on=on)
    with pytest.raises(ValidationError, match="không huỷ"):
        numbers.cancel(document=report.document, reason="Nhầm", on=on)
    assert everything() == before
    remarks.remark(report=report, author=leader, kind="comment", content="Tốt.", due_on=None, on=on)
    report.refresh_from_db()
    assert report.frozen.is_intact


# --- frozen -------------------------------------------------------------------------------------


def test_a_frozen_report_is_neither_changed_nor_deleted(chief):
    row = factories.report_in("approved", user=chief).frozen
    kept = row.content
    row.content = "{}"
    for attempt in (
        row.save,
        lambda: row.save(update_fields=["content"]),
        row.delete,
        lambda: FrozenReport.objects.update(content="{}"),
        lambda: FrozenReport._base_manager.filter(pk=row.pk).update(content="{}"),
        lambda: FrozenReport.objects.bulk_update([row], ["content"]),
        lambda: FrozenReport.objects.update_or_create(pk=row.pk, defaults={"content": "{}"}),
        lambda: FrozenReport.objects.all().delete(),
        lambda: FrozenReport.objects.bulk_create(
            [row], update_conflicts=True, update_fields=["content"], unique_fields=["id"]
        ),
    ):
        with pytest.raises(PermissionDenied), transaction.atomic():
            attempt()
    assert FrozenReport.objects.get().content == kept


def test_the_digest_notices_one_character(chief):
    row = factories.report_in("approved", user=chief).frozen
    assert row.is_intact
    assert len(row.digest) == 64
    kept = row.content
    for place in (0, len(kept) // 2, len(kept) - 1):
        row.content = f"{kept[:place]}{chr(ord(kept[place]) + 1)}{kept[place + 1 :]}"
        assert not row.is_intact
    row.content = kept
    assert row.is_intact


# --- after the approval -------------------------------------------------------------------------


def test_adjustments_are_exactly_the_figures_mended_since(area_a, chief, month, on, client_for):
    home = factories.HouseholdFactory(neighbourhood=area_a)
    factories.ResidenceFactory(household=home, started_on=month.period.start - DAY)
    report = factories.report_in("published", month=month, user=chief)
    kept = report.frozen.content
    assert content.adjustments(report) == []
    factories.ResidenceFactory(household=home, started_on=month.period.start)
    factories.ActivityFactory(neighbourhood=area_a, held_on=month.period.start + 5 * DAY)
    factories.ActivityFactory(neighbourhood=area_a, held_on=month.period.end)  # of the next month
    report = MonthlyReport.objects.get(pk=report.pk)
    found = {row["key"]: row for row in content.adjustments(report)}
    assert {key: (row["then"], row["now"]) for key, row in found.items()} == {
        "population_in": (0, 1),
        "population_closing": (1, 2),
        "sessions": (0, 1),
    }
    client = client_for(chief)
    for row in found.values():
        assert client.get(row["link"]).context["page"]["count"] == str(row["now"])
    assert FrozenReport.objects.get().content == kept
    with CaptureQueriesContext(connection) as queries:
        content.adjustments(MonthlyReport.objects.select_related("frozen").get(pk=report.pk))
    assert len(queries) <= 4


def test_a_figure_that_is_no_longer_counted_is_told_with_what_it_was(area_a, chief, on):
    report = factories.report_in("published", user=chief)
    extra = factories.IncidentTypeFactory(code="moi")
    assert content.adjustments(report) == []  # a new figure was not reported, so nothing differs
    late = Month.containing(on).previous()
    other = factories.report_in("published", month=late, user=chief)
    extra.delete()
    (row,) = content.adjustments(other)
    assert (row["key"], row["then"], row["now"]) == ("incidents_kind_moi", 0, None)
    assert row["link"] is None


# --- any history --------------------------------------------------------------------------------

ACT = st.tuples(
    st.sampled_from(
        ["register", "tenant", "leave", "move", "household", "incident", "session", "stay", "meet"]
    ),
    st.integers(0, 160),  # the day it happened, before today, whenever it is written down
    st.integers(0, 3),  # whom it happened to
)
REPORT = st.just(("report", 0, 0))
STOCKS = ("households", "population_opening", "population_closing", "temporary_closing")


class History:
    """A ward in which things are written down in any order, and reported month by month."""

    def __init__(self, areas, on):
        self.areas, self.on = areas, on
        self.homes = [factories.HouseholdFactory(neighbourhood=area) for area in areas]
        self.groups = [factories.GroupFactory(neighbourhood=area) for area in areas]
        self.people = [factories.ResidentFactory() for _ in range(4)]
        self.chief = factories.UserFactory(role=Role.CHIEF)
        self.months = Month.containing(on, settings.REPORT_START_DAY).previous().last(4)
        self.kept = {}  # month -> what was approved, to the letter

    def do(self, name, ago, who):
        day, place = self.on - ago * DAY, who % 2
        person, home, area = self.people[who], self.homes[place], self.areas[place]
        now = person.residences.current().first()
        match name:
            case "report":
                self.report()
            case "register" | "tenant":
                temporary = name == "tenant"
                start_residence(
                    resident=person,
                    kind="T" if temporary else "P",
                    household=home,
                    relation="TENANT" if temporary else "CHILD",
                    started_on=day,
                    start_reason="REGISTRATION",
                    expires_on=day + 90 * DAY if temporary else None,
                    on=self.on,
                )
            case "leave" if now:
                end_residence(residence=now, ended_on=day, end_reason="DEPARTURE", on=self.on)
            case "move" if now:
                other = self.homes[1 - self.homes.index(now.household)]
                transfer_members(
                    household=now.household,
                    members=[now],
                    to=other,
                    relations={now.pk: (factories.relation_in(other), "")},
                    on_day=day,
                    on=self.on,
                )
            case "household":
                factories.HouseholdFactory(neighbourhood=area, opened_on=day)
            case "incident":
                moment = timezone.now() - ago * DAY - dt.timedelta(hours=3)
                factories.IncidentFactory(
                    neighbourhood=area, occurred_at=moment, received_at=moment
                )
            case "session":
                factories.ActivityFactory(neighbourhood=area, held_on=day)
            case "stay":
                factories.StayNoticeFactory(household=home)
            case "meet":
                days = self.groups[place].meetings.values_list("held_on", flat=True)
                if day not in days:
                    factories.MeetingFactory(group=self.groups[place], held_on=day)

    def report(self):
        if len(self.kept) == len(self.months):
            return
        month = self.months[len(self.kept)]
        declared = figures()
        counted = read(declared, WARD, [month])[month]
        report = factories.report_in("approved", month=month, user=self.chief)
        kept = report.frozen.read()
        assert {row["key"]: row["now"] for row in kept["figures"]} == counted
        self.kept[month] = report.frozen.content

    def check(self):
        declared = figures()
        live = read(declared, WARD, [*self.months, self.months[-1].next()])
        for month in self.months:
            self.check_identities(live[month])
            for kind in ("population", "temporary"):
                assert live[month][f"{kind}_closing"] == live[month.next()][f"{kind}_opening"]
        reports = MonthlyReport.objects.order_by("year", "month").select_related("frozen")
        assert [report.as_month for report in reports] == self.months[: len(self.kept)]
        for report in reports:
            month = report.as_month
            assert report.frozen.content == self.kept[month]
            assert report.frozen.is_intact
            kept = report.frozen.read()
            columns = {
                name: {row["key"]: row[name] for row in kept["figures"]}
                for name in ("now", "previous", "last_year")
            }
            for numbers_ in columns.values():
                self.check_identities(numbers_)
            for key in STOCKS:
                parts = [area["numbers"][key] for area in kept["areas"]]
                assert sum(parts) == columns["now"][key], (month, key)
            for area in kept["areas"]:
                self.check_identities(area["numbers"])
            found = {row["key"]: (row["then"], row["now"]) for row in content.adjustments(report)}
            assert found == {
                key: (then, live[month][key])
                for key, then in columns["now"].items()
                if then != live[month][key]
            }

    @staticmethod
    def check_identities(found):
        for kind in ("population", "temporary"):
            opening, came, went, closing = (
                found[f"{kind}_{part}"] for part in ("opening", "in", "out", "closing")
            )
            assert opening + came - went == closing


@hypothesis_settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=st.lists(ACT | ACT | ACT | REPORT, min_size=6, max_size=22))
def test_in_any_history_reports_stay_as_approved_and_adjustments_are_the_difference(
    area_a, area_b, on, steps
):
    with transaction.atomic():
        history = History([area_a, area_b], on)
        for step in steps:
            try:
                history.do(*step)
            except ValidationError:
                continue  # this act is refused at this point of the history
        history.report()
        history.check()
        transaction.set_rollback(True)


def test_the_figures_of_people_are_all_kept_in_a_report(chief):
    report = factories.report_in("approved", user=chief)
    kept = {row["key"] for row in report.frozen.read()["figures"]}
    assert {figure.key for figure in FIGURES if figure.section == PEOPLE} <= kept
    reading = Reading(WARD, report.as_month)
    assert all(figure.link(reading) for figure in figures())
