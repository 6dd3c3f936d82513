from incidents.views import incidents

urlpatterns = [
    *incidents.urlpatterns,
]
