"""Names that a provider takes for names that we have, and back."""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping

MAX_CHARS = 64


class NameMap(Mapping[str, str]):
    """Our names by the exported ones. No two of ours share one, and none is longer than 64 characters.

    A name that *allowed* takes is kept. Any other is written in letters, digits and ``_`` with a hash of
    itself behind, so that the same name is mapped to the same one whatever else is exported beside it.
    """

    def __init__(self, names: Iterable[str], allowed: re.Pattern[str]) -> None:
        ours = list(dict.fromkeys(names))
        self._exported = {name: name for name in ours if allowed.fullmatch(name)}
        taken = set(self._exported)
        for name in ours:
            if name not in self._exported:
                self._exported[name] = _free(name, taken)
                taken.add(self._exported[name])
        self._ours = {exported: name for name, exported in self._exported.items()}

    def exported(self, name: str) -> str:
        """The name that the provider gets for ours."""
        return self._exported[name]

    def there(self, name: str) -> str:
        """The name that the provider has for ours; one that it never got stays as it is."""
        return self._exported.get(name, name)

    def ours(self, exported: str) -> str:
        """Our name for the provider's; one that was never exported stays as it is."""
        return self._ours.get(exported, exported)

    def __getitem__(self, exported: str) -> str:
        return self._ours[exported]

    def __iter__(self) -> Iterator[str]:
        return iter(self._ours)

    def __len__(self) -> int:
        return len(self._ours)


def _free(name: str, taken: set[str]) -> str:
    """*name* in signs that every provider takes, and a hash long enough to be free."""
    clean = re.sub(r"[^a-zA-Z0-9_]+", "_", name)
    clean = clean if re.match(r"[a-zA-Z_]", clean) else f"_{clean}"
    digest = hashlib.sha256(name.encode()).hexdigest()
    lengths = (length for length in range(6, len(digest)) if _with(clean, digest[:length]) not in taken)
    return _with(clean, digest[: next(lengths)])


def _with(clean: str, digest: str) -> str:
    return f"{clean[: MAX_CHARS - 1 - len(digest)]}_{digest}"
