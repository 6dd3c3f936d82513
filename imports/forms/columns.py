"""What a sheet's columns are, and the values that hold for the whole workbook."""

from django import forms
from django.apps import apps
from django.core.exceptions import ValidationError
from django.urls import reverse

from imports.kinds.base import Kind, Option
from imports.services.sheets import Look, letters
from kylien.areas.models import Neighbourhood
from kylien.core.forms import CodeField, DayField

IGNORED = "— bỏ qua —"
LAST_ROW = 1_048_576  # of a sheet


class HeaderForm(forms.Form):
    """Where the header stands: the sheet by its place, the header's first row, and how many."""

    sheet = forms.IntegerField(min_value=0, max_value=1000)
    header_row = forms.IntegerField(min_value=1, max_value=LAST_ROW)
    header_lines = forms.IntegerField(min_value=1, max_value=2)

    def read(self):
        """Return `(sheet's place, row, lines)`; None where the page sent none of that."""
        if not self.is_valid():
            return None
        return tuple(self.cleaned_data[name] for name in ("sheet", "header_row", "header_lines"))


class OptionsForm(forms.Form):
    """A kind's values for the whole workbook, such as the lodging; kept as keys and ISO days.

    `user` scopes what may be chosen; None, the shell, may choose anything.
    """

    def __init__(self, data=None, *, kind: Kind, user, kept=None):
        kept = kept or {}
        super().__init__(data, prefix="option", initial=kept)
        for option in kind.options:
            self.fields[option.key] = _option_field(option, user)

    def as_options(self) -> dict:
        """Return the values as a batch keeps them."""
        found = {}
        for name, value in self.cleaned_data.items():
            if value not in (None, ""):
                kept = value.isoformat() if hasattr(value, "isoformat") else value
                found[name] = getattr(kept, "pk", kept)
        return found


class OptionDayField(DayField):
    def prepare_value(self, value):
        """Show a day that the batch keeps as an ISO text."""
        try:
            return self.to_python(value)
        except ValidationError:
            return value


def _option_field(option: Option, user):
    shown = {"label": option.label, "required": option.required, "help_text": option.hint}
    if option.sort == "neighbourhood":
        rows = Neighbourhood.objects.all()
        return forms.ModelChoiceField(
            rows.visible_to(user) if user else rows, empty_label="Chọn tổ dân phố", **shown
        )
    if option.sort == "record":
        model = apps.get_model(option.model)
        rows = model.objects.all()
        return CodeField(
            rows.visible_to(user) if user else rows,
            url=reverse(f"{model._meta.model_name}-options"),
            **shown,
        )
    return OptionDayField(**shown)


class ColumnsForm(forms.Form):
    """A select for each column of the sheet: which of the kind's it is."""

    def __init__(self, data=None, *, kind: Kind, look: Look, mapping: dict[int, str]):
        super().__init__(data)
        self.kind, self.look = kind, look
        choices = [
            ("", IGNORED),
            *((c.key, f"{c.label} *" if c.required else c.label) for c in kind.columns),
        ]
        for place, name in enumerate(look.header.names):
            self.fields[f"column-{place}"] = forms.ChoiceField(
                choices=choices,
                required=False,
                initial=mapping.get(place, ""),
                label=name or f"Cột {place + 1}",
                error_messages={"invalid_choice": "Chọn một cột trong danh sách."},
            )

    @property
    def rows(self):
        """List `{field, letter, name, samples, guessed}`, one a column of the sheet."""
        found = []
        for place, name in enumerate(self.look.header.names):
            field = self[f"column-{place}"]
            found.append(
                {
                    "field": field,
                    "letter": letters(place),
                    "name": name,
                    "samples": self.look.samples[place],
                    "guessed": bool(field.value())
                    and self.look.guessed.get(place) == field.value(),
                }
            )
        return found

    def as_mapping(self) -> dict[str, str]:
        """Return the mapping as a batch keeps it."""
        return {name.removeprefix("column-"): key for name, key in self.cleaned_data.items() if key}

    def left_out(self) -> tuple[list[str], list[str]]:
        """Return the labels of the kind's columns that the sheet lacks: needed ones, others."""
        used = {self[name].value() for name in self.fields}
        needed = self.kind.missing(used)
        lacking = [c for c in self.kind.columns if c.key not in used and c not in needed]
        return [column.label for column in needed], [column.label for column in lacking]
