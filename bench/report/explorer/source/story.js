// What is known of one row, in words, with the command that measures it again.

import { make, button } from "./dom.js";
import { between, cell, withUnit } from "./format.js";

const CONDITIONS = ["device", "precision", "layout", "threads"];

/** The case of a target as an element: the implementation, the problem, the values of the picture, the command. */
export function storyOf(run, choices, scene, target) {
  const { item } = target, { row } = item;
  const text = (key) => run.columns.get(key)?.get(row) ?? null;
  if (scene.mode === "counts") {
    return make("div", {}, make("p", { class: "case-head" }, `${item.count.toLocaleString("en")} ${item.count === 1 ? "row is" : "rows are"} here`), make("p", {}, "Zoom in to see them one by one."));
  }
  const conditions = CONDITIONS.map((key) => [key, text(key)]).filter(([, value]) => value !== null).map(([key, value]) => (key === "threads" ? `${value} ${value === 1 ? "thread" : "threads"}` : value));
  const said = [];
  if (scene.mode === "cells" && item.count > 1) said.push(make("p", {}, `Median of ${item.count.toLocaleString("en")} rows; the case shown has it.`));
  return make("div", {},
    make("p", { class: "case-head" }, make("strong", {}, text("implementation") ?? "", text("delegate") ? ` (${text("delegate")})` : ""), ` ${text("problem") ?? ""}`),
    make("p", { class: "case-where" }, conditions.join(" · ")),
    ...said,
    make("dl", {}, ...valuesOf(run, choices, row)),
    commandOf(run.command(row)),
  );
}

/** The values of the columns that the picture uses, and what every reader wants to know besides. */
function valuesOf(run, choices, row) {
  const keys = [...new Set([choices.y, choices.x, choices.kind === "heat" ? choices.colour : "", choices.facet, "time_s", "over_best", "status", "flags", "energy_source"])];
  return keys.filter((key) => key && key !== "implementation").flatMap((key) => {
    const column = run.columns.get(key);
    if (!column || column.get(row) === null) return [];
    return [make("dt", {}, column.label), make("dd", {}, withInterval(column, row))];
  });
}

/** A value with the ends of its interval; a range has ends only. */
export function withInterval(column, row) {
  const value = cell(column, row);
  if (column.isRange || !column.low || column.low(row) === null) return value;
  return `${value} (${between(column.low(row), column.high(row), column.unit)})`;
}

function commandOf(command) {
  const told = make("span", { role: "status" });
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(command);
      told.textContent = "copied";
    } catch {
      // A page from a file may not write the clipboard: the reader copies what is then selected.
      const range = document.createRange();
      range.selectNodeContents(code);
      getSelection().removeAllRanges();
      getSelection().addRange(range);
      told.textContent = "selected: copy it";
    }
  };
  const code = make("code", {}, command);
  return make("p", { class: "case-command" }, make("span", {}, "Measure again: "), code, " ", button("Copy", copy), " ", told);
}

/** A target in one sentence, for readers who hear the page. */
export function sentenceOf(run, choices, scene, { item }) {
  if (scene.mode === "counts") return `${item.count} rows`;
  const [x, y] = [run.columns.get(choices.x), run.columns.get(choices.y)];
  const value = (column, given) => (column.isRange ? cell(column, item.row) : withUnit(given, column.unit));
  const shade = scene.mode === "cells" ? `, ${run.columns.get(choices.colour).label} ${withUnit(item.value, run.columns.get(choices.colour).unit)}` : "";
  return `${run.columns.get("implementation")?.get(item.row) ?? ""}: ${x.label} ${value(x, item.x)}, ${y.label} ${value(y, item.y)}${shade}`;
}
