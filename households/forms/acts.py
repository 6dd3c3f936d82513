"""Forms of the acts on residences: of one stay, and of a household's members together."""

from django import forms
from django.core.exceptions import ValidationError

from households.forms.fields import RELATIONS, file_number_field
from households.models import (
    EndGround,
    Household,
    Residence,
    ResidenceAct,
    ResidenceRule,
    Resident,
    TransferRequest,
)
from households.relations import proposed_relation
from households.services import (
    ask_transfer,
    change_head,
    confirm_transfer,
    end_residence,
    extend_residence,
    leave_ward,
    merge_households,
    refuse_transfer,
    register_death,
    split_household,
    transfer_members,
    undo_act,
)
from kylien.accounts.models import Role
from kylien.areas.models import Neighbourhood
from kylien.core import text
from kylien.core.forms import CodeField, DayField, RecordForm, RecordFormMixin, is_key

Relation = Residence.Relation
CHANGED = "Người trong hộ vừa thay đổi ở nơi khác: {}. Xem lại rồi bấm ghi lần nữa."


class ActForm(RecordFormMixin, forms.ModelForm):
    """Base of the acts: a few fields, written by a service."""

    class Meta:
        model = Residence
        fields = ()

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name in ("ended_on", "started_on", "on_day"):
            if name in self.fields:
                self.initial.setdefault(name, self.on)
        for field in self.fields.values():
            field.widget.attrs["data-half"] = ""

    def _post_clean(self):
        """Nothing of the instance is edited here: the service checks and writes."""

    def _update_errors(self, errors):
        """The day on which one row ends and the next starts is a single box here."""
        said = getattr(errors, "error_dict", {})
        for day in ("started_on", "on_day"):
            for other in ("started_on", "ended_on"):
                if day in self.fields and other != day and other in said:
                    said.setdefault(day, []).extend(said.pop(other))
        super()._update_errors(errors)


# --- one stay, one person -------------------------------------------------------------------------


class EndResidenceForm(ActForm):
    """End a registration: the day and the ground of the law."""

    ended_on = DayField(label="Kết thúc ngày")
    end_ground = forms.ModelChoiceField(
        EndGround.objects.all(), label="Lý do", empty_label="Chọn lý do"
    )
    file_number = file_number_field()

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        rows = EndGround.objects.in_force(self.on)
        self.fields["end_ground"].queryset = rows.filter(kind=self.instance.kind)

    def save(self, commit=True):
        """End it through the service. Raises ValidationError keyed by field."""
        data = self.cleaned_data
        return end_residence(
            residence=self.instance,
            ended_on=data["ended_on"],
            end_reason=data["end_ground"].end_reason,
            ground=data["end_ground"],
            file_number=data["file_number"],
            on=self.on,
        )


class DeathForm(ActForm):
    """Record that somebody died."""

    ended_on = DayField(label="Chết ngày")
    file_number = file_number_field()

    class Meta:
        model = Resident
        fields = ()

    def save(self, commit=True):
        """End his residences through the service. Raises ValidationError keyed by field."""
        data = self.cleaned_data
        register_death(
            resident=self.instance,
            on_day=data["ended_on"],
            file_number=data["file_number"],
            on=self.on,
        )
        return self.instance


class ExtendForm(ActForm):
    """Extend a temporary residence."""

    expires_on = DayField(label="Gia hạn đến ngày")
    file_number = file_number_field()

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        day = text.format_date(self.instance.expires_on)
        years = ResidenceRule.objects.number(ResidenceRule.Key.TERM_YEARS, self.on)
        help_text = f"Hạn đang ghi: {day}. Mỗi lần tối đa {years} năm."
        self.fields["expires_on"].help_text = help_text

    def save(self, commit=True):
        """Extend it through the service. Raises ValidationError keyed by field."""
        data = self.cleaned_data
        return extend_residence(
            residence=self.instance,
            expires_on=data["expires_on"],
            file_number=data["file_number"],
            on=self.on,
        )


class UndoForm(ActForm):
    """Take an act back, with the reason."""

    undo_reason = forms.CharField(
        label="Lý do hoàn tác",
        max_length=200,
        widget=forms.Textarea(attrs={"rows": 2, "maxlength": 200}),
    )

    class Meta:
        model = ResidenceAct
        fields = ()

    def save(self, commit=True):
        """Undo it through the service. Raises ValidationError keyed by field."""
        reason = self.cleaned_data["undo_reason"]
        return undo_act(act=self.instance, reason=reason, on=self.on)


