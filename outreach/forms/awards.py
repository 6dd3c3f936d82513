"""Forms of awards: the proposal, and the steps after it."""

from kylien.core.forms import CodeField, RecordForm
from outreach.models import Award, Campaign, Partner
from outreach.services import awards as services
from selfgov_groups.models import SelfManagedGroup

WHOM = ("group", "partner", "campaign", "recipient")


class AwardForm(RecordForm):
    """A proposal: for a group, a partner, a community model, or whoever is named; for one of
    them."""

    past_days = ("deed_on", "proposed_on")
    group = CodeField(
        SelfManagedGroup.objects.all(),
        url="/groups/options/",
        label="Tổ liên gia",
        required=False,
        help_text="Gõ tên tổ rồi chọn.",
    )
    campaign = CodeField(
        Campaign.objects.all(),
        url="/campaigns/options/",
        label="Mô hình",
        required=False,
        help_text="Gõ tên mô hình rồi chọn.",
    )

    class Meta(RecordForm.Meta):
        model = Award
        fields = (
            "group",
            "campaign",
            "partner",
            "recipient",
            "neighbourhood",
            "form",
            "deed",
            "deed_on",
            "proposed_on",
        )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name in ("group", "campaign"):
            self.fields[name].keep(getattr(self.instance, name))
        if self.instance.decided_on or self.instance.declined_on:
            # What was decided on stays; taking the step back comes first.
            for name in (*WHOM, "deed_on", "proposed_on"):
                self.fields[name].disabled = True
        partners = Partner.objects.visible_to(self.user).order_by("kind", "sort_key", "pk")
        self.fields["partner"].queryset = partners
        self.fields["recipient"].help_text = "Khi không phải tổ, mô hình, tổ chức trong danh mục."
        told = "Của tổ liên gia, mô hình thì để trống: lấy theo tổ, mô hình đó."
        self.fields["neighbourhood"].help_text = told
        if not self.instance.pk:
            self.initial.setdefault("proposed_on", self.on)
        for name in self.fields:
            if name != "deed":
                self.fields[name].widget.attrs["data-half"] = ""

    def clean(self):
        data = super().clean()
        named = [name for name in WHOM if data.get(name)]
        if len(named) > 1:
            label = self.fields[named[0]].label.lower()
            self.add_error(named[1], f"Đã chọn {label}: mỗi đề nghị cho một nơi, một người.")
        self._find_area(data)
        return data

    def _find_area(self, data):
        """Take the neighbourhood of the group or the model; ask an officer for one of his."""
        typed = data.get("neighbourhood")
        source = data.get("group") or data.get("campaign")
        if source:
            area = source.neighbourhood
            if typed and area and typed != area:
                self.add_error("neighbourhood", f"{source} ở {area}.")
            data["neighbourhood"] = area or typed
        may_leave_out = self.user.scope.whole_ward or "neighbourhood" in self.errors
        if not data.get("neighbourhood") and not may_leave_out:
            self.add_error("neighbourhood", "Chọn tổ dân phố trong địa bàn của đồng chí.")


class StepForm(RecordForm):
    """A step after the proposal: its day is today unless typed."""

    day = ""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name in self._meta.fields:
            self.fields[name].required = True
        if not getattr(self.instance, self.day):
            self.initial[self.day] = self.on
        self.fields[self.day].widget.attrs["data-half"] = ""


class DecideForm(StepForm):
    day, past_days = "decided_on", ("decided_on",)

    class Meta(RecordForm.Meta):
        model = Award
        fields = ("decided_on", "decision", "form")

    def save(self, commit=True):
        """Write it through the service. Raises ValidationError keyed by field."""
        return services.decide(award=self.instance)


class NoticeForm(StepForm):
    day, past_days = "noticed_on", ("noticed_on",)

    class Meta(RecordForm.Meta):
        model = Award
        fields = ("noticed_on",)

    def _update_errors(self, errors):
        """The order of the days is told at the day that is typed here."""
        said = getattr(errors, "error_dict", {})
        if "decided_on" in said:
            said.setdefault("noticed_on", []).extend(said.pop("decided_on"))
        super()._update_errors(errors)

    def save(self, commit=True):
        """Write it through the service. Raises ValidationError keyed by field."""
        return services.announce(award=self.instance)


class DeclineForm(StepForm):
    day, past_days = "declined_on", ("declined_on",)

    class Meta(RecordForm.Meta):
        model = Award
        fields = ("declined_on", "decline_reason")

    def save(self, commit=True):
        """Write it through the service. Raises ValidationError keyed by field."""
        return services.decline(award=self.instance)
