"""Whole tables as files, of one moment and in a fixed amount of memory. Each app names its tables in `settings.EXPORTS`."""

from crm.exports.tables import Column, Table, tables

__all__ = ["Column", "Table", "tables"]
