"""A household typed with its people in one go, and the look-ups that help while typing."""

import re

from django import forms
from django.core.exceptions import ValidationError

from households.forms.fields import (
    RELATIONS,
    BirthField,
    BirthMixin,
    CitizenIdField,
    OldIdField,
    PersonNameField,
    file_number_field,
)
from households.identity import check_citizen_id
from households.models import Household, Residence, Resident
from households.services import Newcomer, found_household
from households.services.people import told_of_number
from kylien.core import text
from kylien.core.forms import PhoneField, RecordForm

BLANK_ROWS = 4  # without script; with it rows come as they are needed
MOST_ROWS = 60
MORE = "_add"  # the button that asks for more rows, where no script adds them
HEAD, OTHER = Residence.Relation.HEAD, Residence.Relation.OTHER
TYPED = ("full_name", "birth", "sex", "citizen_id", "old_id", "phone", "relation_note")
EXTRA = ("old_id", "phone")
REASONS = (Residence.Start.REGISTRATION, Residence.Start.ARRIVAL)
ONE_HEAD = "Hộ phải có đúng một chủ hộ: chọn Chủ hộ cho một người."
_ROW = re.compile(r"p([0-9]{1,4})-(?:" + "|".join(TYPED) + ")")


class ReasonField(forms.ChoiceField):
    """Why the people live there; where nothing is sent they registered."""

    def __init__(self, **kwargs):
        choices = [(reason.value, reason.label) for reason in REASONS]
        super().__init__(label="Lý do", choices=choices, **kwargs)

    def clean(self, value):
        return super().clean(value or REASONS[0])


class PersonRow(BirthMixin, RecordForm):
    """One person of the household: a row of the page. A row without anything typed is no person."""

    full_name = PersonNameField()
    citizen_id = CitizenIdField()
    birth = BirthField()
    relation = forms.ChoiceField(label="Quan hệ", choices=RELATIONS)
    relation_note = forms.CharField(label="Quan hệ khác là", max_length=60, required=False)
    old_id = OldIdField()
    phone = PhoneField()

    use_required_attribute = False
    # All numbers of the household are looked for at once, see HouseholdEntryForm._tell_known().
    unready = frozenset({"citizen_id"})
    field_order = (
        "full_name",
        "citizen_id",
        "birth",
        "sex",
        "relation",
        "relation_note",
        "old_id",
        "phone",
    )

    class Meta(RecordForm.Meta):
        model = Resident
        fields = ("full_name", "citizen_id", "sex", "old_id", "phone")

    def __init__(self, *args, number, **kwargs):
        self.number = number  # as the page counts, from 1
        super().__init__(*args, **kwargs)
        self.fields["sex"].choices = [("", "Chọn"), *Resident.Sex.choices]
        self.fields["birth"].widget.attrs["placeholder"] = "ngày, năm"
        self.fields["relation_note"].widget.attrs["placeholder"] = "Ghi rõ là gì"
        for name, field in self.fields.items():  # the cells are narrow
            said = "Chưa chọn." if name in ("sex", "relation") else "Chưa ghi."
            field.error_messages["required"] = said

    @property
    def empty(self):
        """Tell whether nothing was typed: the relation alone, which is chosen before, is nobody."""
        return not any((self[name].data or "").strip() for name in TYPED)

    def clean(self):
        data = super().clean()
        if data.get("relation") == OTHER and not data.get("relation_note"):
            self.add_error("relation_note", "Ghi rõ quan hệ khác là gì.")
        return data

    def newcomer(self):
        data = self.cleaned_data
        note = data["relation_note"] if data["relation"] == OTHER else ""
        return Newcomer(self.instance, data["relation"], note)

    def warnings(self):
        """Return what looks wrong about the identity number; nothing of it refuses."""
        data = getattr(self, "cleaned_data", {})
        birth = data.get("birth")
        return check_citizen_id(
            data.get("citizen_id") or "",
            sex=data.get("sex") or "",
            birth_year=birth[0].year if birth else None,
        )

    def main_fields(self):
        return [self[name] for name in self.field_order if name not in EXTRA]

    def extra_fields(self):
        """Return the second half of the row, folded away."""
        return [self[name] for name in EXTRA]

    @property
    def folded(self):
        """Tell whether nothing stands in the second half of the row."""
        return not any(field.value() or field.errors for field in self.extra_fields())


