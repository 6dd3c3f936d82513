"""Forms that enter people: a household with its people, a member, a newborn, somebody back."""

from django import forms

from businesses.models import Business
from households.forms.fields import (
    RELATIONS,
    BirthField,
    BirthMixin,
    CitizenIdField,
    OldIdField,
    PersonNameField,
    file_number_field,
)
from households.models import Household, Residence, Resident
from households.services import enter_resident, register_birth, return_resident
from households.services.duplicates import propose_for
from households.services.people import told_of_number
from kylien.core.forms import CodeField, DayField, PhoneField, RecordForm


class HouseholdForm(RecordForm):
    """A household's own data; it is founded with its people (forms/entry.py)."""

    past_days = ("opened_on", "dissolved_on")

    class Meta(RecordForm.Meta):
        model = Household
        fields = ("address", "neighbourhood", "opened_on", "dissolved_on", "note")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["neighbourhood"].widget.attrs["data-half"] = ""
        self.fields["opened_on"].widget.attrs["data-half"] = ""


class ResidentForm(BirthMixin, RecordForm):
    """A person's own data; where he lives changes through acts, not here."""

    full_name = PersonNameField()
    birth = BirthField()
    citizen_id = CitizenIdField()
    old_id = OldIdField()
    phone = PhoneField()

    class Meta(RecordForm.Meta):
        model = Resident
        fields = ("full_name", "birth", "sex", "citizen_id", "old_id", "phone", "note")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["sex"].widget.attrs["data-half"] = ""

    def save(self, commit=True):
        saved = super().save(commit)
        propose_for(saved)
        return saved


class MemberForm(BirthMixin, RecordForm):
    """A new person and where he lives from when: two rows, one entry.

    With `household` given (a household's own page) it is not asked for; `kind` decides whether a
    term is needed.
    """

    full_name = PersonNameField()
    birth = BirthField()
    citizen_id = CitizenIdField()
    old_id = OldIdField()
    phone = PhoneField()
    kind = forms.ChoiceField(label="Loại cư trú", choices=Residence.Kind.choices)
    household = CodeField(
        Household.objects.active(), url="/households/options/", label="Hộ", required=False
    )
    lodging = CodeField(
        Business.objects.trading(),
        url="/businesses/options/",
        label="Cơ sở lưu trú",
        required=False,
    )
    employer = CodeField(  # people work in other beats than they live in
        Business.objects.trading(),
        url="/businesses/employers/options/",
        ward_wide=True,
        label="Nơi làm việc",
        required=False,
    )
    relation = forms.ChoiceField(label="Quan hệ với chủ hộ", choices=RELATIONS)
    relation_note = forms.CharField(label="Quan hệ khác là", max_length=60, required=False)
    started_on = DayField(label="Từ ngày")
    start_reason = forms.ChoiceField(
        label="Lý do",
        choices=[(reason.value, reason.label) for reason in Residence.Start.external()],
    )
    expires_on = DayField(label="Thời hạn đến", required=False)
    file_number = file_number_field()

    class Meta(RecordForm.Meta):
        model = Resident
        fields = ("full_name", "birth", "sex", "citizen_id", "old_id", "phone")

    def __init__(self, *args, household=None, kind=None, short=False, **kwargs):
        self.fixed_household, self.fixed_kind = household, kind
        super().__init__(*args, **kwargs)
        self.initial.setdefault("started_on", self.on)
        if household is not None:
            for name in ("household", "lodging", "employer"):
                del self.fields[name]
        if kind is not None:
            del self.fields["kind"]
            if kind == Residence.Kind.PERMANENT:
                del self.fields["expires_on"]
            else:
                self.fields["expires_on"].required = True
        if short:  # the row on a household's page stays short
            del self.fields["file_number"], self.fields["old_id"]
        for name in ("kind", "relation", "started_on", "start_reason", "expires_on", "sex"):
            if name in self.fields:
                self.fields[name].widget.attrs["data-half"] = ""
        if kind == Residence.Kind.TEMPORARY:
            self.initial.setdefault("relation", Residence.Relation.TENANT)
        if "household" in self.fields and kind != Residence.Kind.PERMANENT:
            self.fields[
                "household"
            ].help_text = "Tạm trú: ghi ít nhất một trong ba ô hộ, cơ sở lưu trú, nơi làm việc."

    def clean(self):
        data = super().clean()
        self._name_the_known(data.get("citizen_id"))
        kind = self.fixed_kind or data.get("kind")
        missing = not data.get("expires_on") and "expires_on" not in self.errors
        if kind == Residence.Kind.TEMPORARY and missing:
            self.add_error("expires_on", "Tạm trú phải có thời hạn.")
        self._keep_to_the_beat(data)
        return data

    def _keep_to_the_beat(self, data):
        """A stay belongs to its host's neighbourhood: an employer of another beat cannot be the
        only one."""
        employer, scope = data.get("employer"), self.user.scope
        if employer is None or data.get("household") or data.get("lodging") or scope.whole_ward:
            return
        if employer.neighbourhood_id not in scope.neighbourhood_ids:
            self.add_error(
                "household",
                "Nơi làm việc ở địa bàn khác: ghi thêm hộ hoặc cơ sở lưu trú trong địa bàn.",
            )

    def _name_the_known(self, citizen_id):
        """Say who has the number typed: he returns on his own page, or through his officer."""
        told = "" if self.instance.pk else told_of_number(citizen_id, self.user, self.on)
        if told:
            self.add_error("citizen_id", told)

    def save(self, commit=True):
        """Write the person and the residence; a refused residence takes the person back with it.

        Raises ValidationError, keyed by field, where the ledger refuses.
        """
        enter_resident(resident=self.instance, on=self.on, **self.residence())
        self.instance.refresh_from_db()
        return self.instance

    def residence(self):
        data = self.cleaned_data
        return {
            "kind": self.fixed_kind or data["kind"],
            "household": self.fixed_household or data.get("household"),
            "lodging": data.get("lodging"),
            "employer": data.get("employer"),
            "relation": data["relation"],
            "relation_note": data["relation_note"],
            "started_on": data["started_on"],
            "start_reason": data["start_reason"],
            "expires_on": data.get("expires_on"),
            "file_number": data.get("file_number", ""),
        }


