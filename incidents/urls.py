from incidents.views import handling, handovers, incidents, steps, trends

urlpatterns = [
    *trends.urlpatterns,
    *incidents.urlpatterns,
    *steps.urlpatterns,
    *handling.urlpatterns,
    *handovers.urlpatterns,
]
