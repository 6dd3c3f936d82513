"""Awards, from the deed to the notice."""

from django.db import models
from django.db.models import F, Q

from kylien.areas.models import Neighbourhood
from kylien.core.models import Record
from outreach.models.base import AreaOrWard, KeptByItsArea
from outreach.models.campaigns import Campaign
from outreach.models.partners import Partner
from selfgov_groups.models import SelfManagedGroup


class AwardQuerySet(AreaOrWard):
    def for_list(self):
        return self.select_related("group", "partner", "campaign", "neighbourhood")

    def undecided(self):
        return self.filter(decided_on=None, declined_on=None)

    def unnoticed(self):
        """Return the awards decided and not yet made known."""
        return self.exclude(decided_on=None).filter(noticed_on=None)

    def decided_in(self, period):
        return self.filter(decided_on__gte=period.start, decided_on__lt=period.end)


class Award(KeptByItsArea, Record):
    """An award: proposed for a deed, decided, made known; or declined with a reason.

    For a group, a partner, a community model, or whoever `recipient` names.
    """

    recipient = models.CharField(
        "tập thể, cá nhân",
        max_length=200,
        blank=True,
        help_text="Nếu không phải tổ, tổ chức, mô hình.",
    )
    group = models.ForeignKey(
        SelfManagedGroup,
        models.PROTECT,
        "awards",
        null=True,
        blank=True,
        verbose_name="tổ liên gia",
    )
    partner = models.ForeignKey(
        Partner, models.PROTECT, "awards", null=True, blank=True, verbose_name="tổ chức"
    )
    campaign = models.ForeignKey(
        Campaign, models.PROTECT, "awards", null=True, blank=True, verbose_name="mô hình"
    )
    neighbourhood = models.ForeignKey(
        Neighbourhood,
        models.PROTECT,
        "awards",
        null=True,
        blank=True,
        verbose_name="tổ dân phố",
    )
    deed = models.CharField("thành tích", max_length=300)
    deed_on = models.DateField("ngày lập thành tích")
    form = models.CharField("hình thức", max_length=100, help_text="Giấy khen, bằng khen…")
    proposed_on = models.DateField("ngày đề nghị")
    decided_on = models.DateField("ngày quyết định", null=True, blank=True)
    decision = models.CharField("số quyết định, cấp khen", max_length=100, blank=True)
    noticed_on = models.DateField("công bố ngày", null=True, blank=True)
    declined_on = models.DateField("không khen, ngày", null=True, blank=True)
    decline_reason = models.CharField("lý do không khen", max_length=200, blank=True)

    objects = AwardQuerySet.as_manager()
    code_prefix = "BK"
    derived_from = ("recipient", "deed")
    constraint_fields = {
        "award_for_somebody": "recipient",
        "award_days_in_order": "decided_on",
        "award_decided_with_number": "decision",
        "award_declined_with_reason": "decline_reason",
    }

    class Meta(Record.Meta):
        verbose_name = "khen thưởng"
        verbose_name_plural = "khen thưởng"
        constraints = [
            models.CheckConstraint(
                name="award_for_somebody",
                condition=(
                    ~Q(recipient="")
                    | Q(group__isnull=False)
                    | Q(partner__isnull=False)
                    | Q(campaign__isnull=False)
                ),
                violation_error_message="Chọn tổ, tổ chức, mô hình, hoặc ghi tập thể, cá nhân.",
            ),
            models.CheckConstraint(
                name="award_days_in_order",
                condition=Q(proposed_on__gte=F("deed_on"))
                & (Q(decided_on=None) | Q(decided_on__gte=F("proposed_on")))
                & (
                    Q(noticed_on=None)
                    | Q(decided_on__isnull=False, noticed_on__gte=F("decided_on"))
                ),
                violation_error_message="Thứ tự phải là thành tích, đề nghị, quyết định, công bố.",
            ),
            models.CheckConstraint(
                name="award_decided_with_number",
                condition=Q(decided_on=None) | ~Q(decision=""),
                violation_error_message="Có quyết định thì ghi số, cấp khen.",
            ),
            models.CheckConstraint(
                name="award_declined_with_reason",
                condition=(
                    Q(declined_on=None, decline_reason="")
                    | Q(declined_on__isnull=False, decided_on=None) & ~Q(decline_reason="")
                ),
                violation_error_message="Không khen thì ghi lý do; đã quyết định thì không bỏ.",
            ),
        ]

    def __str__(self):
        return f"{self.code} · {self.for_whom}"

    @property
    def for_whom(self):
        return str(self.group or self.partner or self.campaign or self.recipient)

    @property
    def area_label(self):
        return str(self.neighbourhood) if self.neighbourhood_id else "Cả phường"

    @property
    def days(self):
        """The days from the deed to the decision; None before it."""
        return (self.decided_on - self.deed_on).days if self.decided_on else None

    def days_label(self, on):
        """Return the days from the deed to the decision, or until `on` while one is awaited."""
        if self.declined_on:
            return None
        return f"{self.days} ngày" if self.decided_on else f"đã {(on - self.deed_on).days} ngày"

    def search_parts(self):
        return self.recipient, (self.deed,)

    def state_badge(self):
        if self.declined_on:
            return "mute", "Không khen"
        if self.noticed_on:
            return "ok", "Đã công bố"
        return ("due", "Chờ công bố") if self.decided_on else ("due", "Đã đề nghị")
