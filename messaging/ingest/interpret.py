"""From an adapter's events to drafts: what each kind of event means for the CRM."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from crm.models import Consent
from messaging.channels import events as platform
from messaging.channels.events import Contact
from messaging.ingest.drafts import (
    Batch,
    ConsentDraft,
    EventDraft,
    MessageDraft,
    OwnToken,
    Person,
    attachment_row,
    later,
)
from messaging.ingest.routing import Delivery
from messaging.ingest.touches import source_of, touch_of
from messaging.keys import event_key, message_key
from messaging.models import Message, MessageEvent, MessageStatus

FUTURE = timedelta(days=1)  # a platform's clock may run ahead of ours a little

STATUSES = {
    "accepted": MessageStatus.QUEUED,
    "queued": MessageStatus.QUEUED,
    "scheduled": MessageStatus.QUEUED,
    "sending": MessageStatus.SENDING,
    "sent": MessageStatus.SENT,
    "failed": MessageStatus.FAILED,
    "undelivered": MessageStatus.FAILED,
    "delivered": MessageStatus.DELIVERED,
    "read": MessageStatus.READ,
    "played": MessageStatus.READ,
}
OPT_OUT_WORDS, OPT_IN_WORDS = {"stop", "stopall", "unsubscribe"}, {"start", "unstop"}


class Interpreter:
    """Adds the events of deliveries to a batch. `event_number` counts within a delivery, for events without an id."""

    def __init__(self, batch: Batch) -> None:
        self.batch = batch
        self.delivery: Delivery
        self.event_number = 0

    def add(self, delivery: Delivery, channel_id: int, event: platform.Event, number: int) -> bool:
        """Add one event; say whether it has any consequence."""
        self.delivery, self.event_number = delivery, number
        handle: Callable[[int, Any], bool] = getattr(self, HANDLERS[type(event)])
        return handle(channel_id, event)

    # --- messages ---

    def inbound(self, channel_id: int, event: platform.InboundMessage) -> bool:
        """A message, postback or callback of theirs."""
        if event.group or not (person := self.person(channel_id, event.contact, event)):
            return False
        row = self._content(event) | {"type": event.type if event.kind == "message" else event.kind}
        row |= {"direction": "in", "source": source_of(event), "error": ", ".join(event.errors)}
        draft = MessageDraft(
            person,
            channel_id,
            self._key(event.external_id),
            row,
            event.attachments,
            opens_window=True,
            awaits_answer=True,
        )
        self._add_message(draft, event.attribution)
        self._consent_of_words(person, event)
        return True

    def echo(self, channel_id: int, event: platform.Echo) -> bool:
        """A message of ours, sent from elsewhere."""
        if event.group or not (person := self.person(channel_id, event.contact, event)):
            return False
        self._own_token(channel_id, event, event.external_id)
        row = self._content(event) | {"direction": "out", "status": MessageStatus.SENT}
        self._add_message(
            MessageDraft(person, channel_id, self._key(event.external_id), row, event.attachments), event.attribution
        )
        return True

    def comment(self, channel_id: int, event: platform.Comment) -> bool:
        """A comment, its edit, removal or hiding; our own answers wait for the comment they are under."""
        target, at = message_key(event.external_id), self._plausible(event.happened_at or event.ts)
        if event.verb in ("remove", "delete", "removed", "deleted"):
            return self._event(channel_id, MessageEvent.Kind.DELETION, target, at, ["deletion"])
        if event.verb in ("hide", "unhide"):
            parts = ["hiding", event.verb, at.isoformat()]
            return self._event(channel_id, MessageEvent.Kind.HIDING, target, at, parts, text=event.verb)
        if event.verb in ("edited", "edit"):
            parts = ["edit", at.isoformat(), event.text]
            version = int(at.timestamp() * 1000)
            return self._event(channel_id, MessageEvent.Kind.EDIT, target, at, parts, text=event.text, version=version)
        if event.direction == "out":
            return self._own_comment(channel_id, event, self._at(event))
        if not (person := self.person(channel_id, event.contact, event)):
            return False
        row = self._content(event) | {"direction": "in", "type": "comment", "source": Message.Source.COMMENT}
        row["comment_id"] = event.external_id[:200]
        draft = MessageDraft(person, channel_id, target, row, event.attachments, awaits_answer=True)
        self._add_message(draft, {"permalink_url": event.extra.get("permalink_url", ""), **event.attribution})
        return True

    def _own_comment(self, channel_id: int, event: platform.Comment, at: datetime) -> bool:
        if not event.reply_to:
            return False  # our own comment under our own post is nobody's conversation
        details = {"external_id": event.external_id, "attribution": event.attribution}
        return self._event(
            channel_id,
            MessageEvent.Kind.OWN_COMMENT,
            message_key(event.reply_to),
            at,
            ["own_comment", event.external_id],
            text=event.text,
            actor_key=message_key(event.external_id),
            details=details,
        )

    def lead_form(self, channel_id: int, event: platform.LeadForm) -> bool:
        """A filled-in form: a person of whom only the form's id is known until its fields are fetched."""
        contact = Contact(event.external_id, ((platform.FORM, event.external_id),))
        person = self.person(channel_id, contact, event)
        if not person:
            return False
        person.placeholder = True
        row = self._content(event) | {"direction": "in", "type": "lead_form", "source": Message.Source.LEAD_FORM}
        row["referral"] = event.attribution
        draft = MessageDraft(person, channel_id, self._key(event.external_id), row, awaits_answer=True)
        self._add_message(draft, event.attribution)
        return True

    def referral(self, channel_id: int, event: platform.Referral) -> bool:
        """Somebody came by an ad or link and has not written yet: kept in the thread, waiting for nothing."""
        if not (person := self.person(channel_id, event.contact, event)):
            return False
        row = self._content(event) | {"direction": "in", "type": "referral", "source": source_of(event)}
        parts = ("referral", event.contact.id, row["at"].isoformat(), *sorted(event.attribution.values()))
        key = self._key(event.external_id) if event.external_id else event_key(*parts)
        self._add_message(MessageDraft(person, channel_id, key, row), event.attribution)
        return True

    # --- what happens to messages ---

    def status(self, channel_id: int, event: platform.StatusUpdate) -> bool:
        """A status of some messages of ours, or of all up to a time."""
        if event.watermark and event.status in ("delivered", "read"):
            if person := self.person(channel_id, event.contact, event):
                name = f"{event.status}_watermark"
                setattr(person, name, later(getattr(person, name), event.watermark))
        elif not event.message_ids:
            return False
        status = STATUSES.get(event.status)
        if status is None:
            return bool(event.watermark)
        details = {"errors": list(event.errors)} if event.errors else None
        for message_id in event.message_ids:
            self._own_token(channel_id, event, message_id)
            self._event(
                channel_id,
                MessageEvent.Kind.STATUS,
                message_key(message_id),
                self._at(event),
                ["status", event.status],
                status=status,
                details=details,
            )
        return True

    def reaction(self, channel_id: int, event: platform.Reaction) -> bool:
        """An emoji, put on or taken off; the newest of each person stands."""
        if event.group or not event.reply_to:
            return False
        at, emoji = self._at(event), "" if event.kind == "unreaction" else event.text or event.payload
        parts = ["reaction", event.contact.id, at.isoformat(), event.kind, emoji]
        actor = event_key("actor", event.direction, event.contact.id)
        return self._event(
            channel_id, MessageEvent.Kind.REACTION, message_key(event.reply_to), at, parts, text=emoji, actor_key=actor
        )

    def edit(self, channel_id: int, event: platform.Edit) -> bool:
        """New words for a message; the highest version stands."""
        if event.group or not event.message_id or "live_location" in event.extra:
            return False  # somebody walking about sends an edit every few seconds
        at = self._at(event)
        details = None
        if event.attachments is not None:
            details = {"attachments": [attachment_row(item) for item in event.attachments]}
        return self._event(
            channel_id,
            MessageEvent.Kind.EDIT,
            message_key(event.message_id),
            at,
            ["edit", event.external_id, str(event.version), at.isoformat(), event.text],
            text=event.text,
            version=event.version,
            details=details,
        )

    def deletion(self, channel_id: int, event: platform.Deletion) -> bool:
        """A message taken back by its writer."""
        if not event.message_id:
            return False
        target = message_key(event.message_id)
        return self._event(channel_id, MessageEvent.Kind.DELETION, target, self._at(event), ["deletion"])

    def _own_token(self, channel_id: int, event: platform.Echo | platform.StatusUpdate, external_id: str) -> None:
        """Note which message of ours the platform speaks of, where it brings our own id of it back."""
        if external_id and event.own_token:
            token = OwnToken(channel_id, event.own_token, external_id, message_key(external_id))
            self.batch.own_tokens.append(token)

    # --- people ---

    def identity_change(self, channel_id: int, event: platform.IdentityChange) -> bool:
        """Old and new ids are one person's. The old ones stay, for what comes late."""
        keys = (*event.contact.keys, *event.new_keys)
        if keys:
            self.batch.people.find(channel_id, keys)
        return bool(keys)

    def consent(self, channel_id: int, event: platform.ConsentChange) -> bool:
        """Somebody blocked us or came back, or wants no advertising, which does not keep us from answering them."""
        if not (person := self.person(channel_id, event.contact, event)):
            return False
        if event.extra.get("category") == "marketing_messages":
            self._record_consent(
                person, event.opted_out, Consent.Source.PLATFORM, self._at(event), Consent.Scope.MARKETING
            )
        else:
            self._consent(person, event.opted_out, Consent.Source.PLATFORM, self._at(event))
        return True

    def nothing(self, channel_id: int, event: platform.Ignored) -> bool:
        return False

    def person(self, channel_id: int, contact: Contact, event: platform.Event) -> Person | None:
        """Return who an event is about, with what it tells of them; None where it is about nobody."""
        keys = contact.keys or ((("contact", contact.id),) if contact.id else ())
        if not keys:
            return None
        person = self.batch.people.find(channel_id, keys)
        person.learn_profile(contact, self._at(event))
        return person

    def _consent_of_words(self, person: Person, event: platform.InboundMessage) -> None:
        word = event.text.strip().casefold()
        if event.opt_out is not None:
            self._consent(person, event.opt_out, Consent.Source.MESSAGE, self._at(event))
        elif word in OPT_OUT_WORDS or word in OPT_IN_WORDS:
            self._consent(person, word in OPT_OUT_WORDS, Consent.Source.MESSAGE, self._at(event))

    def _consent(self, person: Person, opted_out: bool, source: str, at: datetime) -> None:
        person.learn_consent(opted_out, at)
        self._record_consent(person, opted_out, source, at, Consent.Scope.EVERYTHING)

    def _record_consent(self, person: Person, opted_out: bool, source: str, at: datetime, scope: str) -> None:
        self.batch.consents.append(ConsentDraft(person, not opted_out, source, scope, at, self.delivery.id))

    # --- rows ---

    def _at(self, event: platform.BaseEvent) -> datetime:
        return self._plausible(event.ts)

    def _plausible(self, theirs: datetime | None) -> datetime:
        """Return their clock where it is plausible, else ours."""
        if theirs is None or theirs > self.delivery.received_at + FUTURE:
            return self.delivery.received_at
        return theirs

    def _key(self, external_id: str) -> bytes:
        if external_id:
            return message_key(external_id)
        return event_key("delivery", str(self.delivery.id), str(self.event_number))

    def _content(self, event: Any) -> dict[str, Any]:
        reply_to = getattr(event, "reply_to", "")
        return {
            "type": getattr(event, "type", ""),
            "text": getattr(event, "text", ""),
            "status": MessageStatus.RECEIVED,
            "external_id": event.external_id,
            "sent_at": event.ts,
            "received_at": self.delivery.received_at,
            "at": self._at(event),
            "source": Message.Source.DIRECT,
            "referral": getattr(event, "referral", None) or None,
            "payload": getattr(event, "payload", ""),
            "reply_to": reply_to,
            "reply_to_key": message_key(reply_to) if reply_to else None,
            "comment_id": "",
            "standby": event.standby,
            "error": "",
            "delivery_id": self.delivery.id,
        }

    def _add_message(self, draft: MessageDraft, attribution: dict[str, str]) -> None:
        if self.batch.add_message(draft) and attribution:
            touch = touch_of(draft.channel_id, attribution, self.delivery.received_at)
            if touch.ad or touch.post:
                self.batch.touches.append((touch, draft))

    def _event(
        self,
        channel_id: int,
        kind: str,
        target: bytes,
        at: datetime,
        parts: list[str],
        *,
        text: str = "",
        version: int = 0,
        status: int | None = None,
        actor_key: bytes | None = None,
        details: dict[str, Any] | None = None,
    ) -> bool:
        row = {
            "kind": kind,
            "at": at,
            "received_at": self.delivery.received_at,
            "version": version,
            "status": status,
            "text": text,
            "actor_key": actor_key,
            "details": details,
            "delivery_id": self.delivery.id,
        }
        self.batch.add_event(EventDraft(channel_id, event_key(target.hex(), *parts), target, row))
        return True


HANDLERS: dict[type, str] = {
    platform.InboundMessage: "inbound",
    platform.Echo: "echo",
    platform.Comment: "comment",
    platform.LeadForm: "lead_form",
    platform.Referral: "referral",
    platform.StatusUpdate: "status",
    platform.Reaction: "reaction",
    platform.Edit: "edit",
    platform.Deletion: "deletion",
    platform.IdentityChange: "identity_change",
    platform.ConsentChange: "consent",
    platform.Ignored: "nothing",
}
