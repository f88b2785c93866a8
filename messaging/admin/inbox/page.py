"""The page of the inbox, the rows of its list, and what is new for both: all that it asks while it is open."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from crm.admin.pages import staff_page
from crm.models import Channel, Tag
from crm.visibility import user_of
from messaging.admin.inbox import asked as places
from messaging.admin.inbox import listing, news, searching
from messaging.admin.inbox.asked import Asked, number
from messaging.admin.inbox.finding import VIEW
from messaging.admin.inbox.listing import After
from messaging.admin.inbox.rows import rows_of
from messaging.admin.inbox.words import words
from messaging.models import Conversation

MOST_ASKED = 100


@staff_page("inbox/", name="inbox", permission=VIEW)
@require_safe
def inbox(request: HttpRequest) -> HttpResponse:
    """Show the list; whoever `open` names is opened beside it by the browser."""
    asked, user, now = Asked.read(request.GET), user_of(request), timezone.now()
    found, further = _conversations(user, asked, now)
    counts = listing.counts(user, asked, now)
    unread = counts.pop("unread")
    context = {
        **admin.site.each_context(request),
        "title": _("Inbox"),
        "asked": asked,
        "rows": rows_of(found, asked, now),
        "more": str(further or ""),
        "since": listing.micros(now),
        "unread": unread,
        "tabs": [
            (name, asked.without_search().query(tab=name), title, listing.said(counts[name]) if counts else "")
            for name, title in places.TAB_TITLES.items()
        ],
        "may_answer": request.user.has_perm("messaging.change_conversation"),
        "talk_words": words(),
        **_choices(asked),
        **_searched(user, asked),
    }
    return TemplateResponse(request, "migochat/inbox/inbox.html", context)


def _conversations(user: Any, asked: Asked, now: datetime) -> tuple[list[Conversation], After | None]:
    """Return what stands in the list; above messages that were found, only a few whose names fit."""
    if not asked.finds_messages:
        return listing.page_of(user, asked, now)
    if not asked.finds_people:
        return [], None
    return listing.page_of(user, asked, now, most=searching.PEOPLE_SHOWN)


def _searched(user: Any, asked: Asked) -> dict[str, Any]:
    """Return what was found in messages, and what the search is narrowed to."""
    found = searching.hits_of(user, asked) if asked.finds_messages else searching.Found([])
    return {
        "searching": asked.searches,
        "hits": found.hits,
        "more_hits": str(found.further or ""),
        "hint": found.hint,
        "person": searching.person_of(user, asked),
        "days": searching.said_of_days(asked),
        "places": [
            (asked.query(**{"in": place}), title, place == asked.place) for place, title in places.PLACE_TITLES.items()
        ],
        "unsearched": asked.without_search().query(),
        "everywhere": Asked(words=asked.words).query(),
        "without": {name: asked.query(**{name: None}) for name in ("person", "who", "channel")}
        | {"days": asked.query(**{"from": None, "to": None})},
    }


@staff_page("inbox/rows/", name="inbox_rows", permission=VIEW)
@require_safe
def rows(request: HttpRequest) -> HttpResponse:
    """Answer with the rows behind a place, or with those of some numbers that are listed; and with the tabs' counts."""
    asked, user, now = Asked.read(request.GET), user_of(request), timezone.now()
    ids, after, further = _numbers(request.GET.get("ids", "")), After.read(request.GET.get("after", "")), None
    if ids:
        found = listing.these(user, asked, ids, now)
    elif after:
        found, further = listing.page_of(user, asked, now, after)
    else:
        raise Http404
    counts = listing.counts(user, asked, now) if ids else {}
    context = {"rows": rows_of(found, asked, now), "asked": asked}
    return JsonResponse(
        {
            "html": render_to_string("migochat/inbox/rows.html", context, request),
            "more": str(further or ""),
            "unread": counts.pop("unread", None),
            "counts": {tab: listing.said(count) for tab, count in counts.items()},
        }
    )


@staff_page("inbox/hits/", name="inbox_hits", permission=VIEW)
@require_safe
def hits(request: HttpRequest) -> HttpResponse:
    """Answer with the messages behind a place among those that were found."""
    asked, after = Asked.read(request.GET), After.read(request.GET.get("after", ""))
    if not asked.finds_messages or after is None:
        raise Http404
    found = searching.hits_of(user_of(request), asked, after)
    html = render_to_string("migochat/inbox/hits.html", {"hits": found.hits, "asked": asked}, request)
    return JsonResponse({"html": html, "more": str(found.further or "")})


@staff_page("inbox/poll/", name="inbox_poll", permission=VIEW)
@require_safe
def poll(request: HttpRequest) -> HttpResponse:
    """Answer with what changed: in the list since a time, and in the open conversation."""
    now, since, opened = timezone.now(), number(request.GET.get("since")), number(request.GET.get("open"))
    follows = since is not None and since < listing.SECOND_PART
    found = news.news(
        user_of(request),
        asked=Asked.read(request.GET),
        since=listing.moment(since) if since is not None and follows else None,
        shown=_numbers(request.GET.get("shown", "")),
        opened=opened,
        here=request.GET.get("here") == "1",
        writing=request.GET.get("writing") == "1",
    )
    answer: dict[str, Any] = {"since": listing.micros(now)}
    if follows:
        answer["changed"] = found.changed
    if opened is not None:
        answer["talk"] = found.talk and asdict(found.talk)
    return JsonResponse(answer)


def _numbers(text: str) -> list[int]:
    found = (number(part) for part in text.split(",")[:MOST_ASKED])
    return [one for one in found if one is not None]


def _choices(asked: Asked) -> dict[str, Any]:
    """Return what the filters offer, each with the address that it leads to."""

    def of(name: str, given: Any, titles: Any) -> list[tuple[str, Any, bool]]:
        return [(asked.query(**{name: value}), title, value == given) for value, title in titles]

    channels = list(Channel.objects.order_by("name").values_list("pk", "name"))
    tags = Tag.objects.values_list("pk", "name")
    return {
        "states": of("status", asked.state, places.STATE_TITLES.items()),
        "sorts": of("sort", asked.sort, places.SORT_TITLES.items()),
        "needs": of("need", asked.need, [("", _("All of them")), *places.NEED_TITLES.items()]),
        "channels": of("channel", asked.channel, [(None, _("All channels")), *channels]),
        "tags": of("tag", asked.tag, [(None, _("All tags")), *tags]),
        "channel_names": channels,
    }
