"""Many receivers at once, most of them bad: the good ones are told all the same, once each and at once."""

import random
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from threading import Event, Thread
from time import monotonic

import psycopg
import pytest
from django.db import OperationalError, connection, connections
from django.utils import timezone

from telemetry.alerts.deliver import RESTART_PAUSES_S, ROUTE_PLACES, Sender, send_due
from telemetry.alerts.health import alerts_health
from telemetry.alerts.models import Delivery
from telemetry.alerts.outbox import tell_test
from tests import receivers
from tests.ports import free_port
from tests.receivers import BadServer, Receiver
from tests.telemetry.alerts.builders import NOON, at, make_route

pytestmark = pytest.mark.django_db
DEADLINE_S = 2.0


@pytest.fixture
def bad() -> Iterator[Callable[..., BadServer]]:
    """Makes servers that behave badly, and ends them."""
    started: list[BadServer] = []

    def start(behave: Callable[[socket.socket, Event], None]) -> BadServer:
        started.append(BadServer(behave))
        return started[-1]

    yield start
    for server in started:
        server.stop()


@pytest.fixture
def answering(settings) -> Iterator[Callable[..., Receiver]]:
    """Makes receivers that answer, and ends them."""
    settings.OUTBOUND_ALLOW = ["127.0.0.1", "slow.internal"]
    started: list[Receiver] = []

    def start(status: int, **headers: str) -> Receiver:
        started.append(Receiver(status=status, headers=headers))
        started[-1].start()
        return started[-1]

    yield start
    for receiver in started:
        receiver.stop()


def tell(name: str, url: str) -> None:
    tell_test(make_route("webhook", {"url": url}, name=name), NOON)


def send(when=NOON, deadline_s: float = DEADLINE_S) -> int:
    return send_due(when, random.Random(7), deadline_s)


def states() -> dict[str, str]:
    return dict(Delivery.objects.values_list("route_name", "status"))


def errors() -> dict[str, str]:
    return dict(Delivery.objects.values_list("route_name", "error"))


@contextmanager
def meanwhile(work: Callable[[], None]) -> Iterator[Thread]:
    """Does *work* in another thread, with a connection of its own; at the end it must have ended."""

    def run() -> None:
        try:
            work()
        finally:
            connections.close_all()

    thread = Thread(target=run)
    thread.start()
    yield thread
    thread.join(20)
    assert not thread.is_alive()


@pytest.mark.parametrize("mail_server_is_good", [True, False])
def test_the_drill(bad, answering, inbox, settings, mail_server_is_good):
    good, gone, broken = answering(200), answering(410), answering(500)
    moved = answering(302, location="http://127.0.0.1:1/")
    dripping, headers, huge = (
        bad(each) for each in (receivers.DRIPPING, receivers.ENDLESS_HEADER, receivers.HUGE_BODY)
    )
    if not mail_server_is_good:
        settings.EMAIL_PORT = bad(receivers.ENDLESS_GREETING).port
    tell("dripping", dripping.url)
    tell("endless header", headers.url)
    tell("huge body", huge.url)
    tell("gone", gone.url)
    tell("broken", broken.url)
    tell("refused", f"http://127.0.0.1:{free_port()}/")
    tell("moved", moved.url)
    tell_test(make_route("email", {"to": ["ops@example.com"]}, name="mail"), NOON)
    tell("good", good.url)
    arrived: list[float] = []
    good.decide = lambda posted: arrived.append(monotonic()) or 200
    began = monotonic()
    send()
    assert monotonic() - began < DEADLINE_S + 5
    assert arrived[0] - began < DEADLINE_S  # before any of the bad ones is given up
    for seconds in (5, 6, 7):  # before any retry is due
        send(at(seconds))
    assert len(good.got) == len(gone.got) == len(broken.got) == len(moved.got) == 1
    assert dripping.connections == headers.connections == huge.connections == 1
    assert len(inbox.mails) == mail_server_is_good
    assert states() == {
        "good": "sent",
        "huge body": "sent",  # its status is an answer
        "gone": "failed",
        "moved": "failed",
        "dripping": "pending",
        "endless header": "pending",
        "broken": "pending",
        "refused": "pending",
        "mail": "sent" if mail_server_is_good else "pending",
    }
    assert errors()["dripping"] == "There was no whole answer within 2 s."


