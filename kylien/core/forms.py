"""Forms of records: the fields people type into, and constraint sentences beside them.

`RecordFormMixin` serves portal and admin alike; `RecordForm` is the portal's; `RecordInlineFormSet`
checks constraints across the rows typed together.
"""

import re
from itertools import chain

from django import forms
from django.apps import apps
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import IntegrityError, models, transaction
from django.db.models import Q, UniqueConstraint

from kylien.core import text
from kylien.core.changes import today

STALE = "Bản ghi vừa được sửa ở nơi khác. So hai bản rồi bấm Lưu lần nữa để ghi bản đang gõ."
CLASH = "Dữ liệu này trùng hoặc mâu thuẫn với bản ghi đã có."


def is_key(value: str) -> bool:
    """Tell whether a text can be a row's key: digits that the database takes.

    Digits of other scripts ("²") are digits to Python and no number to the database.
    """
    return value.isascii() and value.isdecimal() and len(value) < 19


class DayField(forms.DateField):
    """A day typed as people write it: 5/9/1990, 05-09-1990, 05091990."""

    widget = forms.DateInput(
        format="%d/%m/%Y",
        attrs={
            "inputmode": "numeric",
            "placeholder": "dd/mm/yyyy",
            "data-day": "",
            "maxlength": 30,
        },
    )

    def to_python(self, value):
        if isinstance(value, str):
            if not value.strip():
                return None
            try:
                return text.parse_date(value)
            except ValueError as error:
                raise ValidationError(str(error), code="invalid") from error
        return super().to_python(value)


class MomentField(forms.DateTimeField):
    """A day and an hour: `24/11/2026 21:30`."""

    widget = forms.DateTimeInput(
        format="%d/%m/%Y %H:%M", attrs={"placeholder": "dd/mm/yyyy hh:mm", "maxlength": 30}
    )
    default_error_messages = {
        "invalid": "Ghi ngày và giờ như 24/11/2026 21:30.",
    }

    def __init__(self, **kwargs):
        kwargs.setdefault("input_formats", ["%d/%m/%Y %H:%M", "%Y-%m-%dT%H:%M", "%d/%m/%Y %Hh%M"])
        super().__init__(**kwargs)

    def to_python(self, value):
        try:
            value = super().to_python(value)
        except (OverflowError, ValueError) as error:  # a year no calendar can hold
            raise ValidationError(self.error_messages["invalid"], code="invalid") from error
        if value is not None and not 1900 <= value.year <= 2999:  # as days are read
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return value


class MaskedField(forms.CharField):
    """A number shown as `042******001`: left empty it stays, typed it changes, `-` removes it."""

    def __init__(self, *, clean_number, check, sentence, **kwargs):
        super().__init__(**kwargs)
        self.clean_number, self.check, self.sentence = clean_number, check, sentence

    def to_python(self, value):
        value = super().to_python(value)
        return value if value in ("", "-") else self.clean_number(value)

    def validate(self, value):
        super().validate(value)
        if value not in ("", "-") and not self.check(value):
            raise ValidationError(self.sentence, code="invalid")


class PhoneField(MaskedField):
    """A phone number in any spelling; stored as digits, shown masked."""

    def __init__(self, **kwargs):
        super().__init__(
            clean_number=text.clean_phone,
            check=text.is_phone,
            sentence="Số điện thoại chưa đúng: di động 10 số, máy bàn 11 số.",
            **{"label": "Điện thoại", "required": False, "max_length": 30, **kwargs},
        )
        self.widget.attrs.update({"inputmode": "tel", "autocomplete": "off", "data-half": ""})


