"""Every address as every role: the status that the declared permissions promise, no 500, no leak.

The addresses come from the URL resolver. A page that is no page of records must be named in
`PLAIN`, so a new address that nobody thought about fails here.
"""

import datetime as dt

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.test import RequestFactory
from django.urls import reverse
from django.utils import timezone
from django_filters import CharFilter

from businesses.models import Business
from households.models import Household
from incidents import workflow
from incidents.models import Incident
from kylien.accounts.models import Role, User
from kylien.areas.models import BeatAssignment, Neighbourhood
from kylien.audit.models import AuditEntry
from kylien.core.models import Tracked
from kylien.core.periods import Month
from kylien.core.records import Role as Page
from reports.models import MonthlyReport
from tests import factories
from tests.factories import day
from tests.routes import every_route

pytestmark = pytest.mark.django_db

ROUTES = every_route()
PEOPLE = ["chief", "officer_a", "duty", "clerk", "leader", "superuser"]
MARKER = "Xqzbêta"  # stands in every text of area_b and nowhere else
NUMBERS = {"099777111222", "099777333444", "0100777555", "0100777666"}
NUMBERS_A = {"099111111222", "099111333444", "0100111555", "0100111666"}
WARDS = "Xqztoànphường"  # stands in the texts that all who work in the ward read


def by_role(user, *roles, allowed=200, refused=403):
    return allowed if user.roles & set(roles) else refused


# Pages without records: what a GET by a person who is signed in answers.
PLAIN = {
    "home": lambda user: 200,
    "search": lambda user: by_role(user, *set(Role) - {Role.LEADER}),
    "worklist": lambda user: by_role(user, *set(Role) - {Role.LEADER}),
    "worklist-print": lambda user: by_role(user, *set(Role) - {Role.LEADER}),
    "worklist-digest": lambda user: by_role(user, *set(Role) - {Role.LEADER}),
    "healthz": lambda user: 200,
    "account_login": lambda user: 302,
    "account_logout": lambda user: 200,
    "account_inactive": lambda user: 200,
    "account_reauthenticate": lambda user: 200,
    "account_change_password": lambda user: 200,
    "resume": lambda user: 302,
    "account_signup": lambda user: 404,
    "account_reset_password": lambda user: 404,
    "report-list": lambda user: by_role(user, *Role),
    # Leaders read the months that were reported.
    "report-month": lambda user: 404 if user.is_leader else by_role(user, *Role),
    "report-trends": lambda user: by_role(user, *Role),
    "report-areas": lambda user: by_role(user, *Role),
    "report-compare": lambda user: by_role(user, *Role),
    "shortcoming-board": lambda user: by_role(user, Role.CHIEF, Role.LEADER),
    "shortcoming-rows": lambda user: by_role(user, Role.CHIEF),
    "outreach": lambda user: by_role(user, *set(Role) - {Role.LEADER}),
    "profile": lambda user: 200,
    "own-sessions": lambda user: 200,
    # The second factor: the password is asked for first, and nobody here has one to give up.
    "mfa_index": lambda user: 302,
    "mfa_authenticate": lambda user: 302,
    "mfa_reauthenticate": lambda user: 302,
    "mfa_activate_totp": lambda user: 302,
    "mfa_generate_recovery_codes": lambda user: 302,
    "mfa_deactivate_totp": lambda user: 404,
    "mfa_view_recovery_codes": lambda user: 404,
    "mfa_download_recovery_codes": lambda user: 405,
}
# Of the admin site: what staff get; the others are sent to the sign-in.
ADMIN = {
    "index": 200,
    "login": 302,
    "logout": 405,
    "password_change": 200,
    "password_change_done": 200,
    "jsi18n": 200,
    "autocomplete": 403,  # asked without a field
}


# Where people may be sent to another beat, and what the ward reported of each neighbourhood: the
# names of all neighbourhoods are there.
NAMES_AREAS = {"household-transfer", "residence-transfer", "report-areas"}