class HouseholdEntryForm(RecordForm):
    """A household and the people who live in it; `rows` holds a form a person.

    The rows are those that were sent, by their names (`p3-full_name`): a gap, where one was taken
    away, is no matter. No household is without its head.
    """

    past_days = ("opened_on",)
    start_reason = ReasonField()
    file_number = file_number_field()

    class Meta(RecordForm.Meta):
        model = Household
        fields = ("address", "neighbourhood", "opened_on", "note")

    def __init__(self, data=None, *args, **kwargs):
        super().__init__(data, *args, **kwargs)
        self.initial.setdefault("opened_on", self.on)
        self.initial.setdefault("start_reason", REASONS[0])
        self.fields["address"].widget.attrs["autocomplete"] = "off"
        self.fields["opened_on"].label = "Từ ngày"
        areas = list(self.fields["neighbourhood"].queryset[:2])
        if len(areas) == 1:
            self.initial.setdefault("neighbourhood", areas[0].pk)
        keys = row_keys(data or {}) or range(BLANK_ROWS)
        self.rows = [self._row(key, number, data) for number, key in enumerate(keys, 1)]
        # What a script makes new rows of.
        self.pattern = self._row("__n__", "__no__", None)

    def _row(self, key, number, data):
        options = {"prefix": f"p{key}", "number": number, "user": self.user, "on": self.on}
        initial = {"relation": HEAD} if number == 1 else {}
        row = PersonRow(data, initial=initial, **options)
        if data is None or not row.empty:
            return row
        # An empty row is not judged; it stands again as it was.
        sent = row["relation"].data
        return PersonRow(initial=initial if sent is None else {"relation": sent}, **options)

    @property
    def people(self):
        """Return the rows in which somebody was typed."""
        return [row for row in self.rows if row.is_bound]

    def clean(self):
        data = super().clean()
        if len(self.people) > MOST_ROWS:
            self.add_error(None, f"Mỗi lần lập hộ ghi tối đa {MOST_ROWS} người.")
        if not self.people:
            self.add_error(None, "Ghi ít nhất chủ hộ: hộ nào cũng có một chủ hộ.")
        return data

    def is_valid(self):
        if not self.is_bound:
            return False
        # Every form is asked, so that every mistake is told at once.
        rows_valid = [row.is_valid() for row in self.people]
        valid = super().is_valid() and all(rows_valid)
        if not getattr(self, "_compared", False):
            self._compared = True
            self._compare_rows()
            self._tell_known()
        return valid and not any(row.errors for row in self.people)

    def _compare_rows(self):
        """Tell what two rows may not both say: one number, or to be the head."""
        seen, head = {}, None
        for row in self.people:
            number = row.cleaned_data.get("citizen_id")
            if number and number in seen:
                row.add_error("citizen_id", f"Trùng số định danh với người {seen[number]}.")
            elif number:
                seen[number] = row.number
            if row.cleaned_data.get("relation") == HEAD:
                if head:
                    sentence = f"Người {head.number} đã là chủ hộ: chọn quan hệ khác."
                    row.add_error("relation", sentence)
                head = head or row
        if self.people and head is None:
            first = self.people[0]
            if "relation" not in first.errors:
                first.add_error("relation", ONE_HEAD)

    def _tell_known(self):
        """Say beside each number that is in the register already whose it is."""
        numbers = {
            row: row.cleaned_data["citizen_id"]
            for row in self.people
            if row.cleaned_data.get("citizen_id")
        }
        found = Resident.objects.filter(citizen_id__in=set(numbers.values()))
        known = set(found.values_list("citizen_id", flat=True)) if numbers else set()
        for row, number in numbers.items():
            if number in known:
                row.add_error("citizen_id", told_of_number(number, self.user, self.on))
        return bool(known)

    def _update_errors(self, errors):
        """Somebody may have entered the same person meanwhile: told beside his number."""
        placed = getattr(errors, "error_dict", None)
        if placed and "citizen_id" in placed and self._tell_known():
            del placed["citizen_id"]
            if not placed:
                return
            errors = ValidationError(placed)
        super()._update_errors(errors)

    def save(self, commit=True):
        """Write the household and its people. Raises ValidationError where the ledger refuses."""
        return found_household(
            household=self.instance,
            newcomers=[row.newcomer() for row in self.people],
            start_reason=self.cleaned_data["start_reason"],
            file_number=self.cleaned_data["file_number"],
            on=self.on,
        )

    def head_fields(self):
        return [self[name] for name in ("address", "neighbourhood", "opened_on", "start_reason")]

    def more_fields(self):
        """Return what is seldom typed, folded away below the people."""
        return [self["file_number"], self["note"]]

    def more_folded(self):
        return not any(field.value() or field.errors for field in self.more_fields())

    def mistakes(self):
        """List `(address of the field, label, sentence)` for the summary, in reading order."""
        found = [("", "", sentence) for sentence in self.non_field_errors()]
        found += _mistakes_of(self, "")
        for row in self.people:
            found += [("", f"Người {row.number}", one) for one in row.non_field_errors()]
            found += _mistakes_of(row, f"Người {row.number} · ")
        return found

    def doubted(self):
        """Name the people whose number says another sex or year of birth than was typed."""
        return [
            row.instance.full_name
            for row in self.people
            # Of an unknown province (born abroad) it is enough to be told while typing.
            if any("đang ghi là" in warning for warning in row.warnings())
        ]


