// From values to places in a picture: linear, logarithmic, or one place a value.

import { extent, ticks } from "d3-array";
import { sorted } from "./data.js";
import { tick } from "./format.js";

/** More different numbers than this are cut into ranges where a picture needs places. */
const MOST_PLACES = 40;
const RANGES = 24;
const MARGIN = 0.04;
/** The part of a place that is left free between cells. */
const GAP = 0.04;

/** Whether the values of a column lie on a line, or each has a place of its own. */
export function isContinuous(column) {
  return column.kind === "number" || (column.kind === "axis" && column.isNumber);
}

/** A scale over numbers; `zoom` replaces their range. A logarithmic one leaves out what is not positive. */
export function continuous(values, { isLog, zoom, range, unit, own = [] }) {
  const known = isLog ? values.filter((value) => value > 0) : values;
  let [low, high] = known.length ? extent(known) : [1, 10];
  if (zoom && (!isLog || zoom[0] > 0)) [low, high] = zoom;
  else [low, high] = widened(low, high, isLog);
  const [size, back] = isLog ? [Math.log, Math.exp] : [(value) => value, (value) => value];
  const [from, long] = [size(low), size(high) - size(low)];
  const [start, end] = range;
  return {
    isContinuous: true, isLog, unit, domain: [low, high], bandwidth: 0,
    at: (value) => (isLog && value <= 0 ? NaN : start + ((size(value) - from) / long) * (end - start)),
    invert: (pixel) => back(from + ((pixel - start) / (end - start)) * long),
    ticks: (most) => (own.length && own.length <= most ? own.filter((value) => value >= low && value <= high) : isLog ? logTicks(low, high, most) : ticks(low, high, most)).map((value) => ({ value, text: tick(value, unit) })),
  };
}

/** A scale with a place for each value. */
export function places(column, values, { range }) {
  const domain = sorted(column, [...new Set(values)]);
  const index = new Map(domain.map((value, number) => [value, number]));
  const [start, end] = range;
  const step = (end - start) / Math.max(1, domain.length);
  return {
    isContinuous: false, isLog: false, unit: "", domain, bandwidth: Math.abs(step) * (1 - GAP),
    at: (value) => start + (index.get(value) + 0.5) * step,
    ticks: (most) => {
      const every = Math.ceil(domain.length / most);
      return domain.filter((_, number) => number % every === 0).map((value) => ({ value, text: typeof value === "number" ? tick(value, column.unit) : value }));
    },
  };
}

/** For cells: the place of a value, itself or the range of numbers that it is in. */
export function cutter(column, values, isLog) {
  const different = new Set(values);
  if (column.kind !== "number" || different.size <= MOST_PLACES) return (value) => value;
  const [low, high] = extent(different);
  const isByLog = isLog && low > 0;
  const [from, length] = isByLog ? [Math.log(low), Math.log(high / low)] : [low, high - low];
  return (value) => {
    const share = ((isByLog ? Math.log(value) : value) - from) / length;
    const start = from + (Math.min(RANGES - 1, Math.floor(share * RANGES)) * length) / RANGES;
    return isByLog ? Math.exp(start) : start;
  };
}

function widened(low, high, isLog) {
  if (isLog) {
    const factor = high > low ? (high / low) ** MARGIN : 1.5;
    return [low / factor, high * factor];
  }
  const width = high > low ? (high - low) * MARGIN : Math.abs(low) * 0.5 || 1;
  // From zero on where zero is near: lengths are then comparable.
  return [low >= 0 && low < (high - low) * 0.5 ? 0 : low - width, high + width];
}

/** Round numbers between two positive ends: powers of ten, then 1, 2 and 5, then whatever is round. */
function logTicks(low, high, most) {
  for (const multiples of [[1], [1, 2, 5], [1, 1.5, 2, 3, 4, 5, 7]]) {
    const found = [];
    for (let exponent = Math.floor(Math.log10(low)); exponent <= Math.ceil(Math.log10(high)); exponent += 1) {
      for (const multiple of multiples) {
        const value = Number(`${multiple}e${exponent}`);
        if (value >= low && value <= high) found.push(value);
      }
    }
    if (found.length >= 3) {
      const step = Math.ceil(found.length / most);
      return found.filter((_, index) => index % step === 0);
    }
  }
  return ticks(low, high, 4).filter((value) => value > 0);
}
