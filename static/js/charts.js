// Draws every element with data-figure from the JSON of that id, in the colours of the current theme.
(function () {
  "use strict";
  const NARROW_PX = 560;
  const drawn = new Map(); // element → JSON it was drawn from

  function colours(value, styles) {
    if (typeof value === "string") {
      return value.startsWith("var(--") ? styles.getPropertyValue(value.slice(4, -1)).trim() : value;
    }
    if (Array.isArray(value)) return value.map((item) => colours(item, styles));
    if (value && typeof value === "object") {
      return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, colours(item, styles)]));
    }
    return value;
  }

  function fit(layout, width) {
    if (width >= NARROW_PX) return layout;
    // A phone: short names at the ends of lines, fewer ticks, no words inside the plot.
    const ends = (layout.annotations || []).filter((note) => note.short);
    layout.annotations = ends.map((note) => ({ ...note, text: note.short }));
    if (ends.length) layout.margin = { ...layout.margin, r: 116 };
    if (layout.xaxis.nticks) layout.xaxis.nticks = 3;
    return layout;
  }

  function draw(element) {
    const source = document.getElementById(element.dataset.figure);
    if (!source || !window.Plotly) return;
    const text = source.textContent;
    const width = element.clientWidth;
    const styles = getComputedStyle(document.documentElement);
    const key = [text, width < NARROW_PX, styles.getPropertyValue("--ground")].join("\n");
    if (drawn.get(element) === key) return;
    const figure = colours(JSON.parse(text), styles);
    element.classList.toggle("blank", figure.data.length === 0);
    if (figure.data.length === 0) {
      // Hidden, it has no width; what is drawn now would keep a wrong one.
      window.Plotly.purge(element);
      drawn.set(element, key);
      return;
    }
    if (figure.height) element.style.height = figure.height + "px";
    const layout = fit(figure.layout, width);
    // Without this, a redraw would undo the reader's zoom or hidden series.
    layout.uirevision = location.search || "first";
    Plotly.react(element, figure.data, layout, { displayModeBar: false, responsive: true });
    drawn.set(element, key);
  }

  const drawAll = () => document.querySelectorAll("[data-figure]").forEach(draw);

  document.addEventListener("DOMContentLoaded", drawAll);
  document.addEventListener("salesboost:theme", drawAll);
  document.addEventListener("salesboost:swapped", drawAll);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
  addEventListener("resize", drawAll);
})();
