"""Partner organisations, topics, materials."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from kylien.areas.models import SettingQuerySet
from kylien.core import text
from kylien.core.models import Record, Tracked
from kylien.core.uploads import PrivateStorage
from outreach.models.base import WardWide


class PartnerQuerySet(WardWide):
    def active(self):
        return self.filter(ended_on=None)


class Partner(Record):
    """An organisation that works with the station: Fatherland Front, Women, Youth, Veterans, a
    school."""

    class Kind(models.TextChoices):
        FRONT = "front", "Mặt trận Tổ quốc"
        WOMEN = "women", "Hội Phụ nữ"
        YOUTH = "youth", "Đoàn Thanh niên"
        VETERANS = "veterans", "Hội Cựu chiến binh"
        FARMERS = "farmers", "Hội Nông dân"
        SCHOOL = "school", "Trường học"
        COMPANY = "company", "Doanh nghiệp"
        OTHER = "other", "Tổ chức khác"

    name = models.CharField("tên", max_length=150)
    kind = models.CharField("loại", max_length=10, choices=Kind)
    contact_name = models.CharField("đầu mối", max_length=100, blank=True)
    contact_phone = models.CharField("điện thoại", max_length=20, blank=True)
    ended_on = models.DateField("thôi phối hợp từ", null=True, blank=True)

    objects = PartnerQuerySet.as_manager()
    code_prefix = "DT"
    code_width = 3
    derived_from = ("name",)
    secret_fields = ("contact_phone",)
    masks = {"contact_phone": text.mask_phone}
    constraint_fields = {"partner_name_once": "name"}

    class Meta(Record.Meta):
        verbose_name = "tổ chức phối hợp"
        verbose_name_plural = "tổ chức phối hợp"
        constraints = [
            models.UniqueConstraint(
                name="partner_name_once",
                fields=["name"],
                violation_error_message="Đã có tổ chức tên này.",
            ),
        ]

    def __str__(self):
        return self.name

    def search_parts(self):
        return self.name, ()

    def as_option(self):
        return {"code": self.code, "label": self.name, "detail": self.get_kind_display()}


class TopicQuerySet(SettingQuerySet):
    def in_scope(self, scope):
        return self.all()

    def in_use(self):
        return self.filter(ended_on=None)


class Topic(Tracked):
    """A topic of outreach. Codes are stable; the chief edits names, order and since when unused."""

    code = models.SlugField("mã chủ đề", max_length=30, unique=True)
    name = models.CharField("tên chủ đề", max_length=100)
    position = models.PositiveSmallIntegerField("thứ tự", default=0)
    ended_on = models.DateField("thôi dùng từ", null=True, blank=True)

    objects = TopicQuerySet.as_manager()

    class Meta(Tracked.Meta):
        verbose_name = "chủ đề tuyên truyền"
        verbose_name_plural = "chủ đề tuyên truyền"
        default_permissions = ("view", "add", "change")
        ordering = ("position", "pk")

    def __str__(self):
        return self.name


class MaterialQuerySet(WardWide):
    def for_list(self):
        return self.select_related("topic", "approved_by").annotate(replaced=self._later())

    def approved(self):
        """Return the versions in use: approved and not replaced by a later approved one."""
        return self.exclude(approved_on=None).filter(~self._later())

    def waiting(self):
        return self.filter(approved_on=None)

    def replaced(self):
        return self.exclude(approved_on=None).filter(self._later())

    def _later(self):
        later = self.model.objects.filter(
            title=models.OuterRef("title"),
            version_number__gt=models.OuterRef("version_number"),
        ).exclude(approved_on=None)
        return models.Exists(later.order_by())


class Material(Record):
    """A text to speak from or hand out, in versions; used once the chief has approved it."""

    topic = models.ForeignKey(Topic, models.PROTECT, "materials", verbose_name="chủ đề")
    title = models.CharField("tên tài liệu", max_length=200)
    version_number = models.PositiveSmallIntegerField("phiên bản", default=1)
    body = models.TextField("nội dung", max_length=10000, blank=True)
    file = models.FileField(
        "tệp", storage=PrivateStorage(), max_length=200, blank=True, editable=False
    )
    file_name = models.CharField("tên tệp", max_length=120, blank=True, editable=False)
    content_type = models.CharField(max_length=100, blank=True, editable=False)
    approved_on = models.DateField("ngày duyệt", null=True, editable=False)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        "+",
        null=True,
        editable=False,
        verbose_name="người duyệt",
    )

    objects = MaterialQuerySet.as_manager()
    code_prefix = "TL"
    code_width = 4
    derived_from = ("title",)
    constraint_fields = {"material_version_once": "title", "material_approved_by": "title"}

    class Meta(Record.Meta):
        verbose_name = "tài liệu"
        verbose_name_plural = "tài liệu tuyên truyền"
        constraints = [
            models.UniqueConstraint(
                name="material_version_once",
                fields=["title", "version_number"],
                violation_error_message="Tài liệu này đã có phiên bản đó.",
            ),
            models.CheckConstraint(
                name="material_approved_by",
                condition=(
                    Q(approved_on=None, approved_by=None)
                    | Q(approved_on__isnull=False, approved_by__isnull=False)
                ),
                violation_error_message="Duyệt thì có người duyệt và ngày duyệt.",
            ),
        ]

    def __str__(self):
        return f"{self.title} (bản {self.version_number})"

    def search_parts(self):
        return self.title, ()

    def as_option(self):
        return {"code": self.code, "label": str(self), "detail": str(self.topic)}

    def changeable_by(self, user, at):
        """An approved version stays as it was read out: the next one is another version."""
        return self.approved_on is None

    def state_badge(self):
        """Return how the version stands: `(tone, word)`; of `for_list()` rows also whether a later
        one took its place."""
        if not self.approved_on:
            return "due", "Chờ duyệt"
        return (
            ("mute", "Đã có bản mới") if getattr(self, "replaced", False) else ("ok", "Đang dùng")
        )
