"""Forms of the incidents app: a kind, a place, a time, what was done; never a name."""

from itertools import groupby

from django import forms
from django.forms.models import ModelChoiceIterator
from django.utils import timezone

from businesses.models import Business
from incidents.models import Incident, IncidentType
from kylien.core.forms import CodeField, RecordForm
from selfgov_groups.models import SelfManagedGroup

NO_NAMES = "Không ghi họ tên, số giấy tờ của người liên quan. Không ghi nội dung mật."
CROWD_ONLY = "Bắt buộc với tụ tập, khiếu kiện."


class GroupedKinds(ModelChoiceIterator):
    """Kinds under the name of their parent, from one query."""

    def __iter__(self):
        yield ("", self.field.empty_label)
        for parent, kinds in groupby(self.queryset.iterator(), lambda kind: kind.parent):
            yield (parent.name, [self.choice(kind) for kind in kinds])


class KindField(forms.ModelChoiceField):
    iterator = GroupedKinds

    def __init__(self, **kwargs):
        kinds = IncidentType.objects.usable()
        super().__init__(
            kinds.order_by("parent__position", "parent", "position", "pk"),
            **{"label": "Loại vụ việc", "empty_label": "Chọn loại", **kwargs},
        )


class IncidentRules:
    """What portal and admin ask alike: nothing has happened or been solved in the future."""

    def clean(self):
        data = super().clean()
        if data.get("occurred_at") and data["occurred_at"] > timezone.now():
            self.add_error("occurred_at", "Thời điểm này chưa tới.")
        if data.get("resolved_on") and data["resolved_on"] > self.on:
            self.add_error("resolved_on", "Ngày giải quyết không thể sau hôm nay.")
        return data


class IncidentForm(IncidentRules, RecordForm):
    """Taken down on the phone at the place: kind, neighbourhood, place and time come first."""

    type = KindField()
    business = CodeField(
        Business.objects.trading(), url="/businesses/options/", label="Tại cơ sở", required=False
    )
    reporting_group = CodeField(
        SelfManagedGroup.objects.active(),
        url="/groups/options/",
        label="Tổ liên gia báo tin",
        required=False,
    )

    class Meta(RecordForm.Meta):
        model = Incident
        fields = (
            "type",
            "neighbourhood",
            "place",
            "occurred_at",
            "channel",
            "reporting_group",
            "business",
            "summary",
            "size_band",
            "measure",
            "state",
            "resolved_on",
            "result",
            "file_number",
        )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if not self.instance.pk:
            self.initial.setdefault("occurred_at", timezone.localtime().replace(second=0))
            if len(self.user.scope.neighbourhood_ids) == 1:
                self.initial.setdefault("neighbourhood", self.user.scope.neighbourhood_ids[0])
        for name in ("business", "reporting_group"):
            self.fields[name].keep(getattr(self.instance, name))
        self.fields["summary"].help_text = ""  # the page warns right above it
        self.fields["result"].help_text = NO_NAMES
        for name in ("size_band", "measure"):
            self.fields[name].help_text = CROWD_ONLY
        full = {"place", "summary", "result"}
        for name in self.fields.keys() - full:
            self.fields[name].widget.attrs["data-half"] = ""
