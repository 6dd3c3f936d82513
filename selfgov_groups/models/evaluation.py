"""The yearly evaluation of groups: the scheme as data, the points, the plan of a weak group.

Groups are rated, never families or persons. Source: provincial rules on self-managed groups (a
hundred points, four classes); criteria, points and limits are rows, frozen with what they rated.
"""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Case, Count, Exists, F, Min, OuterRef, Q, Subquery, Value, When

from kylien.areas.models import SettingQuerySet
from kylien.areas.tasks import OwnedTask, TaskQuerySet, task_constraints, task_fields
from kylien.core.models import Record, RecordQuerySet, Tracked, TrackedQuerySet
from selfgov_groups import scoring
from selfgov_groups.models.groups import SelfManagedGroup

LOCKED = "Bảng này đã dùng để xếp loại: lập bảng cho năm khác."
FROZEN = "Phiếu đã duyệt: điểm và xếp loại không đổi nữa."


class FrozenQuerySet(models.QuerySet):
    """Rows that an approved score rests on: no bulk write reaches them either.

    Raises ValidationError with the model's `frozen_sentence`.
    """

    def refuse_frozen(self):
        if self.filter(**self.model.frozen).exists():
            raise ValidationError(self.model.frozen_sentence)

    def update(self, **values):
        self.refuse_frozen()
        parent = self.model.frozen_by
        moved = parent and not {parent, f"{parent}_id"}.isdisjoint(values)
        with transaction.atomic(using=self.db, savepoint=False):
            keys = list(self.order_by().values_list("pk", flat=True)) if moved else []
            count = super().update(**values)
            for start in range(0, len(keys), 500):  # moved to where nothing may join
                self.model._base_manager.filter(pk__in=keys[start : start + 500]).refuse_frozen()
        return count

    update.alters_data = True

    def delete(self):
        self.refuse_frozen()
        return super().delete()

    delete.alters_data = True
    delete.queryset_only = True

    def bulk_create(self, objs, *args, **kwargs):
        objs = list(objs)
        for obj in objs:
            obj.refuse_parent()
        return super().bulk_create(objs, *args, **kwargs)


class Frozen(models.Model):
    """A row that does not change once a score that rests on it is approved, and is not taken out.

    Every way to write asks, the admin's too: the class that a group was told must stay what its
    points say. `frozen` is the condition of such rows; `frozen_by` names the parent that freezes
    its children.
    """

    frozen = {"pk": None}
    frozen_by = ""
    frozen_sentence = FROZEN

    class Meta:
        abstract = True

    def save(self, *args, **kwargs):
        self.refuse_frozen()
        super().save(*args, **kwargs)

    save.alters_data = True

    def refuse_frozen(self):
        """Raise ValidationError where the row as it is stored is frozen, or its parent is."""
        if self.pk:
            type(self)._base_manager.filter(pk=self.pk).refuse_frozen()
        self.refuse_parent()

    def refuse_parent(self):
        """Raise ValidationError where the row would join a parent that is frozen."""
        if not self.frozen_by:
            return
        field = self._meta.get_field(self.frozen_by)
        parents = field.related_model._base_manager.filter(pk=getattr(self, field.attname))
        if parents.filter(**field.related_model.frozen).exists():
            raise ValidationError(self.frozen_sentence)

    def clean(self):
        super().clean()
        self.refuse_frozen()

    def delete(self, *args, **kwargs):
        self.refuse_frozen()
        return super().delete(*args, **kwargs)

    delete.alters_data = True


class SchemeQuerySet(FrozenQuerySet, SettingQuerySet):
    def in_scope(self, scope):
        return self.all()

    def with_lock(self):
        """Say of each table whether a score was approved by it: `has_approved`."""
        approved = GroupScore.objects.filter(scheme=OuterRef("pk"), state="approved")
        return self.annotate(has_approved=Exists(approved))


