"""The demo ward, loaded once for all tests here; each test stands in a savepoint of that load."""

import datetime as dt
import re
from collections import Counter
from io import StringIO
from itertools import groupby, pairwise
from random import Random

import pytest
from django.core.management import CommandError, call_command
from django.db import models, transaction
from django.db.models.functions import Concat
from django.utils import timezone

from businesses.models import (
    Business,
    Certificate,
    Inspection,
    InspectionFinding,
    LiaisonNote,
    QuarterlyReturn,
    Sanction,
    StateChange,
)
from businesses.requirements import lacking
from businesses.rules import contact_since, quarter_to_collect
from businesses.services import (
    NoticeTerm,
    earliest_visit,
    issuing_rule,
    next_number,
    repeat_warning,
)
from households.models import Household, Residence, Resident, StayNotice
from households.services import years_later
from incidents import workflow
from incidents.models import (
    Assignment,
    Clock,
    ClockPause,
    ClockRule,
    Incident,
    IncidentClock,
    IncidentEntry,
    IncidentParty,
    MeasureTaken,
    ShiftHandover,
)
from kylien.accounts.models import User
from kylien.areas.models import Holiday, Neighbourhood, Ward
from kylien.audit.models import AuditEntry
from kylien.core import text
from kylien.core.models import CodeCounter
from kylien.core.periods import TZ, Month, Quarter
from kylien.portal.demo import reports
from kylien.portal.demo.scene import Scene
from outreach.models import (
    Activity,
    ActivityPartner,
    Award,
    Campaign,
    CampaignCriterion,
    Commitment,
    Directive,
    Disaster,
    DutyShift,
    Fulfilment,
    HelpGiven,
    JointResolution,
    Material,
    Partner,
    PlanItem,
    Question,
    ResolutionParty,
)
from outreach.recurrence import due_days
from reports.content import adjustments
from reports.models import MonthlyReport, OutgoingDocument, ReportRemark, ReportText
from reports.outline import BY_KEY
from reports.shortcomings import Asked, Records, read
from selfgov_groups.models import (
    Criterion,
    CriterionScore,
    GroupContact,
    GroupDuty,
    GroupMeeting,
    GroupMembership,
    GroupOfficer,
    GroupRequest,
    GroupScore,
    ImprovementTask,
    MutualHelp,
    RosterCheck,
    RosterLine,
    ScoringScheme,
    SelfManagedGroup,
)
from selfgov_groups.services.life import check_office

pytestmark = pytest.mark.django_db
Relation = Residence.Relation
DAY = dt.timedelta(days=1)
OF_BUSINESSES = [
    Certificate,
    StateChange,
    Inspection,
    InspectionFinding,
    Sanction,
    LiaisonNote,
    QuarterlyReturn,
]
OF_INCIDENTS = [
    Assignment,
    ClockPause,
    IncidentClock,
    IncidentParty,
    MeasureTaken,
    ShiftHandover,
]
OF_GROUPS = [
    GroupContact,
    GroupDuty,
    GroupMeeting,
    GroupOfficer,
    GroupRequest,
    ImprovementTask,
    MutualHelp,
    RosterCheck,
    RosterLine,
]
OF_OUTREACH = [
    Activity,
    ActivityPartner,
    Award,
    Campaign,
    CampaignCriterion,
    Commitment,
    Directive,
    Disaster,
    DutyShift,
    Fulfilment,
    HelpGiven,
    JointResolution,
    Material,
    Partner,
    PlanItem,
    Question,
    ResolutionParty,
]
RATED = [ScoringScheme, Criterion, GroupScore, CriterionScore]  # frozen, so cleaned bit by bit


@pytest.fixture(scope="module", autouse=True)
def printed(django_db_setup, django_db_blocker):
    """Load the ward in a transaction that is rolled back after the module's last test."""
    output = StringIO()
    with django_db_blocker.unblock(), pytest.MonkeyPatch.context() as patch, transaction.atomic():
        patch.setenv("DEMO_PASSWORD", "mat-khau-trinh-dien")
        call_command("demo", stdout=output)
        yield output.getvalue()
        transaction.set_rollback(True)


# --- The article's figures ------------------------------------------------------------------------


def test_population_is_the_article_s():
    assert Household.objects.active().count() == 1045
    assert Residence.objects.permanent().current().count() == 3472
    assert Residence.objects.temporary().current().count() == 987
    assert Resident.objects.present().count() == 3472 + 987  # nobody is both


def test_businesses_are_the_article_s():
    rows = Business.objects.trading().values_list("sector__code", flat=True)
    expected = {"company": 104, "eating": 89, "project": 17, "karaoke": 9, "pawnshop": 5, "lpg": 2}
    assert Counter(rows) == expected | {"lodging": 6}  # of lodgings it says nothing


