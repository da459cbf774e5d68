// What the playground asks the server, and what comes back: JSON, or events as they happen. Whatever goes wrong is a
// Problem: a sentence, and a hint where there is one.
window.playground = {};
(function (playground) {
  "use strict";
  const UNREACHED = "The server cannot be reached: look after your connection, then send it again.";
  const LOST = "The connection was lost, which stopped the model: load the page again to see what is kept, then go on.";
  const SIGNED_OUT = "You are signed out: load the page again and sign in.";
  const TOO_OLD = "The page is older than your login: load it again.";

  class Problem extends Error {
    constructor(sentence, hint = "", code = "") {
      super(sentence);
      this.hint = hint;
      this.code = code;
    }

    static of(document) {
      return new Problem(document.detail || "Something went wrong.", document.hint, document.code);
    }
  }

  // Whole numbers beyond what scripts reckon with keep all their digits, where the browser can do that.
  function exactly(key, value, context) {
    const isLong = typeof value === "number" && !Number.isSafeInteger(value) && /^-?\d+$/.test(context?.source ?? "");
    return isLong && JSON.rawJSON ? JSON.rawJSON(context.source) : value;
  }
  const parse = (text) => JSON.parse(text, exactly);
  const pretty = (value) => JSON.stringify(value, null, 2) ?? "";

  async function problemOf(response) {
    if (response.status === 401) return new Problem(SIGNED_OUT);
    try {
      const document = await response.json();
      return document.code === "csrf" ? new Problem(TOO_OLD) : Problem.of(document);
    } catch {
      return new Problem(`The server answered ${response.status}: load the page again, and try once more.`);
    }
  }

  // The answer to *body*, a text in JSON. Throws a Problem, or AbortError if *signal* ends it.
  async function post(url, body, signal) {
    const token = document.querySelector("#settings [name=csrfmiddlewaretoken]").value;
    const headers = { "Content-Type": "application/json", "X-CSRFToken": token };
    let response;
    try {
      response = await fetch(url, { method: "POST", headers, body, signal });
    } catch (error) {
      if (error.name === "AbortError") throw error;
      throw new Problem(UNREACHED);
    }
    if (!response.ok) throw await problemOf(response);
    return response;
  }

  function eventOf(block) {
    const [, name, data] = block.match(/^event: (.*)\ndata: (.*)$/) || [];
    return name ? { name, about: parse(data) } : null; // else a comment, which keeps the connection alive
  }

  async function* blocks(response, signal) {
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    try {
      for (;;) {
        const { value, done } = await reader.read();
        if (done) return;
        const whole = (rest + value).split("\n\n");
        rest = whole.pop();
        yield* whole;
      }
    } catch (error) {
      if (signal.aborted) throw error;
      throw new Problem(LOST);
    }
  }

  // The events of a turn as they come; the last is its answer. Throws a Problem for anything else.
  async function* turn(url, body, signal) {
    const response = await post(url, JSON.stringify(body), signal);
    for await (const block of blocks(response, signal)) {
      const event = eventOf(block);
      if (!event) continue;
      if (event.name === "error") throw Problem.of(event.about);
      yield event;
      if (event.name === "answer") return;
    }
    throw new Problem(LOST);
  }

  Object.assign(playground, { Problem, parse, pretty, post, turn });
})(window.playground);
