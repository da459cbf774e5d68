import random
import re
from timeit import repeat

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from telemetry.errors import fingerprint as module
from telemetry.errors.fingerprint import MESSAGE_CHARS, fingerprint, normalise, pattern

STACK = """Traceback (most recent call last):

  File "/srv/app/{}.py", line 42, in run
    response = run()

"""
# Messages of one row are one failure; every row is another.
SAME = {
    "own timeout": ["crm did not answer within 5 s.", "crm did not answer within 30 s."],
    "durations": [
        "Request timed out after 30000ms",
        "Request timed out after 30s",
        "Request timed out after 1m2.5s",
    ],
    "rate limit of a provider": [
        "Error code: 429 - {'error': {'message': 'Rate limit reached for gpt-4o in organization org-AbCdEfGh on "
        "tokens per min (TPM): Limit 30000. Please try again in 1.4s.', 'code': 'rate_limit_exceeded'}}",
        "Error code: 429 - {'error': {'message': 'Rate limit reached for gpt-5 in organization org-ZyXwVuTs on "
        "tokens per min (TPM): Limit 90000. Please try again in 20ms.', 'code': 'rate_limit_exceeded'}}",
    ],
    "quota": [
        "Error code: 429 - {'error': {'message': 'You exceeded your quota.', 'code': 'insufficient_quota'}}"
    ],
    "not found over HTTP": [
        "Client error '404 Not Found' for url 'https://api.acme.test/v1/customers/CUST001'\nSee: https://x.test",
        "Client error '404 Not Found' for url 'https://api.acme.test/v1/customers/CUST777'\nSee: https://y.test",
    ],
    "unavailable over HTTP": [
        "Server error '503 Service Unavailable' for url 'https://api.acme.test/v1/customers/CUST001'"
    ],
    "bad gateway": ["HTTP/1.1 502 Bad Gateway"],
    "status code": ["status code 500 from 10.0.0.7:8080", "status code 500 from 192.168.1.20:443"],
    "another status code": ["status code 429 from 10.0.0.7:8080"],
    "refused": ["[Errno 111] Connection refused"],
    "another errno": ["[Errno 61] Connection refused"],
    "SQLSTATE": ["insert failed, SQLSTATE 23505, row 12", "insert failed, SQLSTATE 23505, row 99"],
    "another SQLSTATE": ["insert failed, SQLSTATE 23503, row 12"],
    "Oracle": ["ORA-00001: unique constraint violated in row 7", "ORA-00001: unique constraint violated in row 8"],
    "another code of Oracle": ["ORA-00060: unique constraint violated in row 7"],
    "MySQL": ["ERROR 1062 (23000): key 12 failed", "ERROR 1062 (23000): key 77 failed"],
    "another code of MySQL": ["ERROR 1213 (40001): key 12 failed"],
    "directory": ["AADSTS50076: sign in again, trace 12", "AADSTS50076: sign in again, trace 99"],
    "another code of the directory": ["AADSTS700016: sign in again, trace 12"],
    "gRPC": ["call failed, grpc status 14 after 3 tries", "call failed, grpc status 14 after 5 tries"],
    "another status of gRPC": ["call failed, grpc status 4 after 3 tries"],
    "gRPC in Go": ["rpc error: code = 14 after 2 s", "rpc error: code = 14 after 9 s"],
    "another code in Go": ["rpc error: code = 13 after 2 s"],
    "closed socket": ["the connection was closed: 1006 after 12 s", "the connection was closed: 1006 after 90 s"],
    "closed in another way": ["the connection was closed: 1011 after 12 s"],
    "closed with a code": ["WebSocket closed with code 1006", "WebSocket closed with code 1006"],
    "process": ["worker 12: exit code 137", "worker 99: exit code 137"],
    "another end of a process": ["worker 12: exit code 1"],
    "in the code": [
        "price is undefined at Cart.total (/srv/app/cart.js:10:15)",
        "price is undefined at async Cart.sum (/srv/app/other.js:99:1)",
        "price is undefined at file:///srv/app/cart.mjs:10:15",
        "price is undefined",
    ],
    "orders": ["order ORDER-12345 is late", "order ORDER-777 is late"],
    "objects": [
        "<Connection object at 0x7f2b5c0aa> is closed",
        "<Connection object at 0x55d1e9042> is closed",
    ],
    "missing argument": ["argument 'customer_id' is missing."],
    "another missing argument": ["argument 'phone' is missing."],
    "unknown argument": [
        "unknown argument 'custmer_id': did you mean 'customer_id'?",
        "unknown argument 'customerId': did you mean 'customer_id'?",
    ],
    "unknown argument, another meant": ["unknown argument 'custmer_id': did you mean 'custom_id'?"],
    "unknown argument, none meant": ["unknown argument 'colour'."],
    "unknown argument, another, none meant": ["unknown argument 'taste'."],
    "wrong value": [
        "argument 'limit': input should be a valid integer, not \"many\".",
        "argument 'limit': input should be a valid integer, not \"a few\".",
    ],
    "pydantic": [
        "1 validation error for Lead\nphone\n  Field required [type=missing, input_value={'name': 'Bo'}]\n"
        "    For further information visit https://errors.pydantic.dev/2.11/v/missing",
        "1 validation error for Lead\nphone\n  Field required [type=missing, input_value={'name': 'Li'}]\n"
        "    For further information visit https://errors.pydantic.dev/2.12/v/missing",
    ],
    "pydantic, another field": [
        "1 validation error for Lead\nemail\n  Field required [type=missing, input_value={}]"
    ],
    "jsonschema": ["'customer_id' is a required property"],
    "jsonschema type": ["'abc' is not of type 'integer'", "'x-1' is not of type 'integer'"],
    "key error": ["KeyError: 'customer_id'"],
    "another key error": ["KeyError: 'price'"],
    "attribute": ["'NoneType' object has no attribute 'name'"],
    "no such customer": ["Customer CUST0042 does not exist.", "Customer LEAD-7 does not exist."],
    "uuids": [
        "job 3f2504e0-4f89-11d3-9a0c-0305e82c3301 is gone",
        "job c9bf9e57-1685-4c89-bafb-ff5af830be8a is gone",
    ],
    "files": [
        "could not open /var/lib/app/2026/05/file-12.csv: No such file or directory",
        "could not open /srv/other/notes.txt: No such file or directory",
    ],
    "another reason for files": ["could not open /srv/other/notes.txt: Permission denied"],
    "redacted": ["sms to [phone] failed: token [redacted] was refused"],
    "mail": [
        "mail to jane@acme.test bounced at 2026-05-01T12:00:00.123Z",
        "mail to bo.li@corp.test bounced at 2027-11-30 01:02:03",
    ],
    "traceback": [
        'Traceback (most recent call last):\n  File "a.py", line 3, in f\nZeroDivisionError: division by zero',
        'Traceback (most recent call last):\n  File "b.py", line 9, in g\nZeroDivisionError: division by zero',
    ],
    "deadlock": [
        "deadlock detected: Process 123 waits for transaction 4567; blocked by process 89.",
        "deadlock detected: Process 9 waits for transaction 88; blocked by process 7.",
    ],
    "JDBC": ["insert failed; SQLState: 23505, row 12", "insert failed; SQLState: 23505, row 99"],
    "JDBC, a foreign key": ["insert failed; SQLState: 23503, row 12"],
    "JDBC, not serialised": ["insert failed; SQLState: 40001, row 12"],
    "no such table": ["query 7 failed (sqlstate=42P01)", "query 8 failed (sqlstate=42P01)"],
    "no such parameter": ["query 7 failed (sqlstate=42P02)"],
    "SQLCODE": ["query 7 failed, SQLCODE=-803", "query 9 failed, SQLCODE=-803"],
    "another SQLCODE": ["query 7 failed, SQLCODE=-911"],
    "SQL Server": ["Msg 1205, Level 13, State 51", "Msg 1205, Level 13, State 45"],
    "another of SQL Server": ["Msg 2627, Level 13, State 51"],
    "Error of MySQL in Go": ["Error 1062 (23000): row 12", "Error 1062 (23000): row 13"],
    "another Error of MySQL in Go": ["Error 1213 (40001): row 12"],
    "pymysql cannot connect": [
        """(2003, "Can't connect to MySQL server on 'db-1' (timed out)")""",
        """(2003, "Can't connect to MySQL server on 'db-2' (timed out)")""",
    ],
    "pymysql's deadlock": ["(1213, 'Deadlock found when trying to get lock; try restarting transaction')"],
    "pymysql's lost connection": ["(2013, 'Lost connection to MySQL server during query')"],
    "SQLAlchemy": ["(pymysql.err.OperationalError) (1213, 'Deadlock found in 7')\n[SQL: SELECT 1]"],
    "SQLAlchemy, another": ["(pymysql.err.OperationalError) (1205, 'Lock wait in 7')\n[SQL: SELECT 1]"],
    "MCP": ["Error executing tool db: (1213, 'Deadlock found')"],
    "MCP, another": ["Error executing tool db: (1205, 'Lock wait')"],
    "pyodbc": ["('40001', '[40001] [Microsoft] Process 55 was deadlocked')"],
    "pyodbc, another": ["('42S02', '[42S02] [Microsoft] Invalid object name')"],
    "OSError, no space": ["OSError(28, 'No space left on device')"],
    "OSError, no file": ["OSError(2, 'No such file or directory')"],
    "os error of Rust": ["No space (os error 28) in 3 s", "No space (os error 28) in 4 s"],
    "another os error of Rust": ["No space (os error 122) in 3 s"],
    "websocket of Go": [
        "websocket: close 1006 unexpected EOF after 3 s",
        "websocket: close 1006 unexpected EOF after 9 s",
    ],
    "websocket of Go, another": ["websocket: close 1001 unexpected EOF after 3 s"],
    "websockets": ["received 1011 (internal error) after 3 s", "received 1011 (internal error) after 4 s"],
    "websockets, another": ["received 1012 (internal error) after 3 s"],
    "a business number": ["Order (2003, 'blue') is late", "Order (1213, 'red') is late"],
    "a business code": ["Order ('40001', 'blue') is late", "Order ('42S02', 'red') is late"],
    "a sum": ["sent 1500 (net) to the bank", "sent 3500 (net) to the bank"],
    "orders that close": ["close 1006 orders", "close 1001 orders"],
    "a key": ["the key (17, 'x') is taken", "the key (18, 'y') is taken"],
    "a state": ["state: 23505", "state: 23503"],
    "a repr": ["RuntimeError('the kiln 7 is cold')", "RuntimeError: the kiln 9 is cold"],
    "another repr": ["RuntimeError('disk full')"],
    "a repr in an envelope": ["Error: RuntimeError('disk full')\n Please fix your mistakes."],
    "a repr of a key": ["""KeyError('taste')""", "KeyError: 'taste'"],
    "LangChain": [
        "ValueError('no such order')" + STACK.format("a") + "ValueError: no such order",
        "ValueError('no such order')" + STACK.format("b") * 40 + "ValueError: no such order",
        ("ValueError: no such order" + STACK.format("a") * 40)[:2_000],
    ],
    "LangChain, another": ["ValueError('no such shop')" + STACK.format("a") + "ValueError: no such shop"],
    "JSON-RPC arguments": ["MCP error -32602: Invalid arguments for tool get_price"],
    "JSON-RPC method": ["MCP error -32601: Invalid arguments for tool get_price"],
    "curl": ["curl: (6) no answer after 3 s", "curl: (6) no answer after 9 s"],
    "another of curl": ["curl: (28) no answer after 3 s"],
    "cURL in PHP": ["cURL error 6: no answer after 3 s", "cURL error 6: no answer after 9 s"],
    "another of cURL in PHP": ["cURL error 28: no answer after 3 s"],
    "pycurl": ["pycurl.error: (6, 'after 3 s')", "pycurl.error: (6, 'after 9 s')"],
    "another of pycurl": ["pycurl.error: (28, 'after 3 s')"],
    "an alert of TLS": ["alert from 10.0.0.1, SSL alert number 40", "alert from 10.0.0.2, SSL alert number 40"],
    "another alert of TLS": ["alert from 10.0.0.1, SSL alert number 42"],
    "MongoDB": ["E11000 failed for 7 keys", "E11000 failed for 9 keys"],
    "another of MongoDB": ["E11600 failed for 7 keys"],
    "MongoDB, classed": ["MongoServerError: E11000 failed", "MongoServerError: E11000 failed"],
    "MongoDB, classed, another": ["MongoServerError: E11600 failed"],
    "MongoDB, amid words": ["cannot store 7: E11000 duplicate key", "cannot store 9: E11000 duplicate key"],
    "MongoDB, amid words, another": ["cannot store 7: E11001 duplicate key"],
    "MongoDB's server": ["failed with error 11600 (Interrupted): 7", "failed with error 11600 (Interrupted): 9"],
    "MongoDB's server, another": ["failed with error 11602 (Interrupted): 7"],
    "curl without a colon": ["curl exited with (6) after 3 s", "curl exited with (6) after 9 s"],
    "curl without a colon, another": ["curl exited with (28) after 3 s"],
    "an id like one of MongoDB": ["Order E11000 failed", "Order E11600 failed"],
    "a note of curl": ["curl 7 calls (6) made", "curl 8 calls (28) made"],
    "alerts": ["alert number 40 was sent", "alert number 42 was sent"],
    "apostrophes": ["can't reach it, it isn't up"],
    "nothing": ["", "   \n"],
}


