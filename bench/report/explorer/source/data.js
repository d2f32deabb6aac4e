// The data of the page as columns that give the value of a row. Missing values are null, never 0.

const UNKNOWN = -1;
const PLAIN_WORD = /^[\w@%+=:,./-]+$/;
const IMPLEMENTATION = "\u0000";

/** An axis has this prefix in keys, so that it is no column of the tables by accident. */
export const AXIS = "axis.";

/** Reads the text of the data element into a run: its axes, its columns by key, its number of rows. */
export function readRun(text) {
  const data = JSON.parse(text);
  const caseOf = data.rows.case;
  const columns = new Map();
  data.axes.forEach((axis, index) => columns.set(AXIS + axis.name, axisColumn(data, axis, index)));
  for (const said of data.columns) columns.set(said.key, tableColumn(data, said));
  return {
    name: data.name,
    axes: data.axes,
    columns,
    rows: caseOf.length,
    caseOf,
    rest: data.cases.rest,
    marks: data.marks,
    mostPoints: data.most_points,
    bins: binsOf(data.bins),
    places: (row) => data.cases.places[caseOf[row]],
    command: (row) => commandOf(data, columns, row),
  };
}

/** The column of an axis; a case that lies on it more than once has several values, joined for readers. */
function axisColumn(data, axis, index) {
  const texts = data.cases.places.map((places) => {
    const codes = [...new Set(places.map((place) => place[index]))].filter((code) => code !== UNKNOWN);
    return codes.length ? codes.map((code) => axis.values[code]).join(" = ") : null;
  });
  return {
    key: AXIS + axis.name, label: axis.name, group: "axes of the sweep", unit: "", meaning: `axis ${axis.name} of the sweep`,
    kind: "axis", index, values: axis.values, isNumber: axis.is_number, baseline: axis.baseline,
    get: (row) => texts[data.rows.case[row]],
  };
}

/** A column of the tables. */
function tableColumn(data, said) {
  const held = said.of_case ? data.cases[said.key] : data.rows[said.key];
  const place = said.of_case ? (row) => data.rows.case[row] : (row) => row;
  const ends = said.ends?.filter((key) => data.rows[key]);
  const column = {
    key: said.key, label: said.label, group: said.group, unit: said.unit ?? "", meaning: said.meaning ?? "",
    energy: said.energy ?? "", isEnd: Boolean(said.is_end), isRange: Boolean(said.is_range), ofCase: Boolean(said.of_case),
    kind: said.is_text ? "text" : "number",
    low: ends?.length === 2 ? (row) => data.rows[ends[0]][row] : null,
    high: ends?.length === 2 ? (row) => data.rows[ends[1]][row] : null,
  };
  if (column.isRange) column.get = column.low;
  else if (said.is_text) column.get = (row) => (held.codes[place(row)] === UNKNOWN ? null : held.words[held.codes[place(row)]]);
  else column.get = (row) => held[place(row)];
  return column;
}

/** Bins that Python made of a long run: the edges and one byte a row. */
function binsOf(bins) {
  const found = new Map();
  for (const [key, { edges, codes }] of Object.entries(bins)) {
    found.set(key, { edges, codes: Uint8Array.from(atob(codes), (letter) => letter.charCodeAt(0)) });
  }
  return found;
}

function commandOf(data, columns, row) {
  const own = data.rows.command[row];
  if (own !== undefined) return own;
  const name = columns.get("implementation").get(row) ?? "";
  return data.cases.command[data.rows.case[row]].replace(IMPLEMENTATION, () => quoted(name));
}

/** A word as a shell reads it, by the rule of Python's shlex. */
function quoted(word) {
  return PLAIN_WORD.test(word) ? word : `'${word.replaceAll("'", "'\"'\"'")}'`;
}

/** Values of a column in the order of readers. */
export function sorted(column, values) {
  if (column.kind === "axis") {
    const place = new Map(column.values.map((value, index) => [value, index]));
    return values.sort((a, b) => (place.get(a) ?? 1e9) - (place.get(b) ?? 1e9) || compareTexts(a, b));
  }
  return values.sort(column.kind === "number" ? (a, b) => a - b : compareTexts);
}

const collator = new Intl.Collator("en", { numeric: true });

/** Texts in the order of readers: numbers in them by size. */
export function compareTexts(a, b) {
  return collator.compare(a, b);
}
