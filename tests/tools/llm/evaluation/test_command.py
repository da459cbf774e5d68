"""``manage.py evaluate``, with the lab and the database: what it prints, keeps, compares and ends with."""

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
from django.core.management import CommandError
from django.db import connection

from salesboost.demo.prompts import worse
from salesboost.lab import Lab
from salesboost.testing import evaluating
from salesboost.testing.deployments import deployment
from tests.tools.llm.evaluation.command import Evaluate
from tools.definition.registry import build_default_registry
from tools.llm.calling import Deployment
from tools.llm.evaluation import history
from tools.llm.evaluation.models import CaseResult, Run
from tools.llm.evaluation.table import HEAD
from tools.llm.prompts.labels import move
from tools.llm.prompts.models import Prompt
from tools.llm.prompts.writing import write
from tools.llm.providers import live
from tools.llm.providers.endings import Ending
from tools.llm.providers.snapshot import Known, Snapshot
from tools.llm.routing.budget import Budget

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]
READS = "Read the profile with customer id CUST001."
MINE = """
suite: mine
system: Be brief.
tools: [profile_reader]
cases:
  - {name: reads, say: Read the profile with customer id CUST001., expect: [{tool: profile_reader}]}
  - {name: waits, say: Good morning., no_call: true}
"""


@pytest.fixture
def mine(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(MINE)
    return path


def worsened():
    """The version of ``coach`` that tells models to pass a name for an id, and none of the simpler variants."""
    return write(Prompt.objects.get(name="coach"), worse("coach"), "ann")


def test_the_first_run_is_kept_and_says_that_it_has_none_before_it(evaluate: Evaluate, mine):
    told = evaluate(mine, vendor=["anthropic", "groq"], note="first")
    assert evaluate.code == 0
    lines = told.splitlines()
    assert lines[0].split() == " ".join(HEAD).split()
    assert lines[1].startswith("lab-anthropic  none       100%   2    34% to 100%       100%  no price  ")
    assert lines[1].endswith(" ms  nothing") and lines[2].startswith("lab-groq")
    run = Run.objects.get()
    assert lines[3] == (
        f"Run {run.pk}: 4 of 4 passed. No run before it asked the same: the next one is compared with this."
    )
    assert (run.is_whole, run.in_lab, run.asked, run.passed, run.note) == (True, True, 4, 4, "first")
    row = CaseResult.objects.filter(case="reads", deployment="lab-groq").get()
    assert (row.passed, row.rounds, row.provider, row.model) == (True, 2, "groq", "openai/gpt-oss-120b")
    assert row.calls == ["profile_reader(customer_id='CUST001')"] and row.tokens > 0 and row.latency_ms > 0
    assert "4 of 4 asked" in evaluate.err


def test_a_prompt_that_was_made_worse_is_a_regression(evaluate: Evaluate):
    options = {"vendor": ["openai", "gemini", "xai"], "json": True}
    first = evaluate("profile_reader", **options)
    assert evaluate.code == 0 and first["comparison"] is None
    label = Prompt.objects.get(name="coach").labels.get(name="production")
    move(label, worsened(), by="ann", reason="shorter")

    told = evaluate("profile_reader", **options)
    assert evaluate.code == 1 == told["exit_code"]
    comparison = told["comparison"]
    assert comparison["regressed"] and comparison["against"] == first["run"]
    assert {key["case"] for key in comparison["worse"]} == {
        "reads a profile",
        "prepares a conversation",
        "tells what it found",
        "calls once for one customer",
    }
    assert len(comparison["worse"]) == 12 and not comparison["better"]  # at each of three vendors
    failed = [result for result in told["results"] if not result["passed"]]
    assert all(result["wrong"]["refused"] and result["prompt_version"] == "coach@2" for result in failed)
    assert Run.objects.latest("id").regressed

    for passed_over in (1, 2):
        again = evaluate("profile_reader", **options)["comparison"]
        assert evaluate.code == 1 and again["regressed"] and again["against"] == first["run"]
        runs = [str(run) for run in Run.objects.filter(regressed=True).order_by("id").values_list("id", flat=True)]
        assert f"passed over as regressions themselves: {', '.join(runs[:passed_over])} (" in again["said"]

    accepted = evaluate("profile_reader", against=int(runs[0]), **options)
    assert evaluate.code == 3 and not accepted["comparison"]["regressed"]  # no worse than that one, and still bad
    assert evaluate("profile_reader", **options)["comparison"]["against"] == accepted["run"]


def test_two_versions_stand_side_by_side_and_one_run_is_compared_with_another(evaluate: Evaluate):
    worsened()
    told = evaluate("profile_reader", vendor=["groq"], prompt_version=["production", "2"], json=True)
    assert [(line["version"], line["passed"]) for line in told["lines"]] == [("2", 1), ("production", 5)]
    assert evaluate.code == 3
    good = evaluate("profile_reader", vendor=["groq"], json=True)["run"]
    evaluate("profile_reader", vendor=["groq"], prompt_version=["2"], against=good)
    assert evaluate.code == 1
    assert f"against run {good}, of 5 cases 4 got worse and 0 better" in evaluate.out
    assert "customer_id" in evaluate.out and "profile_reader/reads a profile at lab-groq (2): " in evaluate.out


def test_the_same_seed_gives_the_same_calls_side_by_side_or_one_by_one(evaluate: Evaluate):
    wide, narrow = (
        evaluate("crm_integration", vendor=["openai"], json=True, seed=3, side_by_side=width) for width in (16, 1)
    )

    def calls(told):
        return sorted((result["case"], str(result["calls"])) for result in told["results"])

    assert calls(wide) == calls(narrow)
    assert narrow["comparison"]["verdict"] == "no difference shown" and evaluate.code == 0


def test_cases_are_chosen_by_tag_and_asked_again_and_again(evaluate: Evaluate):
    told = evaluate("profile_reader", vendor=["groq"], tag=["answer", "no-call"], repeat=3, json=True)
    assert {result["case"] for result in told["results"]} == {
        "tells what it found",
        "reads nobody's profile for a greeting",
    }
    assert len(told["results"]) == 6 and told["lines"][0]["of"] == 6


@pytest.mark.parametrize(
    ("suites", "options", "said"),
    [
        (["nobodys"], {}, "nobodys: there is no such file, and no suite of that name ships"),
        ([], {"tag": ["x"]}, "No case has one of these tags: there are answer, check,"),
        ([], {"vendor": ["acme"]}, "The lab has no vendor 'acme': there are openai,"),
        ([], {"against": 99}, "There is no run 99: there is none yet."),
        ([], {"deployment": ["mine"]}, "There is no route 'mine'"),
        (
            [],
            {"seed": -(10**30)},
            "--seed -1000000000000000000000000000000 is too large: write one from -2147483648",
        ),
        ([], {"note": "a\0"}, "--note has a character U+0000: take it out."),
        ([], {"prompt_version": ["\ud83d"]}, "--prompt-version has half a surrogate pair"),
        ([], {"prompt_version": [str(10**30)]}, f"has no version '{10**30}': write a label"),
        ([], {"repeat": 10**12}, "--repeat 1000000000000 is too often: write 10000 at most."),
        ([], {"against": 10**30}, f"There is no run {10**30}: there is none yet."),
        (["crm_integration"], {"prompt_version": ["9"]}, "The prompt coach has no version '9': write a label ("),
        (
            ["crm_integration"],
            {"prompt_version": ["best"]},
            "has no version 'best': write a label (production and staging) or a",
        ),
    ],
)
def test_what_cannot_be_asked_is_one_sentence_and_ends_with_2(evaluate: Evaluate, suites, options, said):
    with live.pinned(Snapshot()), pytest.raises(CommandError) as caught:
        evaluate(*suites, **options)
    assert caught.value.returncode == 2 and said in str(caught.value)
    assert not Run.objects.exists()


def test_a_variable_that_is_missing_is_told_before_anybody_is_asked(evaluate: Evaluate, tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(MINE.replace("system: Be brief.", "prompt: coach"))
    with pytest.raises(CommandError) as caught:
        evaluate(path)
    assert caught.value.returncode == 2
    first, second = str(caught.value).splitlines()
    assert first.startswith("mine, case 'reads', variables: The prompt coach@1 is not given ")
    assert second.startswith("mine, case 'waits', variables: ")
    assert not Run.objects.exists()


def test_who_is_named_twice_is_asked_once(evaluate: Evaluate, mine):
    told = evaluate(mine, vendor=["groq", "groq"], json=True)
    assert len(told["results"]) == 2


def test_the_lab_is_said_to_take_no_money(evaluate: Evaluate, mine, priced):
    told = evaluate(mine, vendor=["groq"])
    assert " as the real vendors would take. No run before it" in told.splitlines()[-1]


def test_half_a_character_that_a_model_wrote_is_kept_as_a_question_mark():
    assert history.stored("calls(\ud83d\0)").encode(errors="surrogatepass") == b"calls(?)"


def known(where):
    return Known(deployment=where, budget=Budget.of_deployment(where.name), ending=Ending(None))


def test_nobody_spends_money_without_saying_so(evaluate: Evaluate, mine, priced):
    sold = Deployment(
        name="sold", provider="openai", model="gpt-6-sol", base_url="https://api.openai.com/v1", key="k"
    )
    with live.pinned(Snapshot({"sold": known(sold)})), pytest.raises(CommandError) as caught:
        evaluate(mine, deployment=["sold"], repeat=100)
    assert caught.value.returncode == 2
    assert "This asks real models, about 300 requests, " in str(caught.value)
    assert str(caught.value).endswith(": say --pay to ask them.")
    assert not Run.objects.exists()


@pytest.fixture
def priced(settings):
    settings.MODEL_PRICE = "tests.tools.llm.evaluation.test_command.price"


def price(provider, model, *, input_tokens, output_tokens=0, **cached):
    return Decimal(input_tokens + output_tokens) / 1_000


def test_a_deployment_by_name_is_asked_and_priced(evaluate: Evaluate, mine, provider_lab: Lab, priced):
    named = deployment(provider_lab, "anthropic", name="mine")
    with live.pinned(Snapshot({"mine": known(named)})):
        told = evaluate(mine, deployment=["mine"], json=True)
    assert evaluate.code == 0
    assert {result["deployment"] for result in told["results"]} == {"mine"}
    assert all(result["usd"] == pytest.approx(result["tokens"] / 1_000, abs=0.001) for result in told["results"])
    assert not Run.objects.get().in_lab


def test_a_deployment_that_is_down_fails_its_cases_and_no_others(evaluate: Evaluate, mine, provider_lab: Lab):
    provider_lab.fail("server_error", vendor="groq", times=None)
    both = {vendor: known(deployment(provider_lab, vendor, name=vendor)) for vendor in ("groq", "xai")}
    with live.pinned(Snapshot(both)):
        told = evaluate(mine, deployment=["groq", "xai"], json=True, at_least=0.75)
    assert evaluate.code == 3
    assert [(line["deployment"], line["passed"]) for line in told["lines"]] == [("groq", 0), ("xai", 2)]
    assert told["lines"][0]["wrong"] == {"error": 2} and told["lines"][0]["p50_ms"] is None


@pytest.fixture
def heard_interrupts():
    """Ctrl-C is heard, also where the shell that started the tests has its background jobs ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("heard_interrupts")
def test_who_is_interrupted_keeps_what_is_done(prompts, mine):
    """Ctrl-C after the second answer: the run has these, is not whole, and nothing is compared with it."""
    done = []

    def progress(each, so_far, of):
        done.append(each)
        if so_far == 2:
            os.kill(os.getpid(), signal.SIGINT)

    wanted = evaluating.Wanted(suites=[str(mine)], repetitions=20, side_by_side=1)
    found = evaluating.evaluate(wanted, build_default_registry(), progress=progress)
    assert found.code == 130 and found.comparison is None
    run = Run.objects.get()
    assert not run.is_whole and run.results.count() == run.asked == len(done) < 40

    whole = evaluating.evaluate(evaluating.Wanted(suites=[str(mine)], vendors=["groq"]), build_default_registry())
    assert whole.code == 0 and whole.comparison is None


def beside_the_run(work, *about):
    try:
        work(*about)
    finally:
        connection.close()


def test_a_label_that_is_moved_in_mid_run_does_not_split_it(prompts, tmp_path):
    """What a run is told is what stood there when it began, also of tools; no thread of it stays."""
    moved = []

    def progress(each, so_far, of):
        if so_far == 1:
            label = Prompt.objects.get(name="coach").labels.get(name="production")
            moved.append(move(label, worsened(), by="ann", reason="meanwhile"))

    wanted = evaluating.Wanted(suites=["profile_reader"], vendors=["groq"], repetitions=3, side_by_side=1)
    with ThreadPoolExecutor(1) as person:  # the run's own thread has an event loop, and asks no database

        def told(*about):
            person.submit(beside_the_run, progress, *about).result()

        found = evaluating.evaluate(wanted, build_default_registry(), progress=told)
    assert moved and found.code == 0
    assert {row.prompt_version for row in found.run.results.all()} == {"coach@1"}
