"""The worker of `delivery_worker` after an upgrade: it knows a second version of an event as well."""

from services.events.catalogue import EVENTS, LoginRequested
from tests.support.delivery_worker import app, leave_an_effect, subscriber

__all__ = ["app"]


class LoginRequestedAnew(LoginRequested):
    """Somebody asked for a link, in words that older readers do not know."""

    name = "login.requested.v2"


EVENTS[LoginRequestedAnew.name] = LoginRequestedAnew
subscriber.on(LoginRequestedAnew)(leave_an_effect)
