// A trace's page: keys move and fold, a span opens beside the drawing, and texts are copied.
(function () {
  "use strict";
  const fall = document.getElementById("fall");
  const panel = document.getElementById("span");

  const links = () => [...fall.querySelectorAll("a[hx-get]")].filter((link) => link.checkVisibility());
  const foldOf = (link) => (link.closest("summary") ? link.closest("details") : null);

  function move(from, step) {
    const all = links();
    const next = all[all.indexOf(from) + step];
    if (next) next.focus();
  }

  function fold(link) {
    const own = foldOf(link);
    if (own && own.open) own.open = false;
    else (own ? own.parentElement : link).closest("details")?.querySelector("summary a")?.focus();
  }

  function unfold(link) {
    const own = foldOf(link);
    if (own && !own.open) own.open = true;
    else if (own) move(link, 1);
  }

  const KEYS = {
    ArrowDown: (link) => move(link, 1),
    ArrowUp: (link) => move(link, -1),
    ArrowLeft: fold,
    ArrowRight: unfold,
  };

  function open(link) {
    fall.querySelectorAll("[aria-current]").forEach((old) => {
      old.removeAttribute("aria-current");
      old.closest(".row")?.classList.remove("now");
    });
    link.setAttribute("aria-current", "true");
    link.closest(".row")?.classList.add("now");
    history.replaceState(null, "", link.getAttribute("href"));
  }

  if (fall && panel) {
    fall.addEventListener("keydown", (event) => {
      const link = event.target.closest?.("a[hx-get], summary");
      const key = KEYS[event.key];
      if (!link || !key || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      key(link.matches("a") ? link : link.querySelector("a"));
    });
    document.addEventListener("htmx:afterSwap", (event) => {
      if (event.detail.target !== panel) return;
      open(event.detail.requestConfig.elt);
      showCopies(panel);
      panel.scrollTop = 0;
      // Below the drawing, on a phone, it would open unseen.
      if (panel.getBoundingClientRect().top > innerHeight) panel.scrollIntoView();
    });
    const now = fall.querySelector(".now");
    if (now) fall.scrollTop = now.offsetTop - fall.clientHeight / 2;
  }

  // --- copying ---------------------------------------------------------------------------------------
  function textOf(button) {
    if (button.dataset.copy) return button.dataset.copy;
    return button.closest(".line").parentElement.querySelector("pre").textContent;
  }

  async function copy(button) {
    try {
      await navigator.clipboard.writeText(textOf(button));
      button.textContent = "Copied";
    } catch {
      button.textContent = "Select and copy: the browser forbids it here";
    }
  }

  const COPIES = "[data-copy], [data-copy-next]";
  const showCopies = (part) => part.querySelectorAll(COPIES).forEach((button) => { button.hidden = false; });
  document.addEventListener("click", (event) => {
    const button = event.target.closest(COPIES);
    if (button) copy(button);
  });
  showCopies(document);
})();
