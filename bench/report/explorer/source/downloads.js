// Pictures and rows as files, made in the page and handed to the reader.

import { AXIS } from "./data.js";
import { canvasPen, svgPen } from "./pens.js";

/** Pixels of a PNG for one of the page: enough for print at the width of a column. */
const SHARP = 3;
/** A cell that begins so would be a formula to a spreadsheet. */
const FORMULA = /^[=+\-@\t\r]/;

/** Saves the picture as SVG. */
export function saveSvg(name, picture, title) {
  const pen = svgPen(picture.width, picture.height, title);
  picture.draw(pen);
  save(`${name}.svg`, new Blob([pen.finish()], { type: "image/svg+xml" }));
}

/** Saves the picture as PNG. */
export function savePng(name, picture) {
  const canvas = document.createElement("canvas");
  canvas.width = picture.width * SHARP;
  canvas.height = picture.height * SHARP;
  const context = canvas.getContext("2d");
  context.scale(SHARP, SHARP);
  picture.draw(canvasPen(context));
  canvas.toBlob((blob) => save(`${name}.png`, blob), "image/png");
}

/** Saves rows as CSV: the columns by their keys, missing values empty, the command of each row last. */
export function saveCsv(name, run, columns, rows) {
  save(`${name}.csv`, new Blob([csvOf(run, columns, rows)], { type: "text/csv" }));
}

/** The text of a CSV file, as RFC 4180 has it; a range has a column for each end. */
export function csvOf(run, columns, rows) {
  const wide = columns.flatMap((column) => (column.isRange ? [{ key: column.key.replace(/_j$/, "_low_j"), get: column.low }, { key: column.key.replace(/_j$/, "_high_j"), get: column.high }] : [column]));
  const unique = [...new Map(wide.map((column) => [column.key, column])).values()];
  const head = [...unique.map((column) => (column.key.startsWith(AXIS) ? column.key.slice(AXIS.length) : column.key)), "command"];
  const lines = rows.map((row) => [...unique.map((column) => column.get(row)), run.command(row)]);
  return [head, ...lines].map((cells) => cells.map(field).join(",")).join("\r\n") + "\r\n";
}

function field(value) {
  if (value === null || value === undefined) return "";
  if (typeof value === "number") return String(value);
  const text = FORMULA.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function save(name, blob) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name.replace(/[^\w.-]+/g, "-");
  document.body.append(link);
  link.click();
  link.remove();
  // The browser reads it before this.
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
