"""Forms of inspections: plan, notice, minutes, remedies, and the plan of a year."""

from django import forms
from django.core.exceptions import ValidationError

from businesses import services
from businesses.models import (
    Business,
    BusinessRule,
    Certificate,
    Inspection,
    InspectionFinding,
    Sector,
)
from kylien.areas.models import Neighbourhood
from kylien.core import text
from kylien.core.forms import CodeField, RecordForm
from kylien.core.periods import add_months

Kind, Outcome = Inspection.Kind, Inspection.Outcome

FINDING_ROWS = 6  # of the minutes; more are typed as further sentences of one
OF_KIND = {  # which fields matter to which kinds
    "ground": (Kind.UNANNOUNCED,),
    "ground_note": (Kind.UNANNOUNCED, Kind.SPECIAL),
    "certificate": (Kind.POST_ISSUE,),
    "follows": (Kind.FOLLOW_UP,),
    "repeat_reason": (Kind.PERIODIC,),
}


MONTHS_AHEAD = 24  # a slip in the year would hide an inspection for good


def readable(form, name):
    """Return what a field of an unsaved form says, typed or proposed; None where it is no value."""
    try:
        return form.fields[name].clean(form[name].value())
    except ValidationError:
        return None


class SoonEnough:
    """A form with a planned day: nobody plans further ahead than `MONTHS_AHEAD`."""

    def clean_planned_on(self):
        day = self.cleaned_data["planned_on"]
        if day > add_months(self.on, MONTHS_AHEAD):
            raise ValidationError(f"Lập kế hoạch trước không quá {MONTHS_AHEAD} tháng.")
        return day


class RepeatWarned(SoonEnough):
    """A form that warns of a second periodic inspection as soon as business and day are known, and
    then asks for the reason."""

    day_field = "planned_on"
    held = False  # whether plans do not count
    warning = ""

    def warn(self, inspection):
        """Compute the warning; the reason is asked for only where there is one."""
        day = readable(self, self.day_field)
        self.warning = services.repeat_warning(inspection, day, held=self.held) if day else ""
        field = self.fields["repeat_reason"]
        field.help_text = "Ghi lý do phải kiểm tra lần nữa trong thời gian này."
        if not self.warning and not inspection.repeat_reason:
            del self.fields["repeat_reason"]


class PaperChoice(forms.ModelChoiceField):
    def label_from_instance(self, obj):
        return f"{obj}, cấp {text.format_date(obj.issued_on)}"


class FollowedChoice(forms.ModelChoiceField):
    def label_from_instance(self, obj):
        return f"{obj.code}, kiểm tra {text.format_date(obj.held_on)}"


