"""The one search box: residents, households, businesses, groups and incidents of the user's."""

from collections.abc import Callable
from dataclasses import dataclass

from django.urls import reverse

from businesses.models import Business
from households.models import Household, Residence, Resident
from incidents.models import Incident
from kylien.core import text
from selfgov_groups.models import SelfManagedGroup

HITS = 10


@dataclass(frozen=True)
class Kind:
    """One kind of record that is searched: how its hits are ordered and shown."""

    model: type
    label: str
    order: tuple
    relations: tuple
    detail: Callable
    many: bool = False

    def hits(self, user, query):
        """Return at most HITS rows of the user's that hold the words; same accents come first."""
        rows = self.model.objects.visible_to(user).search(
            query, partial_numbers=user.may_see_numbers
        )
        rows = rows.select_related(*self.relations).order_by(*self.order, "pk")
        if text.exact(query) == text.fold(query):  # typed without accents: nothing to prefer
            return list(rows[: HITS + 1])
        if not self.many:
            return list(rows.same_accents_first(query, *self.order, "pk")[: HITS + 1])
        # Of people there may be 50,000: two walks along their order that stop early cost less
        # than ranking all the Nguyễns.
        found = list(rows.same_accents(query)[: HITS + 1])
        if len(found) <= HITS:
            others = rows.exclude(pk__in=[row.pk for row in found])
            found += list(others[: HITS + 1 - len(found)])
        return found

    def may(self, user):
        meta = self.model._meta
        return user.has_perm(f"{meta.app_label}.view_{meta.model_name}")

    def list_url(self):
        return reverse(f"{self.model._meta.model_name}-list")


def _resident(row):
    gone = "Bản ghi trùng" if row.same_as_id else "Đã rời phường"
    kind = dict(Residence.Kind.choices).get(row.residence_kind, gone)
    return f"{row.code} · {row.birth()} · {row.neighbourhood or ''}".strip(" ·"), kind


KINDS = (
    Kind(Resident, "Nhân khẩu", ("sort_key",), ("neighbourhood",), _resident, many=True),
    Kind(
        Household,
        "Hộ",
        ("code",),
        ("neighbourhood",),
        lambda row: (str(row.neighbourhood), row.state_badge()[1]),
    ),
    Kind(
        Business,
        "Cơ sở kinh doanh",
        ("sort_key",),
        ("neighbourhood", "sector"),
        lambda row: (f"{row.code} · {row.sector} · {row.address}", row.state_badge()[1]),
    ),
    Kind(
        SelfManagedGroup,
        "Tổ liên gia",
        ("sort_key",),
        ("neighbourhood",),
        lambda row: (f"{row.code} · {row.neighbourhood}", row.state_badge()[1]),
    ),
    Kind(
        Incident,
        "Vụ việc",
        ("-occurred_at",),
        ("neighbourhood", "type"),
        lambda row: (f"{row.type} · {row.place} · {row.neighbourhood}", row.state_badge()[1]),
    ),
)


def search(user, query):
    """Return the groups of hits that `templates/portal/search.html` shows."""
    numbers = text.holds_number(query)
    groups = []
    for kind in KINDS:
        if not kind.may(user):
            continue
        found = kind.hits(user, query)
        more = len(found) > HITS and not numbers
        hits = []
        for row in found[:HITS]:
            detail, badge = kind.detail(row)
            hits.append(
                {"url": row.get_absolute_url(), "title": str(row), "detail": detail, "badge": badge}
            )
        groups.append({"label": kind.label, "hits": hits, "kind": kind if more else None})
    return groups
