"""What forms of outreach share: where a thing is, who leads it."""

from django import forms
from django.core.exceptions import ValidationError

POLICE = "Công an phường"
WHOLE_WARD = "Cả phường"


def readable(form, name):
    """Return what a field of an unsaved form says, typed or proposed; None where it is no value."""
    try:
        return form.fields[name].clean(form[name].value())
    except ValidationError:
        return None


class InItsArea:
    """A form of rows of a neighbourhood, or of the whole ward where none is chosen: those who do
    not see the whole ward choose one of their own."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        field = self.fields.get("neighbourhood")
        if field is None:
            return
        field.help_text = ""
        field.widget.attrs["data-half"] = ""
        if self.user.scope.whole_ward:
            field.empty_label = WHOLE_WARD
            return
        own = self.user.scope.neighbourhood_ids
        field.empty_label = "Chọn tổ dân phố"
        field.required = field.widget.is_required = True
        if len(own) == 1 and not self.instance.pk:
            self.initial.setdefault("neighbourhood", own[0])


def active_or(rows, key):
    """Return partners that still work with the station, and the one recorded already."""
    return rows.active() | rows.model.objects.filter(pk=key) if key else rows.active()


class LeadField(forms.ModelChoiceField):
    """Who leads: a partner, or else the station."""

    def __init__(self, queryset, **kwargs):
        super().__init__(
            queryset,
            **{
                "label": "Đơn vị chủ trì",
                "empty_label": POLICE,
                "required": False,
                "widget": forms.Select(attrs={"data-half": ""}),
                **kwargs,
            },
        )