class CodeField(forms.CharField):
    """A record picked by its code, among those the user may see; the widget looks names up.

    `ward_wide` for records whose name is no secret beyond the beat, such as employers.
    """

    def __init__(self, queryset, *, url="", ward_wide=False, **kwargs):
        self.queryset, self.ward_wide = queryset, ward_wide
        widget = forms.TextInput(attrs={"data-picker-url": url, "autocomplete": "off"})
        widget.template_name = "widgets/record_picker.html"
        kwargs.setdefault("widget", widget)
        kwargs.setdefault("max_length", 40)
        super().__init__(**kwargs)

    def prepare_value(self, value):
        if isinstance(value, models.Model):
            return value.code
        if isinstance(value, int):
            found = self.queryset.filter(pk=value).first()
            return found.code if found else ""
        return value

    def keep(self, picked, label=""):
        """Let what is recorded stay choosable: a business since closed, a group beyond the beat.
        It is told by its own words, or by a `label` that says less."""
        if picked is not None:
            self.queryset = self.queryset | type(picked).objects.filter(pk=picked.pk)
            self.widget.attrs["data-picker-label"] = label or str(picked)

    def run_validators(self, value):
        """Leave length and odd characters alone: `to_python` has made a record of the text."""

    def to_python(self, value):
        value = text.clean(super().to_python(value))[:40].upper()
        if not value:
            return None
        found = self.queryset.filter(code=value).first()
        if found is None:
            where = "" if self.ward_wide else " trong phạm vi của đồng chí"
            raise ValidationError(
                f"Không thấy mã {value}{where}. Gõ tên để tìm rồi chọn.", code="unknown"
            )
        return found

    def has_changed(self, initial, data):
        return (self.prepare_value(initial) or "") != (data or "").strip().upper()


def form_field(db_field, **kwargs):
    """Return the form field of a model field: days, moments and plain texts as people type them."""
    if isinstance(db_field, models.DateTimeField):
        return db_field.formfield(form_class=MomentField, **_without_widget(kwargs))
    if isinstance(db_field, models.DateField):
        return db_field.formfield(form_class=DayField, **_without_widget(kwargs))
    if isinstance(db_field, models.TextField):
        kwargs.setdefault("widget", forms.Textarea(attrs={"rows": 3}))
        if db_field.max_length:
            kwargs["widget"].attrs.setdefault("maxlength", db_field.max_length)
    return db_field.formfield(**kwargs)


def _without_widget(kwargs):
    return {key: value for key, value in kwargs.items() if key != "widget"}


class VersionField(forms.IntegerField):
    """The version of the row that the form was opened on; nobody types it."""

    widget = forms.HiddenInput

    def has_changed(self, initial, data):
        return False


