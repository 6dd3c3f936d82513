from incidents import filters, tables
from incidents.forms.incidents import IncidentForm
from incidents.models import Incident
from kylien.core.records import RecordView, Role


class IncidentView(RecordView):
    model = Incident
    table_class = tables.IncidentTable
    filterset_class = filters.IncidentFilterSet
    form_class = IncidentForm
    detail_fields = (
        "type",
        "state",
        "occurred_at",
        "neighbourhood",
        "place",
        "channel",
        "reporting_group",
        "business",
        "size_band",
        "measure",
        "summary",
        "result",
        "resolved_on",
        "file_number",
        "created_by",
    )
    url_prefix = "incidents"
    title = "Vụ việc"
    create_label = "Ghi vụ việc"
    empty_hint = "Bấm Ghi vụ việc khi có tin báo, hoặc bỏ bớt điều kiện lọc."
    roles = (Role.LIST, Role.CREATE, Role.DETAIL, Role.UPDATE)

    def facts(self, obj):
        """List what is recorded: most incidents need few of the fields."""
        return [(label, value) for label, value in super().facts(obj) if value != "—"]

    def detail_context(self, obj):
        return {"title": obj.type.name}


urlpatterns = IncidentView.get_urls()
