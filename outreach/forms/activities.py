"""Forms of sessions, what was asked there, and the answers."""

from itertools import groupby

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.forms.models import ModelChoiceIterator

from kylien.accounts.forms import OfficerField
from kylien.core.forms import CodeField, RecordForm
from kylien.core.periods import add_months
from outreach.forms.areas import InItsArea, LeadField, active_or, readable
from outreach.forms.ticks import TicksField
from outreach.models import (
    Activity,
    Campaign,
    Commitment,
    JointResolution,
    Material,
    Partner,
    PlanItem,
    Question,
    Topic,
)
from outreach.services import activities as services
from selfgov_groups.models import SelfManagedGroup

QUESTION_ROWS = 6  # of a session; more are added on its page
MONTHS_AHEAD = 24  # a slip in the year would hide a session for good
FROM_PLAN = ("topic", "audience", "neighbourhood")  # what a blank form takes over from the plan
OWNER_HELP = "Chọn một cán bộ, hoặc ghi một cơ quan."


# --- what may be chosen ---------------------------------------------------------------------------


class ByGroup(ModelChoiceIterator):
    """Choices under the name of what `field.grouped_by` says of each, from one query."""

    def __iter__(self):
        yield ("", self.field.empty_label)
        for heading, rows in groupby(self.queryset.iterator(), self.field.grouped_by):
            yield (str(heading), [self.choice(row) for row in rows])


class MaterialField(forms.ModelChoiceField):
    """Versions in use, by topic; `waiting` ones too where nothing was held yet."""

    iterator = ByGroup

    def __init__(self, **kwargs):
        super().__init__(
            Material.objects.none(),
            **{"label": "Tài liệu", "empty_label": "Chưa có", "required": False, **kwargs},
        )

    @staticmethod
    def grouped_by(row):
        return row.topic

    def label_from_instance(self, obj):
        return str(obj) if obj.approved_on else f"{obj}, chờ duyệt"

    def offer(self, *, held, current):
        rows = Material.objects
        found = rows.approved() if held else rows.approved() | rows.waiting()
        if current:
            found = found | rows.filter(pk=current)
        ordered = found.select_related("topic").order_by("topic__position", "topic", "sort_key")
        self.queryset = ordered.order_by(*ordered.query.order_by, "version_number", "pk")


class CommitmentField(forms.ModelChoiceField):
    """What partners and the station took on in resolutions in force."""

    iterator = ByGroup

    def __init__(self, **kwargs):
        super().__init__(
            Commitment.objects.none(),
            **{"label": "Thực hiện cam kết", "empty_label": "Không", "required": False, **kwargs},
        )

    @staticmethod
    def grouped_by(row):
        return row.resolution

    def label_from_instance(self, obj):
        return f"{obj.owner_label}: {obj.content}"

    def offer(self, *, on, current):
        force = JointResolution.objects.in_force(on).order_by().values("pk")
        live = Q(ended_on=None) | Q(ended_on__gt=on)
        rows = Commitment.objects.filter(Q(live, resolution__in=force) | Q(pk=current))
        rows = rows.select_related("resolution", "partner")
        self.queryset = rows.order_by("resolution__sort_key", "resolution", "due_on", "pk")


class PartnersField(TicksField):
    def __init__(self, **kwargs):
        super().__init__(
            Partner.objects.none(), **{"label": "Đơn vị phối hợp", "required": False, **kwargs}
        )

    def offer(self, *, recorded):
        rows = Partner.objects.filter(Q(ended_on=None) | Q(pk__in=recorded))
        self.queryset = rows.order_by("sort_key", "pk")


# --- questions ------------------------------------------------------------------------------------


class QuestionFields(RecordForm):
    """What was asked, who answers it, until when."""

    owner = OfficerField()

    class Meta(RecordForm.Meta):
        model = Question
        fields = ("content", "owner", "owner_body", "due_on")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["owner"].offer(self.instance.owner_id)
        self.fields["content"].label = "Ý kiến, kiến nghị"
        self.fields["owner_body"].label = "Hoặc cơ quan"
        self.fields["due_on"].label = "Hạn trả lời"
        for name in ("owner", "owner_body", "due_on"):
            self.fields[name].widget.attrs["data-half"] = ""
        self.fields["due_on"].required = False

    def clean(self):
        data = super().clean()
        held = self.instance.activity.held_on
        if not data.get("due_on") and "due_on" not in self.errors and held:
            data["due_on"] = services.answer_by(held)
        return data


