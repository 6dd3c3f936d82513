"""Roles give the verbs, beats give the rows, and the chief gives both."""

import re

import pytest
from django.apps import apps
from django.contrib.auth.models import AnonymousUser, Group, Permission
from django.urls import reverse
from django.utils import timezone

from businesses.models import (
    BusinessRule,
    Certificate,
    FireGroup,
    PaperKind,
    PaperRule,
    Sector,
    SectorRule,
)
from households.models import EndGround, Household, ResidenceRule
from imports.models import ImportBatch
from incidents.models import ClockRule, IncidentParty, IncidentType, ShiftHandover
from kylien.accounts.models import Role, Scope, User
from kylien.areas.models import BeatAssignment, Holiday, Neighbourhood, Ward
from kylien.audit.models import AuditEntry
from kylien.core.models import Tracked
from kylien.core.periods import Month
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
    JointResolution,
    Material,
    Partner,
    PlanItem,
    Question,
    ResolutionParty,
    Topic,
)
from reports.models import (
    MonthlyReport,
    OutgoingDocument,
    ReportRemark,
    ReportRule,
    ReportText,
)
from retention.models import AnswerRule, Disposal, DisposalPart, RetentionRule
from selfgov_groups.models import Criterion, GroupRule, ScoringScheme
from tests import factories
from tests.factories import day

pytestmark = pytest.mark.django_db

TRACKED = [model for model in apps.get_models() if issubclass(model, Tracked)]
# Rows without a neighbourhood that set the portal up: whoever may ask sees them all.
SETTINGS = (
    Ward,
    Holiday,
    Sector,
    SectorRule,
    PaperKind,
    PaperRule,
    BusinessRule,
    FireGroup,
    IncidentType,
    ClockRule,
    ResidenceRule,
    EndGround,
    GroupRule,
    ScoringScheme,
    Criterion,
    Topic,
    ReportRule,
    RetentionRule,
    AnswerRule,
)
# The superuser's own part: accounts and settings.
SETUP = (*SETTINGS, Neighbourhood, BeatAssignment)
# Not by beat: who told of an incident is for the chief and the assigned, shifts are the desk's,
# workbooks hold the whole ward.
APART = (User, IncidentParty, ShiftHandover, ImportBatch)
# Of the whole ward: seen by whoever works in it, an officer with a beat too.
WARDS = (
    Partner,
    Material,
    JointResolution,
    ResolutionParty,
    Commitment,
    Fulfilment,
    Directive,
    Disaster,
    DutyShift,
)
# Of a neighbourhood, or of the whole ward where they name none.
AREA_OR_WARD = (PlanItem, Activity, ActivityPartner, Question, Campaign, CampaignCriterion, Award)
# The station's word to the ward: by state and by whom it concerns, not by neighbourhood.
REPORTS = (MonthlyReport, ReportText, ReportRemark, OutgoingDocument)
# The station's own housekeeping: of no neighbourhood, so of those who see the whole ward.
STATIONS = (Disposal, DisposalPart)
STORMS = {"outreach.dutyshift", "outreach.helpgiven"}  # who is on duty, what was done for people
ELSEWHERE = SETTINGS + APART + WARDS + REPORTS + STATIONS
SCOPED = [model for model in TRACKED if model not in ELSEWHERE]


def granted(role):
    found = Permission.objects.filter(group__name=role).select_related("content_type")
    return {f"{p.content_type.app_label}.{p.codename}" for p in found}


# --- grants -------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", list(Role))
def test_a_role_holds_exactly_what_the_apps_declare(role):
    declared = {
        f"{config.label}.{verb}_{model}"
        for config in apps.get_app_configs()
        for model, by_role in getattr(config, "grants", {}).items()
        for verb in by_role.get(role, "").split()
    }
    assert granted(role) == declared


