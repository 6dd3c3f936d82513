"""Which rows a retention period is about, from which day it counts, and what becomes of them.

A kind lists rows by key, code and day: nothing else of them is shown or minuted.
"""

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.db import transaction
from django.db.models import (
    CharField,
    Count,
    Exists,
    F,
    Max,
    OuterRef,
    ProtectedError,
    Q,
    QuerySet,
    Subquery,
    Value,
)
from django.db.models.functions import Cast, Coalesce, Concat, TruncDate, TruncMonth

from businesses.models import Business, LiaisonNote, StateChange
from households.models import Absence, Residence, Resident, StayNotice
from imports.models import ImportBatch, ImportJournal
from incidents.models import Attachment, Incident, IncidentEntry, IncidentParty
from incidents.services import handling, log
from kylien.audit.blanking import blank, blank_between
from kylien.audit.models import AuditEntry
from kylien.core.periods import TZ, add_months
from outreach.models import Question
from retention.models import CorrectionRequest, RecordType

CHUNK = 200  # rows deleted together; one that is needed sends its chunk through one by one
NEEDED = "Bản ghi khác còn cần đến"

Listed = tuple[int, str, dt.date]  # key, code, the day that the period counts from


def last_day(on: dt.date, months: int) -> dt.date:
    """Return the last day from which a period of `months` is over on `on`."""
    return add_months(on, -months)


@dataclass(frozen=True)
class Doing:
    """A disposal as it is carried out: the moment, and the words that logs repeat."""

    at: dt.datetime
    words: str


class Kind:
    """Rows of a model that are past their period.

    `past(day)` gives those whose period counts from `day` or before, with that day as `since`;
    `code` is a path or an expression that tells a row.
    """

    unit = "bản ghi"

    def __init__(self, model, past: Callable[[dt.date], QuerySet], code="code"):
        self.model, self.past = model, past
        self.code = F(code) if isinstance(code, str) else code

    def rows(self, day: dt.date) -> QuerySet:
        """Return the rows in the order they are listed, as values `(pk, told, since)`."""
        rows = self.past(day).annotate(told=self.code).order_by("since", "pk")
        return rows.values_list("pk", "told", "since")

    def counted(self, day: dt.date) -> QuerySet:
        return self.past(day)

    def dispose(self, keys: list[int], doing: Doing) -> dict[int, str]:
        """Delete or blank the rows, and what the trail tells of them. Return `{key: why it stays}`
        of those that something still needs. Inside the caller's transaction."""
        raise NotImplementedError


def chunks(keys: list[int]) -> Iterable[list[int]]:
    return (keys[start : start + CHUNK] for start in range(0, len(keys), CHUNK))


class Deleted(Kind):
    def dispose(self, keys, doing):
        left = {}
        for part in chunks(keys):
            if self.is_needed(part):
                left.update({key: NEEDED for key in part if self.is_needed([key])})
        blank(self.model, (key for key in keys if key not in left))
        return left

    def is_needed(self, keys):
        """Delete rows; tell whether a link protects one of them, so that none was deleted."""
        try:
            with transaction.atomic():
                self.model.objects.filter(pk__in=keys).delete()
        except ProtectedError:
            return True
        return False


class Emptied(Kind):
    """Rows of which some fields are emptied."""

    def __init__(self, model, past, *fields):
        super().__init__(model, past)
        self.fields = fields

    def dispose(self, keys, doing):
        for part in chunks(keys):
            self.model.objects.filter(pk__in=part).update(**dict.fromkeys(self.fields, ""))
        blank(self.model, keys, self.fields)
        return {}


class Businesses(Emptied):
    """A closed business keeps what it was and where; who answered for it and was met there goes."""

    def dispose(self, keys, doing):
        for part in chunks(keys):
            notes = LiaisonNote.objects.filter(business__in=part).exclude(met_with="")
            met = list(notes.values_list("pk", flat=True))
            notes.update(met_with="")
            blank(LiaisonNote, met)
        return super().dispose(keys, doing)


class Parties(Deleted):
    """Each incident's log tells that they are gone."""

    def dispose(self, keys, doing):
        owners = [
            set(IncidentParty.objects.filter(pk__in=part).values_list("incident", flat=True))
            for part in chunks(keys)
        ]
        left = super().dispose(keys, doing)
        for incident in Incident.objects.filter(pk__in=set().union(*owners)).order_by("pk"):
            title = "Tiêu huỷ thông tin người báo tin, bị hại"
            log.write(incident, IncidentEntry.Kind.PARTY, title, doing.at, doing.words)
        return left


class Files(Kind):
    """The file and its name go after the commit; that there was one stays, with its digest."""

    def dispose(self, keys, doing):
        rows = Attachment.objects.filter(pk__in=keys)
        for row in rows.filter(removed_at=None).select_related("incident").order_by("pk"):
            handling.put_away(row, reason=doing.words, at=doing.at)
        rows.exclude(note="").update(note="")
        blank(Attachment, keys)
        return {}


