"""Forms of a roster that came back: the changes marked on it, and what becomes of each."""

from django import forms

from households.models import EndGround, Residence
from kylien.core.forms import DayField, RecordForm, is_key
from selfgov_groups.models import RosterCheck, RosterLine
from selfgov_groups.services import rosters as services

Change, Kind = RosterLine.Change, Residence.Kind
NOTE_MOST = RosterLine._meta.get_field("note").max_length
CHANGED = "Danh sách tổ vừa thay đổi ở nơi khác: {}. Xem lại rồi bấm lưu lần nữa."
OF_KIND = {  # what a head of a group can mark of whom
    Kind.PERMANENT: (Change.LEFT, Change.DIED),
    Kind.TEMPORARY: (Change.ENDED, Change.LEFT, Change.DIED),
}


class RosterForm(RecordForm):
    """A group's members on one screen: a change a person, "somebody new" a household.

    `households` are those of the group today (`roster_of`). The form carries who they were when the
    page was opened; where somebody came or went since, it says so, and what was typed stays.
    """

    past_days = ("checked_on",)

    class Meta(RecordForm.Meta):
        model = RosterCheck
        fields = ("checked_on", "note")

    def __init__(self, *args, households, **kwargs):
        super().__init__(*args, **kwargs)
        self.households = households
        self.initial["checked_on"] = self.initial.get("checked_on") or self.on
        for name in ("checked_on", "note"):
            self.fields[name].widget.attrs["data-half"] = ""
        self.stays = {row.pk: row for home in households for row in home.people}
        self.fields["seen"] = forms.CharField(required=False, widget=forms.HiddenInput)
        self.initial["seen"] = " ".join(map(str, self.stays))
        for row in self.stays.values():
            name = row.resident.full_name
            marks = [(one.value, one.label) for one in OF_KIND[row.kind]]
            self._add(f"change_{row.pk}", forms.ChoiceField, f"{name}: thay đổi", marks)
            self._add(f"day_{row.pk}", DayField, f"{name}: từ ngày")
            self._add(f"note_{row.pk}", forms.CharField, f"{name}: ghi chú")
        for home in households:
            name = home.household.code
            self._add(f"new_{home.household.pk}", forms.BooleanField, f"{name}: có người mới")
            self._add(f"new_day_{home.household.pk}", DayField, f"{name}: người mới từ ngày")
            self._add(f"new_note_{home.household.pk}", forms.CharField, f"{name}: người mới là ai")
            self.fields[f"new_note_{home.household.pk}"].widget.attrs["placeholder"] = "Là ai"

    def _add(self, name, kind, label, choices=None):
        options = {"label": label, "required": False}
        if choices is not None:
            options["choices"] = [("", "Còn ở"), *choices]
        if kind is forms.CharField:
            options["max_length"] = NOTE_MOST
        self.fields[name] = kind(**options)
        if kind is forms.CharField:
            self.fields[name].widget.attrs.update({"placeholder": "Ghi chú", "autocomplete": "off"})

    def own_fields(self):
        """Return the bound fields of the roster itself."""
        return [self["checked_on"], self["note"]]

    def sections(self):
        """List, for the page, the households with the fields of each person and of newcomers."""
        return [
            {
                "home": home,
                "people": [
                    {
                        "row": row,
                        "fields": [self[f"{name}_{row.pk}"] for name in ("change", "day", "note")],
                    }
                    for row in home.people
                ],
                "new": self[f"new_{home.household.pk}"],
                "new_fields": [self[f"new_{name}_{home.household.pk}"] for name in ("day", "note")],
            }
            for home in self.households
        ]

    def mistakes(self):
        """List `(address of the field, label, sentence)` for the summary, in reading order."""
        found = [("", "", sentence) for sentence in self.non_field_errors()]
        return found + [
            (bound.id_for_label, bound.label, sentence)
            for bound in self.visible_fields()
            for sentence in bound.errors
        ]

    def clean(self):
        data = super().clean()
        self._seen_the_same()
        self.lines = []
        checked = data.get("checked_on")
        for row in self.stays.values():
            change, note = data.get(f"change_{row.pk}"), data.get(f"note_{row.pk}", "")
            day = data.get(f"day_{row.pk}")
            if f"change_{row.pk}" in self.errors:
                continue
            if not change:
                if day or note:
                    self.add_error(f"change_{row.pk}", "Chọn thay đổi, hoặc xoá ngày và ghi chú.")
                continue
            day = self._day(f"day_{row.pk}", day, checked, since=row.started_on)
            self._line(row.household, change, day, note, row)
        for home in self.households:
            key = home.household.pk
            ticked, note = data.get(f"new_{key}"), data.get(f"new_note_{key}", "")
            day = data.get(f"new_day_{key}")
            if not ticked:
                if day or note:
                    self.add_error(f"new_{key}", "Đánh dấu Có người mới, hoặc xoá ngày và ghi chú.")
                continue
            day = self._day(f"new_day_{key}", day, checked)
            self._line(home.household, Change.NEW, day, note)
        return data

    def _day(self, name, day, checked, since=None):
        """Return from when a change is: the day typed, else that of the roster."""
        day = day or checked
        if day is None or name in self.errors:
            return None
        if checked and day > checked:
            self.add_error(name, "Không thể sau ngày rà soát.")
        elif since and day < since:
            self.add_error(name, f"Ở đây từ {since:%d/%m/%Y}: không thể trước ngày đó.")
        return day

    def _line(self, household, change, day, note, residence=None):
        if day is not None:
            self.lines.append(
                RosterLine(
                    household=household,
                    residence=residence,
                    change=change,
                    happened_on=day,
                    note=note,
                )
            )

    def _seen_the_same(self):
        """Refuse where the people are no longer those the page showed, naming who came or went."""
        seen = self.data.get(self.add_prefix("seen"))
        if seen is None:
            return
        before = {int(key) for key in seen[:20000].split() if is_key(key)}
        gone = Residence.objects.filter(pk__in=[key for key in before if key not in self.stays])
        gone = gone.visible_to(self.user).select_related("resident")
        told = [f"{row.resident} không còn trong danh sách" for row in gone]
        told += [f"có thêm {row.resident}" for key, row in self.stays.items() if key not in before]
        if told:
            self.data = self.data.copy()
            self.data[self.add_prefix("seen")] = " ".join(map(str, self.stays))
            more = f" và {len(told) - 5} người nữa" if len(told) > 5 else ""
            self.add_error(None, CHANGED.format("; ".join(told[:5]) + more))

    def _post_clean(self):
        """Leave the rows to the service."""

    def save(self, commit=True):
        data = self.cleaned_data
        return services.save_roster(
            group=self.instance.group,
            checked_on=data["checked_on"],
            note=data["note"],
            lines=self.lines,
        )