# Where somebody of the station is named who will see to a matter: every colleague is offered.
OFFERS_OFFICERS = {
    "grouprequest-create",
    "grouprequest-update",
    "selfmanagedgroup-add-request",
    "groupscore-add-task",
    "improvementtask-update",
    "activity-create",
    "activity-ask",
    "question-update",
    "admin:selfgov_groups_grouprequest_add",
    "admin:selfgov_groups_grouprequest_change",
    "correctionrequest-create",
    "correctionrequest-update",
}


# The receiving officer's and the chief's: a clerk sees the request and does not decide.
DECISIONS = {"transferrequest-confirm", "transferrequest-refuse"}


# What is done with what was held: minutes are mended, the rest leads back to the record.
OF_HELD = {
    "inspection-announce": 302,
    "inspection-hold": 302,
    "inspection-call-off": 302,
    "inspection-minutes": 200,
    "groupmeeting-hold": 302,
    "groupmeeting-cancel": 302,
    "activity-hold": 302,
    "activity-call-off": 302,
}
# What the duty desk writes of a storm: who is on duty, what was done for people.
OF_STORM = {
    "disaster-add-shifts",
    "disaster-add-help",
    "dutyshift-update",
    "helpgiven-update",
}
# A form about a report: open in these states, and else it leads back to the report.
OF_REPORT = {
    "reporttext-edit": MonthlyReport.OPEN,
    "monthlyreport-recipients": MonthlyReport.OPEN,
    "monthlyreport-return": (MonthlyReport.State.SUBMITTED,),
    "monthlyreport-approve": (MonthlyReport.State.SUBMITTED,),
}
# Named by the report and the part of it.
OF_PART = {"reporttext-edit", "reporttext-sentence"}
# A button beside a form of the same address.
POSTED = {"reporttext-sentence"}
# Of a workbook that was read and holds nothing wrong: what is over leads back to its page.
OF_READ = {"importbatch-progress": 302, "importbatch-undo": 302, "importbatch-errors": 302}
# Nobody here has typed the password again.
PASSWORD_FIRST = {"resident-datasheet"}
# Of a material that is a text alone.
WITHOUT_FILE = {"material-file"}


# Who may take a step, and whether it is open now, says the workflow (tests/incidents).
STEPS = {f"incident-{step.key}": step for step in workflow.STEPS}
# Refused to the other roles before a row is looked for.
CHIEFS = {"incident-assign"}
# By what a person is to the incident, on top of his role's right.
OF_INCIDENT = {
    "incident-parties": lambda user, row: (
        user.has_role(Role.CHIEF) or user.pk in row.assigned_ids()
    ),
    "incident-party": lambda user, row: (
        user.has_role(Role.CHIEF) or user.pk in (*row.assigned_ids(), row.created_by_id)
    ),
}