def _mistakes_of(form, before):
    return [
        (field.id_for_label, f"{before}{field.label}", sentence)
        for field in form.visible_fields()
        for sentence in field.errors
    ]


def row_keys(data):
    """Return the keys of the rows that were sent, in their order."""
    return sorted({int(match[1]) for name in data if (match := _ROW.fullmatch(name))})


def asked_for_more(data):
    """Return what was typed with some more empty rows; nothing is checked yet."""
    keys = row_keys(data)
    following = max(keys, default=-1) + 1
    more = data.copy()
    for key in range(following, following + BLANK_ROWS):
        more[f"p{key}-full_name"] = ""
    return more


class PersonCheckForm(forms.Form):
    """What is typed of a person so far. What cannot be read yet is left out, not refused."""

    full_name = PersonNameField(required=False)
    birth = BirthField(required=False)
    sex = forms.ChoiceField(choices=Resident.Sex.choices, required=False)
    citizen_id = CitizenIdField()
    old_id = OldIdField()
    address = forms.CharField(max_length=200, required=False)

    def read(self):
        """Return the readable fields by name, "" for the others; `birth` as (date, precision)."""
        self.is_valid()
        data = self.cleaned_data
        found = {name: data.get(name) or "" for name in self.fields}
        return {name: "" if value == "-" else value for name, value in found.items()}


def person_of(card):
    """Return a scanned card's fields as forms take them: clean, and no longer than they allow."""
    number = card.number if text.CITIZEN_ID_RE.match(card.number) else card.number[:20]
    return {
        "full_name": text.clean(card.full_name)[:100],
        "birth": text.format_date(card.birth) if card.birth else "",
        "sex": card.sex,
        "citizen_id": text.clean(number),
        # Cards may name an old number of 12 digits, which no register of ours holds.
        "old_id": card.old_number if len(card.old_number) == 9 else "",
        "address": text.clean(card.address)[:200],
    }
