"""What the page of one business tells: its rows, read in one query, and what they say on a day.

Pure over rows in memory but for `read_file()` and `read_law()`.
"""

import datetime as dt
from dataclasses import dataclass

from django.db.models import Count, IntegerField, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from businesses import rules
from businesses.models import (
    Business,
    BusinessRule,
    Certificate,
    Inspection,
    InspectionFinding,
    LiaisonNote,
    PaperKind,
    PaperRule,
    QuarterlyReturn,
    Sanction,
    SectorRule,
    StateChange,
)
from kylien.areas.rules import RuleBook
from kylien.core import text
from kylien.core.periods import Quarter
from kylien.core.together import attach, read_all

Key = BusinessRule.Key
QUARTERS = 4  # shown on a business's page


def read_file(business) -> RuleBook:
    """Read what belongs to `business` and what the law says of its sector, attach it to both as if
    prefetched, newest first, and return the numbers of the law."""
    own = Q(business=business.pk)
    found = read_all(
        {
            **_law_of(business.sector_id),
            "certificates": Certificate.objects.filter(own),
            "inspections": _with_remedies(Inspection.objects.filter(own)),
            "sanctions": Sanction.objects.filter(own),
            "liaison_notes": LiaisonNote.objects.filter(own),
            "returns": QuarterlyReturn.objects.filter(own),
            "state_changes": StateChange.objects.filter(own),
        }
    )
    book, kinds = _attach_law(business.sector, found)
    for row in found["certificates"]:
        row.kind = kinds[row.kind_id]
    attach(
        business,
        certificates=newest(found["certificates"], lambda row: row.issued_on),
        inspections=newest(found["inspections"], lambda row: row.held_on or row.planned_on),
        sanctions=newest(found["sanctions"], lambda row: row.decided_on),
        liaison_notes=newest(found["liaison_notes"], lambda row: row.met_on),
        returns=newest(found["returns"], lambda row: (row.year, row.quarter)),
        state_changes=newest(found["state_changes"], lambda row: row.changed_on),
    )
    return book


def read_law(sector) -> RuleBook:
    """Read what the law says of `sector`, attach it as if prefetched, newest first, and return the
    numbers of the law."""
    return _attach_law(sector, read_all(_law_of(sector.pk)))[0]


def _law_of(sector_id):
    return {
        "rules": SectorRule.objects.filter(sector=sector_id),
        "paper_rules": PaperRule.objects.filter(sector=sector_id),
        "kinds": PaperKind.objects.all(),
        "numbers": BusinessRule.objects.all(),
    }


def _attach_law(sector, found):
    """Attach to `sector` what `_law_of` found; return the numbers, and the kinds by code."""
    kinds = {kind.code: kind for kind in found["kinds"]}
    for row in found["paper_rules"]:
        row.kind = kinds[row.kind_id]
    attach(
        sector,
        rules=newest(found["rules"], lambda row: row.valid_from),
        paper_rules=newest(found["paper_rules"], lambda row: row.valid_from),
    )
    return RuleBook(newest(found["numbers"], lambda row: row.valid_from)), kinds


def newest(rows, key):
    """Return the rows from the last to the first, those of one day by when they were entered."""
    return sorted(rows, key=lambda row: (key(row), row.pk), reverse=True)


def _with_remedies(inspections):
    """Tell with each inspection how many of its findings are not mended, and the first due."""
    waiting = InspectionFinding.objects.filter(inspection=OuterRef("pk"), mended_on=None)
    first = waiting.order_by("due_on", "pk")
    count = waiting.order_by().values("inspection").annotate(n=Count("*")).values("n")
    return inspections.annotate(
        remedies=Coalesce(Subquery(count, output_field=IntegerField()), 0),
        remedy=Subquery(first.values("finding")[:1]),
        remedy_due=Subquery(first.values("due_on")[:1]),
    )


def state_on(business, day):
    """Return the state that `business` had on `day`; None before it opened."""
    if business.opened_on and day < business.opened_on:
        return None
    for change in business.state_changes.all():  # newest first
        if change.changed_on <= day:
            return change.state
    return Business.State.OPEN


# --- papers ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Paper:
    """A certificate as the page shows it."""

    certificate: Certificate
    badge: tuple[str, str]
    over: bool  # revoked, or a newer one has taken its place
    check_due: dt.date | None  # until when the business is to be checked after it
    check_badge: tuple[str, str] | None
    check: Inspection | None  # which is planned for that


