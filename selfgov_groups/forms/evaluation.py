"""Forms of the evaluation: points with evidence, sending back, the plan of a weak group."""

from django import forms

from kylien.accounts.forms import OfficerField
from kylien.core.forms import DayField, RecordForm
from selfgov_groups.forms.tasks import OwnedFormMixin
from selfgov_groups.models import CriterionScore, GroupScore, ImprovementTask
from selfgov_groups.models.evaluation import FROZEN
from selfgov_groups.services import evaluation as services

MOST = CriterionScore._meta.get_field("evidence").max_length
SUBMIT = "submit"  # the button that hands the score in as well


class ScoreForm(RecordForm):
    """All criteria of a score: points and evidence, saved together; a draft may have gaps."""

    class Meta(RecordForm.Meta):
        model = GroupScore
        fields = ()

    def __init__(self, *args, facts=None, **kwargs):
        super().__init__(*args, **kwargs)
        self.facts = facts or {}
        self.criteria = list(self.instance.scheme.criteria.all())
        given = {line.criterion_id: line for line in self.instance.lines.all()}
        for one in self.criteria:
            points, evidence = f"points_{one.pk}", f"evidence_{one.pk}"
            self.fields[points] = forms.IntegerField(
                label=f"Điểm, tiêu chí {one.content}",
                required=False,
                min_value=0,
                max_value=one.max_points,
                error_messages={
                    "invalid": "Ghi điểm bằng số nguyên.",
                    "min_value": "Điểm không thể âm.",
                    "max_value": f"Tiêu chí này tối đa {one.max_points} điểm.",
                },
                widget=forms.TextInput(attrs={"inputmode": "numeric", "maxlength": 3, "size": 3}),
            )
            self.fields[evidence] = forms.CharField(
                label=f"Minh chứng, tiêu chí {one.content}",
                required=False,
                max_length=MOST,
                widget=forms.Textarea(attrs={"rows": 2, "maxlength": MOST}),
            )
            if line := given.get(one.pk):
                self.initial[points], self.initial[evidence] = line.points, line.evidence

    def rows(self):
        """List, for the page, each criterion with its two fields and what the records tell."""
        return [
            {
                "criterion": one,
                "points": self[f"points_{one.pk}"],
                "evidence": self[f"evidence_{one.pk}"],
                "fact": self.facts.get(one.fact, ""),
            }
            for one in self.criteria
        ]

    def other_facts(self):
        """List what the records tell beyond what stands beside a criterion."""
        shown = {one.fact for one in self.criteria}
        return [told for fact, told in self.facts.items() if fact not in shown]

    def clean(self):
        if self.instance.is_approved:
            self.add_error(None, FROZEN)
        elif not self.instance.is_draft:
            self.add_error(None, services.WAITS)
        return super().clean()

    def _post_clean(self):
        """Leave the score as it stands: the service writes its lines."""

    def save(self, commit=True):
        """Write the points, and hand the score in where that button was pressed. Raises
        ValidationError keyed by field."""
        data = self.cleaned_data
        score = services.fill_score(
            score=self.instance,
            given={
                one: (data[f"points_{one.pk}"], data[f"evidence_{one.pk}"]) for one in self.criteria
            },
        )
        return services.submit_score(score=score) if self.data.get("do") == SUBMIT else score


class ReturnForm(RecordForm):
    """Send a score back to be mended."""

    reason = forms.CharField(label="Lý do trả lại", max_length=200)

    class Meta(RecordForm.Meta):
        model = GroupScore
        fields = ()

    def _post_clean(self):
        """Leave the score as it stands: the service writes it."""

    def is_stale(self, seen):
        """Nothing is overwritten: the service asks whether the score still waits."""
        return False

    def save(self, commit=True):
        return services.return_score(score=self.instance, reason=self.cleaned_data["reason"])


class TaskForm(OwnedFormMixin, RecordForm):
    """A task of the plan that brings a weak group forward."""

    owner = OfficerField()

    class Meta(RecordForm.Meta):
        model = ImprovementTask
        fields = ("content", "owner", "owner_body", "due_on")

    def group_of(self, data):
        return self.instance.score.group

    def clean_due_on(self):
        day = self.cleaned_data["due_on"]
        start = self.instance.score.approved_on
        if start and day < start:
            raise forms.ValidationError("Hạn không thể trước ngày duyệt xếp loại.")
        return day


class FinishTaskForm(RecordForm):
    """Say what came of a task."""

    past_days = ("done_on",)
    done_on = DayField(label="Xong ngày")

    class Meta(RecordForm.Meta):
        model = ImprovementTask
        fields = ("done_on", "result")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.initial["done_on"] = self.initial.get("done_on") or self.on
        self.fields["result"].required = True

    def clean_done_on(self):
        day = self.cleaned_data["done_on"]
        start = self.instance.score.approved_on
        if start and day < start:
            raise forms.ValidationError("Không thể xong trước ngày duyệt xếp loại.")
        return day
