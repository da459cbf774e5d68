"""All settings, top to bottom by subject. What the environment says is read here, by ``salesboost/env.py``."""

import os
import secrets
import sys
from pathlib import Path
from typing import Any

from django.templatetags.static import static

from salesboost.admin_sidebar import sidebar
from salesboost.content_policy import DIRECTIVES
from salesboost.env import (
    package_dir,
    read_bool,
    read_choices,
    read_credentials,
    read_database,
    read_email,
    read_float,
    read_headers,
    read_heartbeat_url,
    read_int,
    read_list,
    read_networks,
    read_otlp_url,
    read_str,
)
from salesboost.login import conf as login
from salesboost.schedule import SCHEDULE
from telemetry.redaction import DETECTORS, USUAL

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = Path(read_str("DATA_DIR", ".data")).expanduser().resolve()
_credentials = read_credentials(DATA_DIR)

# --- Where it listens ------------------------------------------------------------------------------------
HOST = read_str("HOST", "127.0.0.1")
PORT = read_int("PORT", 8000, least=1, most=65535)
ALLOWED_HOSTS = read_list("ALLOWED_HOSTS") or ["localhost", "127.0.0.1", "[::1]", HOST]
CSRF_TRUSTED_ORIGINS = read_list("CSRF_TRUSTED_ORIGINS")
# Of one address at a time; of this machine's own ten times as many, for a proxy may be on it.
CONNECTIONS_PER_ADDRESS = read_int("CONNECTIONS_PER_ADDRESS", 200, least=1, most=100_000)
# Seconds and bytes other than those of salesboost.server.channel.Deadlines.
SERVER_DEADLINES: dict[str, Any] = {}
# Whose X-Forwarded-For is believed.
TRUSTED_PROXIES = read_networks("TRUSTED_PROXIES")

# --- Security --------------------------------------------------------------------------------------------
DEBUG = False
# A process that only runs `check` or the tests may make up its key; `up` stores one in DATA_DIR.
_secret_key = read_str("SALESBOOST_SECRET_KEY") or _credentials.get("secret_key", "")
SECRET_KEY = _secret_key or secrets.token_urlsafe(50)
SECRET_KEY_LASTS = bool(_secret_key)
# Former keys: what they signed and sealed is still read.
SECRET_KEY_FALLBACKS = read_list("SALESBOOST_SECRET_KEY_FALLBACKS")
HTTPS = read_bool("HTTPS", False)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SESSION_COOKIE_HTTPONLY = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
globals().update(login.SETTINGS)
CONTENT_SECURITY_POLICY = {"DIRECTIVES": DIRECTIVES}

# --- Applications ----------------------------------------------------------------------------------------
INSTALLED_APPS = [
    # All that daphne's app brings is another `runserver`, and Twisted into every process.
    *(["daphne"] if "runserver" in sys.argv else []),
    "unfold",
    "unfold.contrib.filters",
    "unfold.contrib.simple_history",
    # Its pages are registered by salesboost.urls: no worker needs them.
    "django.contrib.admin.apps.SimpleAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "axes",
    "channels",
    "csp",
    "django_htmx",
    "simple_history",
    "template_partials",
    "telemetry",
    *(f"telemetry.{room}" for room in ("alerts", "errors", "readers", "sampling", "exports", "cost")),
    "tools",
    "tools.jobs",
    "tools.selection",
    *(f"tools.llm.{room}" for room in ("prompts", "providers", "chat", "adjusting", "evaluation")),
    *(f"tools.llm.{room}" for room in ("experiments", "evolution")),
    *(
        f"tools.catalog.{family}"
        for family in ("sales", "pricing", "conversation", "knowledge", "compliance", "outreach")
    ),
    "dashboard",
    "salesboost",
]
# Whose key a request carries is known before all that serves browsers alone, and is passed by for programs.
MIDDLEWARE = [
    "tools.web.problem.ProblemMiddleware",
    "telemetry.ingest.refusals.OtlpErrors",
    "tools.web.authentication.ApiKeyMiddleware",
    "salesboost.server.unread.UnreadBodies",
    "tools.web.trace_context.TraceContextMiddleware",
    "salesboost.middleware.Security",
    "salesboost.middleware.StaticFiles",
    "salesboost.middleware.ContentSecurityPolicy",
    "tools.web.unstorable.Unstorable",
    "salesboost.middleware.Sessions",
    "salesboost.middleware.Common",
    "salesboost.middleware.Csrf",
    "salesboost.middleware.Authentication",
    "salesboost.middleware.Messages",
    "salesboost.middleware.FrameOptions",
    "simple_history.middleware.HistoryRequestMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "salesboost.middleware.Passwords",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "salesboost.urls"
ASGI_APPLICATION = "salesboost.asgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates", package_dir("ninja") / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
            ],
        },
    }
]