class BirthForm(BirthMixin, RecordForm):
    """A newborn of a household."""

    full_name = PersonNameField()
    birth = BirthField()
    citizen_id = CitizenIdField()
    relation = forms.ChoiceField(
        label="Quan hệ với chủ hộ", choices=[c for c in RELATIONS if c[0] not in ("HEAD", "TENANT")]
    )
    relation_note = forms.CharField(label="Quan hệ khác là", max_length=60, required=False)
    started_on = DayField(
        label="Cư trú từ ngày", required=False, help_text="Để trống: từ ngày sinh."
    )
    file_number = file_number_field()

    class Meta(RecordForm.Meta):
        model = Resident
        fields = ("full_name", "birth", "sex", "citizen_id")

    def __init__(self, *args, household, **kwargs):
        self.household = household
        super().__init__(*args, **kwargs)
        self.initial.setdefault("relation", Residence.Relation.CHILD)
        for name in ("sex", "relation", "started_on"):
            self.fields[name].widget.attrs["data-half"] = ""

    def clean_citizen_id(self):
        number = self.cleaned_data["citizen_id"]
        if told := told_of_number(number, self.user, self.on):
            raise forms.ValidationError(told)
        return number

    def save(self, commit=True):
        """Enter the child through the service. Raises ValidationError keyed by field."""
        data = self.cleaned_data
        register_birth(
            household=self.household,
            resident=self.instance,
            relation=data["relation"],
            relation_note=data["relation_note"],
            started_on=data["started_on"],
            file_number=data["file_number"],
            on=self.on,
        )
        return self.instance


class ReturnForm(MemberForm):
    """A new residence of somebody whom the register knows: his own data stay as they are."""

    versioned = False  # nothing of the person is written here

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name in ("full_name", "birth", "sex", "citizen_id", "old_id", "phone"):
            self.fields.pop(name, None)
        reason = self.fields["start_reason"]  # the newborn are not known before
        reason.choices = [c for c in reason.choices if c[0] != Residence.Start.BIRTH]

    def save(self, commit=True):
        """Start the residence through the service. Raises ValidationError keyed by field."""
        return_resident(resident=self.instance, on=self.on, **self.residence())
        return self.instance