def fill(area, texts, numbers, since):
    """Make a row of every model in `area`, each text ending in `texts`; return `{model: row}`."""

    def name(words):
        return f"{words} {texts}"

    phones, ids = sorted(numbers)[:2], sorted(numbers)[2:]  # 0100... before 099...
    household = factories.HouseholdFactory(
        neighbourhood=area, address=name("Số 1 Lê Lợi"), note=name("Ghi chú")
    )
    person = factories.ResidentFactory(
        full_name=name("Trần Văn"), citizen_id=ids[0], phone=phones[0], note=name("Ghi chú")
    )
    stay = factories.ResidenceFactory(
        resident=person,
        household=household,
        temporary=True,
        relation="OTHER",
        relation_note=name("bạn"),
        expires_on=day(-5),
    )
    head = factories.ResidenceFactory(
        household=household, relation="HEAD", resident__full_name=name("Lê Thị")
    )
    business = factories.BusinessFactory(
        neighbourhood=area,
        name=name("Karaoke"),
        address=name("Số 2"),
        responsible_name=name("Phan"),
        phone=phones[1],
        note=name("Ghi chú"),
    )
    certificate = factories.CertificateFactory(
        business=business, number=name("12"), issuer=name("CA"), expires_on=day(-9)
    )
    inspection = factories.InspectionFactory(
        business=business,
        held=True,
        outcome="findings",
        content=name("Nội dung"),
        team=name("Đoàn"),
        conclusion=name("Kết luận"),
        minutes_number=name("5/BB"),
    )
    finding = factories.FindingFactory(
        inspection=inspection, finding=name("Bình cũ"), remedy=name("Thay")
    )
    sanction = factories.SanctionFactory(
        business=business, number=name("3"), violation=name("Hát quá giờ")
    )
    liaison = factories.LiaisonNoteFactory(business=business, note=name("Gặp"))
    returned = factories.QuarterlyReturnFactory(business=business, note=name("Đủ"))
    state = factories.StateChangeFactory(business=business, reason=name("Sửa mái"))
    group = factories.GroupFactory(neighbourhood=area, name=name("Liên gia"), note=name("Ghi chú"))
    membership = factories.MembershipFactory(group=group, household=household)
    meeting = factories.MeetingFactory(
        group=group, topics=name("Họp"), outcome=name("Ý kiến"), held_on=day(20)
    )
    incident = factories.IncidentFactory(
        neighbourhood=area,
        place=name("Ngã ba"),
        summary=name("Mất xe"),
        result=name("Xong"),
        business=business,
        reporting_group=group,
    )
    file = factories.AttachmentFactory(
        incident=incident, name=name("Ảnh") + ".png", note=name("Chụp")
    )
    party = factories.IncidentPartyFactory(
        incident=incident, full_name=name("Hoàng"), phone=phones[0], address=name("Số 3")
    )
    factories.IncidentEntryFactory(incident=incident, note=name("Đã xem"))  # a log has no trail
    clock = factories.IncidentClockFactory(incident=incident)
    pause = factories.ClockPauseFactory(clock=clock, reason=name("Chờ"))
    crowd = factories.MeasureTakenFactory(
        incident__neighbourhood=area, incident__place=name("Chợ"), incident__summary=name("Đông")
    )
    given = factories.AssignmentFactory(incident=incident, officer__full_name=name("Vũ"))
    handover = factories.ShiftHandoverFactory(note=name("Bàn giao"))
    notice = factories.StayNoticeFactory(
        household=household, guest_name=name("Khách"), id_number=ids[1], reason=name("Thăm")
    )
    beat = factories.BeatFactory(
        neighbourhood=area, note=name("Thay phép"), started_on=since, officer__full_name=name("Cán")
    )
    absence = factories.AbsenceFactory(resident=person, destination=name("Vinh"))
    pair = factories.DuplicatePairFactory(
        first=person, second=head.resident, reasons=name("cùng tên"), decision="different"
    )
    outside = factories.NeighbourhoodFactory(ward=area.ward, name=name("Tổ ngoài"))
    request = factories.TransferRequestFactory(
        household__neighbourhood=outside,
        to_neighbourhood=area,
        names=name("Người chuyển"),
        address=name("Số 5"),
    )
    mover = factories.ResidenceFactory(household=request.household)
    member = factories.TransferMemberFactory(request=request, residence=mover)
    groups = life_of(group, membership, person, name)
    held = outreach_of(area, group, name)
    everybody = ward_wide(area, held, name)
    reports = report_of(area, published=texts == MARKER)
    law = [
        make()
        for make in (
            factories.ResidenceRuleFactory,
            factories.GroupRuleFactory,
            factories.EndGroundFactory,
            factories.SectorRuleFactory,
            factories.PaperKindFactory,
            factories.PaperRuleFactory,
            factories.BusinessRuleFactory,
            factories.FireGroupFactory,
            factories.HolidayFactory,
            factories.ClockRuleFactory,
            factories.ReportRuleFactory,
            factories.RetentionRuleFactory,
            factories.AnswerRuleFactory,
        )
    ]
    rows = [
        *groups, *held, *everybody, *reports, *kept_of(area, person, name),
        area, household, person, stay, business, certificate, group, membership, meeting, incident,
        notice, beat, area.ward, business.sector, incident.type, beat.officer, stay.started_by,
        absence, pair, request, member, inspection, finding, sanction, liaison, returned, state,
        file, party, clock, pause, crowd, given, handover, *law,
    ]  # fmt: skip
    return {type(row): row for row in rows}


