from imports.views import batches, reading, writing

urlpatterns = [*batches.urlpatterns, *reading.urlpatterns, *writing.urlpatterns]
