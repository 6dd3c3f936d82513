"""Models by aggregate: the population and its ledger, acts, stays, absences, duplicates, rules."""

from households.models.absences import Absence
from households.models.acts import ResidenceAct, TransferMember, TransferRequest
from households.models.duplicates import DuplicatePair
from households.models.population import Household, Residence, Resident
from households.models.rules import EndGround, ResidenceRule
from households.models.stays import StayNotice

__all__ = [
    "Absence",
    "DuplicatePair",
    "EndGround",
    "Household",
    "Residence",
    "ResidenceAct",
    "ResidenceRule",
    "Resident",
    "StayNotice",
    "TransferMember",
    "TransferRequest",
]
