"""Model fields that encrypt themselves, bound to their row by its `uid`."""

import logging
from typing import Any, cast

import orjson
from django.db import models

from crm.encryption import Undecryptable, decrypt, encrypt

logger = logging.getLogger(__name__)


class Unreadable(str):
    """Stands in for a value that does not decrypt: shows as a mark in a list, and cannot be saved again."""

    def __new__(cls) -> "Unreadable":
        return super().__new__(cls, "⚠ unreadable")


class _Sealed:
    """A value as it came from the database, not opened yet."""

    __slots__ = ("ciphertext",)

    def __init__(self, ciphertext: bytes) -> None:
        self.ciphertext = ciphertext


class _OpenedOnAccess:
    """Descriptor: opens the stored value the first time it is asked for."""

    def __init__(self, field: "EncryptedField") -> None:
        self.field = field

    def __get__(self, instance: models.Model | None, owner: type[models.Model] | None = None) -> Any:
        if instance is None:
            return self
        name = self.field.attname
        if name not in instance.__dict__:
            instance.refresh_from_db(fields=[name])
        value = instance.__dict__[name]
        if isinstance(value, _Sealed):
            value = instance.__dict__[name] = self.field.opened(instance, value)
        return value

    def __set__(self, instance: models.Model, value: Any) -> None:
        instance.__dict__[self.field.attname] = value


class EncryptedField(models.BinaryField):  # type: ignore[type-arg]  # the stubs make it generic, the class is not
    """A `str` or JSON value, stored as AES-256-GCM ciphertext; its model has a `uid`.

    What does not open reads as `Unreadable`, is logged as an error, and is never written back. `label` ties the value
    to its field and must stay as it is for ever, also when the field is renamed.
    """

    def __init__(self, label: str, *, json: bool = False, **kwargs: Any) -> None:
        self.label, self.json = label, json
        kwargs.setdefault("editable", True)
        super().__init__(**kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        return name, path, [self.label, *args], kwargs | ({"json": True} if self.json else {})

    def contribute_to_class(self, cls: type[models.Model], name: str, private_only: bool = False) -> None:
        super().contribute_to_class(cls, name, private_only)
        setattr(cls, self.attname, _OpenedOnAccess(self))

    def from_db_value(self, value: Any, *args: Any) -> Any:
        return None if value is None else _Sealed(bytes(value))

    def opened(self, instance: Any, sealed: _Sealed) -> Any:
        """Decrypt for reading; never raises."""
        try:
            return self.loads(decrypt(self.label, instance.uid, sealed.ciphertext))
        except (Undecryptable, ValueError) as error:
            logger.error("Unreadable %s of row %s: %s", self.label, instance.pk, error)
            return Unreadable()

    def pre_save(self, model_instance: Any, add: bool) -> Any:
        value = model_instance.__dict__.get(self.attname)
        if isinstance(value, Unreadable):
            raise ValueError(f"{self.label} of row {model_instance.pk} could not be decrypted, so it is not overwritten.")
        if value is None or isinstance(value, _Sealed):
            return value
        return _Sealed(encrypt(self.label, model_instance.uid, self.dumps(value)))

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        if value is None:
            return None
        if not isinstance(value, _Sealed):
            raise TypeError(f"{self.label} is encrypted by row: save the instance, or encrypt for its uid.")
        return super().get_db_prep_value(value.ciphertext, connection, prepared)

    def dumps(self, value: Any) -> bytes:
        return orjson.dumps(value) if self.json else cast(str, value).encode("utf-8", "surrogatepass")

    def loads(self, plaintext: bytes) -> Any:
        return orjson.loads(plaintext) if self.json else plaintext.decode("utf-8", "surrogatepass")

    def get_default(self) -> Any:
        return super().get_default() if self.has_default() else ({} if self.json else "")

    def value_to_string(self, obj: models.Model) -> str:
        raise TypeError(f"{self.label} is not serialised in the clear.")

    def formfield(self, **kwargs: Any) -> Any:
        return models.Field.formfield(self, **kwargs)