# --- Database --------------------------------------------------------------------------------------------
GIVEN_DATABASE_URL = read_str("DATABASE_URL")  # empty: the embedded one
DATABASE_URL = GIVEN_DATABASE_URL or _credentials.get("database_url", "")


def _postgres(url: str) -> dict[str, Any]:
    database = read_database(url)
    options: dict[str, Any] = {"connect_timeout": 3, "application_name": "salesboost", **database["OPTIONS"]}  # type: ignore[dict-item]
    # psycopg's pool: a process of daphne runs many short-lived threads, and a connection costs milliseconds.
    pool = {"min_size": 0, "max_size": 20, "timeout": 5, "max_idle": 60}
    # A connection is looked at before it is handed out: after a restart of Postgres no request meets a dead one.
    # PgBouncer in transaction mode gives each transaction any connection: no cursor outlives one.
    return {
        **database,
        "OPTIONS": {**options, "pool": pool},
        "CONN_HEALTH_CHECKS": True,
        "DISABLE_SERVER_SIDE_CURSORS": True,
    }


DATABASES = {"default": _postgres(DATABASE_URL or "postgresql:///salesboost")}
# Pages, searches and exports read spans and rollups there.
if _replica_url := read_str("DATABASE_REPLICA_URL"):
    DATABASES["replica"] = {**_postgres(_replica_url), "TEST": {"MIRROR": "default"}}
DATABASE_ROUTERS = ["telemetry.database.replica.ReadsFromReplica"]

# --- Valkey: shared state of the tools, broker, channel layer --------------------------------------------
REDIS_URL = read_str("REDIS_URL") or _credentials.get("redis_url", "redis://127.0.0.1:6379/0")
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [REDIS_URL], "prefix": "salesboost:channels"},
    }
}

# --- Celery ----------------------------------------------------------------------------------------------
CELERY_BROKER_URL = REDIS_URL
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "global_keyprefix": "salesboost:celery:",
    "socket_keepalive": True,
    # A worker empties its queues in the order in which it was given them: that of the jobs' priorities.
    "queue_order_strategy": "priority",
}
CELERY_TASK_IGNORE_RESULT = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"
CELERY_WORKER_POOL = "salesboost.worker.pool:Pool"
CELERY_BEAT_SCHEDULE = dict(SCHEDULE)
# Asked after rules were judged; whoever is behind it raises the alarm when that stops.
HEARTBEAT_URL = read_heartbeat_url("HEARTBEAT_URL")
if HEARTBEAT_URL:
    CELERY_BEAT_SCHEDULE["tell-heartbeat"] = {"task": "telemetry.alerts.tasks.tell_heartbeat", "schedule": 5.0}
for _entry in CELERY_BEAT_SCHEDULE.values():
    # A run that could not start before the next is due is not worth making up for.
    _entry["options"] = {"expires": float(_entry["schedule"])}
# A place for each task of the schedule, one for the second sender and one for the optimiser, which runs once at a
# time: none of them ever waits for another.
CELERY_WORKER_CONCURRENCY = len(CELERY_BEAT_SCHEDULE) + 2

