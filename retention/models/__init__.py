"""Models: how long records are kept, what was disposed of, what people asked to have corrected."""

from retention.models.corrections import CorrectionRequest
from retention.models.disposals import Disposal, DisposalPart
from retention.models.rules import AnswerRule, Outcome, RecordType, RetentionRule

__all__ = [
    "AnswerRule",
    "CorrectionRequest",
    "Disposal",
    "DisposalPart",
    "Outcome",
    "RecordType",
    "RetentionRule",
]