def test_every_grant_names_a_model_a_role_and_a_verb_that_exist():
    for config in apps.get_app_configs():
        for model, by_role in getattr(config, "grants", {}).items():
            found = config.get_model(model)
            assert set(by_role) <= {role.value for role in Role}
            for granted_verbs in by_role.values():
                assert set(granted_verbs.split()) <= set(found._meta.default_permissions)


def test_every_record_model_is_granted_to_someone():
    for model in TRACKED:
        grants = getattr(apps.get_app_config(model._meta.app_label), "grants", {})
        assert model._meta.model_name in grants, model


def test_the_groups_are_the_roles():
    assert set(Group.objects.values_list("name", flat=True)) == set(Role.values)


def test_a_leader_reads_reports_and_remarks_on_them_and_holds_no_right_over_other_rows():
    assert granted(Role.LEADER) == {
        "reports.view_monthlyreport",
        "reports.view_reportremark",
        "reports.add_reportremark",
    }


def test_only_the_chief_deletes():
    for role in set(Role) - {Role.CHIEF}:
        assert not {right for right in granted(role) if ".delete_" in right}


def test_the_duty_desk_writes_what_comes_in_and_its_shifts_and_exports_nothing():
    written = {r for r in granted(Role.DUTY_OFFICER) if ".view_" not in r}
    changed = {
        "incidents.incident",
        "incidents.incidentparty",  # those that its queryset lets him read
        "incidents.shifthandover",
        "households.staynotice",
    }
    added = {"incidents.incidententry", "incidents.attachment"}  # to an incident, for good
    assert written == {
        f"{app}.{verb}_{model}"
        for verb, names in (("add", changed | added | STORMS), ("change", changed | STORMS))
        for app, _, model in (name.partition(".") for name in names)
    }


def test_accounts_beats_and_the_trail_are_the_chiefs():
    for role in set(Role) - {Role.CHIEF}:
        own = {"accounts.", "audit.", "areas.add", "areas.change", "areas.delete"}
        assert not {right for right in granted(role) if right.startswith(tuple(own))}
    assert {"accounts.add_user", "areas.add_beatassignment", "audit.view_auditentry"} <= granted(
        Role.CHIEF
    )
    assert not {r for r in granted(Role.CHIEF) if r.startswith(("audit.change", "audit.delete"))}


def test_grants_are_set_right_again_after_every_migration(django_db_blocker):
    from kylien.accounts.grants import apply_grants

    clerk = Group.objects.get(name=Role.CLERK)
    clerk.permissions.add(Permission.objects.get(codename="delete_household"))
    clerk.permissions.remove(Permission.objects.get(codename="view_household"))
    apply_grants(apps.get_app_config("households"))
    assert "households.view_household" in granted(Role.CLERK)
    assert "households.delete_household" not in granted(Role.CLERK)


def test_who_is_staff_follows_from_the_role():
    staff = {role for role in Role if factories.UserFactory(role=role).is_staff}
    assert staff == {Role.CHIEF, Role.AREA_OFFICER, Role.CLERK}
    assert not factories.UserFactory(role=Role.CHIEF, is_active=False).is_staff
    assert not factories.UserFactory().is_staff


def test_a_superuser_keeps_accounts_and_settings_alone(superuser):
    assert superuser.has_perm("accounts.add_user")
    assert superuser.has_perm("areas.change_ward")
    for right in ("households.view_household", "audit.view_auditentry", "incidents.add_incident"):
        assert not superuser.has_perm(right)
        assert not superuser.has_perms([right])
    for app in ("households", "businesses", "selfgov_groups", "incidents", "audit"):
        assert not superuser.has_module_perms(app)


def test_a_superuser_with_a_role_is_no_officer_either(superuser, area_a):
    superuser.groups.add(Group.objects.get(name=Role.CHIEF))
    user = User.objects.get(pk=superuser.pk)
    factories.HouseholdFactory(neighbourhood=area_a)
    assert user.scope == Scope()
    assert not user.has_perm("households.view_household")
    assert not Household.objects.visible_to(user).exists()


