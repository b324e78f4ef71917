import fc from "fast-check";
import type { ApiDocument, Operation } from "./validated-http.ts";

/** A request as `inject` takes it. */
export interface HostileRequest {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly url: string;
  readonly headers?: Record<string, string>;
  readonly payload?: string;
}

/** What breaks programs: signs that mean something to a database, a path, a number or a terminal. */
const nasty = fc.constantFrom(
  ...[
    "",
    " ",
    "0",
    "-1",
    "1e309",
    "NaN",
    "null",
    "true",
    "[]",
    "{}",
    "undefined",
    "__proto__",
    "constructor",
  ],
  ...[
    "'",
    '"',
    "\\",
    "%",
    "%zz",
    "%00",
    "\u0000",
    "\ud800",
    "\u202e",
    "..",
    "../../etc/passwd",
    "' OR 1=1 --",
  ],
  ...["9223372036854775808", "99999999999999999999", "0000-01-01T00:00:00Z", "9999-12-31T23:59:59.999Z"],
  ...["2026-02-30T00:00:00Z", "a".repeat(5_000), "((((((", "*".repeat(100), "a:b:c", "<script>", "\r\nx: y"],
);

/**
 * Requests to any operation of the document but live streams, whose parameters and bodies are sometimes what the
 * schema asks for and mostly not: wrong types, edges of ranges, text that means something to whoever reads on.
 */
export function hostileRequests(document: ApiDocument): fc.Arbitrary<HostileRequest> {
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );
  const all = operations
    .filter(({ path }) => !path.endsWith("/stream"))
    .map(({ path, method, operation }) => requestsOf(document, path, { method, operation }));
  return fc.oneof(...all);
}

function requestsOf(
  document: ApiDocument,
  path: string,
  { method, operation }: { method: string; operation: Operation },
): fc.Arbitrary<HostileRequest> {
  const valuesFor = (schema: object): fc.Arbitrary<unknown> => valuesOf(schema, document, 0);
  const named = (place: string): [string, fc.Arbitrary<unknown>][] =>
    (operation.parameters ?? [])
      .filter((parameter) => parameter.in === place)
      .map(({ name, schema }) => [name, valuesFor(schema)]);
  const required = (operation.parameters ?? [])
    .filter((one) => one.required === true)
    .map(({ name }) => name);
  const body = Object.values(operation.requestBody?.content ?? {})[0]?.schema ?? {};
  return fc
    .record({
      path: fc.record(Object.fromEntries(named("path"))),
      query: records(Object.fromEntries(named("query")), required),
      stray: fc.oneof({ weight: 5, arbitrary: fc.constant(undefined) }, fc.tuple(fc.string(), nasty)),
      payload: method === "get" ? fc.constant(undefined) : bodies(valuesFor(body)),
      type: fc.constantFrom(...jsonMostly, "text/plain", "application/x-ndjson", "x"),
    })
    .map(({ path: names, query, stray, payload, type }) => ({
      method: method.toUpperCase() as HostileRequest["method"],
      url: `${filled(path, names)}?${queryOf(stray === undefined ? query : { ...query, [stray[0]]: stray[1] })}`,
      ...(payload === undefined ? {} : { payload, headers: { "content-type": type } }),
    }));
}

const jsonMostly: readonly string[] = new Array<string>(20).fill("application/json");

function bodies(values: fc.Arbitrary<unknown>): fc.Arbitrary<string | undefined> {
  const json = values.map((value) => JSON.stringify(value) ?? "");
  return fc.oneof({ weight: 5, arbitrary: json }, nasty, fc.json(), fc.constant(undefined));
}

function filled(path: string, names: Readonly<Record<string, unknown>>): string {
  return path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encoded(names[name]) || "x");
}

function queryOf(query: Readonly<Record<string, unknown>>): string {
  return Object.entries(query)
    .flatMap(([name, value]) => [value].flat().map((one) => `${encoded(name)}=${encoded(one)}`))
    .join("&");
}

