"""How the installation does: what is found wrong, who runs, what is told of it."""
