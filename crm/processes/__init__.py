"""The processes of the Procfile: started, started again when they die, and never left behind.

`python -m crm.processes NAME` becomes one of them, for a supervisor such as systemd; `keeper` is the supervisor that
`manage.py run` uses. Neither loads Django.
"""
