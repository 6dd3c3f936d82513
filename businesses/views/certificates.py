"""Papers of a business: entered, mended, issued by the ward, revoked."""

from django.core.exceptions import ValidationError
from django.http import HttpResponseRedirect
from django.urls import path

from businesses import services
from businesses.forms.certificates import CertificateForm, IssueForm, RevokeForm
from businesses.models import Business, Certificate, PaperKind
from businesses.views.rights import ADD_CERTIFICATE
from kylien.core.records import PartView


class AddCertificate(PartView):
    """Enter a paper that others have issued (`?kind=fire`)."""

    model = Business
    rights = (ADD_CERTIFICATE,)
    relations = ("sector",)
    anchor = "#certificates"
    submit_label = "Thêm giấy"
    once = True

    def form(self, part, data=None):
        form = CertificateForm(data, business=part, user=self.request.user, on=self.request.today)
        kind = self.request.GET.get("kind", "")
        if kind in {one.code for one in PaperKind.objects.all()}:
            form.initial["kind"] = kind
        return form

    def title(self, part):
        return f"Thêm giấy tờ của {part.name}"

    def done(self, saved):
        return f"Đã ghi {saved}."


class IssueCertificate(PartView):
    """Issue a paper by the ward police itself."""

    model = Business
    rights = (ADD_CERTIFICATE,)
    relations = ("sector",)
    anchor = "#certificates"
    submit_label = "Cấp giấy"
    template = "businesses/certificate_issue.html"
    locks, once = False, True  # the service locks the business

    def form(self, part, data=None):
        return IssueForm(data, business=part, user=self.request.user, on=self.request.today)

    def title(self, part):
        return f"Cấp giấy cho {part.name}"

    def page_context(self, part):
        return {"hindrances": self.hindrances(part), "business": part}

    def hindrances(self, business):
        """Say why the ward may issue no paper to `business` today; nothing where it may."""
        if business.state == Business.State.CLOSED:
            return ["Cơ sở đã đóng cửa: không cấp giấy."]
        kinds = {rule.kind_id for rule in business.sector.paper_rules.all() if rule.ward_issues}
        if not kinds:
            return [f"Công an phường không cấp giấy nào cho ngành {business.sector}."]
        found = []
        for kind in sorted(kinds):
            try:
                services.issuing_rule(business, kind, self.request.today)
            except ValidationError as error:
                found += error.messages
            else:
                return []
        return found

    def done(self, saved):
        return f"Đã cấp {saved}."


class EditCertificate(PartView):
    """Mend or extend one paper, or the words of its revocation."""

    model = Certificate
    verb = "change"
    relations = ("business__sector", "kind")
    form_class = CertificateForm
    anchor = "#certificates"

    def record(self, part):
        return part.business

    def title(self, part):
        return f"Sửa {part}"

    def done(self, saved):
        return f"Đã lưu {saved}."


class RevokeCertificate(PartView):
    """Revoke one paper from a day on."""

    model = Certificate
    verb = "change"
    relations = ("business", "kind")
    form_class = RevokeForm
    anchor = "#certificates"
    submit_label = "Thu hồi"
    locks, once = False, True  # the service locks the paper

    def get(self, request, pk):
        part = self.target(self.rows)
        if part.revoked_on:
            return HttpResponseRedirect(self.after(part, part))
        return self.page(part, self.form(part))

    def record(self, part):
        return part.business

    def title(self, part):
        return f"Thu hồi {part}"

    def done(self, saved):
        return f"Đã thu hồi {saved}."


urlpatterns = [
    path(
        "businesses/<int:pk>/certificates/",
        AddCertificate.as_view(),
        name="business-add-certificate",
    ),
    path("businesses/<int:pk>/issue/", IssueCertificate.as_view(), name="business-issue"),
    path("certificates/<int:pk>/edit/", EditCertificate.as_view(), name="certificate-update"),
    path("certificates/<int:pk>/revoke/", RevokeCertificate.as_view(), name="certificate-revoke"),
]
