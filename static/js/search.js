// A search box that completes keys and values while one types, and colours the query. Without scripts it is a plain
// field of a form.
(function () {
  "use strict";
  const WAIT_MS = 120;
  const PARTS = /"(?:\\.|[^"\\])*"?|[()]|\s+|[^\s()":]+:|[^\s()"]+/g;
  const JOINTS = new Set(["and", "or", "not"]);

  // --- colours -------------------------------------------------------------------------------------------------
  function kind(part) {
    if (JOINTS.has(part.toLowerCase()) || part === "(" || part === ")") return "joint";
    if (part.endsWith(":") && part.length > 1) return "key";
    return part.startsWith('"') ? "quote" : "";
  }

  function paint(box) {
    const input = box.querySelector("input");
    const layer = box.querySelector(".paint");
    layer.replaceChildren(...(input.value.match(PARTS) || []).map((part) => {
      const name = kind(part);
      if (!name) return document.createTextNode(part);
      const span = document.createElement("span");
      span.className = name;
      span.textContent = part;
      return span;
    }));
    layer.scrollLeft = input.scrollLeft;
  }

  // --- completion: an ARIA combobox with a list -----------------------------------------------------------------
  let options = []; // what the server offers, in the order of the list
  let offeredFor = ""; // the text that they complete
  let active = -1;
  let asked = null; // aborts the question before
  let timer = 0;

  // The server counts characters, a text in the browser pairs of bytes.
  const characters = (text, end) => [...text.slice(0, end)].length;
  const place = (text, count) => [...text].slice(0, count).join("").length;
  const listOf = (input) => document.getElementById(input.getAttribute("aria-controls"));

  function close(input) {
    const list = listOf(input);
    clearTimeout(timer);
    if (asked) asked.abort();
    options = [];
    active = -1;
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  }

  function mark(input, index) {
    const list = listOf(input);
    active = index;
    [...list.children].forEach((item, at) => item.setAttribute("aria-selected", String(at === index)));
    if (index < 0) return input.removeAttribute("aria-activedescendant");
    input.setAttribute("aria-activedescendant", list.children[index].id);
    list.children[index].scrollIntoView({ block: "nearest" });
  }

  function item(option, index) {
    const row = document.createElement("li");
    row.id = `completion-${index}`;
    row.setAttribute("role", "option");
    row.setAttribute("aria-selected", "false");
    for (const [name, text] of [["label mono", option.label], ["help", option.help]]) {
      const cell = document.createElement("span");
      cell.className = name;
      cell.textContent = text;
      row.append(cell);
    }
    row.dataset.kind = option.kind;
    return row;
  }

  function show(input, found) {
    const list = listOf(input);
    options = found;
    offeredFor = input.value;
    active = -1;
    list.replaceChildren(...found.map(item));
    list.hidden = found.length === 0;
    input.setAttribute("aria-expanded", String(found.length > 0));
    input.removeAttribute("aria-activedescendant");
  }

  async function ask(input) {
    if (asked) asked.abort();
    asked = new AbortController();
    const text = input.value;
    const query = new URLSearchParams({ q: text, at: String(characters(text, input.selectionStart)) });
    try {
      const answer = await fetch(`${input.dataset.complete}?${query}`, { signal: asked.signal });
      // Signed out, or the server is away: the box goes on as a plain one.
      if (!answer.ok || answer.redirected) return close(input);
      const { completions } = await answer.json();
      if (document.activeElement === input && input.value === text) show(input, completions);
    } catch (error) {
      if (error.name !== "AbortError") close(input);
    }
  }

  function take(input, index) {
    const option = options[index];
    const text = input.value;
    input.setRangeText(option.insert, place(text, option.start), place(text, option.end), "end");
    close(input);
    paint(input.closest(".query"));
    // After a key come its values, after "attr." the names of attributes.
    if (/[:.]$/.test(option.insert)) ask(input);
  }

  function step(input, by) {
    if (!options.length || offeredFor !== input.value) return ask(input);
    const places = options.length + 1; // the last is the box itself
    mark(input, ((active + 1 + by + places) % places) - 1);
  }

  const KEYS = {
    ArrowDown: (input) => step(input, 1),
    ArrowUp: (input) => step(input, -1),
    Enter: (input) => (active < 0 ? null : take(input, active)),
    Tab: (input) => (active < 0 ? null : take(input, active)),
    Escape: (input) => (options.length ? close(input) : null),
  };

  function onKey(event) {
    const input = event.target;
    if (!input.matches?.("[data-complete]")) {
      const typing = input.matches?.("input, textarea, select, [contenteditable]");
      const box = document.querySelector("[data-complete]");
      if (event.key === "/" && !typing && box && !event.ctrlKey && !event.metaKey && !event.altKey) {
        event.preventDefault();
        box.focus();
      }
      return;
    }
    const does = KEYS[event.key];
    if (!does || event.isComposing || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    const used = event.key.startsWith("Arrow") || active >= 0 || (event.key === "Escape" && options.length);
    if (used) event.preventDefault();
    does(input);
  }

  document.addEventListener("keydown", onKey);
  document.addEventListener("input", (event) => {
    if (!event.target.matches("[data-complete]")) return;
    paint(event.target.closest(".query"));
    mark(event.target, -1);
    clearTimeout(timer);
    timer = setTimeout(ask, WAIT_MS, event.target);
  });
  document.addEventListener("focusout", (event) => { if (event.target.matches("[data-complete]")) close(event.target); });
  document.addEventListener("mousedown", (event) => {
    const row = event.target.closest("[role=option]");
    if (!row) return;
    event.preventDefault(); // the box keeps the focus
    const input = row.closest(".query").querySelector("input");
    take(input, [...row.parentElement.children].indexOf(row));
  });
  document.addEventListener("click", (event) => {
    // "and 12 more": the box lists them.
    const more = event.target.closest("[data-more]");
    if (!more) return;
    const input = document.querySelector("[data-complete]");
    input.value = `${input.value.trimEnd()} ${more.dataset.more}`.trimStart();
    input.focus();
    input.setSelectionRange(input.value.length, input.value.length);
    paint(input.closest(".query"));
    ask(input);
  });
  document.addEventListener("scroll", (event) => {
    if (event.target.matches?.("[data-complete]")) event.target.closest(".query").querySelector(".paint").scrollLeft = event.target.scrollLeft;
  }, true);

  const paintAll = () => document.querySelectorAll(".query").forEach(paint);
  document.addEventListener("DOMContentLoaded", paintAll);
  document.addEventListener("salesboost:swapped", paintAll);
})();
