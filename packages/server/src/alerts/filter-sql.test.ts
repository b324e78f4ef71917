import { type Filter, parseFilter } from "@auditflow/contracts";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { postgresSite, sqliteSite } from "../../testing/database-sites.ts";
import { exampleAlert } from "../../testing/example-alert.ts";
import type { Database } from "../database/database.ts";
import type { AlertRow } from "../database/schema.ts";
import { upsertRows } from "../database/upsert-rows.ts";
import { filterSets } from "./filter-clauses.ts";
import { compileFilter } from "./filter-matches.ts";
import { filterCondition } from "./filter-sql.ts";
import { alertRow, alertsPlan, searchable } from "./record.ts";

const now = Date.parse("2026-03-01T12:00:00.000Z");

function filterOf(text: string): Filter {
  const result = parseFilter(text);
  if ("faults" in result) throw new Error(`${text}: ${JSON.stringify(result.faults)}`);
  return result.filter;
}

async function chosen(database: Database, filter: Filter): Promise<string[]> {
  const query = database.reader.selectFrom("alerts").select("alert_id").where(filterCondition(filter, now));
  return (await query.execute()).map(({ alert_id }) => alert_id).sort();
}

function fitting(rows: readonly AlertRow[], filter: Filter): string[] {
  return rows
    .filter(compileFilter(filter, now))
    .map(({ alert_id }) => alert_id)
    .sort();
}

const signs = ["a", "b", "%", "_", "\\", "'", "*", "?", " ", "ß", "\ud7ff", "\u{10ffff}", "😀", "İ"];
const words = fc.string({ unit: fc.constantFrom(...signs), maxLength: 4 });
const ids = Array.from({ length: 4 }, (_, n) => `0190a000-0000-7000-8000-00000000000${n}`);
const severities = ["INFO", "LOW", "MEDIUM", "HIGH", "CRITICAL"] as const;
const statuses = ["open", "acknowledged", "resolved", "closed"] as const;

const changes = fc.record({
  at: fc.integer({ min: -3, max: 3 }).map((days) => now + days * 12 * 3_600_000),
  severity: fc.constantFrom(...severities),
  status: fc.constantFrom(...statuses),
  rule_id: fc.oneof(words, fc.constantFrom("A", "a", "AB", "Éa")),
  rule_name: words.map((text) => searchable(text)),
  actor: words.map((text) => searchable(text)),
  host: words.map((text) => searchable(text)),
  ip: fc.option(words.map((text) => searchable(text))),
  type: words.map((text) => searchable(text)),
  words: words.map((text) => searchable(text)),
  assignee: fc.option(words.map((text) => searchable(text))),
  incident_id: fc.option(fc.constantFrom(...ids)),
  synthetic: fc.constantFrom(0, 1),
  count: fc.constantFrom(1, 2, 3, 2 ** 40),
});

const rows: readonly AlertRow[] = fc.sample(changes, { numRuns: 250, seed: 7 }).map((change, n) => ({
  ...alertRow(exampleAlert(1))!,
  ...change,
  alert_id: `0190a000-0000-5000-8000-${String(n).padStart(12, "0")}`,
}));

