import json

import pytest
from django.core.exceptions import ImproperlyConfigured

from salesboost import env


@pytest.mark.parametrize(
    ("reader", "value", "names"),
    [
        (lambda: env.read_int("KNOB", 1), "many", "KNOB='many' is not a whole number"),
        (lambda: env.read_int("KNOB", 1, least=1, most=65535), "70000", "use 1 to 65535"),
        (lambda: env.read_float("KNOB", 1.0, most=1.0), "nan", "KNOB=nan is out of range"),
        (lambda: env.read_bool("KNOB", True), "perhaps", "use 'true' or 'false'"),
    ],
    ids=["no number", "out of range", "not a number", "no yes or no"],
)
def test_a_bad_value_is_named(monkeypatch, reader, value, names):
    monkeypatch.setenv("KNOB", value)
    with pytest.raises(ImproperlyConfigured, match=names):
        reader()


def test_an_empty_variable_counts_as_unset(monkeypatch):
    monkeypatch.setenv("KNOB", " ")
    assert env.read_int("KNOB", 8000) == 8000
    assert env.read_list("KNOB") == []


def test_a_database_url_with_a_socket_folder_is_understood():
    read = env.read_database("postgresql://sales%40boost:p%2Fw@/main?host=/run/pg&sslmode=disable")
    assert (read["USER"], read["PASSWORD"], read["NAME"]) == ("sales@boost", "p/w", "main")
    assert (read["HOST"], read["OPTIONS"]) == ("/run/pg", {"sslmode": "disable"})


def test_another_kind_of_database_is_refused():
    with pytest.raises(ImproperlyConfigured, match="mysql"):
        env.read_database("mysql://localhost/main")


def test_an_email_url_sets_the_smtp_server():
    read = env.read_email("smtps://me:secret@mail.example")
    assert (read["EMAIL_HOST"], read["EMAIL_PORT"], read["EMAIL_USE_SSL"]) == ("mail.example", 465, True)


def test_an_email_url_without_a_host_is_refused():
    with pytest.raises(ImproperlyConfigured, match="EMAIL_URL must look like"):
        env.read_email("mail.example")


def test_broken_credentials_count_as_none(tmp_path):
    (tmp_path / "credentials.json").write_text("{")
    assert env.read_credentials(tmp_path) == {}
    (tmp_path / "credentials.json").write_text(json.dumps({"api_key": "sb_1"}))
    assert env.read_credentials(tmp_path) == {"api_key": "sb_1"}


def test_headers_are_read_as_opentelemetrys_exporters_read_them(monkeypatch):
    monkeypatch.setenv("KNOB", "Authorization=Bearer%20a%3Db%2Cc, x-team = sales")
    assert env.read_headers("KNOB") == {"authorization": "Bearer a=b,c", "x-team": "sales"}


@pytest.mark.parametrize("value", ["Bearer secret", "=secret", "x team=secret"])
def test_a_header_that_is_none_is_refused_without_showing_it(monkeypatch, value):
    monkeypatch.setenv("KNOB", value)
    with pytest.raises(ImproperlyConfigured) as refusal:
        env.read_headers("KNOB")
    assert "secret" not in str(refusal.value)


@pytest.mark.parametrize(
    ("value", "url"),
    [
        ("https://otel.example/v1/traces", "https://otel.example/v1/traces"),
        ("https://otel.example/api/public/otel/v1/traces", "https://otel.example/api/public/otel/v1/traces"),
        ("http://10.0.0.7:4318", "http://10.0.0.7:4318/v1/traces"),
        ("http://10.0.0.7:4318/", "http://10.0.0.7:4318/v1/traces"),
        ("", ""),
    ],
)
def test_an_endpoint_without_a_path_gets_otlps(monkeypatch, value, url):
    monkeypatch.setenv("KNOB", value)
    assert env.read_otlp_url("KNOB", own=set()) == url


@pytest.mark.parametrize(
    "value", ["otel.example", "ftp://otel.example", "grpc://otel.example:4317", "http://[::1"]
)
def test_an_address_that_is_no_endpoint_is_refused(monkeypatch, value):
    monkeypatch.setenv("KNOB", value)
    with pytest.raises(ImproperlyConfigured, match="such as https"):
        env.read_otlp_url("KNOB", own=set())


def test_nobody_forwards_to_themselves(monkeypatch):
    monkeypatch.setenv("KNOB", "http://localhost:8000/v1/traces")
    with pytest.raises(ImproperlyConfigured, match="this SalesBoost itself"):
        env.read_otlp_url("KNOB", own={"localhost:8000"})


@pytest.mark.parametrize(
    "url", ["hc-ping.com/s3cret", "ftp://hc-ping.com/s3cret", "https:///s3cret", "https://hc-ping.com:x/s3cret"]
)
def test_a_heartbeat_that_is_no_address_is_named_and_not_repeated(monkeypatch, url):
    monkeypatch.setenv("HEARTBEAT_URL", url)
    with pytest.raises(ImproperlyConfigured, match="HEARTBEAT_URL must be an address") as caught:
        env.read_heartbeat_url("HEARTBEAT_URL")
    assert "s3cret" not in str(caught.value)


def test_a_heartbeat_with_a_password_is_refused_and_one_without_is_kept(monkeypatch):
    monkeypatch.setenv("HEARTBEAT_URL", "https://me:s3cret@hc-ping.com/uuid")
    with pytest.raises(ImproperlyConfigured, match="user name or password"):
        env.read_heartbeat_url("HEARTBEAT_URL")
    monkeypatch.setenv("HEARTBEAT_URL", "https://hc-ping.com/uuid")
    assert env.read_heartbeat_url("HEARTBEAT_URL") == "https://hc-ping.com/uuid"
    monkeypatch.setenv("HEARTBEAT_URL", "")
    assert env.read_heartbeat_url("HEARTBEAT_URL") == ""
