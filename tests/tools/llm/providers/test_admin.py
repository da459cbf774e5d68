"""The admin's pages of deployments, routes and models."""

import html
import re
from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tools.llm.providers import live
from tools.llm.providers.models import Deployment, Model, Route
from tools.llm.providers.seed import seed

pytestmark = pytest.mark.django_db
KEY = "sk-secret-of-ours"


@pytest.fixture(autouse=True)
def known_at_once():
    yield
    live.stop()


@pytest.fixture
def boss(person):
    editing = Client()
    editing.force_login(person("boss", "admin", is_staff=True))
    return editing


@pytest.fixture
def watcher(person):
    watching = Client()
    watching.force_login(person("watcher", "operator", is_staff=True))
    return watching


def page(of, *rest):
    return reverse(f"admin:providers_{of}", args=rest)


def text_of(answer):
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode())))


def fields_of(deployment, **changes):
    """What the form of *deployment* sends."""
    names = (
        "name",
        "base_url",
        "key_variable",
        "timeout_s",
        "first_token_timeout_s",
        "budget_usd",
        "budget_tokens",
    )
    fields = {name: getattr(deployment, name) for name in names}
    fields |= {"model": deployment.model_id, "key": "", "enabled": "on" if deployment.enabled else ""}
    return {name: value for name, value in (fields | changes).items() if value is not None}


def sent(client, deployment, **changes):
    address = page("deployment_change", deployment.pk) if deployment.pk else page("deployment_add")
    return client.post(address, fields_of(deployment, **changes), follow=True)


def stored(name="sol"):
    return Deployment.objects.get(name=name)


def new(make_model, **about):
    fields = {"base_url": "https://api.openai.com/v1", **about}
    return Deployment(name="sol", model=make_model(), **fields)


def test_a_deployment_is_made_with_its_key_sealed_and_never_shown(boss, make_model):
    made = sent(boss, new(make_model), key=KEY)
    assert stored().key == KEY
    pages = [made, boss.get(page("deployment_changelist")), boss.get(page("deployment_change", stored().pk))]
    pages.append(boss.get(page("deployment_history", stored().pk)))
    assert all(KEY not in each.content.decode() and "sk-" not in each.content.decode() for each in pages)
    assert "A key is stored; left blank, it stays." in text_of(pages[2])


def test_left_blank_the_key_stays(boss, make_deployment):
    sent(boss, make_deployment(), budget_tokens=9)
    assert (stored().key, stored().budget_tokens) == (KEY, 9)


def test_a_new_key_takes_the_place_of_the_old_one(boss, make_deployment):
    sent(boss, make_deployment(), key="sk-new")
    assert stored().key == "sk-new"


def test_a_key_is_forgotten_when_asked_for(boss, make_deployment):
    sent(boss, make_deployment(), forget_key="on", key_variable="OPENAI_API_KEY")
    assert (stored().key, stored().key_variable) == ("", "OPENAI_API_KEY")


def test_a_stored_key_goes_to_no_other_address(boss, make_deployment):
    deployment = make_deployment()
    told = text_of(sent(boss, deployment, base_url="https://evil.example/v1"))
    assert "The stored key was given for https://api.openai.com: give one for the new address." in told
    assert stored().base_url == "https://api.openai.com/v1"
    sent(boss, deployment, base_url="https://api.openai.com/v2")
    assert stored().base_url.endswith("/v2")


def test_an_old_version_does_not_take_the_key_along(boss, make_deployment):
    deployment = make_deployment(base_url="https://evil.example/v1", key="")
    old = deployment.history.first()
    sent(boss, deployment, base_url="https://api.openai.com/v1", key=KEY)
    address = reverse("admin:providers_deployment_simple_history", args=[deployment.pk, old.history_id])
    told = boss.get(address)
    assert told.status_code == 200 and KEY not in told.content.decode()
    boss.post(address, fields_of(stored(), base_url="https://evil.example/v1"), follow=True)
    assert stored().base_url == "https://api.openai.com/v1"