@pytest.mark.parametrize(
    "behaviour",
    [receivers.DRIPPING, receivers.ENDLESS_HEADER, receivers.ENDLESS_INTERIM, receivers.SILENT],
    ids=["dripping", "endless header", "endless interim answers", "silent"],
)
def test_an_attempt_ends_at_its_time_and_lets_go(bad, answering, behaviour):
    server = bad(behaviour)
    tell("bad", server.url)
    began = monotonic()
    assert send(deadline_s=0.5) == 0
    assert 0.4 < monotonic() - began < 5
    assert server.left.wait(5)
    delivery = Delivery.objects.get()
    assert (delivery.status, delivery.attempts) == ("pending", 1)
    assert delivery.error == "There was no whole answer within 0.5 s."


def test_tls_that_never_finishes_ends_at_its_time(bad, answering):
    server = bad(receivers.ENDLESS_TLS)
    tell("bad", server.url.replace("http:", "https:"))
    assert send(deadline_s=0.5) == 0
    assert server.left.wait(5)
    assert errors() == {"bad": "There was no whole answer within 0.5 s."}


@pytest.mark.parametrize("secure", ["EMAIL_USE_SSL", "neither"])
@pytest.mark.parametrize(
    "behaviour",
    [receivers.ENDLESS_GREETING, receivers.SILENT, receivers.again_and_again(b"22", b"0")],
    ids=["endless greeting", "silent", "dripping"],
)
def test_a_mail_server_that_never_comes_to_the_point_ends_at_its_time(bad, inbox, settings, behaviour, secure):
    server = bad(behaviour)
    settings.EMAIL_PORT = server.port
    settings.EMAIL_USE_SSL = secure == "EMAIL_USE_SSL"
    tell_test(make_route("email", {"to": ["ops@example.com"]}, name="mail"), NOON)
    began = monotonic()
    assert send(deadline_s=0.5) == 0
    assert monotonic() - began < 5
    assert server.left.wait(5)
    assert states() == {"mail": "pending"}


def test_a_mail_server_that_floods_is_cut_short(bad, inbox, settings):
    settings.EMAIL_PORT = bad(receivers.again_and_again(b"220-\r\n", b"220-welcome\r\n" * 5000, 0.0)).port
    tell_test(make_route("email", {"to": ["ops@example.com"]}, name="mail"), NOON)
    began = monotonic()
    assert send(deadline_s=30) == 0
    assert monotonic() - began < 10
    assert errors() == {"mail": "The mail server answered -1 Response too long"}
    assert Delivery.objects.get().response_status is None


@pytest.mark.parametrize("behaviour", [receivers.HUGE_BODY, receivers.NO_BODY], ids=["huge", "never comes"])
@pytest.mark.parametrize("deadline_s", [0.5, 10])
def test_a_status_counts_whatever_its_body_does(bad, answering, behaviour, deadline_s):
    server = bad(behaviour)
    tell("odd", server.url)
    assert send(deadline_s=deadline_s) == 1
    assert send(at(60)) == 0
    assert (states(), server.connections) == ({"odd": "sent"}, 1)


def test_a_mail_server_that_never_finishes_its_starttls_ends_at_its_time(bad, inbox, settings):
    server = bad(dialogue(b"220 hi", b"250-hi\r\n250 STARTTLS", b"220 go on"))
    settings.EMAIL_PORT, settings.EMAIL_USE_TLS = server.port, True
    tell_test(make_route("email", {"to": ["ops@example.com"]}, name="mail"), NOON)
    assert send(deadline_s=0.5) == 0
    assert server.left.wait(5)
    assert errors() == {"mail": "There was no whole answer within 0.5 s."}


