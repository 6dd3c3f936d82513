"""Rows for tests, each valid by itself: `HouseholdFactory(neighbourhood=area_a)`.

People are invented: identity numbers of the unassigned province 099, phones that nobody has (0100).
Residences go through the service, so that the ledger and the lists agree.
"""

import datetime as dt
import hashlib
import io

import factory
from django.core.files.base import ContentFile
from django.utils import timezone
from factory.django import DjangoModelFactory
from PIL import Image

from businesses.models import (
    Business,
    BusinessRule,
    Certificate,
    FireGroup,
    Inspection,
    InspectionFinding,
    LiaisonNote,
    PaperKind,
    PaperRule,
    QuarterlyReturn,
    Sanction,
    Sector,
    SectorRule,
    StateChange,
)
from households.models import (
    Absence,
    DuplicatePair,
    EndGround,
    Household,
    Residence,
    ResidenceAct,
    ResidenceRule,
    Resident,
    StayNotice,
    TransferMember,
    TransferRequest,
)
from households.services import end_residence, start_residence
from imports.models import ImportBatch
from incidents.models import (
    Assignment,
    Attachment,
    Clock,
    ClockPause,
    ClockRule,
    Incident,
    IncidentClock,
    IncidentEntry,
    IncidentParty,
    IncidentType,
    MeasureTaken,
    ShiftHandover,
)
from kylien.accounts.models import Role, User
from kylien.areas.models import BeatAssignment, Holiday, Neighbourhood, Ward
from kylien.core.periods import Month
from kylien.core.uploads import PNG, PrivateStorage
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
    Topic,
)
from reports.models import (
    MonthlyReport,
    OutgoingDocument,
    ReportRemark,
    ReportRule,
    ReportText,
)
from reports.outline import PARTS
from reports.services import monthly
from retention.models import (
    AnswerRule,
    CorrectionRequest,
    Disposal,
    DisposalPart,
    Outcome,
    RecordType,
    RetentionRule,
)
from selfgov_groups.models import (
    Criterion,
    CriterionScore,
    GroupContact,
    GroupDuty,
    GroupMeeting,
    GroupMembership,
    GroupOfficer,
    GroupRequest,
    GroupRule,
    GroupScore,
    ImprovementTask,
    MutualHelp,
    RosterCheck,
    RosterLine,
    ScoringScheme,
    SelfManagedGroup,
)

PASSWORD = "mat-khau-thu-nghiem-1"


def day(ago=0):
    """Return the day that many days before today."""
    return timezone.localdate() - dt.timedelta(days=ago)


def sector(code="karaoke"):
    """Return a sector of the migrations (made anew after a test that emptied the tables)."""
    return Sector.objects.get_or_create(code=code, defaults={"name": code})[0]


def paper_kind(code="security"):
    """Return a kind of paper of the migrations (made anew after a test that emptied the tables)."""
    return PaperKind.objects.get_or_create(code=code, defaults={"name": code})[0]


def incident_type(*, crowd=False):
    """Return a kind of incident that can be recorded, one about crowds if asked for."""
    found = IncidentType.objects.usable().filter(crowd=crowd).first()
    if found is None:
        code = "tu-tap" if crowd else "khac"
        top = IncidentType.objects.create(code=code, name="Nhóm", crowd=crowd)
        found = IncidentType.objects.create(
            code=f"{code}-khac", name="Loại", parent=top, crowd=crowd
        )
    return found


def clock_rule(clock):
    """Return the migrations' rule of a clock for all incidents (made anew after an emptying)."""
    rules = ClockRule.objects.filter(clock=clock, urgency="").order_by("type_id")
    found = rules.filter(type=None).first() or rules.first()
    return found or ClockRuleFactory(clock=clock, valid_from=dt.date(2018, 1, 1))


def picture():
    """Return a photograph: a small PNG, no two alike."""
    out = io.BytesIO()
    Image.effect_noise((16, 12), 60).save(out, "PNG")
    return out.getvalue()


class SectorFactory(DjangoModelFactory):
    code = factory.Sequence(lambda n: f"nganh-{n}")
    name = factory.Sequence(lambda n: f"Ngành {n}")

    class Meta:
        model = Sector


class IncidentTypeFactory(DjangoModelFactory):
    code = factory.Sequence(lambda n: f"loai-{n}")
    name = factory.Sequence(lambda n: f"Loại {n}")

    class Meta:
        model = IncidentType


class WardFactory(DjangoModelFactory):
    name = factory.Sequence(lambda n: f"Phường {n}")
    unit_code = factory.Sequence(lambda n: f"{90000 + n % 10000}")
    valid_from = dt.date(2020, 1, 1)

    class Meta:
        model = Ward


class NeighbourhoodFactory(DjangoModelFactory):
    ward = factory.SubFactory(WardFactory)
    name = factory.Sequence(lambda n: f"Tổ dân phố {n}")
    position = factory.Sequence(lambda n: n % 1000)

    class Meta:
        model = Neighbourhood


class UserFactory(DjangoModelFactory):
    """An account, `UserFactory(role=Role.CLERK)`; without a role unless one is named.

    The account comes back read anew, so that no role or scope is cached on it.
    """

    username = factory.Sequence(lambda n: f"canbo{n}")
    full_name = factory.Sequence(lambda n: f"Nguyễn Cán Bộ {n}")
    rank = "Thiếu tá"

    class Meta:
        model = User

    @classmethod
    def _create(cls, model_class, *args, role=None, password=PASSWORD, **fields):
        roles = [role] if role else []
        user = model_class.objects.create_user(*args, password=password, roles=roles, **fields)
        assert user.groups.count() == len(roles), f"there is no group {role}"
        return model_class.objects.get(pk=user.pk)


class BeatFactory(DjangoModelFactory):
    officer = factory.SubFactory(UserFactory, role=Role.AREA_OFFICER)
    neighbourhood = factory.SubFactory(NeighbourhoodFactory)
    started_on = factory.LazyFunction(lambda: day(400))

    class Meta:
        model = BeatAssignment