def groups_of(messages):
    return {fingerprint("crm", "provider", "E", message) for message in messages}


@pytest.mark.parametrize("name", SAME)
def test_messages_of_one_failure_fall_together(name):
    assert len(groups_of(SAME[name])) == 1, [normalise(message) for message in SAME[name]]


def test_different_failures_never_fall_together():
    groups = {name: groups_of(messages) for name, messages in SAME.items()}
    assert len(set().union(*groups.values())) == len(SAME)


@pytest.mark.parametrize(
    "message, words",
    [
        ("mail to jane@acme.test bounced at 12:30", "mail to <email> bounced at <time>"),
        ("Limit 30,000, used 99.5% of it in 1.4s", "Limit <n>, used <n> of it in <duration>"),
        ("call_8f3a to https://a.test/x?y=1.", "<id> to <url>."),
        ("argument 'to': not \"+49\"", "argument 'to': not <value>"),
        ("can't", "can't"),
        ("unknown argument 'a': did you mean 'b'?", "unknown argument <value>: did you mean b?"),
        ("meet at noon (room 12)", "meet at noon (room <n>)"),
        ("closed 1500 orders at 12:30", "closed <n> orders at <time>"),
    ],
)
def test_the_words_of_a_message_stay(message, words):
    assert normalise(message) == words


