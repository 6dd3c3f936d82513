"""The kinds of workbook, by key, in the order in which a ward brings them in."""

from imports.kinds.base import Kind
from imports.kinds.businesses import BusinessesKind
from imports.kinds.groups import GroupsKind
from imports.kinds.people import PeopleKind
from imports.kinds.stays import StaysKind
from imports.kinds.temporary import TemporaryKind

KINDS: dict[str, Kind] = {
    kind.key: kind() for kind in (PeopleKind, TemporaryKind, StaysKind, BusinessesKind, GroupsKind)
}
