"""Forms of community models: the model, its criteria, carrying it over."""

from kylien.areas.models import Neighbourhood
from kylien.core.forms import DayField, RecordForm
from outreach.forms.areas import InItsArea
from outreach.forms.ticks import TicksField
from outreach.models import Campaign, CampaignCriterion
from outreach.services.campaigns import copy_campaign

NO_NAMES = "Không ghi họ tên, địa chỉ của người dân: mô hình không có danh sách người."


class CampaignForm(InItsArea, RecordForm):
    """A community model. An officer keeps those of his neighbourhoods, the ward's are the chief's
    and the clerks'."""

    class Meta(RecordForm.Meta):
        model = Campaign
        fields = ("name", "kind", "neighbourhood", "started_on", "ended_on", "goal", "results")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if not self.instance.pk:
            del self.fields["ended_on"], self.fields["results"]
        else:
            self.fields["results"].help_text = f"Ghi số liệu. {NO_NAMES}"
        self.fields["goal"].help_text = NO_NAMES
        self.fields["goal"].widget.attrs["rows"] = 5
        for name in ("kind", "started_on", "ended_on"):
            if name in self.fields:
                self.fields[name].widget.attrs["data-half"] = ""


class CriterionForm(RecordForm):
    """A criterion, and since when and by what it is met."""

    past_days = ("met_on",)

    class Meta(RecordForm.Meta):
        model = CampaignCriterion
        fields = ("content", "met_on", "evidence")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["evidence"].help_text = NO_NAMES
        self.fields["met_on"].help_text = "Để trống: chưa đạt."

    def clean(self):
        data = super().clean()
        if data.get("evidence") and not data.get("met_on") and "met_on" not in self.errors:
            self.add_error("met_on", "Đã có minh chứng thì ghi ngày đạt.")
        return data


class NewCriterionForm(CriterionForm):
    """A criterion to be met."""

    class Meta(CriterionForm.Meta):
        fields = ("content",)

    def __init__(self, *args, **kwargs):
        super(CriterionForm, self).__init__(*args, **kwargs)


class CopyForm(RecordForm):
    """To which neighbourhoods a model is carried over, and from when."""

    neighbourhoods = TicksField(
        Neighbourhood.objects.all(),
        label="Nhân rộng tới",
        error_messages={"required": "Chọn ít nhất một tổ dân phố."},
    )
    from_day = DayField(label="Từ ngày")

    class Meta(RecordForm.Meta):
        model = Campaign
        fields = ()

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        field = self.fields["neighbourhoods"]
        rows = field.queryset.exclude(pk=self.instance.neighbourhood_id)
        field.queryset = rows.order_by("position", "pk")
        self.initial["from_day"] = self.on

    def is_stale(self, seen):
        """New models are made, nothing is overwritten: never stale."""
        return False

    def _post_clean(self):
        """Leave the model as it stands."""

    def save(self, commit=True):
        """Carry it over through the service. Raises ValidationError keyed by field."""
        return copy_campaign(
            campaign=self.instance,
            neighbourhoods=list(self.cleaned_data["neighbourhoods"]),
            started_on=self.cleaned_data["from_day"],
        )
