"""The admin of customers, staff and what belongs to the installation."""

from crm.admin import (
    api_tokens,
    customers,
    duplicates,
    mentions,
    notices,
    own_settings,
    people_facts,
    pictures,
    runtime_settings,
    users,
)

__all__ = [
    "api_tokens",
    "customers",
    "duplicates",
    "mentions",
    "notices",
    "own_settings",
    "people_facts",
    "pictures",
    "runtime_settings",
    "users",
]
