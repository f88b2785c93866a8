"""Sparing those who wait what a web process does for itself."""

import gc
from functools import cache


@cache
def settle() -> None:
    """Take all that is loaded by now out of the garbage collector's sight, once: it stays until the end anyway.

    To look through it all stopped every thread for a tenth of a second, after each sixty pages or so.
    """
    gc.collect()
    gc.freeze()
