"""Forms of a request to correct data, its answer, and the sheet of a person's data."""

from django import forms
from django.core.exceptions import ValidationError

from households.models import Resident
from kylien.accounts.forms import OfficerField
from kylien.accounts.models import Role
from kylien.core import text
from kylien.core.forms import CodeField, RecordForm
from retention.models import CorrectionRequest
from retention.services import corrections as services

NO_NUMBERS = "Không ghi số định danh, số điện thoại ở đây: sửa thẳng ở bản ghi."


def without_numbers(value):
    """Return a text. Raises ValidationError where it may hold an id or phone number: pages and
    trail would repeat it to whoever reads the request."""
    if text.holds_number(value):
        raise ValidationError(NO_NUMBERS, code="number")
    return value


class CorrectionForm(RecordForm):
    """Who asks, about which record, what is wrong, and who answers."""

    past_days = ("received_on",)
    resident = CodeField(
        Resident.objects.filter(same_as=None),
        url="/residents/options/",
        label="Người yêu cầu (có trong sổ)",
        required=False,
        help_text="Gõ tên rồi chọn.",
    )
    owner = OfficerField(required=True)

    class Meta(RecordForm.Meta):
        model = CorrectionRequest
        fields = ("resident", "asker", "record_code", "content", "received_on", "owner")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["owner"].offer(self.instance.owner_id)
        person = self.instance.resident
        if person is not None:  # who moved to another beat since is told by his code
            seen = Resident.objects.visible_to(self.user).filter(pk=person.pk).exists()
            self.fields["resident"].keep(person, label="" if seen else person.code)
        self.fields["asker"].help_text = "Chỉ ghi khi người đó không có trong sổ."
        code = self.fields["record_code"]
        code.required = False
        code.help_text = "Ví dụ H-00217. Để trống: nhân khẩu của người yêu cầu."
        content = self.fields["content"]
        content.label = "Điều chưa đúng"
        content.widget = forms.Textarea(attrs={"rows": 3, "maxlength": 300})
        content.help_text = "Ghi mục nào chưa đúng; không ghi số định danh, số điện thoại."
        for name in ("resident", "asker", "record_code", "received_on", "owner"):
            self.fields[name].widget.attrs["data-half"] = ""
        self.initial.setdefault("received_on", self.on)
        if not self.user.has_role(Role.CHIEF):
            self.initial.setdefault("owner", self.user.pk)

    def clean_asker(self):
        return without_numbers(self.cleaned_data["asker"])

    def clean_content(self):
        return without_numbers(self.cleaned_data["content"])

    def clean_record_code(self):
        return text.clean(self.cleaned_data["record_code"]).upper()

    def clean(self):
        """Ask for one who asks here: the service fills what the row lacks before it is checked."""
        data = super().clean()
        both_read = "resident" in data and "asker" in data
        if both_read and bool(data["resident"]) == bool(data["asker"]):
            self.add_error("resident", "Chọn người trong sổ, hoặc ghi tên người ngoài sổ.")
        return data

    def _post_clean(self):
        """Fill the row; the service checks it, once code, neighbourhood and deadline are there."""
        if not self.errors:
            for name in self._meta.fields:
                setattr(self.instance, name, self.cleaned_data[name])

    def save(self, commit=True):
        """Write it through the service. Raises ValidationError keyed by field."""
        return services.take_down(correction=self.instance, user=self.user)


class AnswerForm(RecordForm):
    """What was decided, and the answer in words."""

    past_days = ("done_on",)

    class Meta(RecordForm.Meta):
        model = CorrectionRequest
        fields = ("decision", "done_on", "result")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name in self._meta.fields:
            self.fields[name].required = True
        for name in ("decision", "done_on"):
            self.fields[name].widget.attrs["data-half"] = ""
        self.fields["done_on"].label = "Ngày trả lời"
        result = self.fields["result"]
        result.label = "Nội dung trả lời"
        result.widget = forms.Textarea(attrs={"rows": 3, "maxlength": 300})
        result.help_text = "Đã sửa gì; hoặc vì sao không sửa."
        self.initial["done_on"] = self.on

    def clean_result(self):
        return without_numbers(self.cleaned_data["result"])

    def _post_clean(self):
        """Leave the row as it stands until the service reads it anew."""

    def save(self, commit=True):
        """Answer through the service. Raises ValidationError keyed by field."""
        found = self.cleaned_data
        return services.answer(
            correction=self.instance,
            decision=found["decision"],
            result=text.clean(found["result"]),
            done_on=found["done_on"],
        )


class SheetForm(forms.Form):
    """Whose data, and why they are taken out: the trail keeps the reason."""

    PURPOSES = (
        ("self", "Chính người đó yêu cầu"),
        ("guardian", "Cha, mẹ, người giám hộ yêu cầu"),
        ("body", "Cơ quan có thẩm quyền yêu cầu bằng văn bản"),
    )

    resident = CodeField(
        Resident.objects.filter(same_as=None),
        url="/residents/options/",
        label="Nhân khẩu",
        help_text="Gõ tên rồi chọn.",
        error_messages={"required": "Chọn một người."},
    )
    purpose = forms.ChoiceField(
        label="Ai yêu cầu",
        choices=(("", "Chọn"), *PURPOSES),
        error_messages={"required": "Chọn ai yêu cầu."},
    )
    words = forms.CharField(
        label="Giấy tờ, văn bản",
        max_length=200,
        required=False,
        help_text="Văn bản của cơ quan yêu cầu, hoặc giấy tờ của người giám hộ.",
    )

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        field = self.fields["resident"]
        field.queryset = field.queryset.visible_to(user)
        for name in ("purpose", "words"):
            self.fields[name].widget.attrs["data-half"] = ""

    def clean_words(self):
        return without_numbers(text.clean(self.cleaned_data["words"]))

    def clean(self):
        data = super().clean()
        if data.get("purpose") in ("guardian", "body") and data.get("words") == "":
            self.add_error("words", "Ghi giấy tờ, văn bản kèm theo.")
        return data

    def reason(self):
        """Return why, as the trail keeps it."""
        purpose = dict(self.PURPOSES)[self.cleaned_data["purpose"]]
        words = self.cleaned_data["words"]
        return f"{purpose}: {words}" if words else purpose