@pytest.mark.parametrize(
    "change", [("sms", "timeout", "E", "m"), ("crm", "breaker", "E", "m"), ("crm", "timeout", "F", "m")]
)
def test_tool_layer_and_type_tell_groups_apart(change):
    assert fingerprint(*change) != fingerprint("crm", "timeout", "E", "m")


def test_the_quoted_name_of_the_tool_itself_stays_in_its_messages():
    assert pattern("crm", "'crm' did not answer within 5 s.") == "crm did not answer within <n> s."
    assert pattern("sms", "'crm' did not answer within 5 s.") == "<value> did not answer within <n> s."


def test_numbers_are_the_same_in_every_process_and_release():
    assert fingerprint("crm", "timeout", "timeout", "crm did not answer within 5 s.") == 5876697065133195669
    assert fingerprint("", "", "", "") == -2097234767017527699


VALUES = st.one_of(
    st.integers().map(str),
    st.uuids().map(str),
    st.floats(allow_nan=False, allow_infinity=False).map(lambda number: f"{number:.3f}"),
    st.datetimes().map(str),
    st.datetimes().map(lambda moment: moment.isoformat()),
    st.ip_addresses(v=4).map(str),
    st.from_regex(r"(CUST|LEAD-|gpt-)[0-9]{1,8}", fullmatch=True),
    st.from_regex(r"https://[a-z]+\.test/[a-z]+/[0-9]+", fullmatch=True),
    st.from_regex(r"'[a-z]+ [0-9]+'", fullmatch=True),
)


