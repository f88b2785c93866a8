"""Model fields that encrypt themselves, bound to their row by its `uid`."""

import logging
from collections.abc import Iterator
from typing import Any, cast

import orjson
from django import forms
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _

from crm.encryption import Undecryptable, decrypt, encrypt, is_newest

logger = logging.getLogger(__name__)

MARK = "⚠ unreadable"


class Unreadable(str):
    """Stands in for a value that does not decrypt: shows as a mark in a list, and cannot be saved again."""

    def __new__(cls) -> "Unreadable":
        return super().__new__(cls, MARK)

    def __reduce__(self) -> tuple[type["Unreadable"], tuple[()]]:
        return Unreadable, ()


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
            instance.refresh_from_db(fields=[name, "uid"])  # the uid opens it
        value = instance.__dict__[name]
        if isinstance(value, _Sealed):
            value = instance.__dict__[name] = self.field.opened(instance, value)
        return value

    def __set__(self, instance: models.Model, value: Any) -> None:
        instance.__dict__[self.field.attname] = value


class EncryptedField(models.BinaryField):  # type: ignore[type-arg]  # the stubs make it generic, the class is not
    """A `str` or JSON value, stored as AES-256-GCM ciphertext; its model has a `uid`.

    What does not open reads as `Unreadable`, is logged as an error, and is never written back. A value nobody asked for
    is saved as it was read, though never under an older key. `label` ties the value to its field and must stay as it is
    for ever, also when the field is renamed. With `only()`, name `uid` as well.
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

    def to_python(self, value: Any) -> Any:
        """Leave a value as it is: what `BinaryField` would take for base64 is the plaintext here."""
        return value

    def validate(self, value: Any, model_instance: models.Model | None) -> None:
        if value == MARK:
            raise ValidationError(_("Cannot be decrypted with our keys, so it is left as it is."))
        super().validate(value, model_instance)

    def opened(self, instance: Any, sealed: _Sealed) -> Any:
        """Decrypt for reading; never raises."""
        try:
            return self.loads(decrypt(self.label, instance.uid, sealed.ciphertext))
        except Undecryptable as error:
            logger.error("Row %s is unreadable: %s", instance.pk, error)
        except ValueError:
            logger.error("Row %s is unreadable: %s: what was encrypted is not of its type", instance.pk, self.label)
        return Unreadable()

    def pre_save(self, model_instance: Any, add: bool) -> Any:
        if self.attname not in model_instance.__dict__:
            getattr(model_instance, self.attname)  # deferred, and to be written all the same
        value = model_instance.__dict__[self.attname]
        if isinstance(value, _Sealed):
            return self._under_newest_key(model_instance, value)
        if value is None:
            return None
        if value == MARK:
            raise ValueError(
                f"{self.label} of row {model_instance.pk} could not be decrypted, so it is not overwritten."
            )
        return _Sealed(encrypt(self.label, model_instance.uid, self.dumps(value)))

    def _under_newest_key(self, instance: Any, sealed: _Sealed) -> _Sealed:
        """Renew a value read before the keys were rotated, lest an older key comes back; keep what does not open."""
        if is_newest(sealed.ciphertext):
            return sealed
        try:
            return _Sealed(encrypt(self.label, instance.uid, decrypt(self.label, instance.uid, sealed.ciphertext)))
        except Undecryptable:
            return sealed

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        if value is None:
            return None
        if not isinstance(value, _Sealed):
            raise TypeError(
                f"{self.label} is encrypted row by row: save it with its instance, find it by its blind index."
            )
        return super().get_db_prep_value(value.ciphertext, connection, prepared)

    def dumps(self, value: Any) -> bytes:
        return orjson.dumps(value) if self.json else cast(str, value).encode("utf-8", "surrogatepass")

    def loads(self, plaintext: bytes) -> Any:
        return orjson.loads(plaintext) if self.json else plaintext.decode("utf-8", "surrogatepass")

    def get_default(self) -> Any:
        if self.has_default():
            return super().get_default()
        return None if self.null else {} if self.json else ""

    def value_to_string(self, obj: models.Model) -> str:
        raise TypeError(f"{self.label} is not serialised in the clear.")

    def formfield(self, **kwargs: Any) -> Any:
        return models.Field.formfield(self, **({"form_class": forms.JSONField} if self.json else {}) | kwargs)


def encrypted_fields() -> Iterator[tuple[type[models.Model], EncryptedField]]:
    """Return every encrypted field along with the model whose table holds it."""
    for model in apps.get_models():
        if model._meta.proxy:
            continue
        for field in model._meta.local_concrete_fields:
            if isinstance(field, EncryptedField):
                yield model, field
