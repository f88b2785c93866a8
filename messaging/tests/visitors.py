"""Visitors of the tests' pages: each comes with nothing but styles, scripts and fonts, which an earlier one left in the cache."""

from collections import defaultdict
from typing import Any

from playwright.sync_api import Browser as Chrome
from playwright.sync_api import BrowserContext

from messaging.tests.browser import DESK, Browser

#: What a site keeps in a browser, but for its cache.
KEPT = "local_storage,indexeddb,service_workers,cache_storage,cookies"


class Visitors:
    """Opens pages in contexts of Chromium that are used again; loading all anew takes three quarters of a first page's time."""

    def __init__(self, chrome: Chrome, address: str, patience: int) -> None:
        self._chrome, self._address, self._patience = chrome, address, patience
        self._free: defaultdict[str, list[BrowserContext]] = defaultdict(list)
        self._lent: list[tuple[str, BrowserContext]] = []

    def arrive(
        self, window: Any = DESK, language: str = "en-US", dark: bool = False, patience: int | None = None, **more: Any
    ) -> Browser:
        """Open an empty page in a window, a language, light or dark; `more` are options of a context of its own."""
        free = [] if more else self._free[language]
        context = free.pop() if free else self._made(language, **more)
        if not more:
            self._lent.append((language, context))
        context.set_default_timeout(patience or self._patience)
        page = context.new_page()
        page.set_viewport_size(window)
        page.emulate_media(color_scheme="dark" if dark else "light")
        return Browser(page, self._address)

    def _made(self, language: str, **more: Any) -> BrowserContext:
        headers = {"Accept-Language": language}
        return self._chrome.new_context(locale=language, extra_http_headers=headers, **more)

    def leave(self) -> None:
        """Close all pages, and forget what they kept."""
        for language, context in self._lent:
            self._forget(context)
            self._free[language].append(context)
        self._lent.clear()
        again = {context for contexts in self._free.values() for context in contexts}
        for context in set(self._chrome.contexts) - again:
            context.close()

    def _forget(self, context: BrowserContext) -> None:
        page = context.new_page()
        for other in context.pages:
            if other != page:
                other.close()
        session = context.new_cdp_session(page)
        session.send("Storage.clearDataForOrigin", {"origin": self._address, "storageTypes": KEPT})
        page.close()
        context.set_offline(False)
