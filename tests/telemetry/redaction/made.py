"""Well-formed secrets that are none: made from a seed, put together at run time.

No file holds one whole, so that scanners of code hosts do not take these for real ones. None was ever issued.
"""

import base64
import random
import string

LETTERS, UPPER, DIGITS = string.ascii_letters, string.ascii_uppercase, string.digits
WORD = LETTERS + DIGITS
URL_SAFE = WORD + "-_"
HEX = "0123456789abcdef"


def made(sort: str, chars: int, alphabet: str = WORD) -> str:
    """*chars* characters, the same for the same *sort*; with a letter and a digit where there may be both."""
    chance = random.Random(f"{sort} {chars}")
    while True:
        text = "".join(chance.choices(alphabet, k=chars))
        mixed = any(char.isdigit() for char in text) and any(char.isalpha() for char in text)
        if (mixed or not set(alphabet) & set(DIGITS) or not set(alphabet) & set(LETTERS)) and text[0] not in "-_":
            return text


def base64_of(sort: str, size: int) -> str:
    return base64.b64encode(random.Random(sort).randbytes(size)).decode()


def jwt(sort: str) -> str:
    parts = ('{"alg":"HS256","typ":"JWT"}', f'{{"sub":"{made(sort, 8, DIGITS)}","iat":1516239022}}')
    head, body = (base64.urlsafe_b64encode(part.encode()).decode().rstrip("=") for part in parts)
    return f"{head}.{body}.{made(sort, 43, URL_SAFE)}"


def iban(country: str, account: str) -> str:
    """With the right check digits (ISO 13616)."""
    as_digits = "".join(str(int(char, 36)) for char in f"{account}{country}00")
    return f"{country}{98 - int(as_digits) % 97:02d}{account}"


def private_key(kind: str, sort: str) -> str:
    lines = "\n".join(base64_of(f"{sort} {line}", 48) for line in range(3))
    return f"-----BEGIN {kind}PRIVATE KEY-----\n{lines}\n-----END {kind}PRIVATE KEY-----"


