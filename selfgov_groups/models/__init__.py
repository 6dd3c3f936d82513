"""Models by aggregate: groups and members, their life, evaluation, rosters checked, rules."""

from selfgov_groups.models.evaluation import (
    Criterion,
    CriterionScore,
    GroupScore,
    ImprovementTask,
    ScoringScheme,
)
from selfgov_groups.models.groups import GroupMeeting, GroupMembership, SelfManagedGroup
from selfgov_groups.models.life import (
    GroupContact,
    GroupDuty,
    GroupOfficer,
    GroupRequest,
    MutualHelp,
)
from selfgov_groups.models.rosters import RosterCheck, RosterLine
from selfgov_groups.models.rules import GroupRule

__all__ = [
    "Criterion",
    "CriterionScore",
    "GroupContact",
    "GroupDuty",
    "GroupMeeting",
    "GroupMembership",
    "GroupOfficer",
    "GroupRequest",
    "GroupRule",
    "GroupScore",
    "ImprovementTask",
    "MutualHelp",
    "RosterCheck",
    "RosterLine",
    "ScoringScheme",
    "SelfManagedGroup",
]
