"""The pages of figures."""

from leads.admin.reports import attribution, chain, customer, losses, sellers

__all__ = ["attribution", "chain", "customer", "losses", "sellers"]
