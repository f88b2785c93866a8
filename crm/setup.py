"""What a new installation needs before anybody can log in, and every start makes sure of."""

import secrets
from dataclasses import dataclass

from django.contrib.auth.models import Group
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import connection, transaction

from crm.canary import check_keys, create_canary
from crm.models import User
from crm.roles import ADMINISTRATOR, ensure_roles

DEFAULT_EMAIL = "admin@localhost"
SETUP_LOCK = 0x6D69676F  # one setup at a time, also from several machines


@dataclass(frozen=True)
class NewAccount:
    """The administrator's account that was just made; `password` is shown once and kept nowhere."""

    email: str
    password: str
    generated: bool
    weakness: str


def prepare_installation(*, admin_email: str = "", admin_password: str = "") -> NewAccount | None:
    """Make sure of the key canary, the roles and an administrator; return the account if one was made.

    An account is made only where no active administrator exists, so that a password in the environment never overrides
    what people changed since.

    Raises:
        crm.canary.WrongKeys: the database was written with other keys than ours.
        django.core.exceptions.ValidationError: `admin_email` is no e-mail address.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [SETUP_LOCK])
        check_keys()
        create_canary()
        ensure_roles()
        return _ensure_administrator(admin_email or DEFAULT_EMAIL, admin_password)


def _ensure_administrator(email: str, given: str) -> NewAccount | None:
    if User.objects.filter(is_superuser=True, is_active=True).exists():
        return None
    validate_email(email)
    password = given or secrets.token_urlsafe(12)
    user = User.objects.filter(email__iexact=email).first() or User(email=email.lower())
    user.is_staff = user.is_superuser = user.is_active = True
    user.set_password(password)
    user.save()
    user.groups.add(Group.objects.get(name=ADMINISTRATOR))
    return NewAccount(user.email, password, generated=not given, weakness=_weakness_of(password, user))


def _weakness_of(password: str, user: User) -> str:
    try:
        validate_password(password, user)
    except ValidationError as error:
        return " ".join(error.messages)
    return ""