class HouseholdFactory(DjangoModelFactory):
    neighbourhood = factory.SubFactory(NeighbourhoodFactory)
    address = factory.Sequence(lambda n: f"Số {n} đường Lê Lợi")
    opened_on = factory.LazyFunction(lambda: day(3650))

    class Meta:
        model = Household


def head_row(name="Lê Văn Chủ"):
    """Return the first row of the page that founds a household, as it is sent: its head."""
    return {
        "p0-full_name": name,
        "p0-birth": "5/9/1980",
        "p0-sex": "M",
        "p0-relation": "HEAD",
        "start_reason": "REGISTRATION",
    }


class ResidentFactory(DjangoModelFactory):
    """A person without a residence; `ResidenceFactory` gives one a place."""

    full_name = factory.Sequence(lambda n: f"Trần Văn {'ABCDEGHIKLMNOPQRSTUVXY'[n % 22]}n")
    birth_date = dt.date(1980, 5, 9)
    sex = "M"
    citizen_id = factory.Sequence(lambda n: f"099{n % 10**9:09d}")
    phone = factory.Sequence(lambda n: f"0100{n % 10**6:06d}")

    class Meta:
        model = Resident


def relation_in(household):
    """Return what the next person of a household is: the first is its head, the others children."""
    heads = household.residences.current().filter(relation="HEAD") if household else ()
    return "CHILD" if household is None or heads.exists() else "HEAD"


class ResidenceFactory(DjangoModelFactory):
    """A permanent stay; `ResidenceFactory(temporary=True)` for one with a term."""

    resident = factory.SubFactory(ResidentFactory)
    household = factory.SubFactory(HouseholdFactory)
    kind = Residence.Kind.PERMANENT
    relation = factory.LazyAttribute(lambda row: relation_in(row.household))
    started_on = factory.LazyFunction(lambda: day(200))
    start_reason = Residence.Start.REGISTRATION

    class Meta:
        model = Residence

    class Params:
        temporary = factory.Trait(
            kind=Residence.Kind.TEMPORARY,
            relation=Residence.Relation.TENANT,
            expires_on=factory.LazyFunction(lambda: day(-100)),
        )

    @classmethod
    def _create(cls, model_class, *args, on=None, **fields):
        row = start_residence(on=on or day(), **fields)
        row.resident.refresh_from_db()
        return row


class AbsenceFactory(DjangoModelFactory):
    resident = factory.LazyFunction(lambda: ResidenceFactory().resident)
    destination = "Thành phố Vinh"
    started_on = factory.LazyFunction(lambda: day(20))
    expected_on = factory.LazyFunction(lambda: day(-40))

    class Meta:
        model = Absence


class ResidenceActFactory(DjangoModelFactory):
    kind = ResidenceAct.Kind.LEAVING
    happened_on = factory.LazyFunction(lambda: day(10))
    household = factory.SubFactory(HouseholdFactory)
    neighbourhood = factory.LazyAttribute(lambda act: act.household.neighbourhood)
    summary = "Trần Văn A chuyển khỏi phường."
    people = 1

    class Meta:
        model = ResidenceAct


class TransferRequestFactory(DjangoModelFactory):
    household = factory.SubFactory(HouseholdFactory)
    neighbourhood = factory.LazyAttribute(lambda request: request.household.neighbourhood)
    to_neighbourhood = factory.SubFactory(NeighbourhoodFactory)
    address = "Số 7 đường mới"
    starts_on = factory.LazyFunction(lambda: day(3))
    names = "Trần Văn A"

    class Meta:
        model = TransferRequest


class TransferMemberFactory(DjangoModelFactory):
    request = factory.SubFactory(TransferRequestFactory)
    residence = factory.SubFactory(ResidenceFactory)

    class Meta:
        model = TransferMember


class DuplicatePairFactory(DjangoModelFactory):
    first = factory.LazyFunction(lambda: ResidenceFactory().resident)
    second = factory.LazyFunction(lambda: ResidenceFactory().resident)
    reasons = "cùng họ tên"

    class Meta:
        model = DuplicatePair


class ResidenceRuleFactory(DjangoModelFactory):
    key = ResidenceRule.Key.TERM_YEARS
    value = 2
    legal_basis = "Luật Cư trú"
    valid_from = factory.Sequence(lambda n: dt.date(2030, 1, 1) + dt.timedelta(days=n))

    class Meta:
        model = ResidenceRule


class EndGroundFactory(DjangoModelFactory):
    code = factory.Sequence(lambda n: f"ly-do-{n}")
    name = factory.Sequence(lambda n: f"Lý do {n}")
    kind = "P"
    end_reason = "DELETION"
    legal_basis = "Luật Cư trú"

    class Meta:
        model = EndGround


class BusinessFactory(DjangoModelFactory):
    """A business; `BusinessFactory(state="closed")` was closed ten days ago."""

    name = factory.Sequence(lambda n: f"Cơ sở {n}")
    sector = factory.LazyFunction(sector)
    neighbourhood = factory.SubFactory(NeighbourhoodFactory)
    address = factory.Sequence(lambda n: f"Số {n} đường Hùng Vương")
    responsible_name = "Lê Thị Chủ"
    phone = factory.Sequence(lambda n: f"0100{n % 10**6:06d}")
    opened_on = factory.LazyFunction(lambda: day(900))

    class Meta:
        model = Business

    @classmethod
    def _create(cls, model_class, *args, **fields):
        made = super()._create(model_class, *args, **fields)
        if made.state != Business.State.OPEN:
            StateChange.objects.create(
                business=made, state=made.state, changed_on=day(10), reason="Nghỉ bán"
            )
        return made


class StateChangeFactory(DjangoModelFactory):
    """The change alone; services.change_state() writes the business too."""

    business = factory.SubFactory(BusinessFactory)
    state = Business.State.SUSPENDED
    changed_on = factory.LazyFunction(lambda: day(10))
    reason = "Sửa nhà"

    class Meta:
        model = StateChange