class ResidenceActForm(RecordForm):
    """What may be added to an act afterwards: its file in the national system."""

    past_days = ("synchronised_on",)

    class Meta(RecordForm.Meta):
        model = ResidenceAct
        fields = ("file_number", "synchronised_on")

    def clean(self):
        data = super().clean()
        if data.get("file_number") and not data.get("synchronised_on"):
            data["synchronised_on"] = self.on
        return data


# --- several members of a household ---------------------------------------------------------------


class MembersMixin:
    """A row a person: a tick (who goes), a relation to the head (who he becomes), or both.

    `members()` are the open residences concerned. The form carries who they were when the page was
    opened; where somebody came or went since, it says so, and what was typed stays.
    """

    ticks = True
    relations = True

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.rows = list(self.members())
        self.fields["seen"] = forms.CharField(required=False, widget=forms.HiddenInput)
        self.initial["seen"] = " ".join(str(row.pk) for row in self.rows)
        for row in self.rows:
            name = row.resident.full_name
            if self.ticks:
                self.fields[f"go_{row.pk}"] = forms.BooleanField(label=name, required=False)
            if self.relations:
                self.fields[f"relation_{row.pk}"] = forms.ChoiceField(
                    label=f"{name}: quan hệ với chủ hộ", choices=RELATIONS, required=False
                )
                self.fields[f"note_{row.pk}"] = forms.CharField(
                    label=f"{name}: quan hệ khác là", max_length=60, required=False
                )
                self.initial.setdefault(f"relation_{row.pk}", self.propose(row))
                self.initial.setdefault(f"note_{row.pk}", row.relation_note)

    def members(self):
        rows = self.instance.residences.current().visible_to(self.user)
        return rows.select_related("resident", "employer", "neighbourhood").order_by("kind", "pk")

    def propose(self, row):
        return ""

    def own_fields(self):
        """Return the bound fields besides the members' own."""
        mine = ("go_", "relation_", "note_")
        return [field for field in self.visible_fields() if not field.name.startswith(mine)]

    def member_rows(self):
        """Return, for the page, each member with the fields of his row."""
        for row in self.rows:
            named = {"row": row}
            for part in ("go", "relation", "note"):
                if f"{part}_{row.pk}" in self.fields:
                    named[part] = self[f"{part}_{row.pk}"]
            yield named

    def clean(self):
        data = super().clean()
        self._seen_the_same()
        self.chosen = [r for r in self.rows if not self.ticks or data.get(f"go_{r.pk}")]
        if not self.chosen:
            self.add_error(None, "Đánh dấu ít nhất một người.")
        self.relation_of = {}
        for row in self.chosen if self.relations else []:
            relation = data.get(f"relation_{row.pk}", "")
            note = data.get(f"note_{row.pk}", "") if relation == Relation.OTHER else ""
            if not relation:
                if f"relation_{row.pk}" not in self.errors:
                    self.add_error(f"relation_{row.pk}", "Chọn quan hệ với chủ hộ.")
            elif relation == Relation.OTHER and not note:
                self.add_error(f"note_{row.pk}", "Ghi rõ quan hệ khác là gì.")
            self.relation_of[row.pk] = (relation, note)
        return data

    def _seen_the_same(self):
        """Refuse where the members are no longer those the page showed, naming who changed."""
        seen = self.data.get(self.add_prefix("seen"))
        if seen is None:
            return
        before = {int(key) for key in seen[:5000].split() if is_key(key)}
        now = {row.pk: row.resident.full_name for row in self.rows}
        gone = Residence.objects.filter(pk__in=[key for key in before if key not in now])
        gone = gone.filter(household=self.origin()).select_related("resident")
        told = [f"{row.resident} {self._why(row)}" for row in gone]
        told += [f"có thêm {name}" for key, name in now.items() if key not in before]
        if told:
            self.data = self.data.copy()
            self.data[self.add_prefix("seen")] = " ".join(map(str, now))
            self.add_error(None, CHANGED.format("; ".join(told)))

    def origin(self):
        """Return the household that the members leave."""
        return self.instance

    @staticmethod
    def _why(row):
        return f"– {row.get_end_reason_display().lower()}" if row.ended_on else "đã rời hộ"


class HouseholdActForm(MembersMixin, ActForm):
    """Base of the acts on a household's members."""

    class Meta:
        model = Household
        fields = ()


