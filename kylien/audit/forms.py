from django import forms
from django.core.exceptions import ValidationError

from kylien.core.forms import DayField


class HeadForm(forms.Form):
    """The day whose last digest is printed."""

    day = DayField(label="Cuối ngày")

    def __init__(self, *args, on, **kwargs):
        super().__init__(*args, **kwargs)
        self.on = on

    def clean_day(self):
        day = self.cleaned_data["day"]
        if day > self.on:
            raise ValidationError("Ngày này chưa tới.")
        return day