class RecordFormMixin:
    """What every form of a record does: scope its choices, keep masks, place sentences.

    `user` (whose rows may be chosen) and `on` (the day) come from the view, or as class attributes
    from the admin, which builds forms without them. A `versioned` form carries the row's version:
    a stale one is refused, `stale` lists both versions, and what was typed stays.
    """

    user = None
    on = None
    refusal = ""  # a sentence that the database gave on the last try
    unready = frozenset()  # the link to a parent that is typed in the same submit
    past_days: tuple[str, ...] = ()  # days that may not lie after today
    versioned = False
    stale = None  # or the differences, see `_differences`
    covered: tuple[str, ...] = ()  # fields shown empty, see `cover`

    def __init__(self, *args, user=None, on=None, **kwargs):
        self.user = user or self.user
        self.on = on or self.on or today()
        super().__init__(*args, **kwargs)
        if self.versioned:
            self.fields["version"] = VersionField(required=False)
            self.initial["version"] = self.instance.version if self.instance.pk else None
        masks = self._meta.model.masks if hasattr(self, "_meta") else {}
        for name in masks:
            if name in self.fields and self.instance.pk:
                shown = self.instance.masked(name)
                self.cover(name, shown, "Để trống: giữ số đang có. Gõ dấu - để xoá.")
        for field in self.fields.values():
            self._scope(field)

    def cover(self, name, shown, help_text):
        """Show a field that holds something empty: left so it keeps its value. Of that stands
        there only what pages show (`shown`)."""
        self.covered = (*self.covered, name)
        self.initial[name] = ""
        if shown:
            self.fields[name].widget.attrs["placeholder"] = shown
            self.fields[name].help_text = help_text
            self.fields[name].required = False

    def _scope(self, field):
        """Narrow a field's choices to the user's rows."""
        rows = getattr(field, "queryset", None)
        scoped = not getattr(field, "ward_wide", False)
        if rows is not None and scoped and hasattr(rows, "visible_to"):
            field.queryset = rows.visible_to(self.user)

    def clean(self):
        data = super().clean()
        data = self.cleaned_data if data is None else data
        for name in self._meta.model.masks:
            if name in data and name not in self.errors:
                if data[name] == "-":
                    data[name] = ""
                elif not data[name] and self.instance.pk:
                    data[name] = getattr(self.instance, name)
        for name in self.past_days:
            if data.get(name) and data[name] > self.on:
                label = str(self.fields[name].label)
                subject = label if label.startswith("Ngày") else "Ngày này"
                self.add_error(name, f"{subject} không thể sau hôm nay.")
        if self.refusal:
            self.add_error(None, self.refusal)
        seen = data.pop("version", None)
        if self.versioned and self.instance.pk and self.is_stale(seen):
            self.stale = self._differences()
            self.data = self.data.copy()
            self.data[self.add_prefix("version")] = str(self.instance.version)
            self.add_error(None, STALE)
        return data

    def is_stale(self, seen):
        """Tell whether the row was changed after the form was opened on its version `seen`."""
        return seen != self.instance.version

    def _differences(self):
        """List what stands now against what was typed, field by field."""
        rows = []
        for name, field in self.fields.items():
            if name == "version" or name in self.covered:
                continue
            theirs = self.initial.get(name, getattr(self.instance, name, ""))
            if not field.has_changed(theirs, self[name].data):
                continue
            bound = field.prepare_value(theirs)
            rows.append(
                {
                    "label": field.label,
                    "theirs": _shown(field, bound),
                    "yours": _shown(field, self[name].data),
                }
            )
        return rows

    def save_or_refuse(self, save=None):
        """Save in one transaction and return the record; None where the form, a service or the
        database refuses, with the sentence put beside its field."""
        if not self.is_valid():
            return None
        try:
            with transaction.atomic():
                return (save or self.save)()
        except ValidationError as error:
            self._update_errors(error)
        except IntegrityError as error:
            field, sentence = sentence_of(error, self._meta.model, self.instance)
            self.add_error(field if field in self.fields else None, sentence)
        return None

    def _post_clean(self):
        self.instance.unreadable_fields = set(self.errors) - {NON_FIELD_ERRORS} | self.unready
        super()._post_clean()
        del self.instance.unreadable_fields

    def _update_errors(self, errors):
        """Move a sentence to the top of the form where the form lacks the field it belongs to."""
        if hasattr(errors, "error_dict"):
            placed = {}
            for name, found in errors.error_dict.items():
                key = name if name in self.fields else NON_FIELD_ERRORS
                placed.setdefault(key, []).extend(found)
            errors = ValidationError(placed)
        super()._update_errors(errors)


class RecordForm(RecordFormMixin, forms.ModelForm):
    """A portal form."""

    versioned = True

    class Meta:
        formfield_callback = form_field

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if not self.instance.pk:
            del self.fields["version"]


def _shown(field, value):
    """Return a value as a person reads it in a comparison."""
    choices = getattr(field, "choices", None)
    if choices is not None:
        groups = (label if isinstance(label, list) else [(key, label)] for key, label in choices)
        pairs = chain.from_iterable(groups)
        return next((str(label) for key, label in pairs if str(key) == str(value)), value or "—")
    if isinstance(value, bool):
        return "Có" if value else "Không"
    if hasattr(value, "strftime"):
        return value.strftime("%d/%m/%Y %H:%M" if hasattr(value, "hour") else "%d/%m/%Y")
    return value if value not in (None, "") else "—"


