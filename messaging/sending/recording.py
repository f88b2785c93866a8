"""Writing down what became of a message that was handed to a platform."""

from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from crm.models import Channel
from messaging.channels.outbound import Reason, SendError, Sent
from messaging.ingest import happenings, people
from messaging.ingest.conversations import answered_anew
from messaging.ingest.writing import lock_keys
from messaging.keys import message_key
from messaging.models import MessageStatus
from messaging.sending.claims import Claim
from messaging.sending.echoes import absorb_echo, adopt_echoes

FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=2), timedelta(minutes=15)
MOST_ATTEMPTS = 12  # the better part of an hour of an unreachable platform
MOST_THROTTLED = 7  # a message that is throttled waits no longer each time from here on
USAGE_BOUND = 95.0  # per cent of what the platform allows us
USAGE_PAUSE, TOKEN_PAUSE, THROTTLED_PAUSE = timedelta(minutes=1), timedelta(minutes=5), timedelta(seconds=5)

SENT = """
    WITH finished AS (
        UPDATE messaging_outgoing SET finished_at = now(), sender = NULL, reason = '', code = ''
        WHERE message_id = %(message)s
    )
    UPDATE messaging_message SET
        external_id = %(external_id)s, external_key = %(key)s, sent_at = %(at)s, error = '', status = %(sent)s,
        comment_id = CASE WHEN type = 'comment' THEN left(%(external_id)s, 200) ELSE comment_id END
    WHERE id = %(message)s AND external_key IS NULL
"""
ACCEPTED_AGAIN = "UPDATE crm_channel SET token_refused_at = NULL WHERE id = %s AND token_refused_at IS NOT NULL"
# An older attempt says nothing of a newer one, nor of a message that an echo or a colleague has settled in the meantime: each
# record names the attempt that it is about, which is under way, or was given up as unknown. Waiting for a token or for a quieter
# hour is nothing that a message gives up after.
ITS_ATTEMPT = """
    message_id = %(message)s AND attempted_at = %(attempted)s AND (sender IS NOT NULL OR reason = 'unknown')
"""
LATER = f"""
    UPDATE messaging_outgoing
    SET sender = NULL, finished_at = NULL, reason = %(reason)s, code = %(code)s, next_attempt_at = %(next)s,
        attempts = CASE %(reason)s WHEN 'token' THEN 0 WHEN 'throttled' THEN LEAST(attempts, %(most_throttled)s) ELSE attempts END
    WHERE {ITS_ATTEMPT} RETURNING message_id
"""  # noqa: S608 - our own words
FAILED = f"""
    UPDATE messaging_outgoing SET sender = NULL, finished_at = now(), reason = %(reason)s, code = %(code)s
    WHERE {ITS_ATTEMPT} RETURNING message_id
"""  # noqa: S608 - our own words
SET_STATUS = """
    UPDATE messaging_message SET status = %(status)s, error = %(code)s
    WHERE id = %(message)s AND external_key IS NULL AND status < %(sent)s
"""


@transaction.atomic
def record_sent(claim: Claim, sent: Sent) -> None:
    """Give a message its id on the platform, and everything that came under that id before we knew it."""
    key = message_key(sent.external_id) if sent.external_id else None
    if key:
        lock_keys([key])
        if not absorb_echo(message_id=claim.message_id, channel_id=claim.channel_id, key=key):
            key = None
    values = {
        "external_id": sent.external_id,
        "key": key,
        "at": claim.attempted_at,  # not later than the platform's own time, which receipts are compared with
        "message": claim.message_id,
        "sent": MessageStatus.SENT.value,
    }
    with connection.cursor() as cursor:
        cursor.execute(SENT, values)
        cursor.execute(ACCEPTED_AGAIN, [claim.channel_id])
    if key:
        happenings.apply({(claim.channel_id, key)})
    people.apply_watermarks_in([claim.conversation_id])
    _note_usage(claim.channel_id, sent.usage)


@transaction.atomic
def record_failure(claim: Claim, error: SendError) -> None:
    """Put a message back in the line, or say that it failed or may have been sent."""
    now = timezone.now()
    tried_enough = error.reason == Reason.TRY_AGAIN and claim.attempt >= MOST_ATTEMPTS
    values: dict[str, Any] = {
        "message": claim.message_id,
        "attempted": claim.attempted_at,
        "most_throttled": MOST_THROTTLED,
        "reason": error.reason.value,
        "code": error.code[:100],
        "next": now + _pause(claim.attempt, error),
        "sent": MessageStatus.SENT.value,
    }
    again = error.retryable and not tried_enough
    status = MessageStatus.QUEUED if again else MessageStatus.FAILED
    if error.reason == Reason.UNKNOWN:
        status = MessageStatus.UNKNOWN
    with connection.cursor() as cursor:
        cursor.execute(LATER if again else FAILED, values)
        if cursor.fetchone():
            cursor.execute(SET_STATUS, values | {"status": status.value})
    if status == MessageStatus.FAILED:
        answered_anew([claim.conversation_id])
    if status == MessageStatus.UNKNOWN:
        adopt_echoes([claim.conversation_id])
    hold_back(claim.channel_id, error, attempt=claim.attempt, asked_at=claim.attempted_at)


def _pause(attempt: int, error: SendError) -> timedelta:
    if error.retry_after is not None:
        return timedelta(seconds=min(error.retry_after, 3600.0))
    if error.reason == Reason.TOKEN:
        return FIRST_PAUSE  # the channel waits, until the token is renewed
    return min(FIRST_PAUSE * (1 << min(attempt - 1, 10)), LONGEST_PAUSE)


def hold_back(channel_id: int, error: SendError, *, attempt: int, asked_at: datetime) -> None:
    """Hold a channel back where the platform asked for it, or refuses us altogether."""
    now = timezone.now()
    if error.reason == Reason.THROTTLED and not error.one_person:
        asked = timedelta(seconds=error.retry_after) if error.retry_after else None
        _pause_channel(channel_id, now + (asked or max(THROTTLED_PAUSE, _pause(attempt, error))))
    elif error.reason == Reason.TOKEN:
        _note_refused_token(channel_id, asked_at, now)
    _note_usage(channel_id, error.usage)


def _note_refused_token(channel_id: int, asked_at: datetime, now: datetime) -> None:
    """Hold the channel back until its token is renewed, unless it was since the platform was asked."""
    channel = Channel.objects.filter(pk=channel_id, updated_at__lte=asked_at)
    if channel.exists():
        channel.filter(token_refused_at=None).update(token_refused_at=now)
        _pause_channel(channel_id, now + TOKEN_PAUSE)


def _note_usage(channel_id: int, usage: float | None) -> None:
    """Keep how much of our allowance the platform says is used, and wait where little of it is left."""
    if usage is None:
        return
    now = timezone.now()
    Channel.objects.filter(pk=channel_id).update(rate_limit_usage={"per_cent": usage, "at": now.isoformat()})
    if usage >= USAGE_BOUND:
        _pause_channel(channel_id, now + USAGE_PAUSE)


def _pause_channel(channel_id: int, until: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE crm_channel SET paused_until = GREATEST(paused_until, %s) WHERE id = %s", [until, channel_id]
        )
