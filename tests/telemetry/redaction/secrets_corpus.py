"""Secrets, each at its place."""

import base64
from itertools import count

from tests.telemetry.redaction.cases import KEYED_PLACES, SHAPED_PLACES, Case
from tests.telemetry.redaction.held_out import HELD_OUT
from tests.telemetry.redaction.made import (
    DIGITS,
    HEX,
    URL_SAFE,
    base64_of,
    iban,
    jwt,
    made,
    shaped,
)

PLACES_EACH = 3
# What the values of keys look like: a word, digits, a phrase, symbols.
PASSWORDS = ("hunter2", "Tr0ub4dor&3", "correct-horse-7battery", "x9#kQ!2vLp", "S3cretSauce", "p4ssw0rd_2026")
WORD_KEYS = (
    *("password", "passwd", "pwd", "pass", "passphrase", "passcode", "user_password", "DB_PASS", "dbPassword"),
    *("smtp_pass", "PGPASSWORD", "admin.password", "new_password", "passwordConfirmation", "login[password]"),
    *("secret", "client_secret", "clientSecret", "app-secret", "shared_secret", "JWT_SECRET", "secret_key"),
    *("api_key", "apiKey", "x-api-key", "APIKEY", "openai_api_key", "DD_API_KEY", "subscription-key", "app_key"),
    *(
        "access_token",
        "accessToken",
        "auth_token",
        "refresh_token",
        "csrf_token",
        "id_token",
        "bot.token",
        "token",
    ),
    *("AWS_SECRET_ACCESS_KEY", "aws_access_key", "private_key", "signing_key", "encryption_key", "account_key"),
    *("credentials", "db_credential", "authorization", "http.request.header.authorization", "recovery_code"),
    *("proxy-authorization", "session_token", "webhook_secret", "master_key"),
)
DIGIT_KEYS = (
    *("otp", "pin", "ssn", "cvv", "cvc", "user.ssn", "card_pin", "otp_code", "totp", "security_code"),
    *("verification_code", "social_security_number", "mfa_code", "cvv2"),
)


def _shaped_cases() -> list[Case]:
    places, turn, found = list(SHAPED_PLACES.items()), count(), []
    for sort, secret in shaped().items():
        for _ in range(PLACES_EACH):
            place, put = places[next(turn) % len(places)]
            key, value, stays = put(secret)
            # A key of several lines is one line in JSON; no line of it may be left.
            gone = tuple(secret.splitlines()[1:-1]) if "\n" in secret else (secret.removeprefix("Bearer "),)
            found.append(Case(f"{sort}: {place}", key, value, gone, (stays,) if stays else ()))
    return found


def _keyed_cases() -> list[Case]:
    places, turn, found = list(KEYED_PLACES.items()), count(), []
    for number, key in enumerate([*WORD_KEYS, *DIGIT_KEYS]):
        for _ in range(PLACES_EACH):
            place, put = places[next(turn) % len(places)]
            secret = made(key, 6, DIGITS) if key in DIGIT_KEYS else PASSWORDS[number % len(PASSWORDS)]
            at, value, stays = put(key, secret if place != "URL" else secret.replace("&", "").replace("#", ""))
            gone = (secret if place != "URL" else secret.replace("&", "").replace("#", ""),)
            found.append(Case(f"{key}: {place}", at, value, gone, (stays,) if stays else ()))
    return found


def _text(name: str, text: str, *gone: str, stays: str = "") -> Case:
    return Case(name, "", text, gone, (stays,) if stays else ())


_P, _T, _H = "hunter2", made("token", 32), made("hash", 32, HEX)
_BASIC = base64.b64encode(b"jane:" + _P.encode()).decode()

