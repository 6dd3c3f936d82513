"""Which kind of workbook, and the file."""

from django import forms

from imports.kinds import KINDS

ACCEPT = ".xlsx,.xls,.xlsm,.ods,.csv"


class UploadForm(forms.Form):
    kind = forms.ChoiceField(
        label="Loại dữ liệu",
        choices=[],
        widget=forms.RadioSelect,
        error_messages={
            "required": "Chọn loại dữ liệu trong tệp.",
            "invalid_choice": "Chọn một trong các loại dữ liệu.",
        },
    )
    file = forms.FileField(
        label="Tệp",
        allow_empty_file=True,  # told in our own words
        widget=forms.FileInput(attrs={"accept": ACCEPT}),
        error_messages={"required": "Chọn tệp cần nhập."},
        help_text="Excel (.xlsx, .xls, .xlsm), OpenDocument (.ods) hoặc .csv, tối đa 10 MB.",
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = [(key, kind.label) for key, kind in KINDS.items()]

    @property
    def kinds(self):
        """List `(kind, is chosen)`, for the cards."""
        chosen = self["kind"].value()
        return [(kind, key == chosen) for key, kind in KINDS.items()]
