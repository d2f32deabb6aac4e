// The form of the explorer: what is drawn how, and which rows.

import { isMeasure, KINDS } from "./choices.js";
import { box, button, make, select } from "./dom.js";
import { withUnit } from "./format.js";
import { filtersOf } from "./rows.js";
import { isContinuous } from "./scales.js";

const KIND_NAMES = { line: "lines", scatter: "points", heat: "heat map" };

/** Fills the form with the controls that the choices allow; `choose` gets what changes. */
export function drawChoices(form, run, choices, choose) {
  const focused = document.activeElement?.closest?.("[data-control]")?.dataset.control;
  const isHeat = choices.kind === "heat";
  const columns = (keep) => grouped([...run.columns.values()].filter((column) => !column.isEnd && keep(column)));
  const side = (column) => (isHeat ? !isMeasure(column) : true);
  // The places of a heat map are values of axes, or ranges of numbers.
  const hasLog = (column) => (isHeat ? column.kind === "number" : isContinuous(column));
  const controls = {
    kind: select("picture", [["", KINDS.map((kind) => [kind, KIND_NAMES[kind]])]], choices.kind, (kind) => choose({ kind, zoom: null })),
    y: select("y", columns(side), choices.y, (y) => choose({ y, zoom: null })),
    x: select("x", columns(side), choices.x, (x) => choose({ x, zoom: null })),
    colour: select("colour", columns((one) => (isHeat ? isMeasure(one) && !one.isRange : !one.isRange && !(choices.kind === "line" && isMeasure(one)))), choices.colour, (colour) => choose({ colour })),
    facet: select("panels by", [["", [["", "nothing"]]], ...columns((one) => !isMeasure(one))], choices.facet, (facet) => choose({ facet })),
    ...(hasLog(run.columns.get(choices.x)) ? { logx: box("log x", choices.logx, (logx) => choose({ logx, zoom: null })) } : {}),
    ...(hasLog(run.columns.get(choices.y)) ? { logy: box("log y", choices.logy, (logy) => choose({ logy, zoom: null })) } : {}),
    ...(isHeat ? {} : { whiskers: box("intervals", choices.whiskers, (whiskers) => choose({ whiskers })) }),
    ...(run.axes.length > 1 ? { hold: box("other axes at their baseline", choices.hold, (hold) => choose({ hold, zoom: null })) } : {}),
  };
  for (const [name, control] of Object.entries(controls)) control.dataset.control = name;
  form.replaceChildren(...Object.values(controls));
  // A new form must not take the focus from whoever works with the keyboard.
  if (focused) form.querySelector(`[data-control="${focused}"] :is(select, input)`)?.focus();
}

/** Columns as groups of a list. */
function grouped(columns) {
  const groups = new Map();
  for (const column of columns) {
    if (!groups.has(column.group)) groups.set(column.group, []);
    groups.get(column.group).push([column.key, column.label]);
  }
  return [...groups];
}

/** Makes the filters once; they follow the choices by `renew`. */
export function makeFilters(holder, run, choose) {
  const filters = filtersOf(run);
  const parts = filters.map(({ column, values }) => {
    const boxes = values.map((value) => [String(value), box(typeof value === "number" ? withUnit(value, column.unit) : value, false, () => change(column.key))]);
    const title = make("summary", {}, column.label);
    const all = button("all", () => choose({ only: { [column.key]: null } }), { "aria-label": `all of ${column.label}` });
    const part = make("details", { class: "filter" }, title, make("div", { class: "boxes", role: "group", "aria-label": column.label }, ...boxes.map(([, made]) => made), all));
    return { key: column.key, label: column.label, boxes, title, part };
  });
  holder.replaceChildren(...parts.map((one) => one.part));

  function change(key) {
    const ticked = parts.find((one) => one.key === key).boxes.filter(([, made]) => made.firstChild.checked).map(([value]) => value);
    const isAll = !ticked.length || ticked.length === parts.find((one) => one.key === key).boxes.length;
    choose({ only: { [key]: isAll ? null : ticked } });
  }

  return {
    renew: (choices) => {
      for (const { key, label, boxes, title } of parts) {
        const only = choices.only[key];
        for (const [value, made] of boxes) made.firstChild.checked = !only || only.includes(value);
        title.textContent = only ? `${label}: ${only.length} of ${boxes.length}` : label;
      }
    },
  };
}