class CertificateFactory(DjangoModelFactory):
    """A security paper; `CertificateFactory(kind_code="fire")` for another kind."""

    business = factory.SubFactory(BusinessFactory)
    kind = factory.LazyAttribute(lambda paper: paper_kind(paper.kind_code))
    number = factory.Sequence(lambda n: f"{n}/GCN")
    issuer = "Công an tỉnh"
    issued_on = factory.LazyFunction(lambda: day(300))
    expires_on = factory.LazyFunction(lambda: day(-300))

    class Meta:
        model = Certificate

    class Params:
        kind_code = "security"


class InspectionFactory(DjangoModelFactory):
    """A periodic inspection in the plan; `InspectionFactory(held=True)` one that was held."""

    business = factory.SubFactory(BusinessFactory)
    planned_on = factory.LazyFunction(lambda: day(-20))

    class Meta:
        model = Inspection

    class Params:
        held = factory.Trait(
            planned_on=factory.LazyFunction(lambda: day(20)),
            noticed_on=factory.LazyFunction(lambda: day(40)),
            held_on=factory.LazyFunction(lambda: day(20)),
            outcome=Inspection.Outcome.PASSED,
        )


class FindingFactory(DjangoModelFactory):
    inspection = factory.SubFactory(
        InspectionFactory, held=True, outcome=Inspection.Outcome.FINDINGS
    )
    finding = "Bình chữa cháy hết hạn"
    due_on = factory.LazyFunction(lambda: day(-10))

    class Meta:
        model = InspectionFinding


class SanctionFactory(DjangoModelFactory):
    business = factory.SubFactory(BusinessFactory)
    number = factory.Sequence(lambda n: f"{n}/QĐ-XPHC")
    decided_on = factory.LazyFunction(lambda: day(15))
    authority = "Công an phường"
    violation = "Không niêm yết nội quy"
    amount = 2_000_000

    class Meta:
        model = Sanction


class LiaisonNoteFactory(DjangoModelFactory):
    business = factory.SubFactory(BusinessFactory)
    met_on = factory.LazyFunction(lambda: day(12))
    note = "Thống nhất lịch trực dịp lễ"

    class Meta:
        model = LiaisonNote


class QuarterlyReturnFactory(DjangoModelFactory):
    business = factory.SubFactory(BusinessFactory)
    year = 2026
    quarter = 1
    received_on = dt.date(2026, 3, 28)

    class Meta:
        model = QuarterlyReturn


class PaperKindFactory(DjangoModelFactory):
    code = factory.Sequence(lambda n: f"giay-{n}")
    name = factory.Sequence(lambda n: f"Giấy {n}")

    class Meta:
        model = PaperKind


class SectorRuleFactory(DjangoModelFactory):
    sector = factory.SubFactory(SectorFactory)
    legal_basis = "NĐ 96/2016/NĐ-CP"
    valid_from = dt.date(2016, 7, 1)

    class Meta:
        model = SectorRule


class PaperRuleFactory(DjangoModelFactory):
    sector = factory.SubFactory(SectorFactory)
    kind = factory.SubFactory(PaperKindFactory)
    legal_basis = "NĐ 96/2016/NĐ-CP"
    valid_from = dt.date(2016, 7, 1)

    class Meta:
        model = PaperRule


class BusinessRuleFactory(DjangoModelFactory):
    key = BusinessRule.Key.CONTACT_MONTHS
    value = 6
    legal_basis = "Quy định của đơn vị"
    valid_from = factory.Sequence(lambda n: dt.date(2030, 1, 1) + dt.timedelta(days=n))

    class Meta:
        model = BusinessRule


class FireGroupFactory(DjangoModelFactory):
    name = factory.Sequence(lambda n: f"Nhóm {n}")
    legal_basis = "NĐ 105/2025/NĐ-CP"
    valid_from = dt.date(2025, 7, 1)

    class Meta:
        model = FireGroup


class HolidayFactory(DjangoModelFactory):
    day = factory.Sequence(lambda n: dt.date(2031, 1, 1) + dt.timedelta(days=n))
    name = "Nghỉ lễ"

    class Meta:
        model = Holiday


class GroupFactory(DjangoModelFactory):
    neighbourhood = factory.SubFactory(NeighbourhoodFactory)
    name = factory.Sequence(lambda n: f"Tổ liên gia {n}")
    founded_on = factory.LazyFunction(lambda: day(700))

    class Meta:
        model = SelfManagedGroup


class MembershipFactory(DjangoModelFactory):
    """A household in a group of its own neighbourhood."""

    group = factory.SubFactory(GroupFactory)
    household = factory.SubFactory(
        HouseholdFactory, neighbourhood=factory.SelfAttribute("..group.neighbourhood")
    )
    joined_on = factory.LazyFunction(lambda: day(300))

    class Meta:
        model = GroupMembership


class MeetingFactory(DjangoModelFactory):
    group = factory.SubFactory(GroupFactory)
    held_on = factory.Sequence(lambda n: day(1 + n % 600))
    attended = 0  # a group without households yet
    topics = "An ninh trật tự, phòng cháy"

    class Meta:
        model = GroupMeeting


class IncidentFactory(DjangoModelFactory):
    """An incident as a row, with what its state needs: `IncidentFactory(state="handed_over")`.

    About a crowd it has a size and a measure, `measures=["order"]` for others. Neither clocks nor
    log: `incidents.services.receive()` and `take()` write those.
    """

    type = factory.LazyFunction(incident_type)
    occurred_at = factory.LazyFunction(lambda: timezone.now() - dt.timedelta(hours=5))
    received_at = factory.SelfAttribute("occurred_at")
    neighbourhood = factory.SubFactory(NeighbourhoodFactory)
    place = factory.Sequence(lambda n: f"Ngã ba số {n}")
    source = Incident.Source.CITIZEN
    reporting_group = factory.LazyAttribute(
        lambda row: GroupFactory(neighbourhood=row.neighbourhood) if row.source == "group" else None
    )
    summary = "Mất trộm xe đạp"
    first_action = factory.LazyAttribute(lambda row: "" if row.type.crowd else "Cử tổ tuần tra đến")
    size_band = factory.LazyAttribute(lambda row: "to_50" if row.type.crowd else "")
    state = Incident.State.RECEIVED
    outcome = factory.LazyAttribute(
        lambda row: (
            ""
            if row.state in Incident.State.open()
            else Incident.State.RESOLVED
            if row.state == Incident.State.CLOSED
            else row.state
        )
    )
    resolved_on = factory.LazyAttribute(lambda row: day() if row.outcome else None)
    handed_to = factory.LazyAttribute(
        lambda row: "Công an tỉnh" if row.outcome in ("handed_over", "not_competent") else ""
    )
    closed_on = factory.LazyAttribute(
        lambda row: row.resolved_on if row.state == Incident.State.CLOSED else None
    )
    told_group_on = None
    told_group = factory.LazyAttribute(lambda row: "Đã giải quyết" if row.told_group_on else "")

    class Meta:
        model = Incident

    @classmethod
    def _create(cls, model_class, *args, measures=None, **fields):
        made = super()._create(model_class, *args, **fields)
        wanted = (["explain"] if made.type.crowd else []) if measures is None else measures
        for name in wanted:
            MeasureTaken.objects.create(incident=made, measure=name)
        return made


