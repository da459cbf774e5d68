from datetime import timedelta

import pytest

from telemetry.alerts import wording

EVIDENCE = {
    "window": {"seconds": 300},
    "late": False,
    "share": "calls",
    "value": 0.8125,
    "factors": [[154, 160], [130, 154]],
    "interval": [0.7444, 0.8661],
    "from_cache": 0,
    "layers": [
        {"layer": "timeout", "failed": 24, "share": 0.8},
        {"layer": "arguments", "failed": 6, "share": 0.2},
    ],
    "providers": [
        {"provider": "openai", "model": "gpt", "share": 0.9, "stands_out": True},
        {"provider": "mistral", "model": "large", "share": 0.1, "stands_out": False},
    ],
}


@pytest.mark.parametrize(
    ("share", "said"),
    [(0.8125, "81.2 %"), (0.9, "90 %"), (0.8999, "89.9 %"), (1.0, "100 %"), (0.0, "0 %"), (0.3, "30 %")],
)
def test_a_share_below_a_threshold_never_reads_as_the_threshold(share, said):
    assert wording.percent(share) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (15, "15 s"),
        (119, "119 s"),
        (24 * 60, "24 min"),
        (3 * 3600, "3 h"),
        (11_100, "3 h 5 min"),
        (187_200, "2 d 4 h"),
    ],
)
def test_a_length_of_time_is_said_in_two_units_at_most(seconds, said):
    assert wording.span(timedelta(seconds=seconds)) == said


def test_an_open_incident_says_what_and_since_when():
    said = wording.current("crm_integration", 0.8125, 0.9, timedelta(minutes=24))
    assert said == "crm_integration is at 81.2 % now, below 90 % for 24 min"


def test_an_incident_above_its_threshold_is_recovering():
    said = wording.current("crm", 0.91, 0.9, timedelta(minutes=24))
    assert said == "crm is recovering, at 91 %; its incident is open for 24 min"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("crm\r\nResolved", r"crm\r\nResolved"),
        ("crm\u202e", r"crm\u202e"),
        ("\x1b[2Jcrm", r"\x1b[2Jcrm"),
        (" ", "' '"),
        ("café 工具", "café 工具"),
        ("crm_integration", "crm_integration"),
    ],
)
def test_what_cannot_be_seen_in_a_name_is_written_out(name, said):
    assert wording.plain(name) == said
    hour = timedelta(hours=1)
    assert wording.breach(name, 0.5, 0.9) == f"{said} is at 50 %, below 90 %"
    assert wording.breach("crm", 0.5, 0.9, f"arguments:{name}").startswith(f"crm, arguments for {said} alone, is")
    assert wording.current(name, None, 0.9, hour).startswith(f"{said} has too few calls")
    assert wording.recovery(name, 1.0, hour).startswith(f"{said} is back at")
    assert wording.recovery(name, None, hour).startswith(f"{said} had no calls")
    assert wording.retired("Success", name, switched_off=True).startswith(f"{said} is no longer judged")


def test_of_what_ran_too_little_the_counts_say_nothing():
    known = EVIDENCE | {"factors": [[154, 160]], "from_cache": 40}
    assert wording.counts(known).startswith("When it fired: 154 of 160 calls had good arguments in 5 min (95 %")


def test_an_interval_is_as_the_pages_have_it():
    assert wording.interval(0.0, 0.08762) == "0 % to 8.8 %"
    assert wording.interval(0.74449, 1.0) == "74.4 % to 100 %"


def test_silence_is_not_called_a_value():
    assert "too few calls" in wording.current("crm", None, 0.9, timedelta(minutes=24))


def test_the_counts_name_the_window_and_the_interval():
    said = wording.counts(EVIDENCE)
    assert said == "When it fired: 130 of 160 calls succeeded in 5 min (95 % interval 74.4 % to 86.6 %)."


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (
            {"from_cache": 40, "factors": [[154, 160], [80, 114]], "value": 0.6754},
            "154 of 160 calls had good arguments and 80 of 114 runs succeeded, 67.5 % together, in 5 min, "
            "40 answers from the cache left out",
        ),
        (
            {"share": "arguments:groq", "factors": [[3, 40]]},
            "3 of 40 calls made for groq had good arguments in 5 min",
        ),
        (
            {"share": "runs", "factors": [[3, 40]], "from_cache": 900},
            "3 of 40 calls succeeded in 5 min, 900 answers",
        ),
        (
            {
                "late": True,
                "window": {"seconds": 300, "start": "2026-11-20T11:40:00Z", "end": "2026-11-20T11:45:00Z"},
            },
            "Ended 11:40 to 11:45 UTC, known late: 130 of 160",
        ),
    ],
)
def test_the_counts_say_what_was_counted(changed, said):
    assert said in wording.counts(EVIDENCE | changed)


@pytest.mark.parametrize(
    ("share", "late", "said"),
    [
        ("calls", False, "crm is at 81.2 %, below 90 %"),
        ("runs", False, "crm, cache left out, is at 81.2 %, below 90 %"),
        ("arguments:groq", False, "crm, arguments for groq alone, is at 81.2 %, below 90 %"),
        ("calls", True, "crm was at 81.2 %, below 90 % (told late)"),
    ],
)
def test_a_breach_says_whose_rate_it_is(share, late, said):
    assert wording.breach("crm", 0.8125, 0.9, share, late=late) == said


def test_the_cause_is_what_most_failures_share():
    said = wording.cause(EVIDENCE)
    assert said == "80 % of the failures are timeouts; 90 % come from calls made for openai gpt."


def test_what_opened_the_breaker_is_the_cause():
    layers = [
        {"layer": "breaker", "failed": 10, "share": 0.909},
        {"layer": "provider", "failed": 1, "share": 0.091},
    ]
    behind = {"layer": "provider", "error_type": "sms_gateway_not_configured"}
    said = wording.cause(EVIDENCE | {"layers": layers, "providers": [], "behind_breaker": behind})
    assert said == (
        "90.9 % of the failures are an open breaker, opened by provider errors (sms_gateway_not_configured)."
    )
    said = wording.cause(EVIDENCE | {"layers": layers, "providers": []})
    assert said == "90.9 % of the failures are an open breaker."


@pytest.mark.parametrize(
    ("longest_ms", "said"),
    [
        (0.0, ""),
        (1234.0, "1.2 s"),
        (300_000.0, "300.0 s"),
        (400_000.0, "400.0 s, longer than the window: judged when it ends"),
    ],
)
def test_calls_longer_than_the_window_are_named(longest_ms, said):
    assert wording.longest(longest_ms, 300) == said


def test_a_provider_no_worse_than_others_is_not_blamed():
    even = EVIDENCE["providers"][0] | {"stands_out": False}
    assert "openai" not in wording.cause(EVIDENCE | {"providers": [even]})


def test_without_a_common_cause_none_is_named():
    layers = [{"layer": layer, "failed": 1, "share": 0.25} for layer in wording.LAYERS]
    assert wording.cause(EVIDENCE | {"layers": layers, "providers": []}) == ""
