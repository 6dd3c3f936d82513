"""Households, the people in them, where they live and have lived, and who stays overnight.

`Residence` is the ledger of the population (Luật Cư trú 2020): one row a stay, permanent or
temporary, half-open, never overwritten. A row is open on day D when `started_on <= D` and
(`ended_on` is empty or `D < ended_on`); none starts or ends in the future, so "open today" is
`ended_on is null`. `Resident.present`, `.residence_kind` and `.neighbourhood` repeat what the
ledger says today, so that lists stay fast; only `services.py` writes the ledger and refreshes them.
"""

import datetime as dt

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Count, Exists, F, Max, Min, OuterRef, Q, Subquery
from django.db.models.functions import Length
from django.db.models.lookups import Exact
from django.utils import timezone

from businesses.models import Business
from kylien.accounts.models import DeskRecord
from kylien.areas.models import Neighbourhood
from kylien.core import text
from kylien.core.models import Record, RecordQuerySet, Tracked, TrackedQuerySet
from kylien.core.search_index import folded_index


class HouseholdQuerySet(RecordQuerySet):
    def active(self):
        return self.filter(dissolved_on=None)

    def active_on(self, day):
        """Return the households that existed on `day`."""
        return self.filter(Q(dissolved_on=None) | Q(dissolved_on__gt=day), opened_on__lte=day)

    def in_group_on(self, day):
        """Return the households that belonged to a self-managed group on `day`."""
        still = Q(group_memberships__left_on=None) | Q(group_memberships__left_on__gt=day)
        return self.filter(still, group_memberships__joined_on__lte=day)

    def look_up(self, query, *, partial_numbers=False):
        """Search by address or code, or by the people who live there: clerks know names."""
        people = Residence.objects.current().search(query, partial_numbers=partial_numbers)
        found = self.search(query).values("pk")
        return self.filter(Q(pk__in=found) | Q(pk__in=people.values("household")))

    def for_list(self):
        now = Residence.objects.filter(household=OuterRef("pk"), ended_on=None).order_by()
        head = now.filter(relation=Residence.Relation.HEAD)
        shown = ("code", "address", "opened_on", "dissolved_on", "neighbourhood__name")
        return (
            self.select_related("neighbourhood")
            .only(*shown)
            .annotate(
                head_name=Subquery(head.values("resident__full_name")[:1]),
                members=Subquery(now.values("household").annotate(n=Count("pk")).values("n")),
            )
        )


