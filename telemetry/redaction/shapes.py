"""Keys and tokens that are known by their shape, wherever they stand: how each begins, and what follows.

Where a beginning is a common word too, the rest has to hold a digit or to be long.
"""

import re
from base64 import b64decode
from binascii import Error
from collections.abc import Mapping
from functools import partial

from telemetry.redaction.stretches import Find, Span

_NOT_INSIDE = r"(?<![A-Za-z0-9_])"
_DIGIT = r"(?=[A-Za-z_-]{0,40}\d)"
_HEX32 = r"[0-9a-f]{32}"

# By the clue, in lower case: the pattern from there on. Clues are beginnings, or else what stands out.
SHAPES: Mapping[str, str] = {
    # Ours, and standard webhooks
    "sb_": r"sb_[\w-]{20,}",
    "whsec_": r"whsec_[\w+/-]{16,}={0,2}",
    # Models
    "sk-": rf"sk-(?:(?=[\w-]{{0,40}}[A-Za-z0-9_]{{16}})|{_DIGIT})[\w-]{{16,}}",
    "lsv2_": r"lsv2_\w{20,}",
    "gsk_": r"gsk_\w{32,}",
    "xai-": rf"xai-{_DIGIT}[\w-]{{32,}}",
    "pplx-": r"pplx-\w{32,}",
    "r8_": r"r8_\w{32,}",
    "hf_": r"hf_[A-Za-z0-9]{30,}",
    "api_org_": r"api_org_[A-Za-z0-9]{30,}",
    "nvapi-": r"nvapi-[\w-]{40,}",
    "tvly-": rf"tvly-{_DIGIT}[\w-]{{20,}}",
    "pcsk_": r"pcsk_\w{40,}",
    "jina_": r"jina_\w{40,}",
    "fw_": r"fw_[A-Za-z0-9]{22,}",
    # Google
    "aiza": r"AIza[\w-]{35}",
    "ya29.": r"ya29\.[\w-]{20,}",
    "gocspx-": r"GOCSPX-[\w-]{20,}",
    "1//0": r"1//0[\w-]{30,}",
    # Hosts of code
    "ghp_": r"ghp_\w{20,}",
    "gho_": r"gho_\w{20,}",
    "ghu_": r"ghu_\w{20,}",
    "ghs_": r"ghs_\w{20,}",
    "ghr_": r"ghr_\w{20,}",
    "github_pat_": r"github_pat_\w{20,}",
    "glpat-": r"glpat-[\w-]{20,}(?:\.\w{2,12}){0,2}",
    **{f"gl{kind}-": rf"gl{kind}-[\w-]{{20,}}" for kind in ("dt", "rt", "ptt", "ft", "soat", "cbt", "oas", "imt")},
    "atbb": r"ATBB[A-Za-z0-9]{32}",
    "atatt3": r"ATATT3[\w-]{40,}(?:=[0-9A-F]{8})?",
    # Chats
    "xox": r"xox[abeoprs]-[\w-]{10,}",
    "xapp-": r"xapp-[\w-]{20,}",
    "ntn_": r"ntn_\w{40,}",
    "secret_": r"secret_[A-Za-z0-9]{43}\b",
    # A bot of Discord: the digits of its id in base64, of which the first is 1.
    **{f"mt{third}": r"MT[\w-]{22,28}\.[\w-]{6}\.[\w-]{27,}" for third in "aeimquycgk"},
    # Payment and shops
    "sk_live_": r"sk_live_\w{16,}",
    "sk_test_": r"sk_test_\w{16,}",
    "rk_live_": r"rk_live_\w{16,}",
    "rk_test_": r"rk_test_\w{16,}",
    "rzp_live_": r"rzp_live_\w{14,}",
    "shp": rf"shp(?:at|ca|pa|ss|ua|rt)_{_HEX32}",
    "sq0": r"sq0[a-z]{3}-[\w-]{20,}",
    "eaaa": r"EAAA[\w-]{56,}",
    # Facebook's, of users and pages
    **{f"eaa{kind}": rf"EAA{kind.upper()}[A-Za-z0-9]{{40,}}" for kind in "bcg"},
    # Clouds
    "akia": r"AKIA[0-9A-Z]{16}\b",
    "asia": r"ASIA[0-9A-Z]{16}\b",
    "abia": r"ABIA[0-9A-Z]{16}\b",
    "dop_v1_": r"dop_v1_\w{32,}",
    "doo_v1_": r"doo_v1_\w{32,}",
    "dor_v1_": r"dor_v1_\w{32,}",
    "dapi": rf"dapi{_HEX32}(?:-\d)?",
    "sbp_": r"sbp_[0-9a-f]{40}",
    "hrku-": r"HRKU-[\w-]{30,}",
    "pscale_": r"pscale_(?:tkn|pw|oauth)_[\w.=-]{30,}",
    "hvs.": r"hvs\.[\w-]{24,}",
    "hvb.": r"hvb\.[\w-]{24,}",
    "dp.": r"dp\.(?:pt|st|ct|sa|scim|audit)\.[\w.-]{40,}",
    "nfp_": r"nfp_\w{36,}",
    "fo1_": r"fo1_[\w-]{40,}",
    # Packages
    "npm_": r"npm_[A-Za-z0-9]{36}\b",
    "pypi-": r"pypi-AgE[\w-]{50,}",
    "rubygems_": r"rubygems_[0-9a-f]{48}",
    "dckr_": r"dckr_(?:pat|oat)_[\w-]{20,}",
    # Mail and telephones
    "sg.": r"SG\.[\w-]{16,32}\.[\w-]{16,64}",
    "key-": rf"key-{_HEX32}\b",
    "xkeysib-": r"xkeysib-[0-9a-f]{64}-\w{16}",
    **{f"sk{digit}": rf"SK{_HEX32}\b" for digit in "0123456789abcdef"},
    # Tools
    "lin_": r"lin_(?:api|oauth)_\w{32,}",
    "figd_": r"figd_[\w-]{30,}",
    "pmak-": r"PMAK-[0-9a-f]{24}-[0-9a-f]{34}",
    "nrak-": r"NRAK-[A-Z0-9]{27}",
    "tskey-": r"tskey-[a-z]{2,10}-\w{6,}-\w{16,}",
    "cfpat-": r"CFPAT-[\w-]{40,}",
    "ops_eyj": r"ops_eyJ[\w-]{40,}",
    "glsa_": r"glsa_\w{32,}",
    "glc_": r"glc_[\w+/-]{32,}={0,2}",
    "sntry": r"sntry[su]_[\w+/=-]{40,}",
    "dt0": r"dt0[a-z]\d{2}\.[A-Z0-9]{24}\.[A-Z0-9]{64}",
    "age-secret-key-": r"AGE-SECRET-KEY-1[0-9A-Z]{50,}",
    # Forms that many use
    "eyj": r"eyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?",
    "pat": r"pat[A-Za-z0-9]{14}\.[0-9a-f]{64}",
}
_PRIVATE = r"[^-]*(?:-{1,4}(?!-)[^-]*)*(?:-----END[ A-Z]{0,20}KEY(?: BLOCK)?-----)?"
# Not at a beginning. By the clue: how many characters may stand before it, what they are, and the rest from it on.
AMONG: Mapping[str, tuple[int, str, str]] = {
    "hooks.slack.com/": (8, r"https?://", r"hooks\.slack\.com/(?:services|workflows|triggers)/[\w/-]{20,}"),
    "/api/webhooks/": (
        40,
        r"https://(?:[a-z]{1,12}\.)?discord(?:app)?\.com",
        r"/api/webhooks/\d{15,20}/[\w-]{30,}",
    ),
    "webhook.office.com/": (70, r"https://[\w-]{1,60}\.", r"webhook\.office\.com/[\w@/-]{30,}"),
    ":aa": (10, r"(?<!\d)\d{8,10}", r":AA[\w-]{32,33}(?![\w-])"),
    "q~": (4, r"[\w.~-]{3}\d", r"Q~[\w.~-]{31,40}"),
    ".atlasv1.": (14, r"[A-Za-z0-9]{14}", r"\.atlasv1\.[\w-]{40,}"),
    "-us": (32, _HEX32, r"-us\d{1,2}\b"),
    "private key": (31, r"-----BEGIN[ A-Z]{0,20}", rf"PRIVATE KEY(?: BLOCK)?-----{_PRIVATE}"),
}
_BEARER = re.compile(
    r"(?<!\w)bearer\s{1,9}(?=[\w.~+/-]{0,60}(?:\d|[a-z][A-Z])|[\w.~+/-]{32})([\w.~+/-]{8,}={0,2})", re.IGNORECASE
)
# Docker's way of storing a log-in.
_DOCKER_AUTH = re.compile(r"""auth\\{0,3}"\s{0,9}:\s{0,9}\\{0,3}"([A-Za-z0-9+/]{8,}={0,2})\\{0,3}\"""")
_BASIC = re.compile(r"(?<!\w)basic\s{1,9}([\w+/-]{8,}={0,2})", re.IGNORECASE)


