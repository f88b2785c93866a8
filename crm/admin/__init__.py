"""The admin of customers, staff and what belongs to the installation."""

from crm.admin import customers, duplicates, notices, own_settings, people_facts, runtime_settings, users

__all__ = ["customers", "duplicates", "notices", "own_settings", "people_facts", "runtime_settings", "users"]
