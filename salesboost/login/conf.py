"""The settings of log-ins. django-axes counts wrong passwords and refuses before one is checked, by our limits.

Only constants here: the settings import it before there is a Django.
"""

from datetime import timedelta
from typing import Any

COOL_OFF = timedelta(minutes=15)
# What LoginThrottle says of a locked log-in.
FAILURE_LIMIT = 1

SETTINGS: dict[str, Any] = {
    "LOGIN_URL": "login",
    "LOGIN_REDIRECT_URL": "/",
    "LOGOUT_REDIRECT_URL": "login",
    "AUTHENTICATION_BACKENDS": [
        "axes.backends.AxesStandaloneBackend",
        "django.contrib.auth.backends.ModelBackend",
    ],
    "PASSWORD_HASHERS": ["salesboost.login.hashing.BoundedPBKDF2"],
    "AUTH_PASSWORD_VALIDATORS": [
        {
            "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
            "OPTIONS": {"min_length": 12},
        },
        {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    ],
    "AXES_HANDLER": "salesboost.login.throttle.LoginThrottle",
    "AXES_FAILURE_LIMIT": FAILURE_LIMIT,
    "AXES_LOCKOUT_PARAMETERS": [["username", "ip_address"], "ip_address", "username"],
    "AXES_COOLOFF_TIME": COOL_OFF,
    # A lock ends when it was said to, however often somebody tries meanwhile.
    "AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT": False,
    "AXES_RESET_ON_SUCCESS": True,
    "AXES_CLIENT_IP_CALLABLE": "salesboost.login.addresses.client_address",
    "AXES_LOCKOUT_CALLABLE": "salesboost.login.answers.locked",
    "AXES_CLIENT_STR_CALLABLE": "salesboost.login.answers.client_words",
    "AXES_SENSITIVE_PARAMETERS": ["username", "ip_address", "csrfmiddlewaretoken"],
    "AXES_ENABLE_ADMIN": False,  # salesboost/admin.py has it in the looks of the rest
    "AXES_VERBOSE": False,
}
