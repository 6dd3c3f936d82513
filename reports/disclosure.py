"""What leaders see of counts: small ones are hidden, and so is what would give them away.

A count below `SMALL` points at people, so it reads "<5" (design, section 1). Where the total of
some counts is known, one hidden count is the total less the others; then a second one is hidden
too and reads "—", and so on until none follows. A part of a total (births of arrivals) reads "—"
where the rest is small, and so do small counts that "<5" itself would give away.
"""

from collections.abc import Iterable

from kylien.core.text import format_number, format_percent

SMALL = 5
WITHHELD = "—"
SMALL_NOTE = "Số dưới 5 hiện là “<5”; dấu “—” là số che kèm để không suy ra được số nhỏ."


class Sums:
    """Sums of known total as a graph: a sum is a node, a hidden count an edge between the two sums
    that it is in, or to what is not known.

    A hidden count follows from what is shown just where its edge is a bridge: what lies on one side
    adds up to it. One that is alone in its sum is the plainest case.
    """

    UNKNOWN = -1

    def __init__(self, numbers: dict, parts: Iterable[Iterable]):
        self.numbers, self.ends = numbers, {}
        self.parts = [[key for key in part if key in numbers] for part in parts]
        for node, part in enumerate(self.parts):
            for key in part:
                self.ends.setdefault(key, []).append(node)
        for nodes in self.ends.values():
            nodes.append(self.UNKNOWN)  # the second end of a count that is in one sum

    def laid_bare(self, hidden: set):
        """Return the smallest count to hide as well, so that a hidden one does not follow from what
        is shown; None where all are safe, or cannot be made so."""
        self.edges = {self.UNKNOWN: []}
        for key in self.ends.keys() & hidden:
            one, other, *_ = self.ends[key]
            self.edges.setdefault(one, []).append((key, other))
            self.edges.setdefault(other, []).append((key, one))
        self.order, self.sides = {}, []
        for node in sorted(self.edges):  # what is not known first: no side holds it
            if node not in self.order:
                self._walk(node, None)
        crossing = (
            [
                key
                for key, (one, other, *_) in self.ends.items()
                if key not in hidden and (one in side) != (other in side)
            ]
            for side in self.sides
        )
        keys = next(filter(None, crossing), ())
        return min(keys, key=lambda key: self.numbers[key], default=None)

    def at_an_end(self, hidden: set) -> set:
        """Return the hidden counts that "<5" and "—" would give away: all of a sum are the least or
        the greatest that these may stand for, as 4 and 4 are where "<5" and "<5" make 8. Zeros
        alone stay: they tell of nobody."""
        ends = {0, SMALL - 1, SMALL}
        found = set()
        for part in self.parts:
            keys = hidden.intersection(part)
            numbers = {self.numbers[key] for key in keys}
            if numbers <= ends and numbers != {0}:
                found |= keys
        return found

    def _walk(self, node, by):
        """Visit what is behind a node, first deep, and note what is behind a bridge. Returns the
        nodes behind, and the earliest place that they reach."""
        place = reach = self.order[node] = len(self.order)
        behind = {node}
        for key, other in self.edges[node]:
            if key == by:
                continue
            if other in self.order:
                reach = min(reach, self.order[other])
                continue
            side, back = self._walk(other, key)
            if back > place:
                self.sides.append(side)
            behind |= side
            reach = min(reach, back)
        return behind, reach


class Shown:
    """Counts as one reader sees them.

    `parts`: sets of keys that add up to something known; `pairs`: `(total, part)`, both shown;
    `hidden`: keys that are hidden elsewhere on the page.
    """

    def __init__(
        self,
        numbers: dict,
        aggregate: bool,
        parts: Iterable[Iterable] = (),
        pairs: Iterable[tuple] = (),
        hidden: Iterable = (),
    ):
        self.numbers = numbers
        self.hidden, self.withheld = set(), set()
        if not aggregate:
            return
        self.hidden = {key for key, number in numbers.items() if number < SMALL} | {*hidden}
        for total, part in pairs:
            if {total, part} <= numbers.keys() and 0 <= numbers[total] - numbers[part] < SMALL:
                self.hidden.add(part)
        sums = Sums(numbers, parts)
        while key := sums.laid_bare(self.hidden):
            self.hidden.add(key)
        self.withheld = sums.at_an_end(self.hidden)

    def __getitem__(self, key) -> str:
        if key not in self.hidden:
            return format_number(self.numbers[key])
        small = self.numbers[key] < SMALL and key not in self.withheld
        return f"<{SMALL}" if small else WITHHELD

    def get(self, key) -> str:
        """Return the count as shown; empty where there is none."""
        return self[key] if key in self.numbers else ""

    def number(self, key):
        """Return the count, or None for a bar that is not drawn: it is hidden or there is none."""
        return None if key in self.hidden else self.numbers.get(key)

    def difference(self, key, other: "Shown") -> str:
        """Return this count less another month's, signed; empty where either is hidden."""
        now, before = self.number(key), other.number(key)
        if now is None or before is None:
            return ""
        change = now - before
        sign = "+" if change > 0 else "−" if change else ""
        return f"{sign}{format_number(abs(change))}"

    def percent(self, key, other: "Shown") -> str:
        """Return how this count differs from another month's in per cent, signed; empty where
        either is hidden, and from zero, of which nothing is a per cent."""
        now, before = self.number(key), other.number(key)
        if now is None or not before:
            return ""
        share = format_percent(abs(now - before), before)
        if not share.strip("0,% "):  # a change too small for one decimal has no sign either
            return share
        return f"{'+' if now > before else '−'}{share}"
