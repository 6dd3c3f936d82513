"""Models by aggregate: partners and materials, plan and activities, models, resolutions, awards,
directives, disasters."""

from outreach.models.activities import (
    Activity,
    ActivityPartner,
    Audience,
    PlanItem,
    Question,
)
from outreach.models.awards import Award
from outreach.models.campaigns import Campaign, CampaignCriterion
from outreach.models.directives import Directive, Disaster, DutyShift, HelpGiven
from outreach.models.partners import Material, Partner, Topic
from outreach.models.resolutions import (
    Commitment,
    Fulfilment,
    JointResolution,
    ResolutionParty,
)

__all__ = [
    "Activity",
    "ActivityPartner",
    "Audience",
    "Award",
    "Campaign",
    "CampaignCriterion",
    "Commitment",
    "Directive",
    "Disaster",
    "DutyShift",
    "Fulfilment",
    "HelpGiven",
    "JointResolution",
    "Material",
    "Partner",
    "PlanItem",
    "Question",
    "ResolutionParty",
    "Topic",
]