class QuestionRow(QuestionFields):
    """One row of a session's form; a blank one is no question, a blank day so many days later."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, empty_permitted=True, use_required_attribute=False, **kwargs)


class QuestionForm(QuestionFields):
    """A question as it stands, or a further one of a session."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["owner"].help_text = OWNER_HELP
        days = services.ANSWER_DAYS
        self.fields["due_on"].help_text = f"Để trống: {days} ngày sau buổi tuyên truyền."

    def save(self, commit=True):
        """Write it through the service. Raises ValidationError keyed by field."""
        return services.save_question(question=self.instance)


class AnswerForm(RecordForm):
    """When a question was answered, and how; an answer noted by mistake is taken back by emptying
    its day."""

    past_days = ("done_on",)

    class Meta(RecordForm.Meta):
        model = Question
        fields = ("done_on", "result")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["done_on"].label = "Trả lời xong ngày"
        self.fields["result"].label = "Kết quả, nội dung trả lời"
        if self.instance.done_on:
            self.fields["done_on"].help_text = "Xoá ô này nếu chưa xong."
            self.fields["result"].help_text = "Ô ngày để trống thì kết quả cũng bỏ."
        else:
            self.fields["done_on"].required = self.fields["result"].required = True
            self.initial["done_on"] = self.on

    def clean(self):
        data = super().clean()
        if data.get("done_on") is None and "done_on" not in self.errors:
            data["result"] = ""
        return data

    def save(self, commit=True):
        """Note it through the service. Raises ValidationError keyed by field."""
        return services.save_question(question=self.instance)


# --- sessions -------------------------------------------------------------------------------------


class SessionForm(InItsArea, RecordForm):
    """What the forms of a session share: choices, and a row for each question asked there.

    `rows` are those of a session that was not held yet; later ones are added on its page.
    """

    past_days = ("held_on",)
    holding = False  # whether saving notes that it was held

    lead = LeadField(Partner.objects.active())
    partners = PartnersField()
    material = MaterialField()
    commitment = CommitmentField()

    class Meta(RecordForm.Meta):
        model = Activity
        fields = ()

    def __init__(self, data=None, *args, **kwargs):
        super().__init__(data, *args, **kwargs)
        activity = self.instance
        self.fields["lead"].queryset = active_or(Partner.objects, activity.lead_id)
        recorded = [row.partner_id for row in activity.takers.all()] if activity.pk else []
        self.fields["partners"].offer(recorded=recorded)
        self.initial["partners"] = recorded
        held = bool(self.holding or activity.held_on)
        self.fields["material"].offer(held=held, current=activity.material_id)
        self.fields["commitment"].offer(on=self.on, current=activity.commitment_id)
        for name in ("held_on", "attendance", "planned_on", "form", "audience"):
            if name in self.fields:
                self.fields[name].widget.attrs["data-half"] = ""
        if held:
            for name in ("held_on", "attendance"):
                self.fields[name].required = self.fields[name].widget.is_required = True
        self.rows = [] if activity.held_on else self._rows(data)

    def _rows(self, data):
        """Make the rows of questions; the officers are read once for all."""
        rows = [
            QuestionRow(
                data,
                instance=Question(activity=self.instance),
                prefix=f"q{number}",
                user=self.user,
                on=self.on,
            )
            for number in range(QUESTION_ROWS)
        ]
        offered = list(rows[0].fields["owner"].choices)
        for row in rows:
            row.fields["owner"].widget.choices = offered
        return rows

    def first_rows(self):
        return self.rows[:2]

    def more_rows(self):
        return self.rows[2:]

    def uses_more(self):
        """Tell whether something is typed in a row that is folded away at first."""
        return any(row.is_bound and row.has_changed() for row in self.more_rows())

    def held_fields(self):
        """List the fields that are filled in when it was held."""
        return [self[name] for name in ("held_on", "attendance", "summary") if name in self.fields]

    def other_fields(self):
        held = {field.name for field in self.held_fields()}
        return [field for field in self.visible_fields() if field.name not in held]

    def is_valid(self):
        """Check the rows too, once the day of the session is known to them."""
        valid = super().is_valid()
        for number, row in enumerate(self.rows, 1):
            if not row.is_valid():
                sentence = f"Ý kiến {number}: xem lại dòng này."
                if sentence not in self.non_field_errors():
                    self.add_error(None, sentence)
                valid = False
        return valid

    def _questions(self):
        return [row.instance for row in self.rows if row.has_changed()]

    def save(self, commit=True):
        """Write it through the service. Raises ValidationError keyed by field."""
        write = services.hold if self.holding else services.save
        return write(
            activity=self.instance,
            partners=self.cleaned_data["partners"],
            questions=self._questions(),
            on=self.on,
        )

    def _update_errors(self, errors):
        """What the service says of a question is told at its row."""
        said = getattr(errors, "error_dict", {})
        names = {"content", "owner", "owner_body", "due_on"} & said.keys()
        if names and self.rows:
            for name in names:
                said.setdefault("__all__", []).extend(said.pop(name))
        super()._update_errors(errors)