def life_of(group, membership, person, name):
    """Return rows about the life of a group: one of each model."""
    scheme = factories.ScoringSchemeFactory()
    criterion = factories.CriterionFactory(scheme=scheme)
    score = factories.GroupScoreFactory(group=group, scheme=scheme, returned=name("Thiếu"))
    roster = factories.RosterCheckFactory(group=group, note=name("Rà soát"))
    line = factories.RosterLineFactory(
        roster=roster,
        household=membership.household,
        residence=membership.household.residences.first(),
        note=name("Đi"),
    )
    return [
        scheme,
        criterion,
        score,
        roster,
        line,
        factories.OfficerFactory(group=group, resident=person, recognised_by=name("QĐ 5")),
        factories.GroupRequestFactory(
            group=group, content=name("Sửa đèn"), owner_body=name("Uỷ ban")
        ),
        factories.GroupContactFactory(group=group, note=name("Đều")),
        factories.MutualHelpFactory(group=group, note=name("Gặt giúp")),
        factories.GroupDutyFactory(group=group, content=name("Trông xe"), result=name("Tốt")),
        factories.CriterionScoreFactory(score=score, criterion=criterion, evidence=name("Số")),
        factories.ImprovementTaskFactory(score=score, content=name("Bầu"), owner_body=name("Tổ")),
    ]


def outreach_of(area, group, name):
    """Return rows of outreach that lie in a neighbourhood: one of each model."""
    plan = factories.PlanItemFactory(neighbourhood=area, note=name("Kế hoạch"))
    campaign = factories.CampaignFactory(
        neighbourhood=area, name=name("Camera"), goal=name("Ngõ"), results=name("Mười")
    )
    activity = factories.ActivityFactory(
        neighbourhood=area,
        plan=plan,
        campaign=campaign,
        group=group,
        place=name("Nhà"),
        summary=name("Diễn biến"),
    )
    return [
        plan,
        campaign,
        activity,
        activity.topic,
        factories.CampaignCriterionFactory(
            campaign=campaign, content=name("Quy chế"), met_on=day(3), evidence=name("Biên bản")
        ),
        factories.QuestionFactory(
            activity=activity, content=name("Hỏi đèn"), owner_body=name("Điện lực")
        ),
        factories.AwardFactory(
            group=group, campaign=campaign, recipient=name("Đội"), deed=name("Báo tin")
        ),
    ]


def ward_wide(area, held, name):
    """Return rows of the whole ward: one of each model, with those of the neighbourhood `held`
    hanging on them, which an officer of another beat must not meet there."""

    def words(what):
        return f"{what} {WARDS} {area.pk}"

    rows = {type(row)._meta.model_name: row for row in held}
    activity, award = rows["activity"], rows["award"]
    partner = factories.PartnerFactory(name=words("Hội Phụ nữ"), contact_name=words("Bà"))
    material = factories.MaterialFactory(title=words("Tờ rơi"), body=words("Không mở cửa"))
    resolution = factories.ResolutionFactory(title=words("Phối hợp"))
    party = factories.ResolutionPartyFactory(resolution=resolution, partner=partner)
    commitment = factories.CommitmentFactory(
        resolution=resolution, partner=partner, content=words("Mỗi quý một buổi")
    )
    activity.lead, activity.material, activity.commitment = partner, material, commitment
    activity.save()
    award.partner = partner
    award.save()
    disaster = factories.DisasterFactory(name=words("Bão"), note=words("Phương án"))
    return [
        partner,
        material,
        resolution,
        party,
        commitment,
        factories.ActivityPartnerFactory(activity=activity, partner=factories.PartnerFactory()),
        factories.FulfilmentFactory(commitment=commitment),
        factories.DirectiveFactory(title=words("Kế hoạch"), content=words("Xây dựng")),
        disaster,
        factories.DutyShiftFactory(disaster=disaster, place=words("Kênh")),
        factories.HelpGivenFactory(disaster=disaster, neighbourhood=area, note=name("Di dời")),
        factories.ImportBatchFactory(file_name=name("Danh sách") + ".csv"),
    ]


