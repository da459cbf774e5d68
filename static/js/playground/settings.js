// The form beside the conversation: a prompt brings its labels and variables, tools are searched by their words.
(function (playground) {
  "use strict";
  const form = document.getElementById("settings");
  const prompts = JSON.parse(document.getElementById("prompts").textContent);
  const asked = JSON.parse(document.getElementById("asked").textContent);
  const variables = document.getElementById("variables");
  const field = (name) => form.elements.namedItem(name);
  const values = new Map(Object.entries(asked.variables)); // what was written, also of other labels

  function element(tag, attributes = {}, text = "") {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    made.textContent = text;
    return made;
  }

  function showLabels() {
    const labels = Object.keys(prompts[field("prompt").value] || {});
    document.getElementById("of-prompt").hidden = !labels.length;
    document.getElementById("of-system").hidden = Boolean(field("prompt").value);
    field("label").replaceChildren(...labels.map((label) => element("option", { value: label }, label)));
    const wanted = labels.find((label) => label === asked.label) || labels[0];
    if (wanted) field("label").value = wanted;
    showVariables();
  }

  const wantedNow = () => (prompts[field("prompt").value] || {})[field("label").value] || [];

  function showVariables() {
    variables.replaceChildren(...wantedNow().map((variable) => {
      const label = element("label", {}, variable.required ? variable.name : `${variable.name} (may be left out)`);
      const box = element("textarea", { rows: 1, "data-variable": variable.name, placeholder: variable.default || variable.what });
      box.value = values.get(variable.name) ?? "";
      label.append(box);
      return label;
    }));
  }

  // What is not written is not sent: the prompt then says which of it has to be.
  function written() {
    const boxes = [...variables.querySelectorAll("[data-variable]")].filter((box) => box.value !== "");
    return Object.fromEntries(boxes.map((box) => [box.dataset.variable, box.value]));
  }

  const chosen = () => [...form.querySelectorAll("[name=tools]:checked")].map((box) => box.value);

  function countTools() {
    const names = chosen();
    document.getElementById("tools-chosen").textContent = names.includes("*") ? "· all" : `· ${names.length || "none"} chosen`;
  }

  function search() {
    const words = document.getElementById("tools-search").value.toLowerCase().split(/\s+/);
    const labels = [...document.querySelectorAll("#tools label")];
    for (const label of labels) label.hidden = !words.every((word) => label.textContent.toLowerCase().includes(word));
    document.getElementById("tools-none").hidden = !labels.length || labels.some((label) => !label.hidden);
  }

  // What is asked with, as POST /api/v1/chat takes it.
  function read() {
    const prompt = field("prompt").value;
    const names = chosen();
    return {
      route: field("route").value,
      ...(prompt ? { prompt, label: field("label").value, variables: written() } : { system: field("system").value }),
      tools: names.includes("*") ? ["*"] : names,
      caller_role: field("caller_role").value,
      effort: field("effort").value,
      rounds: field("rounds").value === "" ? 10 : Number(field("rounds").value),
    };
  }

  form.addEventListener("submit", (event) => event.preventDefault());
  field("prompt").addEventListener("change", showLabels);
  field("label").addEventListener("change", showVariables);
  variables.addEventListener("input", (event) => values.set(event.target.dataset.variable, event.target.value));
  form.addEventListener("change", countTools);
  document.getElementById("tools-search").addEventListener("input", search);
  showLabels();
  countTools();
  // Above the conversation it would fill a phone.
  if (matchMedia("(max-width: 1100px)").matches) document.getElementById("asked-with").open = false;

  playground.settings = { read, role: () => field("caller_role").value };
})(window.playground);
