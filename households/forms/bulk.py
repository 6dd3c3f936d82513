"""Forms that extend or end the temporary residences of many people together.

Each sorts the rows it is given before anything is written: who can be, and who cannot for which
reason, in a handful of queries whatever their number. The services check again when they write.
"""

from dataclasses import dataclass

from django import forms

from households.forms.acts import ActForm
from households.forms.fields import file_number_field
from households.models import EndGround, Residence, ResidenceRule
from households.services import (
    end_residences,
    endings_refused,
    extend_residences,
    extensions_refused,
)
from kylien.core.forms import DayField


@dataclass(frozen=True)
class Sorted:
    """Rows sorted: those that can be written, and the others, each with its reason."""

    good: list[Residence]
    refused: list[tuple[Residence, str]]


class ManyForm(ActForm):
    """One act on the temporary residences of many people."""

    act = ""  # its name in addresses and forms
    word = ""  # "Gia hạn"
    file_number = file_number_field()

    def add_prefix(self, field_name):
        """The number of the file is asked once, whichever the act."""
        return field_name if field_name == "file_number" else super().add_prefix(field_name)

    def own_fields(self):
        """Return the bound fields of this act alone."""
        return [field for field in self.visible_fields() if field.name != "file_number"]

    def sort_out(self, rows):
        """Sort rows (as `for_list()` loads them) into those that can be written and the others."""
        refused = self.refusals(rows)
        return Sorted(
            [row for row in rows if row.pk not in refused],
            [(row, refused[row.pk]) for row in rows if row.pk in refused],
        )

    def refusals(self, rows):
        """Return why rows cannot be written, by key."""
        raise NotImplementedError

    def write(self, rows):
        """Write all rows through the services and return the acts: one a neighbourhood, since an
        act is read and undone by the officer of its neighbourhood.

        Raises ValidationError, keyed by field, where one of them is refused.
        """
        by_area = {}
        for row in rows:
            by_area.setdefault(row.neighbourhood_id, []).append(row)
        return [self.write_act(part) for part in by_area.values()]

    def write_act(self, rows):
        raise NotImplementedError


class ExtendManyForm(ManyForm):
    """Extend to one day."""

    act, word = "extend", "Gia hạn"
    expires_on = DayField(label="Gia hạn đến ngày")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        rules = ResidenceRule.objects.book()
        days = rules.number(ResidenceRule.Key.EXTENSION_DAYS, self.on)
        years = rules.number(ResidenceRule.Key.TERM_YEARS, self.on)
        self.fields[
            "expires_on"
        ].help_text = f"Mở {days} ngày trước hạn, mỗi lần tối đa {years} năm."

    def refusals(self, rows):
        return extensions_refused(rows, self.cleaned_data["expires_on"], self.on)

    def write_act(self, rows):
        data = self.cleaned_data
        return extend_residences(
            residences=rows,
            expires_on=data["expires_on"],
            file_number=data["file_number"],
            on=self.on,
        )


class EndManyForm(ManyForm):
    """End on one day, on one ground of the law."""

    act, word = "end", "Kết thúc"
    past_days = ("ended_on",)
    ended_on = DayField(label="Kết thúc ngày")
    end_ground = forms.ModelChoiceField(
        EndGround.objects.all(), label="Lý do kết thúc", empty_label="Chọn lý do"
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        rows = EndGround.objects.in_force(self.on)
        self.fields["end_ground"].queryset = rows.filter(kind=EndGround.Kind.TEMPORARY)

    def refusals(self, rows):
        return endings_refused(rows, self.cleaned_data["ended_on"])

    def write_act(self, rows):
        data = self.cleaned_data
        return end_residences(
            residences=rows,
            ended_on=data["ended_on"],
            end_reason=data["end_ground"].end_reason,
            ground=data["end_ground"],
            file_number=data["file_number"],
            on=self.on,
        )


ACTS = {form.act: form for form in (ExtendManyForm, EndManyForm)}
