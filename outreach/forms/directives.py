"""Forms of directives and plans, and of disasters: the roster and the help given."""

import datetime as dt

from django.core.exceptions import ValidationError
from django.utils import timezone

from kylien.accounts.forms import OfficerField
from kylien.accounts.models import User
from kylien.core.forms import CodeField, DayField, RecordForm
from outreach.forms.ticks import TicksField
from outreach.models import Directive, Disaster, DutyShift, HelpGiven
from outreach.services import directives as services

BEFORE_DAYS = 7  # help begins before a storm does; earlier than that is a slip


class OfficersField(TicksField):
    ward_wide = True


# --- directives -----------------------------------------------------------------------------------


class DirectiveForm(RecordForm):
    """A document from above, or a plan that carries one out: what, who, until when."""

    past_days = ("issued_on",)
    follows = CodeField(
        Directive.objects.all(),
        url="/directives/options/",
        label="Thực hiện văn bản",
        required=False,
        help_text="Kế hoạch thực hiện chỉ thị nào: gõ số, trích yếu rồi chọn.",
    )
    owner = OfficerField(empty_label="Cơ quan, tổ chức khác")

    class Meta(RecordForm.Meta):
        model = Directive
        fields = (
            "kind",
            "number",
            "issuer",
            "issued_on",
            "title",
            "follows",
            "content",
            "owner",
            "owner_body",
            "due_on",
        )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["owner"].offer(self.instance.owner_id)
        self.fields["follows"].keep(self.instance.follows)
        self.fields["content"].label = "Việc phải làm"
        self.fields["owner_body"].help_text = "Chỉ ghi khi không phải cán bộ của đơn vị."
        for name in ("kind", "number", "issuer", "issued_on", "owner", "owner_body", "due_on"):
            self.fields[name].widget.attrs["data-half"] = ""

    def save(self, commit=True):
        """Write it through the service. Raises ValidationError keyed by field."""
        return services.save_directive(directive=self.instance)


class ResultForm(RecordForm):
    """What came of a directive, and when."""

    past_days = ("done_on",)

    class Meta(RecordForm.Meta):
        model = Directive
        fields = ("done_on", "result")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name in self._meta.fields:
            self.fields[name].required = True
        if not self.instance.done_on:
            self.initial["done_on"] = self.on
        self.fields["done_on"].widget.attrs["data-half"] = ""

    def clean_done_on(self):
        day = self.cleaned_data["done_on"]
        if day < self.instance.issued_on:
            raise ValidationError("Không thể xong trước ngày ban hành.")
        return day


# --- disasters ------------------------------------------------------------------------------------


class DisasterForm(RecordForm):
    class Meta(RecordForm.Meta):
        model = Disaster
        fields = ("name", "started_on", "ended_on", "note")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if not self.instance.pk:
            self.initial.setdefault("started_on", self.on)
        self.fields["name"].widget.attrs["placeholder"] = "Bão số 5, mưa lũ, cháy rừng…"
        self.fields["note"].help_text = "Lực lượng, phương tiện, nơi sơ tán. Không ghi tên dân."
        self.fields["note"].widget.attrs["rows"] = 5
        for name in ("started_on", "ended_on"):
            self.fields[name].widget.attrs["data-half"] = ""


class ShiftsForm(RecordForm):
    """Several officers on duty, on a day or on each day of a few."""

    day = DayField(label="Từ ngày")
    last_day = DayField(label="Đến ngày", required=False, help_text="Để trống: một ngày.")
    officers = OfficersField(
        User.objects.none(),
        label="Cán bộ trực",
        error_messages={"required": "Chọn ít nhất một cán bộ."},
    )

    class Meta(RecordForm.Meta):
        model = DutyShift
        fields = ("hours", "place")

    field_order = ("day", "last_day", "hours", "place", "officers")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["officers"].queryset = User.objects.working()
        self.initial["day"] = max(self.on, self.instance.disaster.started_on)
        self.fields["hours"].widget.attrs["placeholder"] = "18h–6h"
        self.fields["hours"].help_text = ""

    def _post_clean(self):
        """The rows are many: the service writes them, and the database checks each."""

    def save(self, commit=True):
        """Write them through the service. Raises ValidationError keyed by field."""
        data = self.cleaned_data
        return services.add_shifts(
            disaster=self.instance.disaster,
            officers=list(data["officers"]),
            day=data["day"],
            last_day=data["last_day"],
            hours=data["hours"],
            place=data["place"],
        )


class ShiftForm(RecordForm):
    """One shift, to be mended."""

    officer = OfficerField(label="Cán bộ trực", required=True, empty_label="---------")

    class Meta(RecordForm.Meta):
        model = DutyShift
        fields = ("officer", "day", "hours", "place")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["officer"].offer(self.instance.officer_id)
        for field in self.fields.values():
            field.widget.attrs["data-half"] = ""

    def save(self, commit=True):
        """Write it through the service. Raises ValidationError keyed by field."""
        return services.save_shift(shift=self.instance)


class HelpForm(RecordForm):
    """What was done for people, typed on the spot: no names, households counted."""

    class Meta(RecordForm.Meta):
        model = HelpGiven
        fields = ("kind", "neighbourhood", "households", "asked_at", "came_at", "note")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if not self.instance.pk:
            self.initial["came_at"] = timezone.localtime().replace(second=0, microsecond=0)
        areas = self.fields["neighbourhood"].queryset
        if not self.instance.pk and len(self.user.scope.neighbourhood_ids) == 1:
            self.initial["neighbourhood"] = areas.first()
        self.fields["households"].widget.attrs.update(inputmode="numeric", min="1")
        self.fields["asked_at"].help_text = "Để trống nếu tự đến, không ai gọi."
        for name in ("kind", "neighbourhood", "households", "asked_at", "came_at"):
            self.fields[name].widget.attrs["data-half"] = ""

    def clean(self):
        data = super().clean()
        for name in ("asked_at", "came_at"):
            at = data.get(name)
            if at is None:
                continue
            first = self.instance.disaster.started_on - dt.timedelta(days=BEFORE_DAYS)
            if at > timezone.now():
                self.add_error(name, "Giờ này chưa đến.")
            elif timezone.localdate(at) < first:
                self.add_error(name, f"Trước đợt này hơn {BEFORE_DAYS} ngày.")
        return data
