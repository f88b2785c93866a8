"""What a program may send, and making of it what is queued."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from messaging.channels.outbound import Content
from messaging.models import Conversation, Message
from messaging.sending.limits import LONGEST_TEXT
from messaging.sending.queueing import Draft

#: Fields that stand for a kind of content of their own; a message has one of them at most.
KINDS = {"buttons": Content.BUTTONS, "location": Content.LOCATION, "template": Content.TEMPLATE}
TO_COMMENTS = {"public": Content.COMMENT_REPLY, "private": Content.PRIVATE_REPLY}
MOST_BUTTONS, MOST_BLANKS = 13, 30


class ButtonSerializer(serializers.Serializer[Any]):
    """A reply that can be tapped; `payload` comes back with it, the title where it is left out."""

    title = serializers.CharField(max_length=80)
    payload = serializers.CharField(max_length=1000, required=False)


class LocationSerializer(serializers.Serializer[Any]):
    """A place, in degrees."""

    latitude = serializers.FloatField(min_value=-90, max_value=90)
    longitude = serializers.FloatField(min_value=-180, max_value=180)
    name = serializers.CharField(max_length=200, required=False)
    address = serializers.CharField(max_length=500, required=False)


class TemplateSerializer(serializers.Serializer[Any]):
    """A template that the platform approved, and what fills its blanks in order."""

    name = serializers.CharField(max_length=512)
    language = serializers.CharField(max_length=20)
    body = serializers.ListField(child=serializers.CharField(max_length=1024), max_length=MOST_BLANKS, required=False)
    header = serializers.ListField(child=serializers.CharField(max_length=1024), max_length=MOST_BLANKS, required=False)
    external_id = serializers.CharField(max_length=200, required=False)


class DraftSerializer(serializers.Serializer[Any]):
    """What is to be sent: a text, with buttons if wanted, or a location or a template.

    `answers` is the id of the message that it answers. To a comment, `comment` says whether the answer is `public` or `private`.
    `seen_up_to` is the newest message seen: where a colleague has answered since, nothing is sent.
    """

    text = serializers.CharField(max_length=LONGEST_TEXT, required=False)
    buttons = serializers.ListField(child=ButtonSerializer(), required=False, min_length=1, max_length=MOST_BUTTONS)
    location = LocationSerializer(required=False)
    template = TemplateSerializer(required=False)
    answers = serializers.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
    comment = serializers.ChoiceField(sorted(TO_COMMENTS), required=False)
    seen_up_to = serializers.IntegerField(required=False, min_value=0, max_value=2**63 - 1)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        kinds = [name for name in (*KINDS, "comment") if name in attrs]
        if len(kinds) > 1:
            raise serializers.ValidationError({kinds[1]: _("Not along with %(other)s.") % {"other": kinds[0]}})
        if "text" not in attrs and not {"location", "template"} & set(kinds):
            raise serializers.ValidationError({"text": _("There is nothing to send.")})
        if "text" in attrs and {"location", "template"} & set(kinds):
            raise serializers.ValidationError({"text": _("Not along with %(other)s.") % {"other": kinds[0]}})
        if "comment" in attrs and "answers" not in attrs:
            raise serializers.ValidationError({"answers": _("Name the comment that this answers.")})
        return attrs


def draft_from(conversation: Conversation, given: dict[str, Any]) -> Draft:
    """Return the draft of what `DraftSerializer` let through.

    Raises:
        rest_framework.exceptions.ValidationError: it answers a message that is not of this conversation.
    """
    answers = None
    if "answers" in given:
        answers = Message.objects.filter(conversation=conversation, pk=given["answers"]).first()
        if answers is None:
            raise serializers.ValidationError({"answers": [_("There is no such message in this conversation.")]})
    content, details = Content.TEXT, {}
    for name, kind in KINDS.items():
        if name in given:
            content, details = kind, {name: given[name]}
    if "comment" in given:
        content = TO_COMMENTS[given["comment"]]
    if "buttons" in details:
        details = {"buttons": [{"payload": one["title"], **one} for one in given["buttons"]]}
    return Draft(content=content, text=given.get("text", ""), details=details, answers=answers)
