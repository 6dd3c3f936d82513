"""Joint resolutions, and the commitments that each party owns."""

import datetime as dt

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Exists, F, OuterRef, Q, Subquery

from kylien.areas.tasks import TaskQuerySet
from kylien.core.models import Record, Tracked
from outreach.models.base import ForAllWhoWork, WardWide
from outreach.models.partners import Partner


class ResolutionQuerySet(WardWide):
    def for_list(self):
        parties = ResolutionParty.objects.select_related("partner")
        return self.prefetch_related(models.Prefetch("parties", parties))

    def with_progress(self, on):
        """Annotate the first day on which something is open (`next_due`), the last on which
        something was done (`last_done`), and how many commitments there are."""
        times = Fulfilment.objects.filter(commitment__resolution=OuterRef("pk"))
        due = times.open(on).order_by("due_on").values("due_on")[:1]
        done = times.filter(done_on__lte=on).order_by("-done_on").values("done_on")[:1]
        return self.annotate(
            next_due=Subquery(due),
            last_done=Subquery(done),
            commitment_count=models.Count("commitments"),
        )

    def late(self, on):
        """Return the resolutions in force with something past its day."""
        times = Fulfilment.objects.open(on).overdue(on).order_by()
        return self.in_force(on).filter(pk__in=times.values("commitment__resolution"))

    def in_force(self, day):
        """Return the resolutions in force on `day` (the day one ends is not in it)."""
        return self.filter(Q(ended_on=None) | Q(ended_on__gt=day), signed_on__lte=day)

    def silent(self, on, days):
        """Return the resolutions in force on `on`, older than `days` days, of which nothing was
        done within them."""
        since = on - dt.timedelta(days=days)
        done = Fulfilment.objects.filter(
            commitment__resolution=OuterRef("pk"), done_on__gte=since, done_on__lte=on
        )
        return self.in_force(on).filter(signed_on__lt=since).filter(~Exists(done))


class JointResolution(Record):
    """A resolution or programme signed with partners, from when until when."""

    title = models.CharField("tên nghị quyết", max_length=200)
    number = models.CharField("số", max_length=50, blank=True)
    signed_on = models.DateField("ngày ký")
    ended_on = models.DateField("hết hiệu lực từ", null=True, blank=True)

    objects = ResolutionQuerySet.as_manager()
    code_prefix = "NQ"
    code_width = 3
    derived_from = ("title", "number")
    constraint_fields = {"resolution_ends_after_signed": "ended_on"}

    class Meta(Record.Meta):
        verbose_name = "nghị quyết liên tịch"
        verbose_name_plural = "nghị quyết liên tịch"
        constraints = [
            models.CheckConstraint(
                name="resolution_ends_after_signed",
                condition=Q(ended_on=None) | Q(ended_on__gt=F("signed_on")),
                violation_error_message="Ngày hết hiệu lực phải sau ngày ký.",
            ),
        ]

    def __str__(self):
        return self.title

    def search_parts(self):
        return self.title, (self.number,)

    def as_option(self):
        return {"code": self.code, "label": self.title, "detail": self.number}

    @property
    def party_names(self):
        return ", ".join(sorted(str(party) for party in self.parties.all()))

    def in_force(self, day):
        return self.signed_on <= day and (self.ended_on is None or day < self.ended_on)

    def badge(self, on):
        """Return how a resolution `with_progress()` stands on the day `on`: `(tone, word)`."""
        if not self.in_force(on):
            return "mute", "Hết hiệu lực"
        if not self.commitment_count:
            return "due", "Chưa có cam kết"
        if self.next_due and self.next_due < on:
            return "late", f"Quá hạn {(on - self.next_due).days} ngày"
        return "ok", "Đúng hạn"


class ResolutionParty(Tracked):
    """A partner that signed a resolution; the station itself always did."""

    resolution = models.ForeignKey(
        JointResolution, models.PROTECT, "parties", verbose_name="nghị quyết"
    )
    partner = models.ForeignKey(Partner, models.PROTECT, "parties", verbose_name="bên ký")

    objects = ForAllWhoWork.as_manager()
    owner_code = "resolution__code"
    constraint_fields = {"party_once": "partner"}

    class Meta(Tracked.Meta):
        verbose_name = "bên ký"
        verbose_name_plural = "các bên ký"
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(
                name="party_once",
                fields=["resolution", "partner"],
                violation_error_message="Bên này đã có.",
            ),
        ]

    def __str__(self):
        return str(self.partner)