def test_a_person_alone_is_given_no_right(clerk):
    clerk.user_permissions.add(Permission.objects.get(codename="delete_household"))
    assert not User.objects.get(pk=clerk.pk).has_perm("households.delete_household")


# --- rows ---------------------------------------------------------------------------------------


def a_row_in(model, area):
    """Return a row of `model` that lies in `area`."""
    match model._meta.model_name:
        case "neighbourhood":
            return area
        case "residence":
            return factories.ResidenceFactory(household__neighbourhood=area)
        case "resident":
            return factories.ResidenceFactory(household__neighbourhood=area).resident
        case "staynotice":
            return factories.StayNoticeFactory(household__neighbourhood=area)
        case "absence":
            stay = factories.ResidenceFactory(household__neighbourhood=area)
            return factories.AbsenceFactory(resident=stay.resident)
        case "residenceact":
            return factories.ResidenceActFactory(household__neighbourhood=area)
        case "transferrequest":
            return factories.TransferRequestFactory(household__neighbourhood=area)
        case "transfermember":
            request = factories.TransferRequestFactory(household__neighbourhood=area)
            return factories.TransferMemberFactory(request=request)
        case "duplicatepair":
            stays = [factories.ResidenceFactory(household__neighbourhood=area) for _ in range(2)]
            first, second = (stay.resident for stay in stays)
            return factories.DuplicatePairFactory(first=first, second=second)
        case "clockpause":
            return factories.ClockPauseFactory(clock__incident__neighbourhood=area)
        case "inspectionfinding":
            return factories.FindingFactory(inspection__business__neighbourhood=area)
        case "groupmembership":
            return factories.MembershipFactory(group__neighbourhood=area)
        case "groupmeeting":
            return factories.MeetingFactory(group__neighbourhood=area)
        case "rosterline":
            return factories.RosterLineFactory(roster__group__neighbourhood=area)
        case "criterionscore" | "improvementtask":
            return factories.of(model)(score__group__neighbourhood=area)
    names = {f.name for f in model._meta.fields}
    for owner in ("business", "incident", "group", "activity", "campaign"):
        if "neighbourhood" not in names and owner in names:
            return factories.of(model)(**{f"{owner}__neighbourhood": area})
    assert "neighbourhood" in names, f"say here how a {model.__name__} lies in a neighbourhood"
    return factories.of(model)(neighbourhood=area)


WARD_WIDE = [Role.CHIEF, Role.DUTY_OFFICER, Role.CLERK]


@pytest.mark.parametrize("model", SCOPED, ids=lambda m: m.__name__)
def test_each_role_sees_the_rows_of_its_scope(model, area_a, area_b, officer_a, leader, superuser):
    in_a, in_b = a_row_in(model, area_a), a_row_in(model, area_b)

    def seen(user):
        return set(model.objects.visible_to(user).filter(pk__in=[in_a.pk, in_b.pk]))

    for role in WARD_WIDE:
        assert seen(factories.UserFactory(role=role)) == {in_a, in_b}
    assert seen(officer_a) == {in_a}
    assert seen(leader) == set()
    assert seen(factories.UserFactory()) == set()
    assert seen(factories.UserFactory(role=Role.AREA_OFFICER)) == set()  # without a beat
    assert seen(factories.UserFactory(role=Role.CHIEF, is_active=False)) == set()
    assert seen(superuser) == ({in_a, in_b} if model in SETUP else set())


@pytest.mark.parametrize("model", AREA_OR_WARD, ids=lambda m: m.__name__)
def test_rows_without_a_neighbourhood_are_of_the_whole_ward(model, officer_a, leader, superuser):
    row = a_row_in(model, None)
    without_beat = factories.UserFactory(role=Role.AREA_OFFICER)
    for user in (*(factories.UserFactory(role=role) for role in WARD_WIDE), officer_a):
        assert row in model.objects.visible_to(User.objects.get(pk=user.pk))
    for user in (without_beat, leader, superuser, factories.UserFactory()):
        assert not model.objects.visible_to(User.objects.get(pk=user.pk)).exists()


