"""What papers a business must hold on a day, against what it holds.

Pure over rows in memory: `paper_rules` of the sector and `certificates` of the business, fetched
beforehand. `BusinessQuerySet.lacking`, `missing`, `expired` and `renewing` say the same in SQL.
"""

import datetime as dt
from dataclasses import dataclass
from enum import Enum

from businesses.models import Certificate, PaperRule
from kylien.core import text


class Standing(Enum):
    """How a required paper stands."""

    HELD = "held"
    RENEWING = "renewing"  # holds, and its last day is near
    EXPIRED = "expired"
    REVOKED = "revoked"
    MISSING = "missing"


LACKING = (Standing.MISSING, Standing.REVOKED, Standing.EXPIRED)


@dataclass(frozen=True)
class Requirement:
    """A paper required on a day, how it stands, and the certificate that says so."""

    rule: PaperRule
    standing: Standing
    certificate: Certificate | None
    on: dt.date

    @property
    def lacks(self) -> bool:
        """Tell whether the business is without the paper."""
        return self.standing in LACKING

    @property
    def badge(self) -> tuple[str, str]:
        """How it stands, as `(tone, word)`."""
        match self.standing:
            case Standing.MISSING:
                return "late", "Chưa có"
            case Standing.REVOKED:
                return "late", "Đã thu hồi"
            case _:
                return self.certificate.badge(self.on)

    @property
    def sentence(self) -> str:
        """What is wrong, in one phrase; empty where nothing is."""
        name = self.rule.kind.name
        match self.standing:
            case Standing.MISSING:
                return f"Thiếu {name}"
            case Standing.REVOKED:
                return f"{name} đã bị thu hồi"
            case Standing.EXPIRED:
                return f"{name} hết hạn {text.format_date(self.certificate.expires_on)}"
            case Standing.RENEWING:
                return f"{name} sắp hết hạn {text.format_date(self.certificate.expires_on)}"
        return ""


def requirements(business, on: dt.date) -> list[Requirement]:
    """List what the sector of `business` requires on the day `on`, one entry a kind of paper."""
    rules = {}
    for rule in business.sector.paper_rules.all():
        if rule.holds_on(on):
            rules.setdefault(rule.kind_id, rule)
    papers = list(business.certificates.all())
    found = [
        Requirement(rule, *_standing([p for p in papers if p.kind_id == kind], on), on)
        for kind, rule in rules.items()
    ]
    return sorted(found, key=lambda one: (one.rule.kind.position, one.rule.kind_id))


def lacking(business, on: dt.date) -> list[Requirement]:
    """List the required papers that `business` is without on the day `on`."""
    return [one for one in requirements(business, on) if one.lacks]


def _standing(papers, on):
    """Return how papers of one kind stand on a day, and the paper that decides it."""
    issued = [paper for paper in papers if paper.issued_on <= on]
    held = [paper for paper in issued if paper.is_valid(on)]
    if held:
        best = max(held, key=lambda paper: (paper.expires_on or dt.date.max, paper.issued_on))
        near = best.expires_on is not None and best.expires_on <= on + Certificate.DUE
        return (Standing.RENEWING if near else Standing.HELD), best
    revoked = [paper for paper in issued if paper.revoked_on and paper.revoked_on <= on]
    ended = [paper for paper in issued if paper not in revoked]
    if ended:
        return Standing.EXPIRED, max(ended, key=lambda paper: paper.expires_on)
    if revoked:
        return Standing.REVOKED, max(revoked, key=lambda paper: paper.revoked_on)
    return Standing.MISSING, None
