"""One ad's or post's way to its sales: ad, post, comments, messages, leads, sales."""

from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from campaigns.models import AdCampaign, Post
from campaigns.origins import Origin
from crm.reports_database import read_for_reports
from leads.models import Lead
from leads.reports.attribution import Figures, Question, figures_of, inbound_of, leads_of
from messaging.models import Message

NEWEST = 20


@dataclass(frozen=True, slots=True)
class Chain:
    """What the report tells of this origin, with each post on the way and the comments under it in the period."""

    ads: list[AdCampaign]
    posts: list[tuple[Post, int]]
    figures: Figures
    newest: list[Lead]

    @property
    def comments(self) -> int:
        return sum(count for _post, count in self.posts)


def ad_of(origin: Origin) -> AdCampaign | None:
    """Return the ad that an origin is."""
    found = AdCampaign.objects.select_related("channel", "post").defer("channel__credentials")
    return found.filter(pk=origin.key).first() if origin.kind in ("ad", "lone-ad") else None


def post_of(origin: Origin) -> Post | None:
    """Return the post that an origin is."""
    found = Post.objects.select_related("channel").defer("channel__credentials")
    return found.filter(pk=origin.key).first() if origin.kind in ("post", "any-post") else None


@read_for_reports
def chain(question: Question, origin: Origin, ad: AdCampaign | None, post: Post | None) -> Chain:
    """Follow one ad or post; the figures are those of its line in the report."""
    posts = [post] if post else list(_posts_of(ad)) if ad else []
    counted = (
        comments_under(question, [one.pk for one in posts]).order_by().values_list("post").annotate(count=Count("pk"))
    )
    comments = dict(counted)
    leads = leads_of(question).filter(origin.condition(f"{question.touch}_"))
    related = leads.select_related("customer", "stage", "owner").order_by("-opened_at", "-pk")
    return Chain(
        ads=[ad] if ad else list(AdCampaign.objects.filter(post=post).order_by("pk")),
        posts=[(one, comments.get(one.pk, 0)) for one in posts],
        figures=figures_of(question, origin),
        newest=list(related.defer("customer__phone", "customer__email", "customer__read_from", "profile")[:NEWEST]),
    )


def comments_under(question: Question, post_ids: list[int]) -> QuerySet[Message]:
    """Return the comments of customers in the period that are counted under these posts."""
    found: QuerySet[Message] = inbound_of(question)
    return found.filter(source=Message.Source.COMMENT, post__in=post_ids)


def _posts_of(ad: AdCampaign) -> QuerySet[Post]:
    """Return the post that an ad is for, and those that messages named along with it."""
    named = Exists(Message.objects.filter(ad=ad, post=OuterRef("pk")))
    return Post.objects.filter(Q(pk=ad.post_id) | Q(named)).order_by("pk")
