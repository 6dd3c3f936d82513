"""Rows for tests, each valid by itself: `HouseholdFactory(neighbourhood=area_a)`.

People are invented: identity numbers of the unassigned province 099, phones that nobody has (0100).
Residences go through the service, so that the ledger and the lists agree.
"""

import datetime as dt

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from businesses.models import Business, Certificate, Sector
from households.models import Household, Residence, Resident, StayNotice
from households.services import end_residence, start_residence
from incidents.models import Incident, IncidentType
from kylien.accounts.models import Role, User
from kylien.areas.models import BeatAssignment, Neighbourhood, Ward
from selfgov_groups.models import GroupMeeting, GroupMembership, SelfManagedGroup

PASSWORD = "mat-khau-thu-nghiem-1"


def day(ago=0):
    """Return the day that many days before today."""
    return timezone.localdate() - dt.timedelta(days=ago)


def sector(code="karaoke"):
    """Return a sector of the migrations (made anew after a test that emptied the tables)."""
    return Sector.objects.get_or_create(code=code, defaults={"name": code})[0]


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


class ResidentFactory(DjangoModelFactory):
    """A person without a residence; `ResidenceFactory` gives one a place."""

    full_name = factory.Sequence(lambda n: f"Trần Văn {'ABCDEGHIKLMNOPQRSTUVXY'[n % 22]}n")
    birth_date = dt.date(1980, 5, 9)
    sex = "M"
    citizen_id = factory.Sequence(lambda n: f"099{n % 10**9:09d}")
    phone = factory.Sequence(lambda n: f"0100{n % 10**6:06d}")

    class Meta:
        model = Resident


class ResidenceFactory(DjangoModelFactory):
    """A permanent stay; `ResidenceFactory(temporary=True)` for one with a term."""

    resident = factory.SubFactory(ResidentFactory)
    household = factory.SubFactory(HouseholdFactory)
    kind = Residence.Kind.PERMANENT
    relation = Residence.Relation.CHILD
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


class BusinessFactory(DjangoModelFactory):
    name = factory.Sequence(lambda n: f"Cơ sở {n}")
    sector = factory.LazyFunction(sector)
    neighbourhood = factory.SubFactory(NeighbourhoodFactory)
    address = factory.Sequence(lambda n: f"Số {n} đường Hùng Vương")
    responsible_name = "Lê Thị Chủ"
    phone = factory.Sequence(lambda n: f"0100{n % 10**6:06d}")
    opened_on = factory.LazyFunction(lambda: day(900))

    class Meta:
        model = Business


class CertificateFactory(DjangoModelFactory):
    business = factory.SubFactory(BusinessFactory)
    number = factory.Sequence(lambda n: f"{n}/GCN")
    issuer = "Công an tỉnh"
    issued_on = factory.LazyFunction(lambda: day(300))
    expires_on = factory.LazyFunction(lambda: day(-300))

    class Meta:
        model = Certificate


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
    type = factory.LazyFunction(incident_type)
    occurred_at = factory.LazyFunction(lambda: timezone.now() - dt.timedelta(hours=5))
    neighbourhood = factory.SubFactory(NeighbourhoodFactory)
    place = factory.Sequence(lambda n: f"Ngã ba số {n}")
    summary = "Mất trộm xe đạp"

    class Meta:
        model = Incident


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
        CertificateFactory,
        GroupFactory,
        MembershipFactory,
        MeetingFactory,
        IncidentFactory,
        StayNoticeFactory,
        SectorFactory,
        IncidentTypeFactory,
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
        case SelfManagedGroup():
            MembershipFactory(group=row)
            MeetingFactory(group=row)


def every_number():
    """List the identity and phone numbers of all rows: what no page may show in full."""
    found = set()
    for model in FACTORIES:
        for name in model.masks:
            found.update(model.objects.exclude(**{name: ""}).values_list(name, flat=True))
    return found