class MeasureTakenFactory(DjangoModelFactory):
    incident = factory.SubFactory(
        IncidentFactory, type=factory.LazyFunction(lambda: incident_type(crowd=True)), measures=[]
    )
    measure = MeasureTaken.Measure.ORDER

    class Meta:
        model = MeasureTaken


class ClockRuleFactory(DjangoModelFactory):
    clock = Clock.ANSWER
    value = 3
    unit = "days"
    legal_basis = "Quy ước của đơn vị"
    valid_from = factory.Sequence(lambda n: dt.date(2030, 1, 1) + dt.timedelta(days=n))

    class Meta:
        model = ClockRule


class IncidentClockFactory(DjangoModelFactory):
    """A running clock; `IncidentClockFactory(due_at=...)` for one that is late."""

    incident = factory.SubFactory(IncidentFactory)
    clock = Clock.RESOLVE
    rule = factory.LazyAttribute(lambda row: clock_rule(row.clock))
    started_at = factory.SelfAttribute("incident.received_at")
    due_at = factory.LazyAttribute(
        lambda row: row.rule.term.ends_at(row.started_at, Holiday.objects.all().calendar())
    )

    class Meta:
        model = IncidentClock


class ClockPauseFactory(DjangoModelFactory):
    clock = factory.SubFactory(IncidentClockFactory)
    paused_at = factory.LazyAttribute(lambda row: row.clock.started_at + dt.timedelta(hours=1))
    reason = "Chờ kết luận giám định"

    class Meta:
        model = ClockPause


class AssignmentFactory(DjangoModelFactory):
    incident = factory.SubFactory(IncidentFactory)
    officer = factory.SubFactory(UserFactory, role=Role.AREA_OFFICER)
    assigned_at = factory.SelfAttribute("incident.received_at")

    class Meta:
        model = Assignment


class IncidentEntryFactory(DjangoModelFactory):
    incident = factory.SubFactory(IncidentFactory)
    at = factory.LazyFunction(timezone.now)
    author = factory.SubFactory(UserFactory)
    kind = IncidentEntry.Kind.NOTE
    state = factory.SelfAttribute("incident.state")
    title = "Ghi chú"
    note = "Đã xem camera của cửa hàng bên cạnh"

    class Meta:
        model = IncidentEntry


class AttachmentFactory(DjangoModelFactory):
    """A photograph, stored as an upload is: outside the web root, under a random name."""

    incident = factory.SubFactory(IncidentFactory)
    name = factory.Sequence(lambda n: f"Hiện trường {n}.png")
    file = factory.LazyAttribute(lambda row: ContentFile(row.content, row.name))
    content_type = PNG.content_type
    size = factory.LazyAttribute(lambda row: len(row.content))
    sha256 = factory.LazyAttribute(lambda row: hashlib.sha256(row.content).hexdigest())

    class Meta:
        model = Attachment

    class Params:
        content = factory.LazyFunction(picture)


class IncidentPartyFactory(DjangoModelFactory):
    incident = factory.SubFactory(IncidentFactory)
    full_name = factory.Sequence(lambda n: f"Hoàng Văn Báo {n}")
    phone = factory.Sequence(lambda n: f"0101{n % 10**6:06d}")
    address = factory.Sequence(lambda n: f"Số {n} ngõ Hàng Tre")
    note = factory.Sequence(lambda n: f"Gọi sau {n} giờ")

    class Meta:
        model = IncidentParty


class ShiftHandoverFactory(DjangoModelFactory):
    """A shift not taken yet; `ShiftHandoverFactory(taken_by=officer)` one that was."""

    started_at = factory.LazyFunction(lambda: timezone.now() - dt.timedelta(hours=25))
    ended_at = factory.LazyAttribute(lambda row: row.started_at + dt.timedelta(hours=24))
    note = "Xe tuần tra hết xăng"
    created_by = factory.SubFactory(UserFactory, role=Role.DUTY_OFFICER)
    taken_by = None
    taken_at = factory.LazyAttribute(lambda row: row.ended_at if row.taken_by else None)

    class Meta:
        model = ShiftHandover


class StayNoticeFactory(DjangoModelFactory):
    """A guest in a household; `StayNoticeFactory(household=None, lodging=business)` elsewhere."""

    guest_name = "Phạm Thị Khách"
    birth_date = dt.date(1990, 1, 2)
    id_number = factory.Sequence(lambda n: f"099{n % 10**9:09d}")
    reason = "Thăm người thân"
    arrived_at = factory.LazyFunction(lambda: timezone.now() - dt.timedelta(hours=3))
    leaves_on = factory.LazyFunction(lambda: day(-2))
    household = factory.SubFactory(HouseholdFactory)

    class Meta:
        model = StayNotice


class OfficerFactory(DjangoModelFactory):
    """The head of a group: a person of a member household."""

    group = factory.SubFactory(GroupFactory)
    resident = factory.LazyAttribute(
        lambda row: (
            ResidenceFactory(
                household=MembershipFactory(group=row.group, joined_on=day(600)).household,
                started_on=day(650),
            ).resident
        )
    )
    role = GroupOfficer.Role.HEAD
    started_on = factory.LazyFunction(lambda: day(400))

    class Meta:
        model = GroupOfficer


