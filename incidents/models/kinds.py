"""Kinds of incident in two levels, edited by the chief."""

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models

from kylien.areas.models import SettingQuerySet
from kylien.core.models import Tracked


class Urgency(models.TextChoices):
    """How soon something has to be done; the hours and days are rows (`ClockRule`)."""

    AT_ONCE = "at_once", "Khẩn cấp"
    TODAY = "today", "Trong ngày"
    SOON = "soon", "Sớm"
    NORMAL = "normal", "Thường"


class IncidentTypeQuerySet(SettingQuerySet):
    def in_scope(self, scope):
        return self.all()

    def usable(self):
        """Return the kinds that an incident can have: the second level, in order."""
        return self.filter(parent__isnull=False).select_related("parent")


class IncidentType(Tracked):
    """A kind of incident, in two levels. Codes are stable; names and order may be edited."""

    # Figures name kinds by their code with _ for -: a-b and a_b would be one figure.
    code = models.SlugField(
        "mã loại",
        max_length=30,
        unique=True,
        validators=[RegexValidator("_", "Mã không có dấu gạch dưới.", inverse_match=True)],
    )
    name = models.CharField("tên loại", max_length=100)
    parent = models.ForeignKey(
        "self", models.PROTECT, "children", null=True, blank=True, verbose_name="nhóm"
    )
    crowd = models.BooleanField(
        "tụ tập, khiếu kiện",
        default=False,
        help_text="Chỉ ghi quy mô, biện pháp và một ghi chú ngắn; không ghi tên người.",
    )
    urgency = models.CharField(
        "mức độ thường gặp",
        max_length=10,
        choices=Urgency,
        default=Urgency.NORMAL,
        help_text="Dùng khi người ghi không chọn.",
    )
    position = models.PositiveSmallIntegerField("thứ tự", default=0)

    objects = IncidentTypeQuerySet.as_manager()

    class Meta(Tracked.Meta):
        verbose_name = "loại vụ việc"
        verbose_name_plural = "loại vụ việc"
        ordering = ("position", "pk")

    def __str__(self):
        return self.name

    def clean(self):
        """Keep the levels two: a group has no group, and incidents have a kind that has one."""
        refusal = ""
        old = type(self).objects.filter(pk=self.pk).first() if self.pk else None
        if old and old.crowd != self.crowd and self.incidents.exists():
            raise ValidationError({"crowd": "Đã có vụ việc thuộc loại này: lập loại mới."})
        if self.parent_id and (self.parent.parent_id or self.parent_id == self.pk):
            refusal = "Loại vụ việc chỉ có hai cấp."
        elif self.pk and self.parent_id and self.children.exists():
            refusal = "Loại này có loại con nên không vào nhóm khác được."
        elif self.pk and not self.parent_id and self.incidents.exists():
            refusal = "Đã có vụ việc thuộc loại này: giữ trong một nhóm."
        if refusal:
            raise ValidationError({"parent": refusal})
