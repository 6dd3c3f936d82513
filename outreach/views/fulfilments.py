"""The times that commitments fell due, of all resolutions: what figures of joint work open."""

from kylien.core.records import RecordView, Role
from outreach.fulfilment_list import FulfilmentFilterSet, FulfilmentTable, progress
from outreach.models import Fulfilment


class FulfilmentView(RecordView):
    """A list alone: a time is noted on its resolution's page."""

    model = Fulfilment
    table_class = FulfilmentTable
    filterset_class = FulfilmentFilterSet
    url_prefix = "fulfilments"
    people_per_row = 0
    title = "Thực hiện cam kết"
    counted = "lần đến hạn"
    roles = (Role.LIST,)
    empty_hint = "Cam kết và từng lần thực hiện ghi ngay trên trang của nghị quyết."

    def load(self, keys):
        related = ("commitment__resolution", "commitment__partner", "led_by")
        rows = list(super().load(keys).select_related(*related))
        for row in rows:
            row.progress = progress(row, self.request.today)
        return rows


urlpatterns = FulfilmentView.get_urls()
