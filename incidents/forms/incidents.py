"""The form of an incident: a kind, a place, a time, what was done; never a name on its page."""

import re
from itertools import groupby

from django import forms
from django.forms.models import ModelChoiceIterator, ModelChoiceIteratorValue
from django.utils import timezone

from businesses.models import Business
from incidents.models import Incident, IncidentParty, IncidentType, MeasureTaken
from incidents.models.kinds import Urgency
from kylien.core.forms import CodeField, PhoneField, RecordForm
from selfgov_groups.models import SelfManagedGroup

NO_NAMES = "Không ghi họ tên, số giấy tờ của người liên quan. Không ghi nội dung mật."
NUMBER_DIGITS = 9
CROWD_ONLY = "Bắt buộc với tụ tập, khiếu kiện."


FREE_TEXTS = ("place", "summary", "first_action", "result")
NUMBER = re.compile(r"\d[\d .-]{7,}\d")  # nine digits or more: an identity or phone number


def refuse_numbers(form, name, data):
    """Refuse a free text that holds a person's number."""
    for found in NUMBER.finditer(data.get(name) or ""):
        if sum(map(str.isdigit, found[0])) >= NUMBER_DIGITS and name not in form.errors:
            form.add_error(name, "Không ghi số định danh, số điện thoại ở đây.")


class GroupedKinds(ModelChoiceIterator):
    """Kinds under the name of their parent, from one query."""

    def __iter__(self):
        yield ("", self.field.empty_label)
        for parent, kinds in groupby(self.queryset.iterator(), lambda kind: kind.parent):
            yield (parent.name, [self.choice(kind) for kind in kinds])


class KindSelect(forms.Select):
    """Says of each kind whether it is about a crowd, so that the page shows the fields it has."""

    def create_option(self, name, value, *args, **kwargs):
        option = super().create_option(name, value, *args, **kwargs)
        if isinstance(value, ModelChoiceIteratorValue):
            option["attrs"]["data-is"] = "crowd" if value.instance.crowd else "plain"
        return option


class KindField(forms.ModelChoiceField):
    iterator = GroupedKinds
    widget = KindSelect

    def __init__(self, **kwargs):
        kinds = IncidentType.objects.usable()
        super().__init__(
            kinds.order_by("parent__position", "parent", "position", "pk"),
            **{"label": "Loại vụ việc", "empty_label": "Chọn loại", **kwargs},
        )


def measures_field():
    return forms.MultipleChoiceField(
        label="Biện pháp",
        choices=MeasureTaken.Measure.choices,
        widget=forms.CheckboxSelectMultiple(attrs={"data-when": "type=crowd"}),
        required=False,
        help_text=CROWD_ONLY,
    )