class ScoringScheme(Frozen, Tracked):
    """The criteria of a year and from how many points each class starts; locked once it rated."""

    year = models.PositiveSmallIntegerField(
        "năm", unique=True, error_messages={"unique": "Năm này đã có bảng chấm điểm."}
    )
    legal_basis = models.CharField("căn cứ", max_length=200)
    good_from = models.PositiveSmallIntegerField("tốt từ", default=90)
    fair_from = models.PositiveSmallIntegerField("khá từ", default=70)
    average_from = models.PositiveSmallIntegerField("trung bình từ", default=50)

    objects = SchemeQuerySet.as_manager()
    constraint_fields = {"scheme_limits_fall": "good_from", "scheme_year_known": "year"}
    frozen = {"scores__state": "approved"}
    frozen_sentence = LOCKED

    class Meta(Tracked.Meta):
        verbose_name = "bảng chấm điểm tổ"
        verbose_name_plural = "bảng chấm điểm tổ"
        default_permissions = ("view", "add", "change")
        ordering = ("-year",)
        constraints = [
            models.CheckConstraint(
                name="scheme_limits_fall",
                condition=Q(good_from__gt=F("fair_from"), fair_from__gt=F("average_from")),
                violation_error_message="Mức điểm phải giảm dần: tốt, khá, trung bình.",
            ),
            models.CheckConstraint(
                name="scheme_year_known",
                condition=Q(year__gte=2000, year__lte=2999),
                violation_error_message="Năm từ 2000 đến 2999.",
            ),
        ]

    def __str__(self):
        return f"Bảng chấm điểm năm {self.year}"

    @property
    def limits(self):
        """Return from how many points each class starts."""
        return scoring.Limits(self.good_from, self.fair_from, self.average_from)

    def is_locked(self):
        """Tell whether a score was approved by it: then it stays as it was."""
        return self.scores.filter(state=GroupScore.State.APPROVED).exists()


class Criterion(Frozen, Tracked):
    """What points are given for, and how many at most."""

    class Fact(models.TextChoices):
        """What the year's records tell of a group, to be looked at beside a criterion."""

        MEETINGS = "meetings", "Họp tổ"
        RESIDENCE = "residence", "Rà soát cư trú"
        PROPERTY = "property", "Tự quản về tài sản"
        ORDER = "order", "Tự quản về trật tự, hoà giải"
        NEWS = "news", "Tin báo công an"
        HELP = "help", "Giúp nhau"
        REQUESTS = "requests", "Kiến nghị"
        OUTREACH = "outreach", "Tuyên truyền"

    scheme = models.ForeignKey(
        ScoringScheme, models.PROTECT, "criteria", verbose_name="bảng chấm điểm"
    )
    position = models.PositiveSmallIntegerField("thứ tự", default=0)
    content = models.CharField("tiêu chí", max_length=300)
    max_points = models.PositiveSmallIntegerField("điểm tối đa")
    fact = models.CharField(
        "số liệu đối chiếu",
        max_length=10,
        choices=Fact,
        blank=True,
        help_text="Hiện bên cạnh khi chấm; không tự tính ra điểm.",
    )

    objects = SchemeQuerySet.as_manager()
    constraint_fields = {"criterion_worth_points": "max_points", "criterion_once": "content"}
    frozen = {"scheme__scores__state": "approved"}
    frozen_by = "scheme"
    frozen_sentence = LOCKED

    class Meta(Tracked.Meta):
        verbose_name = "tiêu chí"
        verbose_name_plural = "tiêu chí"
        default_permissions = ("view", "add", "change")
        ordering = ("position", "pk")
        constraints = [
            models.CheckConstraint(
                name="criterion_worth_points",
                condition=Q(max_points__gt=0, max_points__lte=100),
                violation_error_message="Điểm tối đa từ 1 đến 100.",
            ),
            models.UniqueConstraint(
                name="criterion_once",
                fields=["scheme", "content"],
                violation_error_message="Bảng đã có tiêu chí này.",
            ),
        ]

    def __str__(self):
        return self.content


