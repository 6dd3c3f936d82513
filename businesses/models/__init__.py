"""Models by aggregate: sectors and their rules, businesses, certificates, dealings, inspections."""

from businesses.models.businesses import Business, Certificate, StateChange
from businesses.models.dealings import LiaisonNote, QuarterlyReturn, Sanction
from businesses.models.inspections import Inspection, InspectionFinding
from businesses.models.sectors import (
    BusinessRule,
    FireGroup,
    PaperKind,
    PaperRule,
    Sector,
    SectorRule,
)

__all__ = [
    "Business",
    "BusinessRule",
    "Certificate",
    "FireGroup",
    "Inspection",
    "InspectionFinding",
    "LiaisonNote",
    "PaperKind",
    "PaperRule",
    "QuarterlyReturn",
    "Sanction",
    "Sector",
    "SectorRule",
    "StateChange",
]
