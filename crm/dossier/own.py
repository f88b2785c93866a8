"""This app's share of a dossier."""

from django.apps import apps
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from crm.dossier.parts import Files, Part, Share
from crm.models import Consent, Customer, CustomerMerge, Identity, IdentityKey, Note

FILE = "customer.json"


def _picture(customer: Customer) -> Files:
    name = customer.picture
    return {f"files/picture-{customer.pk}.{name.rpartition('.')[2]}": name} if name else {}


SHARE = Share(
    parts=(
        Part(FILE, "customers", _("what we know of the person"), Customer, "pk", left_out=["picture"], files=_picture),
        Part(
            FILE,
            "history",
            _("what that was before it was changed"),
            apps.get_model("crm", "CustomerHistory"),
            "pgh_obj",
        ),
        Part(FILE, "identities", _("the person on each channel"), Identity, "customer", named=["channel"]),
        Part(FILE, "ids", _("ids that the platforms gave them"), IdentityKey, "identity__customer"),
        Part(FILE, "consents", _("what they allowed and refused"), Consent, "customer"),
        Part(FILE, "notes", _("what colleagues wrote about them"), Note, "customer"),
        Part(
            FILE,
            "merges",
            _("entries about them that were found to be one"),
            CustomerMerge,
            "kept",
            left_out=["moved", "before"],
            narrowed=Q(undone_at=None),
        ),
    ),
    left_out={
        "crm.DuplicateDismissed": _("That somebody else was taken for this person, which says as much about them."),
        "crm.Notification": _("Notices to colleagues, which belong to these and are removed after some months."),
        "crm.ImportFile": _("Files that were uploaded to be imported, which are removed within a day."),
    },
)
