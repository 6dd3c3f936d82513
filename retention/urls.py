from retention.views import corrections, disposals

urlpatterns = [*disposals.URLS, *corrections.URLS]
