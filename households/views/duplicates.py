"""People who may have been entered twice: the queue, a pair side by side, the decision."""

from dataclasses import dataclass

from django import forms
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.urls import path, reverse

from households import filters, tables
from households.models import DuplicatePair, ResidenceAct
from households.services.duplicates import (
    addresses_of,
    keep_apart,
    merge_people,
    reopen_pair,
    what_rests_on_merge,
)
from kylien.core import text
from kylien.core.forms import RecordForm, VersionField
from kylien.core.records import PartView, RecordView, Role
from kylien.core.reveal import MARK, Reveals

Decision = DuplicatePair.Decision


class DuplicatePairView(RecordView):
    """The queue: pairs that nobody has decided yet, the likeliest first."""

    model = DuplicatePair
    table_class = tables.DuplicatePairTable
    filterset_class = filters.DuplicatePairFilterSet
    url_prefix = "duplicates"
    url_name = "duplicatepair"
    people_per_row = 2
    title = "Nghi trùng"
    counted = "cặp"
    roles = (Role.LIST,)
    empty_hint = "Người mới ghi giống người đã có trong sổ thì hiện ở đây."


@dataclass(frozen=True)
class Place:
    """Where a form leads back to: the queue, or a pair."""

    url: str
    title: str

    def __str__(self):
        return self.title

    def get_absolute_url(self):
        return self.url


def pair_url(pair):
    return reverse("duplicatepair-detail", args=[pair.pk])


class PairForm(RecordForm):
    """A form about both people: it is stale once the pair or one of them has been changed."""

    class Meta(RecordForm.Meta):
        model = DuplicatePair
        fields = ()

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["version"] = VersionField(required=False)
        self.initial["version"] = self.seen()

    def seen(self):
        """Return a number that every change of the pair or of the two people raises."""
        pair = self.instance
        return pair.version + pair.first.version + pair.second.version

    def is_stale(self, seen):
        return seen != self.seen()

    def clean(self):
        data = super().clean()
        if self.stale is not None:
            self.data[self.add_prefix("version")] = str(self.seen())
        return data

    def _post_clean(self):
        """Nothing of the pair is edited here: the service checks and writes."""