class IncidentRules:
    """What portal and admin ask alike: what a kind needs, and nothing that has not happened yet."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "urgency" not in self.fields:  # the admin's page of a closed one is to look at
            return
        self.fields["urgency"].required = False
        self.fields["urgency"].choices = [("", "Theo loại"), *Urgency.choices]
        if not self.instance.pk:
            self.initial["urgency"] = ""
        if self.instance.pk and not self.instance.type.crowd:
            self.fields["type"].queryset = self.fields["type"].queryset.filter(crowd=False)
            self.fields["type"].help_text = "Tụ tập, khiếu kiện: ghi vụ việc mới."
        if self.instance.pk:
            self.initial["measures"] = [row.measure for row in self.instance.measures.all()]

    def clean(self):
        data = super().clean()
        for name in ("occurred_at", "received_at"):
            if data.get(name) and data[name] > timezone.now():
                self.add_error(name, "Thời điểm này chưa tới.")
            self._keep_moment(name, data)
        for name in FREE_TEXTS:
            refuse_numbers(self, name, data)
        known = self.instance.created_at if self.instance.pk else None
        if known and data.get("received_at") and data["received_at"] > known:
            self.add_error("received_at", "Tin đã ghi vào sổ trước lúc này.")
        if data.get("source") != Incident.Source.GROUP:
            data["reporting_group"] = None
        kind = data.get("type")
        crowd = kind is not None and kind.crowd
        if crowd and not data.get("measures") and "measures" not in self.errors:
            self.add_error("measures", "Chọn biện pháp.")
        if not crowd:
            data["measures"], data["size_band"] = [], ""
            old = self.instance.pk and not self.initial.get("first_action")
            if not data.get("first_action") and not old and "first_action" not in self.errors:
                self.add_error("first_action", "Ghi việc đã làm khi nhận tin.")
        self._ask_about_same(data)
        data["urgency"] = data.get("urgency") or (kind.urgency if kind else "")
        return data

    def _ask_about_same(self, data):
        """Refuse the same news a second time: the page left and come back to is sent again."""
        names = ("type", "neighbourhood", "occurred_at", "place")
        if self.instance.pk or not all(data.get(name) for name in names):
            return
        same = Incident.objects.filter(**{name: data[name] for name in names}).first()
        if same:
            self.add_error("place", f"Đã ghi {same.code} cùng loại, nơi và giờ này.")

    def _keep_moment(self, name, data):
        """Leave the seconds of a moment that was not changed: the form shows minutes."""
        old = getattr(self.instance, name) if self.instance.pk else None
        if old and data.get(name) == old.replace(second=0, microsecond=0):
            data[name] = old


class IncidentForm(IncidentRules, RecordForm):
    """Taken down at the desk or on the phone at the place: at most eight fields are asked for."""

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
    measures = measures_field()
    reporter_name = forms.CharField(label="Họ tên người báo tin", required=False, max_length=100)
    reporter_phone = PhoneField(label="Điện thoại người báo tin")

    first = ("type", "occurred_at", "neighbourhood", "place")
    more = ("received_at", "business", "result", "file_number")
    secret = ("reporter_name", "reporter_phone")

    class Meta(RecordForm.Meta):
        model = Incident
        fields = (
            "type",
            "occurred_at",
            "neighbourhood",
            "place",
            "source",
            "reporting_group",
            "channel",
            "urgency",
            "size_band",
            "measures",
            "first_action",
            "summary",
            "received_at",
            "business",
            "result",
            "file_number",
        )
        widgets = {
            "source": forms.RadioSelect,
            "channel": forms.RadioSelect,
            "urgency": forms.RadioSelect,
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        fields, new = self.fields, not self.instance.pk
        if new:
            self.initial.setdefault("occurred_at", timezone.localtime().replace(second=0))
            self.initial["received_at"] = None
            if len(self.user.scope.neighbourhood_ids) == 1:
                self.initial.setdefault("neighbourhood", self.user.scope.neighbourhood_ids[0])
        for name in self.secret if not new else ():
            del fields[name]
        for name in ("result", "file_number") if self.instance.is_open else ():
            del fields[name]
        for name in ("business", "reporting_group"):
            fields[name].keep(getattr(self.instance, name))
        self._keep_area()
        fields["received_at"].required = False
        fields["received_at"].initial = None
        fields["received_at"].help_text = "Để trống: lúc ghi. Thời hạn tính từ lúc này."
        fields["summary"].help_text = ""  # the page warns right above it
        fields["size_band"].help_text = CROWD_ONLY
        for name, choices in (("source", Incident.Source), ("channel", Incident.Channel)):
            fields[name].choices = choices.choices  # none is empty
        fields["channel"].required = False
        conditions = {
            "reporting_group": "source=group",
            "size_band": "type=crowd",
            "first_action": "type!=crowd",
        }
        for name, condition in conditions.items():
            fields[name].widget.attrs["data-when"] = condition
        for name in ("type", "occurred_at", "neighbourhood", "received_at", "business"):
            fields[name].widget.attrs["data-half"] = ""
        for name in self.secret if new else ():
            off = {"data-half": "", "autocomplete": "off", "data-when": "type!=crowd"}
            fields[name].widget.attrs.update(off)

    def _keep_area(self):
        """Let an officer who was assigned an incident outside his beat keep its neighbourhood."""
        field, own = self.fields["neighbourhood"], self.instance.neighbourhood_id
        if own and not self.user.scope.holds(own):
            field.queryset = field.queryset | field.queryset.model.objects.filter(pk=own)

    def clean_channel(self):
        return self.cleaned_data["channel"] or Incident.Channel.IN_PERSON

    def clean(self):
        data = super().clean()
        if "received_at" not in self.errors and not data.get("received_at"):
            now = timezone.now().replace(second=0, microsecond=0)
            data["received_at"] = self.instance.received_at if self.instance.pk else now
        known = [name for name in self.secret if data.get(name)]
        if known and data.get("type") and data["type"].crowd:
            for name in known:
                self.add_error(name, "Tụ tập, khiếu kiện: không ghi tên người.")
        elif known == ["reporter_phone"]:
            self.add_error("reporter_name", "Ghi họ tên người báo tin.")
        return data

    def reporter(self):
        """Return who told of it, not saved, or None where nobody was named."""
        name = self.cleaned_data.get("reporter_name")
        phone = self.cleaned_data.get("reporter_phone", "").removeprefix("-")
        return IncidentParty(full_name=name, phone=phone) if name else None
