"""Forms of joint resolutions: parties, commitments, and how one was met."""

from django import forms
from django.db.models import Q

from kylien.core.forms import RecordForm
from outreach.forms.ticks import TicksField
from outreach.models import Commitment, Fulfilment, JointResolution, Partner
from outreach.services import resolutions as services

POLICE = "police"  # the station itself, where an empty choice would be no answer


class ResolutionForm(RecordForm):
    """A resolution and the partners that signed it; the station always did."""

    past_days = ("signed_on",)
    parties = TicksField(
        Partner.objects.active(),
        label="Các bên cùng ký với Công an phường",
        error_messages={"required": "Chọn ít nhất một bên cùng ký."},
    )

    class Meta(RecordForm.Meta):
        model = JointResolution
        fields = ("title", "number", "signed_on", "ended_on")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        field, signed = self.fields["parties"], []
        if self.instance.pk:
            signed = list(self.instance.parties.values_list("partner_id", flat=True))
            self.initial["parties"] = signed
        # A partner that has stopped since stays a party of what it signed.
        rows = Partner.objects.filter(Q(ended_on=None) | Q(pk__in=signed)).visible_to(self.user)
        field.queryset = rows.order_by("kind", "sort_key", "pk")
        self.fields["ended_on"].help_text = "Để trống nếu chưa định. Ngày này không còn hiệu lực."
        for name in ("number", "signed_on", "ended_on"):
            self.fields[name].widget.attrs["data-half"] = ""

    def save(self, commit=True):
        """Write it through the service. Raises ValidationError keyed by field."""
        partners = list(self.cleaned_data["parties"])
        return services.save_resolution(resolution=self.instance, partners=partners, on=self.on)


class CommitmentForm(RecordForm):
    """What one party takes on."""

    class Meta(RecordForm.Meta):
        model = Commitment
        fields = ("content", "partner", "recurrence", "due_on", "ended_on")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        commitment = self.instance
        parties = commitment.resolution.parties.order_by().values("partner")
        field = self.fields["partner"]
        field.queryset = Partner.objects.filter(pk__in=parties).order_by("kind", "sort_key", "pk")
        field.empty_label, field.help_text = "Công an phường", ""
        field.required = False
        self.fields["due_on"].help_text = "Lặp lại thì các hạn sau rơi vào cùng ngày này."
        if not commitment.pk:
            del self.fields["ended_on"]
        elif commitment.fulfilments.exclude(done_on=None).exists():
            told = "Đã có lần thực hiện: không đổi. Ghi ngày thôi rồi thêm cam kết mới."
            for name in services.FIXED:
                self.fields[name].disabled = True
            self.fields["due_on"].help_text = told
        for name in ("partner", "recurrence", "due_on", "ended_on"):
            if name in self.fields:
                self.fields[name].widget.attrs["data-half"] = ""

    def save(self, commit=True):
        """Write it through the service. Raises ValidationError keyed by field."""
        return services.save_commitment(commitment=self.instance, on=self.on)


class FulfilmentForm(RecordForm):
    """How a commitment was met. Who led it is always chosen: left to a default, the share that
    others than the police lead would measure the default."""

    past_days = ("done_on",)
    led = forms.ChoiceField(label="Bên thực hiện chính")

    class Meta(RecordForm.Meta):
        model = Fulfilment
        fields = ("done_on", "led", "evidence")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        row = self.instance
        self.partners = {
            str(one.pk): one
            for one in Partner.objects.filter(Q(ended_on=None) | Q(pk=row.led_by_id)).order_by(
                "kind", "sort_key", "pk"
            )
        }
        self.fields["led"].choices = [
            ("", "Chọn bên đã làm"),
            (POLICE, "Công an phường"),
            *((key, one.name) for key, one in self.partners.items()),
        ]
        self.fields["done_on"].required = self.fields["evidence"].required = True
        self.fields[
            "evidence"
        ].help_text = "Biên bản, ảnh, báo cáo, số người dự. Không ghi tên dân."
        if row.done_on:
            self.initial["led"] = str(row.led_by_id or POLICE)
        else:
            self.initial["done_on"] = self.on
        for name in ("done_on", "led"):
            self.fields[name].widget.attrs["data-half"] = ""

    def clean_led(self):
        return self.partners.get(self.cleaned_data["led"])  # None: the station

    def clean(self):
        data = super().clean()
        if "led" in data:
            self.instance.led_by = data["led"]
        return data

    def save(self, commit=True):
        """Note it through the service. Raises ValidationError keyed by field."""
        return services.note(fulfilment=self.instance, on=self.on)
