"""Every address of the portal. Apps hand in their records' addresses; nothing is typed twice."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path

from kylien.core.views import no_redirect

admin.autodiscover()
admin.site.login = secure_admin_login(admin.site.login)  # one door: the portal's own sign-in
admin.site.index_title = "Chọn sổ để nhập liệu"

handler500 = "kylien.core.errors.server_error"

urlpatterns = [
    path("", include("kylien.portal.urls")),
    path("", include("kylien.accounts.urls")),
    path("", include("kylien.audit.urls")),
    path("", include("businesses.urls")),
    path("", include("households.urls")),
    path("", include("selfgov_groups.urls")),
    path("", include("outreach.urls")),
    path("", include("incidents.urls")),
    path("", include("reports.urls")),
    path("", include("imports.urls")),
    path("", include("retention.urls")),
    path("admin/r/<path:rest>", no_redirect, name="no-redirect"),
    path("admin/", admin.site.urls),
]