def test_groups_are_the_article_s(on):
    assert SelfManagedGroup.objects.active().count() == 34
    assert GroupMembership.objects.open_on(on).count() == 1020
    outside = Household.objects.active().exclude(
        pk__in=GroupMembership.objects.current().values("household")
    )
    assert outside.count() == 25


def test_ward_is_the_article_s(on):
    ward = Ward.objects.valid_on(on).get()
    assert (ward.name, ward.unit_code, ward.valid_to) == ("Kỳ Liên", "18841", None)
    assert {"label": "Trực ban", "phone": "069.29 26 112"} in ward.hotline_rows()
    assert Neighbourhood.objects.count() == 7


# --- The ledger -----------------------------------------------------------------------------------


def rows_by(attribute, **filters):
    """Group the ledger's rows: `[(key, rows in order of time), ...]`."""
    rows = Residence.objects.filter(**filters).select_related("household", "resident")
    rows = sorted(rows, key=lambda row: (getattr(row, attribute), row.started_on, row.pk))
    return [(key, list(group)) for key, group in groupby(rows, lambda r: getattr(r, attribute))]


def test_every_household_has_one_head_on_every_day():
    for _, rows in rows_by("household_id", kind="P"):
        household = rows[0].household
        heads = [row for row in rows if row.relation == Relation.HEAD]
        assert heads[0].started_on == household.opened_on
        assert all(one.ended_on == two.started_on for one, two in pairwise(heads))
        assert heads[-1].ended_on == household.dissolved_on


def test_heads_live_permanently_in_active_households():
    heads = Residence.objects.current().filter(relation=Relation.HEAD)
    assert set(heads.values_list("kind", flat=True)) == {"P"}
    assert heads.values("household").distinct().count() == heads.count() == 1045
    assert not heads.exclude(household__dissolved_on=None).exists()


def test_nobody_lives_twice_at_a_time():
    for _, rows in rows_by("resident_id"):
        assert all(one.ended_on and one.ended_on <= two.started_on for one, two in pairwise(rows))


def test_internal_rows_follow_one_another_on_the_same_day():
    internal = set(Residence.Start.values) - set(Residence.Start.external())
    for _, rows in rows_by("resident_id"):
        assert rows[0].start_reason not in internal
        assert rows[-1].end_reason not in internal
        for one, two in pairwise(rows):
            if one.end_reason in internal or two.start_reason in internal:
                assert (one.end_reason, one.ended_on) == (two.start_reason, two.started_on)
                assert one.kind == two.kind
            if one.end_reason in {"SPLIT", "MERGE", "EXTENSION", "HEAD_CHANGE"}:
                assert one.neighbourhood_id == two.neighbourhood_id


def test_rows_lie_within_lives_households_and_terms(on):
    for row in Residence.objects.select_related("resident", "household", "lodging", "employer"):
        assert row.resident.birth_date <= row.started_on <= on
        assert row.ended_on is None or row.ended_on <= on
        assert row.neighbourhood_id == row.host().neighbourhood_id
        if row.household:
            assert row.household.opened_on <= row.started_on
            if row.household.dissolved_on:
                assert row.ended_on
                assert row.ended_on <= row.household.dissolved_on
        if row.expires_on:
            assert row.expires_on <= years_later(row.started_on, 2)


def test_residents_repeat_what_the_ledger_says():
    for resident in Resident.objects.prefetch_related("residences"):
        rows = sorted(resident.residences.all(), key=lambda row: (row.started_on, row.pk))
        last = rows[-1]
        present = last.ended_on is None
        expected = (present, last.kind if present else "", last.neighbourhood_id)
        said = (resident.present, resident.residence_kind, resident.neighbourhood_id)
        assert said == expected


@pytest.mark.parametrize("kind", ["P", "T"])
def test_stock_and_flow_agree_for_24_months(on, kind):
    rows = Residence.objects.filter(kind=kind)
    for month in Month.containing(on).last(24):
        period = month.period
        came, went = rows.started_in(period).count(), rows.ended_in(period).count()
        assert (came and went) or not month.is_over(on), month
        closing = rows.open_before(period.end).count()
        assert rows.open_before(period.start).count() + came - went == closing, month


@pytest.mark.parametrize("kind", ["P", "T"])
def test_stock_and_flow_agree_in_each_neighbourhood(on, kind):
    for neighbourhood in Neighbourhood.objects.all():
        rows = Residence.objects.filter(kind=kind, neighbourhood=neighbourhood)
        for month in Month.containing(on).last(24):
            period = month.period
            came = rows.started_in(period, transfers=True).count()
            went = rows.ended_in(period, transfers=True).count()
            closing = rows.open_before(period.end).count()
            assert rows.open_before(period.start).count() + came - went == closing