class Journals(Kind):
    """What a batch wrote over is forgotten, so that it can be undone no more; the batch stays."""

    unit = "lần nhập"

    def dispose(self, keys, doing):
        ImportJournal.objects.filter(batch__in=keys).delete()
        return {}


class AuditMonths(Kind):
    """The trail goes month by month: the key is the year and month, 201611; entries stay."""

    unit = "tháng nhật ký"

    def __init__(self):
        super().__init__(AuditEntry, self.entries, "pk")

    @staticmethod
    def entries(day):
        """Return the entries with values of the months that were over on `day`."""
        return AuditEntry.objects.filter(at__lt=moment(day.replace(day=1))).exclude(values="")

    def rows(self, day):
        months = (
            self.entries(day)
            .order_by()
            .annotate(month=TruncMonth("at", tzinfo=TZ))
            .values("month")
            .annotate(n=Count("pk"))
            .order_by("month")
        )
        return [
            (
                row["month"].year * 100 + row["month"].month,
                f"{row['month']:%m/%Y} ({row['n']} mục)",
                add_months(row["month"].date(), 1) - dt.timedelta(days=1),
            )
            for row in months
        ]

    def dispose(self, keys, doing):
        for key in keys:
            first = dt.date(key // 100, key % 100, 1)
            blank_between(moment(first), moment(add_months(first, 1)))
        return {}


def moment(day: dt.date) -> dt.datetime:
    """Return the moment a day begins here."""
    return dt.datetime.combine(day, dt.time(), TZ)


# --- which rows -----------------------------------------------------------------------------------


def numbered(code, word):
    """Tell one of several rows of a record: "VV-2026-0004 · tệp 12"."""
    key = Cast("pk", CharField())
    return Concat(F(code), Value(f" · {word} "), key, output_field=CharField())


def since(rows, name, day):
    return rows.annotate(since=F(name)).filter(since__lte=day)


def residents(day):
    """Return who left or died, an alias with the person it stands for, while a contact is kept."""
    person = Coalesce(OuterRef("same_as"), OuterRef("pk"))
    stays = Residence.objects.filter(resident=person).order_by()
    last = stays.values("resident").annotate(day=Max("ended_on")).values("day")
    rows = Resident.objects.exclude(phone="", note="").filter(~Exists(stays.current()))
    return rows.annotate(since=Subquery(last)).filter(since__lte=day)


def businesses(day):
    closing = StateChange.objects.filter(business=OuterRef("pk"), state=Business.State.CLOSED)
    closed_on = closing.order_by("-changed_on", "-pk").values("changed_on")[:1]
    met = LiaisonNote.objects.filter(business=OuterRef("pk")).exclude(met_with="")
    kept = ~Q(responsible_name="", phone="", note="") | Exists(met)
    rows = Business.objects.filter(kept, state=Business.State.CLOSED)
    return rows.annotate(since=Subquery(closed_on)).filter(since__lte=day)


def written_batches(day):
    rows = ImportBatch.objects.filter(Exists(ImportJournal.objects.filter(batch=OuterRef("pk"))))
    return rows.annotate(since=TruncDate("written_at", tzinfo=TZ)).filter(since__lte=day)


def of_closed(rows, day):
    closed = rows.filter(incident__state=Incident.State.CLOSED)
    return since(closed, "incident__closed_on", day)


KINDS: dict[str, Kind] = {
    RecordType.RESIDENT: Emptied(Resident, residents, "phone", "note"),
    RecordType.ABSENCE: Deleted(
        Absence, lambda day: since(Absence.objects.all(), "returned_on", day)
    ),
    RecordType.STAY_NOTICE: Deleted(
        StayNotice, lambda day: since(StayNotice.objects.all(), "leaves_on", day)
    ),
    RecordType.BUSINESS: Businesses(Business, businesses, "responsible_name", "phone", "note"),
    RecordType.QUESTION: Deleted(
        Question, lambda day: since(Question.objects.all(), "done_on", day)
    ),
    RecordType.INCIDENT_PARTY: Parties(
        IncidentParty,
        lambda day: of_closed(IncidentParty.objects.all(), day),
        numbered("incident__code", "người"),
    ),
    RecordType.INCIDENT_FILE: Files(
        Attachment,
        # One that was taken out by hand keeps its note until then.
        lambda day: of_closed(Attachment.objects.exclude(removed_at__isnull=False, note=""), day),
        numbered("incident__code", "tệp"),
    ),
    RecordType.CORRECTION: Deleted(
        CorrectionRequest, lambda day: since(CorrectionRequest.objects.all(), "done_on", day)
    ),
    RecordType.IMPORT: Journals(ImportBatch, written_batches),
    RecordType.AUDIT: AuditMonths(),
}