class ScoreQuerySet(FrozenQuerySet, RecordQuerySet):
    def for_list(self):
        """Return the rows with the class of the year before, and how the plan of a weak group is
        coming on."""
        before = GroupScore.objects.filter(
            group=OuterRef("group"), scheme__year=OuterRef("scheme__year") - 1, state="approved"
        )
        tasks = ImprovementTask.objects.filter(score=OuterRef("pk")).order_by().values("score")
        return self.select_related("group__neighbourhood", "scheme").annotate(
            rated_before=Subquery(before.values("rated")[:1]),
            tasks=Subquery(tasks.annotate(n=Count("pk")).values("n")),
            tasks_open=Subquery(tasks.annotate(n=Count("pk", filter=Q(done_on=None))).values("n")),
            next_due=Subquery(
                tasks.annotate(day=Min("due_on", filter=Q(done_on=None))).values("day")
            ),
        )

    def look_up(self, query, *, partial_numbers=False):
        """Search by the score's code, or by what its group is called today."""
        groups = SelfManagedGroup.objects.search(query).order_by()
        found = self.search(query).order_by()
        return self.filter(Q(pk__in=found.values("pk")) | Q(group__in=groups.values("pk")))

    def by_class(self):
        """Order by class, the best first, then by the group's name; those without a class last."""
        ranks = [When(rated=rated, then=Value(n)) for n, rated in enumerate(scoring.CLASSES)]
        rows = self.annotate(class_rank=Case(*ranks, default=Value(len(ranks))))
        return rows.order_by("class_rank", "group__sort_key", "pk")

    def submitted(self):
        return self.filter(state="submitted")

    def weak(self):
        """Return the approved scores of groups that need a plan of improvement."""
        return self.filter(state="approved", rated__in=scoring.NEED_PLAN)

    def without_plan(self):
        """Return the scores of weak groups for which nothing is planned yet."""
        planned = ImprovementTask.objects.order_by().values("score")
        return self.weak().exclude(pk__in=planned)

    def improving(self):
        """Return the scores whose plan of improvement still holds a task to do."""
        return self.filter(pk__in=ImprovementTask.objects.unfinished().order_by().values("score"))

    def improving_late(self, on):
        """Return the scores whose plan of improvement holds a task that is overdue."""
        return self.filter(pk__in=ImprovementTask.objects.overdue(on).order_by().values("score"))


class GroupScore(Frozen, Record):
    """The points of a group in a year. Approved, it never changes again."""

    class State(models.TextChoices):
        DRAFT = "draft", "Đang chấm"
        SUBMITTED = "submitted", "Chờ duyệt"
        APPROVED = "approved", "Đã duyệt"

    class Class(models.TextChoices):
        GOOD = "good", "Tốt"
        FAIR = "fair", "Khá"
        AVERAGE = "average", "Trung bình"
        WEAK = "weak", "Yếu"

    group = models.ForeignKey(
        SelfManagedGroup, models.PROTECT, "scores", verbose_name="tổ liên gia"
    )
    scheme = models.ForeignKey(
        ScoringScheme, models.PROTECT, "scores", verbose_name="bảng chấm điểm"
    )
    state = models.CharField(
        "tình trạng", max_length=10, choices=State, default=State.DRAFT, editable=False
    )
    total = models.PositiveSmallIntegerField("tổng điểm", default=0, editable=False)
    rated = models.CharField("xếp loại", max_length=10, choices=Class, blank=True, editable=False)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        "+",
        null=True,
        editable=False,
        verbose_name="người duyệt",
    )
    approved_on = models.DateField("ngày duyệt", null=True, editable=False)
    returned = models.CharField("lý do trả lại", max_length=200, blank=True, editable=False)

    objects = ScoreQuerySet.as_manager()
    code_prefix = "XL"
    scope_lookup = "group__neighbourhood"
    constraint_fields = {"score_once_a_year": "scheme", "score_approved_with_class": "rated"}
    frozen = {"state": "approved"}

    class Meta(Record.Meta):
        verbose_name = "phiếu xếp loại"
        verbose_name_plural = "phiếu xếp loại"
        default_permissions = ("view", "add", "change", "export")
        constraints = [
            models.UniqueConstraint(
                name="score_once_a_year",
                fields=["group", "scheme"],
                violation_error_message="Tổ đã có phiếu xếp loại năm này.",
            ),
            models.CheckConstraint(
                name="score_approved_with_class",
                condition=(
                    Q(state="approved", approved_on__isnull=False, approved_by__isnull=False)
                    & ~Q(rated="")
                    | ~Q(state="approved") & Q(approved_on=None, approved_by=None, rated="")
                ),
                violation_error_message="Phiếu đã duyệt phải có xếp loại, người duyệt, ngày duyệt.",
            ),
        ]

    def __str__(self):
        return f"{self.code} · {self.group.name}"

    def search_parts(self):
        return self.group.name, ()

    @property
    def is_draft(self):
        return self.state == self.State.DRAFT

    @property
    def is_approved(self):
        return self.state == self.State.APPROVED

    @property
    def needs_plan(self):
        """Tell whether the group's class asks for a plan of improvement."""
        return self.is_approved and self.rated in scoring.NEED_PLAN

    def changeable_by(self, user, at):
        return self.is_draft

    def trend(self):
        """Return `(tone, word)` of the class against the year before (`for_list`); None where one
        of the years has none."""
        steps = scoring.steps_up(self.rated, self.rated_before or "")
        if steps is None:
            return None
        was = self.Class(self.rated_before).label
        if steps:
            return ("ok", f"Lên, từ {was}") if steps > 0 else ("late", f"Xuống, từ {was}")
        return "mute", "Giữ nguyên"

    def plan_badge(self, on):
        """Return how the plan of a weak group stands on the day `on` (`for_list`), as
        `(tone, word)`; None for other groups."""
        if not self.needs_plan:
            return None
        if not self.tasks:
            return "late", "Chưa có kế hoạch"
        if not self.tasks_open:
            return "ok", f"Xong {self.tasks} việc"
        done = f"{self.tasks - self.tasks_open}/{self.tasks} việc"
        return ("late", f"{done}, quá hạn") if self.next_due < on else ("due", done)

    def state_badge(self):
        if self.state == self.State.APPROVED:
            tone = {"good": "ok", "fair": "ok", "average": "due"}.get(self.rated, "late")
            return tone, self.get_rated_display()
        return "mute", self.get_state_display()