@pytest.mark.parametrize("model", WARDS, ids=lambda m: m.__name__)
def test_rows_of_the_ward_are_seen_by_whoever_works_in_it(model, officer_a, leader, superuser):
    row = factories.of(model)()
    for user in (*(factories.UserFactory(role=role) for role in WARD_WIDE), officer_a):
        assert row in model.objects.visible_to(User.objects.get(pk=user.pk))
    without_beat = factories.UserFactory(role=Role.AREA_OFFICER)
    off = factories.UserFactory(role=Role.CHIEF, is_active=False)
    for user in (without_beat, off, leader, superuser, factories.UserFactory()):
        assert not model.objects.visible_to(User.objects.get(pk=user.pk)).exists()


@pytest.mark.parametrize("model", STATIONS, ids=lambda m: m.__name__)
def test_the_stations_housekeeping_is_of_those_who_see_the_ward(
    model, officer_a, leader, superuser
):
    row = factories.of(model)()
    for role in WARD_WIDE:
        assert row in model.objects.visible_to(factories.UserFactory(role=role))
    for user in (officer_a, leader, superuser, factories.UserFactory()):
        assert not model.objects.visible_to(User.objects.get(pk=user.pk)).exists()


def test_who_disposes_of_records_and_who_hands_out_a_persons_data():
    rights = {role: {r for r in granted(role) if r.startswith("retention.")} for role in Role}
    assert {r for r in rights if "retention.confirm_disposal" in rights[r]} == {Role.CHIEF}
    assert {r for r in rights if "retention.add_disposal" in rights[r]} == {Role.CHIEF, Role.CLERK}
    sheet = {r for r in rights if "retention.sheet_correctionrequest" in rights[r]}
    assert sheet == {Role.CHIEF, Role.AREA_OFFICER}
    assert not rights[Role.DUTY_OFFICER] | rights[Role.LEADER]


def test_who_told_of_an_incident_is_read_by_the_chief_and_the_assigned_alone(
    area_a, area_b, officer_a, officer_b, chief, leader, superuser
):
    row = factories.IncidentPartyFactory(incident__neighbourhood=area_a)
    factories.AssignmentFactory(incident=row.incident, officer=officer_b)  # out of his beat
    ended = factories.UserFactory(role=Role.AREA_OFFICER)
    factories.AssignmentFactory(incident=row.incident, officer=ended, ended_at=timezone.now())
    switched_off = factories.UserFactory(role=Role.AREA_OFFICER, is_active=False)
    factories.AssignmentFactory(incident=row.incident, officer=switched_off)
    other = factories.IncidentPartyFactory(incident__neighbourhood=area_b)  # of officer_b's beat

    def seen(user):
        return set(IncidentParty.objects.visible_to(User.objects.get(pk=user.pk)))

    assert seen(chief) == {row, other}
    assert seen(officer_b) == {row}
    for role in (Role.DUTY_OFFICER, Role.CLERK):
        assert seen(factories.UserFactory(role=role)) == set()
    off = factories.UserFactory(role=Role.CHIEF, is_active=False)
    for user in (officer_a, ended, switched_off, leader, superuser, off, factories.UserFactory()):
        assert seen(user) == set()


def test_shifts_are_of_the_whole_ward(chief, duty, officer_a, leader, superuser):
    row = factories.ShiftHandoverFactory()

    def seen(user):
        return list(ShiftHandover.objects.visible_to(User.objects.get(pk=user.pk)))

    assert seen(chief) == seen(duty) == [row]
    for user in (officer_a, leader, superuser, factories.UserFactory()):
        assert seen(user) == []
    for role in set(Role) - {Role.CHIEF, Role.DUTY_OFFICER}:
        assert not {right for right in granted(role) if right.endswith("_shifthandover")}


