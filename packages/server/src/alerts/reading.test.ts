import { readFileSync } from "node:fs";
import {
  type AlertFacets,
  alertSeverities,
  alertStatuses,
  type FacetField,
  parseFilter,
} from "@auditflow/contracts";
import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { alertRowOf } from "../../testing/alert-rows.ts";
import type { DatabaseSite } from "../../testing/database-site.ts";
import { postgresSite, sqliteSite } from "../../testing/database-sites.ts";
import { exampleAlert } from "../../testing/example-alert.ts";
import type { Database } from "../database/database.ts";
import type { AlertRow } from "../database/schema.ts";
import { upsertRows } from "../database/upsert-rows.ts";
import { type ExportFormat, exportAlerts, exportColumns } from "./export.ts";
import { countFacets } from "./facets.ts";
import { compileFilter } from "./filter-matches.ts";
import { countAlerts } from "./histogram.ts";
import { listAlerts, lookUpAlerts, type Position } from "./queries.ts";
import { alertsPlan } from "./record.ts";
import { type AlertSelection, countSelected } from "./selection.ts";
import { alertSummaryOf, keptSummary } from "./summary.ts";

const now = Date.parse("2026-03-01T12:00:00.000Z");
const hour = 3_600_000;

const users = ["alice", "bob", "", "ädele", "-1+1", "=cmd"];
const changes = fc.record({
  hours: fc.integer({ min: -40, max: 0 }),
  severity: fc.constantFrom(...alertSeverities),
  status: fc.constantFrom(...alertStatuses),
  rule: fc.constantFrom("R-1", "r-2", "r-3"),
  user: fc.constantFrom(...users),
  host: fc.constantFrom("web-1", "web-2", "db-1"),
  merged: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
  ms: fc.integer({ min: 0, max: 2 }),
});

const rows: readonly AlertRow[] = fc.sample(changes, { numRuns: 400, seed: 11 }).map((change, n) => {
  const { severity, rule, user, host } = change;
  const at = now + change.hours * hour - change.ms;
  const { alert_id } = alertRowOf(n);
  const alert = exampleAlert(1, {
    ...{ alert_id, severity, timestamp: new Date(at).toISOString(), alert_name: `@sum ${user}\n"${n}"` },
    analysis_rule: { ...exampleAlert(1).analysis_rule, rule_id: rule, rule_name: `Rule ${rule}` },
    triggered_by: { actor_type: "user", actor_id: user },
  });
  return alertRowOf(n, {
    ...{ at, severity, status: change.status, rule_id: rule, rule_name: `rule ${rule}`.toLowerCase() },
    ...{ actor: user, host, words: `${user} on ${host}`, summary: keptSummary(alert) },
    merged_into: change.merged ? alertRowOf(0).alert_id : null,
  });
});

const terms = fc.constantFrom(
  ...[
    "severity:>=high",
    "severity:low",
    "-severity:info",
    "status:open,closed",
    "-status:closed",
    "user:alice",
  ],
  ...["user:a*", "host:web-*", "-host:db-1", "rule:r-1", 'rule:"Rule r-2"', "bob", "time:>=now-12h"],
  ...["time:2026-03-01,2026-02-28", "-time:<now-30h", "severity:critical status:resolved"],
  ...["severity:low severity:high", "synthetic:true"],
);
const bounds = fc.option(fc.integer({ min: -40, max: 1 }), { nil: undefined });
const selections = fc
  .record({
    filter: fc.array(terms, { maxLength: 3 }),
    from: bounds,
    length: fc.integer({ min: 0, max: 40 }),
    to: bounds,
  })
  .map(({ filter, from, length, to }) => ({
    text: filter.join(" "),
    from: from === undefined ? undefined : now + from * hour,
    to: to === undefined ? undefined : now + ((from ?? to) + length) * hour,
  }));

function selectionOf(text: string, more: Partial<AlertSelection> = {}): AlertSelection {
  const read = parseFilter(text);
  if ("faults" in read) throw new Error(`${text}: ${JSON.stringify(read.faults)}`);
  return { filter: read.filter, now, ...more };
}

/** What is meant, newest first, decided row by row. */
function meant({ filter, from, to }: AlertSelection, merged = false): AlertRow[] {
  const fits = compileFilter(filter, now);
  return rows
    .filter((row) => fits(row) && (merged || row.merged_into === null))
    .filter(({ at }) => at >= (from ?? at) && at < (to ?? at + 1))
    .sort((a, b) => b.at - a.at || (a.alert_id < b.alert_id ? 1 : -1));
}

function tally(values: readonly string[]): Record<string, number> {
  return Object.fromEntries(
    [...Map.groupBy(values, (value) => value)].map(([value, all]) => [value, all.length]),
  );
}

