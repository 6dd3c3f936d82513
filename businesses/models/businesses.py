"""Businesses at an address in the ward, the papers they hold, and their states over time."""

import datetime as dt

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Exists, F, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce

from businesses.models.sectors import (
    BusinessRule,
    FireGroup,
    PaperKind,
    PaperRule,
    Sector,
    SectorRule,
)
from kylien.areas.models import Neighbourhood
from kylien.core import text
from kylien.core.models import Record, RecordQuerySet, Tracked, TrackedQuerySet


class BusinessQuerySet(RecordQuerySet):
    def for_list(self):
        return self.select_related("sector", "neighbourhood")

    def trading(self):
        """Return the businesses that are not closed."""
        return self.exclude(state=Business.State.CLOSED)

    def trading_on(self, day):
        """Return the businesses that had opened by `day` and were not closed on it."""
        changes = StateChange.objects.filter(business=OuterRef("pk"), changed_on__lte=day)
        last = Subquery(changes.order_by("-changed_on", "-pk").values("state")[:1])
        rows = self.alias(state_then=Coalesce(last, Value(Business.State.OPEN.value)))
        opened = Q(opened_on=None) | Q(opened_on__lte=day)
        return rows.filter(opened).exclude(state_then=Business.State.CLOSED)

    def conditional_on(self, day):
        """Return the businesses whose sector is under security conditions on `day`."""
        return self.filter(sector__in=Sector.objects.conditional_on(day))

    def expected_to_report(self, quarter):
        """Return the businesses that owe a return for a `Quarter`: trading at its end, in a sector
        that was under the duty then."""
        duty = SectorRule.objects.in_force(quarter.last_day).filter(quarterly_return=True)
        return self.trading_on(quarter.last_day).filter(sector__in=duty.values("sector"))

    def issued_in(self, period):
        """Return the businesses to which the ward itself issued a paper within a period."""
        papers = Certificate.objects.filter(by_ward=True, issued_on__gte=period.start)
        return self.filter(pk__in=papers.filter(issued_on__lt=period.end).values("business"))

    def revoked_in(self, period):
        """Return the businesses that had a paper revoked within a period."""
        papers = Certificate.objects.filter(revoked_on__gte=period.start)
        return self.filter(pk__in=papers.filter(revoked_on__lt=period.end).values("business"))

    def sanctioned_in(self, period):
        """Return the businesses against which a sanction was decided within a period."""
        during = {"sanctions__decided_on__gte": period.start}
        rows = Business.objects.filter(**during, sanctions__decided_on__lt=period.end)
        return self.filter(pk__in=rows.order_by().values("pk"))

    def returned(self, quarter):
        """Return the businesses whose return for a `Quarter` has come."""
        return self.filter(returns__year=quarter.year, returns__quarter=quarter.number)

    def not_returned(self, quarter):
        """Return the businesses whose return for a `Quarter` has not come."""
        came = Business.objects.returned(quarter).order_by().values("pk")
        return self.exclude(pk__in=came)

    def unverified(self, since):
        """Return the businesses to keep contact with whose contact nobody has verified from the
        day `since` on."""
        return self.filter(sector__keeps_contact=True).exclude(
            pk__in=Business.objects.filter(
                liaison_notes__confirms_contact=True, liaison_notes__met_on__gte=since
            )
            .order_by()
            .values("pk")
        )

    def never_inspected_since(self, day):
        """Return the businesses without a periodic inspection held from `day` on."""
        looked = Business.objects.filter(
            inspections__kind="periodic", inspections__held_on__gte=day
        )
        return self.exclude(pk__in=looked.order_by().values("pk"))

    # --- papers: what the sector requires on a day, against what is held ---
    def lacking(self, on):
        """Return the businesses that lack a paper which their sector requires on `on`."""
        return self._with_rule(on, lambda held, ended: ~held)

    def missing(self, on):
        """Return those of `lacking` that never had such a paper, or had it revoked."""
        return self._with_rule(on, lambda held, ended: ~held & ~ended)

    def expired(self, on):
        """Return those of `lacking` whose paper has run out."""
        return self._with_rule(on, lambda held, ended: ~held & ended)

    def renewing(self, on):
        """Return the businesses that hold a required paper which runs out within `DUE_DAYS`."""
        lasting = Q(expires_on=None) | Q(expires_on__gt=on + Certificate.DUE)
        longer = Exists(_held(on).filter(lasting))
        return self._with_rule(on, lambda held, ended: held & ~longer)

    def _with_rule(self, on, condition):
        held = Exists(_held(on))
        ran_out = _own().filter(Q(revoked_on=None) | Q(revoked_on__gt=on), expires_on__lt=on)
        rules = PaperRule.objects.in_force(on).filter(sector=OuterRef("sector"))
        return self.filter(Exists(rules.filter(condition(held, Exists(ran_out)))))


