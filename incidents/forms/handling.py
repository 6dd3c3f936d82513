"""Forms of an incident's handling: officers, notes, files, and whom the news is from."""

from django import forms
from django.utils import timezone

from incidents import services
from incidents.forms.incidents import NO_NAMES, refuse_numbers
from incidents.models import Attachment, Incident, IncidentParty
from kylien.accounts.models import User
from kylien.core.forms import PhoneField, RecordForm
from kylien.core.uploads import ACCEPT, check_upload

NOBODY = "Không chọn ai: cảnh sát khu vực của địa bàn xử lý."


class OfficersField(forms.ModelMultipleChoiceField):
    """Officers by name, each with the neighbourhoods he has today."""

    widget = forms.CheckboxSelectMultiple

    def label_from_instance(self, obj):
        areas = ", ".join(beat.neighbourhood.name for beat in obj.open_beats)
        return f"{obj.full_name_label} ({areas or obj.role_label})"


class AssignForm(RecordForm):
    """Who deals with an incident: those ticked, and nobody else."""

    officers = OfficersField(
        User.objects.none(), label="Cán bộ xử lý", required=False, help_text=NOBODY
    )

    class Meta(RecordForm.Meta):
        model = Incident
        fields = ("officers",)

    def __init__(self, *args, officers, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["officers"].queryset = officers
        self.initial["officers"] = [row.officer_id for row in self.instance.assignments.open()]

    def _post_clean(self):
        """Leave the incident as it stands: the service writes the assignments."""

    def save(self):
        return services.assign(
            self.instance, officers=self.cleaned_data["officers"], at=timezone.now()
        )


class NoteForm(RecordForm):
    """A line for the log."""

    note = forms.CharField(
        label="Ghi vào nhật ký",
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2, "maxlength": 1000}),
        help_text=NO_NAMES,
    )

    class Meta(RecordForm.Meta):
        model = Incident
        fields = ("note",)

    def clean(self):
        data = super().clean()
        refuse_numbers(self, "note", data)
        return data

    def is_stale(self, seen):
        """A line is added, nothing is overwritten: never stale."""
        return False

    def _post_clean(self):
        """Leave the incident as it stands."""

    def save(self):
        return services.note(self.instance, words=self.cleaned_data["note"], at=timezone.now())


class AttachForm(RecordForm):
    """A file for an incident."""

    file = forms.FileField(
        label="Tệp",
        help_text="Ảnh jpg, png; pdf; docx. Không quá 10 MB. Không tải tài liệu mật, "
        "không đặt tên tệp theo tên người.",
        widget=forms.FileInput(attrs={"accept": ACCEPT}),
        allow_empty_file=True,  # the check says it in our words
    )
    words = forms.CharField(label="Ghi chú", required=False, max_length=200, help_text=NO_NAMES)

    class Meta(RecordForm.Meta):
        model = Incident
        fields = ("file", "words")

    def clean_file(self):
        """Check the content here, so that the sentence stands at the field."""
        self.checked = check_upload(self.cleaned_data["file"])
        return self.cleaned_data["file"]

    def is_stale(self, seen):
        """A file is added, nothing is overwritten: never stale."""
        return False

    def _post_clean(self):
        """Leave the incident as it stands."""

    def save(self):
        data = self.cleaned_data
        return services.attach(
            self.instance,
            upload=data["file"],
            checked=self.checked,
            words=data["words"],
            at=timezone.now(),
        )


class PutAwayForm(RecordForm):
    """Why a file is taken out."""

    remove_reason = forms.CharField(
        label="Lý do bỏ tệp", max_length=200, help_text=f"Không ghi tên tệp. {NO_NAMES}"
    )

    class Meta(RecordForm.Meta):
        model = Attachment
        fields = ("remove_reason",)

    def _post_clean(self):
        """Leave the row as it stands: the service writes it."""

    def save(self):
        return services.put_away(
            self.instance, reason=self.cleaned_data["remove_reason"], at=timezone.now()
        )


class PartyForm(RecordForm):
    """Who told of an incident or was harmed; what is typed is shown to the chief and the assigned
    officers alone."""

    phone = PhoneField()

    class Meta(RecordForm.Meta):
        model = IncidentParty
        fields = ("role", "full_name", "phone", "address", "note")
        widgets = {"role": forms.RadioSelect}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["role"].choices = IncidentParty.Role.choices
        self.fields["full_name"].widget.attrs["data-half"] = ""
        for field in self.fields.values():
            field.widget.attrs["autocomplete"] = "off"

    def clean(self):
        """Keep numbers where they are masked."""
        data = super().clean()
        for name in ("full_name", "address", "note"):
            refuse_numbers(self, name, data)
        return data

    def save(self):
        return services.tell_who(self.instance.incident, party=self.instance, at=timezone.now())