class Commitment(Tracked):
    """What one party of a resolution takes on: once until a day, or again and again from it on.

    Without a partner it is the station's own.
    """

    class Recurrence(models.TextChoices):
        ONCE = "once", "Một lần"
        MONTHLY = "monthly", "Hằng tháng"
        QUARTERLY = "quarterly", "Hằng quý"
        YEARLY = "yearly", "Hằng năm"

    resolution = models.ForeignKey(
        JointResolution, models.PROTECT, "commitments", verbose_name="nghị quyết"
    )
    content = models.CharField("cam kết", max_length=300)
    partner = models.ForeignKey(
        Partner,
        models.PROTECT,
        "commitments",
        null=True,
        blank=True,
        verbose_name="bên chủ trì",
        help_text="Để trống: Công an phường.",
    )
    recurrence = models.CharField("lặp lại", max_length=10, choices=Recurrence, default="once")
    due_on = models.DateField("hạn (lần đầu)")
    ended_on = models.DateField("thôi từ ngày", null=True, blank=True)

    objects = ForAllWhoWork.as_manager()
    owner_code = "resolution__code"

    class Meta(Tracked.Meta):
        verbose_name = "cam kết"
        verbose_name_plural = "cam kết"
        default_permissions = ("view", "add", "change")
        ordering = ("due_on", "pk")

    def __str__(self):
        return self.content

    @property
    def owner_label(self):
        return str(self.partner) if self.partner_id else "Công an phường"

    def clean(self):
        """A party of the resolution owns it; its days lie in the resolution's."""
        if not self.resolution_id:
            return
        errors = {}
        if self.partner_id and not self.resolution.parties.filter(partner=self.partner).exists():
            errors["partner"] = "Tổ chức này không ký nghị quyết."
        if self.due_on and self.due_on < self.resolution.signed_on:
            errors["due_on"] = "Hạn không thể trước ngày ký nghị quyết."
        if errors:
            raise ValidationError(errors)


class FulfilmentQuerySet(TaskQuerySet, ForAllWhoWork):
    """Each time a commitment falls due."""

    def open(self, on):
        """Return those still to be met: not of a commitment or a resolution that has ended."""
        return self.unfinished().filter(
            Q(commitment__ended_on=None) | Q(commitment__ended_on__gt=on),
            Q(commitment__resolution__ended_on=None) | Q(commitment__resolution__ended_on__gt=on),
        )


class Fulfilment(Tracked):
    """One time a commitment falls due, and how it was met: when, with what evidence.

    A recurring commitment has one row a period; services make the rows ahead.
    """

    commitment = models.ForeignKey(
        Commitment, models.PROTECT, "fulfilments", verbose_name="cam kết"
    )
    due_on = models.DateField("hạn")
    done_on = models.DateField("thực hiện ngày", null=True, blank=True)
    evidence = models.CharField("minh chứng", max_length=300, blank=True)
    led_by = models.ForeignKey(
        Partner,
        models.PROTECT,
        "fulfilments",
        null=True,
        blank=True,
        verbose_name="bên thực hiện chính",
        help_text="Để trống: Công an phường.",
    )

    objects = FulfilmentQuerySet.as_manager()
    owner_code = "commitment__resolution__code"
    constraint_fields = {"fulfilment_once_a_day": "due_on", "fulfilment_with_evidence": "evidence"}

    class Meta(Tracked.Meta):
        verbose_name = "lần thực hiện cam kết"
        verbose_name_plural = "lần thực hiện cam kết"
        default_permissions = ("view", "change", "export")
        ordering = ("due_on", "pk")
        indexes = [
            models.Index(fields=["due_on"], name="fulfilment_open", condition=Q(done_on=None)),
            models.Index(fields=["done_on"], name="fulfilment_done"),
        ]
        constraints = [
            models.UniqueConstraint(
                name="fulfilment_once_a_day",
                fields=["commitment", "due_on"],
                violation_error_message="Cam kết đã có một hạn ngày này.",
            ),
            models.CheckConstraint(
                name="fulfilment_with_evidence",
                condition=Q(done_on=None) | ~Q(evidence=""),
                violation_error_message="Đã thực hiện thì ghi minh chứng.",
            ),
        ]

    def __str__(self):
        return f"{self.commitment} ({self.due_on:%d/%m/%Y})"
