"""Forms of the month's report: its texts, recipients, sending back and approval."""

import re

from django import forms
from django.utils import timezone

from kylien.accounts.forms import OfficerField
from kylien.accounts.models import Role, User
from kylien.core.forms import DayField, RecordForm
from reports.models import MonthlyReport, OutgoingDocument, ReportText
from reports.models.outgoing import SignedAs
from reports.outline import BY_KEY
from reports.services import monthly as services
from reports.services import numbers

MOST_COMMENT = MonthlyReport._meta.get_field("comment").max_length
NO_PERSONS = "Nêu việc, không nêu họ tên, số giấy tờ, số điện thoại của ai; không ghi nội dung mật."
HOLDS_NUMBER = (
    "Lãnh đạo phường đọc báo cáo này: không ghi số định danh, số điện thoại của ai. "
    "Số tiền thì ghi có dấu chấm, ví dụ 500.000.000."
)
FIGURES_CHANGED = "Số liệu vừa đổi nên câu đề xuất cũng đổi: xem lại câu mới rồi nhận."
# Identity and phone numbers; sums of money have dots after every third digit and no leading 0.
_NUMBERS = re.compile(
    r"\d{9,}"  # in one run
    r"|(?<![\d.])(?:\+84|0)(?:[ .-]?\d){9,11}(?!\d)"  # with blanks, dots or dashes in it
)


def refuse_numbers(form, name, sentence=HOLDS_NUMBER):
    """Refuse a text that holds somebody's identity or phone number."""
    if _NUMBERS.search(form.cleaned_data.get(name) or ""):
        form.add_error(name, sentence)


class InStateMixin:
    """Mixed into a form about a report: refused, with the reason, where the report has left the
    states that the act needs."""

    @property
    def report(self):
        return self.instance

    def states(self):
        return services.writable(self.user)

    def is_stale(self, seen):
        """A report that has left its states is no matter of comparing two versions."""
        return not self.refused() and super().is_stale(seen)

    def refused(self):
        return services.refusal(self.report, *self.states())

    def clean(self):
        data = super().clean()
        if self.refused():
            self.add_error(None, self.refused())
        return data


class TextForm(InStateMixin, RecordForm):
    """What officers write in a part; a proposed sentence may be accepted in the same go.

    `proposed` are the sentences that the figures give this part now, `{key: words}`.
    """

    class Meta(RecordForm.Meta):
        model = ReportText
        fields = ("text",)

    def __init__(self, *args, proposed=None, **kwargs):
        super().__init__(*args, **kwargs)
        self.proposed = proposed or {}
        self.fields["text"].widget.attrs["rows"] = 14
        self.fields["text"].help_text = f"{BY_KEY[self.instance.part].hint} {NO_PERSONS}".strip()

    @property
    def report(self):
        return self.instance.report

    @property
    def wanted(self):
        """The key of the sentence that is accepted with the text, or an empty text."""
        return self.data.get("take", "")

    def clean(self):
        data = super().clean()
        refuse_numbers(self, "text")
        given = self.proposed.get(self.wanted)
        if self.wanted and (not given or self.data.get(f"words-{self.wanted}") != given):
            self.add_error(None, FIGURES_CHANGED)
        return data

    def save(self, commit=True):
        made = {"text": self.instance, "user": self.user}
        saved = services.write_text(words=self.cleaned_data["text"], **made)
        if self.wanted:
            words = self.proposed[self.wanted]
            saved = services.take_sentence(key=self.wanted, words=words, accept=True, **made)
        return saved


class RecipientsForm(InStateMixin, RecordForm):
    """Whom the report goes to."""

    class Meta(RecordForm.Meta):
        model = MonthlyReport
        fields = ("recipients",)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["recipients"].widget.attrs["rows"] = 5

    def clean(self):
        data = super().clean()
        refuse_numbers(self, "recipients")
        return data

    def save(self, commit=True):
        return services.write_recipients(
            report=self.instance, recipients=self.cleaned_data["recipients"], user=self.user
        )


class DecisionForm(InStateMixin, RecordForm):
    """What the chief does with a submitted report; the service writes it."""

    class Meta(RecordForm.Meta):
        model = MonthlyReport
        fields = ()

    def states(self):
        return (MonthlyReport.State.SUBMITTED,)

    def _differences(self):
        """Nothing typed here stands in the report: there is nothing to compare."""
        return []

    def _post_clean(self):
        """Leave the report as it stands."""


class ReturnForm(DecisionForm):
    """What is to be mended before the report is submitted again."""

    comment = forms.CharField(
        label="Cần sửa gì",
        max_length=MOST_COMMENT,
        widget=forms.Textarea(attrs={"rows": 3, "maxlength": MOST_COMMENT}),
        error_messages={"required": "Trả lại thì ghi rõ cần sửa gì."},
    )

    def save(self, commit=True):
        return services.send_back(report=self.instance, comment=self.cleaned_data["comment"])


class ApproveForm(DecisionForm):
    """Who signs, as what and on which day; the last number on paper where the portal has none."""

    signer = OfficerField(label="Người ký", required=True, empty_label="Chọn người ký")
    signed_as = forms.ChoiceField(
        label="Ký với chức vụ", choices=SignedAs.choices, initial=SignedAs.HEAD
    )
    dated = DayField(label="Ngày văn bản")
    used_before = forms.IntegerField(
        label="Số báo cáo (BC) cuối cùng trong sổ giấy năm nay",
        required=False,
        min_value=1,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "maxlength": 5, "data-half": ""}),
        help_text="Để trống nếu đây là báo cáo số 01 của năm.",
        error_messages={
            "invalid": "Ghi số bằng chữ số, ví dụ 14.",
            "min_value": "Số văn bản từ 1 đến 99.999.",
        },
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["signer"].queryset = User.objects.working(Role.CHIEF)
        self.initial |= {"signer": self.user.pk, "dated": self.on}
        for name in ("signer", "signed_as", "dated"):
            self.fields[name].widget.attrs["data-half"] = ""
        # The document is dated after the end of the month and not after today.
        years = range(self.instance.as_month.period.end.year, self.on.year + 1)
        if all(numbers.has_begun(OutgoingDocument.Kind.REPORT, year) for year in years):
            del self.fields["used_before"]

    def save(self, commit=True):
        data = self.cleaned_data
        return services.approve(
            report=self.instance,
            user=self.user,
            signer=data["signer"],
            signed_as=data["signed_as"],
            dated=data["dated"],
            used_before=data.get("used_before"),
            at=timezone.now(),
            on=self.on,
        )
