"""Something done by another connection while a test reads."""

import threading
from collections.abc import Callable

from django.db import connection


def meanwhile(work: Callable[[], object]) -> None:
    """Do something in a transaction of its own and wait until it is committed."""

    def run() -> None:
        try:
            work()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
