from businesses.views import businesses, certificates, dealings, inspections, returns, sectors

urlpatterns = [
    *businesses.urlpatterns,
    *certificates.urlpatterns,
    *dealings.urlpatterns,
    *inspections.urlpatterns,
    *returns.urlpatterns,
    *sectors.urlpatterns,
]