class LineQuerySet(FrozenQuerySet, TrackedQuerySet):
    """Points by criterion."""


class CriterionScore(Frozen, Tracked):
    """The points of a group by one criterion, with the evidence they rest on."""

    score = models.ForeignKey(GroupScore, models.PROTECT, "lines", verbose_name="phiếu xếp loại")
    criterion = models.ForeignKey(Criterion, models.PROTECT, "lines", verbose_name="tiêu chí")
    points = models.PositiveSmallIntegerField("điểm", default=0)
    evidence = models.CharField("minh chứng", max_length=300, blank=True)

    objects = LineQuerySet.as_manager()
    owner_code = "score__code"
    scope_lookup = "score__group__neighbourhood"
    constraint_fields = {"line_once": "criterion"}
    frozen = {"score__state": "approved"}
    frozen_by = "score"

    class Meta(Tracked.Meta):
        verbose_name = "điểm tiêu chí"
        verbose_name_plural = "điểm tiêu chí"
        default_permissions = ("view",)
        ordering = ("criterion__position", "pk")
        constraints = [
            models.UniqueConstraint(
                name="line_once",
                fields=["score", "criterion"],
                violation_error_message="Tiêu chí này đã chấm.",
            ),
        ]

    def __str__(self):
        return f"{self.points} điểm"

    def clean(self):
        """No more points than the criterion is worth; points rest on evidence."""
        super().clean()
        self.check_points()

    def check_points(self):
        """Raise ValidationError, keyed by field, where the points cannot stand."""
        most = self.criterion.max_points
        if self.points > most:
            raise ValidationError({"points": f"Tiêu chí này tối đa {most} điểm."})
        if self.points and not self.evidence:
            raise ValidationError({"evidence": "Có điểm thì ghi minh chứng."})


class ImprovementQuerySet(TaskQuerySet, TrackedQuerySet):
    """Tasks of plans of improvement."""


class ImprovementTask(OwnedTask, Tracked):
    """A task of the plan that brings a weak group forward; followed until it is done."""

    score = models.ForeignKey(
        GroupScore, models.PROTECT, "improvements", verbose_name="phiếu xếp loại"
    )

    objects = ImprovementQuerySet.as_manager()
    owner_code = "score__code"
    scope_lookup = "score__group__neighbourhood"
    constraint_fields = task_fields("improvement")

    class Meta(Tracked.Meta):
        verbose_name = "việc củng cố tổ"
        verbose_name_plural = "việc củng cố tổ"
        ordering = ("due_on", "pk")
        indexes = [
            models.Index(fields=["due_on"], name="improvement_open", condition=Q(done_on=None))
        ]
        constraints = task_constraints("improvement")

    def __str__(self):
        return self.content

    def clean(self):
        """A plan follows an approved class that asks for one."""
        if not self.score_id or self.score.needs_plan:
            return
        if self.score.is_approved:
            raise ValidationError("Chỉ tổ xếp loại trung bình, yếu lập kế hoạch củng cố.")
        raise ValidationError("Phiếu chưa duyệt: duyệt xếp loại rồi lập kế hoạch củng cố.")
