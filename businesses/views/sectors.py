"""Pages by sector: what the businesses lack, what has run out, what is to be done."""

import datetime as dt
from dataclasses import dataclass, field
from urllib.parse import urlencode

from django.db.models import (
    Count,
    Exists,
    OuterRef,
    Prefetch,
    Subquery,
)
from django.shortcuts import get_object_or_404, render
from django.urls import path, reverse
from django.views.generic import View

from businesses import filters, rules, tables
from businesses.casefile import read_law
from businesses.models import (
    Business,
    BusinessRule,
    Certificate,
    Inspection,
    InspectionFinding,
    LiaisonNote,
    QuarterlyReturn,
    Sector,
)
from businesses.requirements import requirements
from kylien.core import text
from kylien.core.counts import count_all, count_by
from kylien.core.records import RecordView, Role, ScopedMixin

TOLD = ("papers", "last_held", "next_planned", "remedies", "returned", "contact", "workers")
# Fifty rows of all columns would be slower to make than to find.
READ = (
    "code",
    "name",
    "address",
    "state",
    "sector",
    "responsible_name",
    "security_unit",
    "neighbourhood__name",
    "fire_group__name",
)
READ_OF_PAPERS = ("business", "kind", "issued_on", "expires_on", "revoked_on")
TODAYS = ("next_planned", "remedies", "returned", "contact", "workers")
PAPERS = ("lacking", "missing", "expired", "renewing")
TONES = {  # what is counted of a sector, in the order of the page
    "trading": "",
    "lacking": "late",
    "missing": "late",
    "expired": "late",
    "renewing": "due",
    "check": "due",
    "inspect": "",
    "planned": "",
    "remedies": "due",
    "returns": "late",
    "contact": "due",
}
ON_OVERVIEW = [key for key in TONES if key != "lacking"]
ON_PAGE = [key for key in TONES if key not in ("missing", "expired", "planned")]


@dataclass(frozen=True)
class Figure:
    """A number of a sector, and the address of exactly its rows."""

    label: str
    tone: str
    number: int
    url: str


def labels(clock):
    """Return what each figure is called on the day."""
    return {
        "trading": "Cơ sở",
        "lacking": "Thiếu, hết hạn giấy",
        "missing": "Thiếu giấy",
        "expired": "Giấy hết hạn",
        "renewing": "Sắp hết hạn",
        "check": "Chờ hậu kiểm",
        "inspect": f"Chưa kiểm tra {clock.on.year}",
        "planned": "Đã có kế hoạch",
        "remedies": "Hạn khắc phục",
        "returns": f"Chưa nộp {rules.in_words(clock.quarter)}",
        "contact": "Chưa xác nhận liên hệ",
    }


def rows_behind(key, rows, clock):
    """Return the rows behind a figure, as the sector's list filters them."""
    if key in filters.WORK:
        return filters.WORK[key][1](rows, clock)
    return getattr(rows.trading(), key)(clock.on) if key in PAPERS else rows.trading()


def link(sector, key):
    """Return the address of the rows behind a figure."""
    asked = {"papers": key} if key in PAPERS else {"work": key} if key in filters.WORK else {}
    url = reverse("sector-list", args=[sector.code])
    return f"{url}?{urlencode(asked)}" if asked else url


def standing(sector, day):
    """Tell whether a sector is conditional on `day`, and the sentence with the basis."""
    rule = sector.rule_on(day)
    if rule:
        return True, f"Có điều kiện về ANTT ({rule.legal_basis})"
    last = sector.freed_by(day)
    if last:
        since = text.format_date(last.valid_to)
        return False, f"Không còn điều kiện về ANTT từ {since} ({last.legal_basis})"
    return False, "Không có điều kiện về ANTT"


def clock_on(on, book):
    return filters.Clock(on, rules.quarter_to_collect(on, book), rules.contact_since(on, book))


@dataclass
class OverviewRow:
    """A sector on the overview, with its figures in the order of `ON_OVERVIEW`."""

    sector: Sector
    conditional: bool
    told: str
    figures: list[Figure]


class SectorOverview(ScopedMixin, View):
    """Every sector, and how many of its businesses need what."""

    model = Business

    def get(self, request):
        on = request.today
        clock = clock_on(on, BusinessRule.objects.book())
        names = labels(clock)
        counts = count_by(
            {key: (rows_behind(key, self.rows, clock), "sector") for key in ON_OVERVIEW}
        )
        sectors = Sector.objects.visible_to(request.user).prefetch_related("rules")
        rows, others = [], []
        for sector in sectors:
            conditional, told = standing(sector, on)
            figures = [
                Figure(
                    names[key],
                    TONES[key],
                    counts[key].get(sector.pk, 0),
                    self.link(sector, key, clock),
                )
                for key in ON_OVERVIEW
            ]
            row = OverviewRow(sector, conditional, told, figures)
            (rows if any(figure.number for figure in figures) else others).append(row)
        context = {
            "title": "Ngành nghề",
            "heads": [names[key] for key in ON_OVERVIEW],
            "rows": rows,
            "others": others,
            "today": on,
        }
        return render(request, "businesses/sectors.html", context)

    def link(self, sector, key, clock):
        """Missing returns are noted on the page of returns, so they are listed there."""
        may = self.request.user.has_perm("businesses.view_quarterlyreturn")
        if key != "returns" or not may:
            return link(sector, key)
        asked = {"quarter": clock.quarter, "sector": sector.pk, "state": "missing"}
        return f"{reverse('quarterlyreturn-list')}?{urlencode(asked)}"