class GroupRequestFactory(DjangoModelFactory):
    group = factory.SubFactory(GroupFactory)
    content = "Sửa đèn đường đầu ngõ"
    owner_body = "Uỷ ban nhân dân phường"
    raised_on = factory.LazyFunction(lambda: day(20))
    due_on = factory.LazyFunction(lambda: day(-10))

    class Meta:
        model = GroupRequest


class GroupContactFactory(DjangoModelFactory):
    group = factory.SubFactory(GroupFactory)
    met_on = factory.LazyFunction(lambda: day(10))
    officer = factory.SubFactory(UserFactory, role=Role.AREA_OFFICER)
    note = "Tổ hoạt động đều"

    class Meta:
        model = GroupContact


class MutualHelpFactory(DjangoModelFactory):
    group = factory.SubFactory(GroupFactory)
    helped_on = factory.LazyFunction(lambda: day(30))
    kind = MutualHelp.Kind.WORK
    households = 5
    note = "Gặt giúp hai ngày công"

    class Meta:
        model = MutualHelp


class GroupDutyFactory(DjangoModelFactory):
    group = factory.SubFactory(GroupFactory)
    task = GroupDuty.Task.PROPERTY
    content = "Trông xe luân phiên ban đêm"
    started_on = factory.LazyFunction(lambda: day(100))

    class Meta:
        model = GroupDuty


class RosterCheckFactory(DjangoModelFactory):
    group = factory.SubFactory(GroupFactory)
    checked_on = factory.LazyFunction(lambda: day(5))
    created_by = factory.SubFactory(UserFactory)

    class Meta:
        model = RosterCheck


class RosterLineFactory(DjangoModelFactory):
    """A person of the roster's group who is said to have left."""

    roster = factory.SubFactory(RosterCheckFactory)
    household = factory.LazyAttribute(
        lambda row: MembershipFactory(group=row.roster.group).household
    )
    residence = factory.LazyAttribute(lambda row: ResidenceFactory(household=row.household))
    change = RosterLine.Change.LEFT
    happened_on = factory.LazyFunction(lambda: day(6))

    class Meta:
        model = RosterLine


class GroupRuleFactory(DjangoModelFactory):
    key = GroupRule.Key.SILENT_DAYS
    value = 90
    legal_basis = "Quy ước của đơn vị"
    valid_from = factory.Sequence(lambda n: dt.date(2030, 1, 1) + dt.timedelta(days=n))

    class Meta:
        model = GroupRule


class ScoringSchemeFactory(DjangoModelFactory):
    year = factory.Sequence(lambda n: 2030 + n % 900)
    legal_basis = "Quy định của tỉnh"

    class Meta:
        model = ScoringScheme


class CriterionFactory(DjangoModelFactory):
    scheme = factory.SubFactory(ScoringSchemeFactory)
    position = factory.Sequence(lambda n: n)
    content = factory.Sequence(lambda n: f"Tiêu chí {n}")
    max_points = 20

    class Meta:
        model = Criterion


class GroupScoreFactory(DjangoModelFactory):
    """A score begun; `GroupScoreFactory(weak=True)` one approved, which needs a plan."""

    group = factory.SubFactory(GroupFactory)
    scheme = factory.SubFactory(ScoringSchemeFactory)

    class Meta:
        model = GroupScore

    class Params:
        weak = factory.Trait(
            state=GroupScore.State.APPROVED,
            total=30,
            rated=GroupScore.Class.WEAK,
            approved_by=factory.SubFactory(UserFactory, role=Role.CHIEF),
            approved_on=factory.LazyFunction(lambda: day(50)),
        )


class CriterionScoreFactory(DjangoModelFactory):
    score = factory.SubFactory(GroupScoreFactory)
    criterion = factory.LazyAttribute(lambda row: CriterionFactory(scheme=row.score.scheme))
    points = 10
    evidence = "Có biên bản"

    class Meta:
        model = CriterionScore


class ImprovementTaskFactory(DjangoModelFactory):
    score = factory.SubFactory(GroupScoreFactory)
    content = "Bầu lại tổ trưởng"
    owner_body = "Tổ dân phố"
    due_on = factory.LazyFunction(lambda: day(-30))

    class Meta:
        model = ImprovementTask


def topic(code="ma-tuy"):
    """Return a topic of the migrations (made anew after a test that emptied the tables)."""
    return Topic.objects.get_or_create(code=code, defaults={"name": code})[0]


class TopicFactory(DjangoModelFactory):
    code = factory.Sequence(lambda n: f"chu-de-{n}")
    name = factory.Sequence(lambda n: f"Chủ đề {n}")

    class Meta:
        model = Topic


class PartnerFactory(DjangoModelFactory):
    name = factory.Sequence(lambda n: f"Hội Phụ nữ tổ {n}")
    kind = Partner.Kind.WOMEN
    contact_phone = factory.Sequence(lambda n: f"0102{n % 10**6:06d}")

    class Meta:
        model = Partner


class MaterialFactory(DjangoModelFactory):
    """An approved text; `MaterialFactory(approved_on=None)` one that waits."""

    topic = factory.LazyFunction(topic)
    title = factory.Sequence(lambda n: f"Tờ rơi số {n}")
    body = "Không mở cửa cho người lạ."
    approved_on = factory.LazyFunction(lambda: day(100))
    approved_by = factory.LazyAttribute(
        lambda row: UserFactory(role=Role.CHIEF) if row.approved_on else None
    )

    class Meta:
        model = Material


class PlanItemFactory(DjangoModelFactory):
    topic = factory.LazyFunction(topic)
    audience = "households"
    neighbourhood = factory.SubFactory(NeighbourhoodFactory)
    due_on = factory.LazyFunction(lambda: day(-20))
    year = factory.LazyAttribute(lambda row: row.due_on.year)

    class Meta:
        model = PlanItem


class ActivityFactory(DjangoModelFactory):
    """A session held; `ActivityFactory(held_on=None, planned_on=...)` one still to be held."""

    topic = factory.LazyFunction(topic)
    audience = "households"
    neighbourhood = factory.SubFactory(NeighbourhoodFactory)
    place = factory.Sequence(lambda n: f"Nhà văn hoá {n}")
    held_on = factory.LazyFunction(lambda: day(10))
    attendance = factory.LazyAttribute(lambda row: 40 if row.held_on else None)

    class Meta:
        model = Activity


