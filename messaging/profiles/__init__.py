"""Names and pictures of people, which Messenger's and Instagram's webhooks leave out, and Telegram's pictures."""
