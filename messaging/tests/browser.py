"""A page in the real browser that remembers what went wrong on it, and colleagues who look at it."""

from django.conf import settings
from playwright.sync_api import Dialog, Page

from crm.models import User
from messaging.tests.admin_world import client_of, colleague

PASSWORD = "long enough for a test"
PHONE = {"width": 390, "height": 800}
DESK = {"width": 1440, "height": 900}


class Browser:
    """A page, and all that a console, a dialog, a failed answer or a request to elsewhere said on it."""

    def __init__(self, page: Page, address: str) -> None:
        self.page, self.address = page, address
        self.troubles: list[str] = []
        page.on("console", lambda message: self._note(message.type in ("error", "warning"), f"console: {message.text}"))
        page.on("pageerror", lambda error: self._note(True, f"error: {error}"))
        page.on("dialog", self._dismissed)
        page.on("request", lambda request: self._note(not self._ours(request.url), f"external: {request.url}"))
        page.on("response", lambda response: self._note(response.status >= 400, f"{response.status}: {response.url}"))

    def _ours(self, url: str) -> bool:
        return url.startswith((self.address, "data:"))

    def _dismissed(self, dialog: Dialog) -> None:
        self._note(True, f"dialog: {dialog.message}")
        dialog.dismiss()

    def _note(self, wrong: bool, what: str) -> None:
        if wrong:
            self.troubles.append(what)

    def open(self, path: str) -> None:
        self.page.goto(self.address + path)

    def overflow(self) -> int:
        """Return by how many pixels the page is wider than the window."""
        wide: int = self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        return wide

    def log_in(self, user: User) -> None:
        """Log in without the form, which costs two pages."""
        cookie = client_of(user).cookies[settings.SESSION_COOKIE_NAME]
        self.page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": self.address}])

    def log_in_by_the_form(self, user: User) -> None:
        self.open("/")
        self.page.fill("input[name=username]", user.email)
        self.page.fill("input[name=password]", PASSWORD)
        self.page.click("button[type=submit]")
        self.page.wait_for_url("**/admin/**/")


def member(role: str) -> User:
    """Return a colleague who knows the password of the tests."""
    user = colleague(role)
    user.set_password(PASSWORD)
    user.save()
    return user
