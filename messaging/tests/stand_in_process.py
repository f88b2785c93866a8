"""An installation whose platforms are a stand-in in a process of its own."""

from collections.abc import Iterator
from contextlib import contextmanager

import urllib3

from crm.tests.launching import Launched
from messaging.tests.installation import Installation, free_port, wait_until
from messaging.tests.sending_world import URL_SETTINGS, Control


@contextmanager
def installation_with_stand_in(setup: str = "", **settings: str) -> Iterator[tuple[Installation, Control]]:
    """Yield an installation without processes, and the control of its stand-in; `setup` is Python that is run before."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    shop = Installation(**dict.fromkeys(URL_SETTINGS, url), WEB_WORKERS="1", **settings)
    stand_in: Launched | None = None
    try:
        if setup:
            shop.manage("shell", "--verbosity", "0", "-c", setup)
        stand_in = shop.begin("simulate", "--serve", "--port", str(port), "--url", f"http://127.0.0.1:{shop.port}")
        control = Control(url)
        wait_until(lambda: answers(control), "the stand-in")
        yield shop, control
    finally:
        if stand_in:
            stand_in.terminate()
            stand_in.wait(20)
        shop.close()


def answers(control: Control) -> bool:
    """Say whether a stand-in takes requests."""
    try:
        control.ask("state")
    except urllib3.exceptions.HTTPError:
        return False
    return True
