"""The year's plan of outreach, what was held, what was asked there and what became of it."""

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce

from kylien.areas.models import Neighbourhood
from kylien.areas.tasks import OwnedTask, TaskQuerySet, task_constraints, task_fields
from kylien.core import text
from kylien.core.models import Record, RecordQuerySet, Tracked, TrackedQuerySet
from outreach.models.base import AreaOrWard, KeptByItsArea
from outreach.models.campaigns import Campaign
from outreach.models.partners import Material, Partner, Topic
from outreach.models.resolutions import Commitment
from selfgov_groups.models import SelfManagedGroup


class Audience(models.TextChoices):
    """Whom outreach is for; never a list of persons."""

    HOUSEHOLDS = "households", "Hộ dân"
    PUPILS = "pupils", "Học sinh"
    YOUTH = "youth", "Thanh niên"
    WOMEN = "women", "Phụ nữ"
    WORKERS = "workers", "Công nhân, người lao động"
    LODGERS = "lodgers", "Người thuê trọ, chủ trọ"
    TRADERS = "traders", "Chủ cơ sở kinh doanh"
    EVERYBODY = "everybody", "Nhân dân nói chung"


class PlanQuerySet(AreaOrWard):
    def for_list(self):
        return self.select_related("topic", "neighbourhood", "lead").with_days()

    def with_days(self):
        """Annotate the first day on which an activity of the item was held."""
        held = Activity.objects.held().filter(plan=models.OuterRef("pk")).order_by("held_on")
        return self.annotate(first_held=models.Subquery(held.values("held_on")[:1]))

    def done(self):
        """Return the items of which an activity was held."""
        held = Activity.objects.held().order_by()
        return self.filter(pk__in=held.filter(plan__isnull=False).values("plan"))

    def open(self):
        """Return the items without an activity held."""
        held = Activity.objects.held().order_by()
        return self.exclude(pk__in=held.filter(plan__isnull=False).values("plan"))

    def late(self, on):
        return self.open().filter(due_on__lt=on)

    def due(self, on, until):
        return self.open().filter(due_on__lte=until)

    def of_quarter(self, quarter):
        """Return the items to be done by a day of a `Quarter`."""
        period = quarter.period
        return self.filter(due_on__gte=period.start, due_on__lt=period.end)


class PlanItem(KeptByItsArea, Record):
    """An item of the year's plan: a topic, for whom, in which neighbourhood, until when."""

    year = models.PositiveSmallIntegerField("năm")
    topic = models.ForeignKey(Topic, models.PROTECT, "plans", verbose_name="chủ đề")
    audience = models.CharField("đối tượng", max_length=12, choices=Audience)
    neighbourhood = models.ForeignKey(
        Neighbourhood,
        models.PROTECT,
        "outreach_plans",
        null=True,
        blank=True,
        verbose_name="tổ dân phố",
        help_text="Để trống: cả phường.",
    )
    due_on = models.DateField("làm trước ngày")
    lead = models.ForeignKey(
        Partner,
        models.PROTECT,
        "plans",
        null=True,
        blank=True,
        verbose_name="đơn vị chủ trì",
        help_text="Để trống: Công an phường.",
    )
    note = models.CharField("ghi chú", max_length=200, blank=True)

    objects = PlanQuerySet.as_manager()
    code_prefix = "KH"
    constraint_fields = {
        "plan_once": "topic",
        "plan_once_in_ward": "topic",
        "plan_in_its_year": "due_on",
    }

    class Meta(Record.Meta):
        verbose_name = "mục kế hoạch"
        verbose_name_plural = "kế hoạch tuyên truyền"
        indexes = [models.Index(fields=["year", "due_on"], name="plan_of_year")]
        constraints = [
            models.UniqueConstraint(
                name="plan_once",
                fields=["year", "topic", "audience", "neighbourhood", "due_on"],
                violation_error_message="Kế hoạch đã có mục này.",
            ),
            models.UniqueConstraint(  # no two empty neighbourhoods are the same to a database
                name="plan_once_in_ward",
                fields=["year", "topic", "audience", "due_on"],
                condition=Q(neighbourhood=None),
                violation_error_message="Kế hoạch đã có mục này.",
            ),
            models.CheckConstraint(
                name="plan_in_its_year",
                condition=Q(year__gte=2000, year__lte=2999, due_on__year=F("year")),
                violation_error_message="Hạn phải trong năm của kế hoạch.",
            ),
        ]

    def __str__(self):
        return f"{self.topic}: {self.get_audience_display().lower()}"

    def code_series(self):
        return f"{self.code_prefix}-{self.year}"

    def search_parts(self):
        return "", (self.topic.name, self.note)

    @staticmethod
    def make_sort_key(name):
        return ""

    def as_option(self):
        detail = f"{self.area_label}, trước {text.format_date(self.due_on)}"
        return {"code": self.code, "label": str(self), "detail": detail}

    @property
    def area_label(self):
        return str(self.neighbourhood) if self.neighbourhood_id else "Cả phường"

    @property
    def lead_label(self):
        return str(self.lead) if self.lead_id else "Công an phường"

    def badge(self, on):
        """Return how an item `with_days()` stands on the day `on`: `(tone, word)`."""
        if self.first_held:
            late = (self.first_held - self.due_on).days
            return ("mute", f"Đã làm, trễ {late} ngày") if late > 0 else ("ok", "Đã làm")
        return text.due_badge(self.due_on, on)


