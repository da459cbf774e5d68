"""Makes suite.json.gz of the source distribution of jsonschema, which holds the JSON-Schema-Test-Suite.

python tests/tools/definition/schemas/suite/make.py jsonschema-4.26.0.tar.gz
"""

import gzip
import json
import re
import sys
import tarfile
from pathlib import Path

HERE = Path(__file__).parent
FORMATS = (
    *("date", "date-time", "duration", "email", "hostname", "idn-email", "ipv4", "ipv6"),
    *("json-pointer", "regex", "time", "uri", "uri-reference", "uuid"),
)


def is_wanted(path: str) -> bool:
    """Whether *path*, below ``tests/``, is required of one of our drafts or tests a format that we check."""
    found = re.fullmatch(r"(draft7|draft2020-12)/(optional/format/)?([\w-]+)\.json", path)
    return found is not None and (not found[2] or found[3] in FORMATS)


def main(archive: str) -> None:
    found = {}
    with tarfile.open(archive) as tar:
        for member in tar.getmembers():
            path = member.name.partition("/json/")[2]
            if path == "LICENSE":
                (HERE / "LICENSE").write_bytes(tar.extractfile(member).read())
            elif is_wanted(path.removeprefix("tests/")):
                found[path.removeprefix("tests/")] = json.load(tar.extractfile(member))
    text = json.dumps(dict(sorted(found.items())), ensure_ascii=False, separators=(",", ":"))
    (HERE / "suite.json.gz").write_bytes(gzip.compress(text.encode(), mtime=0))


if __name__ == "__main__":
    main(sys.argv[1])