def test_reports_are_read_by_the_station_and_once_published_by_leaders(leader, superuser):
    month = Month.containing(day()).previous()
    rows = [
        factories.report_in(state, month=one)
        for state, one in zip(MonthlyReport.State, month.last(5), strict=True)
    ]
    published = rows[-1]
    assert published.state == MonthlyReport.State.PUBLISHED

    def seen(user):
        return set(MonthlyReport.objects.visible_to(User.objects.get(pk=user.pk)))

    for role in Role.station():
        assert seen(factories.UserFactory(role=role)) == set(rows)
    assert seen(leader) == {published}
    texts = ReportText.objects.visible_to(leader)
    assert {text.report for text in texts} == {published}
    off = factories.UserFactory(role=Role.CHIEF, is_active=False)
    for user in (superuser, off, factories.UserFactory()):
        assert seen(user) == set()
        assert not ReportText.objects.visible_to(User.objects.get(pk=user.pk)).exists()


def test_remarks_are_read_by_whom_they_concern(chief, clerk, duty, leader, officer_a, superuser):
    published = factories.report_in("published")
    own = factories.ReportRemarkFactory(report=published, author=leader, owner=officer_a)
    given = factories.ReportRemarkFactory(report=published, author=leader, owner=chief)
    drafted = factories.ReportRemarkFactory(owner=chief)  # of a report no leader may read

    def seen(user):
        return set(ReportRemark.objects.visible_to(User.objects.get(pk=user.pk)))

    assert seen(chief) == seen(clerk) == {own, given, drafted}
    assert seen(leader) == {own, given}
    assert seen(officer_a) == {own}
    for user in (duty, superuser, factories.UserFactory()):
        assert seen(user) == set()


def test_the_register_of_outgoing_documents_is_the_chiefs_and_the_clerks(leader, officer_a):
    factories.OutgoingDocumentFactory()
    for user in (leader, officer_a):
        assert not OutgoingDocument.objects.visible_to(User.objects.get(pk=user.pk)).exists()
    for role in set(Role) - {Role.CHIEF, Role.CLERK}:
        assert not {right for right in granted(role) if right.endswith("_outgoingdocument")}


def test_workbooks_are_brought_in_by_those_who_work_for_the_whole_ward(
    chief, clerk, officer_a, leader, superuser
):
    row = factories.ImportBatchFactory(created_by=officer_a)

    def seen(user):
        return list(ImportBatch.objects.visible_to(User.objects.get(pk=user.pk)))

    assert seen(chief) == seen(clerk) == [row]
    for user in (officer_a, leader, superuser, factories.UserFactory()):
        assert seen(user) == []
    for role in set(Role) - {Role.CHIEF, Role.CLERK}:
        assert not {right for right in granted(role) if right.startswith("imports.")}


@pytest.mark.parametrize("model", SETTINGS, ids=lambda m: m.__name__)
def test_settings_are_read_by_all(model, officer_a, superuser):
    row = factories.of(model)()
    for user in (officer_a, superuser, factories.UserFactory(role=Role.CLERK)):
        assert row in model.objects.visible_to(user)


def test_a_business_is_not_seen_through_its_certificate(area_a, area_b, officer_a):
    factories.CertificateFactory(business__neighbourhood=area_b)
    assert not Certificate.objects.visible_to(officer_a).exists()


def test_scopes_narrow_a_queryset_that_is_filtered_already(area_a, area_b, officer_a):
    factories.HouseholdFactory(neighbourhood=area_b, address="X")
    rows = Household.objects.filter(address="X").visible_to(officer_a)
    assert not rows.exists()


def test_accounts_are_seen_by_chief_and_superuser(chief, clerk, superuser):
    everybody = {chief, clerk, superuser}
    assert set(User.objects.visible_to(superuser)) == everybody
    assert set(User.objects.visible_to(chief)) == everybody - {superuser}
    assert set(User.objects.visible_to(clerk)) == {clerk}


def test_a_stranger_has_no_rows():
    with pytest.raises(AttributeError):
        Household.objects.visible_to(AnonymousUser())


