"""Disposals: proposed by one person, confirmed by a second, and minuted."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from kylien.core.models import Record, RecordQuerySet, Tracked, TrackedQuerySet
from retention.models.rules import Outcome, RecordType, period_in_words


class StationsOwn:
    """Rows of the station: none lies in a neighbourhood."""

    def in_scope(self, scope):
        return self.all() if scope.whole_ward else self.none()


class DisposalQuerySet(StationsOwn, RecordQuerySet):
    def for_list(self):
        return self.select_related("proposed_by", "decided_by").prefetch_related("parts")

    def waiting(self):
        """Return the disposals that nobody has decided on yet."""
        return self.filter(state=Disposal.State.PROPOSED)


class Disposal(Record):
    """Rows past their period, to be deleted or blanked together, with who wanted it and who agreed.

    Once decided it is the minutes of what was done, and stays.
    """

    class State(models.TextChoices):
        PROPOSED = "proposed", "Chờ xác nhận"
        DONE = "done", "Đã tiêu huỷ"
        REFUSED = "refused", "Không tiêu huỷ"

    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        "+",
        editable=False,
        verbose_name="người đề xuất",
    )
    proposed_on = models.DateField("đề xuất ngày", editable=False)
    note = models.CharField("ghi chú", max_length=300, blank=True)
    state = models.CharField(
        "tình trạng", max_length=10, choices=State, default=State.PROPOSED, editable=False
    )
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        "+",
        null=True,
        editable=False,
        verbose_name="người xác nhận",
    )
    decided_on = models.DateField("xác nhận ngày", null=True, editable=False)
    refusal = models.CharField("lý do không tiêu huỷ", max_length=300, blank=True)

    objects = DisposalQuerySet.as_manager()
    code_prefix = "TH"
    derived_from = ("note",)
    constraint_fields = {
        "disposal_two_people": "decided_by",
        "disposal_decided_by_somebody": "decided_by",
        "disposal_refused_with_reason": "refusal",
    }

    class Meta(Record.Meta):
        verbose_name = "đợt tiêu huỷ"
        verbose_name_plural = "đợt tiêu huỷ"
        default_permissions = ("view", "add", "change", "export", "confirm")
        indexes = [models.Index(fields=["-proposed_on", "-id"], name="disposal_order")]
        constraints = [
            models.CheckConstraint(
                name="disposal_two_people",
                condition=~Q(state="done")
                | Q(decided_by__isnull=False) & ~Q(decided_by=F("proposed_by")),
                violation_error_message="Người đề xuất không tự xác nhận: cần người thứ hai.",
            ),
            models.CheckConstraint(
                name="disposal_decided_by_somebody",
                condition=Q(state="proposed", decided_by=None, decided_on=None)
                | ~Q(state="proposed") & Q(decided_by__isnull=False, decided_on__isnull=False),
                violation_error_message="Đã quyết định thì ghi ai, ngày nào.",
            ),
            models.CheckConstraint(
                name="disposal_refused_with_reason",
                condition=Q(state="refused") & ~Q(refusal="") | ~Q(state="refused") & Q(refusal=""),
                violation_error_message="Không tiêu huỷ thì ghi lý do.",
            ),
        ]

    def search_parts(self):
        return "", (self.note,)

    @staticmethod
    def make_sort_key(name):
        return ""

    @property
    def is_open(self):
        return self.state == self.State.PROPOSED

    def badge(self):
        """Return how it stands: `(tone, word)`."""
        tones = {self.State.PROPOSED: "due", self.State.DONE: "ok"}
        return tones.get(self.state, "mute"), self.get_state_display()

    def types_label(self):
        """Return the types of record in it, as one text."""
        return "; ".join(part.get_record_type_display() for part in self.parts.all())

    def rows_count(self):
        """Return how many rows were disposed of; as long as it is open, how many it names."""
        return sum(part.count for part in self.parts.all())


class DisposalPartQuerySet(StationsOwn, TrackedQuerySet):
    """Parts of disposals."""


class DisposalPart(Tracked):
    """The rows of one type in a disposal, by key and code alone, under the rule that held then.

    `rows` lists `[key, code, day]`, the day as ISO text; `left` lists `[code, why]` of those that
    stay after all.
    """

    disposal = models.ForeignKey(
        Disposal, models.PROTECT, "parts", verbose_name="đợt tiêu huỷ", editable=False
    )
    record_type = models.CharField("loại dữ liệu", max_length=20, choices=RecordType)
    outcome = models.CharField("việc làm", max_length=10, choices=Outcome)
    months = models.PositiveSmallIntegerField("giữ bao nhiêu tháng")
    legal_basis = models.CharField("căn cứ", max_length=200)
    rows = models.JSONField("các dòng", default=list)
    left = models.JSONField("còn để lại", default=list, blank=True)

    objects = DisposalPartQuerySet.as_manager()
    owner_code = "disposal__code"
    constraint_fields = {"disposal_part_once": "record_type"}

    class Meta(Tracked.Meta):
        verbose_name = "phần của đợt tiêu huỷ"
        verbose_name_plural = "phần của đợt tiêu huỷ"
        default_permissions = ("view",)
        ordering = ("pk",)
        constraints = [
            models.UniqueConstraint(
                name="disposal_part_once",
                fields=["disposal", "record_type"],
                violation_error_message="Loại này đã có trong đợt.",
            ),
        ]

    def __str__(self):
        return self.get_record_type_display()

    @property
    def period(self):
        return period_in_words(self.months)

    @property
    def count(self):
        """Return how many rows go; once it is done, how many went."""
        return len(self.rows) - len(self.left)

    def codes(self):
        """Return the codes of the rows that go, in their order; once it is done, that went."""
        stays = {code for code, _ in self.left}
        return [code for _, code, _ in self.rows if code not in stays]
