"""Forms of declared absences: the declaration, and the return."""

from django.core.exceptions import ValidationError
from django.utils.html import format_html

from households.models import Absence, Resident
from households.services.ledger import link
from kylien.core import text
from kylien.core.forms import CodeField, RecordForm

NEUTRAL = (
    "Chỉ ghi lý do đời thường. Người đang chịu biện pháp hình sự, hành chính không khai ở đây."
)


class PersonField(CodeField):
    """A person picked by his code; his name stands beside it."""

    def to_python(self, value):
        found = super().to_python(value)
        if found is not None:
            self.show(found)
        return found

    def show(self, person):
        self.widget.attrs["data-picker-label"] = f"{person.full_name} · {person.birth()}"

    def has_changed(self, initial, data):
        return not self.disabled and super().has_changed(initial, data)


class AbsenceForm(RecordForm):
    """Who is away, where, since when and until when; the return has a form of its own."""

    past_days = ("started_on", "returned_on")
    resident = PersonField(Resident.objects.all(), url="/residents/options/", label="Người vắng")
    collides = False

    class Meta(RecordForm.Meta):
        model = Absence
        fields = ("resident", "reason", "destination", "started_on", "expected_on", "returned_on")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["reason"].help_text = NEUTRAL
        for name in ("started_on", "expected_on"):
            self.fields[name].widget.attrs["data-half"] = ""
        if self.instance.returned_on:
            self.fields["returned_on"].help_text = "Xoá ô này nếu người ấy chưa về."
        else:
            del self.fields["returned_on"]
        if self.instance.pk:
            self._fix_person(self.instance.resident)
        else:
            self.initial.setdefault("started_on", self.on)
            self._name_the_asked()

    def _fix_person(self, person):
        """An absence is one person's for good: he stays chosen, wherever he lives now."""
        field = self.fields["resident"]
        field.keep(person)
        field.show(person)
        field.disabled = True
        field.help_text = "Khai cho người khác thì khai mới."
        self.initial["resident"] = person.code

    def _name_the_asked(self):
        """Show the name of the person whom the address asks for."""
        field, code = self.fields["resident"], self.initial.get("resident")
        person = field.queryset.filter(code=code).first() if code and not self.is_bound else None
        if person:
            field.show(person)

    def clean_resident(self):
        person = self.cleaned_data["resident"]
        if person.present or person.pk == self.instance.resident_id:
            return person
        if person.same_as_id:
            same = link(person.same_as, person.same_as.code)
            raise ValidationError(format_html("Đây là bản ghi trùng: chọn {}.", same))
        if person.has_died():
            raise ValidationError(format_html("{} đã được ghi là chết.", link(person)))
        raise ValidationError(
            format_html("{} không còn cư trú ở phường: không khai tạm vắng.", link(person))
        )

    def clean(self):
        data = super().clean()
        if data.get("resident"):
            self._check_days(data["resident"], data.get("started_on"), data.get("returned_on"))
        return data

    def _check_days(self, person, start, end):
        """Refuse a second absence of the same days, naming the first; and days before he came."""
        others = person.absences.exclude(pk=self.instance.pk)
        still = others.current()
        still = still.filter(started_on__lt=end) if end else still
        if found := still.first():
            words = "{} đang vắng từ {} ({}): ghi đã về trước."
            since = text.format_date(found.started_on)
            self._refuse("resident", words, person.full_name, since, self._named(found))
            return
        if not start:
            return
        past = others.filter(returned_on__gt=start)
        past = past.filter(started_on__lt=end) if end else past
        if found := past.order_by("-returned_on").first():
            days = text.format_date(found.started_on), text.format_date(found.returned_on)
            self._refuse("started_on", "Đã vắng từ {} đến {} ({}).", *days, self._named(found))
        elif not person.residences.open_on(start).exists():
            self.add_error("started_on", "Ngày ấy người này không cư trú ở phường.")

    def _refuse(self, name, words, *parts):
        self.collides = True
        self.add_error(name, format_html(words, *parts))

    def _named(self, absence):
        """Return a link to another absence, or its code where its page is not this user's."""
        mine = Absence.objects.visible_to(self.user).filter(pk=absence.pk).exists()
        return link(absence, absence.code) if mine else absence.code

    def _update_errors(self, errors):
        """Drop the model's own sentence about a collision that is told already, with its link."""
        if self.collides and hasattr(errors, "error_dict"):
            errors.error_dict.pop("started_on", None)
        super()._update_errors(errors)


class AbsenceReturnForm(RecordForm):
    """The day somebody came back."""

    versioned = False  # what is written here stands in no other form but once it is written
    past_days = ("returned_on",)

    class Meta(RecordForm.Meta):
        model = Absence
        fields = ("returned_on",)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["returned_on"].required = True
        since = text.format_date(self.instance.started_on)
        self.fields["returned_on"].help_text = f"Vắng từ {since}."
        self.initial["returned_on"] = self.on

    def clean(self):
        data = super().clean()
        if self.instance.returned_on:
            day = text.format_date(self.instance.returned_on)
            self.add_error("returned_on", f"Đã ghi về ngày {day} rồi.")
        return data