# --- beats --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("started", "ended", "open_today"),
    [
        (day(10), None, True),
        (day(0), None, True),
        (day(-1), None, False),
        (day(10), day(-1), True),
        (day(10), day(0), False),  # half-open: the last day is not in it
        (day(10), day(1), False),
    ],
)
def test_a_beat_counts_from_its_first_day_until_before_its_last(area_a, started, ended, open_today):
    beat = factories.BeatFactory(neighbourhood=area_a, started_on=started, ended_on=ended)
    row = factories.HouseholdFactory(neighbourhood=area_a)
    officer = User.objects.get(pk=beat.officer_id)
    assert (row in Household.objects.visible_to(officer)) is open_today
    assert officer.scope.neighbourhood_ids == ((area_a.pk,) if open_today else ())


def test_two_beats_add_up_and_leave_is_covered(area_a, area_b, officer_a):
    factories.BeatFactory(officer=officer_a, neighbourhood=area_b, ended_on=day(-7))
    both = {factories.HouseholdFactory(neighbourhood=area).pk for area in (area_a, area_b)}
    officer = User.objects.get(pk=officer_a.pk)
    assert set(Household.objects.visible_to(officer).values_list("pk", flat=True)) == both


def test_a_beat_without_the_role_gives_nothing(area_a, clerk, leader):
    factories.HouseholdFactory(neighbourhood=area_a)
    factories.BeatFactory(officer=leader, neighbourhood=area_a)
    assert not Household.objects.visible_to(User.objects.get(pk=leader.pk)).exists()


# --- accounts in the admin ----------------------------------------------------------------------

USERS = "/admin/accounts/user/"


def account(**changes):
    return {
        "username": "moi",
        "full_name": "Trần Thị Mới",
        "rank": "Đại uý",
        "role": "clerk",
        "is_active": "on",
        "_save": "1",
    } | changes


def one_time_password(page):
    return re.search(r"Mật khẩu dùng một lần của \S+: ([a-z0-9-]{14})", page.content.decode())[1]


def test_the_chief_makes_an_account_with_a_password_shown_once(client_for, client, chief):
    as_chief = client_for(chief)
    page = as_chief.post(f"{USERS}add/", account(), follow=True)
    assert page.status_code == 200
    password = one_time_password(page)
    user = User.objects.get(username="moi")
    assert user.roles == {Role.CLERK}
    assert user.must_change_password
    assert not user.is_superuser
    assert user.check_password(password)
    for address in (USERS, f"{USERS}{user.pk}/change/", "/", "/audit/"):
        assert password not in as_chief.get(address, follow=True).content.decode()
    assert not AuditEntry.objects.filter(values__contains=password).exists()
    assert not AuditEntry.objects.filter(values__contains=user.password[-20:]).exists()
    assert client.login(username="moi", password=password)
    assert client.get("/households/")["Location"] == reverse("account_change_password")


def test_the_chief_gives_a_new_one_time_password(client_for, chief, clerk):
    data = {"action": "reset_password", "_selected_action": [clerk.pk]}
    page = client_for(chief).post(USERS, data, follow=True)
    clerk.refresh_from_db()
    assert clerk.check_password(one_time_password(page))
    assert clerk.must_change_password


def test_the_chief_changes_a_role_and_switches_an_account_off(client_for, chief, clerk):
    as_clerk = client_for(clerk)
    assert as_clerk.get("/households/").status_code == 200
    data = account(username=clerk.username, role="duty_officer", full_name=clerk.full_name)
    assert client_for(chief).post(f"{USERS}{clerk.pk}/change/", data).status_code == 302
    assert User.objects.get(pk=clerk.pk).roles == {Role.DUTY_OFFICER}
    data.pop("is_active")
    assert client_for(chief).post(f"{USERS}{clerk.pk}/change/", data).status_code == 302
    assert as_clerk.get("/households/")["Location"].startswith("/accounts/login/")