function encoded(value: unknown): string {
  const text = typeof value === "string" ? value : (JSON.stringify(value) ?? "");
  // A path that is all dots would be another path.
  return encodeURIComponent(text.toWellFormed()).replaceAll(".", "%2E");
}

interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly object[];
  readonly items?: object;
  readonly properties?: Readonly<Record<string, object>>;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly required?: readonly string[];
  readonly format?: string;
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
}

const deepest = 4;

type Fields = Record<string, fc.Arbitrary<unknown>>;

/** Mostly with what is required. */
function records(fields: Fields, required: readonly string[]): fc.Arbitrary<Record<string, unknown>> {
  const requiredKeys = Object.keys(fields).filter((name) => required.includes(name));
  const whole = fc.record(fields, { requiredKeys });
  return fc.oneof({ weight: 8, arbitrary: whole }, fc.record(fields, { requiredKeys: [] }));
}

function valuesOf(schema: Schema, document: ApiDocument, depth: number): fc.Arbitrary<unknown> {
  const wrong = fc.oneof(nasty, fc.integer(), fc.double(), fc.constant(null), fc.jsonValue({ maxDepth: 2 }));
  if (depth > deepest) return wrong;
  const fitting = fittingValues(schema, document, depth + 1);
  return fc.oneof({ weight: 8, arbitrary: fitting }, { weight: 1, arbitrary: wrong });
}

function fittingValues(schema: Schema, document: ApiDocument, depth: number): fc.Arbitrary<unknown> {
  const within = (part: object): fc.Arbitrary<unknown> => valuesOf(part, document, depth);
  if (schema.$ref !== undefined) return within(resolved(document, schema.$ref));
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  if (schema.anyOf !== undefined) return fc.oneof(...schema.anyOf.map(within));
  if (schema.type === "array") return fc.array(within(schema.items ?? {}), { maxLength: 5 });
  if (schema.type === "object" || schema.properties !== undefined) {
    const fields = Object.entries(schema.properties ?? {}).map(([name, part]) => [name, within(part)]);
    return records(Object.fromEntries(fields) as Fields, schema.required ?? []);
  }
  if (schema.type === "integer" || schema.type === "number") return edges(schema);
  return schema.type === "boolean" ? fc.boolean() : texts(schema);
}

function texts({ pattern, format, minLength = 0, maxLength = 50 }: Schema): fc.Arbitrary<string> {
  const date = fc.date({ noInvalidDate: true }).map((moment) => moment.toISOString());
  const near = fc.date({ min: new Date("2026-01-01"), max: new Date("2026-01-02"), noInvalidDate: true });
  const free = fc.oneof(fc.string(), fc.string({ unit: "binary" }), fc.uuid(), date, nasty);
  const fitting = ((): fc.Arbitrary<string> => {
    if (format === "date-time") return near.map((moment) => moment.toISOString());
    // What looks ahead or behind cannot be made from its pattern.
    if (pattern !== undefined && !/\(\?[<!=]/.test(pattern)) return fc.stringMatching(new RegExp(pattern));
    return fc.string({ minLength, maxLength });
  })();
  return fc.oneof({ weight: 8, arbitrary: fitting }, free);
}

function edges({ minimum = -1e6, maximum = 1e6 }: Schema): fc.Arbitrary<number> {
  const within = fc.integer({ min: Math.ceil(minimum), max: Math.floor(maximum) });
  const near = fc.constantFrom(
    minimum - 1,
    minimum,
    minimum + 1,
    maximum - 1,
    maximum,
    maximum + 1,
    0.5,
    2 ** 53,
  );
  return fc.oneof({ weight: 2, arbitrary: within }, near);
}

function resolved(document: ApiDocument, ref: string): object {
  const parts = ref.replace(/^#\//, "").split("/");
  return parts.reduce<object>((place, part) => (place as Record<string, object>)[part] ?? {}, document);
}