class InspectionForm(RepeatWarned, RecordForm):
    """An inspection in the plan. Its business and kind stay once it is written.

    The papers and inspections to choose from are those of the business: known from the address, or
    from what was sent, so that a form sent without one comes back with them.
    """

    business = CodeField(Business.objects.trading(), url="/businesses/options/", label="Cơ sở")
    certificate = PaperChoice(
        Certificate.objects.none(), label="Sau khi cấp giấy", empty_label="Chọn giấy"
    )
    follows = FollowedChoice(
        Inspection.objects.none(), label="Phúc tra cuộc", empty_label="Chọn cuộc kiểm tra"
    )

    class Meta(RecordForm.Meta):
        model = Inspection
        fields = (
            "business",
            "kind",
            "planned_on",
            "certificate",
            "follows",
            "ground",
            "ground_note",
            "content",
            "repeat_reason",
        )

    def __init__(self, data=None, *args, **kwargs):
        instance = kwargs.get("instance")
        kind = instance.kind if instance else data.get("kind") if data else None
        if kind and data:  # what another kind asks for may stand in the form, hidden
            data = data.copy()
            for name, kinds in OF_KIND.items():
                if kind not in kinds:
                    data[name] = ""
        super().__init__(data, *args, **kwargs)
        if instance:
            del self.fields["business"], self.fields["kind"]
            for name in [name for name, kinds in OF_KIND.items() if kind not in kinds]:
                self.fields.pop(name, None)
            place = instance.business
        else:
            place = readable(self, "business")
        self._offer(place)
        kind = instance.kind if instance else readable(self, "kind")
        if place:
            self._tell_days(place, kind)
        if "repeat_reason" in self.fields:
            self._warn_of(place, kind)
        for name in ("kind", "planned_on", "ground"):
            if name in self.fields:
                self.fields[name].widget.attrs["data-half"] = ""

    def _offer(self, place):
        """Offer the papers and the inspections of the business, or say when they come."""
        papers = Certificate.objects.none()
        held = Inspection.objects.none()
        if place:
            if field := self.fields.get("business"):
                field.widget.attrs["data-picker-label"] = place.name
            rows = place.certificates.filter(kind__post_check=True, revoked_on=None)
            papers = rows.select_related("kind").order_by("-issued_on", "-pk")
            held = place.inspections.held().filter(outcome=Outcome.FINDINGS).order_by("-held_on")
        for name, rows, none in (
            ("certificate", papers, "Cơ sở chưa có giấy nào phải hậu kiểm."),
            ("follows", held, "Cơ sở chưa có cuộc kiểm tra nào có tồn tại."),
        ):
            if field := self.fields.get(name):
                field.queryset = rows
                field.required = False  # what its kind asks for is told by the model
                field.widget.choices = list(field.choices)  # read once, not again on the page
                if not place:
                    field.help_text = "Chọn cơ sở rồi bấm Lưu: danh sách hiện ra ở đây."
                elif len(field.widget.choices) == 1:
                    field.help_text = none

    def _tell_days(self, place, kind):
        """Say from when a periodic inspection is no second one, until when a paper is checked."""
        if kind == Kind.PERIODIC and not readable(self, "planned_on"):  # else it is warned of
            held = place.inspections.held().of_kind(Kind.PERIODIC).exclude(pk=self.instance.pk)
            if last := held.order_by("-held_on").first():
                key = BusinessRule.Key.PERIODIC_MONTHS
                first = add_months(last.held_on, BusinessRule.objects.number(key, self.on))
                self.fields["planned_on"].help_text = (
                    f"Kiểm tra định kỳ gần nhất ngày {text.format_date(last.held_on)}: lần sau sớm "
                    f"nhất là ngày {text.format_date(first)}."
                )
        elif kind == Kind.POST_ISSUE and (paper := readable(self, "certificate")):
            book = BusinessRule.objects.filter(key=BusinessRule.Key.POST_CHECK_DAYS).book()
            day = text.format_date(paper.check_due(book))
            self.fields["planned_on"].help_text = f"Hậu kiểm chậm nhất là ngày {day}."

    def _warn_of(self, place, kind):
        if self.instance.pk:
            self.warn(self.instance)
        elif place and kind:
            self.warn(Inspection(business=place, kind=kind))
        else:
            del self.fields["repeat_reason"]

    def save(self, commit=True):
        """Plan it through the service. Raises ValidationError keyed by field."""
        return services.plan(inspection=self.instance)


