from businesses import filters, forms, tables
from businesses.models import Business, Certificate
from kylien.core.records import PartView, RecordView

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
        }


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
