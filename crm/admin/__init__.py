"""The admin of customers, staff and what belongs to the installation."""

from crm.admin import (
    api_tokens,
    backups,
    customers,
    duplicates,
    erasing,
    health,
    mentions,
    notices,
    own_settings,
    people_facts,
    pictures,
    runtime_settings,
    schedule,
    users,
)

__all__ = [
    "api_tokens",
    "backups",
    "customers",
    "duplicates",
    "erasing",
    "health",
    "mentions",
    "notices",
    "own_settings",
    "people_facts",
    "pictures",
    "runtime_settings",
    "schedule",
    "users",
]
