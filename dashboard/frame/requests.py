"""What views know of a request that the types of Django do not say."""

from django.contrib.auth.models import User
from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails


class SignedInRequest(HttpRequest):
    """A request behind ``needs``, through the htmx middleware."""

    user: User
    htmx: HtmxDetails
