"""Forms of what passes between a business and the station: returns, liaison, sanctions."""

from django import forms
from django.core.exceptions import ValidationError

from businesses import services
from businesses.models import LiaisonNote, QuarterlyReturn, Sanction
from businesses.rules import quarter_to_collect
from kylien.core import text
from kylien.core.forms import RecordForm
from kylien.core.periods import Quarter

BACK = 8  # quarters for which a return may still be noted


class HeldField(forms.ModelChoiceField):
    """An inspection that was held, told by its day and kind."""

    def label_from_instance(self, obj):
        return f"{text.format_date(obj.held_on)} · {obj.get_kind_display()} ({obj.code})"


class MoneyField(forms.IntegerField):
    """An amount typed as people write it: 2.000.000."""

    widget = forms.TextInput(attrs={"inputmode": "numeric", "maxlength": 30})

    def to_python(self, value):
        return super().to_python(value.replace(".", "").replace(" ", "") if value else value)

    def prepare_value(self, value):
        return text.format_number(value) if isinstance(value, int) else value


class SanctionForm(RecordForm):
    """A decision against a business; the inspection it rests on is one of the business's own."""

    past_days = ("decided_on", "executed_on")

    class Meta(RecordForm.Meta):
        model = Sanction
        fields = (
            "number",
            "decided_on",
            "authority",
            "inspection",
            "violation",
            "legal_basis",
            "kind",
            "amount",
            "executed_on",
        )
        field_classes = {"inspection": HeldField, "amount": MoneyField}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        held = self.instance.business.inspections.held().order_by("-held_on", "-pk")
        self.fields["inspection"].queryset = held
        self.fields["inspection"].empty_label = "Không từ cuộc kiểm tra nào"
        for name in self.fields:
            if name != "violation":
                self.fields[name].widget.attrs["data-half"] = ""


class LiaisonForm(RecordForm):
    """A contact with a company or project."""

    past_days = ("met_on",)

    class Meta(RecordForm.Meta):
        model = LiaisonNote
        fields = ("met_on", "channel", "met_with", "note", "confirms_contact")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["met_with"].help_text = "Họ tên, chức vụ người đã gặp."
        for name in ("met_on", "channel"):
            self.fields[name].widget.attrs["data-half"] = ""
        if not self.instance.pk:
            self.initial["met_on"] = self.on


class ReturnForm(RecordForm):
    """The return of one business for a quarter."""

    past_days = ("received_on",)
    quarter = forms.ChoiceField(label="Quý")

    class Meta(RecordForm.Meta):
        model = QuarterlyReturn
        fields = ("received_on", "note")

    field_order = ("quarter", "received_on", "note")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        came = set(self.instance.business.returns.values_list("year", "quarter"))
        current = Quarter.containing(self.on)
        open_ones = [
            quarter
            for quarter in (current.moved(-back) for back in range(BACK))
            if (quarter.year, quarter.number) not in came
        ]
        self.fields["quarter"].choices = [(str(one), one.label) for one in open_ones]
        for name in ("quarter", "received_on"):
            self.fields[name].widget.attrs["data-half"] = ""
        self.initial |= {"received_on": self.on, "quarter": str(quarter_to_collect(self.on))}

    def save(self, commit=True):
        data = self.cleaned_data
        quarter = Quarter.parse(data["quarter"])
        made = services.receive_returns(
            businesses=[self.instance.business],
            quarter=quarter,
            received_on=data["received_on"],
            on=self.on,
            note=data["note"],
        )
        if not made:  # another desk was faster
            raise ValidationError({"quarter": f"Báo cáo {quarter.label} đã nhận rồi."})
        return made[0]
