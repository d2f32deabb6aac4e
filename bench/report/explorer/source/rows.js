// Which rows are shown: those that pass the filters, that hold the words searched for, in the order chosen.

import { AXIS, compareTexts, sorted } from "./data.js";

/** Columns with more values than this have no list of boxes; the search of the table finds them. */
const MOST_BOXES = 40;
/** What a filter is offered for at once; all others unfold. */
const FIRST_FILTERS = ["implementation", "device", "precision", "layout"];

/** The rows that pass every filter, in the order of the run. */
export function filtered(run, only) {
  const tests = Object.entries(only).map(([key, values]) => [run.columns.get(key), new Set(values)]);
  const found = [];
  for (let row = 0; row < run.rows; row += 1) {
    if (tests.every(([column, values]) => values.has(String(column.get(row) ?? "")))) found.push(row);
  }
  return found;
}

/** The columns that can be filtered by boxes, with their values: those that tell the rows of this run apart. */
export function filtersOf(run) {
  const found = [];
  for (const column of run.columns.values()) {
    // Where a sweep has axes, they set the sizes.
    if (column.kind === "number" && (!column.ofCase || column.unit !== "" || (run.axes.length && column.key !== "threads"))) continue;
    // An axis says more than the column that it sets.
    if (column.kind !== "axis" && run.columns.has(AXIS + column.key)) continue;
    const values = fewValues(run, column);
    if (values.length > 1) found.push({ column, values });
  }
  const place = (one) => (FIRST_FILTERS.includes(one.column.key) ? FIRST_FILTERS.indexOf(one.column.key) : one.column.kind === "axis" ? 10 : 20);
  return found.sort((a, b) => place(a) - place(b));
}

/** The different values of a column in order; none if there are too many for boxes. */
function fewValues(run, column) {
  const found = new Set();
  for (let row = 0; row < run.rows; row += 1) {
    const value = column.get(row);
    if (value !== null) found.add(value);
    if (found.size > MOST_BOXES) return [];
  }
  return sorted(column, [...found]);
}

/** A function that finds the rows with all words of a text, in any column of texts or in the command. */
export function searcher(run) {
  const columns = [...run.columns.values()].filter((column) => column.kind !== "number");
  const texts = [];
  const textOf = (row) => (texts[row] ??= [...columns.map((column) => column.get(row) ?? ""), run.command(row)].join("\n").toLowerCase());
  return (rows, find) => {
    const words = find.toLowerCase().split(/\s+/).filter(Boolean);
    return words.length ? rows.filter((row) => words.every((word) => textOf(row).includes(word))) : rows;
  };
}

/** The rows sorted by a column; missing values come last in either direction, equal ones stay in order. */
export function inOrder(column, rows, down) {
  if (!column) return rows;
  const sign = down ? -1 : 1;
  const place = column.kind === "axis" ? new Map(column.values.map((value, index) => [value, index])) : null;
  const compare = (a, b) => (typeof a === "number" && typeof b === "number" ? a - b : compareTexts(String(a), String(b)));
  const key = (row) => {
    const value = column.get(row);
    return value !== null && place?.has(value) ? place.get(value) : value;
  };
  return rows
    .map((row) => [key(row), row])
    .sort(([a], [b]) => (a === null || b === null ? Number(a === null) - Number(b === null) : sign * compare(a, b)))
    .map(([, row]) => row);
}
