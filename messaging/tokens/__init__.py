"""Looking after access tokens: knowing when they expire, renewing those that the platform renews, and saying so in time."""