def test_the_chief_does_not_reset_his_own_password(client_for, chief, clerk):
    client = client_for(chief)
    before = chief.password
    data = {"action": "reset_password", "_selected_action": [chief.pk, clerk.pk]}
    page = client.post(USERS, data, follow=True)
    assert page.status_code == 200
    assert page.redirect_chain == [(USERS, 302)]  # still signed in
    assert "Không cấp mật khẩu dùng một lần cho chính mình" in page.content.decode()
    chief.refresh_from_db()
    clerk.refresh_from_db()
    assert chief.password == before
    assert not chief.must_change_password
    assert clerk.check_password(one_time_password(page))


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"role": ""}, "role", "Đồng chí không thể tự bỏ vai trò chỉ huy của mình."),
        ({"role": "clerk"}, "role", "Đồng chí không thể tự bỏ vai trò chỉ huy của mình."),
        ({"is_active": ""}, "is_active", "Đồng chí không thể tự khoá tài khoản của mình."),
    ],
)
def test_the_chief_does_not_shut_himself_out(client_for, chief, changes, field, sentence):
    own = account(username=chief.username, full_name="Tên Mới", role="chief") | changes
    own = {name: value for name, value in own.items() if name != "is_active" or value}
    page = client_for(chief).post(f"{USERS}{chief.pk}/change/", own)
    assert page.context["adminform"].form.errors == {field: [sentence]}
    chief = User.objects.get(pk=chief.pk)
    assert chief.roles == {Role.CHIEF}
    assert chief.is_active
    own |= {"role": "chief", "is_active": "on"}
    assert client_for(chief).post(f"{USERS}{chief.pk}/change/", own).status_code == 302
    assert User.objects.get(pk=chief.pk).full_name == "Tên Mới"


def test_a_superuser_does_not_switch_himself_off(client_for, superuser):
    own = account(username=superuser.username, role="")
    own.pop("is_active")
    page = client_for(superuser).post(f"{USERS}{superuser.pk}/change/", own)
    assert list(page.context["adminform"].form.errors) == ["is_active"]
    assert User.objects.get(pk=superuser.pk).is_active


def test_several_roles_are_shown_and_outlive_a_save(client_for, chief, clerk):
    clerk.groups.add(Group.objects.get(name=Role.DUTY_OFFICER))
    client = client_for(chief)
    address = f"{USERS}{clerk.pk}/change/"
    page = client.get(address).content.decode()
    both = "duty_officer,clerk"
    assert f'<option value="{both}" selected>Trực ban, Cán bộ nhập liệu</option>' in page
    data = account(username=clerk.username, role=both)
    assert client.post(address, data).status_code == 302
    assert User.objects.get(pk=clerk.pk).roles == {Role.CLERK, Role.DUTY_OFFICER}
    assert client.post(address, data | {"role": "clerk"}).status_code == 302
    assert User.objects.get(pk=clerk.pk).roles == {Role.CLERK}
    page = client.post(address, data)  # several are kept, not given
    assert list(page.context["adminform"].form.errors) == ["role"]


def test_a_sign_in_leaves_the_accounts_version(client, clerk):
    assert client.login(username=clerk.username, password=factories.PASSWORD)
    found = User.objects.get(pk=clerk.pk)
    assert found.last_login is not None
    assert found.version == clerk.version


def test_a_user_name_is_taken_once_whatever_its_case(client_for, chief, clerk):
    data = account(username=clerk.username.upper())
    page = client_for(chief).post(f"{USERS}add/", data)
    assert page.status_code == 200
    assert User.objects.filter(username__iexact=clerk.username).count() == 1


def test_a_chief_neither_sees_nor_touches_a_superuser(client_for, chief, superuser):
    as_chief = client_for(chief)
    assert superuser.username not in as_chief.get(USERS).content.decode()
    address = f"{USERS}{superuser.pk}/change/"
    assert superuser.username not in as_chief.get(address, follow=True).content.decode()
    as_chief.post(address, account(username="bi-chiem"))
    data = {"action": "reset_password", "_selected_action": [superuser.pk]}
    as_chief.post(USERS, data)
    as_chief.get(f"{USERS}{superuser.pk}/password/")
    after = User.objects.get(pk=superuser.pk)
    assert (after.username, after.password) == (superuser.username, superuser.password)


