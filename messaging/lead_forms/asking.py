"""Asking the Graph API for the answers of a form."""

from dataclasses import dataclass, field
from typing import Any

from messaging.channels.contract import Credentials
from messaging.channels.meta_sending import REASONS, graph
from messaging.channels.outbound import Reason, SendError
from messaging.channels.reading import objects_of, storable, text_of
from messaging.models.lead_form import TEST

BASICS = "created_time,field_data,form_id"
#: What only a token that may also read ads is told.
ABOUT_ADS = "is_organic,ad_id,ad_name,adset_id,adset_name,campaign_id,campaign_name"
NOT_FOUND = "100"
FORM_REASONS = {**REASONS, NOT_FOUND: Reason.CONTENT, "200": Reason.SETUP, "10": Reason.SETUP, "294": Reason.SETUP}
LONGEST_NAME, LONGEST_VALUE, MOST_FIELDS = 200, 2000, 100


@dataclass(frozen=True, slots=True)
class Answers:
    """What the platform told: (question, values) in order, the form, and names and ids of the ad where it came by one."""

    fields: list[tuple[str, list[str]]] = field(repr=False)
    form_id: str = ""
    ad: dict[str, str] = field(default_factory=dict)


def ask_for_answers(leadgen_id: str, credentials: Credentials) -> Answers:
    """Fetch one form's answers.

    Raises:
        SendError: there are none to be had, or not now.
    """
    if is_test(leadgen_id):
        raise SendError(Reason.CONTENT, TEST)
    if not leadgen_id.isascii() or not leadgen_id.isdigit():
        raise SendError(Reason.CONTENT, "no id")
    try:
        found = _ask(leadgen_id, credentials, f"{BASICS},{ABOUT_ADS}")
    except SendError as error:
        if error.reason not in (Reason.SETUP, Reason.CONTENT) or error.code == "access_token":
            raise
        found = _ask(leadgen_id, credentials, BASICS)
    return _read(found)


def is_test(leadgen_id: str) -> bool:
    """Tell whether an id is one of the dashboard's test button, all fours."""
    return len(leadgen_id) >= 8 and not leadgen_id.strip("4")


def _ask(leadgen_id: str, credentials: Credentials, fields: str) -> dict[str, Any]:
    return graph("GET", leadgen_id, credentials, reasons=FORM_REASONS, query={"fields": fields})[0]


def _read(found: dict[str, Any]) -> Answers:
    fields = []
    for item in objects_of(found.get("field_data"))[:MOST_FIELDS]:
        given = item.get("values")
        texts = [text_of(value) for value in given] if isinstance(given, list) else []
        values = [storable(text)[:LONGEST_VALUE].strip() for text in texts]
        fields.append((storable(text_of(item.get("name")))[:LONGEST_NAME], [value for value in values if value]))
    ad = {name: storable(text_of(found.get(name))) for name in ABOUT_ADS.split(",")[1:]}
    is_organic = found.get("is_organic") is True or ad["ad_id"] in ("", "0")
    return Answers(fields, text_of(found.get("form_id")), {} if is_organic else ad)