def _at(pattern: re.Pattern[str], text: str, start: int, end: int) -> Span | None:
    found = pattern.match(text, start)
    return Span(*found.span()) if found else None


def _around(
    chars: int, before: re.Pattern[str], rest: re.Pattern[str], text: str, start: int, end: int
) -> Span | None:
    found = rest.match(text, start)
    first = before.search(text, max(0, start - chars), start) if found else None
    return Span(first.start(), found.end()) if found and first else None


def _bearer(text: str, start: int, end: int) -> Span | None:
    found = _BEARER.match(text, start)
    return Span(*found.span(1)) if found else None


def _credentials(pattern: re.Pattern[str], text: str, start: int, end: int) -> Span | None:
    """Credentials are user and password with a colon between, in base64; other words are not."""
    found = pattern.match(text, start)
    if found is None:
        return None
    try:
        credentials = b64decode(found[1] + "=" * (-len(found[1]) % 4), altchars="-_" if "-" in found[1] else None)
    except (Error, ValueError):
        return None
    return Span(*found.span(1)) if b":" in credentials else None


CLUES: Mapping[str, Find] = {
    **{clue: partial(_at, re.compile(_NOT_INSIDE + pattern)) for clue, pattern in SHAPES.items()},
    **{
        clue: partial(_around, chars, re.compile(rf"(?:{before})\Z"), re.compile(rest))
        for clue, (chars, before, rest) in AMONG.items()
    },
    "bearer": _bearer,
    "basic": partial(_credentials, _BASIC),
    **dict.fromkeys(('auth"', 'auth\\"'), partial(_credentials, _DOCKER_AUTH)),
}
