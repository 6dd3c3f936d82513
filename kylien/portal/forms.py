"""What a worklist is asked for by its address."""

from django import forms
from django.core.exceptions import ValidationError

from kylien.accounts.models import Role, User
from kylien.areas.models import Neighbourhood
from kylien.core.periods import Week
from kylien.core.work import all_work
from kylien.portal.worklist import Span, Worklist


class WeekField(forms.CharField):
    """A week as addresses name it: `2026-W48`."""

    widget = forms.HiddenInput

    def to_python(self, value):
        value = super().to_python(value)
        if not value:
            return None
        try:
            return Week.parse(value)
        except ValueError as error:
            raise ValidationError(f"{error}", code="invalid") from error


class PersonField(forms.ModelChoiceField):
    def label_from_instance(self, user):
        return user.full_name_label


class WorklistForm(forms.Form):
    """Kind, neighbourhood, officer and week; each may be left out. An officer is asked for by those
    who work for the whole ward alone: an area officer's list is his own."""

    kind = forms.ChoiceField(
        label="Loại việc",
        required=False,
        error_messages={"invalid_choice": "không có loại việc này."},
    )
    neighbourhood = forms.ModelChoiceField(
        Neighbourhood.objects.none(),
        label="Tổ dân phố",
        required=False,
        empty_label="Tất cả",
        error_messages={"invalid_choice": "không có, hoặc không thuộc địa bàn của đồng chí."},
    )
    officer = PersonField(
        User.objects.none(),
        label="Cán bộ",
        required=False,
        empty_label="Tất cả",
        error_messages={"invalid_choice": "không có cảnh sát khu vực này."},
    )
    week = WeekField(label="Tuần", required=False)

    def __init__(self, data, *, user, on):
        super().__init__(data, auto_id="w_%s")
        self.user, self.on = user, on
        kinds = [(work.kind, work.label) for work in all_work() if work.may(user)]
        self.fields["kind"].choices = [("", "Tất cả"), *kinds]
        self.fields["neighbourhood"].queryset = Neighbourhood.objects.visible_to(user)
        if user.scope.whole_ward:
            # Names of colleagues, as on the home page: accounts themselves are the chief's.
            officers = User.objects.filter(is_active=True, groups__name=Role.AREA_OFFICER)
            self.fields["officer"].queryset = officers.order_by("username")
        else:
            del self.fields["officer"]

    @property
    def problems(self):
        """Return what cannot be read, as `label: sentence`."""
        return [
            f"{self.fields[name].label}: {sentence}"
            for name, sentences in self.errors.items()
            for sentence in sentences
        ]

    def worklist(self, *, span, now=None):
        data = self.cleaned_data
        return Worklist(
            self.user,
            self.on,
            span,
            neighbourhood=data["neighbourhood"],
            officer=data.get("officer"),
            now=now,
        )

    def span(self, week=None):
        return Span.of_week(week, self.on) if week else Span.ahead(self.on)

    @property
    def params(self):
        """Return what is asked for as it stands in addresses; nothing of what cannot be read."""
        if not self.is_valid():
            return {}
        return {name: self.data.get(name) for name in self.fields if self.data.get(name)}

    def described(self):
        """Return `{label: value}` of what is asked for, as the trail keeps it."""
        found = {}
        for name, value in self.cleaned_data.items():
            if value:
                shown = dict(self.fields[name].choices)[value] if name == "kind" else value
                found[self.fields[name].label] = str(shown)
        return found
