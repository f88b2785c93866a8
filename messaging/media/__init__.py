"""Our own copies of what people send: fetched from the platforms, looked at, kept, shown to staff, and removed."""
