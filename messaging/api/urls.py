"""Addresses of conversations, messages, sessions and handoffs in the API."""

from django.urls import path

from messaging.api.conversations import ConversationViewSet
from messaging.api.handoffs import HandoffsOfConversationViewSet, HandoffViewSet
from messaging.api.messages import MessagesOfConversationViewSet, MessageViewSet
from messaging.api.sessions import SessionViewSet

CONVERSATION = "conversations/<int:pk>/"
HANDOFF = "handoffs/<int:pk>/"

urlpatterns = [
    path("conversations/", ConversationViewSet.as_view({"get": "list"})),
    path(CONVERSATION, ConversationViewSet.as_view({"get": "retrieve"})),
    *(
        path(f"{CONVERSATION}{action}/", ConversationViewSet.as_view({"post": action}))
        for action in ("close", "reopen", "assign", "hold")
    ),
    path(f"{CONVERSATION}messages/", MessagesOfConversationViewSet.as_view({"get": "list", "post": "create"})),
    path(f"{CONVERSATION}session/", SessionViewSet.as_view({"get": "retrieve", "put": "update"})),
    path(f"{CONVERSATION}handoffs/", HandoffsOfConversationViewSet.as_view({"get": "list", "post": "create"})),
    path(f"{CONVERSATION}answers/", HandoffsOfConversationViewSet.as_view({"post": "answered"})),
    path("messages/<int:pk>/", MessageViewSet.as_view({"get": "retrieve"})),
    path("messages/<int:pk>/reaction/", MessageViewSet.as_view({"put": "react"})),
    path("handoffs/", HandoffViewSet.as_view({"get": "list"})),
    path(HANDOFF, HandoffViewSet.as_view({"get": "retrieve"})),
    *(
        path(f"{HANDOFF}{action}/", HandoffViewSet.as_view({"post": action}))
        for action in ("complete", "cancel", "rate")
    ),
]
