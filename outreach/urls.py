from outreach.views import (
    activities,
    awards,
    campaigns,
    coverage,
    directives,
    fulfilments,
    hub,
    partners,
    plans,
    resolutions,
)

urlpatterns = [
    *hub.urlpatterns,
    *plans.urlpatterns,
    *activities.urlpatterns,
    *coverage.urlpatterns,
    *partners.urlpatterns,
    *resolutions.urlpatterns,
    *fulfilments.urlpatterns,
    *campaigns.urlpatterns,
    *awards.urlpatterns,
    *directives.urlpatterns,
]
