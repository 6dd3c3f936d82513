"""Households, the people in them, and where they live and have lived.

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

from businesses.models import Business
from kylien.areas.models import Neighbourhood
from kylien.core import text
from kylien.core.models import Record, RecordQuerySet, Tracked, TrackedQuerySet
from kylien.core.search_index import folded_index

ACT = "households.ResidenceAct"


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
    # The acts that founded and closed it; what they did can be undone by them alone.
    opened_by = models.ForeignKey(
        ACT, models.PROTECT, "households_opened", null=True, editable=False
    )
    dissolved_by = models.ForeignKey(
        ACT, models.PROTECT, "households_closed", null=True, editable=False
    )

    objects = HouseholdQuerySet.as_manager()
    code_prefix = "H"
    unrecorded_fields = (*Record.unrecorded_fields, "opened_by", "dissolved_by")
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
        stored = Household.objects.values_list("neighbourhood_id", "dissolved_on")
        kept, dissolved_on = stored.get(pk=self.pk)
        if dissolved_on and not self.dissolved_on:
            errors["dissolved_on"] = (
                "Hộ đã xoá thì không mở lại ở đây: hoàn tác việc đã xoá hộ, hoặc lập hộ mới."
            )
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


def _years(born, day):
    """Return the whole years from `born` to `day`, 0 before it."""
    return max(day.year - born.year - ((day.month, day.day) < (born.month, born.day)), 0)


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
            .only(*shown, "same_as", "neighbourhood__name")
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
    old_id = models.CharField("số CMND cũ", max_length=9, blank=True)
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
    folded_name = models.CharField(editable=False, default="", max_length=200)
    # An alias: the same person as another row, which keeps all links (see DuplicatePair).
    same_as = models.ForeignKey(
        "self", models.PROTECT, "aliases", null=True, editable=False, verbose_name="trùng với"
    )
    entered_by = models.ForeignKey(
        ACT, models.PROTECT, "residents_entered", null=True, editable=False
    )

    objects = ResidentQuerySet.as_manager()
    code_prefix = "NK"
    code_width = 6
    number_fields = ("citizen_id", "old_id", "phone")
    secret_fields = ("citizen_id", "old_id", "phone", "birth_date")
    unrecorded_fields = (
        *Record.unrecorded_fields,
        "present",
        "residence_kind",
        "neighbourhood",
        "folded_name",
        "entered_by",
    )
    masks = {
        "citizen_id": text.mask_id,
        "old_id": text.mask_id,
        "phone": text.mask_phone,
        "birth_date": text.mask_birth,
    }
    derived_from = ("full_name",)
    constraint_fields = {
        "resident_citizen_id_once": "citizen_id",
        "resident_citizen_id_length": "citizen_id",
        "resident_old_id_length": "old_id",
        "resident_not_own_alias": "same_as",
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
            # What duplicates are looked for by (see matching.blocking_keys).
            models.Index(fields=["old_id"], name="resident_old_id"),
            models.Index(fields=["folded_name"], name="resident_folded_name"),
            models.Index(fields=["birth_date"], name="resident_birth_date"),
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
            models.CheckConstraint(
                name="resident_old_id_length",
                condition=Q(old_id="") | Q(Exact(Length("old_id"), 9)),
                violation_error_message="Số CMND cũ có đúng 9 chữ số.",
            ),
            models.CheckConstraint(
                name="resident_not_own_alias",
                condition=Q(same_as=None) | ~Q(same_as=F("id")),
                violation_error_message="Một người không thể trùng với chính mình.",
            ),
        ]

    def __str__(self):
        return self.full_name

    def search_parts(self):
        return self.full_name, ()

    @staticmethod
    def make_sort_key(name):
        return text.sort_key(name)

    def fill(self):
        super().fill()
        self.folded_name = text.fold(self.full_name)

    def filled_fields(self):
        return (*super().filled_fields(), "folded_name")

    def clean(self):
        if self.pk and self.birth_date:
            first = self.residences.aggregate(first=Min("started_on"))["first"]
            if first and self.birth_date > first:
                day = text.format_date(first)
                raise ValidationError({"birth_date": f"Đã cư trú từ {day}: không thể sinh sau đó."})

    def birth(self):
        """Return the birth as the page may show it: the year, or all that is known."""
        if self.in_full:
            return text.format_birth(self.birth_date, self.birth_precision)
        return self.masked("birth_date")

    birth.label = "sinh"

    def age_on(self, day):
        """Return the age on `day` in words: "50", or "77–78" where only the year is known."""
        born = self.birth_date
        last = {
            self.Precision.DAY: born,
            self.Precision.MONTH: born.replace(day=28),
            self.Precision.YEAR: born.replace(month=12, day=31),
        }[self.birth_precision]
        oldest, youngest = _years(born, day), _years(last, day)
        return f"{oldest}" if oldest == youngest else f"{youngest}–{oldest}"

    def oldest_on(self, day):
        """Return the whole years that somebody born when it is known has at most on `day`."""
        return _years(self.birth_date, day)

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
        if self.same_as_id:
            return "mute", "Bản ghi trùng"
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
        """Return the current rows of those who may become the head of their household: its
        permanent members before those who stay for a time."""
        return self.current().exclude(relation=Residence.Relation.HEAD).order_by("kind", "pk")

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
    end_ground = models.ForeignKey(
        "households.EndGround",
        models.PROTECT,
        "residences",
        null=True,
        blank=True,
        verbose_name="căn cứ kết thúc",
    )
    started_by = models.ForeignKey(ACT, models.PROTECT, "started", null=True, editable=False)
    ended_by = models.ForeignKey(ACT, models.PROTECT, "ended", null=True, editable=False)

    objects = ResidenceQuerySet.as_manager()
    owner_code = "resident__code"
    unrecorded_fields = (*Tracked.unrecorded_fields, "started_by", "ended_by")
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

    def badge_on(self, day):
        """Return what the stay was on a past `day`, whatever became of it: `(tone, word)`."""
        if self.kind == self.Kind.TEMPORARY and self.expires_on < day:
            return "late", "Tạm trú · quá hạn"
        return "ok", self.get_kind_display()

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