# --- Telling ---------------------------------------------------------------------------------------------
globals().update(read_email(read_str("EMAIL_URL")))
DEFAULT_FROM_EMAIL = SERVER_EMAIL = read_str("EMAIL_FROM", "SalesBoost <salesboost@localhost>")
ALERT_EMAIL_TO = read_list("ALERT_EMAIL_TO")
ALERT_WEBHOOK_URL = read_str("ALERT_WEBHOOK_URL")
ALERT_WEBHOOK_SECRET = read_str("ALERT_WEBHOOK_SECRET")
OUTBOUND_ALLOW = read_list("OUTBOUND_ALLOW")
PUBLIC_URL = read_str("PUBLIC_URL", f"http://{HOST}:{PORT}").rstrip("/")

# --- First run -------------------------------------------------------------------------------------------
ADMIN_PASSWORD = read_str("SALESBOOST_ADMIN_PASSWORD")
PRESET_API_KEY = read_str("SALESBOOST_API_KEY")

# --- Recording -------------------------------------------------------------------------------------------
RETENTION_DAYS = read_int("RETENTION_DAYS", 30, least=1, most=3650)
PAYLOAD_RETENTION_DAYS = read_int("PAYLOAD_RETENTION_DAYS", min(14, RETENTION_DAYS), least=1, most=RETENTION_DAYS)
# Not fewer: counts have to outlive the calls that they count, or a rebuild would find them missing.
ROLLUP_RETENTION_DAYS = read_int(
    "ROLLUP_RETENTION_DAYS", max(400, RETENTION_DAYS), least=RETENTION_DAYS, most=3650
)
SPOOL_DIR = DATA_DIR / "spool"
SPAN_QUEUE_SIZE = 50_000
SPAN_BATCH_SIZE = 2_000
SPAN_FLUSH_INTERVAL_MS = 200
PAYLOAD_MAX_CHARS = 16_000
# A second OTLP endpoint that is sent all that is stored here, redacted alike.
FORWARD_OTLP_URL = read_otlp_url(
    "FORWARD_OTLP_URL", own={f"{host}:{PORT}" for host in (HOST, "localhost", "127.0.0.1", "::1")}
)
FORWARD_OTLP_HEADERS = read_headers("FORWARD_OTLP_HEADERS")
FORWARD_DIR = DATA_DIR / "forward"
# What is taken out of spans, previews and logs.
REDACT = read_choices("REDACT", DETECTORS, usual=USUAL)
# Where the processes keep their counters for /metrics; prometheus-client knows no other way to be told.
os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", str(DATA_DIR / "metrics"))

