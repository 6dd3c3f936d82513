"""Forms of papers, and the rules that the admin's forms share with the portal's."""

import copy

from django import forms
from django.core.exceptions import ValidationError

from businesses import services
from businesses.models import Certificate, PaperKind, PaperRule
from kylien.areas.models import Ward
from kylien.core import text
from kylien.core.forms import RecordForm, RecordInlineFormSet


def not_required(sector, kind, day) -> str:
    """Return the sentence that warns of a paper which some sector must hold, but not `sector` on
    `day`; empty where it must, or where the law asks no sector for such a paper."""
    rules = list(PaperRule.objects.filter(kind=kind.code))
    if not rules or any(r.sector_id == sector.pk and r.holds_on(day) for r in rules):
        return ""
    return f"Ngày {text.format_date(day)}, ngành {sector} không phải có {kind}."


class CertificateRules:
    """What a paper must meet on the day it is entered."""

    past_days = ("issued_on", "revoked_on")

    def clean(self):
        data = super().clean()
        undated = data.get("revoked_reason") and not data.get("revoked_on")
        if undated and "revoked_on" not in self.errors:
            self.add_error("revoked_on", "Có lý do thu hồi thì ghi ngày thu hồi.")
        if not self.instance.by_ward and {"kind", "issuer", "issued_on"} & set(self.changed_data):
            self._leave_to_the_ward(data)
        return data

    def _leave_to_the_ward(self, data):
        """What the ward issues passes its own checks: it is not entered as somebody else's."""
        kind, issuer, day = (data.get(name) for name in ("kind", "issuer", "issued_on"))
        ward = Ward.objects.of(day) if kind and issuer and day else None
        if ward is None or text.fold(issuer) != text.fold(ward.police):
            return
        rules = PaperRule.objects.in_force(day).filter(kind=kind.code, ward_issues=True)
        if rules.exists():
            self.add_error("issuer", f"Giấy do {ward.police} cấp: ghi bằng Cấp giấy.")

    def warning(self, sector):
        """Return the sentence of `not_required` for what was typed; empty where neither the kind
        nor the day is new."""
        kind, day = self.cleaned_data.get("kind"), self.cleaned_data.get("issued_on")
        new = not self.instance.pk or {"kind", "issued_on"} & set(self.changed_data)
        return not_required(sector, kind, day) if kind and day and new else ""


class CertificateRows(RecordInlineFormSet):
    """Papers typed in the admin. What must be confirmed is refused here: the portal asks."""

    def clean(self):
        super().clean()
        sector = getattr(self.instance, "sector", None) if self.instance.sector_id else None
        for form in self.forms:
            live = form.has_changed() and form not in self.deleted_forms and not form.errors
            told = form.warning(sector) if live and sector else ""
            if told:
                form.add_error("kind", f"{told} Nếu vẫn ghi giấy này: ghi ở trang của cơ sở.")


class CertificateForm(CertificateRules, RecordForm):
    """A paper that a business holds, as it stands on the paper; one that others issued, if new.

    A paper that the law does not ask of the sector on its day is written only when that is
    confirmed, and so asked.
    """

    confirmed = forms.BooleanField(label="Vẫn ghi giấy này", required=False)

    class Meta(RecordForm.Meta):
        model = Certificate
        fields = (
            "kind",
            "number",
            "issuer",
            "issued_on",
            "issue_reason",
            "expires_on",
            "responsible_name",
            "revoked_on",
            "revoked_reason",
        )

    def __init__(self, *args, business=None, **kwargs):
        if business is not None:
            kwargs["instance"] = Certificate(business=business)
        super().__init__(*args, **kwargs)
        self._drop_what_is_fixed()
        if self.add_prefix("confirmed") not in self.data:
            self.fields.pop("confirmed", None)
        self.fields["expires_on"].label = "Hạn đến"
        self.fields["expires_on"].help_text = "Để trống nếu giấy không ghi thời hạn."
        for field in self.fields.values():
            field.widget.attrs["data-half"] = ""

    def _drop_what_is_fixed(self):
        if not self.instance.revoked_on:
            del self.fields["revoked_on"], self.fields["revoked_reason"]
        else:
            self.fields["revoked_on"].help_text = "Xoá ngày và lý do nếu giấy không bị thu hồi."
        if self.instance.by_ward:  # the ward itself issued it: who and what stay
            del self.fields["kind"], self.fields["issuer"], self.fields["confirmed"]
        else:
            del self.fields["issue_reason"]

    def clean(self):
        data = super().clean()
        business = self.instance.business
        if self.instance.by_ward:
            self._check_issuing(business, data.get("issued_on"))
            return data
        told = self.warning(business.sector)
        if told:
            self._ask(told, confirmed=data.get("confirmed"))
        else:
            self.fields.pop("confirmed", None)
        return data

    def _ask(self, told, *, confirmed):
        """Show the box that confirms, and refuse the paper until it is ticked."""
        if "confirmed" not in self.fields:
            self.fields["confirmed"] = copy.deepcopy(self.base_fields["confirmed"])
        if not confirmed:
            self.add_error("kind", f"{told} Nếu vẫn ghi thì đánh dấu ở dưới.")

    def _check_issuing(self, business, day):
        if not day or "issued_on" not in self.changed_data:
            return
        try:
            services.issuing_rule(business, self.instance.kind_id, day)
        except ValidationError as error:
            self.add_error("issued_on", error)


class IssueForm(RecordForm):
    """A paper that the ward police itself issues to a business."""

    class Meta(RecordForm.Meta):
        model = Certificate
        fields = (
            "kind",
            "issue_reason",
            "number",
            "issued_on",
            "responsible_name",
            "expires_on",
        )

    def __init__(self, *args, business, **kwargs):
        super().__init__(*args, instance=Certificate(business=business), **kwargs)
        rules = [rule for rule in business.sector.paper_rules.all() if rule.ward_issues]
        kinds = PaperKind.objects.filter(code__in={rule.kind_id for rule in rules})
        self.fields["kind"].queryset = kinds
        self.fields["kind"].empty_label = None
        self.fields["expires_on"].label = "Hạn đến"
        self.fields["expires_on"].help_text = "Để trống: giấy không có thời hạn."
        self.fields["number"].help_text = "Số kế tiếp của năm, sửa được."
        for field in self.fields.values():
            field.widget.attrs["data-half"] = ""
        self.initial |= {
            "number": services.next_number(self.on),
            "issued_on": self.on,
            "responsible_name": business.responsible_name,
        }

    def save(self, commit=True):
        return services.issue_certificate(certificate=self.instance, on=self.on)


class RevokeForm(RecordForm):
    """Since when a paper is revoked, and why."""

    versioned = False  # what is written here stands in no other form

    class Meta(RecordForm.Meta):
        model = Certificate
        fields = ("revoked_on", "revoked_reason")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.required = True
        self.fields["revoked_on"].widget.attrs["data-half"] = ""
        if not self.instance.revoked_on:
            self.initial["revoked_on"] = self.on

    def save(self, commit=True):
        return services.revoke_certificate(
            certificate=self.instance,
            revoked_on=self.cleaned_data["revoked_on"],
            reason=self.cleaned_data["revoked_reason"],
            on=self.on,
        )
