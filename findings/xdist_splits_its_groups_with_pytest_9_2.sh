#!/usr/bin/env bash
# pytest-xdist 3.8.0 with pytest 9.2.0: `--dist loadgroup` is accepted and the mark `xdist_group` is known, but tests of
# one group run in several processes at once, without a warning. xdist tells the scheduler of a group by writing to the
# item's `_nodeid`; from 9.2 on pytest keeps the id elsewhere. With pytest 9.1.1 the group stays together. Fails if
# that changes. Seen: "9.1.1: 1 process, 9.2.0: 2 processes".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat > "$folder/test_group.py" <<'PY'
import os
import pathlib

import pytest


@pytest.mark.xdist_group("one")
@pytest.mark.parametrize("number", range(8))
def test_of_a_group(number):
    (pathlib.Path(os.environ["SEEN"]) / os.environ["PYTEST_XDIST_WORKER"]).touch()
PY
for version in 9.1.1 9.2.0; do
    python3 -m venv "$folder/$version"
    "$folder/$version/bin/pip" install --quiet --disable-pip-version-check "pytest==$version" 'pytest-xdist==3.8.0'
    mkdir "$folder/seen-$version"
    (cd "$folder" && SEEN="$folder/seen-$version" "$folder/$version/bin/python" -m pytest -q -n 2 --dist loadgroup test_group.py > /dev/null)
done
old=$(find "$folder/seen-9.1.1" -type f | wc -l)
new=$(find "$folder/seen-9.2.0" -type f | wc -l)
echo "9.1.1: $old process, 9.2.0: $new processes"
[ "$old" = 1 ] && [ "$new" = 2 ]
