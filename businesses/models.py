"""Businesses at an address in the ward, their sectors, and the certificates they hold."""

import datetime as dt

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Exists, F, OuterRef, Q

from kylien.areas.models import Neighbourhood, SettingQuerySet
from kylien.core import text
from kylien.core.models import Record, RecordQuerySet, Tracked, TrackedQuerySet


class SectorQuerySet(SettingQuerySet):
    def in_scope(self, scope):
        return self.all()

    def conditional_on(self, day):
        """Return the sectors that are under security conditions on `day`."""
        since = Q(conditional_from__lte=day)
        return self.filter(since & (Q(conditional_to=None) | Q(conditional_to__gt=day)))


class Sector(Tracked):
    """A line of business. Whether it is "conditional" depends on the day, so the days are data.

    Source: NĐ 96/2016 Điều 3 as amended (LPG left the list on 15/3/2026 by NĐ 58/2026; eating
    places never were on it).
    """

    code = models.SlugField("mã ngành", max_length=30, unique=True)
    name = models.CharField("tên ngành", max_length=100)
    conditional_from = models.DateField("có điều kiện từ", null=True, blank=True)
    conditional_to = models.DateField("hết điều kiện từ", null=True, blank=True)
    legal_basis = models.CharField("căn cứ", max_length=200, blank=True)
    position = models.PositiveSmallIntegerField("thứ tự", default=0)

    objects = SectorQuerySet.as_manager()
    constraint_fields = {"sector_conditional_ends_after_start": "conditional_to"}

    class Meta(Tracked.Meta):
        verbose_name = "ngành nghề"
        verbose_name_plural = "ngành nghề"
        ordering = ("position", "pk")
        constraints = [
            models.CheckConstraint(
                name="sector_conditional_ends_after_start",
                condition=Q(conditional_to=None) | Q(conditional_to__gt=F("conditional_from")),
                violation_error_message="Ngày hết điều kiện phải sau ngày bắt đầu.",
            ),
        ]

    def __str__(self):
        return self.name

    def is_conditional(self, on):
        """Tell whether the sector is under security conditions on the day `on`."""
        return bool(
            self.conditional_from
            and self.conditional_from <= on
            and (self.conditional_to is None or on < self.conditional_to)
        )


class BusinessQuerySet(RecordQuerySet):
    def for_list(self):
        return self.select_related("sector", "neighbourhood")

    def trading(self):
        """Return the businesses that are not closed."""
        return self.exclude(state=Business.State.CLOSED)


class Business(Record):
    """An establishment at an address: a karaoke bar, a pawnshop, a company, a project."""

    class State(models.TextChoices):
        OPEN = "open", "Đang hoạt động"
        SUSPENDED = "suspended", "Tạm ngừng"
        CLOSED = "closed", "Đã đóng cửa"

    name = models.CharField("tên cơ sở", max_length=200)
    sector = models.ForeignKey(Sector, models.PROTECT, "businesses", verbose_name="ngành nghề")
    neighbourhood = models.ForeignKey(
        Neighbourhood, models.PROTECT, "businesses", verbose_name="tổ dân phố"
    )
    address = models.CharField("địa chỉ", max_length=200)
    responsible_name = models.CharField("người phụ trách", max_length=100, blank=True)
    phone = models.CharField("điện thoại", max_length=20, blank=True)
    opened_on = models.DateField("ngày hoạt động", null=True, blank=True)
    state = models.CharField("tình trạng", max_length=10, choices=State, default=State.OPEN)
    note = models.TextField("ghi chú", blank=True, max_length=500)

    objects = BusinessQuerySet.as_manager()
    code_prefix = "CS"
    number_fields = ("phone",)
    secret_fields = ("phone",)
    masks = {"phone": text.mask_phone}
    derived_from = ("name", "address", "responsible_name")

    class Meta(Record.Meta):
        verbose_name = "cơ sở"
        verbose_name_plural = "cơ sở kinh doanh"
        indexes = [
            models.Index(fields=["sort_key", "id"], name="business_order"),
            models.Index(fields=["neighbourhood", "sector", "state"], name="business_by_area"),
        ]

    def __str__(self):
        return self.name

    def clean(self):
        """A business with a past does not change neighbourhood: what happened there would."""
        moved = self.pk and Business.objects.filter(pk=self.pk).exclude(
            neighbourhood=self.neighbourhood_id
        )
        past = (self.lodged_residences, self.employed_residences, self.stay_notices, self.incidents)
        if moved and moved.exists() and any(rows.exists() for rows in past):
            raise ValidationError(
                {
                    "neighbourhood": "Cơ sở đã có người cư trú, lưu trú hoặc vụ việc thì không "
                    "đổi tổ dân phố: đóng cơ sở này, lập cơ sở ở nơi mới."
                }
            )

    def search_parts(self):
        return self.name, (self.address, self.responsible_name)

    def as_option(self):
        return {"code": self.code, "label": self.name, "detail": self.address}

    def papers(self, on):
        """List `(certificate, (tone, word))`, newest first; a paper that a newer one of its kind
        has replaced is no longer due."""
        found, replaced = [], set()
        for row in self.certificates.order_by("-issued_on", "-pk"):
            old = row.kind in replaced and not row.revoked_on
            found.append((row, ("mute", "Đã có giấy mới") if old else row.badge(on)))
            if not row.revoked_on:
                replaced.add(row.kind)
        return found

    def state_badge(self):
        tone = {"open": "ok", "suspended": "due", "closed": "mute"}[self.state]
        return tone, self.get_state_display()


