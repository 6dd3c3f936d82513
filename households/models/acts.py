"""What officers did to the ledger: one row an act, the key to undo it and to tell the history.

An act owns the ledger rows it started and ended (`Residence.started_by`, `.ended_by`), the people
and the households it brought in or closed. Undoing takes back exactly those.
"""

from django.db import models
from django.db.models import F, Q

from households.models.population import Household, Residence
from kylien.accounts.models import Role, User
from kylien.areas.models import Neighbourhood
from kylien.core.models import Record, RecordQuerySet, Tracked
from kylien.core.search_index import folded_index


class ResidenceActQuerySet(RecordQuerySet):
    def for_list(self):
        return self.select_related("household", "neighbourhood", "done_by")

    def standing(self):
        """Return the acts that were not undone."""
        return self.filter(undone_at=None)

    def unsynchronised(self):
        """Return the standing acts that the national system does not know of yet."""
        return self.standing().filter(synchronised_on=None)

    def of_household(self, household):
        return self.filter(Q(household=household) | Q(other_household=household))


class ResidenceAct(Record):
    """One act on the ledger of residence, by whom and from which day, with its national file."""

    class Kind(models.TextChoices):
        FOUNDING = "FOUNDING", "Lập hộ"
        PERMANENT = "PERMANENT", "Đăng ký thường trú"
        TEMPORARY = "TEMPORARY", "Đăng ký tạm trú"
        EXTENSION = "EXTENSION", "Gia hạn tạm trú"
        ENDING = "ENDING", "Xoá đăng ký cư trú"
        BIRTH = "BIRTH", "Nhập sinh"
        DEATH = "DEATH", "Khai tử"
        TRANSFER = "TRANSFER", "Chuyển trong phường"
        LEAVING = "LEAVING", "Chuyển khỏi phường"
        RETURN = "RETURN", "Trở về"
        SPLIT = "SPLIT", "Tách hộ"
        MERGE = "MERGE", "Nhập hộ"
        HEAD_CHANGE = "HEAD_CHANGE", "Đổi chủ hộ"

    kind = models.CharField("việc", max_length=12, choices=Kind)
    happened_on = models.DateField("có hiệu lực từ")
    household = models.ForeignKey(
        Household, models.PROTECT, "acts", null=True, blank=True, verbose_name="hộ"
    )
    other_household = models.ForeignKey(
        Household, models.PROTECT, "acts_elsewhere", null=True, blank=True, verbose_name="hộ kia"
    )
    neighbourhood = models.ForeignKey(
        Neighbourhood, models.PROTECT, "residence_acts", verbose_name="tổ dân phố"
    )
    summary = models.CharField("nội dung", max_length=500)
    people = models.PositiveSmallIntegerField("số người", default=0)
    place = models.CharField("nơi đến, nơi đi", max_length=200, blank=True)
    file_number = models.CharField(
        "mã hồ sơ",
        max_length=40,
        blank=True,
        help_text="Mã trên Cổng dịch vụ công hoặc CSDL cư trú.",
    )
    synchronised_on = models.DateField("đã cập nhật CSDL ngày", null=True, blank=True)
    done_by = models.ForeignKey(
        User, models.PROTECT, "+", null=True, editable=False, verbose_name="người làm"
    )
    undone_at = models.DateTimeField("hoàn tác lúc", null=True, editable=False)
    undone_by = models.ForeignKey(
        User, models.PROTECT, "+", null=True, editable=False, verbose_name="người hoàn tác"
    )
    undo_reason = models.CharField("lý do hoàn tác", max_length=200, blank=True, editable=False)

    objects = ResidenceActQuerySet.as_manager()
    code_prefix = "BD"
    code_width = 6
    derived_from = ("summary", "file_number")
    constraint_fields = {"residence_act_undone_with_reason": "undo_reason"}

    class Meta(Record.Meta):
        verbose_name = "biến động"
        verbose_name_plural = "biến động cư trú"
        indexes = [
            models.Index(fields=["-happened_on", "-id"], name="residence_act_order"),
            models.Index(fields=["neighbourhood", "-happened_on"], name="residence_act_by_area"),
            models.Index(
                fields=["neighbourhood"],
                name="residence_act_unsynced",
                condition=Q(synchronised_on=None, undone_at=None),
            ),
            folded_index("residence_act_search"),
        ]
        constraints = [
            models.CheckConstraint(
                name="residence_act_undone_with_reason",
                condition=Q(undone_at=None, undo_reason="")
                | (Q(undone_at__isnull=False) & ~Q(undo_reason="")),
                violation_error_message="Hoàn tác phải ghi lý do.",
            ),
        ]

    def __str__(self):
        return f"{self.code} · {self.get_kind_display()}"

    def search_parts(self):
        homes = [home.code for home in (self.household, self.other_household) if home]
        return "", (self.summary, self.file_number, *homes)

    @staticmethod
    def make_sort_key(name):
        return ""

    def badge(self):
        if self.undone_at:
            return "mute", "Đã hoàn tác"
        return ("ok", "Đã đồng bộ") if self.synchronised_on else ("due", "Chưa đồng bộ")

    def standing(self):
        return self.badge()[1]

    standing.label = "tình trạng"

    def author(self):
        return self.done_by.full_name_label if self.done_by_id else "—"

    author.label = "người làm"


