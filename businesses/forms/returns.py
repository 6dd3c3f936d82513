"""Quarterly returns: those that came on a day, and one noted by mistake."""

from businesses import services
from businesses.models import QuarterlyReturn
from kylien.core.forms import RecordForm


class ReceiveForm(RecordForm):
    """One day, for the businesses ticked whose returns for the quarter of `instance` came."""

    past_days = ("received_on",)

    class Meta(RecordForm.Meta):
        model = QuarterlyReturn
        fields = ("received_on", "note")

    def __init__(self, *args, businesses=(), **kwargs):
        super().__init__(*args, **kwargs)
        self.businesses = businesses
        self.initial["received_on"] = self.initial.get("received_on") or self.on
        self.fields["received_on"].widget.attrs["data-half"] = ""
        self.fields["note"].widget.attrs["data-half"] = ""

    def clean(self):
        data = super().clean()
        if not self.businesses:
            self.add_error(None, "Chọn ít nhất một cơ sở chưa nộp trong danh sách.")
        return data

    def save(self, commit=True):
        """Note them through the service; return the new rows. Raises ValidationError by field."""
        data = self.cleaned_data
        return services.receive_returns(
            businesses=self.businesses,
            quarter=self.instance.period_of(),
            received_on=data["received_on"],
            note=data["note"],
            on=self.on,
        )


class TakeBackForm(RecordForm):
    """Nothing to type: sending it takes the return back."""

    class Meta(RecordForm.Meta):
        model = QuarterlyReturn
        fields = ()

    def save(self, commit=True):
        services.take_back_return(received=self.instance)
        return self.instance
