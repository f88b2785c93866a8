"""Comparing with many values at once."""

from django.db.models import BooleanField, Func


class AmongThese(Func):
    """`value = ANY (array)`: one parameter for all values, where `IN` takes one for each.

    An `ArraySubquery` is read once and first, so that beside other conditions indexes still find all of them.
    """

    template = "%(expressions)s)"
    arg_joiner = " = ANY("
    output_field = BooleanField()
