"""The screens of leads."""

from leads.admin import answer_next, board, failures, follow_ups, leads, qualifications, reports, rule_trial, rules

__all__ = [
    "answer_next",
    "board",
    "failures",
    "follow_ups",
    "leads",
    "qualifications",
    "reports",
    "rule_trial",
    "rules",
]
