"""The command, and what it printed."""

import json
from io import StringIO


class Evaluate:
    def __init__(self, call_command):
        self._call = call_command
        self.out = self.err = ""
        self.code = 0

    def __call__(self, *suites, **options):
        """What the command printed; ``code`` is what it ended with."""
        out, err = StringIO(), StringIO()
        self.code = 0
        try:
            self._call("evaluate", *map(str, suites), stdout=out, stderr=err, **options)
        except SystemExit as ended:
            self.code = ended.code
        finally:
            self.out, self.err = out.getvalue(), err.getvalue()
        return json.loads(self.out) if options.get("json") else self.out
