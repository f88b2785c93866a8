"""What is removed once it is old enough, a few rows at a time. Each app names its rules in `settings.RETENTION`."""

from crm.retention.removing import BATCH, Rule, delete_batch, run_rules

__all__ = ["BATCH", "Rule", "delete_batch", "run_rules"]