# A number of this range says what failed in JSON-RPC, so it is not among those that differ from call to call.
JSON_RPC = re.compile(r"-32(?=\d{3}(?!\d))")


def other_digits(text):
    chosen = random.Random(text)
    return JSON_RPC.sub("-33", re.sub(r"\d", lambda found: str(chosen.randrange(10)), text))


@example(["-21250"])
@example(["-32601", "(at"])
# What is read of it ends amid the last moment.
@example([*["2000-01-01 00:00:00.000001"] * 21, "customer", "took", "of", "1", "2000-01-01T00:00:00"])
@given(st.lists(st.one_of(st.sampled_from(["customer", "took", "of", "(at", "limit:"]), VALUES), min_size=1))
def test_other_digits_are_the_same_group(parts):
    message = JSON_RPC.sub("-33", " ".join(parts))
    assert normalise(other_digits(message)) == normalise(message)


@given(st.text(max_size=3000))
def test_any_text_is_normalised_to_a_line_of_bounded_length(text):
    found = normalise(text)
    assert len(found) <= MESSAGE_CHARS
    assert found.splitlines() in ([], [found])
    assert -(2**63) <= fingerprint("", "", "", text) < 2**63


@pytest.mark.parametrize(
    "text", ["'" * 600, '{"error"' * 80, "/a" * 300, "a@" * 300, "a." * 300, "-" * 600, "1:" * 300]
)
def test_a_hostile_text_takes_no_longer_than_milliseconds(text):
    def cold():
        module._normalised.cache_clear()
        normalise(text)

    assert min(repeat(cold, number=1, repeat=3)) < 0.02


def test_a_message_seen_before_costs_a_few_microseconds():
    message = SAME["rate limit of a provider"][0]
    normalise(message)
    once = min(repeat(lambda: fingerprint("crm", "provider", "E", message), number=100, repeat=5)) / 100
    cold = min(repeat(lambda: module._normalised.__wrapped__(message), number=100, repeat=5)) / 100
    assert once < cold / 2  # a ratio: the machine may be busy
