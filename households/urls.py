from households.views import absences, acts, bulk, duplicates, entry, households, people, stays

urlpatterns = [
    *entry.urlpatterns,
    *households.urlpatterns,
    *bulk.urlpatterns,
    *people.urlpatterns,
    *acts.urlpatterns,
    *stays.urlpatterns,
    *absences.urlpatterns,
    *duplicates.urlpatterns,
]
