from django.urls import path

from kylien.audit.views import AuditEntryView, HeadOfDay

urlpatterns = [
    *AuditEntryView.get_urls(),
    path("audit/head/", HeadOfDay.as_view(), name="audit-head"),
]
