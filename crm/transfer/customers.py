"""Customers in and out."""

from collections.abc import Iterable
from copy import copy
from typing import Any

from django.conf import settings
from django.contrib.postgres.aggregates import StringAgg
from django.core.exceptions import ValidationError
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from import_export.instance_loaders import ModelInstanceLoader
from import_export.resources import Resource

from crm.contact_details import email_key, phone_key
from crm.governorates import Governorate
from crm.models import Customer, Note, Tag, User
from crm.models.customer import CURRENT
from crm.transfer.columns import Column, Contact, Wish
from crm.transfer.widgets import Choice, Email, Known, Names, Phone, Text
from crm.visibility import sight

ASPECTS = ("label", "trade", "type", "persona", "governorate")
LINE = "line"
BATCH = 500


class CustomerResource(Resource):  # type: ignore[misc]  # the package has no types
    """Finds customers by phone number, else by e-mail address; makes those that nobody has. Nothing is written before the end."""

    do_not_call_in_templates = True
    kind = "customers"
    noun = gettext_lazy("Customers")
    list_page = "admin:crm_customer_changelist"

    name = Column(
        "name",
        gettext_lazy("Name"),
        Text(200),
        also=(
            "full name",
            "customer",
            "customer name",
            "client",
            "client name",
            "الاسم",
            "اسم العميل",
            "nome",
            "cliente",
        ),
    )
    phone = Contact(
        "phone", gettext_lazy("Phone"), Phone(40), personal=True,
        also=("phone number", "mobile", "tel", "telephone", "whatsapp", "الهاتف", "الموبايل", "رقم الهاتف", "telefone", "celular"),
    )  # fmt: skip
    email = Contact(
        "email", gettext_lazy("E-mail"), Email(254), personal=True,
        also=("e-mail address", "mail", "البريد", "البريد الإلكتروني", "الايميل"),
    )  # fmt: skip
    governorate = Column(
        "governorate", gettext_lazy("Governorate"), Choice(Governorate.choices), also=("المحافظة", "estado")
    )
    city = Column("city", gettext_lazy("City"), Text(100), also=("town", "المدينة", "cidade"))
    label = Column("label", gettext_lazy("Label"), Choice(Customer.Label.choices), also=("temperature", "التصنيف"))
    trade = Column("trade", gettext_lazy("Trade"), Choice(Customer.Trade.choices))
    type = Column("type", gettext_lazy("Type"), Choice(Customer.Type.choices), also=("customer type", "النوع", "tipo"))
    persona = Column("persona", gettext_lazy("Persona"), Choice(Customer.Persona.choices))
    language = Column("language", gettext_lazy("Language"), Text(10), also=("اللغة", "idioma"))
    owner = Column(
        "owner", gettext_lazy("Owner (e-mail)"), Known(gettext_lazy("no active colleague has the address “%(text)s”")),
        also=("owner", "seller", "salesperson", "assigned to", "المسؤول", "vendedor"),
    )  # fmt: skip
    tags = Wish("tags", gettext_lazy("Tags"), Names(50), also=("tag", "labels", "الوسوم"))
    note = Wish(
        "note",
        gettext_lazy("Note"),
        Text(5000),
        also=("notes", "comment", "comments", "remarks", "ملاحظات", "notas"),
        one_way=True,
    )

    class Meta:
        import_id_fields = ()
        skip_diff = True
        report_skipped = True
        use_transactions = False
        instance_loader_class = ModelInstanceLoader
        clean_model_instances = False

    def __init__(self, user: User) -> None:
        super().__init__()
        self.user = user
        self.writes = False
        self.by_phone: dict[bytes, Customer] = {}
        self.by_email: dict[bytes, Customer] = {}
        self.hidden: set[bytes] = set()
        #: By key and by number, the line that whoever has them is on.
        self.lines: dict[bytes | int, int] = {}
        self.tags_there: set[tuple[int, str]] = set()
        self.notes_there: set[tuple[int, str]] = set()
        self.saved: list[Customer] = []

    # --- in ---

    def columns(self) -> list[Column]:
        return list(self.fields.values())

    def before_import(self, dataset: Any, **kwargs: Any) -> None:
        """Read whom the file is about, all at once, and lock them where they are going to be changed."""
        self.writes = kwargs["writes"]
        staff = User.objects.filter(is_active=True)
        self.fields["owner"].widget.rows = {user.email.casefold(): user for user in staff}
        phones, emails = self._keys(dataset, "phone", phone_key), self._keys(dataset, "email", email_key)
        by_key = Customer.objects.filter(Q(phone_key__in=phones) | Q(email_key__in=emails))
        numbers = {pk for pair in by_key.values_list("pk", "merged_into") for pk in pair if pk}
        self.lock(numbers if self.writes else set())
        known = Customer.objects.filter(pk__in=numbers).order_by("pk")
        found = {row.pk: row for row in (known.select_for_update(no_key=True) if self.writes else known)}
        seen = set(known.filter(sight(self.user, Customer)).values_list("pk", flat=True))
        for row in reversed(found.values()):  # the oldest of several with one number
            self._know(row, found.get(row.merged_into_id or row.pk, row), seen)
        self._read_what_is_there(dataset.headers, seen)

    def lock(self, customer_ids: set[int]) -> None:
        """Lock what comes before customers in the order of locks."""

    def _keys(self, dataset: Any, column: str, key_of: Any) -> list[bytes]:
        cells = dataset[column] if column in dataset.headers else []
        return [key for key in {key_of(cell) for cell in cells if cell} if key]

    def _know(self, row: Customer, staying: Customer, seen: set[int]) -> None:
        if staying.pk not in seen:
            self.hidden |= {bytes(key) for key in (row.phone_key, row.email_key) if key}
            return
        if row.phone_key:
            self.by_phone[bytes(row.phone_key)] = staying
        if row.email_key:
            self.by_email[bytes(row.email_key)] = staying

    def _read_what_is_there(self, headers: list[str], customers: set[int]) -> None:
        if "tags" in headers:
            through = Customer.tags.through.objects.filter(customer__in=customers)
            self.tags_there = set(through.values_list("customer_id", "tag__name"))
        if "note" in headers:
            notes = Note.objects.filter(customer__in=customers)
            self.notes_there = set(notes.values_list("customer_id", "text"))

    def get_instance(self, instance_loader: Any, row: Any) -> Customer | None:
        """Find whom a row is about.

        Raises:
            ValidationError: two customers, somebody else's customer, or one whom an earlier line was about.
        """
        phone, email = phone_key(row.get("phone") or ""), email_key(row.get("email") or "")
        by_phone, by_email = self.by_phone.get(phone), self.by_email.get(email)
        if by_phone and by_email and by_phone.pk != by_email.pk:
            raise ValidationError(_("The phone number is one customer's and the e-mail address another's."))
        if self.hidden & {phone, email}:
            raise ValidationError(_("They are known already and belong to a colleague."))
        found = by_phone or by_email
        keys = [key for key in (phone, email, found and found.pk) if key]
        for key in keys:
            if earlier := self.lines.get(key):
                raise ValidationError(_("The same person as in line %(line)d.") % {"line": earlier})
        if found is None:
            return None
        return _noting(copy(found))  # a row that is left out must not leave anything behind

    def init_instance(self, row: Any = None) -> Customer:
        return _noting(Customer())

    def skip_row(self, instance: Any, original: Any, row: Any, import_validation_errors: Any = None) -> bool:
        if import_validation_errors:
            return False
        self.check(instance)
        keys = (phone_key(row.get("phone") or ""), email_key(row.get("email") or ""), instance.pk)
        self.lines |= {key: row[LINE] for key in keys if key}
        return self.is_unchanged(instance)

    def check(self, customer: Any) -> None:
        """Look at a row as a whole.

        Raises:
            ValidationError: its cells do not go together.
        """
        if customer.pk is None and not (customer.name or customer.phone or customer.email):
            raise ValidationError(_("There is no name, phone number or e-mail address."))
        wishes = customer.wishes
        wishes["tags"] = [name for name in wishes.get("tags", ()) if (customer.pk, name) not in self.tags_there]
        if not wishes["tags"]:
            del wishes["tags"]
        if (customer.pk, wishes.get("note")) in self.notes_there:
            del wishes["note"]

    def is_unchanged(self, customer: Any) -> bool:
        return customer.pk is not None and not customer.changed and not customer.wishes

    def save_instance(self, instance: Any, is_create: bool, row: Any, **kwargs: Any) -> None:
        self.saved.append(instance)

    def handle_import_error(self, result: Any, error: Exception, raise_errors: bool = False) -> None:
        raise error

    def after_import(self, dataset: Any, result: Any, **kwargs: Any) -> None:
        if self.writes:
            self.write(self.saved)

    def write(self, customers: list[Any]) -> None:
        """Write all rows; the caller's transaction makes it all or nothing."""
        new = [customer for customer in customers if customer.pk is None]
        aspects = [(customer, name) for customer in customers for name in ASPECTS if name in customer.changed]
        for customer, name in aspects:
            customer.read_from[name] = {"by": self.user.pk}
            customer.changed.add("read_from")
        before = Customer.objects.in_bulk([customer.pk for customer, _name in aspects if customer.pk])
        Customer.objects.bulk_create(new, batch_size=BATCH)
        made = {customer.pk for customer in new}
        for customer in customers:
            if customer.changed and customer.pk not in made:
                if "name" in customer.changed:
                    customer.name_at = None
                    customer.changed.add("name_at")
                customer.save(update_fields=[*sorted(customer.changed), "updated_at"])
        self._write_wishes(customers)
        changes = [
            (customer, name, getattr(before[customer.pk], name)) for customer, name in aspects if customer.pk in before
        ]
        for path in settings.CUSTOMER_IMPORT_STEPS:
            import_string(path)(changes, self.user)

    def _write_wishes(self, customers: list[Any]) -> None:
        wanted = {name for customer in customers for name in customer.wishes.get("tags", ())}
        Tag.objects.bulk_create([Tag(name=name) for name in sorted(wanted)], ignore_conflicts=True)
        tags = dict(Tag.objects.filter(name__in=wanted).values_list("name", "pk"))
        through = Customer.tags.through
        through.objects.bulk_create(
            [
                through(customer_id=customer.pk, tag_id=tags[name])
                for customer in customers
                for name in customer.wishes.get("tags", ())
            ],
            ignore_conflicts=True,
            batch_size=BATCH,
        )
        Note.objects.bulk_create(
            [
                Note(customer=customer, author=self.user, text=customer.wishes["note"])
                for customer in customers
                if "note" in customer.wishes
            ],
            batch_size=BATCH,
        )

    # --- out ---

    @classmethod
    def rows_to_export(cls, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Add to a list's rows what the columns show."""
        found = rows.filter(CURRENT).defer(None).prefetch_related(None).select_related("owner")
        annotated: QuerySet[Any] = found.annotate(tag_names=tag_names("pk"))
        return annotated

    @classmethod
    def values_of(cls, row: Any, columns: Iterable[Column]) -> list[str]:
        """Return the cells of a row."""
        return [cls.value_of(row, column) for column in columns]

    @classmethod
    def value_of(cls, row: Any, column: Column) -> str:
        if column.column_name == "owner":
            return row.owner.email if row.owner else ""
        return row.tag_names or "" if column.column_name == "tags" else str(column.export(row))


def _noting(customer: Customer) -> Customer:
    """Let a customer's columns note on it what they changed, and what is to be done along with it."""
    customer.changed, customer.wishes = set(), {}  # type: ignore[attr-defined]  # noted along with the row
    return customer


def tag_names(customer: str) -> Subquery:
    """Return the names of a customer's tags, parted by commas; `customer` names their number in the outer query."""
    names = StringAgg("name", ", ", order_by="name")
    tags = Tag.objects.filter(customers=OuterRef(customer)).order_by().values("customers")
    return Subquery(tags.annotate(names=names).values("names"))