class Household(Record):
    """People registered together at a place, with one head."""

    address = models.CharField("địa chỉ", max_length=200)
    neighbourhood = models.ForeignKey(  # no index of its own: household_by_area serves better
        Neighbourhood, models.PROTECT, "households", db_index=False, verbose_name="tổ dân phố"
    )
    opened_on = models.DateField("ngày lập hộ")
    dissolved_on = models.DateField("ngày xoá hộ", null=True, blank=True)
    note = models.TextField("ghi chú", blank=True, max_length=500)

    objects = HouseholdQuerySet.as_manager()
    code_prefix = "H"
    derived_from = ("address",)
    constraint_fields = {"household_dissolved_after_opened": "dissolved_on"}

    class Meta(Record.Meta):
        verbose_name = "hộ"
        verbose_name_plural = "hộ"
        # A partial index repeats its condition's column: without it SQLite looks into the table.
        indexes = [
            models.Index(
                fields=["code", "id", "neighbourhood", "dissolved_on"],
                name="household_order",
                condition=Q(dissolved_on=None),
            ),
            models.Index(
                fields=["neighbourhood", "code", "dissolved_on"],
                name="household_by_area",
                condition=Q(dissolved_on=None),
            ),
            folded_index("household_search"),
        ]
        constraints = [
            models.CheckConstraint(
                name="household_dissolved_after_opened",
                condition=Q(dissolved_on=None) | Q(dissolved_on__gte=F("opened_on")),
                violation_error_message="Ngày xoá hộ không thể trước ngày lập hộ.",
            ),
        ]

    def __str__(self):
        return f"{self.code} · {self.address}"

    def clean(self):
        """A household with a history does not change neighbourhood: its people's past would; and
        it exists as long as somebody lives in it."""
        if not self.pk:
            return
        errors = {}
        kept = Household.objects.values_list("neighbourhood_id", flat=True).get(pk=self.pk)
        tied = (self.residences, self.group_memberships.filter(left_on=None), self.stay_notices)
        if kept != self.neighbourhood_id and any(rows.exists() for rows in tied):
            errors["neighbourhood"] = (
                "Hộ đã có người cư trú, lưu trú hoặc đang ở tổ liên gia thì không đổi tổ dân phố: "
                "lập hộ ở nơi mới rồi chuyển từng người sang."
            )
        span = self.residences.aggregate(first=Min("started_on"), last=Max("ended_on"))
        if span["first"] and self.opened_on and self.opened_on > span["first"]:
            day = text.format_date(span["first"])
            errors["opened_on"] = f"Đã có người ở từ {day}: ngày lập hộ không thể sau đó."
        if self.dissolved_on:
            if self.residences.filter(ended_on=None).exists():
                errors["dissolved_on"] = "Hộ còn người: kết thúc cư trú của họ trước."
            elif span["last"] and self.dissolved_on < span["last"]:
                day = text.format_date(span["last"])
                errors["dissolved_on"] = f"Còn người ở đến {day}: ngày xoá hộ không thể trước đó."
            elif self.group_memberships.filter(left_on=None).exists():
                errors["dissolved_on"] = "Hộ còn trong tổ liên gia: ghi rời tổ trước."
        if errors:
            raise ValidationError(errors)

    def search_parts(self):
        return "", (self.address,)

    @staticmethod
    def make_sort_key(name):
        return ""

    def as_option(self):
        head = getattr(self, "head_name", None) or "chưa có chủ hộ"
        return {"code": self.code, "label": head, "detail": self.address}

    def state_badge(self):
        return ("mute", "Đã xoá") if self.dissolved_on else ("ok", "Đang cư trú")


class ResidentQuerySet(RecordQuerySet):
    def present(self):
        """Return the people who live in the ward today, permanently or temporarily."""
        return self.filter(present=True)

    def for_list(self):
        shown = ("code", "full_name", "birth_date", "birth_precision", "sex", "citizen_id")
        stay = ("resident", "kind", "relation", "relation_note", "expires_on", "ended_on")
        now = (
            Residence.objects.filter(ended_on=None)
            .select_related("household")
            .only(*stay, "household__code")
            .order_by("kind", "pk")
        )
        died = Residence.objects.died().filter(resident=OuterRef("pk"))
        return (
            self.select_related("neighbourhood")
            .only(*shown, "neighbourhood__name")
            .annotate(died=Exists(died))
            .prefetch_related(models.Prefetch("residences", now, to_attr="residences_now"))
        )


