"""Forms of the year's plan: one item, and many at once."""

import datetime as dt

from django import forms
from django.core.exceptions import ValidationError

from kylien.core.forms import DayField, RecordForm
from kylien.core.periods import Quarter
from outreach.forms.areas import InItsArea, LeadField, active_or
from outreach.models import Audience, Partner, PlanItem, Topic
from outreach.services import activities as services

YEARS_AHEAD = 2  # a slip in the year would hide an item for good
FIRST_YEAR, LAST_YEAR = 2000, 2999


class PlanItemForm(InItsArea, RecordForm):
    """An item of the plan; its year is that of its day. What was held for stays what it was."""

    lead = LeadField(Partner.objects.active())

    class Meta(RecordForm.Meta):
        model = PlanItem
        fields = ("topic", "audience", "neighbourhood", "due_on", "lead", "note")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        item = self.instance
        self.fields["lead"].queryset = active_or(Partner.objects, item.lead_id)
        self.fields["topic"].queryset = Topic.objects.in_use() | Topic.objects.filter(
            pk=item.topic_id
        )
        for name in ("topic", "audience", "due_on"):
            self.fields[name].widget.attrs["data-half"] = ""
        if item.pk and item.activities.exists():
            del self.fields["topic"], self.fields["neighbourhood"]

    def clean_due_on(self):
        day = self.cleaned_data["due_on"]
        if day.year > self.on.year + YEARS_AHEAD:
            raise ValidationError(f"Lập kế hoạch trước không quá {YEARS_AHEAD} năm.")
        return day

    def _post_clean(self):
        if day := self.cleaned_data.get("due_on"):
            self.instance.year = day.year
        super()._post_clean()


class YearFilterForm(forms.Form):
    """What the plan of a year is asked for: this year, and the first topic, unless others are."""

    year = forms.IntegerField(
        min_value=FIRST_YEAR,
        max_value=LAST_YEAR,
        required=False,
        label="Năm",
        widget=forms.TextInput(attrs={"inputmode": "numeric", "size": 4, "maxlength": 4}),
    )
    topic = forms.ChoiceField(required=False, label="Chủ đề")
    audience = forms.ChoiceField(required=False, label="Đối tượng", choices=Audience.choices)

    def __init__(self, *args, topics, on, **kwargs):
        super().__init__(*args, **kwargs)
        self.topics, self.on = {str(topic.pk): topic for topic in topics}, on
        self.fields["topic"].choices = [(key, topic.name) for key, topic in self.topics.items()]

    def clean_year(self):
        year = self.cleaned_data["year"] or self.on.year
        if year > self.on.year + YEARS_AHEAD:
            raise ValidationError(f"Lập kế hoạch trước không quá {YEARS_AHEAD} năm.")
        return year

    def clean_topic(self):
        key = self.cleaned_data["topic"]
        return self.topics.get(key) or next(iter(self.topics.values()), None)

    def clean_audience(self):
        return self.cleaned_data["audience"] or Audience.EVERYBODY


class YearForm(forms.Form):
    """One due day a quarter, who leads and a note, for the boxes ticked (`cells`)."""

    lead = LeadField(Partner.objects.active())
    note = forms.CharField(label="Ghi chú", required=False, max_length=200)

    def __init__(self, data=None, *, asked, cells=(), **kwargs):
        super().__init__(data, **kwargs)
        self.asked, self.cells = asked, list(cells)
        numbers = {number for _, number in self.cells}
        days = {}
        for number in range(1, 5):
            quarter = Quarter(asked["year"], number)
            days[f"due_{number}"] = DayField(
                label=f"Hạn quý {quarter.label.partition('/')[0].split()[1]}",
                initial=quarter.last_day,
                required=number in numbers,
            )
        self.fields = {**days, **self.fields}

    def others(self):
        """List the fields beside the quarters' days."""
        return [self["lead"], self["note"]]

    def clean(self):
        data = super().clean()
        if not self.cells:
            self.add_error(None, "Chọn ít nhất một ô trong bảng.")
        return data

    def save_or_refuse(self):
        """Plan them through the service, all or none; None where it refuses, with the reason."""
        if not self.is_valid():
            return None
        data = self.cleaned_data
        days: dict[int, dt.date] = {n: data[f"due_{n}"] for n in range(1, 5)}
        try:
            return services.plan_year(
                topic=self.asked["topic"],
                audience=self.asked["audience"],
                year=self.asked["year"],
                cells=self.cells,
                days=days,
                lead=data["lead"],
                note=data["note"],
            )
        except ValidationError as error:
            said = error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
            for name, sentences in said.items():
                self.add_error(name if name in self.fields else None, sentences)
        return None
