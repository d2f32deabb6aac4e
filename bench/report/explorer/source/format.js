// Numbers as readers want them: three or four significant digits and a unit of fitting size.

const PREFIXES = [[1e12, "T"], [1e9, "G"], [1e6, "M"], [1e3, "k"], [1, ""], [1e-3, "m"], [1e-6, "µ"], [1e-9, "n"], [1e-12, "p"]];
const BINARY = [[2 ** 40, "Ti"], [2 ** 30, "Gi"], [2 ** 20, "Mi"], [2 ** 10, "Ki"], [1, ""]];
const MISSING = "–";

/** A number with so many significant digits; very large and very small ones with an exponent. */
export function significant(value, digits = 3) {
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1e6 || size < 1e-3) return value.toExponential(Math.max(0, digits - 1)).replace("e+", "e");
  const decimals = Math.max(0, digits - 1 - Math.floor(Math.log10(size)));
  return value.toFixed(decimals);
}

/** A value with its unit, as in 1.23 ms. */
export function withUnit(value, unit, digits = unit === "s" ? 4 : 3) {
  if (value === null || value === undefined) return MISSING;
  if (typeof value === "string") return value;
  if (unit === "×") return `${significant(value, digits)}×`;
  if (unit === "calls") return `${value.toLocaleString("en")} ${value === 1 ? "call" : "calls"}`;
  if (unit === "GFLOP/s") return `${significant(value, digits)} GFLOP/s`;
  if (unit === "") return Number.isInteger(value) && Math.abs(value) < 1e6 ? String(value) : significant(value, digits);
  const [scale, prefix] = prefixOf(value, unit);
  return `${plain(value / scale, digits)} ${prefix}${unit}`;
}

/** A value for a tick: no digits that say nothing. */
export function tick(value, unit) {
  const text = withUnit(value, unit, 3);
  return text.replace(/^(-?\d+)\.0+(?=\D|$)/, "$1").replace(/^(-?\d+\.\d*[1-9])0+(?=\D|$)/, "$1");
}

/** A range or interval in words: both ends with units. */
export function between(low, high, unit) {
  if (low === null && high === null) return MISSING;
  return `${withUnit(low, unit)} to ${high === null ? "never" : withUnit(high, unit)}`;
}

/** The value of a column in a row, with its unit; a range by its ends. */
export function cell(column, row) {
  if (column.isRange) return column.get(row) === null ? MISSING : between(column.low(row), column.high(row), column.unit);
  const value = column.get(row);
  return value === null ? MISSING : withUnit(value, column.unit);
}

function plain(value, digits) {
  return Math.abs(value) >= 10 ** digits ? value.toFixed(0) : significant(value, digits);
}

function prefixOf(value, unit) {
  const sizes = unit === "B" ? BINARY : PREFIXES.filter(([scale]) => unit !== "s" || scale <= 1);
  const size = Math.abs(value);
  return sizes.find(([scale]) => size >= scale * 0.9995) ?? (size === 0 ? [1, ""] : sizes[sizes.length - 1]);
}
