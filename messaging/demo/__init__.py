"""Made-up customers and what they write, for demonstrations and load tests."""
