"""Forms of a business: its own data, the day its page is asked for, its state."""

from django import forms

from businesses import services
from businesses.models import Business, StateChange
from kylien.core.forms import DayField, PhoneField, RecordForm


class BusinessForm(RecordForm):
    phone = PhoneField()
    past_days = ("opened_on",)

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
            "rooms",
            "area_m2",
            "staff_count",
            "fire_group",
            "security_unit",
            "note",
        )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        whole = ("name", "address", "note")
        for name in self.fields:
            if name not in whole:
                self.fields[name].widget.attrs["data-half"] = ""


class AsOfForm(forms.Form):
    """The day a business's papers are asked for; today where none is typed."""

    on = DayField(label="Xem ngày", required=False)

    def __init__(self, data, *, today):
        self.today = today
        super().__init__(data if "on" in data else {})

    def clean_on(self):
        day = self.cleaned_data["on"]
        if day and day > self.today:
            raise forms.ValidationError("Ngày này chưa tới.")
        return day

    def day(self):
        return (self.is_valid() and self.cleaned_data["on"]) or self.today


class StateForm(RecordForm):
    """Suspend, close or open a business again."""

    labels = {Business.State.OPEN: "Hoạt động trở lại", Business.State.CLOSED: "Đóng cửa"}

    class Meta(RecordForm.Meta):
        model = StateChange
        fields = ("state", "changed_on", "reason")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        others = [s for s in Business.State if s != self.instance.business.state]
        self.fields["state"].choices = [(s.value, self.labels.get(s, s.label)) for s in others]
        self.fields["state"].label = "Đổi sang"
        now = self.instance.business.get_state_display().lower()
        self.fields["state"].error_messages["invalid_choice"] = f"Cơ sở đang {now} rồi."
        self.fields["reason"].help_text = "Tạm ngừng, đóng cửa thì phải ghi."
        for name in ("state", "changed_on"):
            self.fields[name].widget.attrs["data-half"] = ""
        self.initial["changed_on"] = self.on

    def save(self, commit=True):
        data = self.cleaned_data
        return services.change_state(
            business=self.instance.business,
            state=data["state"],
            changed_on=data["changed_on"],
            reason=data["reason"],
            on=self.on,
        )


class TakeBackStateForm(RecordForm):
    """Nothing to type: the last change of a business's state is deleted."""

    class Meta(RecordForm.Meta):
        model = StateChange
        fields = ()

    def save(self, commit=True):
        return services.take_back_state(change=self.instance)
