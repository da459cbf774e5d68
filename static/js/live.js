// A live page: shows how old its data is, holds still under the pointer, and can be paused.
(function () {
  "use strict";
  const AMBER_MS = 5000;
  const RED_MS = 30000;
  const THIN = "\u202f";
  // How the server ends a socket for good, in the bar's words.
  const ENDS = { 4400: "the address is not understood", 4401: "signed out", 4403: "no longer allowed", 4404: "no such page" };
  const live = document.getElementById("live");
  const liveText = document.getElementById("live-text");
  const signIn = document.getElementById("sign-in");
  const pause = document.getElementById("pause");
  const held = new Map(); // id of a part → the newest HTML that waits for it
  const waiting = new Set(); // calls that came since the pause
  let paused = false;
  let missed = false;
  let connected = false;
  let ended = ""; // in words
  let wasStale = false;
  let lastAt = Date.now(); // goes on while a laptop sleeps
  let lastStamp = stamp();
  let announced = subject();

  function stamp() {
    const pulse = document.getElementById("pulse");
    return pulse ? pulse.dataset.at : "";
  }

  function subject() {
    const verdict = document.getElementById("verdict");
    return verdict ? verdict.dataset.announce : "";
  }

  function age(ms) {
    if (ms < 10000) return (ms / 1000).toFixed(1) + THIN + "s";
    if (ms < 60000) return Math.round(ms / 1000) + THIN + "s";
    return Math.floor(ms / 60000) + THIN + "min";
  }

  function words(old, isStale) {
    if (ended) return `${ended} · ${age(old)} old`;
    if (isStale) return `stale since ${lastStamp.slice(11, 19)}${THIN}UTC`;
    if (paused) return `paused · ${age(old)} old`;
    return `${connected ? "live" : "reconnecting"} · ${age(old)} old`;
  }

  function show() {
    const old = Math.max(0, Date.now() - lastAt);
    const isStale = old > RED_MS;
    live.dataset.state = ended || isStale ? "bad" : paused || old > AMBER_MS || !connected ? "warn" : "good";
    liveText.textContent = words(old, isStale);
    if (isStale !== wasStale && !ended) say(isStale ? liveText.textContent : "live again");
    wasStale = isStale;
  }

  function say(text) {
    document.getElementById("announcer").textContent = text;
  }

  // --- holding still ---------------------------------------------------------------------------------
  const pointed = (part) => {
    const still = part.matches("[data-hold]") ? part : part.querySelector("[data-hold]");
    return Boolean(still) && matchMedia("(hover: hover)").matches && still.matches(":hover");
  };
  const focused = (part) => Boolean(part.querySelector(":focus-visible"));
  const selected = (part) => {
    const selection = getSelection();
    return Boolean(selection) && !selection.isCollapsed && part.contains(selection.anchorNode);
  };
  const mustHold = (part) => pointed(part) || focused(part) || selected(part);

  function hold(part, html) {
    held.set(part.id, html);
    const card = part.closest(".card");
    if (card) card.classList.toggle("is-held", !paused);
  }

  function release() {
    if (paused) return;
    for (const [id, html] of [...held]) {
      const part = document.getElementById(id);
      if (part && mustHold(part)) continue;
      held.delete(id);
      if (part) {
        part.closest(".card")?.classList.remove("is-held");
        htmx.swap(document.body, html, { swapStyle: "none" });
      }
    }
    after();
  }

  function keepPlace(part, fragment) {
    // What the reader opened stays open, and a table scrolled sideways stays where it is.
    const fresh = fragment.querySelectorAll("details");
    part.querySelectorAll("details").forEach((old, index) => { if (old.open && fresh[index]) fresh[index].open = true; });
    const places = [...part.querySelectorAll(".scroll")].map((element) => element.scrollLeft);
    if (places.some(Boolean)) {
      requestAnimationFrame(() => {
        document.getElementById(part.id)?.querySelectorAll(".scroll").forEach((element, index) => {
          element.scrollLeft = places[index] || 0;
        });
      });
    }
  }

  function countWaiting(fragment) {
    const rows = [...fragment.querySelectorAll("[data-call]")].map((row) => row.dataset.call);
    const shown = new Set([...document.querySelectorAll("#newest [data-call]")].map((row) => row.dataset.call));
    const known = (row) => waiting.has(row) || shown.has(row);
    // Not one known row: calls came and went between two pushes.
    if (rows.length && !rows.some(known)) missed = true;
    rows.filter((row) => !shown.has(row)).forEach((row) => waiting.add(row));
    pause.textContent = `Resume · ${waiting.size}${missed ? "+" : ""} waiting`;
  }

  document.addEventListener("htmx:oobBeforeSwap", (event) => {
    const { target, fragment } = event.detail;
    if (target.id === "pulse") return;
    if (paused || mustHold(target)) {
      event.detail.shouldSwap = false;
      const fresh = fragment.firstElementChild;
      if (!fresh) return;
      if (paused && target.id === "newest") countWaiting(fragment);
      fresh.setAttribute("hx-swap-oob", "true");
      hold(target, fresh.outerHTML);
    } else {
      held.delete(target.id);
      target.closest(".card")?.classList.remove("is-held");
      keepPlace(target, fragment);
    }
  });

  let htmxOwn;
  htmx.defineExtension("salesboost-live", { init: (api) => { htmxOwn = api; } });

  function swap(html) {
    const settling = htmxOwn.makeSettleInfo(document.body);
    for (const part of [...htmxOwn.makeFragment(html).children]) htmxOwn.oobSwap("true", part, settling);
    htmxOwn.settleImmediately(settling.tasks);
  }

  // --- after a push ------------------------------------------------------------------------------------
  function after() {
    const at = stamp();
    if (at !== lastStamp) {
      lastStamp = at;
      lastAt = Date.now();
    }
    const now = subject();
    if (now !== announced) {
      announced = now;
      say(document.querySelector("#verdict h1").textContent);
    }
    document.dispatchEvent(new CustomEvent("salesboost:swapped"));
    show();
  }

  document.addEventListener("salesboost:message", (event) => { swap(event.detail); after(); });
  document.addEventListener("salesboost:connected", () => { connected = true; show(); });
  document.addEventListener("salesboost:disconnected", (event) => {
    connected = false;
    ended = ENDS[event.detail] || "";
    if (ended) {
      signIn.hidden = event.detail !== 4401;
      say(`Not live any more: ${ended}`);
    }
    show();
  });

  if (pause) {
    pause.hidden = false;
    pause.addEventListener("click", () => {
      paused = !paused;
      pause.setAttribute("aria-pressed", String(paused));
      pause.textContent = paused ? "Resume" : "Pause";
      waiting.clear();
      missed = false;
      if (!paused) release();
      show();
    });
  }
  setInterval(() => { show(); if (held.size) release(); }, 250);
  show();
})();
