"""Which rows are past their period: one just inside it, one just outside, for every type."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from businesses.models import Business
from households.models import Residence
from households.services import end_residence
from imports.models import ImportJournal
from imports.services.undoing import can_undo, undo
from kylien.audit.models import AuditEntry
from kylien.core.periods import TZ, add_months
from retention.kinds import KINDS, last_day
from retention.models import AnswerRule, Outcome, RecordType, RetentionRule
from retention.models.rules import POSSIBLE, period_in_words
from retention.services.disposals import rows_past, standings
from tests import factories
from tests.factories import day

pytestmark = pytest.mark.django_db
MONTHS = 30


def rule(record_type, months=MONTHS, outcome=None, **more):
    """Make the rule of today for a type."""
    return RetentionRule.objects.create(
        record_type=record_type,
        months=months,
        outcome=outcome or POSSIBLE[record_type],
        legal_basis="Thử",
        valid_from=day(1),
        **more,
    )


def noon(on):
    return dt.datetime.combine(on, dt.time(12), TZ)


def closed_incident(on):
    return factories.IncidentFactory(
        state="closed", occurred_at=noon(on - dt.timedelta(days=9)), resolved_on=on, closed_on=on
    )


def absence(on):
    return factories.AbsenceFactory(
        resident=factories.ResidentFactory(),
        neighbourhood=factories.NeighbourhoodFactory(),
        started_on=on - dt.timedelta(days=50),
        expected_on=on,
        returned_on=on,
    )


def gone(on):
    """Return somebody who left on a day, with a phone kept."""
    stay = factories.ResidenceFactory(
        started_on=on - dt.timedelta(days=90),
        household__opened_on=on - dt.timedelta(days=90),
        resident__phone="0100999888",
        resident__note="Nói ngọng",
    )
    end_residence(residence=stay, ended_on=on, end_reason=Residence.End.DEPARTURE, on=day())
    return stay.resident


def closed_business(on):
    row = factories.BusinessFactory(opened_on=on - dt.timedelta(days=99))
    factories.StateChangeFactory(business=row, state="closed", changed_on=on)
    row.state = Business.State.CLOSED
    row.save()
    return row


def written_batch(on):
    batch = factories.ImportBatchFactory(state="written", written_at=noon(on), rows=1, changed=1)
    entry = [1, "change", "households.resident", 1, 2, {"full_name": ["Cũ", "Mới"]}]
    ImportJournal.objects.create(batch=batch, position=0, entries=[entry])
    return batch


MAKE = {
    RecordType.RESIDENT: gone,
    RecordType.ABSENCE: absence,
    RecordType.STAY_NOTICE: lambda on: factories.StayNoticeFactory(
        arrived_at=noon(on - dt.timedelta(days=2)), leaves_on=on
    ),
    RecordType.BUSINESS: closed_business,
    RecordType.QUESTION: lambda on: factories.QuestionFactory(
        due_on=on, done_on=on, result="Đã trả lời"
    ),
    RecordType.INCIDENT_PARTY: lambda on: factories.IncidentPartyFactory(
        incident=closed_incident(on)
    ),
    RecordType.INCIDENT_FILE: lambda on: factories.AttachmentFactory(incident=closed_incident(on)),
    RecordType.CORRECTION: lambda on: factories.CorrectionFactory(
        received_on=on, due_on=on, answered=True, done_on=on
    ),
    RecordType.IMPORT: written_batch,
}


@pytest.fixture(autouse=True)
def elsewhere(settings, tmp_path):
    settings.ATTACHMENTS_DIR = tmp_path / "attachments"


@pytest.mark.parametrize("record_type", MAKE)
def test_a_row_is_past_its_period_from_its_last_day_on(record_type, on):
    rule(record_type)
    edge = last_day(on, MONTHS)
    past, kept = MAKE[record_type](edge), MAKE[record_type](edge + dt.timedelta(days=1))
    found = list(rows_past(record_type, on))
    assert [key for key, _, _ in found] == [past.pk] != [kept.pk]
    assert found[0][2] == edge
    counts = {one.type: one.count for one in standings(on)}
    assert counts[record_type] == 1


def test_every_type_that_is_not_kept_for_good_has_rows_here():
    assert set(KINDS) == {one for one, outcome in POSSIBLE.items() if outcome != Outcome.KEEP}
    assert set(MAKE) | {RecordType.AUDIT} == set(KINDS)
    assert set(POSSIBLE) == set(RecordType)


def test_the_trail_is_past_its_period_month_by_month(on):
    rule(RecordType.AUDIT, months=24)
    edge = last_day(on, 24).replace(day=1)
    for at in (add_months(edge, -2), edge - dt.timedelta(days=1), edge):
        entry = AuditEntry(at=noon(at), action="change", table="households.household")
        entry.seal({"address": ["a", "b"]})
        entry.save()
    months = [add_months(edge, -2), add_months(edge, -1)]
    assert [key for key, _, _ in rows_past(RecordType.AUDIT, on)] == [
        one.year * 100 + one.month for one in months
    ]
    KINDS[RecordType.AUDIT].dispose([months[1].year * 100 + months[1].month], None)
    old = AuditEntry.objects.filter(at__lt=timezone.now() - dt.timedelta(days=365)).order_by("at")
    assert [bool(one.values) for one in old] == [True, False, True]


def test_a_batch_whose_old_values_are_gone_is_undone_no_more(chief, on):
    batch = written_batch(last_day(on, MONTHS))
    assert can_undo(batch)
    KINDS[RecordType.IMPORT].dispose([batch.pk], None)
    assert not can_undo(batch)
    with pytest.raises(ValidationError, match="quá hạn lưu giữ"):
        undo(batch=batch, user=chief, on=on)
    assert not list(rows_past(RecordType.IMPORT, on))


@pytest.mark.parametrize("change", ["came back", "unfinished"])
def test_who_lives_here_and_what_is_open_is_never_past(on, change):
    for one in (RecordType.RESIDENT, RecordType.ABSENCE, RecordType.QUESTION):
        rule(one, months=1)
    if change == "came back":
        person = gone(day(400))
        factories.ResidenceFactory(resident=person, started_on=day(100))
    else:
        factories.QuestionFactory(due_on=day(900))
        factories.AbsenceFactory(started_on=day(150), expected_on=day(120))
    assert not any(one.count for one in standings(on))


def test_an_alias_counts_from_the_days_of_the_person_it_stands_for(on):
    rule(RecordType.RESIDENT)
    person = gone(last_day(on, MONTHS))
    alias = factories.ResidentFactory(same_as=person, phone="0100999777")
    assert {key for key, _, _ in rows_past(RecordType.RESIDENT, on)} == {person.pk, alias.pk}


def test_a_type_without_a_rule_in_force_or_kept_for_good_is_never_past(on):
    MAKE[RecordType.ABSENCE](day(9000))
    assert list(rows_past(RecordType.ABSENCE, on))  # by the rule of the migration
    RetentionRule.objects.filter(record_type=RecordType.ABSENCE).update(valid_to=on)
    assert not rows_past(RecordType.ABSENCE, on)
    rule(RecordType.ABSENCE, months=None, outcome=Outcome.KEEP)
    assert not rows_past(RecordType.ABSENCE, on)
    assert {one.count for one in standings(on)} == {0}


def test_the_newest_rule_of_a_day_holds(on):
    MAKE[RecordType.ABSENCE](last_day(on, 40))
    assert not list(rows_past(RecordType.ABSENCE, on))
    rule(RecordType.ABSENCE, months=40)
    assert list(rows_past(RecordType.ABSENCE, on))
    assert not list(rows_past(RecordType.ABSENCE, day(2)))


@pytest.mark.parametrize(
    ("record_type", "outcome", "ok"),
    [
        (RecordType.RESIDENCE, Outcome.DELETE, False),
        (RecordType.INCIDENT, Outcome.BLANK, False),
        (RecordType.RESIDENT, Outcome.DELETE, False),
        (RecordType.RESIDENT, Outcome.BLANK, True),
        (RecordType.STAY_NOTICE, Outcome.DELETE, True),
    ],
)
def test_what_must_be_kept_cannot_be_set_to_go(record_type, outcome, ok):
    row = factories.RetentionRuleFactory.build(record_type=record_type, outcome=outcome)
    if ok:
        row.full_clean()
    else:
        with pytest.raises(ValidationError) as error:
            row.full_clean()
        assert "Giữ vĩnh viễn" in error.value.message_dict["outcome"][0]


def test_the_migration_sets_a_period_for_every_type(on):
    rules = RetentionRule.objects.for_types(on)
    assert set(rules) == set(RecordType)
    assert rules[RecordType.STAY_NOTICE].months == 36
    for row in rules.values():
        row.full_clean()
        assert row.legal_basis
    assert AnswerRule.objects.number("correction_days", on) == 10


def test_periods_are_told_in_words():
    assert [period_in_words(n) for n in (None, 36, 18)] == ["Vĩnh viễn", "3 năm", "18 tháng"]


def test_the_chief_alone_sets_periods(client_for, chief, clerk, officer_a):
    add = "/admin/retention/retentionrule/add/"
    data = {
        "record_type": "absence",
        "outcome": "delete",
        "months": "48",
        "legal_basis": "Danh mục của Bộ",
        "valid_from": f"{day():%d/%m/%Y}",
        "valid_to": "",
    }
    for who in (clerk, officer_a):
        assert client_for(who).post(add, data).status_code == 403
    page = client_for(chief).post(add, data | {"outcome": "blank"})
    assert "Loại này chỉ có thể" in page.content.decode()
    assert client_for(chief).post(add, data).status_code == 302
    assert RetentionRule.objects.for_types(day())["absence"].months == 48
