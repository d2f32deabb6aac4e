// What the reader has chosen, as one frozen value, and how it stands in the address.

import { AXIS } from "./data.js";

/** The address of a view begins with this; without the rest it is the link to the section. */
export const PREFIX = "#explore?";
export const KINDS = ["line", "scatter", "heat"];
const ONLY = "only.";
const SIZES = [25, 50, 100, 250];
/** Columns of the table before the reader has chosen any. */
const FIRST_COLUMNS = [
  "implementation", "problem", "device", "precision", "time_s", "over_best", "gflops", "energy_measured_j",
  "energy_modelled_j", "energy_bracketed_j", "workspace_bytes", "error_share", "status",
];

/** Of these, only what tells rows apart is shown at first. */
const CONDITIONS = ["device", "precision"];

/** The view of a page that was opened without an address of one. */
export function firstChoices(run) {
  const axis = longestAxis(run);
  const y = run.columns.has("time_s") ? "time_s" : numbers(run)[0] ?? "status";
  const x = axis ? AXIS + axis.name : run.columns.has("direct_flops") ? "direct_flops" : "problem";
  const several = (key) => run.columns.has(key) && new Set(rowsOf(run).map(run.columns.get(key).get)).size > 1;
  return Object.freeze({
    kind: axis ? "line" : "scatter",
    x, y,
    colour: "implementation",
    facet: ["device", "precision", "layout"].find(several) ?? "",
    logx: Boolean(axis?.is_number) || x === "direct_flops",
    logy: true,
    whiskers: true,
    hold: Boolean(axis),
    zoom: null,
    only: Object.freeze({}),
    sort: "", down: false, find: "", page: 1, size: SIZES[1],
    cols: Object.freeze([...run.axes.map((one) => AXIS + one.name), ...FIRST_COLUMNS].filter((key) => run.columns.has(key) && (!CONDITIONS.includes(key) || several(key)))
      .sort((a, b) => (a === "implementation" ? -1 : b === "implementation" ? 1 : 0))),
  });
}

/** The choices that an address names, over the first ones; what it names wrongly is left out. */
export function fromAddress(run, first, address) {
  if (!address.startsWith(PREFIX)) return first;
  const said = new URLSearchParams(address.slice(PREFIX.length));
  const read = { ...first, only: {} };
  const column = (key) => run.columns.has(said.get(key)) && !run.columns.get(said.get(key)).isEnd;
  for (const key of ["x", "y", "colour"]) if (column(key)) read[key] = said.get(key);
  if (said.get("facet") === "" || column("facet")) read.facet = said.get("facet");
  if (KINDS.includes(said.get("kind"))) read.kind = said.get("kind");
  for (const key of ["logx", "logy", "whiskers", "hold", "down"]) if (said.has(key)) read[key] = said.get(key) === "1";
  if (said.get("sort") === "" || run.columns.has(said.get("sort"))) read.sort = said.get("sort");
  if (said.has("find")) read.find = said.get("find");
  const page = Number(said.get("page")), size = Number(said.get("size"));
  if (Number.isInteger(page) && page > 0) read.page = page;
  if (SIZES.includes(size)) read.size = size;
  const cols = said.getAll("col").filter((key) => run.columns.has(key));
  if (cols.length) read.cols = Object.freeze(cols);
  read.zoom = zoomFrom(said.get("zoom"));
  for (const key of new Set(said.keys())) {
    if (key.startsWith(ONLY) && run.columns.has(key.slice(ONLY.length))) read.only[key.slice(ONLY.length)] = said.getAll(key);
  }
  Object.freeze(read.only);
  return fitting(run, Object.freeze(read));
}

/** The address of a view: only what differs from the first one. */
export function toAddress(first, choices) {
  const said = new URLSearchParams();
  for (const key of ["kind", "x", "y", "colour", "facet", "logx", "logy", "whiskers", "hold", "sort", "down", "find", "page", "size"]) {
    const value = choices[key];
    if (value !== first[key]) said.set(key, typeof value === "boolean" ? String(Number(value)) : String(value));
  }
  if (choices.zoom) said.set("zoom", choices.zoom.map((end) => Number(end.toPrecision(5))).join(","));
  if (choices.cols.join() !== first.cols.join()) for (const key of choices.cols) said.append("col", key);
  for (const [key, values] of Object.entries(choices.only)) for (const value of values) said.append(ONLY + key, value);
  const text = said.toString();
  return text ? PREFIX + text : "";
}

/** Choices that a picture can show: a heat map needs a number as its colour, a line no range. */
export function fitting(run, choices) {
  const fitted = { ...choices };
  const colour = run.columns.get(choices.colour);
  if (choices.kind === "heat") {
    if (colour.kind !== "number" || colour.isRange) fitted.colour = numbers(run).find((key) => key === "over_best") ?? numbers(run)[0] ?? "";
    if (isMeasure(run.columns.get(choices.y))) fitted.y = "implementation";
    if (isMeasure(run.columns.get(choices.x))) fitted.x = run.axes.length ? AXIS + longestAxis(run).name : "problem";
  } else if (colour.isRange || (choices.kind === "line" && isMeasure(colour))) fitted.colour = "implementation";
  if (!fitted.colour) fitted.kind = "scatter", fitted.colour = "implementation";
  return Object.freeze(fitted);
}

/** Whether a column holds what was measured or counted of single rows: no places to put side by side. */
export function isMeasure(column) {
  return column.kind === "number" && !column.ofCase;
}

/** The sizes of a page of the table. */
export const PAGE_SIZES = SIZES;

function longestAxis(run) {
  return run.axes.reduce((best, axis) => (!best || axis.values.length > best.values.length ? axis : best), null);
}

function numbers(run) {
  return [...run.columns.values()].filter((one) => isMeasure(one) && !one.isEnd && !one.isRange).map((one) => one.key);
}

function rowsOf(run) {
  return Array.from({ length: run.rows }, (_, row) => row);
}

function zoomFrom(text) {
  const ends = (text ?? "").split(",").map(Number);
  const isZoom = ends.length === 4 && ends.every(Number.isFinite) && ends[0] < ends[1] && ends[2] < ends[3];
  return isZoom ? Object.freeze(ends) : null;
}
