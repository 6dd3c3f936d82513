"""Forms of the businesses app, and the rules that the admin's forms share with the portal's."""

from businesses.models import Business, Certificate
from kylien.core.forms import PhoneField, RecordForm


class BusinessForm(RecordForm):
    phone = PhoneField()

    class Meta(RecordForm.Meta):
        model = Business
        fields = (
            "name",
            "sector",
            "neighbourhood",
            "address",
            "responsible_name",
            "phone",
            "opened_on",
            "state",
            "note",
        )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name in ("sector", "neighbourhood", "responsible_name", "opened_on", "state"):
            self.fields[name].widget.attrs["data-half"] = ""


class CertificateRules:
    """What a paper must meet on the day it is entered."""

    past_days = ("issued_on", "revoked_on")

    def clean(self):
        data = super().clean()
        undated = data.get("revoked_reason") and not data.get("revoked_on")
        if undated and "revoked_on" not in self.errors:
            self.add_error("revoked_on", "Có lý do thu hồi thì ghi ngày thu hồi.")
        return data


class CertificateForm(CertificateRules, RecordForm):
    """A paper of one business. A new one (`business` given) is not revoked yet."""

    class Meta(RecordForm.Meta):
        model = Certificate
        fields = (
            "kind",
            "number",
            "issuer",
            "issued_on",
            "expires_on",
            "revoked_on",
            "revoked_reason",
        )

    def __init__(self, *args, business=None, **kwargs):
        if business is not None:
            kwargs["instance"] = Certificate(business=business)
        super().__init__(*args, **kwargs)
        if not self.instance.pk:
            del self.fields["revoked_on"], self.fields["revoked_reason"]
        self.fields["expires_on"].label = "Hạn đến"
        self.fields["expires_on"].help_text = "Để trống nếu giấy không ghi thời hạn."
        for field in self.fields.values():
            field.widget.attrs["data-half"] = ""