class DecisionForm(PairForm):
    """One person or two; and which of the two rows stays."""

    decision = forms.ChoiceField(
        label="Kết luận",
        choices=Decision.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Chọn một kết luận."},
    )
    keep = forms.TypedChoiceField(
        label="Nếu cùng một người, giữ bản ghi",
        coerce=int,
        widget=forms.RadioSelect,
        help_text=(
            "Cư trú, tạm vắng, số còn thiếu chuyển sang bản được giữ. Chỗ trùng ngày thì bản được "
            "giữ đúng, đăng ký đang mở của bản kia kết thúc hôm nay."
        ),
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        first, second = self.people = self.instance.first, self.instance.second
        self.fields["keep"].choices = [
            (person.pk, f"{person.code} · {person.full_name}") for person in self.people
        ]
        only_second = second.citizen_id and not first.citizen_id
        self.initial["keep"] = second.pk if only_second else first.pk

    def save(self, commit=True):
        """Decide through the service. Raises ValidationError keyed by field."""
        data = self.cleaned_data
        if data["decision"] == Decision.DIFFERENT:
            return keep_apart(pair=self.instance)
        keep = next(person for person in self.people if person.pk == data["keep"])
        return merge_people(pair=self.instance, keep=keep, on=self.on)


class ReopenForm(PairForm):
    """Take a decision back, with the reason."""

    reason = forms.CharField(
        label="Lý do",
        max_length=200,
        widget=forms.Textarea(attrs={"rows": 2, "maxlength": 200}),
    )

    def save(self, commit=True):
        """Take it back through the service. Raises ValidationError keyed by field."""
        return reopen_pair(pair=self.instance, reason=self.cleaned_data["reason"], on=self.on)


class PairPage(PartView):
    """A page about one pair. Who may see it and may not decide reads it."""

    model = DuplicatePair
    relations = ("first__neighbourhood", "second__neighbourhood", "decided_by")
    locks, once = False, True  # the services lock the two people first

    def post(self, request, pk):
        if not self.allows("change"):
            raise PermissionDenied
        return super().post(request, pk)


class DecidePair(Reveals, PairPage):
    form_class = DecisionForm
    template = "households/duplicatepair_detail.html"
    submit_label = "Ghi kết luận"

    def post(self, request, pk):
        """Write the decision; or show both people once in full, for the reason given."""
        if MARK not in request.POST:
            return super().post(request, pk)
        return self.answer_reveal(lambda: self.get(request, pk))

    def record(self, part):
        return Place(reverse("duplicatepair-list"), DuplicatePairView.title)

    def title(self, part):
        names = dict.fromkeys((part.first.full_name, part.second.full_name))
        return " – ".join(names)

    def done(self, saved):
        if saved.decision == Decision.DIFFERENT:
            return f"Đã ghi: {saved.first.code} và {saved.second.code} là hai người khác nhau."
        gone, kept = sorted((saved.first, saved.second), key=lambda p: p.pk == saved.moved["kept"])
        return f"Đã gộp {gone.code} vào {kept.code}."

    def page_context(self, part):
        user = self.request.user
        self.uncover(*_both(part))
        may = self.allows("change")
        undo = {
            "url": reverse("duplicatepair-undo", args=[part.pk]),
            "label": "Bỏ gộp" if part.decision == Decision.SAME else "Xem lại",
            "icon": "undo-2",
        }
        return {
            "pair": part,
            "badge": part.badge(),
            "reasons": part.reasons.split(", ") if part.reasons else [],
            "rows": compared(part),
            "reveal": self.reveal_context(part),
            "sides": [side(person, user, self.request.today) for person in _both(part)],
            "may_decide": may and not part.decision,
            "actions": [undo] if may and part.decision else [],
        }


class ReopenPair(PairPage):
    form_class = ReopenForm
    template = "households/duplicatepair_undo.html"
    submit_label = "Bỏ kết luận"

    def base_rows(self, rows):
        return rows.exclude(decision="")

    def record(self, part):
        return Place(pair_url(part), str(part))

    def title(self, part):
        merged = part.decision == Decision.SAME
        return "Bỏ gộp hai bản ghi" if merged else "Xem lại: hai người khác nhau"

    def page_context(self, part):
        merged = part.decision == Decision.SAME
        return {"pair": part, "hindrances": what_rests_on_merge(part) if merged else []}

    def done(self, saved):
        return "Đã bỏ kết luận. Cặp này chờ kết luận lại."


def _both(pair):
    return pair.first, pair.second


@dataclass(frozen=True)
class Compared:
    """One field of both people: what each row says, and whether that is the same."""

    label: str
    values: tuple[str, str]
    same: bool | None  # None: one of the two does not know


def compared(pair):
    """Compare two people field by field; numbers are told apart without being shown."""
    both = _both(pair)
    found = [
        _compared("Họ và tên", [person.full_name for person in both], key=text.exact),
        Compared(
            "Sinh",
            tuple(person.birth() for person in both),
            len({(person.birth_date, person.birth_precision) for person in both}) == 1,
        ),
        _compared("Giới tính", [person.get_sex_display() for person in both]),
    ]
    for name in ("citizen_id", "old_id", "phone"):
        numbers = [getattr(person, name) for person in both]
        label = str(pair.first._meta.get_field(name).verbose_name)
        same = numbers[0] == numbers[1] if all(numbers) else None
        shown = tuple(person.masked(name) for person in both)
        found.append(Compared(label[:1].upper() + label[1:], shown, same))
    addresses = addresses_of([person.pk for person in both])
    same = {"cùng địa chỉ": True, "khác địa chỉ": False}  # as spelling aside: see matching
    same = next((same[reason] for reason in pair.reasons.split(", ") if reason in same), None)
    shown = tuple(addresses.get(person.pk, "") for person in both)
    found.append(Compared("Địa chỉ", shown, same))
    areas = [str(person.neighbourhood or "") for person in both]
    found.append(_compared("Tổ dân phố", areas))
    return found


def _compared(label, values, key=str):
    one, other = values
    return Compared(label, (one, other), key(one) == key(other) if one and other else None)


def side(person, user, on):
    """Return what one of the two has of his own: stays, absences and the acts behind them."""
    stays = list(person.residences.visible_to(user).for_list())
    for row in stays:
        row.state = row.badge(on)
    keys = {key for row in stays for key in (row.started_by_id, row.ended_by_id) if key}
    acts = ResidenceAct.objects.visible_to(user).filter(pk__in=keys)
    absences = list(person.absences.visible_to(user))
    for row in absences:
        row.state = row.badge(on)
    return {
        "person": person,
        "stays": stays,
        "absences": absences,
        "acts": acts.order_by("-happened_on", "-pk"),
    }


def told_on_page(person, user):
    """Return what a person's own page says of duplicates: his open pairs and his aliases."""
    pairs = DuplicatePair.objects.none()
    if user.has_perm("households.view_duplicatepair"):
        mine = Q(first=person) | Q(second=person)
        pairs = DuplicatePair.objects.visible_to(user).open().filter(mine)
    return {
        "open_pairs": [
            (pair_url(pair), pair.second if pair.first_id == person.pk else pair.first)
            for pair in pairs.select_related("first", "second")
        ],
        "aliases": person.aliases.visible_to(user).order_by("pk"),
    }


urlpatterns = [
    *DuplicatePairView.get_urls(),
    path("duplicates/<int:pk>/", DecidePair.as_view(), name="duplicatepair-detail"),
    path("duplicates/<int:pk>/undo/", ReopenPair.as_view(), name="duplicatepair-undo"),
]
