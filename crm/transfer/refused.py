"""The one error that a file can have as a whole."""


class FileRefused(Exception):
    """A file that cannot be read or imported; the message says why and what to do."""
