"""The board: leads in columns by stage."""