# --- Running a call --------------------------------------------------------------------------------------
# The order of the pipeline, outermost first, and why: a refusal and a cache hit get a span too; nobody
# learns from the cache what they may not call; idempotency and cache keys are over validated arguments, and
# who sends an idempotency key wants the call made; a hit costs no token; the breaker counts one call as one
# outcome whatever the retries inside it did; a resting tool takes no slot, a call that waits for one has paid its
# token once, and holds it through its retries, so that these do not have to wait again.
TOOL_STAGES = [
    "tools.stages.tracing.Tracing",
    "tools.stages.authorization.Authorization",
    "tools.stages.validation.Validation",
    "tools.stages.idempotency.Idempotency",
    "tools.stages.caching.Caching",
    "tools.stages.rate_limit.RateLimit",
    "tools.stages.breaker.Breaker",
    "tools.stages.concurrency.Concurrency",
    "tools.stages.retry.Retry",
    "tools.stages.hedging.Hedging",
    "tools.stages.execution.Execution",
]
# Dotted paths: who names the tools whose calls are our own, prices models, knows what models' calls and those
# of sessions came to, and is told of calls (docs/hooks.md).
TOOL_NAMES = "tools.running.runtime.tool_names"
MODEL_PRICE = "telemetry.cost.asking.usd"
MODEL_CALLS = "telemetry.health.model_calls.lately"
EXPERIMENT_CALLS = "telemetry.health.unit_calls.sums"
ARGUMENT_MISTAKES = "telemetry.health.argument_mistakes.counted"
RECORDED_CALLS = "telemetry.health.recorded_calls.recorded"
EXPERIMENT_TRAFFIC = "telemetry.health.unit_calls.traffic"
TOOL_HOOKS: list[str] = []
TOOL_RETRY_ENABLED = read_bool("TOOL_RETRY_ENABLED", True)
TOOL_RETRY_MAX_ATTEMPTS = read_int("TOOL_RETRY_MAX_ATTEMPTS", 3, least=1, most=10)
TOOL_RETRY_BASE_DELAY = read_float("TOOL_RETRY_BASE_DELAY", 1.0, least=0.0, most=60.0)
TOOL_CACHE_LRU_ENABLED = read_bool("TOOL_CACHE_LRU_ENABLED", True)
TOOL_CACHE_ACCESS_TRACKING = read_bool("TOOL_CACHE_ACCESS_TRACKING", True)
TOOL_RATE_LIMIT_ENABLED = read_bool("TOOL_RATE_LIMIT_ENABLED", True)
TOOL_PARALLEL_ENABLED = read_bool("TOOL_PARALLEL_ENABLED", True)
TOOL_PARALLEL_MAX_CONCURRENT = read_int("TOOL_PARALLEL_MAX_CONCURRENT", 5, least=1, most=1000)
TOOL_BANDIT_ENABLED = read_bool("TOOL_BANDIT_ENABLED", False)
TOOL_BANDIT_EPSILON = read_float("TOOL_BANDIT_EPSILON", 0.1, least=0.0, most=1.0)
TOOL_BANDIT_REDIS_KEY = read_str("TOOL_BANDIT_REDIS_KEY", "tool:bandit:state")
SMS_GATEWAY_URL = read_str("SMS_GATEWAY_URL")
SMS_GATEWAY_ACCOUNT = read_str("SMS_GATEWAY_ACCOUNT", "AC00000000000000000000000000000000")
SMS_GATEWAY_TOKEN = read_str("SMS_GATEWAY_TOKEN")
SMS_SENDER = read_str("SMS_SENDER", "+14155550100")
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_000_000

# --- Pages -----------------------------------------------------------------------------------------------
LANGUAGE_CODE = "en-gb"
USE_TZ = True
TIME_ZONE = "UTC"
STATIC_URL = "static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static", package_dir("ninja") / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "dashboard.finders.PlotlyFinder",
]
# Collected files have a hash in their names, are kept by browsers for a year and served compressed (Plotly: 1.4 MB
# instead of 4.8); before the first `prepare` they are served as they lie.
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "salesboost.static_files.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = not STATIC_ROOT.exists()
UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "SalesBoost admin",
    "SITE_HEADER": "SalesBoost",
    "SITE_URL": "/",
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("icon.svg")}],
    "SHOW_HISTORY": True,
    "SIDEBAR": sidebar(),
}

# --- Logging ---------------------------------------------------------------------------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "telemetry.redaction.logs.RedactingFormatter",
            "format": "%(asctime)s %(levelname)s %(name)s: %(message)s",
        }
    },
    "filters": {"sparing": {"()": "salesboost.logs.Sparing"}},
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "line"},
        "strangers": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["sparing"]},
    },
    "root": {"handlers": ["console"], "level": read_str("LOG_LEVEL", "INFO").upper()},
    "loggers": {
        # Refusals and bad requests are the callers' business: they are spans, not lines of a log.
        "django.request": {"level": "ERROR"},
        # A wrong Host, too many fields, a forged form: anybody may send them, as often as they like.
        "django.security": {"handlers": ["strangers"], "propagate": False},
        "axes": {"level": "WARNING"},
        "daphne": {"level": "WARNING"},
        "httpx": {"level": "WARNING"},
        "celery": {"level": "WARNING"},
    },
}
