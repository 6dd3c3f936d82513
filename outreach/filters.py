import django_filters
from django import forms

from kylien.areas.filters import area_filter
from kylien.core.filters import MonthFilter, QuarterFilter, RecordFilterSet
from outreach.models import (
    Activity,
    Audience,
    Campaign,
    Material,
    Partner,
    PlanItem,
    Question,
    Topic,
)

POLICE, PARTNERS = "police", "partners"  # who leads
BODY, MINE = "body", "mine"  # who owns a question, besides the officers by key


def topic_filter(**kwargs):
    return django_filters.ModelChoiceFilter(
        queryset=Topic.objects.all(), label="Chủ đề", empty_label="Tất cả", **kwargs
    )


def where_filter(lookup="neighbourhood"):
    """Filter what concerns one neighbourhood from what concerns the whole ward."""

    def by_where(rows, name, value):
        return rows.filter(**{f"{lookup}__isnull": value == "ward"})

    return django_filters.ChoiceFilter(
        label="Phạm vi",
        choices=[("area", "Riêng một tổ"), ("ward", "Cả phường")],
        empty_label="Tất cả",
        method=by_where,
    )


def lead_filter():
    """Filter by who leads: the station itself, or any partner."""

    def by_lead(rows, name, value):
        return rows.filter(lead__isnull=value == POLICE)

    return django_filters.ChoiceFilter(
        label="Chủ trì",
        choices=[(POLICE, "Công an phường"), (PARTNERS, "Tổ chức phối hợp")],
        empty_label="Tất cả",
        method=by_lead,
    )


class LinkedFilterSet(RecordFilterSet):
    """Some filters are asked for by figures and other pages: shown where they are in use alone."""

    linked: tuple[str, ...] = ()

    def get_form_class(self):
        form_class, linked = super().get_form_class(), self.linked

        class LinkedForm(form_class):
            def __init__(self, *args, **kwargs):
                super().__init__(*args, **kwargs)
                for name in linked:
                    if not self.data.get(name):
                        self.fields[name].widget = self.fields[name].hidden_widget()

        return LinkedForm


class PartnerFilterSet(RecordFilterSet):
    kind = django_filters.ChoiceFilter(
        label="Loại", choices=Partner.Kind.choices, empty_label="Tất cả"
    )
    state = django_filters.ChoiceFilter(
        label="Tình trạng",
        choices=[("ended", "Đã thôi"), ("all", "Tất cả")],
        empty_label="Đang phối hợp",
        method="by_state",
    )

    class Meta:
        model = Partner
        fields = ("q", "kind", "state")

    def filter_queryset(self, rows):
        if not self.form.cleaned_data["state"]:
            rows = rows.active()
        return super().filter_queryset(rows)

    def by_state(self, rows, name, value):
        return rows.exclude(ended_on=None) if value == "ended" else rows


class MaterialFilterSet(RecordFilterSet):
    topic = topic_filter()
    state = django_filters.ChoiceFilter(
        label="Tình trạng",
        choices=[
            ("used", "Đang dùng"),
            ("waiting", "Chờ duyệt"),
            ("replaced", "Đã có bản mới"),
            ("all", "Tất cả"),
        ],
        empty_label="Đang dùng, chờ duyệt",
        method="by_state",
    )

    class Meta:
        model = Material
        fields = ("q", "topic", "state")

    def filter_queryset(self, rows):
        if not self.form.cleaned_data["state"]:
            old = Material.objects.replaced().order_by()
            rows = rows.exclude(pk__in=old.values("pk"))
        return super().filter_queryset(rows)

    def by_state(self, rows, name, value):
        match value:
            case "used":
                return rows.approved()
            case "waiting":
                return rows.waiting()
            case "replaced":
                return rows.replaced()
        return rows


class PlanFilterSet(LinkedFilterSet):
    year = django_filters.NumberFilter(
        label="Năm",
        field_name="year",
        min_value=2000,
        max_value=2999,
        widget=forms.TextInput(
            attrs={"inputmode": "numeric", "size": 4, "maxlength": 4, "placeholder": "yyyy"}
        ),
    )
    topic = topic_filter()
    audience = django_filters.ChoiceFilter(
        label="Đối tượng", choices=Audience.choices, empty_label="Tất cả"
    )
    neighbourhood = area_filter()
    where = where_filter()
    lead = lead_filter()
    state = django_filters.ChoiceFilter(
        label="Tình trạng",
        choices=[("open", "Chưa làm"), ("late", "Quá hạn"), ("done", "Đã làm")],
        empty_label="Tất cả",
        method="by_state",
    )
    quarter = QuarterFilter(label="Hạn trong quý", method="by_quarter")
    linked = ("quarter",)

    class Meta:
        model = PlanItem
        fields = ("q", "year", "topic", "audience", "neighbourhood", "where", "lead", "state")

    def by_state(self, rows, name, value):
        match value:
            case "open":
                return rows.open()
            case "late":
                return rows.late(self.on)
        return rows.done()

    def by_quarter(self, rows, name, value):
        return rows.of_quarter(value)


