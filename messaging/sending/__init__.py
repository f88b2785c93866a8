"""From a queued message of ours to the platform.

A reply is a committed row first. The `outgoing` drain claims it, a lane of its channel hands it to the platform, and the drain
records the answer. Nothing is sent twice: a claimed message whose sender died is `unknown`, and waits for an echo, a status or a
person; only what certainly was not sent is tried again.
"""
