"""Figures as they are written in Egypt: Django's own for Arabic leave thousands together and take a comma for the point."""

DECIMAL_SEPARATOR = "."
THOUSAND_SEPARATOR = ","
NUMBER_GROUPING = 3
