// A turn: what is said goes out, what happens comes in, until the model has answered or somebody stops it.
(function (playground) {
  "use strict";
  const { Problem, messages, settings, turn } = playground;
  const MOST_PICTURE_BYTES = 1400000; // what a request may have, in base64
  const MOST_TRIES = 10;
  const TRY_AGAIN_MS = 300;
  const ENDS = {
    length: "Cut off: the answer is as long as it may be",
    rounds: "Ended: no more rounds are allowed",
    tokens: "Ended: no more tokens are allowed",
    money: "Ended: no more money is allowed",
    time: "Ended: no more time is allowed",
  };
  const talk = document.getElementById("talk");
  const box = document.getElementById("text");
  const send = document.getElementById("send");
  const stop = document.getElementById("stop");
  const goingOn = document.getElementById("going-on");
  const detach = document.getElementById("detach");
  const file = document.getElementById("picture");
  const attached = document.getElementById("attached");
  let stopper = null; // while a turn goes on
  let wasStopped = false; // the last turn was, and nothing came since
  let picture = "";

  // --- one turn ----------------------------------------------------------------------------------------
  // What came of it so far: the message that grows, whether the next piece begins another, whether anything is kept.
  function begin() {
    return { draft: null, isClosed: false, isKept: false };
  }

  function draftOf(state) {
    if (!state.draft || state.isClosed) {
      state.draft = messages.model();
      state.isClosed = false;
    }
    return state.draft;
  }

  const ON = {
    delta(state, { kind, text, name }) {
      goingOn.textContent = "The model writes …";
      if (kind === "call") draftOf(state).writing(name);
      else draftOf(state)[kind](text);
    },
    discard(state, { reason }) {
      state.draft?.takeBack(reason);
      state.draft = null;
      goingOn.textContent = "Another answer is asked for …";
    },
    calling(state, { calls }) {
      draftOf(state).calls(calls);
      state.isClosed = state.isKept = true;
      goingOn.textContent = `${calls.map((call) => call.tool).join(", ")}: running …`;
    },
    called(state, about) {
      state.draft.called(about);
      goingOn.textContent = "The model is told the results …";
    },
    answer(state, about) {
      state.isKept = true;
      if (about.text) draftOf(state).whole(about.text);
      state.draft?.who(about.deployment);
      goingOn.textContent = "";
      messages.note(...figures(about));
    },
  };

  function figures(about) {
    const words = [
      ...(ENDS[about.ended_by] ? [ENDS[about.ended_by]] : []),
      about.deployment,
      `${about.rounds} round${about.rounds === 1 ? "" : "s"}`,
      `${about.tokens.toLocaleString("en")} tokens`,
      about.usd ? `$${about.usd.toLocaleString("en", { maximumSignificantDigits: 3 })}` : "no price is known",
    ].join(" · ");
    const link = document.createElement("a");
    link.className = "link";
    link.href = talk.dataset.trace.replace(/0{32}/, about.trace_id);
    link.textContent = "trace";
    return about.trace_id ? [`${words} · `, link] : [words];
  }

  // From the first that is kept on, the address is the conversation's.
  function settle(state) {
    if (!state.isKept) return;
    document.getElementById("share").hidden = false;
    if (location.pathname !== talk.dataset.address) history.replaceState(null, "", talk.dataset.address);
  }

  // A turn that was stopped here is over when the server has noticed: until then the next waits.
  async function* patiently(body) {
    for (let tries = 0; ; tries++) {
      try {
        yield* turn(talk.dataset.chat, body, stopper.signal);
        return;
      } catch (error) {
        if (!wasStopped || error.code !== "conversation_busy" || tries === MOST_TRIES) throw error;
        await new Promise((done) => { setTimeout(done, TRY_AGAIN_MS); });
      }
    }
  }

  async function say(text, pictures) {
    const body = { ...settings.read(), text, images: pictures, session_id: talk.dataset.session, stream: true };
    const mine = messages.user(text, pictures);
    const state = begin();
    try {
      for await (const { name, about } of patiently(body)) {
        wasStopped = false;
        ON[name]?.(state, about);
        settle(state);
      }
    } catch (error) {
      giveUp(state, mine, text, pictures);
      if (error instanceof Problem) messages.problem(error);
      else if (stopper.signal.aborted) {
        wasStopped = true;
        messages.note(stopped(state));
      } else throw error;
    }
  }

  function stopped(state) {
    return state.isKept
      ? "Stopped: the model writes no further. What it called up to here is kept."
      : "Stopped: the model writes no further. Nothing of this turn is kept.";
  }

  function giveUp(state, mine, text, pictures) {
    goingOn.textContent = "";
    state.draft?.givenUp(state.isClosed);
    if (state.isKept) return;
    mine.notKept();
    if (!box.value) box.value = text;
    if (!picture && pictures.length) attach(pictures[0], "The picture is attached again.");
  }

  function show(isBusy) {
    send.hidden = isBusy;
    stop.hidden = !isBusy;
    talk.setAttribute("aria-busy", String(isBusy));
  }

  async function submit() {
    const text = box.value;
    if (stopper || (!text.trim() && !picture)) return box.focus();
    const pictures = picture ? [picture] : [];
    stopper = new AbortController();
    goingOn.textContent = "The model is asked …";
    box.value = "";
    attach("", "");
    show(true);
    try {
      await say(text, pictures);
    } finally {
      stopper = null;
      show(false);
      if (document.activeElement === document.body) box.focus();
    }
  }

  // --- a picture ---------------------------------------------------------------------------------------
  function attach(address, words) {
    picture = address;
    attached.textContent = words;
    detach.hidden = !address;
    file.value = "";
  }

  function choose() {
    const [chosen] = file.files;
    if (!chosen) return;
    if (chosen.size > MOST_PICTURE_BYTES) return attach("", "The picture has more than 1.4 MB: make it smaller, and attach it again.");
    const reader = new FileReader();
    reader.onload = () => attach(reader.result, chosen.name);
    reader.onerror = () => attach("", "The picture cannot be read: choose another.");
    reader.readAsDataURL(chosen);
  }

  document.getElementById("composer").addEventListener("submit", (event) => { event.preventDefault(); submit(); });
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    submit();
  });
  stop.addEventListener("click", () => { stopper?.abort(); box.focus(); });
  file.addEventListener("change", choose);
  detach.addEventListener("click", () => { attach("", ""); file.focus(); });
})(window.playground);
