"""A job's progress for the eye."""

from collections.abc import Mapping
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from tools.jobs.models import Job

# Readable on the light and on the dark page.
COLOURS = {"succeeded": "#16a34a", "failed": "#dc2626", "running": "#2563eb"}
SHORT_CHARS = 120


def bar(job: Job) -> SafeString:
    """A bar of what succeeded, failed and runs, and the same in words."""
    parts = format_html_join(
        "",
        '<span style="width:{}%;background:{}"></span>',
        ((share(getattr(job, name), job.total), colour) for name, colour in COLOURS.items()),
    )
    return format_html(
        '<div style="min-width:9rem;max-width:24rem"><div aria-hidden="true" style="display:flex;height:.5rem;'
        'border-radius:.25rem;overflow:hidden;background:rgba(128,128,128,.3)">{}</div>'
        '<div style="margin-top:.25rem;white-space:nowrap;font-variant-numeric:tabular-nums">{}</div></div>',
        parts,
        in_words(job),
    )


def share(count: int, total: int) -> str:
    return f"{100 * count / total:.2f}" if total else "0"


def in_words(job: Job) -> str:
    """``"120 of 200, 3 failed"``."""
    failed = f", {job.failed:,} failed" if job.failed else ""
    return f"{job.finished:,} of {job.total:,}{failed}"


def speed(detail: Mapping[str, Any]) -> str:
    """Rate, time left and what is waited for, of what ``progress.in_detail`` says."""
    words = []
    if detail["rate_per_s"] is not None:
        words.append(f"{detail['rate_per_s']:.3g} a second in the last minute")
    if detail["eta_s"] is not None:
        words.append(f"about {lasting(detail['eta_s'])} left")
    words += [f"{tool} is asked again at {until:%T} UTC" for tool, until in detail["waits_for"].items()]
    return "; ".join(words) or "–"


def lasting(seconds: float) -> str:
    """``"40 s"``, ``"12 min"``, ``"3 h 20 min"``."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"


def short(text: str) -> str:
    return text if len(text) <= SHORT_CHARS else f"{text[: SHORT_CHARS - 1]}…"
