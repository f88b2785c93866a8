"""From a platform's POST to messages in conversations.

`endpoint` accepts and stores (`intake`, with `spool` where the database is away); `drain` reads what was stored, with the
adapters of `messaging.channels`, and writes it in batches.
"""
