from incidents import views

urlpatterns = views.IncidentView.get_urls()
