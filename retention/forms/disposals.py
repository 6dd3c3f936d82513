"""Forms of disposals: which types are proposed, and why a disposal is not done."""

from django import forms

from kylien.core import text
from kylien.core.forms import RecordForm
from retention.models import Disposal, RecordType
from retention.services import disposals as services


class ProposeForm(RecordForm):
    """The types to dispose of, ticked in the table of what is past its period."""

    types = forms.MultipleChoiceField(
        label="Loại dữ liệu",
        choices=RecordType.choices,
        error_messages={
            "required": "Đánh dấu ít nhất một loại.",
            "invalid_choice": "Không có loại dữ liệu này.",
        },
    )

    class Meta(RecordForm.Meta):
        model = Disposal
        fields = ("note",)

    def save(self, commit=True):
        """Propose it through the service. Raises ValidationError keyed by field."""
        return services.propose(
            types=self.cleaned_data["types"],
            note=self.cleaned_data["note"],
            by=self.user,
            on=self.on,
        )


class RefuseForm(RecordForm):
    """Why nothing is disposed of; the service writes it."""

    class Meta(RecordForm.Meta):
        model = Disposal
        fields = ("refusal",)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["refusal"].required = True

    def _post_clean(self):
        """Leave the row as it stands until the service reads it anew."""

    def save(self, commit=True):
        """Refuse through the service. Raises ValidationError where it is decided already."""
        return services.refuse(
            disposal=self.instance,
            reason=text.clean(self.cleaned_data["refusal"]),
            by=self.user,
            on=self.on,
        )
