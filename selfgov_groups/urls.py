from selfgov_groups.views import evaluation, groups, life, life_lists, rosters

urlpatterns = [
    *groups.urlpatterns,
    *life.urlpatterns,
    *life_lists.urlpatterns,
    *rosters.urlpatterns,
    *evaluation.urlpatterns,
]
