"""Forms of the households app. `MemberForm` enters a person and the first residence in one go."""

import datetime as dt

from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from businesses.models import Business
from households.models import Household, Residence, Resident, StayNotice
from households.services import (
    TERM_LIMIT_YEARS,
    change_head,
    end_residence,
    extend_residence,
    start_residence,
    transfer_residence,
)
from kylien.core import text
from kylien.core.forms import (
    CodeField,
    DayField,
    MaskedField,
    PhoneField,
    RecordForm,
    RecordFormMixin,
)

BAD_ID = "Số định danh có đúng 12 chữ số, không thể toàn một chữ số."
BAD_NAME = "Họ tên chỉ gồm chữ, khoảng trắng, dấu ' và dấu -."


class CitizenIdField(MaskedField):
    def __init__(self, **kwargs):
        super().__init__(
            clean_number=text.clean_id,
            check=lambda value: bool(text.CITIZEN_ID_RE.match(value)),
            sentence=BAD_ID,
            **{"label": "Số định danh", "required": False, "max_length": 20, **kwargs},
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
        if self.instance.pk and isinstance(self.instance, Resident | StayNotice):
            self.initial["birth"] = self.instance.birth()

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


class HouseholdForm(RecordForm):
    past_days = ("opened_on", "dissolved_on")

    class Meta(RecordForm.Meta):
        model = Household
        fields = ("address", "neighbourhood", "opened_on", "dissolved_on", "note")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["neighbourhood"].widget.attrs["data-half"] = ""
        self.fields["opened_on"].widget.attrs["data-half"] = ""
        if not self.instance.pk:
            del self.fields["dissolved_on"]
            self.initial.setdefault("opened_on", self.on)


class ResidentForm(BirthMixin, RecordForm):
    """A person's own data; where he lives changes through acts, not here."""

    full_name = PersonNameField()
    birth = BirthField()
    citizen_id = CitizenIdField()
    phone = PhoneField()

    class Meta(RecordForm.Meta):
        model = Resident
        fields = ("full_name", "birth", "sex", "citizen_id", "phone", "note")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["sex"].widget.attrs["data-half"] = ""


RELATIONS = [("", "Chọn"), *Residence.Relation.choices]


class MemberForm(BirthMixin, RecordForm):
    """A new person and where he lives from when: two rows, one entry.

    With `household` given (a household's own page) it is not asked for; `kind` decides whether a
    term is needed.
    """

    full_name = PersonNameField()
    birth = BirthField()
    citizen_id = CitizenIdField()
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
    employer = CodeField(
        Business.objects.trading(), url="/businesses/options/", label="Nơi làm việc", required=False
    )
    relation = forms.ChoiceField(label="Quan hệ với chủ hộ", choices=RELATIONS)
    relation_note = forms.CharField(label="Quan hệ khác là", max_length=60, required=False)
    started_on = DayField(label="Từ ngày")
    start_reason = forms.ChoiceField(
        label="Lý do",
        choices=[(reason.value, reason.label) for reason in Residence.Start.external()],
    )
    expires_on = DayField(label="Thời hạn đến", required=False)

    class Meta(RecordForm.Meta):
        model = Resident
        fields = ("full_name", "birth", "sex", "citizen_id", "phone")

    def __init__(self, *args, household=None, kind=None, **kwargs):
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
        return data

    def _name_the_known(self, citizen_id):
        """Say who has the number typed, where the user may see him: he returns on his own page."""
        if not citizen_id or self.instance.pk:
            return
        known = Resident.objects.visible_to(self.user).filter(citizen_id=citizen_id).first()
        if known:
            act = "chuyển hoặc kết thúc cư trú" if known.present else "bấm Ghi cư trú mới"
            self.add_error(
                "citizen_id",
                f"Số định danh này đã có trong sổ. Mở trang của {known.full_name} ({known.code}), "
                f"{act}.",
            )

    def save(self, commit=True):
        """Write the person and the residence; a refused residence takes the person back with it.

        Raises ValidationError, keyed by field, where the ledger refuses.
        """
        with transaction.atomic():
            resident = super().save()
            self.start(resident)
        resident.refresh_from_db()
        return resident

    def start(self, resident):
        data = self.cleaned_data
        return start_residence(
            resident=resident,
            kind=self.fixed_kind or data["kind"],
            household=self.fixed_household or data.get("household"),
            lodging=data.get("lodging"),
            employer=data.get("employer"),
            relation=data["relation"],
            relation_note=data["relation_note"],
            started_on=data["started_on"],
            start_reason=data["start_reason"],
            expires_on=data.get("expires_on"),
            on=self.on,
        )


class ActForm(RecordFormMixin, forms.ModelForm):
    """Base of the acts on a stay: a few fields, written by a service."""

    class Meta:
        model = Residence
        fields = ()

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name in ("ended_on", "started_on"):
            if name in self.fields:
                self.initial.setdefault(name, self.on)
        for field in self.fields.values():
            field.widget.attrs["data-half"] = ""

    def _update_errors(self, errors):
        """The day on which one row ends and the next starts is a single box here."""
        said = getattr(errors, "error_dict", {})
        if "started_on" in self.fields and "ended_on" in said:
            said.setdefault("started_on", []).extend(said.pop("ended_on"))
        super()._update_errors(errors)


class EndResidenceForm(ActForm):
    """End a residence: the day and the reason."""

    ended_on = DayField(label="Kết thúc ngày")
    end_reason = forms.ChoiceField(
        label="Lý do", choices=[(reason.value, reason.label) for reason in Residence.End.external()]
    )

    def save(self, commit=True):
        """End it through the service. Raises ValidationError keyed by field."""
        return end_residence(
            residence=self.instance,
            ended_on=self.cleaned_data["ended_on"],
            end_reason=self.cleaned_data["end_reason"],
            on=self.on,
        )


class TransferForm(ActForm):
    """Move a person to another household of the ward."""

    household = CodeField(Household.objects.active(), url="/households/options/", label="Hộ đến")
    relation = forms.ChoiceField(label="Quan hệ với chủ hộ", choices=RELATIONS)
    relation_note = forms.CharField(label="Quan hệ khác là", max_length=60, required=False)
    started_on = DayField(label="Từ ngày")

    def save(self, commit=True):
        """Move him through the service. Raises ValidationError keyed by field."""
        data = self.cleaned_data
        return transfer_residence(
            residence=self.instance,
            household=data["household"],
            relation=data["relation"],
            relation_note=data["relation_note"],
            on_day=data["started_on"],
            on=self.on,
        )


class ExtendForm(ActForm):
    """Extend a temporary residence."""

    expires_on = DayField(label="Gia hạn đến ngày")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        day = text.format_date(self.instance.expires_on)
        help_text = f"Hạn đang ghi: {day}. Mỗi lần tối đa {TERM_LIMIT_YEARS} năm."
        self.fields["expires_on"].help_text = help_text

    def save(self, commit=True):
        """Extend it through the service. Raises ValidationError keyed by field."""
        return extend_residence(
            residence=self.instance, expires_on=self.cleaned_data["expires_on"], on=self.on
        )


class ChangeHeadForm(ActForm):
    """Another member becomes the head; what the old head then is to him is asked for."""

    new_head = forms.ModelChoiceField(
        Residence.objects.all(), label="Chủ hộ mới", empty_label="Chọn"
    )
    old_relation = forms.ChoiceField(
        label="Chủ hộ cũ là gì của chủ hộ mới",
        choices=[c for c in RELATIONS if c[0] not in ("HEAD", "OTHER")],
    )
    started_on = DayField(label="Từ ngày")

    class Meta:
        model = Household
        fields = ()

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        field = self.fields["new_head"]
        members = self.instance.residences
        field.queryset = members.next_heads().visible_to(self.user).select_related("resident")
        field.label_from_instance = lambda row: f"{row.resident} ({row.relation_label()})"
        if not members.current().filter(relation=Residence.Relation.HEAD).exists():
            del self.fields["old_relation"]

    def save(self, commit=True):
        """Change the head through the service. Raises ValidationError keyed by field."""
        data = self.cleaned_data
        change_head(
            household=self.instance,
            new_head=data["new_head"],
            old_relation=data.get("old_relation", ""),
            on_day=data["started_on"],
            on=self.on,
        )
        return self.instance


class ReturnForm(MemberForm):
    """A new residence of somebody whom the register knows: his own data stay as they are."""

    versioned = False  # nothing of the person is written here

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name in ("full_name", "birth", "sex", "citizen_id", "phone"):
            del self.fields[name]
        reason = self.fields["start_reason"]  # the newborn are not known before
        reason.choices = [c for c in reason.choices if c[0] != Residence.Start.BIRTH]

    def save(self, commit=True):
        """Start the residence through the service. Raises ValidationError keyed by field."""
        self.start(self.instance)
        return self.instance


class StayNoticeForm(BirthMixin, RecordForm):
    guest_name = PersonNameField(label="Họ và tên khách")
    birth = BirthField()
    id_number = MaskedField(
        clean_number=text.clean_id,
        check=lambda value: value.isalnum() and 6 <= len(value) <= 20,
        sentence="Số định danh có 12 chữ số; hộ chiếu có 6 đến 20 chữ, số.",
        label="Số định danh, hộ chiếu",
        required=False,
        max_length=30,
    )
    household = CodeField(
        Household.objects.active(), url="/households/options/", label="Ở nhà (hộ)", required=False
    )
    lodging = CodeField(
        Business.objects.trading(),
        url="/businesses/options/",
        label="Hoặc cơ sở lưu trú",
        required=False,
    )

    class Meta(RecordForm.Meta):
        model = StayNotice
        fields = (
            "guest_name",
            "birth",
            "id_number",
            "household",
            "lodging",
            "reason",
            "arrived_at",
            "leaves_on",
            "channel",
            "notified_at",
        )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        now = timezone.localtime().replace(second=0, microsecond=0)
        if not self.instance.pk:
            self.initial.setdefault("arrived_at", now)
            self.initial.setdefault("notified_at", now)
            self.initial.setdefault("leaves_on", self.on + dt.timedelta(days=1))
            self.initial.setdefault("reason", "Thăm người thân")
        for name in ("household", "lodging", "arrived_at", "leaves_on", "channel", "notified_at"):
            self.fields[name].widget.attrs["data-half"] = ""
        for name in ("household", "lodging"):
            self.fields[name].keep(getattr(self.instance, name))

    def clean(self):
        data = super().clean()
        for name, sentence in (
            ("arrived_at", "Khách chưa đến: ghi khi khách đã đến."),
            ("notified_at", "Thời điểm này chưa tới."),
        ):
            if data.get(name) and data[name] > timezone.now():
                self.add_error(name, sentence)
        return data
