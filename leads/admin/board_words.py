"""What the board says in the browser."""

from django.utils.translation import gettext as _


def words() -> dict[str, str]:
    """Return the sentences of the board's scripts; `{…}` is filled in there."""
    return {
        "lifted": _("{name} picked up, in {stage}. Arrow keys choose a column, Enter drops, Escape cancels."),
        "over": _("{stage}, {count} leads."),
        "dropped": _("{name} is back in {stage}."),
        "moving": _("Moving {name} to {stage}."),
        "moved": _("{name} is in {stage} now."),
        "elsewhere": _("{name} is in {stage} now, which this selection does not show."),
        "not_moved": _("Not moved: the server could not be reached."),
        "logged_out": _("Not moved: you are logged out. Open the page again."),
        "not_allowed": _("Not moved: you may not do this."),
        "loading_failed": _("Could not load more. Try again."),
        "undo": _("Undo"),
        "expand": _("Show the leads in {stage}"),
        "collapse": _("Hide the leads in {stage}"),
    }
