from django.core.exceptions import PermissionDenied
from django.http import JsonResponse
from django.views.generic import View

from businesses import filters, forms, tables
from businesses.models import Business, Certificate
from kylien.core import text
from kylien.core.counts import count_all
from kylien.core.records import PartView, RecordView, ScopedMixin

ADD_CERTIFICATE = "businesses.add_certificate"
CHANGE_CERTIFICATE = "businesses.change_certificate"


class BusinessView(RecordView):
    model = Business
    table_class = tables.BusinessTable
    filterset_class = filters.BusinessFilterSet
    form_class = forms.BusinessForm
    detail_fields = (
        "sector",
        "state",
        "address",
        "neighbourhood",
        "responsible_name",
        "phone",
        "opened_on",
        "note",
    )
    url_prefix = "businesses"
    create_label = "Thêm cơ sở"
    empty_hint = "Bấm Thêm cơ sở để ghi cơ sở đầu tiên, rồi thêm giấy tờ trên trang của cơ sở."

    def option_rows(self, rows):
        return rows.trading()

    def detail_context(self, obj):
        on, user = self.request.today, self.request.user
        security = obj.certificates.valid_on(on).filter(kind=Certificate.Kind.SECURITY)
        return {
            "conditional": obj.sector.is_conditional(on),
            "licensed": security.exists(),
            "certificates": obj.papers(on),
            "may_add": user.has_perm(ADD_CERTIFICATE),
            "may_change": user.has_perm(CHANGE_CERTIFICATE),
            "certificate_form": forms.CertificateForm(business=obj, user=user, on=on, prefix="c"),
            "workers": self.workers(obj),
        }

    def workers(self, obj):
        """Count those who stay for a time and work or lodge here, as far as the user sees them;
        None for users who see none."""
        user = self.request.user
        if not user.has_perm("households.view_residence"):
            return None
        links = {"employer": obj.employed_residences, "lodging": obj.lodged_residences}
        counts = count_all(
            {key: rows.visible_to(user).temporary().current() for key, rows in links.items()}
        )
        words = {"employer": "Làm việc ở đây", "lodging": "Ở tại đây"}
        return [(word, name, counts[name]) for name, word in words.items()]


class EmployerOptions(ScopedMixin, View):
    """The picker of a tenant's employer: people work in other beats than they live in, so it finds
    trading businesses of the whole ward, by name, address or code, and tells no more of them."""

    model = Business
    rights = ("households.add_residence",)

    def get(self, request):
        if not request.user.has_perms(self.rights):
            raise PermissionDenied
        query = request.GET.get("q", "")
        words = text.tokens(query)
        if not words or text.holds_number(query):
            return JsonResponse({"results": []})
        found = []
        # The search also reads who is responsible there, who is not told beyond the beat.
        rows = Business.objects.trading().search(query).order_by("sort_key", "pk")
        for row in rows.only("code", "name", "address"):
            told = text.search_text(row.name, row.address, row.code, name=row.name)
            if all(word in told for word in words):
                found.append(row.as_option())
            if len(found) == 8:
                break
        return JsonResponse({"results": found})


class AddCertificate(PartView):
    """Enter a new paper from the row on a business's page; a refused one gets a page of its own."""

    model = Business
    rights = (ADD_CERTIFICATE,)
    anchor = "#certificates"
    submit_label = "Thêm giấy"
    once = True

    def form(self, part, data=None):
        return forms.CertificateForm(
            data, business=part, user=self.request.user, on=self.request.today, prefix="c"
        )

    def title(self, part):
        return f"Thêm giấy tờ của {part.name}"

    def done(self, saved):
        return f"Đã ghi {saved}."


class EditCertificate(PartView):
    """Mend, extend or revoke one paper."""

    model = Certificate
    verb = "change"
    relations = ("business",)
    form_class = forms.CertificateForm
    anchor = "#certificates"

    def record(self, part):
        return part.business

    def title(self, part):
        return f"Sửa giấy tờ của {part.business.name}"

    def done(self, saved):
        return f"Đã lưu {saved}."