class Resident(Record):
    """A person, once, whatever the number of residences."""

    class Sex(models.TextChoices):
        MALE = "M", "Nam"
        FEMALE = "F", "Nữ"

    class Precision(models.TextChoices):
        DAY = "D", "đủ ngày tháng năm"
        MONTH = "M", "chỉ tháng, năm"
        YEAR = "Y", "chỉ năm"

    full_name = models.CharField("họ và tên", max_length=100)
    birth_date = models.DateField("ngày sinh")
    birth_precision = models.CharField(
        "độ rõ ngày sinh", max_length=1, choices=Precision, default=Precision.DAY
    )
    sex = models.CharField("giới tính", max_length=1, choices=Sex)
    citizen_id = models.CharField("số định danh", max_length=12, blank=True)
    phone = models.CharField("điện thoại", max_length=20, blank=True)
    note = models.TextField("ghi chú", blank=True, max_length=500)
    # What the ledger says today; written by services.refresh_places() alone.
    present = models.BooleanField("đang ở phường", default=False, editable=False)
    residence_kind = models.CharField("cư trú", max_length=1, default="", editable=False)
    neighbourhood = models.ForeignKey(
        Neighbourhood,
        models.PROTECT,
        "residents",
        null=True,
        editable=False,
        db_index=False,  # resident_by_area serves better
        verbose_name="tổ dân phố",
    )

    objects = ResidentQuerySet.as_manager()
    code_prefix = "NK"
    code_width = 6
    number_fields = ("citizen_id", "phone")
    secret_fields = ("citizen_id", "phone")
    unrecorded_fields = (*Record.unrecorded_fields, "present", "residence_kind", "neighbourhood")
    masks = {"citizen_id": text.mask_id, "phone": text.mask_phone}
    derived_from = ("full_name",)
    constraint_fields = {
        "resident_citizen_id_once": "citizen_id",
        "resident_citizen_id_length": "citizen_id",
    }

    class Meta(Record.Meta):
        verbose_name = "nhân khẩu"
        verbose_name_plural = "nhân khẩu"
        indexes = [
            # The list's own order, for the ward and for some neighbourhoods; then what is counted.
            models.Index(
                fields=["sort_key", "id", "neighbourhood", "residence_kind", "present"],
                name="resident_order",
                condition=Q(present=True),
            ),
            models.Index(
                fields=["neighbourhood", "sort_key", "id", "present"],
                name="resident_area_order",
                condition=Q(present=True),
            ),
            models.Index(
                fields=["neighbourhood", "residence_kind", "present"],
                name="resident_by_area",
                condition=Q(present=True),
            ),
            models.Index(fields=["citizen_id"], name="resident_citizen_id"),
            models.Index(fields=["phone"], name="resident_phone"),
            folded_index("resident_search"),
        ]
        constraints = [
            models.UniqueConstraint(
                name="resident_citizen_id_once",
                fields=["citizen_id"],
                condition=~Q(citizen_id=""),
                violation_error_message="Số định danh này đã có trong sổ.",
            ),
            models.CheckConstraint(
                name="resident_citizen_id_length",
                condition=Q(citizen_id="") | Q(Exact(Length("citizen_id"), 12)),
                violation_error_message="Số định danh có đúng 12 chữ số.",
            ),
        ]

    def __str__(self):
        return self.full_name

    def search_parts(self):
        return self.full_name, ()

    @staticmethod
    def make_sort_key(name):
        return text.sort_key(name)

    def clean(self):
        if self.pk and self.birth_date:
            first = self.residences.aggregate(first=Min("started_on"))["first"]
            if first and self.birth_date > first:
                day = text.format_date(first)
                raise ValidationError({"birth_date": f"Đã cư trú từ {day}: không thể sinh sau đó."})

    def birth(self):
        return text.format_birth(self.birth_date, self.birth_precision)

    birth.label = "ngày sinh"

    def masked_citizen_id(self):
        return self.masked("citizen_id")

    @property
    def residence_now(self):
        """Return the row this person is listed by: permanent before temporary."""
        rows = getattr(self, "residences_now", None)
        if rows is None:
            rows = self.residences.filter(ended_on=None).order_by("kind")
        return next(iter(rows), None)

    def household_now(self):
        row = self.residence_now
        return row.household if row else None

    def relation_now(self):
        row = self.residence_now
        return row.relation_label() if row else None

    def has_died(self):
        died = getattr(self, "died", None)  # told with a list's rows
        return self.residences.died().exists() if died is None else died

    def residence_badge(self, on):
        row = self.residence_now
        if row:
            return row.badge(on)
        return "mute", "Đã mất" if self.has_died() else "Đã rời phường"