const written = fc.oneof(
  fc
    .string({ unit: fc.constantFrom(...signs, "A"), minLength: 1, maxLength: 3 })
    .map((text) => `"${text.replaceAll("\\", "\\\\")}"`),
  fc.constantFrom(
    "a*",
    "*a",
    "*",
    "?",
    "a?",
    "*a*b*",
    '"%"*',
    '"_"*',
    "\\\\*",
    "\ud7ff*",
    "\u{10ffff}*",
    "😀*",
    "A?",
  ),
);
const operator = fc.constantFrom("", ">", ">=", "<", "<=");
const times = fc.constantFrom("2026-03-01", "2026-02-28", "2026-03-01T12:00:00Z", "2026-03-02T00:00:00.001Z");
const listed = (values: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.array(values, { minLength: 1, maxLength: 3 }).map((all) => all.join(","));
const compared = (field: string, values: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.tuple(operator, values).map(([sign, value]) => `${field}:${sign}${value}`);

const positive = fc.oneof(
  ...["rule", "user", "host", "ip", "type", "assignee", "text"].map((field) =>
    listed(written).map((values) => `${field}:${values}`),
  ),
  listed(fc.constantFrom("none", "a*")).map((values) => `assignee:${values}`),
  compared("severity", fc.constantFrom(...severities)),
  listed(fc.constantFrom(...severities)).map((values) => `severity:${values}`),
  listed(fc.constantFrom(...statuses)).map((values) => `status:${values}`),
  fc.constantFrom(...ids).map((id) => `incident:${id}`),
  fc.constantFrom(...rows.slice(0, 5)).map(({ alert_id }) => `id:${alert_id.toUpperCase()}`),
  fc.boolean().map((value) => `synthetic:${value}`),
  compared("count", fc.constantFrom("1", "2", "3", String(2 ** 40), "999999999999999")),
  compared("time", times),
  fc.constantFrom(">now-12h", "<=now-1d", "<now", ">=now-999999w").map((value) => `time:${value}`),
);
const terms = fc.tuple(fc.constantFrom("", "-"), positive).map((parts) => parts.join(""));
const filters = fc.array(terms, { maxLength: 3 }).map((all) => all.join(" "));

describe.each([
  ["SQLite", sqliteSite],
  ["PostgreSQL", postgresSite],
] as const)("a filter on %s", (_, makeSite) => {
  let site: Awaited<ReturnType<typeof makeSite>>;
  let database: Database;

  beforeAll(async () => {
    site = await makeSite();
    database = site.open();
    const { refused } = await upsertRows(database, alertsPlan, rows);
    expect(refused).toEqual([]);
  });
  afterAll(() => site?.end());

  /** What people decided is not written with a new alert, so the rows are read back. */
  const stored = async (): Promise<AlertRow[]> => {
    const all = await database.reader.selectFrom("alerts").selectAll().execute();
    expect(all.map(({ status }) => status)).toContain("acknowledged");
    expect(all.map(({ assignee }) => assignee)).toContain(null);
    return all;
  };

  it("lets through exactly the rows that the function lets through", async () => {
    const all = await stored();
    await fc.assert(
      fc.asyncProperty(filters, async (text) => {
        const filter = filterOf(text);
        expect(await chosen(database, filter)).toEqual(fitting(all, filter));
      }),
      { numRuns: 400 },
    );
  });

  it("and its opposite share the rows among them, those with nulls too", async () => {
    for (const term of ["ip:a*", "ip:*", "assignee:none", "assignee:a", "text:a", `incident:${ids[0]}`]) {
      const [yes, no] = await Promise.all([
        chosen(database, filterOf(term)),
        chosen(database, filterOf(`-${term}`)),
      ]);
      expect([...yes, ...no].sort(), term).toEqual(rows.map(({ alert_id }) => alert_id).sort());
    }
  });

  it("compares a whole value and a begin in a way that an index answers", () => {
    const condition = filterCondition(filterOf("user:alice host:web-*"), now);
    const { sql, parameters } = database.reader.selectFrom("alerts").selectAll().where(condition).compile();
    expect(sql).not.toMatch(/like|lower|substr/);
    expect(parameters).toEqual(["alice", "web-", "web."]);
  });

  it.each([
    ["\ud7ff", ["\ud7ff", "\ue000"]],
    ["a\u{10ffff}", ["a\u{10ffff}", "b"]],
    ["\u{10ffff}", ["\u{10ffff}"]],
  ])("ends what begins with %j where no character is left out", (begin, bounds) => {
    const condition = filterCondition(filterOf(`user:${begin}*`), now);
    expect(database.reader.selectFrom("alerts").where(condition).compile().parameters).toEqual(bounds);
  });

  it("of the greatest size is answered", async () => {
    const wide = `text:${"a,".repeat(49)}a `.repeat(18);
    const deep = "-x ".repeat(50);
    const stars = `host:${"*?a".repeat(600)}`;
    for (const text of [wide, deep, stars]) {
      const filter = filterOf(text);
      expect(await chosen(database, filter)).toEqual(fitting(rows, filter));
    }
  });
});

describe("compileFilter", () => {
  const example = alertRow(exampleAlert(1))!;
  const fits = (text: string, change: Partial<AlertRow> = {}): boolean =>
    compileFilter(filterOf(text), now)({ ...example, ...change });

  it.each([
    ["severity:>=high", true],
    ['rule:"ssh BRUTE force"', true],
    ["rule:r-1", true],
    ["rule:R-?", true],
    ["-rule:r-1", false],
    ["user:ROOT", true],
    ["user:alice,ro*", true],
    ["host:web-*", true],
    ["-host:web-*", false],
    ["ip:10.0.*", true],
    ["type:ssh_brute_force", true],
    ["assignee:none status:open", true],
    ["failed root", true],
    ["fail?d", true],
    ["nobody", false],
    ["count:>4 count:<=5 -count:6,7", true],
    ["time:2026-03-01", true],
    ["time:<2026-03-01", false],
    ["time:<=2026-03-01 time:>2026-02-28", true],
    ["-synthetic:true", true],
  ])("%s: %s", (text, expected) => {
    expect(fits(text)).toBe(expected);
  });

  it("an exact value longer than what is stored of a text is found by what is stored", () => {
    const name = "x".repeat(300);
    expect(fits(`user:${name}`, { actor: searchable(name) })).toBe(true);
  });
});

describe("filterSets", () => {
  it.each([
    ["", severities, statuses],
    ["severity:>=high -status:closed", ["HIGH", "CRITICAL"], ["open", "acknowledged", "resolved"]],
    ["-severity:>low severity:low,high", ["LOW"], statuses],
    ["severity:<low severity:>low", [], statuses],
    ["-status:open,closed status:open,resolved", severities, ["resolved"]],
  ])("%j allows %j and %j", (text, allowedSeverities, allowedStatuses) => {
    expect(filterSets(filterOf(text))).toEqual({ severities: allowedSeverities, statuses: allowedStatuses });
  });
});
