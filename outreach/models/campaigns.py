"""Community models ("phường không có ma tuý", cameras): plan, criteria, evidence, results."""

from django.db import models
from django.db.models import Count, Exists, F, OuterRef, Q

from kylien.areas.models import Neighbourhood
from kylien.core.models import Record, Tracked, TrackedQuerySet
from outreach.models.base import AreaOrWard, KeptByItsArea


class CampaignQuerySet(AreaOrWard):
    def for_list(self):
        held = Q(activities__held_on__isnull=False)
        return self.select_related("neighbourhood").annotate(
            criterion_count=Count("criteria", distinct=True),
            met_count=Count("criteria", filter=Q(criteria__met_on__isnull=False), distinct=True),
            held_count=Count("activities", filter=held, distinct=True),
            copy_count=Count("copies", distinct=True),
        )

    def all_met(self):
        """Return the models that have criteria and meet each."""
        criteria = CampaignCriterion.objects.filter(campaign=OuterRef("pk"))
        return self.filter(Exists(criteria), ~Exists(criteria.filter(met_on=None)))

    def not_all_met(self):
        criteria = CampaignCriterion.objects.filter(campaign=OuterRef("pk"))
        return self.filter(~Exists(criteria) | Exists(criteria.filter(met_on=None)))

    def running(self, day):
        return self.filter(Q(ended_on=None) | Q(ended_on__gt=day), started_on__lte=day)


class Campaign(KeptByItsArea, Record):
    """A community model: what it wants, by which criteria it is judged, what came of it.

    Activities and results are counted; there is no list of persons.
    """

    class Kind(models.TextChoices):
        DRUG_FREE = "drug_free", "Phường không có ma tuý"
        CAMERA = "camera", "Camera an ninh"
        SELF_GUARD = "self_guard", "Tự quản an ninh trật tự"
        FIRE = "fire", "An toàn phòng cháy"
        TRAFFIC = "traffic", "An toàn giao thông"
        OTHER = "other", "Mô hình khác"

    name = models.CharField("tên mô hình", max_length=200)
    kind = models.CharField("loại", max_length=12, choices=Kind)
    neighbourhood = models.ForeignKey(
        Neighbourhood,
        models.PROTECT,
        "campaigns",
        null=True,
        blank=True,
        verbose_name="tổ dân phố",
        help_text="Để trống: cả phường.",
    )
    goal = models.TextField("mục tiêu, kế hoạch", max_length=2000)
    started_on = models.DateField("từ ngày")
    ended_on = models.DateField("kết thúc từ", null=True, blank=True)
    results = models.TextField(
        "kết quả", max_length=2000, blank=True, help_text="Số liệu, không ghi tên người."
    )
    copied_from = models.ForeignKey(
        "self",
        models.PROTECT,
        "copies",
        null=True,
        blank=True,
        verbose_name="nhân rộng từ",
    )

    objects = CampaignQuerySet.as_manager()
    code_prefix = "MH"
    code_width = 3
    derived_from = ("name",)
    constraint_fields = {"campaign_ends_after_start": "ended_on"}

    class Meta(Record.Meta):
        verbose_name = "mô hình"
        verbose_name_plural = "mô hình"
        constraints = [
            models.CheckConstraint(
                name="campaign_ends_after_start",
                condition=Q(ended_on=None) | Q(ended_on__gt=F("started_on")),
                violation_error_message="Ngày kết thúc phải sau ngày bắt đầu.",
            ),
        ]

    def __str__(self):
        return self.name

    def search_parts(self):
        return self.name, ()

    def as_option(self):
        return {"code": self.code, "label": self.name, "detail": self.get_kind_display()}

    @property
    def area_label(self):
        return str(self.neighbourhood) if self.neighbourhood_id else "Cả phường"

    @property
    def met_label(self):
        """How many criteria are met, of a row of `for_list()`; nothing where there are none."""
        return f"{self.met_count}/{self.criterion_count}" if self.criterion_count else None

    def badge(self, on):
        """Return how the model stands on the day `on`: `(tone, word)`."""
        if self.ended_on and self.ended_on <= on:
            return "mute", "Đã kết thúc"
        return ("ok", "Đang thực hiện") if self.started_on <= on else ("due", "Sắp thực hiện")


class CampaignPart(TrackedQuerySet):
    def visible_to(self, user):
        seen = Campaign.objects.visible_to(user).order_by()
        return self.filter(campaign__in=seen.values("pk"))


class CampaignCriterion(Tracked):
    """A criterion of a community model, met on a day with evidence, or not yet."""

    campaign = models.ForeignKey(Campaign, models.PROTECT, "criteria", verbose_name="mô hình")
    content = models.CharField("tiêu chí", max_length=300)
    met_on = models.DateField("đạt ngày", null=True, blank=True)
    evidence = models.CharField("minh chứng", max_length=300, blank=True)

    objects = CampaignPart.as_manager()
    owner_code = "campaign__code"
    scope_lookup = "campaign__neighbourhood"
    constraint_fields = {"campaign_met_with_evidence": "evidence"}

    class Meta(Tracked.Meta):
        verbose_name = "tiêu chí của mô hình"
        verbose_name_plural = "tiêu chí của mô hình"
        default_permissions = ("view", "add", "change")
        ordering = ("pk",)
        constraints = [
            models.CheckConstraint(
                name="campaign_met_with_evidence",
                condition=Q(met_on=None) | ~Q(evidence=""),
                violation_error_message="Đạt tiêu chí thì ghi minh chứng.",
            ),
        ]

    def __str__(self):
        return self.content
