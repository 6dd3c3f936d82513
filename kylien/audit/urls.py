from kylien.audit.views import AuditEntryView

urlpatterns = [*AuditEntryView.get_urls()]
