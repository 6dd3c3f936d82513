"""What leaders see of counts: small ones are hidden, and so is what would give them away.

A count below `SMALL` points at people, so it reads "<5" (design, section 1). Where the total of
some counts is known, one hidden count is the total less the others; then a second one is hidden
too and reads "—". A part of a total (births of arrivals) reads "—" where the rest is small.
"""

from collections.abc import Iterable

from kylien.core.text import format_number, format_percent

SMALL = 5
WITHHELD = "—"
SMALL_NOTE = "Số dưới 5 hiện là “<5”; dấu “—” là số che kèm để không suy ra được số nhỏ."


class Shown:
    """Counts as one reader sees them.

    `parts`: sets of keys that add up to something known; `pairs`: `(total, part)`, both shown.
    """

    def __init__(
        self,
        numbers: dict,
        aggregate: bool,
        parts: Iterable[Iterable] = (),
        pairs: Iterable[tuple] = (),
    ):
        self.numbers = numbers
        self.hidden = set()
        if not aggregate:
            return
        self.hidden = {key for key, number in numbers.items() if number < SMALL}
        for total, part in pairs:
            if {total, part} <= numbers.keys() and 0 <= numbers[total] - numbers[part] < SMALL:
                self.hidden.add(part)
        for part in parts:
            keys = [key for key in part if key in numbers]
            open_ = [key for key in keys if key not in self.hidden]
            if len(open_) == len(keys) - 1 and open_:
                self.hidden.add(min(open_, key=lambda key: numbers[key]))

    def __getitem__(self, key) -> str:
        if key not in self.hidden:
            return format_number(self.numbers[key])
        return f"<{SMALL}" if self.numbers[key] < SMALL else WITHHELD

    def number(self, key):
        """Return the count, or None where it is hidden: a bar that is not drawn."""
        return None if key in self.hidden else self.numbers[key]

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
        return f"{'+' if now > before else '−' if now < before else ''}{share}"
