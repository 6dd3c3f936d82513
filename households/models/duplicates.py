"""Two rows that may be one person: proposed by the portal, decided by an officer, remembered."""

from django.db import models
from django.db.models import F, Q

from households.models.population import Resident
from kylien.accounts.models import User
from kylien.core.models import Tracked, TrackedQuerySet


class DuplicatePairQuerySet(TrackedQuerySet):
    def in_scope(self, scope):
        """An officer decides where both people are his; the rest is the chief's and the clerk's."""
        if scope.whole_ward:
            return self.all()
        areas = scope.neighbourhood_ids
        return self.filter(first__neighbourhood__in=areas, second__neighbourhood__in=areas)

    def for_list(self):
        return self.select_related("first__neighbourhood", "second__neighbourhood", "decided_by")

    def open(self):
        return self.filter(decision="")


class DuplicatePair(Tracked):
    """A possible duplicate; `first` is the older row. Decided *different*, it is not asked again.

    Decided *same*, `second` has become an alias of `first` or the other way round, and `moved`
    names what went over (`{"residences": [pk, ...], "absences": [...], "fields": [...]}`), so that
    the decision can be taken back.
    """

    class Decision(models.TextChoices):
        SAME = "same", "Cùng một người"
        DIFFERENT = "different", "Hai người khác nhau"

    first = models.ForeignKey(Resident, models.PROTECT, "+", verbose_name="người thứ nhất")
    second = models.ForeignKey(Resident, models.PROTECT, "+", verbose_name="người thứ hai")
    certain = models.BooleanField("gần như chắc chắn", default=False)
    reasons = models.CharField("vì sao", max_length=300, blank=True)
    decision = models.CharField("kết luận", max_length=10, choices=Decision, blank=True)
    decided_by = models.ForeignKey(
        User, models.PROTECT, "+", null=True, editable=False, verbose_name="người kết luận"
    )
    decided_at = models.DateTimeField("kết luận lúc", null=True, editable=False)
    moved = models.JSONField("đã chuyển", default=dict, blank=True, editable=False)

    objects = DuplicatePairQuerySet.as_manager()
    owner_code = "first__code"
    scope_lookup = "first__neighbourhood"
    constraint_fields = {
        "duplicate_pair_once": "second",
        "duplicate_pair_two_rows": "second",
    }

    class Meta(Tracked.Meta):
        verbose_name = "cặp nghi trùng"
        verbose_name_plural = "nghi trùng"
        ordering = ("-certain", "pk")
        indexes = [
            models.Index(
                fields=["-certain", "id"], name="duplicate_pair_open", condition=Q(decision="")
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                name="duplicate_pair_once",
                fields=["first", "second"],
                violation_error_message="Hai người này đã có trong danh sách nghi trùng.",
            ),
            models.CheckConstraint(
                name="duplicate_pair_two_rows",
                condition=Q(first__lt=F("second")),
                violation_error_message="Một cặp là hai người, người ghi trước đứng trước.",
            ),
        ]

    def __str__(self):
        return f"{self.first} – {self.second}"

    def badge(self):
        if self.decision:
            return "mute", self.get_decision_display()
        return ("late", "Gần như chắc chắn") if self.certain else ("due", "Cần xem")
