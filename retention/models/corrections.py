"""What people ask to have corrected in the portal's data about them, with owner and deadline."""

from django.db import models
from django.db.models import F, Q

from households.models import Resident
from kylien.areas.models import Neighbourhood
from kylien.areas.tasks import OwnedTask, TaskQuerySet, task_constraints, task_fields
from kylien.core.models import Record, RecordQuerySet


class CorrectionQuerySet(TaskQuerySet, RecordQuerySet):
    def visible_to(self, user):
        """Return the requests about the user's rows, and those that are his to answer."""
        found = super().visible_to(user)
        if user.scope.whole_ward or not user.scope.neighbourhood_ids:
            return found
        return found | self.filter(owner=user.pk)

    def for_list(self):
        return self.select_related("resident", "owner", "neighbourhood")

    def received_in(self, period):
        return self.filter(received_on__gte=period.start, received_on__lt=period.end)


class CorrectionRequest(OwnedTask, Record):
    """A request to correct what a record says: who asks, what is wrong, answered by whom and when.

    It names a record by its code and never an incident, so that none becomes a file on a person.
    """

    class Decision(models.TextChoices):
        CORRECTED = "corrected", "Đã đính chính"
        REFUSED = "refused", "Không đính chính"

    resident = models.ForeignKey(
        Resident,
        models.PROTECT,
        "correction_requests",
        null=True,
        blank=True,
        verbose_name="người yêu cầu (có trong sổ)",
    )
    asker = models.CharField("người yêu cầu (ngoài sổ)", max_length=100, blank=True)
    record_code = models.CharField("mã bản ghi", max_length=20)
    neighbourhood = models.ForeignKey(
        Neighbourhood,
        models.PROTECT,
        "correction_requests",
        null=True,
        editable=False,
        verbose_name="tổ dân phố",
    )
    received_on = models.DateField("nhận ngày")
    decision = models.CharField("kết luận", max_length=10, choices=Decision, blank=True)

    objects = CorrectionQuerySet.as_manager()
    code_prefix = "DC"
    derived_from = ("content", "asker", "resident", "record_code")
    constraint_fields = {
        **task_fields("correction"),
        "correction_of_somebody": "resident",
        "correction_decided_when_done": "decision",
        "correction_done_after_received": "done_on",
    }

    class Meta(Record.Meta):
        verbose_name = "yêu cầu đính chính"
        verbose_name_plural = "yêu cầu đính chính"
        default_permissions = ("view", "add", "change", "export", "sheet")
        indexes = [
            models.Index(fields=["-received_on", "-id"], name="correction_order"),
            models.Index(fields=["due_on"], name="correction_open", condition=Q(done_on=None)),
        ]
        constraints = [
            *task_constraints("correction"),
            models.CheckConstraint(
                name="correction_of_somebody",
                condition=Q(resident__isnull=False, asker="") | Q(resident=None) & ~Q(asker=""),
                violation_error_message="Chọn người trong sổ, hoặc ghi tên người ngoài sổ.",
            ),
            models.CheckConstraint(
                name="correction_decided_when_done",
                condition=Q(done_on=None, decision="") | Q(done_on__isnull=False) & ~Q(decision=""),
                violation_error_message="Trả lời thì ghi cả ngày và kết luận.",
            ),
            models.CheckConstraint(
                name="correction_done_after_received",
                condition=Q(done_on=None) | Q(done_on__gte=F("received_on")),
                violation_error_message="Không thể trả lời trước ngày nhận.",
            ),
        ]

    def search_parts(self):
        """Who is in the register is found by his code: his name may be beyond the officer's beat
        by now, and what finds it would tell it."""
        asked_by = self.resident.code if self.resident_id else ""
        return self.asker, (self.content, self.record_code, asked_by)

    @staticmethod
    def make_sort_key(name):
        return ""

    @property
    def asked_by(self):
        """Return the name of who asks."""
        return self.resident.full_name if self.resident_id else self.asker

    def changeable_by(self, user, at):
        """What was answered stays as it was answered."""
        return self.done_on is None