class LeaveForm(HouseholdActForm):
    """Members leave the ward together."""

    relations = False
    on_day = DayField(label="Chuyển đi ngày")
    place = forms.CharField(label="Nơi đến", max_length=200, required=False)
    file_number = file_number_field()

    def save(self, commit=True):
        """Let them leave through the service. Raises ValidationError keyed by field."""
        data = self.cleaned_data
        leave_ward(
            household=self.instance,
            members=self.chosen,
            on_day=data["on_day"],
            place=data["place"],
            file_number=data["file_number"],
            on=self.on,
        )
        return self.instance


class SplitForm(HouseholdActForm):
    """Members found a household of their own; one of them is its head."""

    on_day = DayField(label="Tách từ ngày")
    address = forms.CharField(label="Địa chỉ hộ mới", max_length=200)
    neighbourhood = forms.ModelChoiceField(
        Neighbourhood.objects.all(), label="Tổ dân phố", empty_label=None
    )
    file_number = file_number_field()

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.initial.setdefault("address", self.instance.address)
        self.initial.setdefault("neighbourhood", self.instance.neighbourhood_id)

    def save(self, commit=True):
        """Split through the service; return the new household. Raises ValidationError."""
        data = self.cleaned_data
        return split_household(
            household=self.instance,
            members=self.chosen,
            relations=self.relation_of,
            address=data["address"],
            neighbourhood=data["neighbourhood"],
            on_day=data["on_day"],
            file_number=data["file_number"],
            on=self.on,
        )


class MergeForm(HouseholdActForm):
    """The whole household joins another one."""

    ticks = False
    household = CodeField(Household.objects.active(), url="/households/options/", label="Vào hộ")
    on_day = DayField(label="Nhập từ ngày")
    file_number = file_number_field()

    def propose(self, row):
        return "" if row.relation == Relation.HEAD else row.relation

    def save(self, commit=True):
        """Merge through the service; return the household joined. Raises ValidationError."""
        data = self.cleaned_data
        merge_households(
            household=self.instance,
            into=data["household"],
            relations=self.relation_of,
            on_day=data["on_day"],
            file_number=data["file_number"],
            on=self.on,
        )
        return data["household"]


class ChangeHeadForm(HouseholdActForm):
    """Another member becomes the head; what each then is to him is asked for, with a proposal."""

    ticks = False
    on_day = DayField(label="Đổi từ ngày")
    file_number = file_number_field()

    def __init__(self, *args, new_head=None, **kwargs):
        self.new_head = new_head
        super().__init__(*args, **kwargs)

    def propose(self, row):
        if self.new_head is None:
            return ""
        if row.pk == self.new_head.pk:
            return Relation.HEAD
        return proposed_relation(self.new_head.relation, row.relation)

    def save(self, commit=True):
        """Change the head through the service. Raises ValidationError keyed by field."""
        data = self.cleaned_data
        change_head(
            household=self.instance,
            relations=self.relation_of,
            on_day=data["on_day"],
            file_number=data["file_number"],
            on=self.on,
        )
        return self.instance