class ResidenceQuerySet(TrackedQuerySet):
    def search(self, query, *, partial_numbers=False):
        """Return the stays of the people that `Resident.search()` finds."""
        people = Resident.objects.search(query, partial_numbers=partial_numbers)
        return self.filter(resident__in=people)

    def for_list(self):
        return self.select_related("resident", "household", "lodging", "employer", "neighbourhood")

    def permanent(self):
        return self.filter(kind=Residence.Kind.PERMANENT)

    def temporary(self):
        return self.filter(kind=Residence.Kind.TEMPORARY)

    def current(self):
        """Return the rows not ended; none starts or ends in the future."""
        return self.filter(ended_on=None)

    def died(self):
        """Return the rows ended by death: nothing of the person comes after them."""
        return self.filter(end_reason=Residence.End.DEATH)

    def next_heads(self):
        """Return the current rows of those who may become the head of their household."""
        return self.current().permanent().exclude(relation=Residence.Relation.HEAD)

    def open_on(self, day):
        return self.filter(Q(ended_on=None) | Q(ended_on__gt=day), started_on__lte=day)

    def open_before(self, day):
        """Return the rows that count just before `day` begins: a period's opening stock."""
        return self.filter(Q(ended_on=None) | Q(ended_on__gte=day), started_on__lt=day)

    def started_in(self, period, *, transfers=False):
        """Return the rows that came in during `period` from outside: the ward, or with `transfers`
        (counting a single neighbourhood) the other neighbourhoods too."""
        reasons = [*Residence.Start.external(), *([Residence.Start.TRANSFER] if transfers else [])]
        return self.filter(
            started_on__gte=period.start, started_on__lt=period.end, start_reason__in=reasons
        )

    def ended_in(self, period, *, transfers=False):
        """Return the rows that went out during `period`; `transfers` as in `started_in()`."""
        reasons = [*Residence.End.external(), *([Residence.End.TRANSFER] if transfers else [])]
        return self.filter(
            ended_on__gte=period.start, ended_on__lt=period.end, end_reason__in=reasons
        )

    def overlapping(self, start, end=None):
        """Return the rows that share a day with `[start, end)`, end empty meaning open."""
        rows = self.filter(Q(ended_on=None) | Q(ended_on__gt=start))
        return rows if end is None else rows.filter(started_on__lt=end)

    def expiring(self, on, days):
        """Return current temporary rows whose term ends within `days` of `on` or is over."""
        return self.current().temporary().filter(expires_on__lte=on + dt.timedelta(days=days))

    def overdue(self, on):
        """Return current temporary rows whose term is over: they count until they are ended."""
        return self.current().temporary().filter(expires_on__lt=on)


