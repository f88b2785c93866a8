"""How figures and times are written in each language, where Django's own way does not suit."""
