"""Asking WhatsApp for the templates of a business account.

https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/template-management
"""

from messaging.channels.contract import Credentials
from messaging.channels.meta_sending import REASONS, graph
from messaging.channels.outbound import Reason, SendError
from messaging.channels.reading import object_of, objects_of, text_of
from messaging.message_templates.reading import Facts, status_of

FIELDS = "id,name,language,status,category,components"
MOST_PAGES = 50
TEMPLATE_REASONS = {**REASONS, "100": Reason.SETUP}


def ask_whatsapp(waba_id: str, credentials: Credentials) -> list[Facts]:
    """Return all templates of a WhatsApp Business Account.

    Raises:
        SendError: they are not to be had, or not now.
    """
    if not (waba_id.isascii() and waba_id.isdigit()):
        raise SendError(Reason.SETUP, "waba_id")
    found: list[Facts] = []
    query = {"fields": FIELDS, "limit": "100"}
    for _page in range(MOST_PAGES):
        path = f"{waba_id}/message_templates"
        answer, _usage = graph("GET", path, credentials, reasons=TEMPLATE_REASONS, query=query)
        for item in objects_of(answer.get("data")):
            told = {name: text_of(item.get(name)) for name in ("id", "name", "language", "category", "status")}
            status = status_of(told["status"])
            components = objects_of(item.get("components"))
            found.append(Facts(told["id"], told["name"], told["language"], told["category"], status, components))
        paging = object_of(answer.get("paging"))
        after = text_of(object_of(paging.get("cursors")).get("after"))
        if not (after and paging.get("next")):
            return found
        query = {**query, "after": after}
    raise SendError(Reason.CONTENT, "too many")