def report_of(area, *, published):
    """Return a report with what hangs on it: one row of each model. The one is a draft, the other
    is published and read by the ward's leaders."""
    words = f"Đã làm {WARDS} {area.pk}."
    month = Month.containing(day(30 if published else 60))
    report = factories.report_in("published" if published else "draft", month=month, words=words)
    return [
        report,
        report.texts.get(part="order"),
        factories.ReportRemarkFactory(report=report, content=words),
        factories.OutgoingDocumentFactory(subject=words, recipients=words),
    ]


def kept_of(area, person, name):
    """Return rows about how long data are kept, and what a person asked for."""
    disposal = factories.DisposalFactory(note=name("Rà soát"))
    return [
        disposal,
        factories.DisposalPartFactory(disposal=disposal, legal_basis=name("Quy định")),
        factories.CorrectionFactory(
            resident=person, neighbourhood=area, content=name("Sai năm sinh")
        ),
    ]


@pytest.fixture
def rows_a(area_a):
    return fill(area_a, "Anpha", NUMBERS_A, day(9))


@pytest.fixture
def rows_b(area_b):
    area_b.name = f"Tổ {MARKER}"
    area_b.save()
    return fill(area_b, MARKER, NUMBERS, day(9))


@pytest.fixture
def person(request, officer_a):
    """The account of the test's parameter, read anew so that its scope is today's."""
    return User.objects.get(pk=request.getfixturevalue(request.param).pk)


each_person = pytest.mark.parametrize("person", PEOPLE, indirect=True)


# --- what the declarations promise --------------------------------------------------------------


def is_admin(route):
    return route.pattern.startswith("admin/")


def admin_model(route):
    """Return the model whose admin page a route is, and the page's kind."""
    label, _, rest = route.name.removeprefix("admin:").partition("_")
    for model in admin.site._registry:
        prefix = f"{model._meta.app_label}_{model._meta.model_name}_"
        if route.name.startswith(f"admin:{prefix}"):
            return model, route.name.removeprefix(f"admin:{prefix}")
    return None, rest or label


def expected_of_records(route, user, row):
    """Permission, then method, then scope, then whether this very row may be changed by him."""
    view_class = route.view_class
    further = getattr(view_class, "rights", ())  # on the rows that the page adds
    if not user.has_perm(route.permission):
        return 403
    if route.name in CHIEFS and not user.has_role(Role.CHIEF):
        return 403
    if not route.is_record and (route.name in POSTED or not hasattr(view_class, "get")):
        return 405
    if not user.has_perms(further):
        return 403
    if row is None:
        return 302 if route.name in PASSWORD_FIRST else 200
    if not view_class.model.objects.visible_to(user).filter(pk=row.pk).exists():
        return 404
    if route.name in DECISIONS and row not in view_class.model.objects.to_decide(user):
        return 404
    if route.name in WITHOUT_FILE:
        return 404
    if route.name in OF_HELD:
        return OF_HELD[route.name]
    if route.name in OF_READ:
        return OF_READ[route.name]
    if route.name in OF_INCIDENT:
        return 200 if OF_INCIDENT[route.name](user, row) else 403
    if route.name in OF_REPORT:
        state = getattr(row, "report", row).state
        return 200 if state in OF_REPORT[route.name] else 302
    if route.name == "reportremark-answer" and row.owner != user and not user.has_role(Role.CHIEF):
        return 403
    if step := STEPS.get(route.name):
        if workflow.standing(user, row).isdisjoint(step.who):
            return 403
        return 302 if workflow.refusal(step, row, user) else 200
    if route.verb == "change" and not row.changeable_by(user, timezone.now()):
        return 403
    return 200


def expected_in_admin(route, user, row):
    model, kind = admin_model(route)
    if model is None:
        name = route.name.removeprefix("admin:")
        if name in ("view_on_site", "no-redirect"):
            return 404
        if not user.is_staff:
            return 403 if name == "login" else 302
        if name in ADMIN:
            return ADMIN[name]
        if name == "":  # the catch-all
            return 404
        assert name == "app_list", f"say here who may open {route}"
        return None
    if not user.is_staff:
        return 302
    request = RequestFactory().get("/")
    request.user, request.today = user, timezone.localdate()
    site = admin.site._registry[model]
    sees = row is not None and model.objects.visible_to(user).filter(pk=row.pk).exists()
    match kind:
        case "changelist":
            return 200 if site.has_view_or_change_permission(request) else 403
        case "add":
            return 200 if site.has_add_permission(request) else 403
        case "change":
            if not site.has_view_or_change_permission(request, row if sees else None):
                return 403
            return 200 if sees else 302
        case "delete":
            if not site.has_delete_permission(request, row if sees else None):
                return 403
            return 200 if sees else 302
        case "history":
            return 403  # changes are told by the trail, on the record's own page
    raise AssertionError(f"say here who may open {route}")