def dialogue(*answers: bytes) -> Callable[[socket.socket, Event], None]:
    """Behaviour of a mail server: an answer to each line, then no word more."""

    def behave(talk: socket.socket, over: Event) -> None:
        lines = talk.makefile("rb")
        for answer in answers:
            talk.sendall(answer + b"\r\n")
            lines.readline()

    return behave


def test_a_mail_is_sent_once_though_the_server_never_says_goodbye(bad, inbox, settings):
    def behave(talk: socket.socket, over: Event) -> None:
        dialogue(b"220 hi", b"250 hi", b"250 ok", b"250 ok")(talk, over)
        talk.sendall(b"354 go on\r\n")
        while not talk.recv(65536).endswith(b"\r\n.\r\n"):
            pass
        talk.sendall(b"250 taken\r\n")

    server = bad(behave)
    settings.EMAIL_PORT = server.port
    tell_test(make_route("email", {"to": ["ops@example.com"]}, name="mail"), NOON)
    assert send(deadline_s=5) == 1
    assert send(at(60)) == 0
    assert server.connections == 1


def test_a_name_that_does_not_resolve_in_time_holds_up_nobody(answering, monkeypatch):
    good, over, really = answering(204), Event(), socket.getaddrinfo

    def hang(host, *given, **options):
        if host == "slow.internal":
            over.wait(20)
        return really(host, *given, **options)

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    tell("slow", "http://slow.internal/")
    tell("good", good.url)
    began = monotonic()
    assert send(deadline_s=0.5) == 1
    assert monotonic() - began < 5
    over.set()
    assert (states(), len(good.got)) == ({"slow": "pending", "good": "sent"}, 1)


def test_each_answer_is_stored_when_it_comes(transactional_db, bad, answering):
    good, slow = answering(204), bad(receivers.DRIPPING)
    tell("slow", slow.url)
    tell("good", good.url)
    with meanwhile(lambda: send(deadline_s=3)):
        assert until(lambda: states()["good"] == "sent", 2.5)
        assert slow.connections == 1
        assert not slow.left.is_set()  # that attempt goes on


def test_an_answer_is_stored_though_the_connection_to_postgres_is_lost_meanwhile(transactional_db, answering):
    good = answering(200)
    tell("good", good.url)

    def cut(posted) -> int:
        with psycopg.connect(**connection.get_connection_params() | {"cursor_factory": None}) as other:
            other.execute("SELECT pg_terminate_backend(%s)", [pid])
        return 200

    connection.ensure_connection()
    pid = connection.connection.info.backend_pid
    good.decide = cut
    send()
    assert send(at(600)) == 0
    assert (states(), len(good.got)) == ({"good": "sent"}, 1)


def test_while_postgres_stays_away_an_answer_is_kept_for_a_while(answering, monkeypatch):
    tell("good", answering(200).url)
    pauses: list[float] = []

    def away(*given) -> None:
        raise OperationalError("the connection is lost")

    monkeypatch.setattr("telemetry.alerts.deliver.record", away)
    with Sender(lambda: NOON, random.Random(7), sleep=pauses.append) as sender:
        sender.take()
    assert pauses == list(RESTART_PAUSES_S)


def test_a_new_message_goes_out_while_an_old_one_is_on_its_way(transactional_db, bad, answering):
    good, slow = answering(204), bad(receivers.DRIPPING)

    def serve() -> None:
        with Sender(timezone.now, random.Random(7), deadline_s=6) as sender:
            sender.serve(timedelta(seconds=20))

    tell("slow", slow.url)
    with meanwhile(serve):
        assert until(lambda: slow.connections == 1, 5)
        tell("good", good.url)
        assert until(lambda: len(good.got) == 1, 4)
        assert not slow.left.is_set()