class Residence(Tracked):
    """One stay of one person: a row of the population's ledger."""

    class Kind(models.TextChoices):
        PERMANENT = "P", "Thường trú"
        TEMPORARY = "T", "Tạm trú"

    class Relation(models.TextChoices):
        HEAD = "HEAD", "Chủ hộ"
        SPOUSE = "SPOUSE", "Vợ, chồng"
        CHILD = "CHILD", "Con đẻ"
        ADOPTED = "ADOPTED", "Con nuôi"
        CHILD_IN_LAW = "CHILD_IN_LAW", "Con dâu, con rể"
        PARENT = "PARENT", "Cha, mẹ"
        PARENT_IN_LAW = "PARENT_IN_LAW", "Cha, mẹ vợ (chồng)"
        GRANDPARENT = "GRANDPARENT", "Ông, bà"
        GRANDCHILD = "GRANDCHILD", "Cháu ruột"
        SIBLING = "SIBLING", "Anh, chị, em ruột"
        NIECE_NEPHEW = "NIECE_NEPHEW", "Cháu (chú, bác)"
        GUARDIAN = "GUARDIAN", "Người giám hộ"
        WARD = "WARD", "Người được giám hộ"
        TENANT = "TENANT", "Ở thuê, ở nhờ"
        OTHER = "OTHER", "Khác"

    class Start(models.TextChoices):
        REGISTRATION = "REGISTRATION", "Đăng ký cư trú"
        ARRIVAL = "ARRIVAL", "Chuyển đến"
        BIRTH = "BIRTH", "Mới sinh"
        EXTENSION = "EXTENSION", "Gia hạn"
        TRANSFER = "TRANSFER", "Chuyển trong phường"
        SPLIT = "SPLIT", "Tách hộ"
        MERGE = "MERGE", "Nhập hộ"
        HEAD_CHANGE = "HEAD_CHANGE", "Đổi chủ hộ"

        @classmethod
        def external(cls):
            return [cls.REGISTRATION, cls.ARRIVAL, cls.BIRTH]

    class End(models.TextChoices):
        DEPARTURE = "DEPARTURE", "Chuyển đi"
        DEATH = "DEATH", "Chết"
        DELETION = "DELETION", "Xoá đăng ký"
        EXTENSION = "EXTENSION", "Gia hạn"
        TRANSFER = "TRANSFER", "Chuyển trong phường"
        SPLIT = "SPLIT", "Tách hộ"
        MERGE = "MERGE", "Nhập hộ"
        HEAD_CHANGE = "HEAD_CHANGE", "Đổi chủ hộ"

        @classmethod
        def external(cls):
            return [cls.DEPARTURE, cls.DEATH, cls.DELETION]

    resident = models.ForeignKey(Resident, models.PROTECT, "residences", verbose_name="nhân khẩu")
    kind = models.CharField("loại cư trú", max_length=1, choices=Kind, default=Kind.PERMANENT)
    household = models.ForeignKey(
        Household, models.PROTECT, "residences", null=True, blank=True, verbose_name="hộ"
    )
    lodging = models.ForeignKey(
        Business,
        models.PROTECT,
        "lodged_residences",
        null=True,
        blank=True,
        verbose_name="cơ sở lưu trú",
    )
    employer = models.ForeignKey(
        Business,
        models.PROTECT,
        "employed_residences",
        null=True,
        blank=True,
        verbose_name="nơi làm việc",
    )
    neighbourhood = models.ForeignKey(
        Neighbourhood, models.PROTECT, "residences", editable=False, verbose_name="tổ dân phố"
    )
    relation = models.CharField("quan hệ với chủ hộ", max_length=15, choices=Relation)
    relation_note = models.CharField("quan hệ khác", max_length=60, blank=True)
    started_on = models.DateField("từ ngày")
    start_reason = models.CharField(
        "lý do bắt đầu", max_length=12, choices=Start, default=Start.REGISTRATION
    )
    expires_on = models.DateField("thời hạn đến", null=True, blank=True)
    ended_on = models.DateField("kết thúc ngày", null=True, blank=True)
    end_reason = models.CharField("lý do kết thúc", max_length=12, choices=End, blank=True)

    objects = ResidenceQuerySet.as_manager()
    owner_code = "resident__code"
    constraint_fields = {
        "residence_ends_after_start": "ended_on",
        "residence_end_has_reason": "end_reason",
        "residence_term_if_temporary": "expires_on",
        "residence_term_after_start": "expires_on",
        "residence_permanent_in_household": "household",
        "residence_temporary_has_host": "household",
        "residence_one_open_permanent": "resident",
        "residence_one_open_temporary": "resident",
        "residence_one_head": "relation",
        "residence_other_relation_named": "relation_note",
    }

    class Meta(Tracked.Meta):
        verbose_name = "cư trú"
        verbose_name_plural = "sổ cư trú"
        ordering = ("-started_on", "-pk")
        indexes = [
            models.Index(
                fields=["kind", "expires_on", "id"],
                name="residence_term",
                condition=Q(ended_on=None),
            ),
            models.Index(
                fields=["household", "relation"],
                name="residence_members",
                condition=Q(ended_on=None),
            ),
            # Stocks of today, and movements since a day or in a period, from the index alone.
            models.Index(
                fields=["kind", "neighbourhood", "ended_on"],
                name="residence_now",
                condition=Q(ended_on=None),
            ),
            models.Index(
                fields=["kind", "started_on", "start_reason", "ended_on", "neighbourhood"],
                name="residence_starts",
            ),
            models.Index(
                fields=["kind", "ended_on", "end_reason", "neighbourhood"],
                name="residence_ends",
                condition=Q(ended_on__isnull=False),
            ),
        ]
        constraints = [
            models.CheckConstraint(
                name="residence_ends_after_start",
                condition=Q(ended_on=None) | Q(ended_on__gte=F("started_on")),
                violation_error_message="Ngày kết thúc không thể trước ngày bắt đầu.",
            ),
            models.CheckConstraint(
                name="residence_end_has_reason",
                condition=Q(ended_on=None, end_reason="")
                | (Q(ended_on__isnull=False) & ~Q(end_reason="")),
                violation_error_message="Ghi cả ngày và lý do kết thúc.",
            ),
            models.CheckConstraint(
                name="residence_term_if_temporary",
                condition=Q(kind="P", expires_on=None) | Q(kind="T", expires_on__isnull=False),
                violation_error_message="Tạm trú phải có thời hạn; thường trú thì không.",
            ),
            models.CheckConstraint(
                name="residence_term_after_start",
                condition=Q(expires_on=None) | Q(expires_on__gt=F("started_on")),
                violation_error_message="Thời hạn phải sau ngày bắt đầu.",
            ),
            models.CheckConstraint(
                name="residence_permanent_in_household",
                condition=~Q(kind="P") | Q(household__isnull=False),
                violation_error_message="Thường trú phải thuộc một hộ.",
            ),
            models.CheckConstraint(
                name="residence_temporary_has_host",
                condition=Q(household__isnull=False)
                | Q(lodging__isnull=False)
                | Q(employer__isnull=False),
                violation_error_message="Ghi nơi ở: một hộ, một cơ sở lưu trú hoặc nơi làm việc.",
            ),
            models.CheckConstraint(
                name="residence_other_relation_named",
                condition=~Q(relation="OTHER") | ~Q(relation_note=""),
                violation_error_message="Ghi rõ quan hệ khác là gì.",
            ),
            models.UniqueConstraint(
                name="residence_one_open_permanent",
                fields=["resident"],
                condition=Q(kind="P", ended_on=None),
                violation_error_message="Người này đang thường trú ở một hộ khác.",
            ),
            models.UniqueConstraint(
                name="residence_one_open_temporary",
                fields=["resident"],
                condition=Q(kind="T", ended_on=None),
                violation_error_message="Người này đang có một đăng ký tạm trú.",
            ),
            models.UniqueConstraint(
                name="residence_one_head",
                fields=["household"],
                condition=Q(relation="HEAD", ended_on=None),
                violation_error_message="Hộ đã có chủ hộ.",
            ),
        ]

    def __str__(self):
        return f"{self.get_kind_display()} từ {text.format_date(self.started_on)}"

    def get_absolute_url(self):
        return self.resident.get_absolute_url()

    def relation_label(self):
        if self.relation == self.Relation.OTHER:
            return self.relation_note
        return self.get_relation_display()

    def host(self):
        """Return where the person stays: household, lodging or employer."""
        return self.household or self.lodging or self.employer

    def badge(self, on):
        """Return how the stay stands on the day `on`: `(tone, word)`."""
        if self.ended_on and self.ended_on <= on:
            return "mute", f"Đã kết thúc {text.format_date(self.ended_on)}"
        if self.kind == self.Kind.PERMANENT:
            return "ok", "Thường trú"
        left = (self.expires_on - on).days
        if left < 0:
            return "late", f"Tạm trú · quá hạn {-left} ngày"
        if left <= 30:
            return "due", f"Tạm trú · còn {left} ngày"
        return "ok", "Tạm trú"