class NoticeForm(RepeatWarned, RecordForm):
    """The notice to the business: its number and day, and the day of the visit."""

    past_days = ("noticed_on",)

    class Meta(RecordForm.Meta):
        model = Inspection
        fields = ("noticed_on", "notice_number", "planned_on", "content", "repeat_reason")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["noticed_on"].required = True
        self.fields["planned_on"].label = "Ngày kiểm tra"
        self.fields["notice_number"].help_text = "Như 15/TB-CAP; để trống nếu chưa lấy số."
        if not self.instance.noticed_on:
            self.initial["noticed_on"] = self.on
        if self.instance.kind == Kind.PERIODIC:
            self._tell_term()
        for name in ("noticed_on", "notice_number", "planned_on"):
            self.fields[name].widget.attrs["data-half"] = ""
        self.warn(self.instance)

    def _tell_term(self):
        """Say how soon the visit may be, and of which years no day off is known."""
        term, planned = services.NoticeTerm(), self.instance.planned_on
        first = term.earliest(self.on)
        told = [f"Thông báo hôm nay thì sớm nhất là ngày {text.format_date(first)}."]
        if not self.instance.noticed_on and planned < first and not self.is_bound:
            told.append(f"Kế hoạch ghi ngày {text.format_date(planned)}.")
            self.initial["planned_on"] = first
        if unknown := term.unknown_years(self.on, first):
            years = ", ".join(map(str, unknown))
            told.append(f"Chưa ghi ngày nghỉ lễ năm {years}: mới trừ thứ bảy, chủ nhật.")
        self.fields["planned_on"].help_text = " ".join(told)

    def save(self, commit=True):
        """Announce it through the service. Raises ValidationError keyed by field."""
        return services.announce(inspection=self.instance, on=self.on)


class FindingRow(RecordForm):
    """One row of the minutes; a blank one is no finding, a blank day the law's."""

    class Meta(RecordForm.Meta):
        model = InspectionFinding
        fields = ("finding", "remedy", "due_on")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, empty_permitted=True, use_required_attribute=False, **kwargs)
        self.fields["due_on"].required = False

    def clean(self):
        data = super().clean()
        held = self.instance.inspection.held_on
        if not data.get("due_on") and "due_on" not in self.errors and held:
            data["due_on"] = services.remedy_until(held)
        return data


class MinutesForm(RecordForm):
    """What may be mended in minutes: never the day, the outcome or what was found."""

    class Meta(RecordForm.Meta):
        model = Inspection
        fields = ("minutes_number", "met_with", "team", "conclusion")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name in ("held_on", "minutes_number"):
            if name in self.fields:
                self.fields[name].widget.attrs["data-half"] = ""
        self.fields["team"].help_text = "Mỗi người một dòng: cấp bậc, họ tên, chức vụ."
        self.fields["team"].widget.attrs["rows"] = 3
        self.fields["conclusion"].widget.attrs["rows"] = 4


class HoldForm(RepeatWarned, MinutesForm):
    """The minutes: who, when, with what outcome, and a row for each finding."""

    past_days = ("held_on",)
    day_field = "held_on"
    held = True
    outcome = forms.ChoiceField(choices=Outcome.choices, widget=forms.RadioSelect, label="Kết quả")

    class Meta(MinutesForm.Meta):
        fields = (
            "held_on",
            "minutes_number",
            "team",
            "met_with",
            "outcome",
            "conclusion",
            "repeat_reason",
        )

    def __init__(self, data=None, *args, **kwargs):
        super().__init__(data, *args, **kwargs)
        inspection = self.instance
        self.fields["held_on"].required = True
        if not inspection.held_on:
            self.initial["held_on"] = min(inspection.planned_on, self.on)
            self.initial["met_with"] = inspection.business.responsible_name
            self.initial["team"] = self.user.full_name_label
        self.warn(inspection)
        self.remedy_until = services.remedy_until(readable(self, "held_on") or self.on)
        self.rows = [
            FindingRow(
                data,
                instance=InspectionFinding(inspection=inspection),
                prefix=f"f{number}",
                user=self.user,
                on=self.on,
            )
            for number in range(FINDING_ROWS)
        ]

    def first_rows(self):
        return self.rows[:2]

    def more_rows(self):
        return self.rows[2:]

    def uses_more(self):
        """Tell whether something is typed in a row that is folded away at first."""
        return any(row.is_bound and row.has_changed() for row in self.more_rows())

    def is_valid(self):
        """Check the rows too, once the day of the visit is known to them."""
        valid = super().is_valid()
        for number, row in enumerate(self.rows, 1):
            if not row.is_valid():
                sentence = f"Tồn tại {number}: xem lại dòng này."
                if sentence not in self.non_field_errors():
                    self.add_error(None, sentence)
                valid = False
        return valid

    def _update_errors(self, errors):
        """The visit before its notice is told at the day of the visit."""
        said = getattr(errors, "error_dict", {})
        if "noticed_on" in said:
            said.setdefault("held_on", []).extend(said.pop("noticed_on"))
        super()._update_errors(errors)

    def save(self, commit=True):
        """Write the minutes through the service. Raises ValidationError keyed by field."""
        findings = [row.instance for row in self.rows if row.has_changed()]
        return services.hold(inspection=self.instance, findings=findings, on=self.on)


