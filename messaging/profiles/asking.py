"""Asking platforms who somebody is.

https://developers.facebook.com/docs/messenger-platform/identity/user-profile
https://developers.facebook.com/docs/instagram-platform/instagram-api-with-instagram-login/messaging-api/user-profile
https://core.telegram.org/bots/api#getuserprofilephotos
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.conf import settings

from crm.models.channel import Platform
from messaging.channels.contract import Credentials
from messaging.channels.events import CHAT, IGSID, PSID, USER_ID
from messaging.channels.meta_sending import REASONS, graph
from messaging.channels.outbound import Reason, SendError
from messaging.channels.reading import object_of, objects_of, storable, text_of
from messaging.channels.telegram_sending import call
from messaging.fetching import HOSTS, Fetched, FetchError, fetch
from messaging.sniffing import SHOWN

LARGEST_PICTURE = 1024 * 1024
SMALLEST_SIDE = 160  # pixels; what an avatar needs on a dense screen
#: Somebody who never wrote to us, took their consent back, or is gone.
PROFILE_REASONS = {**REASONS, "100": Reason.UNREACHABLE, "230": Reason.UNREACHABLE, "10": Reason.SETUP}

Ids = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Profile:
    """Who somebody is on a platform. `missing` says why there is no picture though they have one."""

    name: str = ""
    username: str = ""
    picture: Fetched | None = field(default=None, repr=False)
    missing: SendError | None = None


def ask_for_profile(platform: str, ids: Ids, credentials: Credentials) -> Profile:
    """Ask for somebody's name and picture.

    Raises:
        SendError: neither is to be had, or not now.
    """
    return _ASKING[Platform(platform)](ids, credentials)


def _messenger(ids: Ids, credentials: Credentials) -> Profile:
    found = _person(ids, PSID, credentials, "first_name,last_name,profile_pic", settings.GRAPH_API_URL)
    name = " ".join(filter(None, (_words(found.get("first_name")), _words(found.get("last_name")))))
    return _with_picture(Profile(name), Platform.MESSENGER, text_of(found.get("profile_pic")))


def _instagram(ids: Ids, credentials: Credentials) -> Profile:
    found = _person(ids, IGSID, credentials, "name,username,profile_pic", settings.INSTAGRAM_API_URL)
    profile = Profile(_words(found.get("name")), _words(found.get("username")))
    return _with_picture(profile, Platform.INSTAGRAM, text_of(found.get("profile_pic")))


def _telegram(ids: Ids, credentials: Credentials) -> Profile:
    """Fetch only the picture: the name comes with every message."""
    user = ids.get(USER_ID) or ids.get(CHAT, "")
    if not user.isdigit():
        raise SendError(Reason.UNREACHABLE, "no id")
    found = object_of(call("getUserProfilePhotos", credentials, {"user_id": int(user), "limit": 1}))
    photos = found.get("photos")
    sizes = objects_of(photos[0]) if isinstance(photos, list) and photos else []
    if not sizes:
        return Profile()
    by_width = sorted(sizes, key=lambda size: size["width"] if isinstance(size.get("width"), int) else 0)
    large_enough = (size for size in by_width if isinstance(size.get("width"), int) and size["width"] >= SMALLEST_SIDE)
    chosen = next(large_enough, by_width[-1])
    file = object_of(call("getFile", credentials, {"file_id": text_of(chosen.get("file_id"))}))
    token = next(filter(None, credentials.get("bot_token", [])), "")
    url = f"{settings.TELEGRAM_API_URL}/file/bot{token}/{text_of(file.get('file_path'))}"
    return _with_picture(Profile(), Platform.TELEGRAM, url)


_ASKING = {Platform.MESSENGER: _messenger, Platform.INSTAGRAM: _instagram, Platform.TELEGRAM: _telegram}


def _person(ids: Ids, kind: str, credentials: Credentials, fields: str, base_url: str) -> dict[str, Any]:
    person = ids.get(kind, "")
    if not (person.isascii() and person.isdigit()):
        raise SendError(Reason.UNREACHABLE, "no id")
    return graph("GET", person, credentials, reasons=PROFILE_REASONS, base_url=base_url, query={"fields": fields})[0]


def _words(value: object) -> str:
    return " ".join(storable(text_of(value)).split())[:200]


def _with_picture(profile: Profile, platform: Platform, url: str) -> Profile:
    """Add the picture; without one that can be shown, a name is still a name."""
    if not url:
        return profile
    try:
        picture = fetch(url, hosts=HOSTS[platform], most_bytes=LARGEST_PICTURE)
    except FetchError as error:
        reason = Reason.TRY_AGAIN if error.retryable else Reason.REFUSED
        return replace(profile, missing=SendError(reason, str(error)))
    return replace(profile, picture=picture) if picture.mime_type in SHOWN else profile