describe.each([
  ["SQLite", sqliteSite],
  ["PostgreSQL", postgresSite],
] as [string, () => Promise<DatabaseSite>][])("reading alerts on %s", (_name, connect) => {
  let site: DatabaseSite;
  let database: Database;
  beforeAll(async () => {
    site = await connect();
    database = site.open();
    await upsertRows(database, alertsPlan, rows);
  });
  afterAll(async () => site.end());

  const check = async (holds: (selection: AlertSelection) => Promise<void>): Promise<void> =>
    await fc.assert(
      fc.asyncProperty(selections, ({ text, from, to }) => holds(selectionOf(text, { from, to }))),
      { numRuns: 60, seed: 3 },
    );

  const exported = async (selection: AlertSelection, format: ExportFormat): Promise<string> => {
    let text = "";
    for await (const portion of exportAlerts(database.reader, selection, format)) text += portion;
    return text;
  };

  test("pages of any selection, side by side, are what a look at each row says, and so is their number", async () => {
    await check(async (selection) => {
      for (const merged of [false, true]) {
        const seen: string[] = [];
        let after: Position | undefined;
        do {
          const page = await listAlerts(database.reader, { ...selection, limit: 37, after, merged });
          seen.push(...page.alerts.map(({ alert_id }) => alert_id));
          after = page.next;
        } while (after !== undefined);
        expect(seen).toEqual(meant(selection, merged).map(({ alert_id }) => alert_id));
        expect(await countSelected(database.reader, selection, merged)).toBe(seen.length);
      }
    });
  });

  test("histograms count what a look at each row counts", async () => {
    const span = { from: now - 33.5 * hour, to: now - 1.2 * hour, width: 5 * hour };
    await check(async (selection) => {
      const counted = await countAlerts(database, span, selection);
      const found = meant(selection).filter(({ at }) => at >= span.from && at < span.to);
      const keys = found.map(({ at, severity }) => `${Math.floor(at / span.width) * span.width} ${severity}`);
      const got = counted.map(({ bucket, severity, count }) => [`${bucket} ${severity}`, count]);
      expect(Object.fromEntries(got)).toEqual(tally(keys));
      const order = counted.map(({ bucket }) => bucket);
      expect(order).toEqual(order.toSorted((a, b) => a - b));
    });
  });

  test("facets count every value as a look at each row does, the empty ones apart, the most frequent first", async () => {
    const columns = {
      severity: "severity",
      status: "status",
      rule: "rule_id",
      user: "actor",
      host: "host",
    } as const;
    await check(async (selection) => {
      const { facets, counted } = await countFacets(database.reader, selection, { values: 20 });
      expect(counted).toBeNull();
      for (const [field, column] of Object.entries(columns) as [FacetField, keyof AlertRow][]) {
        const values = meant(selection).map((row) => String(row[column]));
        const counts = (facets[field] ?? []).map(({ value, count }): [string, number] => [value, count]);
        expect(Object.fromEntries(counts)).toEqual(tally(values.filter((value) => value !== "")));
        const order = counts.map(([, count]) => count);
        expect(order).toEqual(order.toSorted((a, b) => b - a));
      }
    });
  });

  test("rules are named in facets, and only so many values of a field are told", async () => {
    const whole: AlertFacets = await countFacets(database.reader, selectionOf(""), { values: 2 });
    expect(whole.facets["rule"]).toHaveLength(2);
    for (const { value, label } of whole.facets["rule"] ?? []) expect(label).toBe(`Rule ${value}`);
    expect(whole.facets["user"]).toHaveLength(2);
  });

  test("with more matches than are counted the newest are, and their number is told", async () => {
    const counted = { values: 20, newest: 25 };
    for (const text of ["-status:closed", "severity:>=high", "user:a*", "bob"]) {
      const selection = selectionOf(text);
      const newest = meant(selection).slice(0, 25);
      const facets = await countFacets(database.reader, selection, counted);
      expect(facets.counted).toBe(25);
      const hosts = (facets.facets["host"] ?? []).map(({ value, count }): [string, number] => [value, count]);
      expect(Object.fromEntries(hosts)).toEqual(tally(newest.map(({ host }) => host)));
    }
  });

  test("an export holds what the list holds, as NDJSON and as CSV, without a formula", async () => {
    for (const text of ["", "severity:>=high -status:closed", "user:nobody"]) {
      const selection = selectionOf(text);
      const wanted = meant(selection).map(alertSummaryOf);
      const ndjson = await exported(selection, "ndjson");
      const lines = ndjson.split("\n").slice(0, -1);
      expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(wanted);
      const csv = await exported(selection, "csv");
      expect(csv.split("\r\n")[0]).toBe(Object.keys(exportColumns).join(","));
      const records = parse(csv, { columns: true }) as Record<string, string>[];
      expect(records.map(({ alert_id }) => alert_id)).toEqual(wanted.map(({ alert_id }) => alert_id));
      const texts = records.flatMap((record) => Object.values(record));
      expect(texts.filter((value) => /^[=+\-@\t\r]/.test(value))).toEqual([]);
      expect(records.map(({ alert_name }) => alert_name)).toEqual(
        wanted.map(({ alert_name }) => `'${alert_name}`),
      );
    }
  });

  test("the columns of the CSV are the documented ones", () => {
    const page = readFileSync(new URL("../../../../docs/reference/export.md", import.meta.url), "utf8");
    const documented = [...page.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name);
    expect(documented).toEqual(Object.keys(exportColumns));
  });

  test("many ids are answered at once, each once, in the order of the question, and what is missing", async () => {
    const ids = [5, 3, 5, 399, 4000].map((n) => alertRowOf(n).alert_id);
    const { alerts, missing } = await lookUpAlerts(database.reader, ids, false);
    expect(alerts.map(({ alert_id }) => alert_id)).toEqual([5, 3, 399].map((n) => alertRowOf(n).alert_id));
    expect(missing).toEqual([alertRowOf(4000).alert_id]);
  });
});
