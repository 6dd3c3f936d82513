"""Several rows ticked at once."""

from django import forms
from django.core.exceptions import ValidationError

from kylien.core.forms import is_key


class TicksField(forms.ModelMultipleChoiceField):
    """Rows to tick. A key that no database takes is refused as any other unknown one; Django would
    ask SQLite for it, and fail."""

    widget = forms.CheckboxSelectMultiple

    def _check_values(self, value):
        for key in value:
            if not is_key(str(key)):
                raise ValidationError(
                    self.error_messages["invalid_choice"],
                    code="invalid_choice",
                    params={"value": str(key)[:40]},
                )
        return super()._check_values(value)