def sentence_of(error: IntegrityError, model, row=None):
    """Return `(field, sentence)` for an error of the database: the constraint's own sentence.

    A form of `model` may write rows of other models too, so their constraints are asked after its
    own. SQLite names the columns of a unique index, not the index: where two constraints share
    their columns, `row` tells by their conditions which of them it broke.
    """
    message = str(error)
    others = [m for m in apps.get_models() if hasattr(m, "constraint_fields") and m is not model]
    for owner in (model, *others):
        for constraint in owner._meta.constraints:
            condition = getattr(constraint, "fields", ()) and constraint.condition
            if isinstance(row, owner) and condition and not holds(condition, row):
                continue
            columns = [f"{owner._meta.db_table}.{name}" for name in _columns(constraint, owner)]
            by_columns = columns and message.endswith(": " + ", ".join(columns))
            if re.search(rf"\b{constraint.name}\b", message) or by_columns:
                field = owner.constraint_fields.get(constraint.name)
                return field, str(constraint.get_violation_error_message())
    return None, CLASH


def _columns(constraint, model):
    names = getattr(constraint, "fields", ())
    return [model._meta.get_field(name).column for name in names]


class RecordInlineFormSet(forms.BaseInlineFormSet):
    """Rows typed together: a constraint that two of them break is told at the second.

    A page takes `NEW_ROWS` beside those that stand; whoever sends a larger number is refused
    before thousands of rows are built for it.
    """

    NEW_ROWS = 50

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.absolute_max = len(self.get_queryset()) + self.NEW_ROWS
        self.max_num = min(self.max_num, self.absolute_max)  # 0 where no row may be added
        for name, field in self.form.base_fields.items():
            widget = getattr(field.widget, "widget", field.widget)  # the admin wraps it
            if hasattr(widget, "labels"):
                widget.labels.load([form[name].value() for form in self.forms])

    def _construct_form(self, i, **kwargs):
        form = super()._construct_form(i, **kwargs)
        if self.instance._state.adding:
            form.unready = frozenset({self.fk.name})
        return form

    def validate_unique(self):
        """Do nothing: `clean()` checks what Django would, with the constraint's own sentence."""

    def clean(self):
        super().clean()
        live = [
            form
            for form in self.forms
            if form.has_changed() and form not in self.deleted_forms and not form.errors
        ]
        for constraint in self.model._meta.constraints:
            if isinstance(constraint, UniqueConstraint) and constraint.fields:
                self._check_unique(constraint, live)

    def _check_unique(self, constraint, forms_):
        seen = set()
        for form in forms_:
            row = form.instance
            if self.fk.name in constraint.fields:
                setattr(row, self.fk.name, self.instance)
            values = tuple(
                _identity(self.instance if name == self.fk.name else getattr(row, name, None))
                for name in constraint.fields
            )
            if None in values or not holds(constraint.condition, row):
                continue
            if values in seen:
                field = self.model.constraint_fields.get(constraint.name)
                sentence = str(constraint.get_violation_error_message())
                form.add_error(field if field in form.fields else None, sentence)
                raise ValidationError(sentence)
            seen.add(values)


def _identity(value):
    """Return what two rows may share: a value, a row, or the very row typed in this submit."""
    return id(value) if isinstance(value, models.Model) and value.pk is None else value


def holds(condition: Q | None, row) -> bool:
    """Tell whether a constraint's condition holds for a row in memory (equality and null tests)."""
    if condition is None:
        return True
    results = []
    for child in condition.children:
        if isinstance(child, Q):
            results.append(holds(child, row))
            continue
        name, expected = child
        if name.endswith("__isnull"):
            results.append((getattr(row, name.removesuffix("__isnull")) is None) == expected)
        else:
            results.append(getattr(row, name) == expected)
    outcome = all(results) if condition.connector == Q.AND else any(results)
    return outcome != condition.negated