def expected(route, user, row):
    """Return the status that a GET must have; None where any but an error will do."""
    if is_admin(route):
        return expected_in_admin(route, user, row)
    if route.is_record or route.is_scoped:
        return expected_of_records(route, user, row)
    assert route.name in PLAIN, f"say in PLAIN who may open {route}"
    return PLAIN[route.name](user)


def address_of(route, rows):
    """Return the address of a route for the rows given, and the row that it names, if any."""
    values = {"month": "2020-10", "url": "khong-co", "app_label": "households", "rest": "1/1"}
    values["code"] = "karaoke"  # a sector's, in addresses of its list
    values["key"] = "coverage"  # a number's, on the board of shortcomings
    values["part"] = "order"  # of a report
    values["kind"] = "people"  # of workbook
    values["record_type"] = "stay_notice"  # that is kept for a time
    model = route.view_class.model if route.is_record or route.is_scoped else None
    if is_admin(route):
        model = admin_model(route)[0]
    row = None
    for parameter in route.parameters:
        if parameter in ("pk", "object_id"):
            if model is None:
                row = rows[next(m for m in rows if m._meta.model_name == "household")]
            else:
                assert model in rows, f"fill() makes no {model.__name__}"
                row = rows[model]
            values[parameter] = row.report_id if route.name in OF_PART else row.pk
        elif parameter == "content_type_id":
            values[parameter] = ContentType.objects.get_for_model(
                next(m for m in rows if m._meta.model_name == "household")
            ).pk
        else:
            assert parameter in values, f"say here what {parameter} of {route} may be"
    if route.name:
        return reverse(route.name, kwargs={n: values[n] for n in route.parameters}), row
    if "object_id" in values:  # the admin's old address of a row, which redirects
        app, name = route.pattern.removeprefix("admin/").split("/")[:2]
        row = rows[apps.get_model(app, name)]
        return f"{reverse(f'admin:{app}_{name}_changelist')}{row.pk}/", None
    return "/admin/khong-co", None


def written():
    """Return how many entries the trail has, besides what was refused."""
    return AuditEntry.objects.exclude(action="refused").count()


def visit(client, route, rows):
    address, row = address_of(route, rows)
    answer = client.get(address)
    if answer.streaming:
        answer.streaming_content = list(answer.streaming_content)  # to its end, which closes a file
    return address, row, answer


def content_of(answer):
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return body.decode(errors="replace") + str(answer.headers)  # a picture is no text


def leaks(answer, known=()):
    """List what an answer tells of the other beat, besides the names that are `known`."""
    text = content_of(answer)
    for words in known:
        text = text.replace(words, "")
    return [secret for secret in (MARKER, *NUMBERS) if secret in text]


# --- the crawl ----------------------------------------------------------------------------------


@each_person
def test_every_address_answers_as_its_permissions_promise(client_for, person, rows_a, rows_b):
    client = client_for(person)
    wrong, visited = [], 0
    officers = set(User.objects.values_list("full_name", flat=True))
    for rows in (rows_a, rows_b):
        for route in ROUTES:
            if rows is rows_b and not route.parameters:
                continue
            address, row, answer = visit(client, route, rows)
            if not route.name:
                wanted = {302, 301, 404}
            else:
                status = expected(route, person, row)
                wanted = {status} if status else {200, 302, 403, 404}
            visited += 1
            if answer.status_code not in wanted:
                wrong.append(f"{address} ({route}): {answer.status_code}, not {wanted}")
            if route.name in NAMES_AREAS:
                continue
            known = officers if route.name in OFFERS_OFFICERS else ()
            if person.has_role(Role.AREA_OFFICER) and (found := leaks(answer, known)):
                wrong.append(f"{address} ({route}): shows {found} of another beat")
    assert not wrong, "\n".join(wrong)
    assert visited > 150


