"""The posts and ads that messages came from, made on first sight."""

from typing import Any

from django.db import connection

from messaging.ingest.drafts import MessageDraft, Touch
from messaging.ingest.recordset import recordset

WORDS = ("title", "body", "url", "media_url", "media_type")
TOLD = "channel_id bigint, external_id text, title text, body text, url text, media_url text, media_type text, seen_at timestamptz"

INSERT_POSTS = f"""
    INSERT INTO campaigns_post (created_at, updated_at, channel_id, external_id, title, url, media_url, media_type, first_seen_at)
    SELECT now(), now(), channel_id, external_id, '', '', '', '', seen_at FROM json_to_recordset(%s) AS new ({TOLD})
    ORDER BY channel_id, external_id
    ON CONFLICT (channel_id, external_id) DO NOTHING
"""  # noqa: S608 - TOLD is ours
INSERT_ADS = f"""
    INSERT INTO campaigns_adcampaign
        (created_at, updated_at, channel_id, ad_id, title, body, url, media_url, ad_set_id, ad_set_name, campaign_id, campaign_name,
         first_seen_at)
    SELECT now(), now(), channel_id, external_id, '', '', '', '', '', '', '', '', seen_at FROM json_to_recordset(%s) AS new ({TOLD})
    ORDER BY channel_id, external_id
    ON CONFLICT (channel_id, ad_id) DO NOTHING
"""  # noqa: S608 - TOLD is ours
# Where two payloads tell different words for one post or ad, the greater stands: the order of arrival must not matter.
UPDATE_POSTS = f"""
    UPDATE campaigns_post AS post SET
        title = GREATEST(post.title, new.title), url = GREATEST(post.url, new.url),
        media_url = GREATEST(post.media_url, new.media_url), media_type = GREATEST(post.media_type, new.media_type),
        first_seen_at = LEAST(post.first_seen_at, new.seen_at), updated_at = now()
    FROM json_to_recordset(%s) AS new ({TOLD})
    WHERE post.channel_id = new.channel_id AND post.external_id = new.external_id
      AND (post.title < new.title OR post.url < new.url OR post.media_url < new.media_url OR post.media_type < new.media_type)
"""  # noqa: S608 - TOLD is ours
UPDATE_ADS = f"""
    UPDATE campaigns_adcampaign AS ad SET
        title = GREATEST(ad.title, new.title), body = GREATEST(ad.body, new.body), url = GREATEST(ad.url, new.url),
        media_url = GREATEST(ad.media_url, new.media_url), updated_at = now()
    FROM json_to_recordset(%s) AS new ({TOLD})
    WHERE ad.channel_id = new.channel_id AND ad.ad_id = new.external_id
      AND (ad.title < new.title OR ad.body < new.body OR ad.url < new.url OR ad.media_url < new.media_url)
"""  # noqa: S608 - TOLD is ours
FIND_POSTS = """
    SELECT post.channel_id, post.external_id, post.id FROM json_to_recordset(%s) AS wanted (channel_id bigint, external_id text)
    JOIN campaigns_post AS post ON post.channel_id = wanted.channel_id AND post.external_id = wanted.external_id
"""
FIND_ADS = """
    SELECT ad.channel_id, ad.ad_id, ad.id FROM json_to_recordset(%s) AS wanted (channel_id bigint, external_id text)
    JOIN campaigns_adcampaign AS ad ON ad.channel_id = wanted.channel_id AND ad.ad_id = wanted.external_id
"""
LINK_POSTS = """
    UPDATE campaigns_adcampaign AS ad SET post_id = link.post_id, updated_at = now()
    FROM json_to_recordset(%s) AS link (ad_id bigint, post_id bigint)
    WHERE ad.id = link.ad_id AND (ad.post_id IS NULL OR ad.post_id > link.post_id)
"""

Key = tuple[int, str]


def assign(touches: list[tuple[Touch, MessageDraft]]) -> None:
    """Give messages the post and the ad they came from, making and completing these as needed."""
    if not touches:
        return
    posts = _known(
        [_told(touch, touch.post) for touch, _ in touches if touch.post], FIND_POSTS, INSERT_POSTS, UPDATE_POSTS
    )
    ads = _known([_told(touch, touch.ad) for touch, _ in touches if touch.ad], FIND_ADS, INSERT_ADS, UPDATE_ADS)
    links: dict[int, int] = {}
    for touch, draft in touches:
        post = posts.get((touch.channel_id, touch.post.get("external_id", "")))
        ad = ads.get((touch.channel_id, touch.ad.get("external_id", "")))
        draft.row |= {"post_id": post, "ad_id": ad}
        if post and ad:
            links[ad] = min(post, links.get(ad, post))
    if links:
        with connection.cursor() as cursor:
            cursor.execute(
                LINK_POSTS, [recordset([{"ad_id": ad, "post_id": post} for ad, post in sorted(links.items())])]
            )


def _told(touch: Touch, told: dict[str, str]) -> dict[str, Any]:
    return {"channel_id": touch.channel_id, "seen_at": touch.seen_at, **dict.fromkeys(WORDS, ""), **told}


def _known(told: list[dict[str, Any]], find: str, insert: str, update: str) -> dict[Key, int]:
    """Return the ids of posts or ads by channel and external id; one statement where all are known and complete."""
    rows = _greatest(told)
    if not rows:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(find, [recordset(rows)])
        found = _by_key(cursor.fetchall())
        if missing := [row for row in rows if (row["channel_id"], row["external_id"]) not in found]:
            cursor.execute(insert, [recordset(missing)])
            cursor.execute(find, [recordset(rows)])
            found = _by_key(cursor.fetchall())
        if telling := [row for row in rows if any(row[column] for column in WORDS)]:
            telling.sort(key=lambda row: found[row["channel_id"], row["external_id"]])
            cursor.execute(update, [recordset(telling)])
    return found


def _by_key(rows: list[tuple[int, str, int]]) -> dict[Key, int]:
    return {(channel_id, external_id): number for channel_id, external_id, number in rows}


def _greatest(told: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Make one row of those about the same post or ad, with the greatest of their words, in the order of their keys."""
    rows: dict[Key, dict[str, Any]] = {}
    for row in told:
        kept = rows.setdefault((row["channel_id"], row["external_id"]), dict(row))
        kept |= {column: max(kept[column], row[column]) for column in WORDS}
        kept["seen_at"] = min(kept["seen_at"], row["seen_at"])
    return [rows[key] for key in sorted(rows)]
