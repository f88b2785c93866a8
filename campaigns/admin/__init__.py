"""The admin of what brings people to us."""

from campaigns.admin import sources, spend

__all__ = ["sources", "spend"]
