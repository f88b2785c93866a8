"""What can happen on a platform, in one vocabulary for all of them.

An adapter's `parse` returns these; the ingest drain writes them to the database; `manage.py parse_payload` prints them.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

#: Kinds of `ContactKey`: what a platform calls a person.
PSID, IGSID, PHONE, USER_ID, CHAT, USER_REF, USERNAME, FORM = (
    "psid", "igsid", "phone", "user_id", "chat", "user_ref", "username", "form",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Contact:
    """The person on the other side of an event.

    `id` is the one by which the platform speaks of them here. `keys` are all ids this event proves to be the same
    person, as (kind, value), best first; empty when there is nobody to know them by.
    """

    id: str
    keys: tuple[tuple[str, str], ...] = ()
    name: str = ""
    username: str = ""
    profile: dict[str, Any] = field(default_factory=dict)


NOBODY = Contact("")


@dataclass(frozen=True, slots=True)
class Attachment:
    """One media item, location or shared contact; `url` or `id` says where it can be had, `extra` the rest."""

    type: str
    url: str = ""
    id: str = ""
    name: str = ""
    mime_type: str = ""
    extra: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseEvent:
    """What all events share.

    `account_id` is our account on the platform; empty: the channel of the URL. `ts` is the platform's clock in UTC,
    None where it gave none or an absurd one. `standby`: another app holds the conversation.
    """

    kind: str
    account_id: str = ""
    contact: Contact = NOBODY
    ts: datetime | None = None
    standby: bool = False
    extra: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundMessage(BaseEvent):
    """Something a person sent us. `kind` is `message`, `postback` or `callback`; `group`: not a private chat.

    `reply_to` is an external id, or `story:<id>`. `attribution` uses the normalised names, `referral` is as received.
    `opt_out` is True or False where the platform itself says so, else None.
    """

    external_id: str
    kind: str = "message"
    type: str = "text"
    text: str = ""
    attachments: tuple[Attachment, ...] = ()
    reply_to: str = ""
    payload: str = ""
    attribution: dict[str, str] = field(default_factory=dict)
    referral: dict[str, Any] = field(default_factory=dict)
    group: bool = False
    opt_out: bool | None = None
    errors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Echo(BaseEvent):
    """Something sent in our name (by us, from the phone app, by another tool); `contact` is the recipient.

    `own_token` is our own id of it, where we sent it and the platform brings that back.
    """

    external_id: str
    kind: str = "echo"
    type: str = "text"
    text: str = ""
    attachments: tuple[Attachment, ...] = ()
    reply_to: str = ""
    payload: str = ""
    attribution: dict[str, str] = field(default_factory=dict)
    referral: dict[str, Any] = field(default_factory=dict)
    group: bool = False
    own_token: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusUpdate(BaseEvent):
    """What became of messages of ours. `kind` is `delivery`, `read` or `status`; `status` the platform's own word.

    It speaks of `message_ids`, or of everything up to `watermark`; `external_id` is what the vocabulary shows. `own_token` as of
    an echo, where it speaks of one message.
    """

    kind: str = "status"
    status: str = ""
    external_id: str = ""
    message_ids: tuple[str, ...] = ()
    watermark: datetime | None = None
    errors: tuple[str, ...] = ()
    own_token: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reaction(BaseEvent):
    """An emoji put on (`kind` `reaction`) or taken off (`unreaction`) the message `reply_to`."""

    reply_to: str
    kind: str = "reaction"
    external_id: str = ""
    text: str = ""
    payload: str = ""
    direction: str = "in"
    group: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit(BaseEvent):
    """New words for the message `message_id`.

    `external_id` is the id the platform gives the edit itself, often the same. `version` orders several edits of one
    message (a count or seconds); `attachments` None: left as they are.
    """

    message_id: str
    kind: str = "message_edited"
    external_id: str = ""
    type: str = "text"
    text: str = ""
    version: int = 0
    attachments: tuple[Attachment, ...] | None = None
    reply_to: str = ""
    direction: str = "in"
    group: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Deletion(BaseEvent):
    """The message `message_id` was taken back by its writer."""

    message_id: str
    kind: str = "message_deleted"
    external_id: str = ""
    reply_to: str = ""
    direction: str = "in"


@dataclass(frozen=True, slots=True, kw_only=True)
class Comment(BaseEvent):
    """A public comment on a post or ad of ours, or its edit, removal or hiding (`verb`).

    `direction` is `out` for our own; `reply_to` is the parent comment, empty under the post itself. `ts` is when it was
    written, also of an edit or removal; `happened_at` is when that was made.
    """

    external_id: str
    kind: str = "comment"
    direction: str = "in"
    verb: str = "add"
    happened_at: datetime | None = None
    type: str = "comment"
    text: str = ""
    attachments: tuple[Attachment, ...] = ()
    reply_to: str = ""
    attribution: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Referral(BaseEvent):
    """A person came by an ad or link without having written yet."""

    kind: str = "referral"
    external_id: str = ""
    attribution: dict[str, str] = field(default_factory=dict)
    referral: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadForm(BaseEvent):
    """A lead-ad form was filled in; its fields are fetched later by `external_id`, the leadgen id."""

    external_id: str
    kind: str = "lead"
    attribution: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityChange(BaseEvent):
    """A person goes by new ids: `contact` holds the old keys, `new_keys` those that replace them.

    A key in both stays valid. `type` is the platform's word for the change.
    """

    kind: str = "system"
    type: str = ""
    new_keys: tuple[tuple[str, str], ...] = ()
    external_id: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentChange(BaseEvent):
    """A person blocked us or opted out (`opted_out` True), or came back, without a message that says so."""

    opted_out: bool
    external_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ignored(BaseEvent):
    """Understood, and of no consequence for the CRM: kept only as part of its delivery."""

    external_id: str = ""
    direction: str = "in"
    type: str = ""
    text: str = ""
    verb: str = ""
    status: str = ""
    errors: tuple[str, ...] = ()
    attribution: dict[str, str] = field(default_factory=dict)


Event = (
    InboundMessage
    | Echo
    | StatusUpdate
    | Reaction
    | Edit
    | Deletion
    | Comment
    | Referral
    | LeadForm
    | IdentityChange
    | ConsentChange
    | Ignored
)
