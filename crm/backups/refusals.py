"""Why a backup cannot be made, or cannot be used."""

import psycopg
from django.db import DatabaseError


class BackupFailed(Exception):
    """A backup, its proof or its restoring did not come to its end; the message says why and what to do."""


class BackupRefused(BackupFailed):
    """A file that is no backup of ours, not whole, or not for this release; the message says which."""


#: All that may keep a backup, its proof or its restoring from coming to its end, and says why.
TROUBLES = (BackupFailed, OSError, DatabaseError, psycopg.Error)
