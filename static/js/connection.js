// The socket of a live page. The server says something every few seconds (dashboard/live/broadcaster.py), for a network may
// swallow what is sent and tell neither end: a socket on which nothing comes is given up, and another is opened.
(function () {
  "use strict";
  const ALIVE = "alive"; // what the server says when there is no news
  const SILENCE_MS = 12000; // two of its words missed, and some
  const ONE_MISSED_MS = 6000;
  const CONNECT_MS = 5000;
  // What the server ends a socket with for good: CLOSED of dashboard/live/consumers.py and an HTTP status.
  const FINAL = [4400, 4401, 4403, 4404];
  const place = document.querySelector("[data-socket]").dataset.socket;
  let socket = null;
  let open = false;
  let ended = false;
  let tries = 0;
  let next = 0; // the timer of the next try
  let heard = now();

  function now() {
    return { wall: Date.now(), steady: performance.now() };
  }

  // By the wall's clock, which goes on while a laptop sleeps, or by the other, which nobody sets back.
  const silentMs = () => Math.max(Date.now() - heard.wall, performance.now() - heard.steady);
  const tell = (name, detail) => document.dispatchEvent(new CustomEvent(`salesboost:${name}`, { detail }));

  function address() {
    const url = new URL(place, location.href);
    url.protocol = url.protocol.replace("http", "ws");
    return url;
  }

  function drop() {
    clearTimeout(next);
    open = false;
    if (!socket) return;
    // Its end may take a minute to be told, and must not be taken for that of the next.
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
    socket = null;
  }

  function connect() {
    drop();
    heard = now();
    tell("connecting");
    socket = new WebSocket(address());
    socket.onopen = () => {
      open = true;
      heard = now();
      tell("connected");
    };
    socket.onmessage = (event) => {
      tries = 0;
      heard = now();
      if (event.data !== ALIVE) tell("message", event.data);
    };
    socket.onclose = (event) => {
      drop();
      ended = FINAL.includes(event.code);
      tell("disconnected", ended ? event.code : 0);
      // Soon matters more than sparing the server: a page waits three seconds at most.
      if (!ended) next = setTimeout(connect, Math.min(3000, 300 * 2 ** tries++) * (0.5 + Math.random() / 2));
    };
  }

  function connectAfter(ms) {
    if (ended || silentMs() < ms) return;
    tell("disconnected", 0);
    connect();
  }

  setInterval(() => { if (socket) connectAfter(open ? SILENCE_MS : CONNECT_MS); }, 1000);
  // Whoever comes back to the page, or gets a network again, does not wait for the next try.
  document.addEventListener("visibilitychange", () => { if (!document.hidden) connectAfter(open ? ONE_MISSED_MS : 0); });
  addEventListener("online", () => connectAfter(0));
  document.addEventListener("DOMContentLoaded", connect);
})();
