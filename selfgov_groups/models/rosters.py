"""A group's roster checked by hand: what the head marked on paper, line by line."""

from django.db import models
from django.db.models import Count, Exists, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from households.models import Household, Residence, ResidenceAct
from kylien.core.models import Record, RecordQuerySet, Tracked, TrackedQuerySet
from selfgov_groups.models.groups import SelfManagedGroup
from selfgov_groups.models.life import check_life


class RosterQuerySet(RecordQuerySet):
    def for_list(self):
        """Return the rows with how many changes were marked and how many are still to decide."""
        lines = RosterLine.objects.filter(roster=OuterRef("pk")).order_by().values("roster")
        waiting = lines.filter(state="open")
        return self.select_related("group__neighbourhood", "created_by").annotate(
            line_count=Coalesce(Subquery(lines.annotate(n=Count("pk")).values("n")), 0),
            open_count=Coalesce(Subquery(waiting.annotate(n=Count("pk")).values("n")), 0),
        )

    def undecided_first(self):
        """Say of each row whether it `waits`, to order by."""
        waiting = RosterLine.objects.filter(roster=OuterRef("pk"), state="open")
        return self.annotate(waits=Exists(waiting))

    def look_up(self, query, *, partial_numbers=False):
        """Search by the check's code, or by what its group is called today."""
        groups = SelfManagedGroup.objects.search(query).order_by()
        found = self.search(query).order_by()
        return self.filter(Q(pk__in=found.values("pk")) | Q(group__in=groups.values("pk")))

    def undecided(self):
        """Return the checks that still hold lines to decide."""
        lines = RosterLine.objects.filter(state="open").order_by()
        return self.filter(pk__in=lines.values("roster"))

    def unchanged(self):
        """Return the checks that found nothing to change."""
        return self.exclude(pk__in=RosterLine.objects.order_by().values("roster"))

    def decided(self):
        """Return the checks all of whose changes were decided."""
        lines, waiting = RosterLine.objects.order_by(), self.undecided().order_by()
        return self.filter(pk__in=lines.values("roster")).exclude(pk__in=waiting.values("pk"))


class RosterCheck(Record):
    """A roster that came back from a group's head on a day, with the changes he marked."""

    group = models.ForeignKey(
        SelfManagedGroup, models.PROTECT, "rosters", verbose_name="tổ liên gia"
    )
    checked_on = models.DateField("ngày rà soát")
    created_by = models.ForeignKey(
        "accounts.User", models.PROTECT, "+", null=True, editable=False, verbose_name="người nhập"
    )
    note = models.CharField("ghi chú", max_length=300, blank=True)

    objects = RosterQuerySet.as_manager()
    code_prefix = "RS"
    scope_lookup = "group__neighbourhood"

    class Meta(Record.Meta):
        verbose_name = "lần rà soát"
        verbose_name_plural = "rà soát danh sách tổ"
        default_permissions = ("view", "add", "change")
        indexes = [models.Index(fields=["group", "-checked_on"], name="roster_of_group")]

    def __str__(self):
        return f"{self.code} · {self.group.name}"

    def clean(self):
        check_life(self, "checked_on")

    def search_parts(self):
        return self.group.name, ()

    def progress(self):
        """Return how far the marked changes were decided (`for_list`): `(tone, word)`."""
        if self.open_count:
            return "due", f"{self.open_count} chờ xét"
        return ("ok", "Đã xét hết") if self.line_count else ("mute", "Không thay đổi")


class RosterLine(Tracked):
    """A change that the head marked: about a stay, or about a household (somebody new).

    Accepted, it becomes a residence act; refused, the reason stays.
    """

    class Change(models.TextChoices):
        LEFT = "left", "Đã chuyển đi"
        DIED = "died", "Đã chết"
        ENDED = "ended", "Thôi tạm trú"
        NEW = "new", "Có người mới"

    class State(models.TextChoices):
        OPEN = "open", "Chờ xét"
        ACCEPTED = "accepted", "Đã nhận"
        REFUSED = "refused", "Không nhận"

    roster = models.ForeignKey(RosterCheck, models.PROTECT, "lines", verbose_name="lần rà soát")
    household = models.ForeignKey(Household, models.PROTECT, "roster_lines", verbose_name="hộ")
    residence = models.ForeignKey(
        Residence, models.PROTECT, "roster_lines", null=True, blank=True, verbose_name="nhân khẩu"
    )
    change = models.CharField("thay đổi", max_length=10, choices=Change)
    happened_on = models.DateField("từ ngày")
    note = models.CharField("ghi chú", max_length=200, blank=True)
    state = models.CharField(
        "tình trạng", max_length=10, choices=State, default=State.OPEN, editable=False
    )
    act = models.ForeignKey(
        ResidenceAct,
        models.PROTECT,
        "roster_lines",
        null=True,
        editable=False,
        verbose_name="biến động",
    )
    refusal = models.CharField("lý do không nhận", max_length=200, blank=True)
    answer = models.CharField("ghi chú khi nhận", max_length=200, blank=True, editable=False)
    decided_at = models.DateTimeField("xét lúc", null=True, editable=False)

    objects = TrackedQuerySet.as_manager()
    owner_code = "roster__code"
    scope_lookup = "roster__group__neighbourhood"
    constraint_fields = {
        "roster_line_about_somebody": "residence",
        "roster_line_decided": "refusal",
        "roster_line_once": "residence",
    }

    class Meta(Tracked.Meta):
        verbose_name = "dòng rà soát"
        verbose_name_plural = "dòng rà soát"
        default_permissions = ("view", "change")
        ordering = ("pk",)
        constraints = [
            models.CheckConstraint(
                name="roster_line_about_somebody",
                condition=Q(change="new", residence=None)
                | ~Q(change="new") & Q(residence__isnull=False),
                violation_error_message="Chọn nhân khẩu; người mới thì chọn hộ.",
            ),
            models.CheckConstraint(
                name="roster_line_decided",
                condition=(
                    Q(state="open", decided_at=None, refusal="")
                    | Q(state="accepted", decided_at__isnull=False, refusal="")
                    | Q(state="refused", decided_at__isnull=False) & ~Q(refusal="")
                ),
                violation_error_message="Không nhận thì ghi lý do.",
            ),
            models.UniqueConstraint(
                name="roster_line_once",
                fields=["roster", "residence"],
                condition=Q(residence__isnull=False),
                violation_error_message="Nhân khẩu này đã có một dòng.",
            ),
        ]

    def __str__(self):
        return self.get_change_display()

    def state_badge(self):
        tone = {"open": "due", "accepted": "ok", "refused": "mute"}[self.state]
        return tone, self.get_state_display()
