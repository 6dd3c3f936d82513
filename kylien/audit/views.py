import datetime as dt

from django.db.models import Sum
from django.shortcuts import render
from django.urls import reverse
from django.views.generic import View

from kylien.areas.models import Ward
from kylien.audit.filters import AuditFilterSet
from kylien.audit.forms import HeadForm
from kylien.audit.models import AuditEntry, AuditLink
from kylien.audit.tables import AuditTable
from kylien.audit.trail import Told, noun, who
from kylien.core import text
from kylien.core.changes import trail
from kylien.core.periods import Period
from kylien.core.records import RecordView, Role, ScopedMixin


class AuditEntryView(RecordView):
    """The trail, for the chief: a list and its export. Nothing here is changed by anybody."""

    model = AuditEntry
    table_class = AuditTable
    filterset_class = AuditFilterSet
    url_prefix = "audit"
    title = "Nhật ký"
    roles = (Role.LIST,)

    def load(self, keys):
        """Put a page's entries into words together: one query a related model, not one a row."""
        entries = list(super().load(keys))
        told = Told(entries)
        for entry in entries:
            entry.who, entry.noun = who(entry), noun(entry)
            reason = f"Lý do: {entry.reason}" if entry.reason else ""
            entry.told = ". ".join(part for part in (told.content(entry), reason) if part)
        return entries


class Trail:
    """The list that the paper with a day's digest leads back to."""

    def __str__(self):
        return AuditEntryView.title

    def get_absolute_url(self):
        return reverse("auditentry-list")


class HeadOfDay(ScopedMixin, View):
    """The digest on which the chain stood at a day's end, on one page to print and file.

    Kept outside the portal, it shows whether somebody wrote the trail anew: `verify_audit --head`.
    """

    model = AuditEntry

    def get(self, request):
        given = {"day": text.format_date(request.today), **request.GET.dict()}
        form = HeadForm(given, on=request.today)
        day = form.cleaned_data["day"] if form.is_valid() else None
        context = {
            "title": "Mã niêm phong nhật ký",
            "record": Trail(),
            "form": form,
            "day": day,
            "dated": text.day_in_words(request.today),
            "unit": Ward.objects.of(request.today),
            **(self.facts(day) if day else {}),
        }
        return render(request, "audit/head.html", context, status=200 if day else 422)

    def facts(self, day):
        """Return the day's last link with what stands before it, and record that it is taken."""
        period = Period(day, day + dt.timedelta(days=1))
        links = AuditLink.objects.filter(at__lt=period.end_at)
        link = links.defer("entries").order_by("-number").first()
        if link is None:
            return {"link": None}
        sealed = links.filter(number__lte=link.number).aggregate(sum=Sum("count"))["sum"]
        facts = {
            "link": link,
            "groups": [link.digest[n : n + 8] for n in range(0, 64, 8)],
            "sealed": text.format_number(sealed),
            "written": text.format_number(self.rows.within(period).count()),
        }
        filters = {"Mã niêm phong cuối ngày": text.format_date(day), "Mắt xích": str(link.number)}
        trail().reading(AuditEntry, "print", filters=filters)
        return facts