class CertificateQuerySet(TrackedQuerySet):
    def valid_on(self, day):
        """Return the certificates that hold on `day`: issued, not expired, not revoked."""
        return self.filter(
            Q(expires_on=None) | Q(expires_on__gte=day),
            Q(revoked_on=None) | Q(revoked_on__gt=day),
            issued_on__lte=day,
        )

    def expiring(self, on, days):
        """Return the certificates of trading businesses whose last day is within `days` of `on` or
        past, unless a newer paper of the kind has taken their place."""
        newer = Certificate.objects.filter(
            business=OuterRef("business"),
            kind=OuterRef("kind"),
            issued_on__gt=OuterRef("issued_on"),
            revoked_on=None,
        )
        rows = self.filter(expires_on__lte=on + dt.timedelta(days=days), revoked_on=None)
        return rows.exclude(business__state=Business.State.CLOSED).exclude(Exists(newer))


class Certificate(Tracked):
    """A paper that a business holds; open-ended unless `expires_on` (its last valid day) is set."""

    DUE_DAYS = 30  # a paper is due that many days before its last one

    class Kind(models.TextChoices):
        SECURITY = "security", "GCN đủ điều kiện ANTT"
        FIRE = "fire", "Nghiệm thu, thẩm duyệt PCCC"
        TRADE = "trade", "Giấy phép kinh doanh ngành nghề"

    business = models.ForeignKey(Business, models.PROTECT, "certificates", verbose_name="cơ sở")
    kind = models.CharField("loại giấy", max_length=10, choices=Kind, default=Kind.SECURITY)
    number = models.CharField("số", max_length=50)
    issuer = models.CharField("nơi cấp", max_length=100)
    issued_on = models.DateField("ngày cấp")
    expires_on = models.DateField("có giá trị đến", null=True, blank=True)
    revoked_on = models.DateField("ngày thu hồi", null=True, blank=True)
    revoked_reason = models.CharField("lý do thu hồi", max_length=200, blank=True)

    objects = CertificateQuerySet.as_manager()
    owner_code = "business__code"
    scope_lookup = "business__neighbourhood"
    constraint_fields = {
        "certificate_expires_after_issue": "expires_on",
        "certificate_revoked_after_issue": "revoked_on",
        "certificate_number_once_an_issuer": "number",
        "certificate_revoked_with_reason": "revoked_reason",
    }

    class Meta(Tracked.Meta):
        verbose_name = "giấy chứng nhận"
        verbose_name_plural = "giấy chứng nhận"
        ordering = ("-issued_on", "-pk")
        indexes = [models.Index(fields=["expires_on"], name="certificate_expiry")]
        constraints = [
            models.CheckConstraint(
                name="certificate_expires_after_issue",
                condition=Q(expires_on=None) | Q(expires_on__gt=F("issued_on")),
                violation_error_message="Hạn giấy phải sau ngày cấp.",
            ),
            models.CheckConstraint(
                name="certificate_revoked_after_issue",
                condition=Q(revoked_on=None) | Q(revoked_on__gte=F("issued_on")),
                violation_error_message="Ngày thu hồi không thể trước ngày cấp.",
            ),
            models.CheckConstraint(
                name="certificate_revoked_with_reason",
                condition=Q(revoked_on=None) | ~Q(revoked_reason=""),
                violation_error_message="Ghi lý do thu hồi.",
            ),
            models.UniqueConstraint(
                name="certificate_number_once_an_issuer",
                fields=["issuer", "number"],
                violation_error_message="Nơi cấp này đã có giấy mang số này.",
            ),
        ]

    def __str__(self):
        return f"{self.get_kind_display()} {self.number}"

    def badge(self, on):
        """Return how the paper stands on the day `on`: `(tone, word)`."""
        if self.revoked_on and self.revoked_on <= on:
            return "late", "Đã thu hồi"
        if self.expires_on is None:
            return "ok", "Còn giá trị"
        left = (self.expires_on - on).days
        if left < 0:
            return "late", f"Quá hạn {-left} ngày"
        return ("due", f"Còn {left} ngày") if left <= self.DUE_DAYS else ("ok", "Còn giá trị")
