"""The bell in the head of every page: what a colleague is told, and whether they take new leads."""

from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.module_loading import import_string
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from crm.admin.pages import staff_page
from crm.models import Notification, User
from crm.roles import SELLER
from crm.visibility import user_of

SHOWN = 20
COUNTED = 100  # more unread ones than the bell can say need not be counted
STATE = """
    SELECT
        (SELECT count(*) FROM (
            SELECT FROM crm_notification WHERE user_id = %(user)s AND read_at IS NULL LIMIT %(counted)s) AS unread),
        EXISTS (SELECT FROM crm_user_groups AS member JOIN auth_group AS role ON role.id = member.group_id
            WHERE member.user_id = %(user)s AND role.name = %(seller)s)
"""
ICONS = {
    Notification.Kind.NEW_LEAD: "person_add",
    Notification.Kind.WAITING: "hourglass_top",
    Notification.Kind.FOLLOW_UP: "event",
    Notification.Kind.MENTION: "alternate_email",
    Notification.Kind.HANDOFF: "front_hand",
    Notification.Kind.CHANNEL: "hub",
    Notification.Kind.BACKUP: "settings_backup_restore",
}


@staff_page("bell/", name="bell")
@never_cache
@require_GET
def bell(request: HttpRequest) -> HttpResponse:
    """Return how many notices are unread, and of sellers whether they take new leads (else null), as JSON."""
    user = user_of(request)
    with connection.cursor() as cursor:
        cursor.execute(STATE, {"user": user.pk, "counted": COUNTED, "seller": SELLER})
        unread, is_seller = cursor.fetchone()
    return JsonResponse({"unread": unread, "available": user.is_available if is_seller else None})


@staff_page("bell/notices/", name="bell_notices")
@never_cache
@require_GET
def notices(request: HttpRequest) -> HttpResponse:
    """Return the newest notices as a piece of HTML."""
    user = user_of(request)
    newest = list(Notification.objects.filter(user=user).order_by("-pk")[:SHOWN])
    subjects: dict[int, str] = import_string(settings.NOTICE_SUBJECTS)(user, newest)
    lines = [_line(notice, subjects.get(notice.pk, "")) for notice in newest]
    return render(request, "migochat/notices.html", {"lines": lines})


def _line(notice: Notification, subject: str) -> dict[str, Any]:
    kind = Notification.Kind(notice.kind)
    return {"notice": notice, "icon": ICONS[kind], "kind": kind.label, "subject": subject}


@staff_page("bell/notices/<int:number>/", name="bell_notice")
@never_cache
@require_GET
def notice(request: HttpRequest, number: int) -> HttpResponse:
    """Lead to what a notice is about; it counts as read then."""
    found = Notification.objects.filter(user=user_of(request), pk=number).first()
    if found is None:
        raise Http404
    Notification.objects.unread().filter(pk=found.pk).update(read_at=timezone.now())
    ours = url_has_allowed_host_and_scheme(found.url, allowed_hosts=None)
    return HttpResponseRedirect(found.url if ours else reverse("home"))


@staff_page("bell/read/", name="bell_read")
@require_POST
def read_all(request: HttpRequest) -> HttpResponse:
    """Take all notices up to one that was shown as read."""
    unread = Notification.objects.unread().filter(user=user_of(request), pk__lte=_number(request, "up_to"))
    unread.update(read_at=timezone.now())
    return HttpResponse(status=HTTPStatus.NO_CONTENT)


@staff_page("bell/availability/", name="bell_availability")
@require_POST
def availability(request: HttpRequest) -> HttpResponse:
    """Say whether one takes new leads; `available` is 1 or 0."""
    user = user_of(request)
    User.objects.filter(pk=user.pk).update(is_available=bool(_number(request, "available")), updated_at=timezone.now())
    return HttpResponse(status=HTTPStatus.NO_CONTENT)


def _number(request: HttpRequest, name: str) -> int:
    text = request.POST.get(name, "")
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise Http404
    return int(text)
