"""The platforms we speak with, one module each.

A platform module is an `Adapter`: it proves where a request came from, turns its body into events, and hands messages of ours to
the platform's API. Reading knows nothing of the database, the network or the clock, so a stored delivery can be read again years
later; sending knows nothing of the database.
"""

from messaging.channels.contract import Adapter, BadSignature, MalformedPayload, Received
from messaging.channels.registry import ADAPTERS, adapter_for

__all__ = ["ADAPTERS", "Adapter", "BadSignature", "MalformedPayload", "Received", "adapter_for"]