class ActivityForm(SessionForm):
    """A session: planned, or written down after it was held."""

    plan = CodeField(
        PlanItem.objects.all(),
        url="/outreach-plans/options/",
        label="Theo mục kế hoạch",
        required=False,
    )
    group = CodeField(
        SelfManagedGroup.objects.active(),
        url="/groups/options/",
        label="Tổ liên gia",
        required=False,
    )

    class Meta(SessionForm.Meta):
        fields = (
            "plan",
            "topic",
            "audience",
            "neighbourhood",
            "group",
            "form",
            "place",
            "planned_on",
            "lead",
            "partners",
            "material",
            "campaign",
            "commitment",
            "held_on",
            "attendance",
            "summary",
        )

    def __init__(self, data=None, *args, **kwargs):
        super().__init__(data, *args, **kwargs)
        activity = self.instance
        if activity.pk:
            self.fields["plan"].keep(activity.plan)
            self.fields["group"].keep(activity.group)
            if not activity.held_on:  # noted on a page of its own
                del self.fields["held_on"], self.fields["attendance"], self.fields["summary"]
                self.rows = []
        elif data:
            self._take_over()
        self.fields["topic"].queryset = Topic.objects.in_use() | Topic.objects.filter(
            pk=activity.topic_id
        )
        running = Campaign.objects.visible_to(self.user).running(self.on)
        now = Campaign.objects.filter(pk=activity.campaign_id)
        self.fields["campaign"].queryset = (running | now).order_by("sort_key", "pk")
        self.fields["campaign"].empty_label = "Không"
        self.fields["group"].help_text = "Nếu tổ chức riêng cho một tổ."
        for name in ("topic", "group", "campaign"):
            self.fields[name].widget.attrs["data-half"] = ""

    def _take_over(self):
        """Let what was left blank be what the plan says."""
        plan = readable(self, "plan")
        if plan is None:
            return
        self.data = self.data.copy()
        for name in FROM_PLAN:
            if not self.data.get(self.add_prefix(name)):
                value = getattr(plan, f"{name}_id", None) if name != "audience" else plan.audience
                self.data[self.add_prefix(name)] = "" if value is None else str(value)

    def clean_planned_on(self):
        day = self.cleaned_data["planned_on"]
        if day and day > add_months(self.on, MONTHS_AHEAD):
            raise ValidationError(f"Lập kế hoạch trước không quá {MONTHS_AHEAD} tháng.")
        return day

    def clean(self):
        data = super().clean()
        group = data.get("group")
        if group and not data.get("neighbourhood") and "neighbourhood" not in self.errors:
            data["neighbourhood"] = group.neighbourhood
        return data


class HoldForm(SessionForm):
    """That a planned session was held: when, how many came, with what, and what was asked."""

    holding = True

    class Meta(SessionForm.Meta):
        fields = ("held_on", "attendance", "lead", "partners", "material", "commitment", "summary")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if not self.instance.held_on:
            self.initial["held_on"] = min(self.instance.planned_on, self.on)


class CallOffForm(RecordForm):
    """When a session was called off."""

    past_days = ("cancelled_on",)

    class Meta(RecordForm.Meta):
        model = Activity
        fields = ("cancelled_on",)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["cancelled_on"].required = True
        self.initial["cancelled_on"] = self.on

    def save(self, commit=True):
        """Call it off through the service. Raises ValidationError keyed by field."""
        return services.call_off(activity=self.instance, on=self.on)
