"""Which reactions a bubble shows as theirs: not ours, of which a platform may tell us as well."""

from collections.abc import Iterable

from crm.encrypted_fields import Unreadable
from crm.models import IdentityKey
from messaging.keys import event_key
from messaging.models import Message


def our_actors(identity_id: int, rows: Iterable[Message]) -> frozenset[str]:
    """Return under which keys our own reactions are told of; asked only where some message has one."""
    if not any(hasattr(message, "own_reaction") and message.reactions for message in rows):
        return frozenset()
    values = [key.value for key in IdentityKey.objects.filter(identity=identity_id)]
    return frozenset(event_key("actor", "out", value).hex() for value in values if not isinstance(value, Unreadable))


def theirs(message: Message, ours: frozenset[str]) -> list[str]:
    """Return the emoji of all but us."""
    known = message.reactions if isinstance(message.reactions, dict) else {}
    return [emoji for actor, emoji in known.items() if actor not in ours]
