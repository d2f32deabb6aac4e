// Makes elements. Texts of a run become text nodes, so that none can be read as markup.

/** An element with attributes and children; a function is a listener of the event after "on". */
export function make(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(name.slice(2), value);
    else if (typeof value === "boolean") made.toggleAttribute(name, value);
    else if (value !== null && value !== undefined) made.setAttribute(name, value);
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return made;
}

/** A labelled list of options in groups; `choose` gets the key of the new one. */
export function select(label, groups, chosen, choose) {
  const list = make("select", { onchange: () => choose(list.value) });
  for (const [name, options] of groups) {
    const made = options.map(([key, text]) => make("option", { value: key, selected: key === chosen }, text));
    list.append(...(name ? [make("optgroup", { label: name }, ...made)] : made));
  }
  list.value = chosen;
  return make("label", { class: "choice" }, make("span", {}, label), list);
}

/** A labelled box to tick. */
export function box(label, isOn, choose) {
  const input = make("input", { type: "checkbox", onchange: () => choose(input.checked) });
  input.checked = isOn;
  return make("label", { class: "tick" }, input, make("span", {}, label));
}

/** A button with a word on it. */
export function button(text, press, attributes = {}) {
  return make("button", { type: "button", onclick: press, ...attributes }, text);
}