ASSIGNMENTS = [
    _text("password=", "login failed: user=jane password=hunter2 host=db", _P, stays="host=db"),
    _text(
        "password= letters alone",
        "dsn is host=db user=jane password=swordfish port=5432",
        "swordfish",
        stays="5432",
    ),
    _text("api_key=''", "Client(api_key='hunter2')", _P),
    _text('api_key = ""', 'api_key = "hunter2"\nname = "x"', _P, stays='name = "x"'),
    _text("TOML", '"password" = "hunter2"\nport = 3', _P, stays="port = 3"),
    _text("PHP", "'password' => 'hunter2', 'port' => 3", _P, stays="'port' => 3"),
    _text("Go", 'password := "hunter2"', _P),
    _text("--password x", "mysqldump --user jane --password hunter2 sales", _P, stays="sales"),
    _text("--password=x", "mysqldump --password=hunter2 sales", _P, stays="sales"),
    _text("--token 'x y'", "deploy --token 'hunter2 and more' --dry-run", _P, "and more", stays="--dry-run"),
    _text("-u user:password", "curl -u jane:hunter2 https://api.example.com/v1", _P, stays="api.example.com"),
    _text("--user user:password", "curl --user jane:hunter2 https://api.example.com/v1", _P),
    _text("sshpass", "sshpass -p hunter2 ssh jane@host uptime", _P, stays="uptime"),
    _text("arguments as a list", "['mysqldump', '--password', 'hunter2', 'sales']", _P, stays="sales"),
    _text("AWS secret", f"AWS_SECRET_ACCESS_KEY={base64_of('aws', 30)}", base64_of("aws", 30)),
    _text(
        "AWS credentials file",
        f"aws_secret_access_key = {base64_of('aws2', 30)}\nregion = x",
        base64_of("aws2", 30),
    ),
    _text(".npmrc", f"//registry.example.com/:_authToken={_T}", _T, stays="registry.example.com"),
    _text(".netrc", "machine api.example.com login jane password hunter2", _P, stays="machine"),
    _text(".pgpass beside a key", "PGPASSWORD=hunter2 psql -h db", _P, stays="psql -h db"),
    _text("Docker", "docker run -e POSTGRES_PASSWORD=hunter2 -p 5432:5432 postgres", _P, stays="5432:5432"),
    _text("spaces in quotes", 'password="correct horse 7 battery" port=3', "correct", "battery", stays="port=3"),
    _text("form", "username=jane&password=hunter2&remember=1", _P, stays="remember=1"),
    _text("nested form", "user[name]=jane&user[password]=hunter2&x=1", _P, stays="x=1"),
    _text("encoded form", "user%5Bname%5D=jane&user%5Bpassword%5D=hunter2&x=1", _P, stays="x=1"),
    _text("XML element", "<user><password>hunter2</password><age>3</age></user>", _P, stays="<age>3</age>"),
    _text("XML attributes", '<add key="password" value="hunter2"/><add key="age" value="3"/>', _P, stays='"age"'),
    _text("SQL", "ALTER ROLE jane WITH PASSWORD 'hunter2'", _P, stays="ALTER ROLE jane"),
    _text("YAML in quotes", "db:\n  password: 'hunter2'\n  port: 5432", _P, stays="5432"),
    _text("log line", "user: jane password: hunter2 host: db", _P, stays="host: db"),
    _text("sentence", "My password is hunter2, please log me in.", _P, stays="please"),
    _text("sentence with a PIN", "The PIN is 4921 and the card is blue.", "4921", stays="blue"),
    _text("SMS", "Your verification code is 493021. It is valid for 10 minutes.", "493021", stays="10 minutes"),
    _text("one-time password", "Your OTP is 493021", "493021"),
    _text("api key in a sentence", f"the api key is {_T}", _T),
    _text("structure", '{"credentials": {"user": "jane", "code": "hunter2"}, "n": 3}', _P, stays='"n": 3'),
    _text("list", '{"backup_codes": ["hunter2", "hunter3"], "n": 3}', _P, "hunter3", stays='"n": 3'),
    _text("headers as tuples", f"[('accept', '*/*'), ('x-api-key', '{_T}')]", _T, stays="accept"),
    _text("headers as lists", f'[["accept", "*/*"], ["x-api-key", "{_T}"]]', _T, stays="accept"),
    _text("headers as bytes", f"[(b'host', b'a'), (b'cookie', b'sid={_T}; theme=dark')]", _T, stays="host"),
    _text("escaped quotes", '{"password": "hun\\"hunter2"}', _P),
]
IN_OTHER_WORDS = [
    _text("said in quotes", 'The password is: "Zk83hsdk2Qw", keep it.', "Zk83hsdk2Qw", stays="keep it"),
    _text("said in quotes, without a colon", "the password is 'Zk83hsdk2Qw'", "Zk83hsdk2Qw"),
    _text("YAML, a block", "password: |\n  Zk83hsdk2Qw\nport: 3", "Zk83hsdk2Qw", stays="port: 3"),
    _text("YAML, folded", "db:\n  password: >-\n    Zk83hsdk2Qw\n  port: 3", "Zk83hsdk2Qw", stays="port: 3"),
    _text("setx", "setx OPENAI_API_KEY Zk83hsdk2Qwabcdef", "Zk83hsdk2Qwabcdef"),
    _text("setx for the machine", 'setx /m DB_PASSWORD "hunter2"', _P),
    _text("pw", '{"pw":"hunter2","n":3}', _P, stays='"n":3'),
    _text("psw", "user=jane psw=hunter2 db=x", _P, stays="db=x"),
    _text("Docker's log-in", f'{{"auths":{{"r.example.com":{{"auth":"{_BASIC}"}}}}}}', _BASIC, stays="r.example"),
    _text("card with dots", "paid with 4242.4242.4242.4242 today", "4242.4242", stays="today"),
    _text("small IBAN behind its name", "iban: gb29 nwbk 6016 1331 9268 19, thanks", "6016 1331", stays="thanks"),
    _text("small IBAN in one piece", '{"iban":"gb29nwbk60161331926819"}', "gb29nwbk60161331926819"),
    _text("SSN with spaces behind its name", "SSN: 078 05 1120.", "078 05 1120"),
    _text("German number with a slash", "Tel. 030 / 12345678, fragt", "12345678", stays="fragt"),
]
URLS = [
    _text(
        "token of an address in an address",
        f"https://a.test/cb?next=https%3A%2F%2Fb.test%2F%3Faccess_token%3D{_T}%26x%3D1",
        _T,
        stays="%26x%3D1",
    ),
    _text("auth=", f"https://a.test/x?auth={_T}&page=2", _T, stays="page=2"),
    _text(
        "api_key in an error", f"404 for url: https://api.example.com/x?api_key={_T}&page=2", _T, stays="page=2"
    ),
    _text("access_token in an error", f"error 'https://graph.example.com/me?access_token={_T}'", _T),
    _text("token at the end", f"GET /ws?room=3&token={_T} HTTP/1.1", _T, stays="HTTP/1.1"),
    _text("token in a fragment", f"https://app.example.com/#access_token={_T}&expires_in=3600", _T, stays="3600"),
    _text("AWS signature", f"https://b.s3.example.com/k?X-Amz-Date=20260101T000000Z&X-Amz-Signature={_H}{_H}", _H),
    _text("Azure signature", f"https://a.blob.example.net/c?sv=2024-08-04&sig={_T}%3D", _T, stays="2024-08-04"),
    _text("redis", "Error 111 connecting to redis://:hunter2@cache:6379/0", _P, stays="cache:6379/0"),
    _text("rediss", "rediss://default:hunter2@cache:6379", _P, stays="cache:6379"),
    _text("postgresql", "postgresql://jane:hunter2@db:5432/sales?sslmode=require", _P, stays="sslmode"),
    _text("mongodb", "mongodb+srv://jane:hunter2@cluster0.example.net/test", _P, stays="cluster0"),
    _text("amqp", "amqps://jane:hunter2@mq/vhost", _P, stays="mq/vhost"),
    _text("mysql", "mysql+pymysql://jane:hun@ter2@db/sales", "hun@ter2", "ter2", stays="db/sales"),
    _text("https", "https://jane:hunter2@git.example.com/a.git", _P, stays="git.example.com"),
    _text("token as a user", f"https://{_T}@git.example.com/a.git", _T, stays="git.example.com"),
    _text("smtp", "smtp://jane%40example.com:hunter2@mail.example.com:587", _P, stays=":587"),
    _text("ldap", "ldaps://cn=admin:hunter2@ldap.example.com", _P),
    _text("jdbc", "jdbc:postgresql://db/sales?user=jane&password=hunter2", _P, stays="user=jane"),
    _text("ADO", "Server=db;User Id=jane;Password=hunter2;Encrypt=true", _P, stays="Encrypt=true"),
    _text("ODBC", "DRIVER={x};SERVER=db;UID=jane;PWD=hunter2;PORT=1", _P, stays="PORT=1"),
    _text(
        "Azure storage",
        f"DefaultEndpointsProtocol=https;AccountName=a;AccountKey={base64_of('az', 64)};EndpointSuffix=core",
        base64_of("az", 64),
        stays="EndpointSuffix=core",
    ),
    _text(
        "Azure service bus",
        f"Endpoint=sb://a.example.net/;SharedAccessKeyName=Root;SharedAccessKey={base64_of('sb', 32)}",
        base64_of("sb", 32),
        stays="SharedAccessKeyName=Root",
    ),
    _text("URL in JSON", '{"dsn": "redis://:hunter2@cache:6379/0", "n": 3}', _P, stays='"n": 3'),
    Case(
        "URL as an attribute", "url.full", f"https://a.example.com/x?access_token={_T}", (_T,), ("a.example.com",)
    ),
    Case("query as an attribute", "url.query", f"page=2&api_key={_T}", (_T,), ("page=2",)),
]
HEADERS = [
    _text("Cookie", f"GET / HTTP/1.1\r\nCookie: sid={_T}; theme=dark\r\nAccept: */*", _T, stays="Accept: */*"),
    _text("Cookie, several", f"cookie: a=1; sid={_T}", _T),
    _text("Cookie in quotes", f"curl -H 'Cookie: sid={_T}; b=2' https://x.example.com", _T, stays="x.example.com"),
    _text("Set-Cookie", f"Set-Cookie: sid={_T}; HttpOnly\nVary: *", _T, stays="Vary: *"),
    _text(
        "Cookie in JSON",
        f'{{"raw": "GET / HTTP/1.1\\r\\nCookie: sid={_T}\\r\\nAccept: a"}}',
        _T,
        stays="Accept: a",
    ),
    _text("X-Api-Key", f"X-Api-Key: {_T}\nHost: x", _T, stays="Host: x"),
    _text("X-Api-Key, letters alone", "X-Api-Key: swordfish\nHost: x", "swordfish", stays="Host: x"),
    _text("X-Auth-Token", f'curl -H "X-Auth-Token: {_T}" https://x.example.com', _T, stays="x.example.com"),
    _text("Ocp-Apim-Subscription-Key", f"Ocp-Apim-Subscription-Key: {_H}", _H),
    _text("Authorization Basic", f"Authorization: Basic {_BASIC}", _BASIC),
    _text("Authorization Bearer", f"Authorization: Bearer {_T}", _T),
    _text("Authorization, short", "authorization: Bearer hunter2", _P),
    _text("Authorization alone", f"Authorization: {_T}\r\nHost: x", _T, stays="Host: x"),
    _text(
        "Authorization Digest",
        f'Authorization: Digest username="jane", realm="a", nonce="{_T}", response="{_H}"\r\nHost: x',
        _H,
        _T,
        stays="Host: x",
    ),
    _text(
        "Authorization AWS",
        f"Authorization: AWS4-HMAC-SHA256 Credential=AK{'IA'}{'Q' * 16}/20260101/x/s3, Signature={_H}{_H}",
        _H,
    ),
    _text("Authorization in JSON", f'{{"Authorization": "Bearer {_T}", "n": 3}}', _T, stays='"n": 3'),
    _text("Proxy-Authorization", f"Proxy-Authorization: Basic {_BASIC}", _BASIC),
    Case("headers", "headers", {"Cookie": f"sid={_T}", "Accept": "a"}, (_T,), ("Accept",)),
    Case("header as an attribute", "http.request.header.cookie", [f"sid={_T}"], (_T,)),
    Case("headers as pairs", "headers", [["x-api-key", _T], ["accept", "a"]], (_T,), ("accept",)),
    Case("headers as pairs of tuples", "headers", (("authorization", _T), ("accept", "a")), (_T,), ("accept",)),
]
PERSONAL = [
    _text("SSN", "The SSN 536-22-8145 is on file", "536-22-8145", stays="on file"),
    _text("SSN in JSON", '{"note": "536-22-8145"}', "536-22-8145"),
    _text("SSN by key", '{"ssn": "536228145"}', "536228145"),
    _text("IBAN in groups", "pay to DE89 3704 0044 0532 0130 00 today", "3704", "0532", stays="today"),
    _text("compact IBAN", "pay to DE89370400440532013000 today", "370400440532013000", stays="today"),
    Case(
        "IBAN in a mapping",
        "account",
        {"to": iban("ES", made("es", 20, DIGITS)), "n": 3},
        (made("es", 20, DIGITS),),
    ),
    *[
        _text(f"phone {number}", f"call {number} now", number, stays="now")
        for number in (
            *("06 12 34 56 78", "06.12.34.56.78", "01-42-68-53-00", "+33 6 12 34 56 78", "+33612345678"),
            *(
                "98765 43210",
                "098765 43210",
                "+91 98765 43210",
                "+91-9876543210",
                "+91 98765-43210",
                "022 2345 6789",
            ),
            *("(415) 555-2671", "415-555-2671", "+1 415 555 2671", "020 7946 0958", "+49 (0)30 901820"),
        )
    ],
    Case("phone by key", "contact", {"phone": "9876543210", "n": 3}, ("9876543210",)),
    _text("phone by key as text", '{"mobile_number": "9876543210", "n": 3}', "9876543210", stays='"n": 3'),
    _text("e-mail address", "write to jane.doe@acme.example soon", "jane.doe@acme.example", stays="soon"),
    Case("e-mail address as a key", "votes", {"jane.doe@acme.example": 3, "n": 4}, ("jane.doe@acme.example",)),
    _text("card", "card 4111 1111 1111 1111 expires soon", "4111 1111 1111 1111", stays="soon"),
    _text("compact card", "card 5555555555554444 expires soon", "5555555555554444", stays="soon"),
]
OTHERS = [
    Case(
        "key of a mapping in a mapping", "limits", {"by_key": {made("k", 3) + jwt("key"): 3}}, (jwt("key")[:40],)
    ),
    Case("list of mappings", "users", [{"name": "jane", "password": _P}], (_P,), ("jane",)),
    Case("deep", "a", {"b": [{"c": {"client_secret": _P}}]}, (_P,)),
    Case("numbers beside it", "login", {"password": _P, "attempts": 3}, (_P,), ("3",)),
    Case("secret under a neutral word", "session", {"token": made("t", 40, URL_SAFE)}, (made("t", 40, URL_SAFE),)),
    Case("JSON as an attribute", "body", '{"user": {"ssn": "536228145"}}', ("536228145",)),
    Case("field and value", "form", [{"field": "password", "value": _P}], (_P,)),
    Case("OTLP attribute", "a", {"key": "api_key", "value": {"stringValue": _P}}, (_P,)),
    Case("HAR", "a", {"value": f"sid={_T}", "name": "Cookie"}, (_T,)),
]

SECRETS = [
    *_shaped_cases(),
    *_keyed_cases(),
    *ASSIGNMENTS,
    *IN_OTHER_WORDS,
    *URLS,
    *HEADERS,
    *PERSONAL,
    *OTHERS,
    *HELD_OUT,
]
