"""Models: the month's report and its frozen copy, leaders' remarks, outgoing numbers, rules."""

from reports.models.monthly import FrozenReport, MonthlyReport, ReportText
from reports.models.outgoing import OutgoingDocument
from reports.models.remarks import ReportRemark
from reports.models.rules import ReportRule

__all__ = [
    "FrozenReport",
    "MonthlyReport",
    "OutgoingDocument",
    "ReportRemark",
    "ReportRule",
    "ReportText",
]
