"""Figures for those who run the shop."""
