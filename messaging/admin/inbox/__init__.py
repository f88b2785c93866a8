"""The inbox: whom to answer at the side, the conversation with its composer, the customer beside it; live without reloading."""