class ActivityPartnerFactory(DjangoModelFactory):
    activity = factory.SubFactory(ActivityFactory)
    partner = factory.SubFactory(PartnerFactory)

    class Meta:
        model = ActivityPartner


class QuestionFactory(DjangoModelFactory):
    activity = factory.SubFactory(ActivityFactory)
    content = "Bao giờ lắp đèn ngõ 5?"
    owner_body = "Uỷ ban nhân dân phường"
    due_on = factory.LazyFunction(lambda: day(-5))

    class Meta:
        model = Question


class CampaignFactory(DjangoModelFactory):
    name = factory.Sequence(lambda n: f"Camera an ninh ngõ {n}")
    kind = Campaign.Kind.CAMERA
    neighbourhood = factory.SubFactory(NeighbourhoodFactory)
    goal = "Mười ngõ có camera"
    started_on = factory.LazyFunction(lambda: day(200))

    class Meta:
        model = Campaign


class CampaignCriterionFactory(DjangoModelFactory):
    campaign = factory.SubFactory(CampaignFactory)
    content = "Có quy chế xem camera"

    class Meta:
        model = CampaignCriterion


class ResolutionFactory(DjangoModelFactory):
    title = factory.Sequence(lambda n: f"Phối hợp giữ gìn an ninh trật tự {n}")
    number = factory.Sequence(lambda n: f"{n}/NQLT")
    signed_on = factory.LazyFunction(lambda: day(300))

    class Meta:
        model = JointResolution


class ResolutionPartyFactory(DjangoModelFactory):
    resolution = factory.SubFactory(ResolutionFactory)
    partner = factory.SubFactory(PartnerFactory)

    class Meta:
        model = ResolutionParty


class CommitmentFactory(DjangoModelFactory):
    """A commitment of the station; with a `partner`, it signs the resolution."""

    resolution = factory.SubFactory(ResolutionFactory)
    content = "Tuyên truyền mỗi quý một buổi"
    due_on = factory.LazyFunction(lambda: day(-15))

    class Meta:
        model = Commitment
        skip_postgeneration_save = True

    @factory.post_generation
    def sign(self, create, extracted, **kwargs):
        if create and self.partner_id:
            ResolutionParty.objects.get_or_create(resolution=self.resolution, partner=self.partner)


class FulfilmentFactory(DjangoModelFactory):
    commitment = factory.SubFactory(CommitmentFactory)
    due_on = factory.SelfAttribute("commitment.due_on")

    class Meta:
        model = Fulfilment


class AwardFactory(DjangoModelFactory):
    group = factory.SubFactory(GroupFactory)
    neighbourhood = factory.LazyAttribute(lambda row: row.group and row.group.neighbourhood)
    deed = "Báo tin kịp thời"
    deed_on = factory.LazyFunction(lambda: day(40))
    form = "Giấy khen"
    proposed_on = factory.LazyFunction(lambda: day(30))

    class Meta:
        model = Award


class DirectiveFactory(DjangoModelFactory):
    kind = Directive.Kind.PLAN
    number = factory.Sequence(lambda n: f"{n}/KH-CAP")
    issuer = "Công an tỉnh"
    issued_on = factory.LazyFunction(lambda: day(60))
    title = "Kế hoạch dân vận"
    content = "Xây dựng kế hoạch của phường"
    owner_body = "Công an phường"
    due_on = factory.LazyFunction(lambda: day(-30))

    class Meta:
        model = Directive


class DisasterFactory(DjangoModelFactory):
    name = factory.Sequence(lambda n: f"Bão số {n}")
    started_on = factory.LazyFunction(lambda: day(3))

    class Meta:
        model = Disaster


class DutyShiftFactory(DjangoModelFactory):
    disaster = factory.SubFactory(DisasterFactory)
    day = factory.LazyFunction(lambda: day(2))
    hours = "18h–6h"
    officer = factory.SubFactory(UserFactory, role=Role.AREA_OFFICER)

    class Meta:
        model = DutyShift


class HelpGivenFactory(DjangoModelFactory):
    disaster = factory.SubFactory(DisasterFactory)
    neighbourhood = factory.SubFactory(NeighbourhoodFactory)
    came_at = factory.LazyFunction(lambda: timezone.now() - dt.timedelta(hours=20))
    kind = HelpGiven.Kind.EVACUATE
    households = 3

    class Meta:
        model = HelpGiven


