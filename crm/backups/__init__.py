"""Backups that are proven by restoring them.

A backup is one file: a tar in age encryption. `archive` and `reading` know the file, `keys` who can open it, `manifest` what it
says of itself; these three need no settings. `snapshot` asks the database what has to be in it, `making` makes one, `scratch`
restores beside the live database, `proving` compares what came out, `restoring` puts it in the live one's place.
"""