@dataclass
class Told:
    """What the list of a sector tells of a business on the day, each as its cell takes it."""

    papers: list[tuple[str, str]] = field(default_factory=list)
    last_held: dt.date | None = None
    next_planned: dt.date | None = None
    remedies: tuple[str, str] | None = None
    returned: tuple[str, str] | None = None
    contact: tuple[str, str] | None = None
    workers: int | None = None


class SectorView(RecordView):
    """The businesses of one sector: what each lacks, when it was looked at, what it owes."""

    model = Business
    table_class = tables.SectorTable
    filterset_class = filters.SectorFilterSet
    roles = (Role.LIST,)
    url_prefix = "sectors"
    url_name = "sector"

    @classmethod
    def get_urls(cls):
        view = cls.as_view(role=Role.LIST, verb=Role.LIST.verb)
        return [path(f"{cls.url_prefix}/<slug:code>/", view, name="sector-list")]

    def url(self, role, *args):
        return reverse("sector-list", args=[self.sector.code])

    def heading(self):
        return self.sector.name

    # --- the sector and its law, in as few queries as the page can spare ---
    def base_rows(self, rows):
        self.read_sector(self.kwargs["code"], self.request.today)
        self.url_prefix = f"sector-{self.sector.code}"  # names the file of an export
        return rows.filter(sector=self.sector)

    def read_sector(self, code, on):
        """Read the sector with its rules and the law's numbers. Raises Http404."""
        sectors = Sector.objects.visible_to(self.request.user)
        self.sector = get_object_or_404(sectors, code=code)
        self.clock = clock_on(on, read_law(self.sector))
        self.paper_rules = self.sector.paper_rules.all()

    def owes(self, day):
        return any(rule.holds_on(day) and rule.quarterly_return for rule in self.sector.rules.all())

    @property
    def fitting(self):
        """Name the figures that make sense in the sector today."""
        on = self.clock.on
        fits = {"trading", "remedies", "check"}
        if any(rule.holds_on(on) for rule in self.paper_rules):
            fits |= {*PAPERS}
        if standing(self.sector, on)[0]:
            fits |= {"inspect", "planned"}
        if self.owes(self.clock.quarter.last_day):
            fits.add("returns")
        if self.sector.keeps_contact:
            fits.add("contact")
        return [key for key in TONES if key in fits]

    # --- the list ---
    def filtered(self, data):
        filterset = self.filterset_class(
            data,
            queryset=self.rows,
            request=self.request,
            sector=self.sector,
            clock=self.clock,
            work=[key for key in self.fitting if key in filters.WORK],
            papers=bool(self.paper_rules),
        )
        self.day = filterset.day
        return filterset

    @property
    def counted(self):
        """The day's standing under the law stands beside the number of rows."""
        told = standing(self.sector, self.day)[1]
        if self.day != self.clock.on:
            told = f"Ngày {text.format_date(self.day)}: {told[:1].lower()}{told[1:]}"
        return f"cơ sở. {told}."

    def misfits(self):
        """Name the columns that do not fit the sector or the day asked for."""
        conditional = standing(self.sector, self.day)[0]
        out = set()
        if not self.sector.keeps_contact:
            out |= {"responsible_name", "contact", "workers", "security_unit"}
        elif not conditional:
            out |= {"last_held", "next_planned", "remedies"}
        if self.sector.keeps_contact and not self.paper_rules:
            out.add("papers")
        if conditional or self.paper_rules:
            out.add("fire_group")
        if not self.owes(self.clock.quarter.last_day):
            out.add("returned")
        if not self.request.user.has_perm("households.view_residence"):
            out.add("workers")
        return out.union(TODAYS) if self.day != self.clock.on else out

    def ordered_table(self, filterset, data):
        self.left_out = self.misfits()
        table = self.table_class(filterset.qs, on=self.day, exclude=tuple(self.left_out))
        if "papers" not in self.left_out and self.day != self.clock.on:
            heading = f"Giấy tờ ngày {text.format_date(self.day)}"
            table.columns["papers"].column.verbose_name = heading
        return table, table.ordered(data.get("sort"))

    def paginator(self, rows):
        """Count the rows and the figures together."""
        paginator = super().paginator(rows)
        shown = () if self.request.htmx else ON_PAGE
        keys = [key for key in self.fitting if key in shown]
        figures = {key: rows_behind(key, self.rows, self.clock) for key in keys}
        self.counts = count_all({"listed": rows, **figures})
        paginator.count = self.counts["listed"]
        return paginator

    def list_context(self):
        names = labels(self.clock)
        rare = () if standing(self.sector, self.clock.on)[0] else ("remedies",)
        figures = [
            Figure(names[key], TONES[key], self.counts[key], link(self.sector, key))
            for key in self.fitting
            if key in self.counts and (self.counts[key] or key not in rare)
        ]
        return {
            "sector": self.sector,
            "figures": figures if len(figures) > 1 else [],
            "back_url": reverse("sector-overview"),
        }

    # --- what is told of each ---
    def load(self, keys):
        shown = {name for name in TOLD if name not in self.left_out}
        rows = Business.objects.filter(pk__in=keys).select_related("neighbourhood", "fire_group")
        rows = rows.only(*READ).annotate(**self.answers(shown))
        if "papers" in shown:
            papers = Certificate.objects.order_by("-issued_on", "-pk")
            if self.paper_rules:
                papers = papers.only(*READ_OF_PAPERS)
            else:
                papers = papers.select_related("kind")
            rows = rows.prefetch_related(Prefetch("certificates", papers))
        workers = self.workers(keys) if "workers" in shown else {}
        found = list(rows)
        for row in found:
            row.sector = self.sector
            row.told = self.tell(row, shown, workers.get(row.pk, 0))
        return found

    def answers(self, shown):
        """Return what is read beside each row, by name."""
        of_row, quarter = {"business": OuterRef("pk")}, self.clock.quarter
        inspections = Inspection.objects.filter(**of_row)
        found = {}
        if "last_held" in shown:
            held = inspections.filter(held_on__lte=self.day).order_by("-held_on")
            found["held_on"] = Subquery(held.values("held_on")[:1])
        if "next_planned" in shown:
            planned = inspections.open().order_by("planned_on")
            found["planned_on"] = Subquery(planned.values("planned_on")[:1])
        if "remedies" in shown:
            findings = InspectionFinding.objects.filter(
                inspection__business=OuterRef("pk"), mended_on=None
            )
            found["remedy_due"] = Subquery(findings.order_by("due_on").values("due_on")[:1])
        if "returned" in shown:
            came = QuarterlyReturn.objects.filter(
                **of_row, year=quarter.year, quarter=quarter.number
            )
            owing = Business.objects.expected_to_report(quarter).filter(pk=OuterRef("pk"))
            found["received_on"] = Subquery(came.values("received_on")[:1])
            found["owed"] = Exists(owing)
        if "contact" in shown:
            notes = LiaisonNote.objects.filter(**of_row, confirms_contact=True)
            found["confirmed_on"] = Subquery(notes.order_by("-met_on").values("met_on")[:1])
        return found

    def workers(self, keys):
        """Count, of each business, those whom the user sees who work there and stay for a time."""
        stays = Business.employed_residences.rel.related_model.objects
        rows = stays.visible_to(self.request.user).temporary().current().filter(employer__in=keys)
        return dict(rows.order_by().values_list("employer").annotate(Count("pk")))

    def tell(self, row, shown, workers):
        told = Told(workers=workers)
        if "papers" in shown:
            told.papers = self.tell_papers(row)
        if "last_held" in shown:
            told.last_held = row.held_on
        if "next_planned" in shown:
            told.next_planned = row.planned_on
        if "remedies" in shown and row.remedy_due:
            told.remedies = InspectionFinding(due_on=row.remedy_due).badge(self.clock.on)
        if "returned" in shown:
            told.returned = self.tell_return(row)
        if "contact" in shown:
            told.contact = self.tell_contact(row)
        return told

    def tell_papers(self, row):
        """List what is wrong with the required papers; where none is required, with those held."""
        required = requirements(row, self.day)
        if required:
            wrong = [("late" if r.lacks else "due", r.sentence) for r in required if r.sentence]
            return wrong or [("ok", "Đủ giấy")]
        return [] if self.paper_rules else self.tell_held(row)

    def tell_held(self, row):
        newest = {}
        for paper in row.certificates.all():
            if paper.issued_on <= self.day and not paper.revoked_on:
                newest.setdefault(paper.kind_id, paper)
        found = []
        for paper in newest.values():
            tone, _ = paper.badge(self.day)
            word = {"due": " sắp hết hạn ", "late": " hết hạn "}.get(tone)
            until = f"{word}{text.format_date(paper.expires_on)}" if word else ""
            found.append((tone, f"{paper.kind.name}{until}"))
        return found

    def tell_return(self, row):
        if row.received_on:
            return "ok", text.format_date(row.received_on)
        if not row.owed:
            return None
        late = self.clock.on > self.clock.quarter.last_day
        return ("late" if late else "due"), "Chưa nộp"

    def tell_contact(self, row):
        if not row.confirmed_on:
            return "late", "Chưa xác nhận"
        known = row.confirmed_on >= self.clock.contact_since
        return ("ok" if known else "due"), text.format_date(row.confirmed_on)


urlpatterns = [
    path("sectors/", SectorOverview.as_view(), name="sector-overview"),
    *SectorView.get_urls(),
]