class ReportFactory(DjangoModelFactory):
    """A draft of a month that is over, without its texts; `report_in` makes a whole one."""

    year = factory.Sequence(lambda n: 2000 + n // 12 % 25)
    month = factory.Sequence(lambda n: n % 12 + 1)
    start_day = 15
    due_on = factory.LazyFunction(day)
    recipients = "Lưu: VT, CAP."

    class Meta:
        model = MonthlyReport


class ReportTextFactory(DjangoModelFactory):
    report = factory.SubFactory(ReportFactory)
    part = "order"
    text = "Địa bàn ổn định."

    class Meta:
        model = ReportText


class ReportRemarkFactory(DjangoModelFactory):
    report = factory.SubFactory(ReportFactory)
    content = "Nêu rõ nguyên nhân"
    author = factory.SubFactory(UserFactory, role=Role.LEADER)
    owner = factory.SubFactory(UserFactory, role=Role.CHIEF)

    class Meta:
        model = ReportRemark


class OutgoingDocumentFactory(DjangoModelFactory):
    """A document with a number, though no counter gave it; services.numbers.register() does."""

    kind = OutgoingDocument.Kind.NOTICE
    year = 2026
    number = factory.Sequence(lambda n: n + 1)
    dated = factory.LazyFunction(lambda: day(30))
    subject = "Về việc tăng cường tuần tra"
    signer = factory.SubFactory(UserFactory, role=Role.CHIEF)

    class Meta:
        model = OutgoingDocument


class ReportRuleFactory(DjangoModelFactory):
    key = ReportRule.Key.DUE_DAYS
    value = 2
    legal_basis = "Quy định của đơn vị"
    valid_from = factory.Sequence(lambda n: dt.date(2030, 1, 1) + dt.timedelta(days=n))

    class Meta:
        model = ReportRule


class RetentionRuleFactory(DjangoModelFactory):
    record_type = RecordType.ABSENCE
    outcome = Outcome.DELETE
    months = 24
    legal_basis = "Quy định của đơn vị"
    valid_from = factory.Sequence(lambda n: dt.date(2030, 1, 1) + dt.timedelta(days=n))

    class Meta:
        model = RetentionRule


class AnswerRuleFactory(DjangoModelFactory):
    key = AnswerRule.Key.CORRECTION_DAYS
    value = 3
    legal_basis = "Quy định của đơn vị"
    valid_from = factory.Sequence(lambda n: dt.date(2030, 1, 1) + dt.timedelta(days=n))

    class Meta:
        model = AnswerRule


class DisposalFactory(DjangoModelFactory):
    """A disposal that waits for the second person; `done` is one that was carried out."""

    proposed_by = factory.SubFactory(UserFactory, role=Role.CLERK)
    proposed_on = factory.LazyFunction(lambda: day(2))
    note = "Rà soát quý"

    class Meta:
        model = Disposal

    class Params:
        done = factory.Trait(
            state=Disposal.State.DONE,
            decided_by=factory.SubFactory(UserFactory, role=Role.CHIEF),
            decided_on=factory.LazyFunction(day),
        )


class DisposalPartFactory(DjangoModelFactory):
    disposal = factory.SubFactory(DisposalFactory)
    record_type = factory.Iterator([RecordType.ABSENCE, RecordType.QUESTION])
    outcome = Outcome.DELETE
    months = 60
    legal_basis = "Quy định của đơn vị"
    rows = factory.LazyFunction(lambda: [[1, "TV-900001", "2020-01-31"]])

    class Meta:
        model = DisposalPart


class CorrectionFactory(DjangoModelFactory):
    """A request that waits for its answer; `answered` is one that has it."""

    resident = factory.SubFactory(ResidentFactory)
    record_code = factory.SelfAttribute("resident.code")
    content = "Năm sinh ghi chưa đúng"
    neighbourhood = factory.SubFactory(NeighbourhoodFactory)
    owner = factory.SubFactory(UserFactory, role=Role.AREA_OFFICER)
    received_on = factory.LazyFunction(lambda: day(5))
    due_on = factory.LazyFunction(lambda: day(-5))

    class Meta:
        model = CorrectionRequest

    class Params:
        answered = factory.Trait(
            decision=CorrectionRequest.Decision.CORRECTED,
            done_on=factory.LazyFunction(lambda: day(1)),
            result="Đã sửa năm sinh",
        )


def report_in(
    state=MonthlyReport.State.PUBLISHED, *, month=None, words="Đã làm đúng kế hoạch.", user=None
):
    """Return the report of a month (of the last but one that is over), led by the services to
    `state`, with `words` in all its parts; its number is of today."""
    at, on = timezone.now(), day()
    month = month or Month.containing(on).previous().previous()
    user = user or UserFactory(role=Role.CHIEF)
    report = monthly.begin(month=month, user=user, on=on)
    if words:
        for text in report.texts.all():
            monthly.write_text(text=text, words=words, user=user)
    if state == MonthlyReport.State.DRAFT:
        return report
    report = monthly.submit(report=report, user=user, at=at, on=on)
    if state == MonthlyReport.State.RETURNED:
        return monthly.send_back(report=report, comment="Nêu rõ nguyên nhân.")
    if state in MonthlyReport.FROZEN:
        report = monthly.approve(
            report=report, user=user, signer=user, signed_as="head", dated=on, at=at, on=on
        )
    if state == MonthlyReport.State.PUBLISHED:
        report = monthly.publish(report=report, at=at)
    return report


def kept_sheet():
    """Store a sheet of one person, as an upload is; return its stored name."""
    content = "Họ và tên,Ngày sinh,Giới tính\nLê Văn Mẫu,1990,Nam\n"
    return PrivateStorage().save("a.csv", ContentFile(content.encode()))


class ImportBatchFactory(DjangoModelFactory):
    """A workbook that was read and in which nothing was found to write."""

    kind = "people"
    file_name = factory.Sequence(lambda n: f"Danh sách {n}.csv")
    file = factory.LazyFunction(kept_sheet)
    sha256 = factory.Sequence(lambda n: hashlib.sha256(str(n).encode()).hexdigest())
    mapping = factory.LazyFunction(lambda: {"0": "full_name", "1": "birth", "2": "sex"})
    state = ImportBatch.State.READ
    created_by = factory.SubFactory(UserFactory, role=Role.CLERK)
    read_at = factory.LazyFunction(timezone.now)

    class Meta:
        model = ImportBatch


FACTORIES = {
    made._meta.model: made
    for made in (
        WardFactory,
        NeighbourhoodFactory,
        UserFactory,
        BeatFactory,
        HouseholdFactory,
        ResidentFactory,
        ResidenceFactory,
        BusinessFactory,
        StateChangeFactory,
        CertificateFactory,
        InspectionFactory,
        FindingFactory,
        SanctionFactory,
        LiaisonNoteFactory,
        QuarterlyReturnFactory,
        GroupFactory,
        MembershipFactory,
        MeetingFactory,
        IncidentFactory,
        StayNoticeFactory,
        AbsenceFactory,
        ResidenceActFactory,
        TransferRequestFactory,
        TransferMemberFactory,
        DuplicatePairFactory,
        ResidenceRuleFactory,
        EndGroundFactory,
        SectorFactory,
        PaperKindFactory,
        SectorRuleFactory,
        PaperRuleFactory,
        BusinessRuleFactory,
        FireGroupFactory,
        HolidayFactory,
        IncidentTypeFactory,
        MeasureTakenFactory,
        ClockRuleFactory,
        IncidentClockFactory,
        ClockPauseFactory,
        AssignmentFactory,
        AttachmentFactory,
        IncidentPartyFactory,
        ShiftHandoverFactory,
        OfficerFactory,
        GroupRequestFactory,
        GroupContactFactory,
        MutualHelpFactory,
        GroupDutyFactory,
        RosterCheckFactory,
        RosterLineFactory,
        GroupRuleFactory,
        ScoringSchemeFactory,
        CriterionFactory,
        GroupScoreFactory,
        CriterionScoreFactory,
        ImprovementTaskFactory,
        TopicFactory,
        PartnerFactory,
        MaterialFactory,
        PlanItemFactory,
        ActivityFactory,
        ActivityPartnerFactory,
        QuestionFactory,
        CampaignFactory,
        CampaignCriterionFactory,
        ResolutionFactory,
        ResolutionPartyFactory,
        CommitmentFactory,
        FulfilmentFactory,
        AwardFactory,
        DirectiveFactory,
        DisasterFactory,
        DutyShiftFactory,
        HelpGivenFactory,
        ReportFactory,
        ReportTextFactory,
        ReportRemarkFactory,
        OutgoingDocumentFactory,
        ReportRuleFactory,
        ImportBatchFactory,
        RetentionRuleFactory,
        AnswerRuleFactory,
        DisposalFactory,
        DisposalPartFactory,
        CorrectionFactory,
    )
}


def of(model):
    """Return a model's factory; every record model needs one, for the tests that walk them all."""
    return FACTORIES[model]


def add_children(row):
    """Give a record one more of each kind of row that its page shows."""
    match row:
        case Household():
            ResidenceFactory(household=row)
            group = GroupFactory(neighbourhood=row.neighbourhood)
            MembershipFactory(group=group, household=row, left_on=day(100))
        case Resident():
            start = day(3000 - 100 * row.residences.count())
            stay = ResidenceFactory(resident=row, started_on=start, household__opened_on=start)
            end_residence(
                residence=stay,
                ended_on=start + dt.timedelta(days=50),
                end_reason=Residence.End.DEPARTURE,
                on=day(),
            )
        case Business():
            CertificateFactory(business=row)
            InspectionFactory(business=row)
            SanctionFactory(business=row)
            LiaisonNoteFactory(business=row)
            QuarterlyReturnFactory(business=row, year=2000 + row.returns.count())
            StateChangeFactory(business=row, changed_on=day(500 - row.state_changes.count()))
        case SelfManagedGroup():
            MembershipFactory(group=row)
            MeetingFactory(group=row)
            ended = day(399 - row.officers.count())
            OfficerFactory(group=row, ended_on=ended)
            GroupRequestFactory(group=row, meeting=MeetingFactory(group=row))
            GroupContactFactory(group=row)
            MutualHelpFactory(group=row)
            GroupDutyFactory(group=row)
            RosterLineFactory(roster__group=row)
            GroupScoreFactory(group=row)
            AwardFactory(group=row)
            ActivityFactory(group=row, neighbourhood=row.neighbourhood)
        case Incident():
            AssignmentFactory(incident=row)
            past = dt.timedelta(hours=2)
            clock = IncidentClockFactory(incident=row, stopped_at=row.received_at + past)
            ClockPauseFactory(clock=clock, resumed_at=row.received_at + past)
            IncidentEntryFactory(incident=row)
            AttachmentFactory(incident=row)
            IncidentPartyFactory(incident=row)
        case RosterCheck():
            RosterLineFactory(roster=row)
            new = MembershipFactory(group=row.group).household
            change = RosterLine.Change.NEW
            RosterLineFactory(roster=row, household=new, residence=None, change=change)
        case GroupScore():
            CriterionScoreFactory(score=row)
            ImprovementTaskFactory(score=row)
        case Partner():
            ActivityFactory(lead=row)
            ActivityPartnerFactory(partner=row)
            FulfilmentFactory(commitment=CommitmentFactory(partner=row))
            AwardFactory(partner=row)
        case Material():
            MaterialFactory(title=row.title, version_number=next_version(row))
            ActivityFactory(material=row)
        case PlanItem():
            ActivityFactory(plan=row, topic=row.topic, neighbourhood=row.neighbourhood)
        case Activity():
            ActivityPartnerFactory(activity=row)
            QuestionFactory(activity=row)
        case Campaign():
            CampaignCriterionFactory(campaign=row)
            ActivityFactory(campaign=row, neighbourhood=row.neighbourhood)
            CampaignFactory(copied_from=row)
            AwardFactory(campaign=row)
        case JointResolution():
            own = CommitmentFactory(resolution=row)
            theirs = CommitmentFactory(resolution=row, partner=PartnerFactory())
            for one in (own, theirs):
                FulfilmentFactory(commitment=one)
                FulfilmentFactory(
                    commitment=one, due_on=day(30), done_on=day(31), evidence="Biên bản"
                )
                ActivityFactory(commitment=one)
        case Directive():
            plan = DirectiveFactory(follows=row)
            DirectiveFactory(follows=plan)
        case MonthlyReport():
            free = {part.key for part in PARTS} - {text.part for text in row.texts.all()}
            ReportTextFactory(report=row, part=min(free))
            ReportRemarkFactory(report=row)
        case Disposal():
            free = set(RecordType) - {part.record_type for part in row.parts.all()}
            DisposalPartFactory(disposal=row, record_type=min(free))
        case Disaster():
            DutyShiftFactory(disaster=row)
            HelpGivenFactory(disaster=row)
            HelpGivenFactory(disaster=row, asked_at=timezone.now() - dt.timedelta(hours=22))
        case ImportBatch():
            number = row.rows + 2
            row.lines.create(number=number, outcome="new", identifier=f"Người {number}")
            row.rows, row.new = row.rows + 1, row.new + 1
            row.save()


def next_version(material):
    """Return the number of the next version of a material."""
    rows = Material.objects.filter(title=material.title)
    return max(rows.values_list("version_number", flat=True)) + 1


def every_number():
    """List the identity and phone numbers of all rows: what no page may show in full."""
    found = set()
    for model in FACTORIES:
        for name in set(model.masks) - {"birth_date"}:
            found.update(model.objects.exclude(**{name: ""}).values_list(name, flat=True))
    return found