def _own():
    """Return the papers, of the kind of the paper rule outside, of the business around that."""
    return Certificate.objects.filter(business=OuterRef(OuterRef("pk")), kind=OuterRef("kind"))


def _held(on):
    return _own().valid_on(on)


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
    rooms = models.PositiveSmallIntegerField("số phòng", null=True, blank=True)
    area_m2 = models.PositiveIntegerField("diện tích (m²)", null=True, blank=True)
    staff_count = models.PositiveIntegerField("số nhân viên", null=True, blank=True)
    fire_group = models.ForeignKey(
        FireGroup,
        models.PROTECT,
        "businesses",
        null=True,
        blank=True,
        verbose_name="nhóm cơ sở PCCC",
    )
    security_unit = models.CharField(
        "lực lượng bảo vệ", max_length=100, blank=True, help_text="Đội bảo vệ riêng, công ty thuê."
    )
    state = models.CharField(
        "tình trạng", max_length=10, choices=State, default=State.OPEN, editable=False
    )
    note = models.TextField("ghi chú", blank=True, max_length=500)

    REPLACED = ("mute", "Đã có giấy mới")

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
        if not self.pk:
            return
        self._check_opening()
        stays = Business.objects.filter(pk=self.pk, neighbourhood=self.neighbourhood_id)
        past = (
            self.lodged_residences,
            self.employed_residences,
            self.stay_notices,
            self.incidents,
            self.inspections,
            self.sanctions,
            self.certificates.filter(by_ward=True),
        )
        if not stays.exists() and any(rows.exists() for rows in past):
            raise ValidationError(
                {
                    "neighbourhood": "Cơ sở đã có người cư trú, lưu trú, kiểm tra, xử phạt, giấy "
                    "phường cấp hoặc vụ việc thì không đổi tổ dân phố: đóng cơ sở này, lập cơ sở "
                    "ở nơi mới."
                }
            )

    def _check_opening(self):
        """What happened to a business happened after it opened."""
        if not self.opened_on:
            return
        changed = self.state_changes.filter(changed_on__lt=self.opened_on)
        if changed.exists() or self.inspections.filter(held_on__lt=self.opened_on).exists():
            raise ValidationError(
                {"opened_on": "Cơ sở đã có kiểm tra hoặc đổi tình trạng trước ngày này."}
            )

    def search_parts(self):
        return self.name, (self.address, self.responsible_name)

    def as_option(self):
        return {"code": self.code, "label": self.name, "detail": self.address}

    def papers(self, on):
        """List `(certificate, (tone, word))`, newest first; a paper that a newer one of its kind
        has replaced is no longer due."""
        found, replaced = [], set()
        rows = self.certificates.all()
        for row in sorted(rows, key=lambda one: (one.issued_on, one.pk), reverse=True):
            old = row.kind_id in replaced and not row.revoked_on
            found.append((row, self.REPLACED if old else row.badge(on)))
            if not row.revoked_on:
                replaced.add(row.kind_id)
        return found

    def state_badge(self):
        return STATE_TONES[self.state], self.get_state_display()


STATE_TONES = {"open": "ok", "suspended": "due", "closed": "mute"}