def test_many_messages_to_one_slow_route_leave_places_for_others(bad, answering):
    good, slow = answering(204), bad(receivers.SILENT)
    route = make_route("webhook", {"url": slow.url}, name="slow")
    for number in range(300):
        tell_test(route, at(-number))
    tell("good", good.url)
    with Sender(lambda: NOON, random.Random(7), deadline_s=0.5) as sender:
        sender.take()
        assert len(sender.going) == ROUTE_PLACES + 1
    assert (len(good.got), sender.sent) == (1, 1)


def test_what_waits_for_a_receiver_that_hangs_is_no_fault_of_sending(bad, answering):
    good, hanging = answering(204), bad(receivers.SILENT)
    route = make_route("webhook", {"url": hanging.url}, name="hanging")
    for number in range(50):
        tell_test(route, at(-number))
    tell("good", good.url)
    with Sender(lambda: NOON, random.Random(7), deadline_s=0.5) as sender:
        sender.take()
        assert alerts_health(at(51))["oldest_due_message_age_s"] == 0
    assert alerts_health(at(5))["oldest_due_message_age_s"] == 0  # all places wait for another try
    assert alerts_health(at(5))["messages_waiting"] == 50


@pytest.mark.parametrize("taken", [0, ROUTE_PLACES - 1, ROUTE_PLACES])
def test_what_waits_though_its_route_has_a_place_is_not_sent(taken):
    """However many places of others are taken."""
    route, other = make_route(name="a"), make_route(name="b")
    for number in range(10):
        tell_test(route, at(number - 60))
        tell_test(other, at(number - 60))
    for whose, count in ((other, ROUTE_PLACES), (route, taken)):
        newest = whose.deliveries.order_by("-pk").values_list("pk", flat=True)[:count]
        Delivery.objects.filter(pk__in=list(newest)).update(attempts=1, next_attempt_at=at(30))
    age_s = alerts_health(NOON)["oldest_due_message_age_s"]
    assert age_s == (0 if taken == ROUTE_PLACES else 60)


def test_a_receiver_that_takes_one_message_after_the_other_is_slow_and_that_is_all():
    route = make_route()
    for number in range(10):
        tell_test(route, at(number - 60))
    told = Delivery.objects.order_by("pk").first()
    for ago_s, age_s in ((8, 0), (45, 59)):
        Delivery.objects.filter(pk=told.pk).update(status="sent", sent_at=at(-ago_s))
        assert alerts_health(NOON)["oldest_due_message_age_s"] == age_s


def test_what_a_receiver_writes_can_be_stored(bad, answering):
    tell("odd", bad(receivers.again_and_again(b"HTTP/1.1 500 \xed\xa0\x80\r\n\r\na\0b\xff", b"", 0.1)).url)
    send()
    delivery = Delivery.objects.get()
    assert delivery.response_status == 500
    assert delivery.response_excerpt == "ab�"


def test_what_nobody_thought_of_is_one_routes_trouble(answering, monkeypatch):
    good, other = answering(204), answering(204)
    monkeypatch.setattr("telemetry.alerts.channels.webhook.check_url", odd_for(other.url))
    tell("odd", other.url)
    tell("good", good.url)
    assert send() == 1
    assert states() == {"odd": "pending", "good": "sent"}
    assert errors()["odd"] == "The attempt broke off: ZeroDivisionError. The worker's log has more."


def odd_for(url: str) -> Callable[[str], None]:
    return lambda text: print(1 // (text != url))


def until(holds: Callable[[], bool], seconds: float) -> bool:
    """Whether *holds* comes true in that time, asked 50 times a second."""
    end, pause = monotonic() + seconds, Event()
    while not holds():
        if monotonic() > end:
            return False
        pause.wait(0.02)
    return True


def test_the_database_is_one_threads(answering):
    """The thread of the attempts has no connection that somebody would have to close."""
    tell("good", answering(204).url)
    assert send() == 1
    assert connection.connection is not None
