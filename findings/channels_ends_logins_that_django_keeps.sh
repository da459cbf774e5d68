#!/usr/bin/env bash
# channels 4.3.2 with Django 5.2.19: after a rotation of SECRET_KEY with SECRET_KEY_FALLBACKS, Django itself still
# accepts a session that was made with the older key, and renews its hash. The middleware of channels compares with
# the newest key alone: a WebSocket that opens first finds nobody, and deletes the session, so that the person is
# signed out of all pages too. Fails if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check 'django==5.2.19' 'channels==4.3.2'
cat > "$folder/try.py" <<'PY'
import asyncio
from types import SimpleNamespace

import channels
import django
from django.conf import settings

settings.configure(
    SECRET_KEY="newer-key",
    SECRET_KEY_FALLBACKS=["older-key"],
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "try.sqlite3"}},
)
django.setup()
from channels.auth import get_user as user_of_socket
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth import get_user as user_of_page
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from django.core.management import call_command

call_command("migrate", verbosity=0)
person = User.objects.create_user("ana", password="a password")


def session_from_before():
    session = SessionStore()
    session[SESSION_KEY] = str(person.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    (session[HASH_SESSION_KEY],) = person.get_session_auth_fallback_hash()
    session.save()
    return session


def kept(session):
    return "kept" if session.session_key and SessionStore().exists(session.session_key) else "deleted"


page, socket = session_from_before(), session_from_before()
print(f"Django {django.__version__}:", user_of_page(SimpleNamespace(session=page)), kept(page))
found = asyncio.run(user_of_socket({"session": socket}))
print(f"channels {channels.__version__}:", found, kept(socket))
PY
cd "$folder"
"$folder/venv/bin/python" try.py | tee said
diff said - <<'SAID'
Django 5.2.19: ana kept
channels 4.3.2: AnonymousUser deleted
SAID
