"""Customers in and out."""

from collections.abc import Iterable
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
        self.lines: dict[bytes, int] = {}
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
        known = Customer.objects.filter(Q(phone_key__in=phones) | Q(email_key__in=emails)).order_by("pk")
        seen = set(known.filter(sight(self.user, Customer)).values_list("pk", flat=True))
        self.lock(list(known.values_list("pk", flat=True)) if self.writes else [])
        found = list(known.select_for_update(no_key=True, of=("self",)) if self.writes else known)
        staying = {row.pk: row for row in Customer.objects.filter(pk__in=[row.merged_into_id for row in found])}
        for row in reversed(found):  # the oldest of several with one number
            if row.pk in seen:
                self._know(row, staying.get(row.merged_into_id or 0, row))
            else:
                self.hidden |= {bytes(key) for key in (row.phone_key, row.email_key) if key}

    def lock(self, customer_ids: list[int]) -> None:
        """Lock what comes before customers in the order of locks."""

    def _keys(self, dataset: Any, column: str, key_of: Any) -> list[bytes]:
        cells = dataset[column] if column in dataset.headers else []
        return [key for key in {key_of(cell) for cell in cells if cell} if key]

    def _know(self, row: Customer, staying: Customer) -> None:
        staying.changed, staying.wishes = set(), {}  # type: ignore[attr-defined]  # noted along with the row
        if row.phone_key:
            self.by_phone[bytes(row.phone_key)] = staying
        if row.email_key:
            self.by_email[bytes(row.email_key)] = staying

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
        for key in filter(None, (phone, email)):
            if earlier := self.lines.get(key):
                raise ValidationError(_("The same person as in line %(line)d.") % {"line": earlier})
        found = by_phone or by_email
        self.lines |= {key: row[LINE] for key in (phone, email, *self._keys_of(found)) if key}
        return found

    def _keys_of(self, customer: Customer | None) -> list[bytes]:
        return [bytes(key) for key in (customer.phone_key, customer.email_key) if key] if customer else []

    def init_instance(self, row: Any = None) -> Customer:
        customer = Customer()
        customer.changed, customer.wishes = set(), {}  # type: ignore[attr-defined]  # noted along with the row
        return customer

    def skip_row(self, instance: Any, original: Any, row: Any, import_validation_errors: Any = None) -> bool:
        if import_validation_errors:
            return False
        if instance.pk is None and not (instance.name or instance.phone or instance.email):
            raise ValidationError(_("There is no name, phone number or e-mail address."))
        return instance.pk is not None and not instance.changed and not instance.wishes

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
        found = rows.filter(merged_into=None).defer(None).prefetch_related(None).select_related("owner")
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


def tag_names(customer: str) -> Subquery:
    """Return the names of a customer's tags, parted by commas; `customer` names their number in the outer query."""
    names = StringAgg("name", ", ", order_by="name")
    tags = Tag.objects.filter(customers=OuterRef(customer)).order_by().values("customers")
    return Subquery(tags.annotate(names=names).values("names"))
