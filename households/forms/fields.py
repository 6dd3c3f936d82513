"""What people type about a person: names, births, numbers. Shared by portal and admin forms."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from households.models import Residence, Resident, StayNotice
from kylien.core import text
from kylien.core.forms import MaskedField

RELATIONS = [("", "Chọn"), *Residence.Relation.choices]
BAD_ID = "Số định danh có đúng 12 chữ số, không thể toàn một chữ số."
BAD_NAME = "Họ tên chỉ gồm chữ, khoảng trắng, dấu ' và dấu -."


def file_number_field():
    """Return the field for the number of the file in the national system, empty until known."""
    return forms.CharField(
        label="Mã hồ sơ",
        max_length=40,
        required=False,
        help_text="Trên Cổng dịch vụ công. Chưa có thì để trống: việc này ghi là chưa đồng bộ.",
    )


class CitizenIdField(MaskedField):
    def __init__(self, **kwargs):
        super().__init__(
            clean_number=text.clean_id,
            check=lambda value: bool(text.CITIZEN_ID_RE.match(value)),
            sentence=BAD_ID,
            **{"label": "Số định danh", "required": False, "max_length": 20, **kwargs},
        )
        self.widget.attrs.update({"inputmode": "numeric", "autocomplete": "off", "data-half": ""})


class OldIdField(MaskedField):
    """The 9-digit number of the identity card before the citizen number (CMND)."""

    def __init__(self, **kwargs):
        super().__init__(
            clean_number=text.clean_id,
            check=lambda value: len(value) == 9 and value.isdecimal() and value.isascii(),
            sentence="Số CMND cũ có đúng 9 chữ số.",
            **{"label": "Số CMND cũ", "required": False, "max_length": 20, **kwargs},
        )
        self.widget.attrs.update({"inputmode": "numeric", "autocomplete": "off", "data-half": ""})


class PersonNameField(forms.CharField):
    """A person's name as the papers write it; case is kept."""

    def __init__(self, **kwargs):
        super().__init__(**{"label": "Họ và tên", "max_length": 100, **kwargs})
        self.widget.attrs["autocomplete"] = "off"

    def to_python(self, value):
        return text.clean(super().to_python(value))

    def validate(self, value):
        super().validate(value)
        if value and not text.is_person_name(value):
            raise ValidationError(BAD_NAME, code="invalid")


class BirthField(forms.CharField):
    """A birth date as known: `5/9/1990`, `05091990`, `9/1990`, `1948`. Gives (date, precision)."""

    def __init__(self, **kwargs):
        super().__init__(**{"label": "Ngày sinh", "max_length": 20, **kwargs})
        self.widget.attrs.update(
            {"placeholder": "dd/mm/yyyy hoặc năm", "inputmode": "numeric", "data-half": ""}
        )

    def clean(self, value):
        value = super().clean(value)
        if not value:
            return None
        try:
            born, precision = text.parse_birth(value, pivot=timezone.localdate().year % 100)
        except ValueError as error:
            raise ValidationError(str(error), code="invalid") from error
        return born, precision


class BirthMixin:
    """A form with a `birth` field that fills `birth_date` and `birth_precision`."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        known = self.instance.pk and isinstance(self.instance, Resident | StayNotice)
        if known and "birth" in self.fields:
            self.cover("birth", self.instance.birth(), "Để trống: giữ ngày sinh đang có.")

    def clean_birth(self):
        birth = self.cleaned_data["birth"]
        if birth and birth[0] > self.on:
            raise ValidationError("Ngày sinh không thể sau hôm nay.")
        return birth

    def set_birth(self, obj):
        if self.cleaned_data.get("birth"):
            obj.birth_date, obj.birth_precision = self.cleaned_data["birth"]

    def _post_clean(self):
        if isinstance(self.instance, Resident | StayNotice):
            self.set_birth(self.instance)
        super()._post_clean()

    def _update_errors(self, errors):
        """Put what the model says of the birth date beside the field it was typed in."""
        if hasattr(errors, "error_dict") and "birth_date" in errors.error_dict:
            errors.error_dict["birth"] = errors.error_dict.pop("birth_date")
        super()._update_errors(errors)