def test_who_may_only_look_sees_no_key(watcher, make_deployment):
    deployment = make_deployment()
    for address in (page("deployment_changelist"), page("deployment_change", deployment.pk)):
        told = watcher.get(address)
        assert told.status_code == 200
        assert KEY not in told.content.decode() and "sealed1:" not in told.content.decode()
    assert sent(watcher, deployment, name="other").status_code == 403
    told = text_of(watcher.post(page("deployment_changelist"), chosen(deployment), follow=True))
    assert "answer" not in told


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"name": "Sol 1"}, "Write small letters, digits, ., - and _, a letter or digit first."),
        ({"base_url": "api.openai.com/v1"}, "Write the address as https://host/path"),
        ({"base_url": "ftp://api.openai.com"}, "Write the address as https://host/path"),
        ({"base_url": "https://a b/"}, "Write the address as https://host/path"),
        ({"base_url": "https://host:99999/"}, "Write the address as https://host/path"),
        ({"base_url": "https://me:sk-1@host/v1"}, "the key has a field of its own"),
        ({"base_url": "https://host/v1?key=1"}, "the key has a field of its own"),
        ({"base_url": ""}, "Write the address as https://host/path"),
        ({"base_url": "local://echo"}, "The provider local has the address local://echo, and nobody else has."),
        ({"base_url": "http://169.254.169.254/latest"}, "At 169.254.169.254 no model can be"),
        ({"base_url": "http://[::ffff:169.254.169.254]/"}, "no model can be"),
        ({"base_url": "http://metadata.google.internal/"}, "no model can be"),
        # However it is written.
        *(
            ({"base_url": f"http://{host}/"}, "no model can be")
            for host in (
                "2852039166",
                "0xA9FEA9FE",
                "169.254.43518",
                "[64:ff9b::a9fe:a9fe]",
                "100.100.100.200",
                "0",
            )
        ),
        ({"key": "sk-1\n2"}, "The key has signs that no key has"),
        ({"key": "schlüssel"}, "The key has signs that no key has"),
        ({"key": "", "key_variable": "SALESBOOST_SECRET_KEY"}, "named like OPENAI_API_KEY"),
        ({"key": "sk-1", "key_variable": "OPENAI_API_KEY"}, "A key is stored: leave this empty, or have the key"),
        ({"budget_usd": "0"}, "greater than or equal to 0.0001"),
        ({"budget_tokens": "0"}, "greater than or equal to 1"),
        ({"timeout_s": "nan"}, "Enter a number."),
        ({"model": ""}, "This field is required."),
    ],
)
def test_wrong_input_is_told_in_one_sentence(boss, make_model, changes, said):
    told = text_of(sent(boss, new(make_model), **changes))
    assert said in told and not Deployment.objects.exists()
    assert "sk-1" not in told


def test_addresses_of_ones_own_network_are_meant(boss, make_model):
    model = make_model("llama3", "openai_compatible", "chat")
    for name, address in (("ollama", "http://localhost:11434/v1"), ("vllm", "http://10.0.0.7:8000/v1")):
        sent(boss, Deployment(name=name, model=model, base_url=address))
        assert stored(name).base_url == address


def test_litellm_needs_no_address_and_its_key_goes_to_none_of_ones_own(boss, make_model):
    model = make_model("mistral/mistral-large", "litellm", "chat")
    sent(boss, Deployment(name="mistral", model=model), key=KEY)
    assert (stored("mistral").base_url, stored("mistral").key) == ("", KEY)
    told = text_of(sent(boss, stored("mistral"), base_url="https://evil.example/v1"))
    assert "The stored key was given for the vendor's own address: give one for the new address." in told


def test_a_route_and_a_deployment_have_no_name_in_common(boss, make_deployment, make_route):
    make_route("chat", make_deployment())
    told = text_of(sent(boss, Deployment(name="chat", model=stored().model, base_url="https://h/v1")))
    assert "There is a route 'chat'" in told
    assert "There is a deployment 'sol'" in text_of(route_sent(boss, "sol", [stored()]))


def route_sent(client, name, deployments, route=None, **about):
    fields = {"name": name, "entries-TOTAL_FORMS": len(deployments), "entries-INITIAL_FORMS": 0}
    for number, deployment in enumerate(deployments):
        entry = {"deployment": deployment.pk, "rank": number, "weight": 1, "rate": "", **about}
        fields |= {f"entries-{number}-{field}": value for field, value in entry.items()}
    return client.post(page("route_add"), fields, follow=True)


def test_a_route_is_made_of_deployments(boss, make_deployment):
    one, other = make_deployment("one"), make_deployment("other")
    route_sent(boss, "chat", [one, other], rate="100/min", weight="0.5")
    entries = Route.objects.get(name="chat").entries.all()
    told = [(entry.deployment.name, entry.rank, entry.weight, entry.rate) for entry in entries]
    assert told == [("one", 0, 0.5, "100/min"), ("other", 1, 0.5, "100/min")]
    assert "one, then other" in text_of(boss.get(page("route_changelist")))


@pytest.mark.parametrize(
    ("about", "said"),
    [
        ({"weight": "0"}, "A weight is a number above 0: leave a deployment out that is not to be asked."),
        ({"weight": "-1"}, "A weight is a number above 0"),
        ({"weight": "nan"}, "Enter a number."),
        ({"rate": "often"}, "'often' is not a rate: write a number and a unit, such as '10/min'"),
        ({"rank": "-1"}, "greater than or equal to 0"),
    ],
)
def test_a_wrong_entry_is_told_in_one_sentence(boss, make_deployment, about, said):
    assert said in text_of(route_sent(boss, "chat", [make_deployment()], **about))
    assert not Route.objects.exists()


