// The trace explorer: what a swap brings is drawn, and a stretch of the chart that was dragged over becomes a narrower
// search.
(function () {
  "use strict";

  function listen(chart) {
    // Plotly gives an element its `on` as it draws it first.
    if (!chart.on || chart.dataset.listens) return;
    chart.dataset.listens = "yes";
    chart.on("plotly_selected", (selected) => {
      if (!selected || !selected.range) return;
      const [since, until] = selected.range.x.map((moment) => moment.replace(" ", "T").slice(0, 19));
      const address = new URL(chart.dataset.stretch, location.href);
      address.searchParams.set("since", since);
      address.searchParams.set("until", until);
      htmx.ajax("GET", address.pathname + address.search, { target: "#explorer", swap: "outerHTML" });
    });
  }

  function fresh() {
    document.dispatchEvent(new CustomEvent("salesboost:swapped"));
    document.querySelectorAll("[data-stretch]").forEach(listen);
  }

  document.addEventListener("DOMContentLoaded", fresh);
  document.addEventListener("htmx:afterSettle", fresh);
})();