class StateChange(Tracked):
    """A business opened again, was suspended or closed on a day; `Business.state` repeats the last.

    Before its first change a business is open. Only `businesses.services` writes these.
    """

    business = models.ForeignKey(Business, models.PROTECT, "state_changes", verbose_name="cơ sở")
    state = models.CharField("tình trạng", max_length=10, choices=Business.State)
    changed_on = models.DateField("từ ngày")
    reason = models.CharField("lý do", max_length=200, blank=True)

    owner_code = "business__code"
    scope_lookup = "business__neighbourhood"
    constraint_fields = {"state_change_once_a_day": "changed_on"}

    class Meta(Tracked.Meta):
        verbose_name = "lần đổi tình trạng"
        verbose_name_plural = "lần đổi tình trạng"
        ordering = ("-changed_on", "-pk")
        constraints = [
            models.UniqueConstraint(
                name="state_change_once_a_day",
                fields=["business", "changed_on"],
                violation_error_message="Ngày này đã ghi một lần đổi tình trạng.",
            ),
        ]

    def __str__(self):
        return f"{self.get_state_display()} từ {text.format_date(self.changed_on)}"

    def badge(self):
        return STATE_TONES[self.state], self.get_state_display()


class CertificateQuerySet(TrackedQuerySet):
    def for_list(self):
        return self.select_related("kind")

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

    def awaiting_check(self, on):
        """Return the papers issued by `on` after which the law wants the business checked, and
        nobody has: of trading businesses, not revoked, not replaced by a newer one."""
        duty = BusinessRule.objects.filter(
            Q(valid_to=None) | Q(valid_to__gt=OuterRef("issued_on")),
            key=BusinessRule.Key.POST_CHECK_DAYS,
            valid_from__lte=OuterRef("issued_on"),
        )
        newer = Certificate.objects.filter(
            business=OuterRef("business"),
            kind=OuterRef("kind"),
            issued_on__gt=OuterRef("issued_on"),
            revoked_on=None,
        )
        rows = self.filter(Exists(duty), kind__post_check=True, revoked_on=None, issued_on__lte=on)
        rows = rows.exclude(business__state=Business.State.CLOSED).exclude(Exists(newer))
        return rows.exclude(checks__held_on__isnull=False)


class Certificate(Tracked):
    """A paper that a business holds; open-ended unless `expires_on` (its last valid day) is set."""

    DUE_DAYS = 30  # a paper is due that many days before its last one
    DUE = dt.timedelta(days=DUE_DAYS)

    class IssueReason(models.TextChoices):
        NEW = "new", "Cấp mới"
        CHANGE = "change", "Cấp đổi"
        REISSUE = "reissue", "Cấp lại"

    business = models.ForeignKey(Business, models.PROTECT, "certificates", verbose_name="cơ sở")
    kind = models.ForeignKey(
        PaperKind,
        models.PROTECT,
        "certificates",
        to_field="code",
        db_column="kind",
        default="security",
        verbose_name="loại giấy",
    )
    number = models.CharField("số", max_length=50)
    issuer = models.CharField("nơi cấp", max_length=100)
    issued_on = models.DateField("ngày cấp")
    issue_reason = models.CharField(
        "cấp theo", max_length=10, choices=IssueReason, default=IssueReason.NEW
    )
    by_ward = models.BooleanField("công an phường cấp", default=False, editable=False)
    responsible_name = models.CharField(
        "người chịu trách nhiệm ghi trên giấy", max_length=100, blank=True
    )
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
        return f"{self.kind} {self.number}"

    def clean(self):
        """Refuse a number that its issuer has used already, however the two are typed."""
        same = Certificate.objects.filter(number__iexact=self.number).exclude(pk=self.pk)
        same = same.exclude(number=self.number, issuer=self.issuer)  # told by the constraint
        if text.fold(self.issuer) in map(text.fold, same.values_list("issuer", flat=True)):
            raise ValidationError({"number": "Nơi cấp này đã có giấy mang số này."})

    def is_valid(self, on):
        """Tell whether the paper holds on the day `on`, as `valid_on` does."""
        return (
            self.issued_on <= on
            and (self.expires_on is None or on <= self.expires_on)
            and (self.revoked_on is None or on < self.revoked_on)
        )

    def check_due(self, book):
        """Return until when the business is to be checked after this paper; see `RuleBook`."""
        days = book.number(BusinessRule.Key.POST_CHECK_DAYS, self.issued_on)
        return self.issued_on + dt.timedelta(days=days)

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
