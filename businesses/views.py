from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.views.generic import View

from businesses import filters, forms, tables
from businesses.models import Business, Certificate
from kylien.core.records import RecordView, ScopedMixin

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


class AddCertificate(ScopedMixin, View):
    """Enter a new paper from the row on a business's page; a refused one gets a page of its own."""

    model = Business

    def post(self, request, pk):
        business = self.row()
        if not request.user.has_perm(ADD_CERTIFICATE):
            raise PermissionDenied
        form = forms.CertificateForm(
            request.POST, business=business, user=request.user, on=request.today, prefix="c"
        )
        if form.save_or_refuse():
            messages.success(request, f"Đã ghi {form.instance}.")
            return HttpResponseRedirect(business.get_absolute_url() + "#certificates")
        context = {
            "form": form,
            "title": f"Thêm giấy tờ của {business.name}",
            "cancel_url": business.get_absolute_url(),
            "submit_label": "Thêm giấy",
        }
        return render(request, "records/form.html", context, status=422)


class EditCertificate(ScopedMixin, View):
    """Mend, extend or revoke one paper."""

    model = Certificate
    verb = "change"

    def form(self, row, data=None):
        return forms.CertificateForm(
            data, instance=row, user=self.request.user, on=self.request.today
        )

    def get(self, request, pk):
        row = self.row(self.rows.select_related("business"))
        return self.page(row, self.form(row))

    def post(self, request, pk):
        with transaction.atomic():
            locked = self.rows.select_for_update(of=("self",))
            row = self.row(locked.select_related("business"))
            form = self.form(row, request.POST)
            if form.save_or_refuse():
                messages.success(request, f"Đã lưu {row}.")
                return HttpResponseRedirect(row.business.get_absolute_url() + "#certificates")
            return self.page(row, form, status=422)

    def page(self, row, form, status=200):
        context = {
            "form": form,
            "title": f"Sửa giấy tờ của {row.business.name}",
            "cancel_url": row.business.get_absolute_url(),
            "submit_label": "Lưu",
            "stale": form.stale,
            "stale_at": row.changed_at,
            "list_url": row.business.get_absolute_url(),
            "list_title": row.business.name,
        }
        return render(self.request, "records/form.html", context, status=status)