class TransferMixin(forms.Form):
    """Both ways of a transfer in one form: at once into a household of the officer's, or asked of
    the officer of another beat."""

    household = CodeField(
        Household.objects.active(),
        url="/households/options/",
        label="Hộ đến",
        required=False,
        help_text="Hộ trong địa bàn của đồng chí: chuyển ngay.",
    )
    to_neighbourhood = forms.ModelChoiceField(
        Neighbourhood.objects.all(),
        label="Hoặc địa bàn khác",
        required=False,
        empty_label="Chọn tổ dân phố",
        help_text="Cảnh sát khu vực nơi đến, hoặc chỉ huy, xác nhận rồi mới chuyển.",
    )
    address = forms.CharField(label="Địa chỉ nơi đến", max_length=200, required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.user.has_role(Role.CHIEF):  # he need not ask
            for name in ("to_neighbourhood", "address"):
                del self.fields[name]
            self.fields["household"].required = True
            self.fields["household"].help_text = ""
            return
        mine = self.user.scope.neighbourhood_ids or [self.here().pk]
        self.fields["to_neighbourhood"].queryset = Neighbourhood.objects.exclude(pk__in=mine)

    def here(self):
        """Return the neighbourhood that people leave."""
        return self.instance.neighbourhood

    def clean(self):
        data = super().clean()
        to, area = data.get("household"), data.get("to_neighbourhood")
        self.asks = bool(area) and not to
        if not to and "household" not in self.errors:
            if not area and "to_neighbourhood" in self.fields:
                self.add_error("household", "Chọn hộ đến, hoặc chọn địa bàn khác.")
            elif area and not data.get("address"):
                self.add_error("address", "Ghi địa chỉ nơi đến, để cảnh sát khu vực ở đó nhận.")
        elif to and area:
            self.add_error("to_neighbourhood", "Đã chọn hộ đến: để trống ô này.")
        elif to and self.user.has_role(Role.CLERK) and to.neighbourhood_id != self.here().pk:
            sentence = f"Hộ này ở {to.neighbourhood}: chọn ở ô địa bàn khác, để nơi đó nhận."
            self.add_error("household", sentence)
        return data

    def ask(self, household, members):
        data = self.cleaned_data
        return ask_transfer(
            household=household,
            members=members,
            to_neighbourhood=data["to_neighbourhood"],
            address=data["address"],
            starts_on=data["started_on"],
            file_number=data["file_number"],
            on=self.on,
        )


class TransferForm(TransferMixin, ActForm):
    """Move one person, a tenant or lodger, to another place of the ward."""

    relation = forms.ChoiceField(label="Quan hệ với chủ hộ", choices=RELATIONS, required=False)
    relation_note = forms.CharField(label="Quan hệ khác là", max_length=60, required=False)
    started_on = DayField(label="Từ ngày")
    file_number = file_number_field()

    def clean(self):
        data = super().clean()
        if not self.asks:
            if not data.get("relation"):
                self.add_error("relation", "Chọn quan hệ với chủ hộ nơi đến.")
            elif data["relation"] == Relation.OTHER and not data.get("relation_note"):
                self.add_error("relation_note", "Ghi rõ quan hệ khác là gì.")
        return data

    def save(self, commit=True):
        """Move him and return the act, or ask the other officer and return the request.

        Raises ValidationError keyed by field.
        """
        data, row = self.cleaned_data, self.instance
        if self.asks:
            return self.ask(row.household, [row])
        return transfer_members(
            household=row.household,
            members=[row],
            to=data["household"],
            relations={row.pk: (data["relation"], data["relation_note"])},
            on_day=data["started_on"],
            file_number=data["file_number"],
            on=self.on,
        )


class TransferMembersForm(TransferMixin, HouseholdActForm):
    """Move members of a household together."""

    started_on = DayField(label="Từ ngày")
    file_number = file_number_field()

    def clean(self):
        data = super().clean()
        if self.asks:  # the officer who takes them in says what they are there
            for row in self.rows:
                self.errors.pop(f"relation_{row.pk}", None)
                self.errors.pop(f"note_{row.pk}", None)
        return data

    def save(self, commit=True):
        """Move them and return the act, or ask the other officer and return the request.

        Raises ValidationError keyed by field.
        """
        data = self.cleaned_data
        if self.asks:
            return self.ask(self.instance, self.chosen)
        return transfer_members(
            household=self.instance,
            members=self.chosen,
            to=data["household"],
            relations=self.relation_of,
            on_day=data["started_on"],
            file_number=data["file_number"],
            on=self.on,
        )


class ConfirmTransferForm(MembersMixin, ActForm):
    """Take people of another beat in: into a household, or a new one at the address given."""

    ticks = False
    household = CodeField(
        Household.objects.active(),
        url="/households/options/",
        label="Vào hộ",
        required=False,
        help_text="Để trống: lập hộ mới tại địa chỉ đã ghi, một người là chủ hộ.",
    )

    class Meta:
        model = TransferRequest
        fields = ()

    def members(self):
        rows = Residence.objects.filter(transfers_asked__request=self.instance)
        return rows.select_related("resident", "employer", "neighbourhood").order_by("kind", "pk")

    def origin(self):
        return self.instance.household

    def clean_household(self):
        home = self.cleaned_data["household"]
        if home and home.neighbourhood_id != self.instance.to_neighbourhood_id:
            raise ValidationError(f"Hộ này không ở {self.instance.to_neighbourhood}.")
        return home

    def save(self, commit=True):
        """Take them in through the service. Raises ValidationError keyed by field."""
        confirm_transfer(
            request=self.instance,
            household=self.cleaned_data["household"],
            relations=self.relation_of,
            on=self.on,
        )
        return self.instance


class RefuseTransferForm(ActForm):
    """Refuse to take people in, and say why."""

    answer = forms.CharField(label="Lý do không nhận", max_length=200)

    class Meta:
        model = TransferRequest
        fields = ()

    def save(self, commit=True):
        """Refuse through the service. Raises ValidationError where it was decided before."""
        return refuse_transfer(request=self.instance, answer=self.cleaned_data["answer"])
