// A live page: shows how old its data is, holds still under the pointer, and can be paused.
(function () {
  "use strict";
  const AMBER_MS = 5000;
  const RED_MS = 30000;
  const THIN = "\u202f";
  // How the server ends a socket for good, in the bar's words; nobody connects again after these.
  const ENDS = { 4401: "signed out", 4403: "no longer allowed", 4404: "no such page" };
  // After these the extension connects again by itself.
  const BY_ITSELF = [1006, 1011, 1012, 1013];
  const AGAIN_AFTER_MS = 1000;
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
  let lastAt = performance.now();
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

  function show() {
    const old = performance.now() - lastAt;
    const state = ended || old > RED_MS ? "bad" : paused || old > AMBER_MS || !connected ? "warn" : "good";
    let word = connected ? "live" : "reconnecting";
    if (paused) word = "paused";
    if (ended) word = ended;
    live.dataset.state = state;
    liveText.textContent = `${word} · ${age(old)} old`;
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

  // --- after a push ------------------------------------------------------------------------------------
  function after() {
    const at = stamp();
    if (at !== lastStamp) {
      lastStamp = at;
      lastAt = performance.now();
    }
    const now = subject();
    if (now !== announced) {
      announced = now;
      document.getElementById("announcer").textContent = document.querySelector("#verdict h1").textContent;
    }
    document.dispatchEvent(new CustomEvent("salesboost:swapped"));
    show();
  }

  document.addEventListener("htmx:wsAfterMessage", after);
  document.addEventListener("htmx:wsOpen", () => { connected = true; show(); });
  document.addEventListener("htmx:wsClose", (event) => {
    const code = event.detail.event.code;
    connected = false;
    ended = ENDS[code] || "";
    if (ended) {
      signIn.hidden = code !== 4401;
      document.getElementById("announcer").textContent = `Not live any more: ${ended}`;
    } else if (!BY_ITSELF.includes(code)) {
      // The server ends a socket in an orderly way too, after a day for example.
      setTimeout(event.detail.socketWrapper.reconnect, AGAIN_AFTER_MS);
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
  // Reconnecting soon matters more than sparing the server: a page waits three seconds at most.
  htmx.config.wsReconnectDelay = (tries) => Math.min(3000, 300 * 2 ** tries) * (0.5 + Math.random() / 2);
  setInterval(() => { show(); if (held.size) release(); }, 250);
  show();
})();