# --- a line decided -------------------------------------------------------------------------------


class LineForm(RecordForm):
    """A decision about a marked change; the service checks and writes."""

    class Meta(RecordForm.Meta):
        model = RosterLine
        fields = ()

    def _post_clean(self):
        """Leave the line as it stands."""

    def is_stale(self, seen):
        """A line is decided once: the service says so where it was."""
        return False

    def _update_errors(self, errors):
        """The day an act is in force from is one box here, whatever the ledger calls it."""
        said = getattr(errors, "error_dict", {})
        for name in ("ended_on", "started_on"):
            if "on_day" in self.fields and name in said:
                said.setdefault("on_day", []).extend(said.pop(name))
        super()._update_errors(errors)


USUAL_GROUND = "temporary-left"


def grounds_on(day):
    """Return the grounds of the law on which a temporary stay may end on `day`."""
    return EndGround.objects.in_force(day).filter(kind=Kind.TEMPORARY)


class AcceptForm(LineForm):
    """Accept that somebody left, died or ended a temporary stay: it becomes a residence act.

    `grounds` are those of `grounds_on`, read once for a page of many lines.
    """

    on_day = DayField(label="Từ ngày")
    place = forms.CharField(label="Nơi đến", max_length=200, required=False)
    ground = forms.ModelChoiceField(EndGround.objects.none(), label="Lý do")

    def __init__(self, *args, grounds=None, **kwargs):
        super().__init__(*args, **kwargs)
        line = self.instance
        self.initial.setdefault("on_day", line.happened_on)
        if line.change != Change.LEFT:
            del self.fields["place"]
        if line.change != Change.ENDED:
            del self.fields["ground"]
        else:
            field, rows = self.fields["ground"], grounds_on(self.on)
            found = list(rows) if grounds is None else grounds
            field.queryset = rows
            field.choices = [("", "Chọn lý do"), *((one.pk, str(one)) for one in found)]
            usual = (one.pk for one in found if one.code == USUAL_GROUND)
            self.initial.setdefault("ground", next(usual, None))
        for field in self.fields.values():
            field.widget.attrs["data-half"] = ""

    def save(self, commit=True):
        data = self.cleaned_data
        return services.accept_line(
            line=self.instance,
            on_day=data["on_day"],
            ground=data.get("ground"),
            place=data.get("place", ""),
            on=self.on,
        )


class ActChoice(forms.ModelChoiceField):
    def label_from_instance(self, obj):
        return f"{obj.code}: {obj.summary}"


class AcceptNewForm(LineForm):
    """Accept that somebody new lives in a household: by the act that registered him, or by hand."""

    act = ActChoice(None, label="Biến động đã đăng ký", required=False, empty_label="Chưa chọn")
    answer = forms.CharField(
        label="Hoặc ghi đã làm gì",
        max_length=NOTE_MOST,
        required=False,
        help_text="Ví dụ: đã ghi lưu trú, hướng dẫn đăng ký tạm trú.",
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        rows = services.acts_of_newcomers(self.instance, self.user)
        self.fields["act"].queryset = rows
        if len(found := rows[:2]) == 1:
            self.initial.setdefault("act", found[0].pk)
        for field in self.fields.values():
            field.widget.attrs["data-half"] = ""

    def save(self, commit=True):
        data = self.cleaned_data
        return services.accept_newcomer(line=self.instance, act=data["act"], answer=data["answer"])


class RefuseForm(LineForm):
    """Refuse a marked change, and say why."""

    refusal = forms.CharField(label="Lý do không nhận", max_length=200)

    def save(self, commit=True):
        return services.refuse_line(line=self.instance, reason=self.cleaned_data["refusal"])


def accept_form(line):
    """Return the form that accepts a line."""
    return AcceptNewForm if line.change == Change.NEW else AcceptForm