def test_strangers_see_the_sign_in_and_nothing_else(client, rows_a):
    allowed = {"healthz": 200, "account_login": 200, "account_inactive": 200}
    allowed |= {"account_signup": 404, "account_reset_password": 404}
    for route in ROUTES:
        address, _, answer = visit(client, route, rows_a)
        if route.name in allowed:
            assert answer.status_code == allowed[route.name], address
        else:
            assert answer.status_code == 302, address
            assert answer["Location"].startswith("/accounts/login/"), address


def test_an_account_without_a_role_sees_no_row(client_for, rows_a):
    client = client_for(factories.UserFactory())
    for route in ROUTES:
        address, _, answer = visit(client, route, rows_a)
        assert answer.status_code != 500, address
        for secret in ("Anpha", WARDS):
            assert secret not in content_of(answer), address


@each_person
def test_nobody_writes_what_his_role_may_not(client_for, person, rows_a, rows_b):
    """A POST to every page of records: refused as the GET is, and nothing is written."""
    client = client_for(person)
    wrong = []
    for rows in (rows_a, rows_b):
        for route in ROUTES:
            if not (route.is_record or route.is_scoped):
                continue
            address, row = address_of(route, rows)
            seen = route.view_class.model.objects.visible_to(person)
            sees = row is None or seen.filter(pk=row.pk).exists()
            if sees and person.has_perm(route.permission):
                continue
            before = written()
            answer = client.post(address, {"version": getattr(row, "version", 1)})
            if answer.status_code not in (403, 404, 405) or written() != before:
                wrong.append(f"{address}: {answer.status_code}")
    assert not wrong, "\n".join(wrong)


WRITES = {"incident", "incidentparty", "shifthandover", "staynotice"}


def test_the_duty_desk_writes_incidents_shifts_and_stay_notices_alone(client_for, duty, rows_a):
    client = client_for(duty)
    for route in ROUTES:
        if not (route.is_record or route.is_scoped) or route.role in (Page.LIST, Page.OPTIONS):
            continue
        if route.view_class.model._meta.model_name in WRITES or route.name in OF_STORM:
            continue
        address, _ = address_of(route, rows_a)
        before = written()
        assert client.post(address, {}).status_code in (403, 405), address
        assert written() == before


def test_the_duty_desk_mends_its_own_entries_for_a_quarter_of_an_hour(client_for, duty, rows_a):
    incident = rows_a[Incident]
    address = reverse("incident-update", args=[incident.pk])
    assert client_for(duty).get(address).status_code == 403
    Incident.objects.filter(pk=incident.pk).update(created_by=duty)
    assert client_for(duty).get(address).status_code == 200
    late = timezone.now() - dt.timedelta(minutes=16)
    Incident.objects.filter(pk=incident.pk).update(created_at=late)
    assert client_for(duty).get(address).status_code == 403


# --- leaks --------------------------------------------------------------------------------------


def free(item):
    """Tell whether a filter takes any text, such as a record's code."""
    return type(item) is CharFilter


def test_the_marker_is_seen_by_those_who_may(client_for, chief, rows_b):
    """Else the tests below would prove nothing."""
    for name in ("household-list", "resident-list", "incident-list", "selfmanagedgroup-list"):
        assert MARKER in client_for(chief).get(reverse(name)).content.decode()
    assert MARKER in client_for(chief).get("/admin/households/household/").content.decode()
    for name in ("grouprequest", "rostercheck", "groupcontact", "activity", "campaign", "award"):
        assert MARKER in client_for(chief).get(reverse(f"{name}-list")).content.decode(), name
    for name in (
        "partner",
        "material",
        "jointresolution",
        "fulfilment",
        "directive",
        "disaster",
        "outgoingdocument",
    ):
        assert WARDS in client_for(chief).get(reverse(f"{name}-list")).content.decode(), name


