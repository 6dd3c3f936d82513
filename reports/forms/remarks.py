"""Forms of leaders' remarks: made, given to an officer, answered."""

from django.forms import Textarea

from kylien.accounts.forms import OfficerField
from kylien.accounts.models import Role, User
from kylien.core.forms import RecordForm
from reports.forms.monthly import refuse_numbers
from reports.models import ReportRemark
from reports.services import remarks as services

NO_NUMBERS = "Không ghi số định danh, số điện thoại của ai ở đây."
ANSWERERS = (Role.CHIEF, Role.AREA_OFFICER, Role.CLERK)  # those who may change a remark


class RemarkForm(RecordForm):
    """What a leader says of a published report; a task has a day."""

    class Meta(RecordForm.Meta):
        model = ReportRemark
        fields = ("kind", "due_on", "content")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["due_on"].help_text = "Giao việc thì bắt buộc."
        for name in ("kind", "due_on"):
            self.fields[name].widget.attrs["data-half"] = ""

    def clean(self):
        data = super().clean()
        refuse_numbers(self, "content", NO_NUMBERS)
        return data

    def save(self, commit=True):
        """Write it through the service. Raises ValidationError keyed by field."""
        return services.remark(
            report=self.instance.report, author=self.user, on=self.on, **self.cleaned_data
        )


class AssignForm(RecordForm):
    """Who is to answer."""

    owner = OfficerField(required=True)

    class Meta(RecordForm.Meta):
        model = ReportRemark
        fields = ("owner",)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["owner"].queryset = User.objects.working(*ANSWERERS)

    def save(self, commit=True):
        return services.assign(remark=self.instance, owner=self.cleaned_data["owner"])


class AnswerForm(RecordForm):
    """What was done; it ends the remark."""

    class Meta(RecordForm.Meta):
        model = ReportRemark
        fields = ("answer",)
        widgets = {"answer": Textarea(attrs={"rows": 6})}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["answer"].required = True

    def clean(self):
        data = super().clean()
        refuse_numbers(self, "answer", NO_NUMBERS)
        return data

    def _post_clean(self):
        """Leave the row as it stands: the service adds the day that an answer needs."""

    def save(self, commit=True):
        return services.answer(remark=self.instance, words=self.cleaned_data["answer"], on=self.on)
