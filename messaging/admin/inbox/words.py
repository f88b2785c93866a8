"""What the browser itself says in the inbox, in the language of who reads it."""

from django.utils.translation import gettext as _


def words() -> dict[str, str]:
    """Return them by name; a script puts values where %s stands."""
    return {
        "now": _("now"),
        "minutes": _("%s min"),
        "hours": _("%s h"),
        "left": _("%s left to answer"),
        "leftByHand": _("%s left to answer by hand"),
        "over": _("The time to answer is over."),
        "looking": _("%s is looking at this, too"),
        "writing": _("%s is writing…"),
        "several": _("%s and others"),
        "sending": _("Sending…"),
        "notSent": _("Not handed over yet: no connection. It is tried again by itself."),
        "gone": _("This conversation is no longer for you to see."),
        "tooLong": _("The text is too long. Shorten it, or send it in parts."),
        "letters": _("%s letters"),
        "bytes": _("%s bytes"),
        "tooBig": _("The file is too big: at most %s MB."),
        "wrongKind": _("Files of this kind cannot be sent there."),
        "noPosition": _("Your position could not be found."),
        "newMessage": _("New message from %s"),
        "lost": _("The connection is lost. It is tried again by itself."),
        "loggedOut": _("You are logged out. Log in again to go on; your draft is kept."),
        "failed": _("That did not work. Try once more."),
        "colleagues": _("Colleagues"),
        "mayNotSee": _("may not see this customer"),
        "newTag": _("New tag: %s"),
        "unreadTitle": _("%s unread"),
    }
