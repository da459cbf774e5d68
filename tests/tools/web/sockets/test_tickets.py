"""Who is signed in by a session: read without writing, in as many queries however many they are."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from tests.logins import headers_of, log_in
from tools.models import Scope
from tools.web.access import permissions_of
from tools.web.sockets.tickets import Ticket, clients_of_sessions, ticket_of_login

pytestmark = pytest.mark.django_db


@pytest.fixture
def ana():
    return User.objects.create_user("ana", is_superuser=True, is_staff=True)


def sign_out(user, session):
    client = Client()
    client.cookies["sessionid"] = session
    client.post("/logout/")


def change_password(user, session):
    user.set_password("another horse battery")
    user.save()


def deactivate(user, session):
    User.objects.update(is_active=False)


def delete_account(user, session):
    user.delete()


def flush(user, session):
    Session.objects.all().delete()


def outlive(user, session):
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))


def forget_the_backend(user, session):
    row = Session.objects.get(pk=session)
    login = {**row.get_decoded(), "_auth_user_backend": "gone.Backend"}
    row.session_data = Session.objects.encode(login)
    row.save()


@pytest.mark.parametrize(
    "ends", [sign_out, change_password, deactivate, delete_account, flush, outlive, forget_the_backend]
)
def test_a_login_that_is_over_is_nobodys(ana, ends):
    session = log_in(ana)
    assert clients_of_sessions([session])[session].name == "ana"
    ends(ana, session)
    assert clients_of_sessions([session]) == {}


def test_another_login_of_the_same_person_goes_on(ana):
    here, there = log_in(ana), log_in(ana)
    sign_out(ana, here)
    assert set(clients_of_sessions([here, there])) == {there}


def test_a_login_from_before_the_secret_changed_goes_on_and_keeps_its_session(ana, settings):
    session = log_in(ana)
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = (
        [settings.SECRET_KEY],
        "a new one that is long enough to do",
    )
    assert clients_of_sessions([session])[session].name == "ana"
    assert Session.objects.filter(pk=session).exists()


def test_rights_are_those_of_this_moment(ana):
    session = log_in(ana)
    assert Scope.EXECUTE in clients_of_sessions([session])[session].scopes
    User.objects.update(is_staff=False, is_superuser=False)
    assert Scope.EXECUTE not in clients_of_sessions([session])[session].scopes


def test_an_anonymous_session_is_nobodys(client):
    store = client.session
    store["seen"] = True
    store.save()
    assert clients_of_sessions([store.session_key, "unknown"]) == {}


@pytest.mark.parametrize("watchers", [1, 200])
def test_a_look_costs_as_many_queries_however_many_watch(ana, watchers, django_assert_num_queries):
    people = [User(username=f"p{number}", is_superuser=True, is_staff=True) for number in range(watchers)]
    sessions = [log_in(person) for person in User.objects.bulk_create(people)]
    # Sessions, people, their permissions, those of their groups, and all there are for superusers.
    with django_assert_num_queries(5):
        assert len(clients_of_sessions(sessions)) == watchers
    with django_assert_num_queries(0):
        clients_of_sessions([])


def test_what_many_may_do_is_what_django_says_of_each(ana, person):
    people = [
        ana,
        person("viewer", "viewer"),
        person("both", "operator", "tools.clear_cache"),
        person("nobody"),
    ]
    assert permissions_of(people) == {each.pk: frozenset(each.get_all_permissions()) for each in people}
    assert permissions_of([]) == {}


def test_a_cookie_counts_only_beside_an_origin(ana):
    session = log_in(ana)
    headers = headers_of(session)
    assert ticket_of_login({"headers": headers}) == Ticket(session=session)
    assert not ticket_of_login({"headers": [pair for pair in headers if pair[0] != b"origin"]})


@pytest.mark.parametrize(
    "cookie", [b"", b"sessionid=", b'sessionid="\\000abc"', b"sessionid=\xff", b"=;=;", b"x=y"]
)
def test_a_cookie_that_is_none_is_no_ticket(cookie):
    assert not ticket_of_login({"headers": [(b"origin", b"http://localhost"), (b"cookie", cookie)]})
