"""Why an erasure does not take place."""


class ErasureRefused(Exception):
    """Nothing was erased; the message says why and what to do, in words for a colleague."""


class NoteRefused(Exception):
    """A note of an erasure that is damaged, or none of ours; the message says which."""
