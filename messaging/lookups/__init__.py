"""Asking platforms what their webhooks leave out: drains that hold up no sending, lose nothing and ask nothing for ever."""
