"""Making one customer of two, and taking that back."""

from crm.merging.changes import Changes
from crm.merging.services import MergeRefused, MergeStep, merge_customers, undo_merge

__all__ = ["Changes", "MergeRefused", "MergeStep", "merge_customers", "undo_merge"]
