// The cards of calls: what a model called, how that went, and the same call with other arguments.
(function (playground) {
  "use strict";
  const THIN = "\u202f";
  const { Problem, parse, pretty, post } = playground;
  const talk = document.getElementById("talk");
  const template = document.getElementById("call-template");
  const part = (card, name) => card.querySelector(`[data-${name}]`);

  function ms(value) {
    if (value >= 10000) return (value / 1000).toFixed(1) + THIN + "s";
    return value.toLocaleString("en", { maximumFractionDigits: value < 10 ? 1 : 0 }) + THIN + "ms";
  }

  function setState(card, tone, word) {
    card.className = `called ${tone}`;
    const pill = part(card, "state");
    pill.className = `pill ${tone}`;
    pill.textContent = word;
  }

  // The card of a call that runs.
  function begin(call) {
    const card = template.content.firstElementChild.cloneNode(true);
    card.dataset.call = call.tool_call_id;
    part(card, "name").textContent = call.tool;
    part(card, "arguments").textContent = pretty(call.arguments);
    const link = part(card, "span");
    if (link) link.href = link.getAttribute("href").replace("CALL", encodeURIComponent(call.tool_call_id));
    setState(card, "unsure", "running");
    return card;
  }

  function showResult(card, value) {
    part(card, "result").textContent = pretty(value);
    part(card, "came").hidden = false;
  }

  // How the call of *card* went: its result and time, or what was wrong with a hint.
  function end(card, { result, error, latency_ms }) {
    if (!error) {
      setState(card, "good", "ok");
      part(card, "latency").textContent = ms(latency_ms);
      return showResult(card, result);
    }
    setState(card, "bad", "failed");
    part(card, "error").textContent = playground.sentence(Problem.of(error));
    part(card, "error").hidden = false;
  }

  function givenUp(card) {
    setState(card, "warn", "not answered");
  }

  // --- the same with other arguments -------------------------------------------------------------------
  // Throws a Problem for a text that is no object in JSON.
  function check(text) {
    let read;
    try {
      read = JSON.parse(text);
    } catch (error) {
      throw new Problem(`The arguments are no JSON (${error.message}): mend them and run again.`);
    }
    if (read === null || typeof read !== "object" || Array.isArray(read)) {
      throw new Problem('The arguments are not an object: write them as {"name": "value"}.');
    }
  }

  async function run(card, text) {
    check(text);
    const about = { tool: part(card, "name").textContent, session_id: talk.dataset.session, caller_role: playground.settings.role() };
    // As it was written: read and written again, long numbers would lose digits.
    const body = `${JSON.stringify(about).slice(0, -1)}, "payload": ${text}}`;
    return parse(await (await post(talk.dataset.execute, body)).text());
  }

  function outcome(tone, word, words, tag) {
    const line = document.createElement("p");
    const pill = document.createElement("span");
    pill.className = `pill ${tone}`;
    pill.textContent = word;
    line.append(pill);
    const told = document.createElement(tag);
    told.textContent = words;
    return [line, told];
  }

  function failure(error) {
    return outcome("bad", "failed", playground.sentence(error), "p");
  }

  function success(answer) {
    const shown = outcome("good", "ok", pretty(answer.result), "pre");
    shown[0].append(` ${ms(answer.latency_ms)}${answer.cached ? ", from the cache" : ""}`);
    return shown;
  }

  async function again(form) {
    const card = form.closest("[data-call]");
    const button = form.querySelector("[type=submit]");
    const place = part(form, "outcome");
    if (button.disabled) return;
    button.disabled = true;
    place.textContent = "It runs …";
    try {
      place.replaceChildren(...success(await run(card, part(form, "edited").value)));
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      place.replaceChildren(...failure(error));
    } finally {
      button.disabled = false;
    }
  }

  function fold(card, isOpen) {
    const form = part(card, "again");
    form.hidden = !isOpen;
    part(card, "edit").setAttribute("aria-expanded", String(isOpen));
    if (!isOpen) return part(card, "edit").focus();
    const box = part(form, "edited");
    if (!box.value) box.value = part(card, "arguments").textContent;
    box.focus();
  }

  document.addEventListener("click", (event) => {
    const card = event.target.closest("[data-call]");
    if (event.target.closest("[data-edit]")) fold(card, part(card, "again").hidden);
    if (event.target.closest("[data-cancel]")) fold(card, false);
  });
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("[data-again]")) return;
    event.preventDefault();
    again(event.target);
  });

  playground.sentence = (problem) => [problem.message, problem.hint && `Hint: ${problem.hint.replace(/([^.?!])$/, "$1.")}`].filter(Boolean).join(" ");
  playground.calls = { begin, end, givenUp };
})(window.playground);