def test_every_reason_occurs():
    ends = Residence.objects.exclude(end_reason="").values_list("end_reason", flat=True)
    assert set(Residence.objects.values_list("start_reason", flat=True)) == set(
        Residence.Start.values
    )
    assert set(ends) == set(Residence.End.values)


# --- People who do not exist ----------------------------------------------------------------------


def test_numbers_are_nobody_s():
    for row in Resident.objects.exclude(citizen_id=""):
        digit = (row.birth_date.year // 100 - 19) * 2 + (row.sex == "F")
        assert re.fullmatch(rf"099{digit}{row.birth_date:%y}\d{{6}}", row.citizen_id)
    assert not StayNotice.objects.exclude(id_number__regex=r"^099[0-9]{9}$").exists()
    known = Partner.objects.filter(contact_phone__regex=r"^0100[0-9]{6}$")
    assert known.count() == Partner.objects.count() == 8
    for model in (Resident, Business, IncidentParty):
        assert not model.objects.exclude(phone="").exclude(phone__regex=r"^0100[0-9]{6}$").exists()
    ids = Resident.objects.filter(citizen_id="", present=True)
    assert {timezone.localdate().year - row.birth_date.year for row in ids} <= {0, 1}


def test_names_are_names():
    names = [*Resident.objects.values_list("full_name", flat=True)]
    names += StayNotice.objects.values_list("guest_name", flat=True)
    names += IncidentParty.objects.values_list("full_name", flat=True)
    assert all(text.is_person_name(name) and 2 <= len(name.split()) <= 4 for name in names)
    assert len(set(names)) > len(names) / 2
    assert not Business.objects.filter(name__icontains="formosa").exists()


def test_families_are_plausible():
    """Parents are 18 to 50 years older than their children, in the homes of today."""
    for _, rows in rows_by("household_id", kind="P", ended_on=None):
        head = next(row.resident for row in rows if row.relation == Relation.HEAD)
        for row in rows:
            years = (row.resident.birth_date - head.birth_date).days / 365.25
            low, high = {
                Relation.CHILD: (18, 52),
                Relation.PARENT: (-50, -18),
                Relation.GRANDCHILD: (36, 80),
                Relation.SPOUSE: (-9, 9),
            }.get(row.relation, (-100, 100))
            assert low <= years <= high, (row.relation, years)


# --- Groups, businesses, events -------------------------------------------------------------------


def test_groups_hold_households_of_their_neighbourhood_one_at_a_time(on):
    rows = GroupMembership.objects.select_related("group", "household").order_by(
        "household", "joined_on"
    )
    for _, own in groupby(rows, lambda row: row.household_id):
        own = list(own)
        assert all(one.left_on and one.left_on <= two.joined_on for one, two in pairwise(own))
        for row in own:
            assert row.group.neighbourhood_id == row.household.neighbourhood_id
            assert max(row.group.founded_on, row.household.opened_on) <= row.joined_on <= on


def test_groups_meet_and_some_are_silent(on):
    held = GroupMeeting.objects.held()
    last = dict(held.values_list("group").annotate(models.Max("held_on")))
    assert len(last) == 34
    assert sum((on - day).days > 90 for day in last.values()) == 4
    groups = SelfManagedGroup.objects.active()
    assert groups.silent(on, 90).count() == 2
    assert groups.without_contact(on, 30).count() == 6
    assert groups.without_head(on).count() == 1
    assert held.filter(officer_came=True).exists()
    assert held.exclude(minutes="").count() > held.count() / 3
    planned = GroupMeeting.objects.planned()
    assert planned.count() == 8
    assert planned.filter(planned_on__lt=on).count() == 1


def test_something_is_due(on):
    assert Residence.objects.overdue(on).count() == 12
    assert Residence.objects.expiring(on, 30).count() == 12 + 38
    assert Certificate.objects.expiring(on, 30).count() == 4
    assert Certificate.objects.expiring(on, -1).count() == 2
    assert StayNotice.objects.unconfirmed().count() == 6
    assert StayNotice.objects.late().exists()
    assert Incident.objects.filter(state="received").exists()
    assert Incident.objects.to_close().exists()
    assert Incident.objects.group_to_tell().exists()
    late = IncidentClock.objects.running().filter(due_at__lt=timezone.now())
    assert 1 <= late.values("incident").distinct().count() <= Incident.objects.pending().count() / 2


def test_every_month_has_incidents(on):
    *over, present = Month.containing(on).last(25)
    counts = [Incident.objects.happened_in(month.period).count() for month in over]
    assert min(counts) >= 10
    assert max(counts) <= 18
    assert Incident.objects.happened_in(present.period).count() >= 2
    crowds = Incident.objects.filter(type__crowd=True)
    assert crowds.exists()
    assert not crowds.filter(measures=None).exists()
    assert not crowds.exclude(result="", parties=None, attachments=None).exists()
    assert set(Incident.objects.values_list("state", "outcome")) >= {
        *((state, "") for state in Incident.State.open()),
        ("resolved", "resolved"),
        ("closed", "mediated"),
        ("closed", "handed_over"),
    }


def test_incidents_went_the_way_of_the_workflow():
    """Each step of the log was open where it was taken, by whoever may take it."""
    steps = {step.done: step for step in workflow.STEPS}
    rows = Incident.objects.prefetch_related("entries__author__groups", "assignments")
    for row in rows.select_related("type"):
        first, *entries = row.entries.all()
        assert (first.title, first.state) == ("Tiếp nhận tin", "received")
        assert first.at >= row.received_at
        assert all(one.at <= two.at for one, two in pairwise([first, *entries])), row
        state = first.state
        for entry in entries:
            step = steps.get(entry.title)
            if step is None:
                assert entry.kind in ("assignment", "party"), entry
                assert entry.state == state
                continue
            assert state in step.sources, (row, entry)
            state = step.target or state
            assert entry.state == state
            assert not workflow.standing(entry.author, row).isdisjoint(step.who), (row, entry)
        assert state == row.state


def test_terms_of_incidents_run_as_the_rules_say():
    book, calendar = ClockRule.objects.all().book(), Holiday.objects.all().calendar()
    kinds = Counter()
    rows = Incident.objects.select_related("type").prefetch_related(
        "clocks__rule", "clocks__pauses"
    )
    for row in rows:
        clocks = {clock.clock: clock for clock in row.clocks.all()}
        assert len(clocks) == row.clocks.count()
        told = row.source == "group" and not row.is_open
        for kind in (*workflow.ON_RECEIPT, *(["answer"] if told else [])):
            since = clocks[kind].started_at if kind in clocks else row.received_at
            rule = book.rule(kind, row, timezone.localdate(since))
            assert (clocks[kind].rule if kind in clocks else None) == rule, (row, kind)
        for kind, clock in clocks.items():
            assert kind == "answer" or clock.started_at == row.received_at
            assert (clock.stopped_at is None) == (
                row.told_group_on is None
                if kind == "answer"
                else row.state in workflow.LIVES_IN[kind]
            ), (row, kind)
            pauses = clock.pauses.all()
            ended = [(one.paused_at, one.resumed_at) for one in pauses if one.resumed_at]
            assert clock.due_at == clock.rule.term.ends_at(clock.started_at, calendar, ended)
            kinds[kind] += 1
    assert set(kinds) == set(Clock.values)
    assert ClockPause.objects.exists()


def test_shifts_follow_one_another_and_the_last_waits():
    rows = list(ShiftHandover.objects.order_by("started_at"))
    assert len(rows) >= 7
    assert all(one.ended_at == two.started_at for one, two in pairwise(rows))
    assert [row.taken_by is None for row in rows] == [*[False] * (len(rows) - 1), True]
    assert all(row.taken_by != row.created_by for row in rows)


@pytest.mark.parametrize("model", [Business, Household, Incident, SelfManagedGroup, StayNotice])
def test_rows_pass_their_own_rules(model):
    for obj in model.objects.all():
        obj.clean()


def test_nothing_lies_ahead():
    now = timezone.now()
    for model, field in (
        (Incident, "occurred_at"),
        (Incident, "received_at"),
        (Incident, "created_at"),
        (StayNotice, "arrived_at"),
        (StayNotice, "notified_at"),
        (StayNotice, "confirmed_at"),
        (Certificate, "issued_on"),
        (Certificate, "revoked_on"),
        (StateChange, "changed_on"),
        (Inspection, "noticed_on"),
        (Inspection, "held_on"),
        (Inspection, "cancelled_on"),
        (InspectionFinding, "mended_on"),
        (Sanction, "decided_on"),
        (Sanction, "executed_on"),
        (LiaisonNote, "met_on"),
        (QuarterlyReturn, "received_on"),
        (Incident, "resolved_on"),
        (GroupMeeting, "held_on"),
        (GroupOfficer, "started_on"),
        (GroupOfficer, "ended_on"),
        (GroupRequest, "done_on"),
        (GroupContact, "met_on"),
        (MutualHelp, "helped_on"),
        (GroupDuty, "ended_on"),
        (GroupScore, "approved_on"),
        (ImprovementTask, "done_on"),
        (RosterCheck, "checked_on"),
        (RosterLine, "happened_on"),
        (RosterLine, "decided_at"),
        (Material, "approved_on"),
        (Activity, "held_on"),
        (Activity, "cancelled_on"),
        (Question, "done_on"),
        (CampaignCriterion, "met_on"),
        (Fulfilment, "done_on"),
        (Award, "proposed_on"),
        (Award, "decided_on"),
        (Award, "noticed_on"),
        (Award, "declined_on"),
        (Directive, "done_on"),
        (HelpGiven, "came_at"),
        (Incident, "told_group_on"),
        (Incident, "closed_on"),
        (IncidentEntry, "at"),
        (Assignment, "assigned_at"),
        (IncidentClock, "started_at"),
        (IncidentClock, "stopped_at"),
        (ClockPause, "paused_at"),
        (ShiftHandover, "ended_at"),
        (ShiftHandover, "taken_at"),
    ):
        day = now if field.endswith("at") else timezone.localdate()
        assert not model.objects.filter(**{f"{field}__gt": day}).exists(), field
    assert not StayNotice.objects.filter(notified_at__lt=models.F("arrived_at")).exists()


# --- Life and points of the groups ----------------------------------------------------------------


@pytest.mark.parametrize("model", [*OF_GROUPS, *OF_OUTREACH])
def test_what_groups_and_partners_do_is_valid(model):
    rows = list(model.objects.all())
    assert rows
    for row in rows:
        row.full_clean()


def test_officers_lived_in_their_groups(on):
    rows = GroupOfficer.objects.select_related("group", "resident")
    assert {row.role for row in rows} == {"head", "deputy"}
    assert rows.exclude(ended_on=None).count() >= 2
    for row in rows:
        check_office(row, on)


@pytest.mark.parametrize("model", [GroupRequest, ImprovementTask, Question])
def test_officers_own_what_lies_in_their_beat(model):
    rows = model.objects.exclude(owner=None).select_related("owner")
    areas = dict(rows.values_list("pk", model.scope_lookup))
    assert areas
    assert all(row.owner.scope.holds(areas[row.pk]) for row in rows)


def test_groups_are_rated_two_years_and_begun_this_year(on):
    scores = GroupScore.objects.select_related("scheme").prefetch_related("lines__criterion")
    rated = Counter(scores.filter(scheme__year=on.year - 1).values_list("rated", flat=True))
    assert (rated["average"], rated["weak"]) == (3, 1)
    assert rated["good"] + rated["fair"] == 30
    assert min(rated["good"], rated["fair"]) >= 5
    assert scores.filter(scheme__year=on.year - 2, state="approved").count() == 34
    states = scores.filter(scheme__year=on.year).values_list("state", flat=True)
    assert Counter(states) == {"draft": 7, "submitted": 5}
    for score in scores:
        assert score.total == sum(line.points for line in score.lines.all())
        assert score.rated in ("", score.scheme.limits.class_of(score.total))
        for line in score.lines.all():
            line.check_points()
        complete = score.lines.count() == score.scheme.criteria.count()
        assert complete or score.is_draft
    weak = scores.get(scheme__year=on.year - 1, rated="weak")
    assert weak.improvements.unfinished().count() == 2
    assert weak.improvements.overdue(on).count() == 1
    assert GroupScore.objects.without_plan().count() == 1


@pytest.mark.parametrize("model", RATED)
def test_what_scores_rest_on_is_valid(model):
    for row in model.objects.all():
        row.clean_fields()
        row.validate_constraints()


def test_rosters_came_back(on):
    waiting, decided = RosterCheck.objects.undecided(), RosterCheck.objects.decided()
    assert (waiting.count(), decided.count()) == (1, 1)
    assert RosterCheck.objects.unchanged().count() == 6
    for line in RosterLine.objects.select_related("roster__group", "residence", "act"):
        homes = line.roster.group.memberships.current()
        assert homes.filter(household=line.household).exists()
        assert line.happened_on <= line.roster.checked_on
        assert line.residence is None or line.residence.household_id == line.household_id
        assert (line.act is not None) == (line.state == "accepted")
        assert line.residence is None or line.residence.ended_by_id == line.act_id


# --- Outreach -------------------------------------------------------------------------------------


def test_sessions_cover_much_of_the_last_quarter(on):
    asked = Asked(Quarter.containing(on).previous(), on)
    share = read(Records(asked))[asked]["coverage"]
    assert share.whole == 7 * 8
    assert 0.5 < share.part / share.whole < 0.95


def test_the_plan_is_kept_but_for_a_few_items(on):
    assert set(PlanItem.objects.values_list("year", flat=True)) == {on.year - 1, on.year}
    assert PlanItem.objects.late(on).count() == 3
    planned = Activity.objects.planned()
    assert planned.filter(planned_on__gt=on).count() == 6
    assert planned.filter(planned_on__lt=on).count() == 1
    for back in range(1, 6):
        assert Activity.objects.held_in(Quarter.containing(on).moved(-back).period).exists(), back


def test_materials_were_approved_before_they_were_used():
    used = Activity.objects.held().exclude(material=None)
    assert used.count() > Activity.objects.held().count() / 2
    assert not used.filter(material__approved_on__gt=models.F("held_on")).exists()
    assert not used.exclude(material__topic=models.F("topic")).exists()
    assert Material.objects.waiting().count() == 1


def test_a_few_answers_are_late(on):
    assert Question.objects.overdue(on).count() == 3
    assert GroupRequest.objects.overdue(on).count() == 2
    assert Directive.objects.overdue(on).count() == 1
    assert not Question.objects.filter(activity__held_on=None).exists()
    assert not Question.objects.filter(done_on__lt=models.F("activity__held_on")).exists()


def test_commitments_fall_due_as_the_services_plan_them(on):
    for row in Commitment.objects.prefetch_related("fulfilments"):
        days = [one.due_on for one in row.fulfilments.all()]
        assert days == due_days(row.due_on, row.recurrence, on)
    done = Fulfilment.objects.exclude(done_on=None)
    assert not done.filter(done_on__lt=models.F("commitment__resolution__signed_on")).exists()
    assert done.filter(led_by=None).exists()
    assert done.exclude(led_by=None).exists()
    assert Fulfilment.objects.open(on).overdue(on).exists()
    silent = JointResolution.objects.silent(on, 90)
    assert silent.count() == 1
    assert Fulfilment.objects.filter(commitment__resolution=silent.get()).exclude(done_on=None)


def test_awards_stand_in_every_state():
    awards = Award.objects.all()
    assert awards.undecided().count() == 2
    assert awards.unnoticed().count() == 1
    assert awards.exclude(noticed_on=None).count() == 9
    assert awards.exclude(declined_on=None).count() == 1


def test_disasters_have_a_roster_and_help_in_their_days(on):
    assert Disaster.objects.open(on).count() == 1
    assert DutyShift.objects.filter(day=on).count() == 2
    for row in HelpGiven.objects.select_related("disaster"):
        day = timezone.localtime(row.came_at).date()
        assert day >= row.disaster.started_on
        assert row.disaster.ended_on is None or day <= row.disaster.ended_on


def test_models_have_copies(on):
    assert Campaign.objects.exclude(copied_from=None).count() == 2
    assert Campaign.objects.running(on).count() == 5


# --- Businesses under conditions ------------------------------------------------------------------


def test_papers_are_complete_but_for_those_meant_to_lack(on):
    trading = Business.objects.trading()
    names = ("lacking", "missing", "expired", "renewing")
    assert [getattr(trading, name)(on).count() for name in names] == [5, 3, 2, 2]
    rows = trading.prefetch_related("certificates__kind", "sector__paper_rules__kind")
    wrong = [lacking(row, on) for row in rows if lacking(row, on)]
    assert [len(found) for found in wrong] == [1] * 5
    assert {found[0].standing.value for found in wrong} == {"missing", "expired", "revoked"}


def test_papers_were_complete_a_year_ago_too(on):
    then = years_later(on, -1)
    assert Business.objects.trading_on(then).conditional_on(then).count() >= 15
    assert Business.objects.trading_on(then).lacking(then).count() <= 3


def test_the_ward_issues_within_its_powers_and_numbers_its_papers(on):
    papers = Certificate.objects.filter(by_ward=True).select_related("business__sector", "kind")
    assert papers.count() >= 7
    for paper in papers:
        assert issuing_rule(paper.business, paper.kind_id, paper.issued_on)
        assert paper.issuer == Ward.objects.of(on).police
        assert paper.responsible_name
    this_year = papers.filter(issued_on__year=on.year).count()
    assert next_number(on).startswith(f"{this_year + 1:02d}/")
    assert Business.objects.get(sector__code="lodging", rooms__gt=29).certificates.count() == 2


def test_states_repeat_their_last_change(on):
    for row in Business.objects.prefetch_related("state_changes"):
        changes = row.state_changes.all()  # newest first
        assert row.state == (changes[0].state if changes else "open")
        assert all(one.state != two.state for one, two in pairwise(changes))
        assert all(max(row.opened_on, one.changed_on) == one.changed_on <= on for one in changes)
    assert set(Business.objects.trading()) == set(Business.objects.trading_on(on))


def test_inspections_keep_the_rules(on):
    term = NoticeTerm()
    for row in Inspection.objects.select_related("business", "certificate", "follows"):
        assert row.held_on == row.planned_on or row.is_open or row.cancelled_on
        assert bool(row.findings.count()) == (row.outcome == "findings")
        if row.kind == "periodic":
            assert row.noticed_on or not row.held_on
            assert not repeat_warning(row, row.planned_on)
            if row.noticed_on:
                assert row.noticed_on <= on
                assert row.planned_on >= term.earliest(row.noticed_on)
        if row.kind == "post_issue":
            assert 0 < (row.held_on - row.certificate.issued_on).days <= 60
        if row.kind == "follow_up":
            assert row.held_on > row.follows.held_on


def test_every_business_under_conditions_is_looked_at_once_a_year(on):
    rows = Business.objects.trading().conditional_on(on).exclude(opened_on__gt=on - 880 * DAY)
    assert rows.count() == 16
    two_years = rows.filter(inspections__kind="periodic").annotate(n=models.Count("inspections"))
    assert two_years.count() == 16
    assert min(row.n for row in two_years) == 2


def test_inspections_of_every_kind_and_state_are_there(on):
    kinds = Counter(Inspection.objects.values_list("kind", flat=True))
    assert set(kinds) == set(Inspection.Kind.values)
    assert kinds["unannounced"] == 3
    assert kinds["follow_up"] == 1
    plan = Inspection.objects.open()
    assert plan.count() == 5
    assert plan.exclude(noticed_on=None).count() == 1
    assert plan.filter(planned_on__lt=on).count() == 1
    assert Inspection.objects.to_announce(earliest_visit(on)).count() == 2
    assert Inspection.objects.exclude(cancelled_on=None).count() == 1


def test_something_is_due_with_businesses(on):
    awaiting = Certificate.objects.awaiting_check(on)
    assert sorted((on - paper.issued_on).days for paper in awaiting) == [20, 55]
    left = InspectionFinding.objects.outstanding(on, 30)
    assert sorted((row.due_on - on).days for row in left) == [-30, 9]
    assert Business.objects.trading().unverified(contact_since(on)).count() == 6
    quarter = quarter_to_collect(on)
    missing = [
        Business.objects.expected_to_report(q).not_returned(q).count()
        for q in (quarter.moved(-back) for back in range(5))
    ]
    assert missing == [3, 0, 1, 0, 0]
    assert Sanction.objects.count() == 4


@pytest.mark.parametrize("model", OF_BUSINESSES)
def test_what_was_done_with_businesses_is_valid(model):
    rows = list(model.objects.all())
    assert rows
    for row in rows:
        row.full_clean()


# --- Accounts and the command ---------------------------------------------------------------------


def test_accounts_sign_in_with_the_password_given(on):
    assert User.objects.count() == 7
    users = {user.username: user for user in User.objects.all()}
    assert all(user.check_password("mat-khau-trinh-dien") for user in users.values())
    assert users["quantri"].is_superuser
    beats = [{n.name for n in users[name].beats} for name in ("cskv1", "cskv2")]
    assert {"Liên Phú", "Hoành Nam"} < beats[0]
    assert not beats[0] & beats[1]
    assert len(beats[0] | beats[1]) == 7


def test_load_is_in_the_audit_trail():
    own = (Household, Resident, Residence, Business, Incident, GroupMembership)
    for model in (*own, *OF_BUSINESSES, *OF_INCIDENTS, *OF_GROUPS, *OF_OUTREACH):
        entries = AuditEntry.objects.filter(table=model._meta.label_lower, action="create")
        assert entries.count() == model.objects.count()


def test_password_is_not_shown_when_it_was_given(printed):
    assert "cskv1" in printed
    assert "mat-khau-trinh-dien" not in printed


def test_second_load_is_refused():
    with pytest.raises(CommandError, match="đã có dữ liệu"):
        call_command("demo")


def test_second_load_with_if_empty_names_the_accounts():
    output = StringIO()
    call_command("demo", "--if-empty", stdout=output)
    assert "trucban" in output.getvalue()
    assert "mat-khau-trinh-dien" not in output.getvalue()
    assert Household.objects.active().count() == 1045


@pytest.mark.parametrize("arguments", [[], ["--if-empty"], ["--scale", "2"]])
def test_refused_outside_demo_mode(settings, arguments):
    settings.DEMO = False
    with pytest.raises(CommandError, match="DEMO=true"):
        call_command("demo", *arguments)


@pytest.mark.parametrize("scale", ["0", "-1", "51"])
def test_bad_scale_is_refused(scale):
    with pytest.raises(CommandError, match="--scale"):
        call_command("demo", "--scale", scale)


# --- Reports --------------------------------------------------------------------------------------


def test_two_years_of_reports_are_published_and_the_newest_waits(on):
    over = Month.containing(on).previous().last(24)
    reports = list(MonthlyReport.objects.order_by("year", "month").select_related("frozen"))
    assert [report.as_month for report in reports] == over
    *published, newest = reports
    for report in published:
        assert report.state == "published"
        assert report.frozen.is_intact
        ended = report.as_month.period.end
        assert ended <= report.document.dated <= ended + DAY
        days = [report.submitted_at, report.approved_at, report.published_at]
        assert days == sorted(days)
        assert {timezone.localdate(at) for at in days} <= {ended, report.document.dated}
        assert set(report.frozen.read()["texts"]) == set(BY_KEY)
    for earlier, later in pairwise(published):
        assert earlier.frozen.read()["texts"]["order"] != later.frozen.read()["texts"]["order"]
    empty = {text.part for text in newest.texts.all() if not text.text}
    if on <= newest.due_on:
        assert newest.state == "draft"
        assert {key for key in empty if BY_KEY[key].must} == {"shortcomings", "plan"}
    else:
        assert newest.state == "submitted"
        assert not {key for key in empty if BY_KEY[key].must}
    assert any(text.taken for text in newest.texts.all())


def test_nothing_was_mended_since_a_report():
    for report in MonthlyReport.objects.published().newest()[:3]:
        assert adjustments(report) == []


def test_texts_of_reports_name_nobody():
    names = [user.full_name for user in User.objects.all()]
    names += Resident.objects.values_list("full_name", flat=True)[:300]
    texts = [*ReportText.objects.values_list("text", flat=True)]
    texts += OutgoingDocument.objects.values_list("subject", flat=True)
    texts += ReportRemark.objects.values_list("content", flat=True)
    assert not [(name, text) for text in texts for name in names if name in text]
    assert len(set(texts)) > 100  # they are not one month copied


def test_outgoing_numbers_have_no_gap_and_follow_the_days(on):
    rows = OutgoingDocument.objects.order_by("kind", "year", "number")
    for _, own in groupby(rows, lambda row: (row.kind, row.year)):
        own = list(own)
        first = own[0].number
        assert [row.number for row in own] == [*range(first, first + len(own))]
        assert [row.dated for row in own] == sorted(row.dated for row in own)
    assert rows.exclude(cancelled_on=None).count() == 1
    assert len({row.kind for row in rows}) > 4
    assert max(row.dated for row in rows) <= on


def test_leaders_said_two_things_and_one_waits(on):
    answered, task = ReportRemark.objects.order_by("kind")
    assert (answered.kind, answered.author.username) == ("comment", "lanhdao")
    assert answered.answer
    assert answered.done_on <= on
    assert (task.kind, task.done_on, task.owner.username) == ("task", None, "cskv2")
    assert task.due_on > on
    assert {answered.report.state, task.report.state} == {"published"}


@pytest.mark.parametrize(
    ("day", "state"),
    [
        (dt.date(2026, 10, 14), "submitted"),
        (dt.date(2026, 10, 15), "draft"),  # the month ended yesterday
        (dt.date(2026, 10, 17), "draft"),
        (dt.date(2026, 10, 18), "submitted"),
        (dt.date(2027, 1, 1), "submitted"),
        (dt.date(2027, 1, 16), "draft"),
        (dt.date(2024, 2, 29), "submitted"),
    ],
)
def test_reports_are_made_on_any_day(monkeypatch, day, state):
    """Of a ward that is there: the reports, remarks and documents alone, as of another day."""
    made = ("lanhdao", "chihuy", "cskv1", "cskv2", "nhaplieu")
    scene = Scene(
        rng=Random(7),
        on=day,
        now=dt.datetime.combine(day, dt.time(8), TZ),
        start_day=15,
        areas=[],
        officers={user.username: user for user in User.objects.filter(username__in=made)},
        numbers=None,
        taken_names=set(),
        serials=None,
        police="",
    )
    monkeypatch.setattr(reports, "MONTHS", 3)
    monkeypatch.setattr(reports, "TOLD_MONTHS", 2)
    with transaction.atomic():
        ReportRemark.objects.all().delete()
        for model in (MonthlyReport, OutgoingDocument):
            aside = Concat("code", models.Value("-cu"))
            model.objects.update(year=models.F("year") - 50, code=aside)
        OutgoingDocument.objects.update(dated=dt.date(1970, 1, 1), cancelled_on=None)
        CodeCounter.objects.filter(prefix__startswith="VBD-").delete()
        before = MonthlyReport.objects.count()
        reports.make_reports(scene)
        rows = MonthlyReport.objects.order_by("-year", "-month")
        assert rows.count() == before + 3
        assert [row.state for row in rows[:3]] == [state, "published", "published"]
        assert rows[0].as_month == Month.containing(day).previous()
        dated = OutgoingDocument.objects.filter(year__gt=2000)
        assert max(row.dated for row in dated) <= day
        transaction.set_rollback(True)
