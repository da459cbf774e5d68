"""Where static files are found: with a hash of their content in the name once collected, as they lie before."""

from typing import Any

from whitenoise.storage import CompressedManifestStaticFilesStorage


class StaticFilesStorage(CompressedManifestStaticFilesStorage):
    """WhiteNoise's. Before the first ``prepare`` there is no list of hashes, and names stay as they are."""

    keep_only_hashed_files = True  # an address without a hash would be asked for every minute

    def stored_name(self, name: str) -> Any:
        """The name under which *name* is served."""
        return super().stored_name(name) if self.hashed_files else name