class CallOffForm(RecordForm):
    """When and why an inspection was called off."""

    past_days = ("cancelled_on",)

    class Meta(RecordForm.Meta):
        model = Inspection
        fields = ("cancelled_on", "cancel_reason")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.required = True
        if not self.instance.cancelled_on:
            self.initial["cancelled_on"] = self.on

    def save(self, commit=True):
        """Call it off through the service. Raises ValidationError keyed by field."""
        return services.call_off(inspection=self.instance, on=self.on)


class MendForm(RecordForm):
    """When a finding was mended, and how."""

    past_days = ("mended_on",)

    class Meta(RecordForm.Meta):
        model = InspectionFinding
        fields = ("mended_on", "mended_note")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["mended_on"].required = True
        if not self.instance.mended_on:
            self.initial["mended_on"] = self.on

    def save(self, commit=True):
        """Note it through the service. Raises ValidationError keyed by field."""
        return services.mend(finding=self.instance, on=self.on)


class FindingForm(RecordForm):
    """A finding as it stands; a remedy noted by mistake is taken back by emptying its day."""

    past_days = ("mended_on",)

    class Meta(RecordForm.Meta):
        model = InspectionFinding
        fields = ("finding", "remedy", "due_on", "mended_on", "mended_note")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name in ("due_on", "mended_on"):
            self.fields[name].widget.attrs["data-half"] = ""
        if self.instance.mended_on:
            self.fields["mended_on"].help_text = "Xoá ô này nếu chưa khắc phục xong."
        else:
            del self.fields["mended_on"], self.fields["mended_note"]


class PlanFilterForm(forms.Form):
    """What the plan of a year is asked for."""

    year = forms.IntegerField(
        min_value=1900,
        max_value=2999,
        required=False,
        label="Năm",
        widget=forms.TextInput(attrs={"inputmode": "numeric", "size": 4, "maxlength": 4}),
    )
    sector = forms.ChoiceField(required=False, label="Ngành")
    neighbourhood = forms.ChoiceField(required=False, label="Tổ dân phố")
    plan = forms.ChoiceField(
        choices=[("", "Tất cả"), ("none", "Chưa có kế hoạch"), ("some", "Đã có kế hoạch")],
        required=False,
        label="Kế hoạch",
    )

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        for name, rows in (
            ("sector", Sector.objects.all()),
            ("neighbourhood", Neighbourhood.objects.visible_to(user)),
        ):
            offered = [(str(row.pk), row.name) for row in rows]
            self.fields[name].choices = [("", "Tất cả"), *offered]


class PlanAllForm(SoonEnough, RecordForm):
    """One day, for the businesses ticked in the plan of a year."""

    class Meta(RecordForm.Meta):
        model = Inspection
        fields = ("planned_on", "content")

    def __init__(self, *args, businesses=(), **kwargs):
        super().__init__(*args, **kwargs)
        self.businesses = businesses
        self.fields["planned_on"].label = "Ngày kiểm tra"
        self.fields["content"].widget.attrs["rows"] = 1

    def clean(self):
        data = super().clean()
        if not self.businesses:
            self.add_error(None, "Chọn ít nhất một cơ sở trong danh sách.")
        return data

    def save(self, commit=True):
        """Plan them through the service, all or none. Raises ValidationError naming those that
        refuse."""
        data = self.cleaned_data
        return services.plan_all(
            businesses=self.businesses,
            planned_on=data["planned_on"],
            content=data["content"],
            on=self.on,
        )
