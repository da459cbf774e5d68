"""Static files are collected when they changed, and only then."""

import os

import pytest
from django.contrib.staticfiles.finders import get_finder

from salesboost import static_files


@pytest.fixture
def place(settings, tmp_path):
    source = tmp_path / "source"
    source.mkdir()
    (source / "page.css").write_text("p { color: red }")
    settings.STATICFILES_DIRS = [source]
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    settings.STATIC_ROOT = tmp_path / "collected"
    get_finder.cache_clear()
    yield source
    get_finder.cache_clear()


@pytest.fixture
def collected(monkeypatch):
    """How often all of it was collected."""
    times = []
    real = static_files.call_command
    monkeypatch.setattr(static_files, "call_command", lambda *a, **more: (times.append(a), real(*a, **more)))
    return times


def names(settings):
    return sorted(path.name for path in settings.STATIC_ROOT.iterdir() if path.suffix == ".css")


def test_a_second_start_collects_nothing(place, collected, settings):
    static_files.collect()
    [name] = names(settings)
    static_files.collect()
    assert len(collected) == 1
    assert name.startswith("page.") and name != "page.css"


@pytest.mark.parametrize("change", ["content", "another file", "one file less"])
def test_what_changed_is_collected(place, collected, settings, change):
    (place / "old.css").write_text("b {}")
    static_files.collect()
    if change == "content":
        (place / "page.css").write_text("p { color: blue }")
        os.utime(place / "page.css", ns=(1, 1))
    elif change == "another file":
        (place / "more.css").write_text("a {}")
    else:
        (place / "old.css").unlink()
    static_files.collect()
    assert len(collected) == 2


def test_a_collection_that_was_cut_short_is_made_again(place, collected, monkeypatch):
    def cut(*args, **more):
        raise KeyboardInterrupt

    static_files.collect()
    (place / "more.css").write_text("a {}")
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(static_files, "call_command", cut)
        static_files.collect()
    (place / "more.css").unlink()  # as before, but nobody knows what the cut one left
    static_files.collect()
    assert len(collected) == 2
