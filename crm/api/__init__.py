"""What the API of every app shares: who asks, how often, in pages, and each write once."""