class StayNoticeQuerySet(RecordQuerySet):
    def for_list(self):
        return self.select_related("household", "lodging", "neighbourhood")

    def unconfirmed(self):
        return self.filter(confirmed_at=None)

    def late(self):
        """Return the notices that came after the hour the law sets."""
        return self.filter(notified_at__gt=F("due_at"))

    def arrived_in(self, period):
        return self.filter(arrived_at__gte=period.start_at, arrived_at__lt=period.end_at)


class StayNotice(DeskRecord):
    """Notice that somebody stays overnight, less than 30 days (lưu trú).

    Due before 23:00 of the first day; for arrivals after 23:00 before 08:00 of the next day.
    Content: name, birth, number, reason, period, address. Source: Luật Cư trú Điều 30 as amended by
    Luật 118/2025/QH15.
    """

    class Channel(models.TextChoices):
        IN_PERSON = "in_person", "Trực tiếp"
        PHONE = "phone", "Điện thoại"
        ONLINE = "online", "VNeID, cổng dịch vụ công"

    guest_name = models.CharField("họ và tên khách", max_length=100)
    birth_date = models.DateField("ngày sinh")
    birth_precision = models.CharField(
        max_length=1,
        choices=Resident.Precision,
        default=Resident.Precision.DAY,
        verbose_name="độ rõ ngày sinh",
    )
    id_number = models.CharField("số định danh, hộ chiếu", max_length=20, blank=True)
    reason = models.CharField("lý do lưu trú", max_length=100)
    arrived_at = models.DateTimeField("đến lúc")
    leaves_on = models.DateField("dự kiến đi ngày")
    household = models.ForeignKey(
        Household, models.PROTECT, "stay_notices", null=True, blank=True, verbose_name="hộ"
    )
    lodging = models.ForeignKey(
        Business,
        models.PROTECT,
        "stay_notices",
        null=True,
        blank=True,
        verbose_name="cơ sở lưu trú",
    )
    neighbourhood = models.ForeignKey(
        Neighbourhood, models.PROTECT, "stay_notices", editable=False, verbose_name="tổ dân phố"
    )
    channel = models.CharField(
        "hình thức", max_length=10, choices=Channel, default=Channel.IN_PERSON
    )
    notified_at = models.DateTimeField("thông báo lúc", default=timezone.now)
    due_at = models.DateTimeField("hạn thông báo", editable=False)
    confirmed_at = models.DateTimeField("xác nhận lúc", null=True, editable=False)

    objects = StayNoticeQuerySet.as_manager()
    code_prefix = "LT"
    code_width = 6
    number_fields = ("id_number",)
    secret_fields = ("id_number",)
    masks = {"id_number": text.mask_id}
    derived_from = ("guest_name", "arrived_at", "household", "lodging")
    constraint_fields = {"stay_notice_one_host": "household"}

    class Meta(DeskRecord.Meta):
        verbose_name = "thông báo lưu trú"
        verbose_name_plural = "thông báo lưu trú"
        indexes = [
            models.Index(fields=["-arrived_at", "-id"], name="stay_notice_order"),
            models.Index(fields=["neighbourhood", "-arrived_at"], name="stay_notice_by_area"),
            models.Index(
                fields=["arrived_at"], name="stay_notice_open", condition=Q(confirmed_at=None)
            ),
            models.Index(fields=["id_number"], name="stay_notice_id_number"),
            folded_index("stay_notice_search"),
        ]
        constraints = [
            models.CheckConstraint(
                name="stay_notice_one_host",
                condition=Q(household__isnull=False, lodging=None)
                | Q(household=None, lodging__isnull=False),
                violation_error_message="Ghi một nơi: hoặc hộ, hoặc cơ sở lưu trú.",
            ),
        ]

    def __str__(self):
        return f"{self.code} · {self.guest_name}"

    @staticmethod
    def due(arrived_at):
        """Return until when a stay that began at `arrived_at` must be notified (Điều 30.3)."""
        local = timezone.localtime(arrived_at)
        day_end = local.replace(hour=23, minute=0, second=0, microsecond=0)
        if local < day_end:
            return day_end
        return day_end.replace(hour=8) + dt.timedelta(days=1)

    def clean(self):
        if self.arrived_at and self.leaves_on:
            nights = (self.leaves_on - timezone.localdate(self.arrived_at)).days
            if nights < 0:
                raise ValidationError({"leaves_on": "Ngày đi không thể trước ngày đến."})
            if nights >= 30:
                raise ValidationError(
                    {"leaves_on": "Ở từ 30 ngày trở lên thì đăng ký tạm trú, không phải lưu trú."}
                )

    def search_parts(self):
        return self.guest_name, ()

    @staticmethod
    def make_sort_key(name):
        return text.sort_key(name)

    def fill(self):
        super().fill()
        host = self.household or self.lodging
        if host:
            self.neighbourhood_id = host.neighbourhood_id
        if self.arrived_at:
            self.due_at = self.due(self.arrived_at)

    def filled_fields(self):
        return (*super().filled_fields(), "due_at", "neighbourhood")

    def birth(self):
        return text.format_birth(self.birth_date, self.birth_precision)

    birth.label = "ngày sinh"

    def host(self):
        return self.household or self.lodging

    host.label = "nơi lưu trú"

    def masked_id_number(self):
        return self.masked("id_number")

    @property
    def is_late(self):
        return self.notified_at > self.due_at

    def badge(self):
        if not self.confirmed_at:
            return "due", "Chưa xác nhận"
        return ("late", "Báo trễ") if self.is_late else ("ok", "Đã xác nhận")

    def standing(self):
        return self.badge()[1]

    standing.label = "tình trạng"