def test_a_route_without_deployments_or_with_one_twice_is_none(boss, make_deployment):
    assert "A route needs a deployment: give it one." in text_of(route_sent(boss, "chat", []))
    one = make_deployment("one")
    assert "one is there twice: give it a weight instead." in text_of(route_sent(boss, "chat", [one, one]))
    assert not Route.objects.exists()


def test_a_deployment_in_a_route_cannot_be_thrown_away(boss, make_deployment, make_route):
    deployment = make_deployment()
    make_route("chat", deployment)
    told = boss.post(page("deployment_delete", deployment.pk), {"post": "yes"}, follow=True)
    assert "require deleting the following protected" in text_of(told) and stored()


@pytest.mark.parametrize(
    ("days", "said"), [(10, "in 10 days: choose gpt-6.1-sol instead."), (1, "in 1 day: "), (0, "has ended on")]
)
def test_models_that_end_are_warned_of_on_list_and_form(boss, make_model, make_deployment, make_route, days, said):
    ends = timezone.localdate() + timedelta(days=days)
    deployment = make_deployment(model=make_model("gpt-5", shutdown_on=ends, successor="gpt-6.1-sol"))
    route = make_route("chat", deployment)
    pages = [page("model_changelist"), page("model_change", deployment.model.pk), page("deployment_changelist")]
    pages += [page("deployment_change", deployment.pk), page("route_change", route.pk)]
    for address in pages:
        assert said in text_of(boss.get(address)), address


def test_nobody_is_warned_of_models_that_last(boss, make_model, make_deployment):
    make_deployment(model=make_model("gpt-5", shutdown_on=timezone.localdate() + timedelta(days=31)))
    for address in (page("model_changelist"), page("deployment_changelist")):
        told = text_of(boss.get(address))
        assert "instead." not in told and "in 31 days" in told


def test_an_interface_that_nobody_speaks_is_refused(boss, make_model):
    fields = {"provider": "anthropic", "name": "claude-opus-5-5", "api": "chat", "source": "x"}
    fields |= {"context_tokens": 1, "max_output_tokens": 1, "checked_on": date(2026, 12, 1), "efforts": "low,low"}
    told = text_of(boss.post(page("model_add"), fields))
    assert "anthropic is spoken to by messages." in told
    told = text_of(boss.post(page("model_add"), {**fields, "api": "messages"}))
    assert "Write each effort once." in told and not Model.objects.exists()
    boss.post(page("model_add"), {**fields, "api": "messages", "efforts": "low, high"})
    assert Model.objects.get().efforts == ["low", "high"]


def chosen(deployment, action="try_now"):
    return {"action": action, "_selected_action": [deployment.pk]}


def test_a_test_shows_the_first_words_and_the_time(boss):
    seed()
    told = text_of(boss.post(page("deployment_changelist"), chosen(stored("echo")), follow=True))
    assert re.search(r"echo answered in \d+ ms: “Answer with the one word: ready” \(echo\)", told)


@pytest.mark.django_db(transaction=True)
def test_a_form_is_saved_and_tried(boss, lab, make_deployment):
    deployment = make_deployment(base_url=lab.url("openai"))
    told = text_of(sent(boss, deployment, providers_deployment_save_and_try="1", budget_tokens=5))
    assert re.search(r"sol answered in \d+ ms: “.+” \(gpt-6-sol\)", told)
    assert stored().budget_tokens == 5 and lab.requests


def test_a_test_that_fails_says_why_and_not_the_key(boss, lab, make_deployment):
    lab.fail("wrong_key", vendor="openai")
    told = text_of(
        boss.post(page("deployment_changelist"), chosen(make_deployment(base_url=lab.url("openai"))), follow=True)
    )
    assert "sol did not answer:" in told and "enter a valid key for the deployment." in told and KEY not in told


def test_a_test_without_a_key_says_which_variable(boss, make_deployment, monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    deployment = make_deployment(key="", key_variable="OPENAI_API_KEY")
    told = text_of(boss.post(page("deployment_changelist"), chosen(deployment), follow=True))
    assert "takes its key from OPENAI_API_KEY, which is not set" in told


def test_the_lists_ask_as_much_for_many_as_for_one(
    boss, make_deployment, make_route, django_assert_max_num_queries
):
    for number in range(10):
        make_route(f"route{number}", make_deployment(f"d{number}"))
    for address in (page("deployment_changelist"), page("route_changelist"), page("model_changelist")):
        with django_assert_max_num_queries(12):
            assert boss.get(address).status_code == 200