class ActivityQuerySet(AreaOrWard):
    def for_list(self):
        return self.select_related("topic", "neighbourhood", "lead").annotate(
            question_count=models.Count("questions")
        )

    def held(self):
        return self.exclude(held_on=None)

    def held_in(self, period):
        return self.filter(held_on__gte=period.start, held_on__lt=period.end)

    def planned(self):
        return self.filter(held_on=None, cancelled_on=None)

    def by_day(self):
        """Annotate the day that lists go by: `shown_day`."""
        return self.annotate(day=Coalesce("held_on", "planned_on"))

    def with_partner(self, partner):
        """Return those that a partner led or took part in."""
        took = ActivityPartner.objects.filter(partner=partner).order_by()
        return self.filter(Q(lead=partner) | Q(pk__in=took.values("activity")))

    def with_questions(self):
        """Return those after which a question was written down."""
        return self.filter(models.Exists(self._questions()))

    def without_questions(self):
        return self.filter(~models.Exists(self._questions()))

    def _questions(self):
        return Question.objects.filter(activity=models.OuterRef("pk")).order_by()


class Activity(KeptByItsArea, Record):
    """A session of outreach: planned, then held with a material, how many came, what was asked."""

    class Form(models.TextChoices):
        MEETING = "meeting", "Họp dân, nói chuyện"
        SCHOOL = "school", "Ngoại khoá, sinh hoạt dưới cờ"
        VISIT = "visit", "Đến từng nhà, từng cơ sở"
        LOUDSPEAKER = "loudspeaker", "Loa truyền thanh"
        LEAFLET = "leaflet", "Tờ rơi, pa nô"
        ONLINE = "online", "Mạng xã hội"
        FESTIVAL = "festival", "Ngày hội, mít tinh"

    plan = models.ForeignKey(
        PlanItem,
        models.PROTECT,
        "activities",
        null=True,
        blank=True,
        verbose_name="theo mục kế hoạch",
    )
    topic = models.ForeignKey(Topic, models.PROTECT, "activities", verbose_name="chủ đề")
    audience = models.CharField("đối tượng", max_length=12, choices=Audience)
    neighbourhood = models.ForeignKey(
        Neighbourhood,
        models.PROTECT,
        "outreach_activities",
        null=True,
        blank=True,
        verbose_name="tổ dân phố",
        help_text="Để trống: cả phường.",
    )
    group = models.ForeignKey(
        SelfManagedGroup,
        models.PROTECT,
        "outreach_activities",
        null=True,
        blank=True,
        verbose_name="tổ liên gia",
    )
    place = models.CharField("địa điểm", max_length=200)
    form = models.CharField("hình thức", max_length=12, choices=Form, default=Form.MEETING)
    planned_on = models.DateField("ngày dự kiến", null=True, blank=True)
    held_on = models.DateField("ngày tổ chức", null=True, blank=True)
    cancelled_on = models.DateField("huỷ ngày", null=True, blank=True)
    lead = models.ForeignKey(
        Partner,
        models.PROTECT,
        "led_activities",
        null=True,
        blank=True,
        verbose_name="đơn vị chủ trì",
        help_text="Để trống: Công an phường.",
    )
    material = models.ForeignKey(
        Material, models.PROTECT, "activities", null=True, blank=True, verbose_name="tài liệu"
    )
    attendance = models.PositiveIntegerField("số người dự", null=True, blank=True)
    summary = models.TextField(
        "diễn biến, kết quả", max_length=2000, blank=True, help_text="Không ghi tên người dự."
    )
    campaign = models.ForeignKey(
        Campaign, models.PROTECT, "activities", null=True, blank=True, verbose_name="của mô hình"
    )
    commitment = models.ForeignKey(
        Commitment,
        models.PROTECT,
        "activities",
        null=True,
        blank=True,
        verbose_name="thực hiện cam kết",
    )

    objects = ActivityQuerySet.as_manager()
    code_prefix = "HD"
    derived_from = ("place", "summary")
    constraint_fields = {
        "activity_has_day": "held_on",
        "activity_held_with_attendance": "attendance",
        "activity_held_or_cancelled": "cancelled_on",
    }

    class Meta(Record.Meta):
        verbose_name = "buổi tuyên truyền"
        verbose_name_plural = "hoạt động dân vận"
        indexes = [
            models.Index(fields=["-held_on", "-id"], name="activity_order"),
            models.Index(
                fields=["planned_on"],
                name="activity_planned",
                condition=Q(held_on=None, cancelled_on=None),
            ),
        ]
        constraints = [
            models.CheckConstraint(
                name="activity_has_day",
                condition=Q(planned_on__isnull=False) | Q(held_on__isnull=False),
                violation_error_message="Ghi ngày dự kiến hoặc ngày tổ chức.",
            ),
            models.CheckConstraint(
                name="activity_held_with_attendance",
                condition=(
                    Q(held_on=None, attendance=None)
                    | Q(held_on__isnull=False, attendance__isnull=False)
                ),
                violation_error_message="Đã tổ chức thì ghi số người dự; chưa thì để trống.",
            ),
            models.CheckConstraint(
                name="activity_held_or_cancelled",
                condition=Q(held_on=None) | Q(cancelled_on=None),
                violation_error_message="Đã tổ chức thì không huỷ.",
            ),
        ]

    def __str__(self):
        day = self.shown_day
        return f"{self.topic} {text.format_date(day)}" if day else str(self.topic)

    @property
    def shown_day(self):
        """Return the day it was held, or else is planned for."""
        return self.held_on or self.planned_on

    def search_parts(self):
        return "", (self.topic.name, self.place, self.summary)

    @staticmethod
    def make_sort_key(name):
        return ""

    def clean(self):
        errors = {}
        area = self.neighbourhood_id
        if self.group_id and self.group.neighbourhood_id != area:
            errors["group"] = "Tổ liên gia này ở tổ dân phố khác."
        if self.material_id and not self.material.approved_on and self.held_on:
            errors["material"] = "Tài liệu này chưa được duyệt."
        if self.pk and self.held_on and self.questions.filter(due_on__lt=self.held_on).exists():
            errors["held_on"] = "Có ý kiến hạn trả lời trước ngày này: sửa hạn trước."
        if self.plan_id and self.topic_id and self.plan.topic_id != self.topic_id:
            errors["plan"] = "Mục kế hoạch này về chủ đề khác."
        elif self.plan_id and self.plan.neighbourhood_id != area:
            where = str(self.plan.neighbourhood or "cả phường")
            errors["plan"] = f"Mục kế hoạch này là của {where}."
        if errors:
            raise ValidationError(errors)

    def changeable_by(self, user, at):
        """A session called off stays so, unless calling it off is taken back."""
        return self.cancelled_on is None and super().changeable_by(user, at)

    @property
    def lead_label(self):
        return str(self.lead) if self.lead_id else "Công an phường"

    @property
    def area_label(self):
        return str(self.neighbourhood) if self.neighbourhood_id else "Cả phường"

    def badge(self, on):
        """Return how the activity stands on the day `on`: `(tone, word)`."""
        if self.cancelled_on:
            return "mute", "Đã huỷ"
        if self.held_on:
            return "ok", "Đã tổ chức"
        return ("late", "Quá ngày") if self.planned_on < on else ("due", "Dự kiến")