def papers(business, on, book) -> list[Paper]:
    """List the certificates of `business` as they stand on `on`, newest first."""
    held = {row.certificate_id for row in business.inspections.all() if row.held_on}
    planned = {row.certificate_id: row for row in business.inspections.all() if row.is_open}
    issued = {}  # the last day a paper of the kind was issued
    for row in business.certificates.all():
        if not row.revoked_on:
            issued.setdefault(row.kind_id, row.issued_on)
    found = []
    for row, badge in business.papers(on):
        due = None
        if (
            _is_to_be_checked(row, on, book)
            and business.state != Business.State.CLOSED
            and issued.get(row.kind_id, row.issued_on) <= row.issued_on
            and row.pk not in held
        ):
            due = row.check_due(book)
        over = bool(row.revoked_on) or badge == Business.REPLACED
        told = due_badge(due, on) if due else None
        found.append(Paper(row, badge, over, due, told, planned.get(row.pk)))
    return found


def _is_to_be_checked(certificate, on, book):
    """Tell whether the law wanted a check after such a paper when it was issued."""
    if not certificate.kind.post_check or certificate.revoked_on or certificate.issued_on > on:
        return False
    rows = (row for row in book.rows if row.key == Key.POST_CHECK_DAYS)
    return any(row.holds_on(certificate.issued_on) for row in rows)


def due_badge(day, on) -> tuple[str, str]:
    """Return how what is due on `day` stands: `(tone, word)`."""
    left = (day - on).days
    return ("late", f"Quá hạn {-left} ngày") if left < 0 else ("due", f"Còn {left} ngày")


def may_issue(business, on) -> bool:
    """Tell whether the ward police issues some paper to `business` on `on`, as far as its rooms
    are known."""
    if business.state == Business.State.CLOSED:
        return False
    rules_then = (rule for rule in business.sector.paper_rules.all() if rule.holds_on(on))
    return any(
        rule.ward_issues if business.rooms is None else rule.issued_by_ward(business.rooms)
        for rule in rules_then
    )


# --- quarterly returns, contact -------------------------------------------------------------------


@dataclass(frozen=True)
class Owed:
    """The return of a quarter: `badge`, the row where it came, whether it may be noted now."""

    quarter: Quarter
    badge: tuple[str, str]
    received: QuarterlyReturn | None
    open: bool


def owes(business, quarter) -> bool:
    """Tell whether `business` owes a return for a quarter, as `expected_to_report` does."""
    rule = business.sector.rule_on(quarter.last_day)
    state = state_on(business, quarter.last_day)
    return bool(rule and rule.quarterly_return) and state not in (None, Business.State.CLOSED)


def quarters(business, on, book) -> list[Owed]:
    """List the last quarters with what became of their returns; empty where none is owed."""
    came = {(row.year, row.quarter): row for row in business.returns.all()}
    collected = rules.quarter_to_collect(on, book)
    current = Quarter.containing(on)
    found = []
    for quarter in (current.moved(-back) for back in range(QUARTERS)):
        row = came.get((quarter.year, quarter.number))
        if row:
            badge = ("ok", f"Nhận {text.format_date(row.received_on)}")
        elif not owes(business, quarter):
            badge = ("mute", "Không phải nộp")
        elif quarter.last_day < on:
            badge = ("late", "Chưa nhận")
        elif quarter == collected:
            badge = ("due", "Đang nhận")
        else:
            badge = ("mute", "Chưa đến kỳ")
        found.append(Owed(quarter, badge, row, open=badge[0] in ("late", "due")))
    return found if any(one.received or owes(business, one.quarter) for one in found) else []


def contact(business, on, book) -> tuple[dt.date | None, tuple[str, str]]:
    """Return when the contact of `business` was last verified, and how that stands on `on`."""
    days = [row.met_on for row in business.liaison_notes.all() if row.confirms_contact]
    last = max((day for day in days if day <= on), default=None)
    if last is None:
        return None, ("late", "Chưa xác nhận lần nào")
    if last < rules.contact_since(on, book):
        return last, ("late", "Cần xác nhận lại")
    return last, ("ok", "Đã xác nhận")
