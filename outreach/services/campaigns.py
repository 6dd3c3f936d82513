"""Writing community models: carrying one over to other neighbourhoods."""

from django.core.exceptions import ValidationError
from django.db import transaction

from outreach.models import Campaign, CampaignCriterion


@transaction.atomic
def copy_campaign(*, campaign, neighbourhoods, started_on):
    """Carry a model over: each neighbourhood gets its own, with the same plan and criteria, none of
    which is met yet. Returns the new ones.

    Raises ValidationError (`neighbourhoods`) where one has it already and it has not ended.
    """
    source = Campaign.objects.select_for_update().get(pk=campaign.pk)
    running = Campaign.objects.filter(copied_from=source, ended_on=None)
    has = {source.neighbourhood_id, *running.values_list("neighbourhood_id", flat=True)}
    again = [str(area) for area in neighbourhoods if area.pk in has]
    if again:
        raise ValidationError({"neighbourhoods": f"{', '.join(again)} đã có mô hình này."})
    made = Campaign.objects.bulk_create(
        Campaign(
            name=source.name,
            kind=source.kind,
            goal=source.goal,
            neighbourhood=area,
            started_on=started_on,
            copied_from=source,
        )
        for area in neighbourhoods
    )
    criteria = list(source.criteria.order_by("pk").values_list("content", flat=True))
    CampaignCriterion.objects.bulk_create(
        CampaignCriterion(campaign=one, content=content) for one in made for content in criteria
    )
    return made
