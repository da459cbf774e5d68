// What is said, as it grows. Whatever a model or a tool wrote is put in as text.
(function (playground) {
  "use strict";
  const said = document.getElementById("said");
  const NEAR_PX = 160;
  const part = (message, name) => message.querySelector(`[data-${name}]`);

  // Who reads further up is not carried off.
  function add(element) {
    const isNear = innerHeight + scrollY >= document.documentElement.scrollHeight - NEAR_PX;
    document.getElementById("nothing-said")?.remove();
    if (element) said.append(element);
    if (isNear) scrollTo(0, document.documentElement.scrollHeight);
  }

  const blank = (kind) => document.getElementById(`${kind}-template`).content.firstElementChild.cloneNode(true);

  function line(words, style) {
    const made = document.createElement("li");
    made.className = style;
    made.textContent = words;
    return made;
  }

  // What the user said. ``notKept`` tells that the conversation goes on without it.
  function user(text, pictures) {
    const message = blank("user");
    part(message, "text").textContent = text;
    part(message, "pictures").append(...pictures.map((address) => {
      const image = document.createElement("img");
      image.src = address;
      image.alt = "The picture that was attached";
      return image;
    }));
    add(message);
    return { notKept: () => mark(message, "not kept") };
  }

  function mark(message, words) {
    message.classList.add("gone");
    part(message, "who").textContent = words;
  }

  // A model's message that grows: its thoughts, its text, its calls.
  function model() {
    const message = blank("model");
    const writing = document.createElement("p");
    writing.className = "quiet small";
    const cards = new Map();
    add(message);

    function grow(name, piece) {
      part(message, name).textContent += piece;
      add();
    }

    function takeBack(reason) {
      writing.remove();
      const fold = document.createElement("details");
      const summary = document.createElement("summary");
      summary.textContent = "What it had said";
      const text = part(message, "text");
      fold.append(summary, text.cloneNode(true));
      text.replaceWith(fold);
      mark(message, `taken back: ${reason}`);
    }

    return {
      text: (piece) => grow("text", piece),
      whole(text) {
        if (part(message, "text").textContent !== text) part(message, "text").textContent = text;
      },
      reasoning(piece) {
        part(message, "thought").hidden = false;
        grow("reasoning", piece);
      },
      writing(tool) {
        writing.textContent = tool ? `It writes a call of ${tool} …` : "It writes a call …";
        if (!writing.isConnected) message.append(writing);
        add();
      },
      calls(calls) {
        writing.remove();
        for (const call of calls) {
          const card = playground.calls.begin(call);
          cards.set(call.tool_call_id, card);
          part(message, "calls").append(card);
        }
        add();
      },
      called(about) {
        const card = cards.get(about.tool_call_id);
        cards.delete(about.tool_call_id);
        if (card) playground.calls.end(card, about);
        add();
      },
      // Nobody waits for it any more: what it was about to say is not kept, what it had called is.
      givenUp(isKept) {
        writing.remove();
        cards.forEach(playground.calls.givenUp);
        if (!isKept) mark(message, "not kept");
      },
      takeBack,
      who: (words) => { part(message, "who").textContent = words; },
    };
  }

  function problem(error) {
    const made = line(playground.sentence(error), "alarm");
    made.setAttribute("role", "alert");
    add(made);
  }

  // The line under an answer; *parts* are texts and links.
  function note(...parts) {
    const made = line("", "note quiet small");
    made.append(...parts);
    add(made);
  }

  playground.messages = { user, model, problem, note };
})(window.playground);
