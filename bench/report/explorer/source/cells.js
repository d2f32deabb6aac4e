// Cells: the medians of a heat map, and the numbers of rows where there are too many for single points.

import { cutter, isContinuous } from "./scales.js";

const MISSING_BIN = 255;
/** More than the bins or names of any column. */
const STRIDE = 2 ** 20;

/** The cells of a heat map: for each pair of places the median of the colour's column, and a row that has it. */
export function cellsOf(run, choices, points) {
  const [x, y, colour] = ["x", "y", "colour"].map((key) => run.columns.get(choices[key]));
  const cutX = cutter(x, points.map((point) => point.x), choices.logx);
  const cutY = cutter(y, points.map((point) => point.y), choices.logy);
  const cells = new Map();
  for (const point of points) {
    const value = colour.get(point.row);
    if (value === null) continue;
    const [cx, cy] = [cutX(point.x), cutY(point.y)];
    const key = JSON.stringify([point.panel, cx, cy]);
    const cell = cells.get(key);
    if (cell) cell.members.push([value, point.row]);
    else cells.set(key, { x: cx, y: cy, panel: point.panel, members: [[value, point.row]] });
  }
  return [...cells.values()].map((cell) => {
    cell.members.sort(([a], [b]) => a - b);
    // The lower of the two middle ones: it is the value of a row, whose case can be shown.
    const [value, row] = cell.members[(cell.members.length - 1) >> 1];
    return { x: cell.x, y: cell.y, panel: cell.panel, value, row, count: cell.members.length, rows: cell.members.map(([, member]) => member) };
  });
}

/** How many rows are in each bin that Python made; by the columns of the picture. */
export function countsOf(run, choices, rows) {
  const [x, y] = ["x", "y"].map((key) => binned(run, run.columns.get(choices[key])));
  const counts = new Map();
  for (const row of rows) {
    const [a, b] = [x.code(row), y.code(row)];
    if (a === null || b === null) continue;
    const known = counts.get(a * STRIDE + b);
    if (known) known.count += 1;
    else counts.set(a * STRIDE + b, { row, count: 1, xEnds: x.ends(a), yEnds: y.ends(b), x: x.middle(a), y: y.middle(b), panel: null });
  }
  return [...counts.values()];
}

function binned(run, column) {
  const bins = run.bins.get(column.isRange ? column.key.replace(/_j$/, "_low_j") : column.key);
  if (bins) {
    const { edges, codes } = bins;
    return {
      code: (row) => (codes[row] === MISSING_BIN ? null : codes[row]),
      ends: (code) => [edges[code], edges[code + 1]],
      middle: (code) => (edges[0] > 0 ? Math.sqrt(edges[code] * edges[code + 1]) : (edges[code] + edges[code + 1]) / 2),
    };
  }
  const places = new Map(), names = [];
  return {
    code: (row) => {
      const value = column.get(row);
      if (value === null) return null;
      if (!places.has(value)) places.set(value, names.push(value) - 1);
      return places.get(value);
    },
    ends: () => null,
    // A case that lies on an axis several times counts at the first of its values.
    middle: (code) => (isContinuous(column) ? Number(String(names[code]).split(" = ")[0]) : names[code]),
  };
}
