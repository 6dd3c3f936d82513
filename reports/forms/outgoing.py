"""Forms of the register of outgoing documents: a number is taken, or a document cancelled."""

from django import forms
from django.core.exceptions import ValidationError

from kylien.accounts.forms import OfficerField
from kylien.accounts.models import Role, User
from kylien.core.forms import RecordForm
from reports.models import OutgoingDocument
from reports.services import numbers


class KindSelect(forms.Select):
    """Says of each sort whether it has a number this year: a `new` one may begin after paper's."""

    begun: frozenset[str] | set[str] = frozenset()

    def create_option(self, name, value, *args, **kwargs):
        option = super().create_option(name, value, *args, **kwargs)
        if value:
            option["attrs"]["data-is"] = "begun" if value in self.begun else "new"
        return option


class NumberForm(RecordForm):
    """What the register holds of a document; the number is given while saving."""

    past_days = ("dated",)
    signer = OfficerField(label="Người ký", required=True, empty_label="Chọn người ký")
    used_before = forms.IntegerField(
        label="Số cuối đã cấp trên sổ giấy",
        required=False,
        min_value=1,
        widget=forms.TextInput(
            attrs={"inputmode": "numeric", "maxlength": 5, "data-half": "", "data-when": "kind=new"}
        ),
        help_text="Loại này chưa có số nào trong phần mềm năm nay. Để trống: bắt đầu từ số 01.",
        error_messages={
            "invalid": "Ghi số bằng chữ số, ví dụ 14.",
            "min_value": "Số văn bản từ 1 đến 99.999.",
        },
    )

    class Meta(RecordForm.Meta):
        model = OutgoingDocument
        fields = ("kind", "dated", "subject", "signer", "signed_as", "recipients")
        widgets = {"kind": KindSelect}

    field_order = ("kind", "used_before", "dated", "subject", "signer", "signed_as", "recipients")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.initial.setdefault("dated", self.on)
        signers = self.fields["signer"].queryset = User.objects.working(Role.CHIEF)
        if self.user.has_role(Role.CHIEF):
            self.initial.setdefault("signer", self.user.pk)
        elif len(signers) == 1:
            self.initial.setdefault("signer", signers[0].pk)
        begun = self.fields["kind"].widget.begun = numbers.kinds_begun(self.on.year)
        if len(begun) == len(OutgoingDocument.Kind):
            del self.fields["used_before"]
        self.fields["subject"].widget.attrs["placeholder"] = "Về việc…"
        for name in ("kind", "dated", "signer", "signed_as"):
            self.fields[name].widget.attrs["data-half"] = ""

    def clean_dated(self):
        """Numbers run by the year: one of a year that is over is not given any more."""
        day = self.cleaned_data["dated"]
        if day.year < self.on.year:
            raise ValidationError(f"Số cấp theo năm: ngày văn bản phải trong năm {self.on.year}.")
        return day

    def save(self, commit=True):
        """Take the number. Raises ValidationError keyed by field."""
        return numbers.register(
            **{name: self.cleaned_data[name] for name in self._meta.fields},
            used_before=self.cleaned_data.get("used_before"),
            on=self.on,
        )


class CancelForm(RecordForm):
    """Why a document is not sent after all; the service writes it."""

    class Meta(RecordForm.Meta):
        model = OutgoingDocument
        fields = ("cancel_reason",)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["cancel_reason"].required = True

    def save(self, commit=True):
        return numbers.cancel(
            document=self.instance, reason=self.cleaned_data["cancel_reason"], on=self.on
        )


class RegisterForm(forms.Form):
    """Which part of the register is printed: a year, all sorts or one."""

    year = forms.IntegerField(
        label="Năm",
        min_value=1900,
        max_value=2999,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "size": 4, "maxlength": 4}),
        error_messages={"invalid": "Ghi năm bằng chữ số, ví dụ 2026."},
    )
    kind = forms.ChoiceField(
        label="Loại văn bản",
        required=False,
        choices=[("", "Tất cả"), *OutgoingDocument.Kind.choices],
    )
