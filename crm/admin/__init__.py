"""The admin of customers, staff and what belongs to the installation."""

from crm.admin import customers, people_facts, runtime_settings, users

__all__ = ["customers", "people_facts", "runtime_settings", "users"]