@pytest.mark.parametrize("extra", [{"is_superuser": "on"}, {"is_staff": "on", "is_superuser": "1"}])
def test_a_chief_cannot_make_a_superuser(client_for, chief, extra):
    as_chief = client_for(chief)
    as_chief.post(f"{USERS}add/", account(**extra))
    own = account(username=chief.username, role="chief", full_name=chief.full_name, **extra)
    as_chief.post(f"{USERS}{chief.pk}/change/", own)
    assert User.objects.filter(username="moi").exists()
    assert not User.objects.filter(is_superuser=True).exists()


@pytest.mark.parametrize("field", ["groups", "user_permissions"])
def test_no_group_or_right_is_slipped_in(client_for, chief, clerk, field):
    value = (Group if field == "groups" else Permission).objects.first().pk
    data = account(username=clerk.username, full_name=clerk.full_name, **{field: value})
    client_for(chief).post(f"{USERS}{clerk.pk}/change/", data)
    clerk = User.objects.get(pk=clerk.pk)
    assert clerk.roles == {Role.CLERK}
    assert not clerk.user_permissions.exists()


def test_no_account_is_deleted(client_for, chief, clerk, superuser):
    for user in (chief, superuser):
        assert client_for(user).get(f"{USERS}{clerk.pk}/delete/").status_code == 403
        assert client_for(user).post(f"{USERS}{clerk.pk}/delete/").status_code == 403
        data = {"action": "delete_selected", "_selected_action": [clerk.pk], "post": "yes"}
        client_for(user).post(USERS, data)
    assert User.objects.filter(pk=clerk.pk).exists()


def test_a_superuser_manages_accounts(client_for, superuser, chief):
    page = client_for(superuser).get(USERS).content.decode()
    assert chief.username in page
    client_for(superuser).post(f"{USERS}add/", account(role="chief"))
    assert User.objects.get(username="moi").roles == {Role.CHIEF}


@pytest.mark.parametrize("who", ["officer_a", "clerk"])
def test_other_staff_get_no_accounts(client_for, request, chief, who):
    client = client_for(request.getfixturevalue(who))
    for address in (USERS, f"{USERS}add/", f"{USERS}{chief.pk}/change/"):
        assert client.get(address).status_code == 403
        assert client.post(address, account()).status_code == 403
    history = client.get(f"{USERS}{chief.pk}/history/", follow=True)
    assert chief.username not in history.content.decode()


@pytest.mark.parametrize("who", ["duty", "leader"])
def test_those_who_are_no_staff_get_no_admin_site(client_for, request, who):
    client = client_for(request.getfixturevalue(who))
    for address in ("/admin/", USERS, "/admin/households/household/", "/admin/autocomplete/"):
        assert client.get(address).status_code in (302, 403)
        assert client.get(address).get("Location", "/").startswith("/")
    assert not User.objects.filter(username="moi").exists()


def test_the_chief_assigns_a_beat(client_for, chief, area_a):
    officer = factories.UserFactory(role=Role.AREA_OFFICER)
    data = {
        "officer": officer.pk,
        "neighbourhood": area_a.pk,
        "started_on": f"{day(0):%d/%m/%Y}",
        "ended_on": "",
        "note": "",
    }
    answer = client_for(chief).post("/admin/areas/beatassignment/add/", data)
    assert answer.status_code == 302
    assert User.objects.get(pk=officer.pk).scope.neighbourhood_ids == (area_a.pk,)


def test_a_beat_is_offered_to_area_officers_alone(client_for, chief, clerk, officer_a):
    page = client_for(chief).get("/admin/areas/beatassignment/add/").content.decode()
    assert officer_a.full_name in page
    assert clerk.full_name not in page