def test_no_list_export_picker_or_search_shows_an_officer_another_beat(
    client_for, officer_a, rows_a, rows_b
):
    client = client_for(User.objects.get(pk=officer_a.pk))
    wrong = []

    def check(answer, address):
        assert answer.status_code != 500, address
        if leaks(answer):
            wrong.append(address)

    area = rows_b[Neighbourhood].pk
    codes = [rows_b[model].code for model in (Household, Business)]
    for route in ROUTES:
        if route.role is Page.OPTIONS:
            address = reverse(route.name)
            for query in ("le", "xqz", *codes):
                check(client.get(address, {"q": query}), f"{address}?q={query}")
        if route.role is not Page.LIST:
            continue
        address = route.list_address
        filters = route.view_class.filterset_class.base_filters
        check(client.get(address, {"q": "le"}), address)
        check(client.post(address, {"_export": "csv"}), f"export of {address}")
        check(
            client.post(address, {"_export": "csv", "neighbourhood": area}), f"export of {address}"
        )
        for name, item in filters.items():
            for value in [area] if name == "neighbourhood" else codes if free(item) else []:
                check(client.get(address, {name: value}), f"{address}?{name}={value}")
            for value, _ in getattr(item.field, "choices", ()):
                check(client.get(address, {name: str(value)}), f"{address}?{name}={value}")
        for number in sorted(NUMBERS)[1:3]:
            answer = client.post(address, {"q": number})
            assert MARKER not in answer.content.decode(), address
    for query in ("xqz", "le loi", *codes):
        check(client.get("/search/", {"q": query}), f"/search/?q={query}")
    for number in NUMBERS:
        assert MARKER not in client.post("/search/", {"q": number}).content.decode()
    assert not wrong, "\n".join(wrong)


def test_no_admin_list_filter_or_autocomplete_shows_another_beat(
    client_for, officer_a, rows_a, rows_b
):
    client = client_for(User.objects.get(pk=officer_a.pk))
    wrong = []
    for model in admin.site._registry:
        label, name = model._meta.app_label, model._meta.model_name
        changelist = reverse(f"admin:{label}_{name}_changelist")
        for query in ("xqz", "le", "099777111222"):
            answer = client.get(changelist, {"q": query})
            if MARKER in answer.content.decode():
                wrong.append(f"{changelist}?q={query}")
        foreign = {"neighbourhood__id__exact": rows_b[Neighbourhood].pk}
        if MARKER in client.get(changelist, foreign, follow=True).content.decode():
            wrong.append(f"{changelist} filtered by neighbourhood")
        for field in model._meta.fields:
            if not isinstance(field, models.ForeignKey):
                continue
            asked = {"app_label": label, "model_name": name, "field_name": field.name}
            for term in ("", "xqz", "le"):
                answer = client.get("/admin/autocomplete/", {**asked, "term": term})
                assert answer.status_code in (200, 403, 404), asked
                if MARKER in answer.content.decode():
                    wrong.append(f"autocomplete {asked} {term}")
    assert not wrong, "\n".join(wrong)


def test_an_admin_form_takes_no_row_of_another_beat(client_for, officer_a, rows_a, rows_b):
    """A number typed into the request by hand is refused like one that does not exist."""
    client = client_for(User.objects.get(pk=officer_a.pk))
    data = {
        "address": "Số 9",
        "neighbourhood": rows_b[Neighbourhood].pk,
        "opened_on": "01/02/2020",
        **{
            f"{prefix}-{key}": value
            for prefix in ("residences", "residences-2")
            for key, value in {"TOTAL_FORMS": 0, "INITIAL_FORMS": 0}.items()
        },
    }
    answer = client.post("/admin/households/household/add/", data)
    assert answer.status_code == 200
    assert not Household.objects.filter(address="Số 9").exists()


def test_every_model_has_its_row_in_the_crawl(rows_a):
    tracked = {model for model in apps.get_models() if issubclass(model, Tracked)}
    assert tracked == set(rows_a)
    assert BeatAssignment in tracked


@each_person
def test_the_menu_leads_nowhere_that_is_refused(client_for, person, rows_a):
    client = client_for(person)
    for item in client.get("/").context["nav"]:
        assert client.get(item["url"]).status_code == 200, item["label"]