class ActivityFilterSet(LinkedFilterSet):
    neighbourhood = area_filter()
    where = where_filter()
    topic = topic_filter()
    lead = lead_filter()
    state = django_filters.ChoiceFilter(
        label="Tình trạng",
        choices=[
            ("planned", "Dự kiến"),
            ("late", "Quá ngày dự kiến"),
            ("held", "Đã tổ chức"),
            ("no_material", "Tổ chức không có tài liệu"),
            ("questions", "Tổ chức, có ý kiến"),
            ("no_questions", "Tổ chức, chưa ghi ý kiến"),
            ("cancelled", "Đã huỷ"),
        ],
        empty_label="Tất cả",
        method="by_state",
    )
    quarter = QuarterFilter(label="Tổ chức trong quý", method="by_period")
    month = MonthFilter(label="Tổ chức trong kỳ", method="by_period")
    partner = django_filters.ModelChoiceFilter(
        queryset=Partner.objects.all(), label="Tổ chức", method="by_partner"
    )
    campaign = django_filters.ModelChoiceFilter(queryset=Campaign.objects.all(), label="Mô hình")
    linked = ("quarter", "month", "partner", "campaign")

    class Meta:
        model = Activity
        fields = ("q", "neighbourhood", "where", "topic", "lead", "state")

    def by_state(self, rows, name, value):
        match value:
            case "planned":
                return rows.planned()
            case "late":
                return rows.planned().filter(planned_on__lt=self.on)
            case "held":
                return rows.held()
            case "no_material":
                return rows.held().filter(material=None)
            case "questions":
                return rows.held().with_questions()
            case "no_questions":
                return rows.held().without_questions()
        return rows.exclude(cancelled_on=None)

    def by_period(self, rows, name, value):
        return rows.held_in(value.period)

    def by_partner(self, rows, name, value):
        return rows.with_partner(value)


class QuestionFilterSet(LinkedFilterSet):
    """What was asked: the open ones, unless the address says otherwise."""

    neighbourhood = area_filter(field_name="activity__neighbourhood")
    where = where_filter("activity__neighbourhood")
    owner = django_filters.ChoiceFilter(label="Phụ trách", empty_label="Tất cả", method="by_owner")
    state = django_filters.ChoiceFilter(
        label="Tình trạng",
        choices=[("overdue", "Quá hạn"), ("done", "Đã xong"), ("all", "Tất cả")],
        empty_label="Chưa xong",
        method="by_state",
    )
    month = MonthFilter(label="Nêu trong kỳ", method="by_month")
    done_in = MonthFilter(label="Trả lời trong kỳ", method="by_done")
    linked = ("month", "done_in")

    class Meta:
        model = Question
        fields = ("q", "neighbourhood", "where", "owner", "state")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        rows = Question.objects.visible_to(self.request.user).exclude(owner=None).order_by()
        names = rows.values_list("owner", "owner__full_name").distinct()
        officers = sorted(((str(key), name) for key, name in names), key=lambda pair: pair[1])
        self.form.fields["owner"].choices = [
            (MINE, "Của tôi"),
            (BODY, "Cơ quan, tổ chức khác"),
            *officers,
        ]

    def filter_queryset(self, rows):
        if not self.form.cleaned_data["state"]:
            rows = rows.unfinished()
        return super().filter_queryset(rows)

    def by_owner(self, rows, name, value):
        if value == BODY:
            return rows.filter(owner=None)
        return rows.filter(owner=self.request.user if value == MINE else int(value))

    def by_state(self, rows, name, value):
        match value:
            case "overdue":
                return rows.overdue(self.on)
            case "done":
                return rows.exclude(done_on=None)
        return rows

    def by_month(self, rows, name, month):
        return rows.asked_in(month.period)

    def by_done(self, rows, name, month):
        return rows.finished_in(month.period)
