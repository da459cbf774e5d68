"""Which layer a sentence tells of: one that clients, servers and validators write. Pure.

Words that anybody may use (*timeout*, *circuit*, *provider*) say nothing by themselves; a number counts only where
it stands as a status or a code.
"""

import re
from http import HTTPStatus

from telemetry.outcomes.types import of_number, of_type
from telemetry.semconv import Outcome

BODY_CHARS = 2_000


def _any(*alternatives: str, flags: int = re.IGNORECASE) -> re.Pattern[str]:
    return re.compile("|".join(alternatives), flags)


SENTENCES: tuple[tuple[Outcome, re.Pattern[str]], ...] = (
    (
        Outcome.BREAKER,
        _any(
            r"\b(circuit[- ]?breaker|circuit|breaker)\b.{0,40}\b(is|still|in|was)( now)? (half[- ])?open\b",
            *("short-circuited and is OPEN", "does not permit further calls"),
        ),
    ),
    (
        Outcome.TIMEOUT,
        _any(
            *(r"\btimed[- ]out\b", r"\bdeadline[_ ]?(has )?(exceeded|expired|passed)\b", r"^time-?out\W*$"),
            *(r"\bE(SOCKET)?TIMEDOUT\b", r"\b(UND_ERR|ERR)_\w*TIMEOUT\b"),
            r"\b(i/o|handshake|lock) timeout\b",
            r"\b(statement|headers|body|read|connect|gateway) time-?out( error| expired| exceeded|\W*$)",
            r"\b(request|connection|socket|operation|query|response) time-?out( error| expired| exceeded|\W*$)",
            r"\btimeout( of)? ?\d*\.?\d* ?(ms|s|seconds)? ?(was )?(exceeded|expired|reached)\b",
            r"\btimeout (waiting|awaiting|while|after|error)\b",
            *(r"\bstatement timeout\b", r"\bread timeout=", r"\bthis operation was aborted\b"),
            r"\b(context|operation|request|task|call|tool) (was |has been )?cancell?ed\b",
            r"^(was )?(aborted|cancell?ed)( by (the )?(user|caller|client))?\W*$",
        ),
    ),
    (
        Outcome.ARGUMENTS,
        _any(
            *(r"\b\d+ validation errors? for\b", r"^validation (error|failed)\b", r"^failed validating\b"),
            r"\b(input|arguments?|request|schema|type|parameters?) validation (error|failed)\b",
            r"\binvalid (arguments?|params|parameters|(tool )?input) for\b",
            r"\binvalid json (input|arguments) for\b",
            *(r"^invalid (params|request|arguments|input):? ", r"^invalid (params|request|arguments)\W*$"),
            *("is a required property", "must have required property", "^additional properties are"),
            *(r"did not match (the )?(expected )?schema\b", r"does not (match|fit) (the )?schema\b"),
            *(r"^bad request\b", "must be equal to one of the allowed values", r"^argument '[^']+' is missing"),
            r"^(unknown tool\b|tool \S+ not found\b)",
        ),
    ),
    (
        Outcome.AUTHORIZATION,
        _any(
            r"^(error: )?(unauthori[sz]ed|forbidden|access denied|permission denied)(\W*$|: )",
            *(r"\bis (not|un) ?authori[sz]ed\b", r"\bnot authori[sz]ed to\b"),
            *(r"\bpermission denied (for|to) ", r"\baccess (was )?denied (for|to|by|on) "),
            *(r"\bpermission denied\W*$", r"\baccess denied\W*$"),
            *(r"\b(authentication|login) failed\b", r"\b(does not|do not|doesn't|don't) have permission\b"),
            r"\b(invalid|incorrect|missing|expired|no) (api[- ]key|access token|credentials)\b",
            *(
                r"\binsufficient (permissions?|scopes?)\b",
                r"\b(access|auth|bearer|refresh) token (has |is )?expired\b",
            ),
        ),
    ),
    (
        Outcome.PROVIDER,
        _any(
            r"\bE(CONN(REFUSED|RESET|ABORTED)|NOTFOUND|AI_AGAIN|PIPE|HOSTUNREACH|NETUNREACH)\b",
            *(r"\bUND_ERR_\w+", r"\bconnection attempts failed\b", r"^connection error\b", r"^network error\b"),
            r"\bconnection (to \S+ )?(was |is |has been |already )?(refused|reset|aborted|closed|failed|lost)\b",
            r"\bconnection (was |has been )?(terminated|dropped|forcibly closed)\b",
            r"\bconnection to server .* failed\b",
            r"\b(failed|unable|cannot|could not|couldn't) (to )?(connect|reach|establish a (new )?connection)\b",
            *(r"\bsocket hang up\b", r"^(TypeError: )?fetch failed\b", r"^failed to fetch\b", r"\bbroken pipe\b"),
            *(
                "no route to host",
                "network is unreachable",
                "no such host",
                "getaddrinfo",
                "nodename nor servname",
            ),
            *("name or service not known", r"\bname resolution\b", r"\bmax retries exceeded\b"),
            *("certificate verify failed", "self[- ]signed certificate", "unable to verify the first certificate"),
            *(r"\bssl (handshake|error)\b", r"\b(service|server|temporarily|currently) unavailable\b"),
            r"\brate[- ]?limit(s|ed|ing)? ?(has been |was |is )?(exceeded|reached|hit|error|for|by)\b",
            *(
                r"\bexceeded (your|the) (current )?(quota|rate limit)\b",
                r"\brate limited\b",
                r"\bquota exceeded\b",
            ),
            *(
                r"\btoo many (requests|connections|clients)\b",
                r"^overloaded\W*$",
                r"\b(is|are|currently) overloaded\b",
            ),
            *(
                r"\bbad gateway\b",
                r"\binternal server error\b",
                r"\bupstream connect error\b",
                "no healthy upstream",
            ),
            r"\b(server|peer|remote end|remote host) (unexpectedly )?(disconnected|closed)\b",
            *(r"\bdatabase system is (starting|shutting)\b", "server has gone away"),
        ),
    ),
)
_PHRASES = "|".join(re.escape(status.phrase) for status in HTTPStatus if status >= HTTPStatus.BAD_REQUEST)
_STATUS = _any(
    r"\b(?:status(?:[ _-]?code)?|HTTP(?:/\d(?:\.\d)?)?(?:[ _-](?:error|status|code)){0,2}"
    r"|(?:error|response)[ _-]code|(?:respon\w+|replied|failed) with)"
    r"!?(?:\W{0,4}(?:an?|of|status|code|HTTP|error)\b){0,4}"
    r"\W{0,4}(?P<told>[45]\d\d)(?![\w-]|\.\d)",
    r"(?:^|[\[{(,;]\s*)['\"]?(?:code|status)['\"]?\s*[:=]\s*['\"]?(?P<key>[45]\d\d)\b",
    rf"(?<![\w.])(?P<phrase>[45]\d\d) (?:{_PHRASES}|Client Error|Server Error|status code)\b",
    r"^(?P<body>[45]\d\d) \{",
)
# The answer of a client's exception may begin with it: `404: no such item`, `429 RESOURCE_EXHAUSTED`.
_LEADING = re.compile(r"^\W?(?P<leading>[45]\d\d)\b(?![.,]\d)")
_RPC_CODE = _any(r"\b(?:code|error)\b['\"]?\W{0,4}(?P<code>-32\d{3})\b")
_GRPC = re.compile(r"(?:StatusCode\.|\brpc error: code = |^\d{1,2} (?=[A-Z_]+: ))(?P<type>[A-Za-z_]+)")
_AWS = re.compile(r"\bAn error occurred \((?P<type>\w+)\) when calling")
# A body in JSON, or as Python writes it, names the kind of its error; a validator's has the place of each fault.
_KIND = re.compile(r"""['"](?:type|code|status|error|__type)['"]\s*:\s*['"](?P<type>[A-Za-z][\w.#]+)['"]""")
_FAULTS = re.compile(r"""[\[{].{0,300}?['"](?:path|loc|instancePath)['"]\s*:\s*(?:[\[(]|['"]/)""", re.DOTALL)


def of_sentence(line: str, message: str, *, carried: bool) -> Outcome | None:
    """The layer that *line*, the one that says what failed, tells of; or the body that follows in *message*.

    *carried*: the type of the error says that this is somebody's answer.
    """
    head = message[:BODY_CHARS]
    status = _status(line, carried=carried)
    if status is not None and (layer := of_number(status)):
        return layer
    for named in (_GRPC.search(head), _AWS.search(line)):
        if named and (layer := of_type(named["type"]).layer):
            return layer
    if _FAULTS.match(line if line.endswith("]") else head.lstrip()):
        return Outcome.ARGUMENTS
    return next((outcome for outcome, pattern in SENTENCES if pattern.search(line)), None) or _of_body(head)


def _status(line: str, *, carried: bool) -> int | None:
    found = _STATUS.search(line) or (_LEADING.match(line) if carried else None) or _RPC_CODE.search(line)
    return int(next(filter(None, found.groups()))) if found else None


def _of_body(text: str) -> Outcome | None:
    if "{" not in text:
        return None
    told = (of_type(found["type"]).layer for found in _KIND.finditer(text))
    return next((layer for layer in told if layer not in (None, Outcome.TOOL_BUG)), None)
