"""Every constraint of every record model: declared, driven, and told beside its field.

`CASES` names for each constraint a valid row and the change that breaks it. A constraint without a
case fails the first test.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from django import forms
from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.test import RequestFactory
from django.urls import reverse
from django.utils import timezone

from households.forms.people import MemberForm
from households.models import Household, Residence, Resident
from kylien.core.forms import CLASH, RecordForm, sentence_of
from kylien.core.models import Tracked, TrackedQuerySet
from tests import factories as f
from tests.factories import day
from tests.routes import record_routes

pytestmark = pytest.mark.django_db

TRACKED = [model for model in apps.get_models() if issubclass(model, Tracked)]
CONSTRAINTS = [(model, c) for model in TRACKED for c in model._meta.constraints]
VIETNAMESE = set("ăâđêôơưàảãáạằẳẵắặầẩẫấậèẻẽéẹềểễếệìỉĩíịòỏõóọồổỗốộờởỡớợùủũúụừửữứựỳỷỹýỵ")


@dataclass
class Case:
    """A valid row, and the values that break the constraint (of the row, or made from it)."""

    make: Callable
    broken: Callable = field(default=lambda row: {})

    def row(self):
        row = self.make()
        row.refresh_from_db()
        return row, self.broken(row)


def one_more_stay(row):
    """Return an ended stay of the same person, which could be opened again."""
    return f.ResidenceFactory(resident=row.resident)


def ended_stay(**fields):
    """Return a stay that has ended, of a person who has since come back."""
    row = f.ResidenceFactory(started_on=day(500), **fields)
    Residence.objects.filter(pk=row.pk).update(ended_on=day(400), end_reason="DEPARTURE")
    f.ResidenceFactory(resident=row.resident, **fields)
    return row


def head_and_ended_head():
    row = f.ResidenceFactory(relation="HEAD", started_on=day(500))
    Residence.objects.filter(pk=row.pk).update(ended_on=day(400), end_reason="DEATH")
    f.ResidenceFactory(relation="HEAD", household=row.household)
    return row


def open_again(row):
    return {"ended_on": None, "end_reason": ""}


def left_membership():
    row = f.MembershipFactory(left_on=day(100))
    f.MembershipFactory(household=row.household)
    return row


def absence_that_ended():
    row = f.AbsenceFactory(started_on=day(90), expected_on=day(70), returned_on=day(60))
    f.AbsenceFactory(resident=row.resident)
    return row


def lived_in():
    return f.ResidenceFactory().resident


def values(**changes):
    return lambda row: changes


def days_before(name, of):
    return lambda row: {name: getattr(row, of) - dt.timedelta(days=1)}


def two(make, **shared):
    """Return the case of two rows: the second one takes the values of the first in `shared`."""

    def broken(row):
        first = type(row).objects.exclude(pk=row.pk).order_by("pk").first()
        return {name: getattr(first, name) for name in shared}

    def rows():
        made = {name: value() for name, value in shared.items() if callable(value)}
        make(**made)
        return make(**made)

    return Case(rows, broken)


def ends(make):
    """Return the case of a rule that ends as it starts."""
    return Case(make, lambda row: {"valid_to": row.valid_from})


def held_inspection():
    return f.InspectionFactory(held=True)


def beat_that_ended():
    row = f.BeatFactory(ended_on=day(300))
    f.BeatFactory(officer=row.officer, neighbourhood=row.neighbourhood)
    return row


def second_rule_of_a_kind():
    first = f.ClockRuleFactory(type=f.IncidentTypeFactory())
    return f.ClockRuleFactory(type=first.type)


def clock_that_stopped():
    row = f.IncidentClockFactory(stopped_at=timezone.now())
    f.IncidentClockFactory(incident=row.incident)
    return row


def pause_that_ended():
    row = f.ClockPauseFactory(resumed_at=timezone.now())
    f.ClockPauseFactory(clock=row.clock)
    return row


def second_measure():
    row = f.MeasureTakenFactory(measure="order")
    return f.MeasureTakenFactory(incident=row.incident, measure="report")


def assignment_that_ended():
    row = f.AssignmentFactory(ended_at=timezone.now())
    f.AssignmentFactory(incident=row.incident, officer=row.officer)
    return row


def planned_meeting():
    return f.MeetingFactory(held_on=None, attended=None, planned_on=day(-5))


def planned_activity():
    return f.ActivityFactory(held_on=None, planned_on=day(-5))


def head_that_ended():
    row = f.OfficerFactory(ended_on=day(300))
    f.OfficerFactory(group=row.group)
    return row


def office_that_ended():
    row = f.OfficerFactory(role="deputy", ended_on=day(300))
    f.OfficerFactory(group=row.group, resident=row.resident, role="deputy", started_on=day(200))
    return row


def help_of_a_household():
    return f.MutualHelpFactory(group=f.MembershipFactory().group, households=1)


def task_of_a_weak_group():
    return f.ImprovementTaskFactory(score=f.GroupScoreFactory(weak=True))


def second_plan_for_the_ward():
    f.PlanItemFactory(neighbourhood=None)
    return f.PlanItemFactory(neighbourhood=None, audience="pupils")


def second_text_of_a_report():
    first = f.ReportTextFactory(part="order")
    return f.ReportTextFactory(report=first.report, part="security")


def in_state(state, **changes):
    """Return the case of a report in a state, and of what it then may not lack."""
    return Case(lambda: f.report_in(state), values(**changes))


def same_day(name, of):
    """Return the change that ends a row on the day it begins."""
    return lambda row: {name: getattr(row, of)}


def task(make, prefix):
    """Return the cases of a task: without an owner, and done without a result."""
    return {
        f"{prefix}_one_owner": Case(make, values(owner_body="")),
        f"{prefix}_done_with_result": Case(make, values(done_on=day(1))),
    }


def earlier(name, than):
    """Return the change that puts one moment of a row a minute before another."""
    return lambda row: {name: getattr(row, than) - dt.timedelta(minutes=1)}


CASES = {
    "ward_ends_after_start": Case(f.WardFactory, days_before("valid_to", "valid_from")),
    "neighbourhood_name_once_in_ward": two(f.NeighbourhoodFactory, ward=f.WardFactory, name=None),
    "beat_ends_after_start": Case(f.BeatFactory, days_before("ended_on", "started_on")),
    "beat_once_open": Case(beat_that_ended, values(ended_on=None)),
    "certificate_expires_after_issue": Case(
        f.CertificateFactory, days_before("expires_on", "issued_on")
    ),
    "certificate_revoked_after_issue": Case(
        f.CertificateFactory,
        lambda row: {"revoked_on": row.issued_on - dt.timedelta(1), "revoked_reason": "Vi phạm"},
    ),
    "certificate_revoked_with_reason": Case(f.CertificateFactory, values(revoked_on=day(1))),
    "certificate_number_once_an_issuer": two(f.CertificateFactory, issuer=None, number=None),
    "sector_rule_ends_after_start": ends(f.SectorRuleFactory),
    "sector_rule_once_a_day": two(f.SectorRuleFactory, sector=None),
    "paper_rule_ends_after_start": ends(f.PaperRuleFactory),
    "paper_rule_once_a_day": two(f.PaperRuleFactory, sector=None, kind=None),
    "fire_group_ends_after_start": ends(f.FireGroupFactory),
    "fire_group_positive_cycle": Case(f.FireGroupFactory, values(months=0)),
    "business_rule_ends_after_start": ends(f.BusinessRuleFactory),
    "business_rule_positive": Case(f.BusinessRuleFactory, values(value=0)),
    "business_rule_once_a_day": two(f.BusinessRuleFactory, key=None, valid_from=None),
    "state_change_once_a_day": two(f.StateChangeFactory, business=None),
    "quarterly_return_once_a_quarter": two(f.QuarterlyReturnFactory, business=None),
    "quarterly_return_real_quarter": Case(f.QuarterlyReturnFactory, values(quarter=5)),
    "liaison_note_says_something": Case(f.LiaisonNoteFactory, values(note="")),
    "sanction_number_once_an_authority": two(f.SanctionFactory, number=None),
    "sanction_fine_with_amount": Case(f.SanctionFactory, values(amount=None)),
    "sanction_executed_after_decision": Case(
        f.SanctionFactory, days_before("executed_on", "decided_on")
    ),
    "inspection_unannounced_with_ground": Case(f.InspectionFactory, values(kind="unannounced")),
    "inspection_special_with_order": Case(f.InspectionFactory, values(kind="special")),
    "inspection_post_issue_of_certificate": Case(f.InspectionFactory, values(kind="post_issue")),
    "inspection_follow_up_of_another": Case(f.InspectionFactory, values(kind="follow_up")),
    "inspection_announced_before_held": Case(
        held_inspection, lambda row: {"noticed_on": row.held_on}
    ),
    "inspection_held_or_cancelled": Case(
        held_inspection, values(cancelled_on=day(1), cancel_reason="Nhầm")
    ),
    "inspection_cancelled_with_reason": Case(f.InspectionFactory, values(cancelled_on=day(1))),
    "inspection_outcome_once_held": Case(held_inspection, values(outcome="")),
    "household_dissolved_after_opened": Case(
        f.HouseholdFactory, days_before("dissolved_on", "opened_on")
    ),
    "resident_citizen_id_once": two(f.ResidentFactory, citizen_id=None),
    "resident_citizen_id_length": Case(f.ResidentFactory, values(citizen_id="09912345678")),
    "residence_ends_after_start": Case(
        f.ResidenceFactory,
        lambda row: {"ended_on": row.started_on - dt.timedelta(1), "end_reason": "DEATH"},
    ),
    "residence_end_has_reason": Case(f.ResidenceFactory, values(ended_on=day(1))),
    "residence_term_if_temporary": Case(f.ResidenceFactory, values(expires_on=day(-100))),
    "residence_term_after_start": Case(
        lambda: f.ResidenceFactory(temporary=True), days_before("expires_on", "started_on")
    ),
    "residence_permanent_in_household": Case(
        f.ResidenceFactory, lambda row: {"household": None, "lodging": f.BusinessFactory()}
    ),
    "residence_temporary_has_host": Case(
        lambda: f.ResidenceFactory(temporary=True), values(household=None)
    ),
    "residence_one_open_permanent": Case(ended_stay, open_again),
    "residence_one_open_temporary": Case(lambda: ended_stay(temporary=True), open_again),
    "residence_one_head": Case(head_and_ended_head, open_again),
    "residence_other_relation_named": Case(f.ResidenceFactory, values(relation="OTHER")),
    "resident_old_id_length": Case(f.ResidentFactory, values(old_id="12345")),
    "resident_not_own_alias": Case(f.ResidentFactory, lambda row: {"same_as": row}),
    "residence_act_undone_with_reason": Case(
        f.ResidenceActFactory, lambda row: {"undone_at": row.created_at}
    ),
    "transfer_request_elsewhere": Case(
        f.TransferRequestFactory, lambda row: {"to_neighbourhood": row.neighbourhood}
    ),
    "transfer_request_decided_whole": Case(f.TransferRequestFactory, values(decision="confirmed")),
    "transfer_member_one_open": two(f.TransferMemberFactory, residence=None),
    "absence_expected_after_start": Case(
        f.AbsenceFactory, days_before("expected_on", "started_on")
    ),
    "absence_returned_after_start": Case(
        f.AbsenceFactory, days_before("returned_on", "started_on")
    ),
    "absence_one_open": Case(absence_that_ended, values(returned_on=None)),
    "duplicate_pair_once": two(f.DuplicatePairFactory, first=lived_in, second=None),
    "duplicate_pair_two_rows": Case(
        f.DuplicatePairFactory, lambda row: {"first": row.second, "second": row.first}
    ),
    "residence_rule_ends_after_start": ends(f.ResidenceRuleFactory),
    "residence_rule_positive": Case(f.ResidenceRuleFactory, values(value=0)),
    "residence_rule_once_a_day": two(f.ResidenceRuleFactory, key=None, valid_from=None),
    "end_ground_ends_after_start": ends(f.EndGroundFactory),
    "stay_notice_one_host": Case(f.StayNoticeFactory, lambda row: {"lodging": f.BusinessFactory()}),
    "group_dissolved_after_founded": Case(
        f.GroupFactory, days_before("dissolved_on", "founded_on")
    ),
    "group_name_once_in_neighbourhood": two(
        f.GroupFactory, neighbourhood=f.NeighbourhoodFactory, name=None
    ),
    "membership_left_after_joined": Case(f.MembershipFactory, days_before("left_on", "joined_on")),
    "membership_one_open": Case(left_membership, values(left_on=None)),
    "meeting_once_a_day": two(f.MeetingFactory, group=f.GroupFactory, held_on=None),
    "incident_done_has_day": Case(f.IncidentFactory, values(state="resolved", outcome="resolved")),
    "incident_outcome_once_done": Case(f.IncidentFactory, values(outcome="resolved")),
    "incident_handed_over_to_whom": Case(
        lambda: f.IncidentFactory(state="handed_over"), values(handed_to="")
    ),
    "incident_closed_has_day": Case(
        lambda: f.IncidentFactory(state="closed"), values(closed_on=None)
    ),
    "incident_group_news_names_group": Case(f.IncidentFactory, values(source="group")),
    "incident_answer_has_day": Case(
        lambda: f.IncidentFactory(state="resolved", source="group"), values(told_group_on=day())
    ),
    "incident_received_after_it_happened": Case(
        f.IncidentFactory, earlier("received_at", "occurred_at")
    ),
    "measure_once": Case(second_measure, values(measure="order")),
    "assignment_once_open": Case(assignment_that_ended, values(ended_at=None)),
    "assignment_ends_after": Case(f.AssignmentFactory, earlier("ended_at", "assigned_at")),
    "clock_rule_ends_after_start": ends(f.ClockRuleFactory),
    "clock_rule_positive": Case(f.ClockRuleFactory, values(value=0)),
    "clock_rule_once_a_day": Case(
        second_rule_of_a_kind,
        lambda row: {"valid_from": row.type.clock_rules.exclude(pk=row.pk).get().valid_from},
    ),
    "clock_rule_for_all_once_a_day": two(f.ClockRuleFactory, valid_from=None),
    "clock_once_running": Case(clock_that_stopped, values(stopped_at=None)),
    "clock_stopped_after_start": Case(f.IncidentClockFactory, earlier("stopped_at", "started_at")),
    "clock_extended_with_reason": Case(
        f.IncidentClockFactory, lambda row: {"extended_at": row.started_at}
    ),
    "pause_ends_after_start": Case(f.ClockPauseFactory, earlier("resumed_at", "paused_at")),
    "pause_once_open": Case(pause_that_ended, values(resumed_at=None)),
    "attachment_removed_with_reason": Case(
        f.AttachmentFactory, lambda row: {"removed_at": row.created_at}
    ),
    "handover_ends_after_start": Case(
        f.ShiftHandoverFactory, lambda row: {"ended_at": row.started_at}
    ),
    "handover_taken_by": Case(f.ShiftHandoverFactory, lambda row: {"taken_at": row.ended_at}),
    "meeting_has_day": Case(planned_meeting, values(planned_on=None)),
    "meeting_held_with_attendance": Case(f.MeetingFactory, values(attended=None)),
    "meeting_cancelled_with_reason": Case(planned_meeting, values(cancelled_on=day(1))),
    "officer_ends_after_start": Case(f.OfficerFactory, same_day("ended_on", "started_on")),
    "officer_one_head": Case(head_that_ended, values(ended_on=None)),
    "officer_one_office": Case(office_that_ended, values(ended_on=None)),
    **task(f.GroupRequestFactory, "request"),
    "request_due_after_raised": Case(f.GroupRequestFactory, days_before("due_on", "raised_on")),
    "request_done_after_raised": Case(
        lambda: f.GroupRequestFactory(done_on=day(3), result="Đã sửa"),
        days_before("done_on", "raised_on"),
    ),
    "help_by_somebody": Case(help_of_a_household, values(households=0)),
    "duty_ends_after_start": Case(f.GroupDutyFactory, days_before("ended_on", "started_on")),
    "roster_line_about_somebody": Case(f.RosterLineFactory, values(residence=None)),
    "roster_line_decided": Case(
        f.RosterLineFactory, lambda row: {"state": "refused", "decided_at": row.created_at}
    ),
    "roster_line_once": two(f.RosterLineFactory, roster=None, residence=None),
    "group_rule_ends_after_start": ends(f.GroupRuleFactory),
    "group_rule_positive": Case(f.GroupRuleFactory, values(value=0)),
    "group_rule_once_a_day": two(f.GroupRuleFactory, key=None, valid_from=None),
    "scheme_limits_fall": Case(f.ScoringSchemeFactory, values(fair_from=95)),
    "scheme_year_known": Case(f.ScoringSchemeFactory, values(year=1999)),
    "criterion_worth_points": Case(f.CriterionFactory, values(max_points=0)),
    "criterion_once": two(f.CriterionFactory, scheme=f.ScoringSchemeFactory, content=None),
    "score_once_a_year": two(f.GroupScoreFactory, group=None, scheme=None),
    "score_approved_with_class": Case(f.GroupScoreFactory, values(state="approved")),
    "line_once": two(f.CriterionScoreFactory, score=None, criterion=None),
    **task(task_of_a_weak_group, "improvement"),
    "partner_name_once": two(f.PartnerFactory, name=None),
    "material_version_once": two(f.MaterialFactory, title=None),
    "material_approved_by": Case(f.MaterialFactory, values(approved_on=None)),
    "plan_once": two(f.PlanItemFactory, neighbourhood=None),
    "plan_once_in_ward": Case(second_plan_for_the_ward, values(audience="households")),
    "plan_in_its_year": Case(f.PlanItemFactory, lambda row: {"year": row.year + 1}),
    "activity_has_day": Case(planned_activity, values(planned_on=None)),
    "activity_held_with_attendance": Case(f.ActivityFactory, values(attendance=None)),
    "activity_held_or_cancelled": Case(f.ActivityFactory, values(cancelled_on=day(1))),
    "activity_partner_once": two(f.ActivityPartnerFactory, activity=None, partner=None),
    **task(f.QuestionFactory, "question"),
    "campaign_ends_after_start": Case(f.CampaignFactory, same_day("ended_on", "started_on")),
    "campaign_met_with_evidence": Case(f.CampaignCriterionFactory, values(met_on=day(1))),
    "resolution_ends_after_signed": Case(f.ResolutionFactory, same_day("ended_on", "signed_on")),
    "party_once": two(f.ResolutionPartyFactory, resolution=None, partner=None),
    "fulfilment_once_a_day": two(f.FulfilmentFactory, commitment=None, due_on=None),
    "fulfilment_with_evidence": Case(f.FulfilmentFactory, values(done_on=day(1))),
    "award_for_somebody": Case(f.AwardFactory, values(group=None)),
    "award_days_in_order": Case(f.AwardFactory, days_before("proposed_on", "deed_on")),
    "award_decided_with_number": Case(f.AwardFactory, values(decided_on=day(1))),
    "award_declined_with_reason": Case(f.AwardFactory, values(declined_on=day(1))),
    **task(f.DirectiveFactory, "directive"),
    "directive_due_after_issued": Case(f.DirectiveFactory, days_before("due_on", "issued_on")),
    "disaster_ends_after_start": Case(f.DisasterFactory, same_day("ended_on", "started_on")),
    "shift_once": two(f.DutyShiftFactory, disaster=None, officer=None),
    "help_after_asked": Case(
        f.HelpGivenFactory, lambda row: {"asked_at": row.came_at + dt.timedelta(minutes=1)}
    ),
    "help_for_somebody": Case(f.HelpGivenFactory, values(households=0)),
    "report_once_a_month": two(f.ReportFactory, year=None, month=None),
    "report_month_range": Case(f.ReportFactory, values(month=13)),
    "report_start_day_range": Case(f.ReportFactory, values(start_day=29)),
    "report_submitted_whole": in_state("submitted", submitted_at=None),
    "report_approved_whole": in_state("approved", document=None),
    "report_published_whole": in_state("published", published_at=None),
    "report_returned_with_comment": in_state("returned", comment=""),
    "report_text_once": Case(second_text_of_a_report, values(part="order")),
    "report_remark_task_has_day": Case(f.ReportRemarkFactory, values(kind="task")),
    "report_remark_done_with_answer": Case(f.ReportRemarkFactory, values(done_on=day())),
    "outgoing_number_once": two(f.OutgoingDocumentFactory, kind="TB", year=2026, number=None),
    "outgoing_number_range": Case(f.OutgoingDocumentFactory, values(number=100_000)),
    "outgoing_cancelled_with_reason": Case(f.OutgoingDocumentFactory, values(cancelled_on=day())),
    "outgoing_cancelled_after_day": Case(
        f.OutgoingDocumentFactory,
        lambda row: {"cancelled_on": row.dated - dt.timedelta(1), "cancel_reason": "Nhầm"},
    ),
    "report_rule_ends_after_start": ends(f.ReportRuleFactory),
    "report_rule_positive": Case(f.ReportRuleFactory, values(value=0)),
    "report_rule_once_a_day": two(f.ReportRuleFactory, key=None, valid_from=None),
    "import_batch_rows_add_up": Case(f.ImportBatchFactory, values(rows=1)),
    "import_batch_written_at": Case(f.ImportBatchFactory, values(state="written")),
    "import_batch_undone_at": Case(
        f.ImportBatchFactory, lambda row: {"state": "undone", "written_at": row.read_at}
    ),
    "retention_ends_after_start": ends(f.RetentionRuleFactory),
    "retention_once_a_day": two(f.RetentionRuleFactory, record_type=None, valid_from=None),
    "retention_months": Case(f.RetentionRuleFactory, values(months=0)),
    "retention_kept_for_good": Case(f.RetentionRuleFactory, values(outcome="keep")),
    "answer_rule_ends_after_start": ends(f.AnswerRuleFactory),
    "answer_rule_positive": Case(f.AnswerRuleFactory, values(value=0)),
    "answer_rule_once_a_day": two(f.AnswerRuleFactory, key=None, valid_from=None),
    "disposal_two_people": Case(
        lambda: f.DisposalFactory(done=True), lambda row: {"decided_by": row.proposed_by}
    ),
    "disposal_decided_by_somebody": Case(f.DisposalFactory, values(decided_on=day())),
    "disposal_refused_with_reason": Case(f.DisposalFactory, values(refusal="Nhầm")),
    "disposal_part_once": two(f.DisposalPartFactory, disposal=f.DisposalFactory, record_type=None),
    "correction_one_owner": Case(f.CorrectionFactory, values(owner_body="Cơ quan khác")),
    "correction_done_with_result": Case(
        lambda: f.CorrectionFactory(answered=True), values(result="")
    ),
    "correction_of_somebody": Case(f.CorrectionFactory, values(asker="Lê Thị Ba")),
    "correction_decided_when_done": Case(f.CorrectionFactory, values(decision="corrected")),
    "correction_done_after_received": Case(
        lambda: f.CorrectionFactory(answered=True), days_before("done_on", "received_on")
    ),
}


def named(value):
    return getattr(value, "name", None) or getattr(value, "__name__", None)


def broken_row(model, constraint):
    """Return a saved row whose values in memory break the constraint, and those values."""
    row, values_ = CASES[constraint.name].row()
    assert isinstance(row, model)
    row.full_clean()
    for name, value in values_.items():
        setattr(row, name, value)
    return row, values_


# --- declarations -------------------------------------------------------------------------------


def test_every_constraint_has_a_case_here():
    missing = {c.name for _, c in CONSTRAINTS} - set(CASES)
    assert not missing, "add a valid row and the change that breaks it to CASES"
    assert not set(CASES) - {c.name for _, c in CONSTRAINTS}


@pytest.mark.parametrize(("model", "constraint"), CONSTRAINTS, ids=named)
def test_every_constraint_has_a_vietnamese_sentence_and_a_field(model, constraint):
    sentence = str(constraint.get_violation_error_message())
    assert sentence != str(constraint.default_violation_error_message % {"name": constraint.name})
    assert VIETNAMESE & set(sentence.lower())
    assert sentence.endswith(".")
    name = model.constraint_fields.get(constraint.name)
    assert name, f"{model.__name__}.constraint_fields lacks {constraint.name}"
    model._meta.get_field(name)


@pytest.mark.parametrize("model", TRACKED, ids=named)
def test_constraint_fields_name_constraints_that_exist(model):
    assert set(model.constraint_fields) == {c.name for c in model._meta.constraints}


def test_constraint_names_are_unique_over_all_models():
    names = [c.name for _, c in CONSTRAINTS]
    assert len(names) == len(set(names))


def ours(model):
    app = Path(apps.get_app_config(model._meta.app_label).path)
    return app.is_relative_to(settings.BASE_DIR) and ".venv" not in app.parts


@pytest.mark.parametrize("model", [m for m in apps.get_models() if ours(m)], ids=named)
def test_links_between_records_protect_what_they_point_to(model):
    for f_ in model._meta.get_fields():
        if isinstance(f_, models.ForeignKey):
            assert f_.remote_field.on_delete is models.PROTECT, f_
        if isinstance(f_, models.ManyToManyField):
            assert f_.remote_field.through._meta.auto_created, f_


@pytest.mark.parametrize("model", TRACKED, ids=named)
def test_every_way_to_the_rows_records_its_writes(model):
    assert model._meta.base_manager_name == "objects"
    assert isinstance(model._base_manager.all(), TrackedQuerySet)
    assert isinstance(model._default_manager.all(), TrackedQuerySet)
    assert not model._meta.proxy
    for link in model._meta.related_objects:
        if issubclass(link.related_model, Tracked) and not link.many_to_many:
            assert link.on_delete is models.PROTECT


# --- the model and the database -----------------------------------------------------------------


@pytest.mark.parametrize(("model", "constraint"), CONSTRAINTS, ids=named)
def test_the_model_tells_the_sentence_at_the_field(model, constraint):
    row, _ = broken_row(model, constraint)
    with pytest.raises(ValidationError) as caught:
        row.validate_constraints()
    told = caught.value.message_dict
    assert (
        str(constraint.get_violation_error_message())
        in told[model.constraint_fields[constraint.name]]
    )


@pytest.mark.parametrize(("model", "constraint"), CONSTRAINTS, ids=named)
def test_the_database_refuses_and_its_error_becomes_the_sentence(model, constraint):
    row, _ = broken_row(model, constraint)
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        row.save()
    name, sentence = sentence_of(caught.value, model, row)
    assert sentence == str(constraint.get_violation_error_message())
    assert name == model.constraint_fields[constraint.name]


def test_an_error_of_the_database_that_no_constraint_of_ours_raised_is_told_too():
    assert sentence_of(IntegrityError("something else"), Household) == (None, CLASH)


# --- forms --------------------------------------------------------------------------------------


def form_classes(model, user):
    """List the forms that edit a row of a model: the portal's and the admin's."""
    found = []
    for view_class in {route.view_class for route in record_routes()}:
        form_class = view_class.form_class
        if view_class.model is model and form_class is not None:
            assert issubclass(form_class, RecordForm), view_class
            found.append((f"portal {view_class.__name__}", form_class))
    request = RequestFactory().get("/")
    request.user, request.today = user, timezone.localdate()
    model_admin = admin.site._registry.get(model)
    if model_admin and model_admin.has_change_permission(request):
        found.append((f"admin {model.__name__}", model_admin.get_form(request, change=True)))
    return found


def typed(form, row):
    """Return what a person would have typed into a form to give it the values of `row`."""
    data = {}
    for name, field_ in form.fields.items():
        value = form.initial.get(name)
        if name == "version":
            value = row.version
        elif name in row.masks or any(f_.name == name for f_ in row._meta.fields):
            value = getattr(row, name)
        value = field_.prepare_value(value)
        if isinstance(field_, forms.BooleanField):
            if value:
                data[name] = "on"
        elif value is not None:
            value = value.pk if isinstance(value, models.Model) else value
            widget = field_.widget
            if isinstance(value, list):
                data[name] = value
            elif isinstance(widget, forms.MultiWidget):
                for n, part in enumerate(widget.decompress(value)):
                    data[f"{name}_{n}"] = part or ""
            else:
                data[name] = str(widget.format_value(value) if hasattr(widget, "format") else value)
    return data


@pytest.mark.parametrize(("model", "constraint"), CONSTRAINTS, ids=named)
def test_every_form_that_can_break_it_tells_the_sentence(model, constraint, chief):
    """Portal form and admin form alike; a form without a field of the breach cannot break it."""
    for place, form_class in form_classes(model, chief):
        with transaction.atomic():
            row, changes = broken_row(model, constraint)
            fresh = model.objects.get(pk=row.pk)
            form = form_class(instance=fresh, user=chief, on=timezone.localdate())
            if set(changes) <= set(form.fields):
                data = typed(form, row)
                bound = form_class(data, instance=fresh, user=chief, on=timezone.localdate())
                assert not bound.is_valid(), (place, data)
                field_ = model.constraint_fields[constraint.name]
                told = bound.errors.get(field_ if field_ in bound.fields else "__all__", [])
                sentence = str(constraint.get_violation_error_message())
                # A form may know a plainer sentence for the same breach (a number's shape).
                assert sentence in told or bound.errors.get(field_), (place, bound.errors)
            transaction.set_rollback(True)


def test_a_constraint_is_checked_though_the_form_lacks_its_field(chief):
    """Django skips a constraint whose condition uses a field that the form does not show."""

    class HalfForm(RecordForm):
        class Meta(RecordForm.Meta):
            model = Household
            fields = ("dissolved_on",)

    row = f.HouseholdFactory()
    data = {"dissolved_on": "01/01/1999", "version": row.version}
    form = HalfForm(data, instance=row, user=chief, on=timezone.localdate())
    assert form.errors == {"dissolved_on": ["Ngày xoá hộ không thể trước ngày lập hộ."]}


def test_a_sentence_whose_field_the_form_lacks_stands_above_the_form(chief):
    class HalfForm(RecordForm):
        class Meta(RecordForm.Meta):
            model = Household
            fields = ("opened_on",)

    row = f.HouseholdFactory(dissolved_on=day(10))
    data = {"opened_on": f"{day(5):%d/%m/%Y}", "version": row.version}
    form = HalfForm(data, instance=row, user=chief, on=timezone.localdate())
    assert form.errors == {"__all__": ["Ngày xoá hộ không thể trước ngày lập hộ."]}


def member(in_household, **changes):
    return {
        "full_name": "Lê Văn Mới",
        "birth": "1990",
        "sex": "M",
        "kind": "P",
        "household": in_household.code,
        "relation": "CHILD",
        "started_on": f"{day(20):%d/%m/%Y}",
        "start_reason": "ARRIVAL",
    } | changes


@pytest.mark.parametrize(
    ("changes", "field_", "sentence"),
    [
        ({"relation": "HEAD"}, "relation", "Hộ đã có chủ hộ"),
        ({"relation": "OTHER"}, "relation_note", "Ghi rõ quan hệ khác là gì."),
        ({"household": ""}, "household", "Thường trú phải thuộc một hộ."),
        (
            {"expires_on": f"{day(-30):%d/%m/%Y}"},
            "expires_on",
            "Tạm trú phải có thời hạn; thường trú thì không.",
        ),
        (
            {"kind": "T", "expires_on": f"{day(20):%d/%m/%Y}"},
            "expires_on",
            "Thời hạn phải sau ngày bắt đầu.",
        ),
        (
            {"kind": "T", "household": "", "expires_on": f"{day(-30):%d/%m/%Y}"},
            "household",
            "Ghi nơi ở: một hộ, một cơ sở lưu trú hoặc nơi làm việc.",
        ),
        ({"citizen_id": "12345"}, "citizen_id", "Số định danh có đúng 12 chữ số"),
    ],
)
def test_the_entry_of_a_person_tells_the_ledgers_sentences(chief, changes, field_, sentence):
    household = f.ResidenceFactory(relation="HEAD").household
    form = MemberForm(member(household, **changes), user=chief, on=timezone.localdate())
    assert form.save_or_refuse() is None
    assert sentence in " ".join(form.errors[field_])
    assert Resident.objects.count() == 1  # the refused residence took the person back with it


# --- the admin site -----------------------------------------------------------------------------


def inline_data(prefix, rows, initial=0):
    data = {f"{prefix}-TOTAL_FORMS": len(rows), f"{prefix}-INITIAL_FORMS": initial}
    data |= {f"{prefix}-MIN_NUM_FORMS": 0, f"{prefix}-MAX_NUM_FORMS": 1000}
    for n, row in enumerate(rows):
        data |= {f"{prefix}-{n}-{name}": value for name, value in row.items()}
    return data


def household_page(client, household=None):
    """Return the admin page of a household and the prefixes of its inlines."""
    name = "change" if household else "add"
    args = [household.pk] if household else []
    address = reverse(f"admin:households_household_{name}", args=args)
    page = client.get(address)
    assert page.status_code == 200
    sets = page.context["inline_admin_formsets"]
    return address, {type(s.opts).__name__: s.formset.prefix for s in sets}


def family(n, **changes):
    return {
        "full_name": f"Lê Văn {'ABCDE'[n]}",
        "birth": "1990",
        "sex": "M",
        "citizen_id": f"09900000000{n}",
        "relation": "CHILD" if n else "HEAD",
        "relation_note": "",
        "kind": "P",
        "started_on": f"{day(20):%d/%m/%Y}",
        "start_reason": "ARRIVAL",
        "expires_on": "",
    } | changes


def post_family(client, area, rows):
    address, prefixes = household_page(client)
    data = {
        "address": "Số 1 Lê Lợi",
        "neighbourhood": area.pk,
        "opened_on": "01/02/2010",
        "dissolved_on": "",
        "note": "",
    }
    for name, prefix in prefixes.items():
        data |= inline_data(prefix, rows if name == "FamilyInline" else [])
    return client.post(address, data)


def test_a_family_is_typed_in_one_go_in_the_admin(client_for, clerk, area_a):
    answer = post_family(client_for(clerk), area_a, [family(0, relation="HEAD"), family(1)])
    assert answer.status_code == 302
    household = Household.objects.get()
    assert household.residences.count() == 2
    assert {r.neighbourhood_id for r in Resident.objects.all()} == {area_a.pk}


def test_two_heads_in_one_submit_get_the_sentence(client_for, clerk, area_a):
    rows = [family(0, relation="HEAD"), family(1, relation="HEAD")]
    answer = post_family(client_for(clerk), area_a, rows)
    assert answer.status_code == 200
    page = answer.content.decode()
    assert "Hộ đã có chủ hộ" in page
    assert "Lê Văn A" in page
    assert not Household.objects.exists()
    assert not Resident.objects.exists()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"relation": "OTHER"}, "Ghi rõ quan hệ khác là gì."),
        ({"kind": "T"}, "Tạm trú phải có thời hạn; thường trú thì không."),
        ({"kind": "T", "expires_on": "01/01/2001"}, "Thời hạn phải sau ngày bắt đầu."),
        ({"started_on": f"{day(-3):%d/%m/%Y}"}, "Ngày bắt đầu không thể sau hôm nay."),
        ({"started_on": "01/01/1999"}, "Hộ này lập ngày"),
        ({"citizen_id": "1"}, "Số định danh có đúng 12 chữ số"),
        ({"birth": "32/01/1990"}, "không có trong lịch"),
    ],
)
def test_a_bad_row_of_a_family_gets_its_sentence(client_for, clerk, area_a, changes, sentence):
    answer = post_family(client_for(clerk), area_a, [family(0), family(1, **changes)])
    assert answer.status_code == 200
    assert sentence in answer.content.decode()
    assert not Household.objects.exists()


def test_two_rows_with_one_number_in_one_submit_get_the_sentence(client_for, clerk, area_a):
    rows = [family(0), family(1, citizen_id=family(0)["citizen_id"])]
    answer = post_family(client_for(clerk), area_a, rows)
    assert answer.status_code == 200
    assert "Số định danh này đã có trong sổ." in answer.content.decode()
    assert not Resident.objects.exists()


def test_a_second_head_for_a_household_that_has_one_gets_the_sentence(client_for, clerk, area_a):
    household = f.ResidenceFactory(relation="HEAD", household__neighbourhood=area_a).household
    client = client_for(clerk)
    address, prefixes = household_page(client, household)
    data = {
        "address": household.address,
        "neighbourhood": area_a.pk,
        "opened_on": f"{household.opened_on:%d/%m/%Y}",
    }
    for name, prefix in prefixes.items():
        rows = [family(0, relation="HEAD")] if name == "FamilyInline" else []
        data |= inline_data(prefix, rows)
    answer = client.post(address, data)
    assert answer.status_code == 200
    assert "Hộ đã có chủ hộ" in answer.content.decode()
    assert Resident.objects.count() == 1


# --- what only the database notices -------------------------------------------------------------


@pytest.fixture
def blind_models(monkeypatch):
    """Let models see no constraint, as when another desk saves between the check and the write."""
    monkeypatch.setattr(Tracked, "validate_constraints", lambda self, exclude=None: None)


@pytest.mark.usefixtures("blind_models")
def test_the_portal_turns_the_databases_error_into_the_sentence(client_for, chief, area_a):
    row = f.HouseholdFactory(neighbourhood=area_a)
    data = {
        "address": "Số 77",
        "neighbourhood": area_a.pk,
        "opened_on": f"{row.opened_on:%d/%m/%Y}",
        "dissolved_on": "01/01/1999",
        "version": row.version,
    }
    answer = client_for(chief).post(reverse("household-update", args=[row.pk]), data)
    assert answer.status_code == 422
    assert "Ngày xoá hộ không thể trước ngày lập hộ." in answer.content.decode()
    assert 'value="Số 77"' in answer.content.decode()
    row.refresh_from_db()
    assert row.dissolved_on is None


@pytest.mark.usefixtures("blind_models")
def test_the_portal_tells_a_number_that_another_desk_took_meanwhile(client_for, chief):
    taken = f.ResidenceFactory().resident
    data = member(f.HouseholdFactory(), citizen_id=taken.citizen_id)
    answer = client_for(chief).post(reverse("resident-create"), data)
    assert answer.status_code == 422
    assert "Số định danh này đã có trong sổ." in answer.content.decode()
    assert Resident.objects.count() == 1


@pytest.mark.usefixtures("blind_models")
def test_the_admin_turns_the_databases_error_into_the_sentence(client_for, clerk, area_a):
    row = f.HouseholdFactory(neighbourhood=area_a)
    client = client_for(clerk)
    address, prefixes = household_page(client, row)
    data = {
        "address": "Số 77",
        "neighbourhood": area_a.pk,
        "opened_on": f"{row.opened_on:%d/%m/%Y}",
        "dissolved_on": "01/01/1999",
    }
    for prefix in prefixes.values():
        data |= inline_data(prefix, [])
    answer = client.post(address, data)
    assert answer.status_code == 200
    assert "Ngày xoá hộ không thể trước ngày lập hộ." in answer.content.decode()
    assert 'value="Số 77"' in answer.content.decode()
    row.refresh_from_db()
    assert row.dissolved_on is None


@pytest.mark.usefixtures("blind_models")
def test_the_admin_turns_an_inlines_error_into_the_sentence(client_for, clerk, area_a, monkeypatch):
    """Two heads that neither the rows nor the service saw: only the index is left."""
    from kylien.core.forms import RecordInlineFormSet

    monkeypatch.setattr(RecordInlineFormSet, "_check_unique", lambda *args: None)
    rows = [family(0, relation="HEAD"), family(1, relation="HEAD")]
    answer = post_family(client_for(clerk), area_a, rows)
    assert answer.status_code == 200
    assert "Hộ đã có chủ hộ" in answer.content.decode()
    assert not Household.objects.exists()