class ActivityPart(TrackedQuerySet):
    def visible_to(self, user):
        seen = Activity.objects.visible_to(user).order_by()
        return self.filter(activity__in=seen.values("pk"))


class ActivityPartner(Tracked):
    """A partner that took part in an activity."""

    activity = models.ForeignKey(Activity, models.PROTECT, "takers", verbose_name="hoạt động")
    partner = models.ForeignKey(
        Partner, models.PROTECT, "taken_part", verbose_name="đơn vị phối hợp"
    )

    objects = ActivityPart.as_manager()
    owner_code = "activity__code"
    scope_lookup = "activity__neighbourhood"
    constraint_fields = {"activity_partner_once": "partner"}

    class Meta(Tracked.Meta):
        verbose_name = "đơn vị phối hợp"
        verbose_name_plural = "đơn vị phối hợp"
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(
                name="activity_partner_once",
                fields=["activity", "partner"],
                violation_error_message="Đơn vị này đã có.",
            ),
        ]

    def __str__(self):
        return str(self.partner)


class QuestionQuerySet(TaskQuerySet, RecordQuerySet):
    def visible_to(self, user):
        seen = Activity.objects.visible_to(user).order_by()
        return self.filter(activity__in=seen.values("pk"))

    def in_scope(self, scope):
        seen = Activity.objects.in_scope(scope).order_by()
        return self.filter(activity__in=seen.values("pk"))

    def for_list(self):
        return self.select_related("activity__topic", "activity__neighbourhood", "owner")

    def asked_in(self, period):
        """Return the questions of the sessions held in a period."""
        return self.filter(activity__held_on__gte=period.start, activity__held_on__lt=period.end)


class Question(OwnedTask, Record):
    """What was asked at a session, with one owner and a deadline, until it is answered."""

    activity = models.ForeignKey(Activity, models.PROTECT, "questions", verbose_name="hoạt động")

    objects = QuestionQuerySet.as_manager()
    code_prefix = "YK"
    scope_lookup = "activity__neighbourhood"
    derived_from = ("content", "owner_body")
    constraint_fields = task_fields("question")

    class Meta(Record.Meta):
        verbose_name = "ý kiến, kiến nghị"
        verbose_name_plural = "ý kiến, kiến nghị"
        indexes = [models.Index(fields=["due_on"], name="question_open", condition=Q(done_on=None))]
        constraints = task_constraints("question")

    def __str__(self):
        return self.content

    def changeable_by(self, user, at):
        """What was asked at a session of the whole ward is kept by those who see all of it."""
        return self.activity.kept_by(user)

    def search_parts(self):
        return "", (self.content, self.owner_body)

    @staticmethod
    def make_sort_key(name):
        return ""
