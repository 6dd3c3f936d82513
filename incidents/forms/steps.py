"""The form of a step: asks for what the workflow says the step needs."""

from django import forms
from django.utils import timezone

from incidents import services
from incidents.forms.incidents import NO_NAMES, KindField, refuse_numbers
from incidents.models import Incident
from incidents.workflow import refusal
from kylien.core.forms import RecordForm

LABELS = {
    "mediate": {"resolved_on": "Hoà giải ngày", "file_number": "Số biên bản hoà giải"},
    "sanction": {
        "resolved_on": "Xử phạt ngày",
        "file_number": "Số quyết định xử phạt",
        "result": "Hành vi, hình thức xử phạt",
    },
    "hand_over": {
        "resolved_on": "Chuyển ngày",
        "handed_to": "Cơ quan nhận",
        "file_number": "Số biên bản bàn giao",
    },
    "refer": {
        "resolved_on": "Chuyển ngày",
        "handed_to": "Cơ quan có thẩm quyền",
        "file_number": "Số văn bản chuyển",
    },
    "answer": {"resolved_on": "Trả lời ngày", "file_number": "Số văn bản trả lời"},
}


class StepForm(RecordForm):
    """The fields of one step. The service checks the whole incident as the step leaves it."""

    type = KindField()
    note = forms.CharField(label="Ghi chú", required=False, max_length=300)
    reason = forms.CharField(label="Lý do", max_length=200)

    past_days = ("resolved_on", "told_group_on")

    class Meta(RecordForm.Meta):
        model = Incident
        fields = (
            "type",
            "urgency",
            "resolved_on",
            "handed_to",
            "file_number",
            "result",
            "told_group_on",
            "told_group",
            "note",
            "reason",
        )

    def __init__(self, *args, step, **kwargs):
        super().__init__(*args, **kwargs)
        self.step = step
        asked, required = step.asks(self.instance)
        for name in list(self.fields):
            if name not in asked and name != "version":
                del self.fields[name]
        for name, field in self.fields.items():
            field.required = name in required
            field.label = LABELS.get(step.key, {}).get(name, field.label)
            if name in ("result", "note", "reason", "told_group"):
                field.help_text = NO_NAMES
            if name not in ("result", "note", "reason", "told_group", "handed_to"):
                field.widget.attrs["data-half"] = ""
        if "type" in self.fields and not self.instance.type.crowd:
            self.fields["type"].queryset = self.fields["type"].queryset.filter(crowd=False)
        if step.extends:
            due = services.due_if_extended(self.instance.clock(step.extends[0]))
            self.fields["reason"].help_text = f"Hạn mới: {due}. {NO_NAMES}" if due else NO_NAMES
        for name in ("resolved_on", "told_group_on"):
            if name in self.fields and not getattr(self.instance, name):
                self.initial[name] = self.on

    def clean(self):
        data = super().clean()
        for name in ("result", "note", "reason", "told_group", "handed_to"):
            refuse_numbers(self, name, data)
        return data

    def is_stale(self, seen):
        """A step that is not open any more is refused with its reason, not as a stale form."""
        open_still = not refusal(self.step, self.instance, self.user)
        return open_still and super().is_stale(seen)

    def _post_clean(self):
        """Leave the row as it stands: the service fills it and checks it in its new state."""

    def save(self):
        return services.take(
            self.instance,
            step=self.step.key,
            user=self.user,
            values=self.cleaned_data,
            on=self.on,
            at=timezone.now(),
        )
