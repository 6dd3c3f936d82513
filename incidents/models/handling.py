"""What is kept about the handling of an incident: its log, its files, and whom the news is from."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from incidents.models.incidents import Assignment, Incident, OfIncident
from kylien.accounts.models import Role
from kylien.core import text
from kylien.core.models import AppendOnly, AppendOnlyQuerySet, Tracked
from kylien.core.uploads import KINDS, PrivateStorage

ENDINGS = {kind.content_type: kind.extensions[0] for kind in KINDS}


class EntryQuerySet(AppendOnlyQuerySet):
    visible_to = OfIncident.visible_to


class IncidentEntry(AppendOnly):
    """A line of an incident's log: what was done, by whom, when; never changed.

    It names officers at most, never the people of the incident, and repeats nothing that goes after
    its period: it is kept for good.
    """

    class Kind(models.TextChoices):
        STEP = "step", "Bước xử lý"
        NOTE = "note", "Ghi chú"
        CLOCK = "clock", "Thời hạn"
        ASSIGNMENT = "assignment", "Giao việc"
        FILE = "file", "Tệp"
        PARTY = "party", "Người báo tin, bị hại"

    RECEIVED = "Tiếp nhận tin"  # the title of each log's first line

    incident = models.ForeignKey(Incident, models.PROTECT, "entries", verbose_name="vụ việc")
    at = models.DateTimeField("lúc")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, "+", null=True, verbose_name="người ghi"
    )
    kind = models.CharField("việc", max_length=10, choices=Kind)
    state = models.CharField("tình trạng sau đó", max_length=15, choices=Incident.State)
    title = models.CharField("việc đã làm", max_length=200)
    note = models.TextField("nội dung", max_length=1000, blank=True)

    objects = EntryQuerySet.as_manager()

    class Meta(AppendOnly.Meta):
        verbose_name = "dòng nhật ký vụ việc"
        verbose_name_plural = "nhật ký vụ việc"
        default_permissions = ("view", "add")
        ordering = ("at", "pk")
        indexes = [models.Index(fields=["at"], name="incident_entry_at")]

    def __str__(self):
        return self.title


class Attachment(Tracked):
    """A file of an incident: a picture, a PDF or a Word document, checked by content.

    Kept outside the web root under a random name. Taking one out removes the file and keeps the
    row with the reason.
    """

    incident = models.ForeignKey(Incident, models.PROTECT, "attachments", verbose_name="vụ việc")
    file = models.FileField("tệp", storage=PrivateStorage(), max_length=200)
    name = models.CharField("tên tệp", max_length=120)
    content_type = models.CharField("loại nội dung", max_length=100)
    size = models.PositiveIntegerField("số byte")
    sha256 = models.CharField("mã kiểm tra SHA-256", max_length=64)
    note = models.CharField("ghi chú", max_length=200, blank=True)
    removed_at = models.DateTimeField("bỏ lúc", null=True, blank=True)
    remove_reason = models.CharField("lý do bỏ", max_length=200, blank=True)

    objects = OfIncident.as_manager()
    owner_code = "incident__code"
    scope_lookup = "incident__neighbourhood"
    secret_fields = ("name",)  # people write names into the names of files
    constraint_fields = {"attachment_removed_with_reason": "remove_reason"}

    class Meta(Tracked.Meta):
        verbose_name = "tệp đính kèm"
        verbose_name_plural = "tệp đính kèm"
        default_permissions = ("view", "add", "delete")
        ordering = ("pk",)
        constraints = [
            models.CheckConstraint(
                name="attachment_removed_with_reason",
                condition=(
                    Q(removed_at=None, remove_reason="")
                    | Q(removed_at__isnull=False) & ~Q(remove_reason="")
                ),
                violation_error_message="Ghi lý do bỏ tệp.",
            ),
        ]

    def __str__(self):
        return self.name

    @property
    def label(self):
        """Return what tells it where its name and note may not stand: "Tệp 12 (pdf)"."""
        return f"Tệp {self.pk} ({ENDINGS.get(self.content_type, self.content_type)})"


class PartyQuerySet(OfIncident):
    def visible_to(self, user):
        """Return the rows that the chief may read, and those assigned to the incident."""
        if user.has_role(Role.CHIEF):
            return self.all()
        if not user.is_active:
            return self.none()
        return self.filter(incident__in=Assignment.objects.incidents_of(user))


class IncidentParty(Tracked):
    """Who told of an incident, or was harmed: apart from it, read by the chief and the assigned.

    In no list, export, log, search or admin page; the trail keeps that it was written and read,
    never what it says. The telephone is masked even for its readers. Not for crowds and complaints.
    """

    class Role(models.TextChoices):
        REPORTER = "reporter", "Người báo tin"
        HARMED = "harmed", "Người bị hại"

    incident = models.ForeignKey(Incident, models.PROTECT, "parties", verbose_name="vụ việc")
    role = models.CharField("là", max_length=10, choices=Role, default=Role.REPORTER)
    full_name = models.CharField("họ và tên", max_length=100)
    phone = models.CharField("điện thoại", max_length=20, blank=True)
    address = models.CharField("địa chỉ", max_length=200, blank=True)
    note = models.CharField("cách liên hệ", max_length=200, blank=True)

    objects = PartyQuerySet.as_manager()
    owner_code = "incident__code"
    scope_lookup = "incident__neighbourhood"
    secret_fields = ("role", "full_name", "phone", "address", "note")
    masks = {"phone": text.mask_phone}

    class Meta(Tracked.Meta):
        verbose_name = "người báo tin, bị hại"
        verbose_name_plural = "người báo tin, bị hại"
        default_permissions = ("view", "add", "change")
        ordering = ("pk",)

    def __str__(self):
        return text.format_number(self.pk or 0)  # never the name: messages and logs show this

    @property
    def code(self):
        """Return the incident's, by which the trail tells it."""
        return self.incident.code

    @property
    def masked_phone(self):
        return self.masked("phone")
