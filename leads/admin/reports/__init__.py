"""The pages of figures."""

from leads.admin.reports import attribution, chain, customer, dashboard, losses, sellers

__all__ = ["attribution", "chain", "customer", "dashboard", "losses", "sellers"]
