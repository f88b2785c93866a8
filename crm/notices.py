"""Telling colleagues something in the page, and by e-mail if they wish."""

from crm.models import Notification, User


def tell(user: User, *, kind: Notification.Kind, key: str, text: str, url: str = "") -> bool:
    """Tell a colleague something once; say whether they had not been told before. Who works here no more is told nothing.

    `text` must not hold what a customer wrote; `key` is what "the same thing" means.
    """
    if not user.is_active:
        return False
    values = {"kind": kind, "text": text[:300], "url": url[:500], "email_due": user.wants_email}
    return Notification.objects.get_or_create(user=user, key=key, defaults=values)[1]
