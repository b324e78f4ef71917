/** Parameters whose text means itself: `filter=5` is the word 5, and quotes in it are the filter's own. */
const plainKeys: ReadonlySet<string> = new Set(["filter"]);

/** Signs that need no escape in a query and make it readable. */
const readable: readonly (readonly [escaped: string, sign: string])[] = [
  ["%20", "+"],
  ["%3A", ":"],
  ["%2C", ","],
  ["%2F", "/"],
  ["%3D", "="],
  ["%40", "@"],
];

/** Reads what stands in an address after `?`; a parameter that comes several times is a list. Never throws. */
export function parseSearch(text: string): Record<string, unknown> {
  const found = new Map<string, unknown>();
  for (const [key, written] of new URLSearchParams(text)) {
    const value = plainKeys.has(key) ? written : fromJson(written);
    found.set(key, found.has(key) ? [found.get(key), value].flat() : value);
  }
  return Object.fromEntries(found);
}

/** Writes what stands in an address after `?`, so that `parseSearch` reads the same again; empty without parameters. */
export function stringifySearch(search: Readonly<Record<string, unknown>>): string {
  const parts = Object.entries(search)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${encodeURIComponent(key)}=${escaped(written(key, value))}`);
  return parts.length === 0 ? "" : `?${parts.join("&")}`;
}

function written(key: string, value: unknown): string {
  if (typeof value === "string" && (plainKeys.has(key) || fromJson(value) === value)) return value;
  return JSON.stringify(value);
}

function escaped(text: string): string {
  // A lone surrogate has no escape.
  return readable.reduce(
    (result, [code, sign]) => result.replaceAll(code, sign),
    encodeURIComponent(text.toWellFormed()),
  );
}

function fromJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
