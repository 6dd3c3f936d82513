"""Community models: plan, criteria with evidence, what was done, and carrying one over."""

from django.core.exceptions import PermissionDenied
from django.db.models import Count, Max, Q, Sum
from django.urls import path, reverse
from django.utils.html import format_html

from kylien.core import text
from kylien.core.records import PartView, RecordView, new_mark
from outreach import joint_filters, joint_tables
from outreach.forms import campaigns as forms
from outreach.models import Activity, Award, Campaign, CampaignCriterion

LISTED = 8  # activities on the page; their list holds all


def state_fact(badge):
    """Return how a record stands, `(tone, word)`, as the first of its facts."""
    return "Tình trạng", format_html('<span class="badge badge-{}">{}</span>', *badge)


class CampaignView(RecordView):
    model = Campaign
    table_class = joint_tables.CampaignTable
    filterset_class = joint_filters.CampaignFilterSet
    form_class = forms.CampaignForm
    detail_fields = (
        "kind",
        "neighbourhood",
        "started_on",
        "ended_on",
        "copied_from",
        "goal",
        "results",
    )
    url_prefix = "campaigns"
    people_per_row = 0
    title = "Mô hình"
    counted = "mô hình"
    create_label = "Lập mô hình"
    empty_hint = "Bấm Lập mô hình, rồi ghi các tiêu chí trên trang của mô hình."

    def facts(self, obj):
        """List what is recorded; a copy of a model outside the user's rows is told without link."""
        found = dict(super().facts(obj))
        if not obj.neighbourhood_id:
            found["Tổ dân phố"] = "Cả phường"
        source = obj.copied_from
        if source and not self.rows.filter(pk=source.pk).exists():
            found["Nhân rộng từ"] = source.code
        shown = [(label, value) for label, value in found.items() if value != "—"]
        return [state_fact(obj.badge(self.request.today)), *shown]

    def actions(self, obj):
        found = super().actions(obj)
        if self.allows("add"):
            url = reverse("campaign-copy", args=[obj.pk])
            found.append({"url": url, "label": "Nhân rộng", "icon": "copy"})
        return found

    def detail_context(self, obj):
        user, on = self.request.user, self.request.today
        may = user.has_perm
        kept = keeps(user, obj)
        criteria = list(obj.criteria.order_by("pk"))
        seen = Activity.objects.visible_to(user).filter(campaign=obj)
        held = Q(held_on__isnull=False)
        sums = seen.order_by().aggregate(
            held=Count("pk", filter=held),
            planned=Count("pk", filter=Q(held_on=None, cancelled_on=None)),
            came=Sum("attendance"),
            last=Max("held_on"),
        )
        copies = Campaign.objects.visible_to(user).filter(copied_from=obj)
        copies = list(copies.select_related("neighbourhood").order_by("started_on", "pk"))
        met = sum(1 for one in criteria if one.met_on)
        awards = Award.objects.visible_to(user).filter(campaign=obj).order_by("-proposed_on", "pk")
        form = forms.NewCriterionForm(
            instance=CampaignCriterion(campaign=obj), prefix=AddCriterion.prefix, user=user, on=on
        )
        last = text.format_date(sums["last"]) if sums["last"] else ""
        return {
            "criteria": criteria,
            "tiles": [
                ("Tiêu chí đạt", f"{met}/{len(criteria)}" if criteria else "0", ""),
                (
                    "Hoạt động đã tổ chức",
                    text.format_number(sums["held"]),
                    last and f"gần nhất {last}",
                ),
                ("Lượt người dự", text.format_number(sums["came"] or 0), ""),
                ("Nhân rộng", text.format_number(len(copies)), ""),
            ],
            "planned": sums["planned"],
            "activities": seen.filter(held).select_related("topic").order_by("-held_on")[:LISTED],
            "copies": [(one, one.badge(on)) for one in copies],
            "awards": awards if may("outreach.view_award") else [],
            "form": form if kept and may("outreach.add_campaigncriterion") else None,
            "may_edit": kept and may("outreach.change_campaigncriterion"),
            "once": new_mark(),
        }


def keeps(user, row):
    """Tell whether a row is this user's to keep: its neighbourhood decides, at no moment more than
    at another (`KeptByItsArea`)."""
    return row.changeable_by(user, None)


class KeptPart(PartView):
    """A form about a record, or a part of one, that is this user's to keep."""

    def target(self, rows):
        part = super().target(rows)
        if not keeps(self.request.user, self.record(part)):
            raise PermissionDenied
        return part


class AddCriterion(KeptPart):
    """A criterion more, from the row on the model's page."""

    model = Campaign
    rights = ("outreach.add_campaigncriterion",)
    form_class = forms.NewCriterionForm
    prefix = "criterion"
    anchor = "#criteria"
    submit_label = "Thêm tiêu chí"
    once = True

    def part(self, row):
        return CampaignCriterion(campaign=row)

    def record(self, part):
        return part.campaign

    def title(self, part):
        return f"Thêm tiêu chí: {part.campaign}"

    def done(self, saved):
        return "Đã thêm tiêu chí."


class EditCriterion(KeptPart):
    """Note that a criterion is met and by what, or mend it."""

    model = CampaignCriterion
    verb = "change"
    relations = ("campaign",)
    form_class = forms.CriterionForm
    anchor = "#criteria"

    def record(self, part):
        return part.campaign

    def title(self, part):
        return f"Tiêu chí của {part.campaign}"

    def done(self, saved):
        return "Đã ghi đạt tiêu chí." if saved.met_on else "Đã lưu tiêu chí."


class CopyCampaign(PartView):
    """Carry a model over to other neighbourhoods."""

    model = Campaign
    rights = ("outreach.add_campaign",)
    form_class = forms.CopyForm
    submit_label = "Nhân rộng"
    anchor = "#copies"
    locks, once = False, True

    def title(self, part):
        return f"Nhân rộng mô hình {part}"

    def page_context(self, part):
        return {
            "subtitle": "Mỗi tổ dân phố có mô hình riêng: cùng mục tiêu, tiêu chí, tính từ đầu."
        }

    def done(self, saved):
        return f"Đã nhân rộng tới {', '.join(str(one.neighbourhood) for one in saved)}."


urlpatterns = [
    *CampaignView.get_urls(),
    path("campaigns/<int:pk>/criteria/", AddCriterion.as_view(), name="campaign-criterion"),
    path("campaigns/<int:pk>/copy/", CopyCampaign.as_view(), name="campaign-copy"),
    path(
        "campaign-criteria/<int:pk>/edit/", EditCriterion.as_view(), name="campaigncriterion-update"
    ),
]