class TransferRequestQuerySet(RecordQuerySet):
    def in_scope(self, scope):
        """A transfer between two beats concerns both officers."""
        if scope.whole_ward:
            return self.all()
        areas = scope.neighbourhood_ids
        return self.filter(Q(neighbourhood__in=areas) | Q(to_neighbourhood__in=areas))

    def for_list(self):
        return self.select_related("neighbourhood", "to_neighbourhood", "act")

    def open(self):
        return self.filter(decided_at=None)

    def to_decide(self, user):
        """Return the open transfers that `user` may confirm: the chief all, an area officer those
        into his neighbourhoods."""
        rows = self.open()
        if user.has_role(Role.CHIEF):
            return rows
        return rows.filter(to_neighbourhood__in=user.scope.neighbourhood_ids)

    def asked_by_beat(self, user):
        """Return the transfers that `user` may take back: those out of his neighbourhoods."""
        if user.has_role(Role.CHIEF):
            return self.all()
        return self.filter(neighbourhood__in=user.scope.neighbourhood_ids)


class TransferRequest(Record):
    """A move of people into another officer's beat, until that officer or the chief decides.

    Nothing in the ledger changes before he confirms and names the household.
    """

    class Decision(models.TextChoices):
        CONFIRMED = "confirmed", "Đã nhận"
        REFUSED = "refused", "Không nhận"
        WITHDRAWN = "withdrawn", "Đã rút"

    household = models.ForeignKey(
        Household,
        models.PROTECT,
        "transfer_requests",
        null=True,
        blank=True,
        verbose_name="từ hộ",
    )
    neighbourhood = models.ForeignKey(
        Neighbourhood, models.PROTECT, "transfers_out", verbose_name="từ tổ dân phố"
    )
    to_neighbourhood = models.ForeignKey(
        Neighbourhood, models.PROTECT, "transfers_in", verbose_name="đến tổ dân phố"
    )
    address = models.CharField("địa chỉ nơi đến", max_length=200)
    starts_on = models.DateField("từ ngày")
    names = models.CharField("người chuyển", max_length=500)
    file_number = models.CharField("mã hồ sơ", max_length=40, blank=True)
    asked_by = models.ForeignKey(
        User, models.PROTECT, "+", null=True, editable=False, verbose_name="người đề nghị"
    )
    decision = models.CharField("kết quả", max_length=10, choices=Decision, blank=True)
    decided_at = models.DateTimeField("trả lời lúc", null=True, blank=True)
    decided_by = models.ForeignKey(
        User, models.PROTECT, "+", null=True, blank=True, verbose_name="người trả lời"
    )
    answer = models.CharField("lý do không nhận", max_length=200, blank=True)
    act = models.ForeignKey(
        ResidenceAct,
        models.PROTECT,
        "transfer_requests",
        null=True,
        blank=True,
        verbose_name="biến động",
    )

    objects = TransferRequestQuerySet.as_manager()
    code_prefix = "CH"
    code_width = 6
    derived_from = ("names", "address")
    constraint_fields = {
        "transfer_request_elsewhere": "to_neighbourhood",
        "transfer_request_decided_whole": "decision",
    }

    class Meta(Record.Meta):
        verbose_name = "đề nghị chuyển"
        verbose_name_plural = "chuyển giữa hai địa bàn"
        default_permissions = ("view", "export")  # written by acts of a household
        indexes = [
            models.Index(
                fields=["to_neighbourhood"],
                name="transfer_request_open",
                condition=Q(decided_at=None),
            ),
            folded_index("transfer_request_search"),
        ]
        constraints = [
            models.CheckConstraint(
                name="transfer_request_elsewhere",
                condition=~Q(to_neighbourhood=F("neighbourhood")),
                violation_error_message="Nơi đến ở cùng tổ dân phố: chuyển thẳng, không cần nhận.",
            ),
            models.CheckConstraint(
                name="transfer_request_decided_whole",
                condition=Q(decided_at=None, decision="")
                | (Q(decided_at__isnull=False) & ~Q(decision="")),
                violation_error_message="Trả lời phải có kết quả và thời điểm.",
            ),
        ]

    def __str__(self):
        return f"{self.code} · {self.names}"

    def search_parts(self):
        return "", (self.names, self.address)

    @staticmethod
    def make_sort_key(name):
        return ""

    def badge(self):
        if not self.decision:
            return "due", "Chờ nhận"
        if self.act and self.act.undone_at:
            return "mute", "Đã nhận, sau đó hoàn tác"
        tone = "ok" if self.decision == self.Decision.CONFIRMED else "mute"
        return tone, self.get_decision_display()

    def standing(self):
        return self.badge()[1]

    standing.label = "tình trạng"


class TransferMember(Tracked):
    """One person of a transfer request, by the stay that would end; `open` until it is decided."""

    request = models.ForeignKey(
        TransferRequest, models.PROTECT, "members", verbose_name="đề nghị chuyển"
    )
    residence = models.ForeignKey(
        Residence, models.PROTECT, "transfers_asked", verbose_name="cư trú"
    )
    open = models.BooleanField("chờ trả lời", default=True)

    scope_lookup = "request__neighbourhood"
    owner_code = "request__code"
    constraint_fields = {"transfer_member_one_open": "residence"}

    class Meta(Tracked.Meta):
        verbose_name = "người trong đề nghị chuyển"
        verbose_name_plural = "người trong đề nghị chuyển"
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                name="transfer_member_one_open",
                fields=["residence"],
                condition=Q(open=True),
                violation_error_message="Người này đang có một đề nghị chuyển chưa trả lời.",
            ),
        ]

    def __str__(self):
        return str(self.residence)
