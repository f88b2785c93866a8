"""Many answers of ours on the simulator's channels, to see how they are sent."""

from collections.abc import Iterator
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from crm.contact_details import identity_key
from crm.models import Customer, Identity, IdentityKey
from messaging.channels.events import CHAT, IGSID, PHONE, PSID
from messaging.models import Conversation
from messaging.sending.queueing import Draft, queue_message
from messaging.simulation.accounts import PLATFORMS, SimulatedAccount, simulated_accounts

KEYS = {"messenger": PSID, "instagram": IGSID, "whatsapp": PHONE, "telegram": CHAT, "twilio": PHONE}


def queue_answers(number: int, *, people: int = 10, platforms: tuple[str, ...] = PLATFORMS) -> list[int]:
    """Let people write on each platform and queue so many answers to them, no two alike; return the messages."""
    chosen = {account.platform: account for account in reversed(simulated_accounts(platforms))}
    now = timezone.now()
    conversations = [
        conversation for account in chosen.values() for conversation in _conversations(account, people, now)
    ]
    found = []
    for answer in range(number):
        conversation = conversations[answer % len(conversations)]
        draft = Draft(text=f"Answer {answer} of {now:%H:%M:%S.%f}")
        found.append(queue_message(conversation_id=conversation.pk, draft=draft, author=None).pk)
    return found


@transaction.atomic
def _conversations(account: SimulatedAccount, people: int, now: datetime) -> Iterator[Conversation]:
    """Yield a conversation with each of some people who wrote just now."""
    kind = KEYS[account.platform]
    for person in range(people):
        value = f"{now.timestamp():.0f}{person:03d}"
        customer = Customer.objects.create(name=f"Somebody {person}")
        identity = Identity.objects.create(channel_id=account.channel_id, customer=customer, last_inbound_at=now)
        IdentityKey.objects.create(
            identity=identity, channel_id=account.channel_id, kind=kind, value=value, key=identity_key(kind, value)
        )
        yield Conversation.objects.create(
            identity=identity,
            channel_id=account.channel_id,
            started_at=now,
            last_activity_at=now,
            last_inbound_at=now,
        )