def shaped() -> dict[str, str]:
    """A secret of each sort that is known by its shape, wherever it stands."""

    def own(prefix: str, chars: int, alphabet: str = WORD) -> str:
        return prefix + made(prefix, chars, alphabet)

    return {
        "SalesBoost key": own("sb" + "_", 43, URL_SAFE),
        "webhook signing secret": "whsec" + "_" + base64_of("whsec", 24),
        "OpenAI": own("sk" + "-", 48),
        "OpenAI project": own("sk" + "-proj-", 74, URL_SAFE),
        "OpenAI service account": own("sk" + "-svcacct-", 74, URL_SAFE),
        "Anthropic": own("sk" + "-ant-api03-", 93, URL_SAFE) + "AA",
        "OpenRouter": own("sk" + "-or-v1-", 64, HEX),
        "DeepSeek": own("sk" + "-", 32, HEX),
        "Langfuse": own("sk" + "-lf-", 8, HEX) + "-" + made("lf", 4, HEX) + "-4abc-9def-" + made("lf", 12, HEX),
        "Tailscale": own("tskey" + "-auth-k", 11) + "CNTRL-" + made("tskey", 32),
        "Contentful": own("CFPAT" + "-", 43, URL_SAFE),
        "1Password": own("ops_eyJ", 60, URL_SAFE),
        "Facebook": own("EAA" + "G", 60),
        "LangSmith": own("lsv2" + "_pt_", 32, HEX) + "_" + made("lsv2", 10, HEX),
        "Groq": own("gsk" + "_", 52),
        "xAI": own("xai" + "-", 80),
        "Perplexity": own("pplx" + "-", 48),
        "Replicate": own("r8" + "_", 37),
        "Hugging Face": own("hf" + "_", 34, LETTERS),
        "Hugging Face organisation": own("api" + "_org_", 34, LETTERS),
        "NVIDIA": own("nvapi" + "-", 64, URL_SAFE),
        "Tavily": own("tvly" + "-", 32),
        "Pinecone": own("pcsk" + "_", 60, WORD + "_"),
        "Jina": own("jina" + "_", 56),
        "Google API key": own("AI" + "za", 35, URL_SAFE),
        "Google OAuth token": own("ya" + "29.", 60, URL_SAFE),
        "Google OAuth client secret": own("GOC" + "SPX-", 28, URL_SAFE),
        "Google refresh token": own("1/" + "/0", 60, URL_SAFE),
        "GitHub personal": own("gh" + "p_", 36),
        "GitHub OAuth": own("gh" + "o_", 36),
        "GitHub user": own("gh" + "u_", 36),
        "GitHub server": own("gh" + "s_", 36),
        "GitHub refresh": own("gh" + "r_", 76),
        "GitHub fine-grained": own("github" + "_pat_", 22) + "_" + made("github", 59),
        "GitLab personal": own("gl" + "pat-", 20, URL_SAFE),
        "GitLab deploy": own("gl" + "dt-", 20, URL_SAFE),
        "GitLab runner": own("gl" + "rt-", 20, URL_SAFE),
        "GitLab trigger": own("gl" + "ptt-", 40, HEX),
        "Bitbucket": own("AT" + "BB", 32),
        "Atlassian": own("ATA" + "TT3xFf", 180, URL_SAFE) + "=" + made("crc", 8, HEX.upper()),
        "Slack bot": "xo"
        + "xb-"
        + made("xoxb", 12, DIGITS)
        + "-"
        + made("xoxc", 13, DIGITS)
        + "-"
        + made("x", 24),
        "Slack user": "xo"
        + "xp-"
        + made("xoxp", 12, DIGITS)
        + "-"
        + made("xoxq", 12, DIGITS)
        + "-"
        + made("y", 32),
        "Slack app": "xa" + "pp-1-A" + made("xapp", 10, UPPER + DIGITS) + "-" + made("xapp", 64, HEX),
        "Slack webhook": "https://hooks.sl"
        + "ack.com/services/T"
        + made("t", 8, UPPER + DIGITS)
        + "/B"
        + made("b", 8, UPPER + DIGITS)
        + "/"
        + made("slack", 24),
        "Slack workflow": "https://hooks.sl"
        + "ack.com/workflows/T"
        + made("w", 8, UPPER + DIGITS)
        + "/A"
        + made("wb", 8, UPPER + DIGITS)
        + "/"
        + made("wd", 18, DIGITS)
        + "/"
        + made("slackw", 24),
        "Discord webhook": "https://disc"
        + "ord.com/api/webhooks/"
        + made("d", 18, "123456789")
        + "/"
        + made("discord", 68, URL_SAFE),
        "Discord webhook, old host": "https://disc"
        + "ordapp.com/api/webhooks/"
        + made("e", 18, "123456789")
        + "/"
        + made("discordapp", 68, URL_SAFE),
        "Teams webhook": "https://contoso.webhook.off"
        + "ice.com/webhookb2/"
        + made("teams", 32, HEX)
        + "@"
        + made("teams2", 32, HEX)
        + "/IncomingWebhook/"
        + made("teams3", 32, HEX),
        "Discord bot": "MTk4" + made("bot", 20) + "." + made("bot2", 6) + "." + made("bot3", 27, URL_SAFE),
        "Telegram bot": made("tg", 10, "123456789") + ":AA" + made("telegram", 33, URL_SAFE),
        "Stripe live": own("sk" + "_live_", 24),
        "Stripe test": own("sk" + "_test_", 99),
        "Stripe restricted": own("rk" + "_live_", 24),
        "AWS key": "AK" + "IA" + made("akia", 16, UPPER + "234567"),
        "AWS session key": "AS" + "IA" + made("asia", 16, UPPER + "234567"),
        "Azure client secret": "Abc8" + "Q~" + made("azure", 34, WORD + "-_."),
        "npm": own("npm" + "_", 36),
        "PyPI": own("pypi" + "-AgEIcHlwaS5vcmc", 120, URL_SAFE),
        "RubyGems": own("rubygems" + "_", 48, HEX),
        "Docker": own("dckr" + "_pat_", 27, URL_SAFE),
        "SendGrid": "SG" + "." + made("sg", 22, URL_SAFE) + "." + made("sendgrid", 43, URL_SAFE),
        "Mailgun": own("key" + "-", 32, HEX),
        "Mailchimp": made("mc", 32, HEX) + "-us" + "12",
        "Brevo": own("xkeysib" + "-", 64, HEX) + "-" + made("brevo", 16),
        "Twilio": own("S" + "K", 32, HEX),
        "Shopify app": own("shp" + "at_", 32, HEX),
        "Shopify secret": own("shp" + "ss_", 32, HEX),
        "Square access": own("sq0" + "atp-", 22, URL_SAFE),
        "Square secret": own("sq0" + "csp-", 43, URL_SAFE),
        "Square token": own("EA" + "AA", 60, URL_SAFE),
        "DigitalOcean": own("dop" + "_v1_", 64, HEX),
        "DigitalOcean refresh": own("dor" + "_v1_", 64, HEX),
        "Databricks": own("da" + "pi", 32, HEX),
        "Linear": own("lin" + "_api_", 40),
        "Notion": own("ntn" + "_", 46),
        "Notion, old": own("secret" + "_", 43),
        "Airtable": own("pat", 14) + "." + made("airtable", 64, HEX),
        "Figma": own("figd" + "_", 40, URL_SAFE),
        "Postman": "PM" + "AK-" + made("pm", 24, HEX) + "-" + made("pmak", 34, HEX),
        "New Relic": own("NR" + "AK-", 27, UPPER + DIGITS),
        "Grafana": own("gl" + "sa_", 32) + "_" + made("glsa", 8, HEX),
        "Sentry token": own("sntr" + "ys_", 80, WORD + "_"),
        "Sentry DSN": "https://" + made("dsn", 32, HEX) + "@o" + "123456.ingest.sentry.io/4504",
        "Vault": own("hv" + "s.", 90, URL_SAFE),
        "Terraform Cloud": made("tf", 14) + ".atlas" + "v1." + made("atlas", 64, URL_SAFE),
        "Doppler": own("dp" + ".pt.", 43),
        "PlanetScale": own("pscale" + "_tkn_", 43, URL_SAFE),
        "Supabase": own("sbp" + "_", 40, HEX),
        "Heroku": own("HR" + "KU-AA", 58, URL_SAFE),
        "Dynatrace": "dt0" + "c01." + made("dt", 24, UPPER + DIGITS) + "." + made("dt0", 64, UPPER + DIGITS),
        "age key": "AGE-" + "SECRET-KEY-1" + made("age", 58, UPPER + DIGITS),
        "JWT": jwt("jwt"),
        "PEM key": private_key("", "pem"),
        "RSA key": private_key("RSA ", "rsa"),
        "EC key": private_key("EC ", "ec"),
        "OpenSSH key": private_key("OPENSSH ", "ssh"),
        "basic credentials": "Basic " + base64.b64encode(b"jane:" + made("basic", 12).encode()).decode(),
        "bearer token": "Bearer " + made("bearer", 40),
        "German IBAN": iban("DE", made("de", 18, DIGITS)),
        "British IBAN": iban("GB", "NWBK" + made("gb", 14, DIGITS)),
        "French IBAN": iban("FR", made("fr", 10, DIGITS) + made("fr2", 11, DIGITS) + "39"),
        "Dutch IBAN": iban("NL", "ABNA" + made("nl", 10, DIGITS)),
    }
