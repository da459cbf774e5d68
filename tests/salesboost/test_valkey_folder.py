"""The embedded Valkey starts wherever its data is to be."""

import signal

import pytest

from salesboost.services import Valkey, quoted, spawn, wait_until
from tests.ports import free_port


@pytest.mark.parametrize("name", ["my data", "Ana's", 'the "new" one', "back\\slash", "ü 100 %", "plain"])
def test_valkey_starts_in_a_folder_of_any_name(tmp_path, name):
    folder = tmp_path / name
    folder.mkdir()
    valkey = Valkey(folder, free_port(), "secret")
    valkey.prepare()
    process = spawn(valkey, tmp_path / "log")
    try:
        assert wait_until(valkey.ready, 10), (tmp_path / "log").read_text()
        assert list((folder / "valkey").glob("appendonlydir/*"))
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


def test_a_word_is_one_word():
    assert quoted('a "b" \\c') == '"a \\"b\\" \\\\c"'
