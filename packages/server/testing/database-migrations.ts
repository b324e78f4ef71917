import { expect, test } from "vitest";
import { upsertRows } from "../src/database/upsert-rows.ts";
import { alertRowOf, alertsPlan } from "./alert-rows.ts";
import type { DatabaseSite } from "./database-site.ts";

/** How an alert was stored before a summary was taken apart, as SQL. */
function oldAlert(n: number, summary: object, more: { readonly position?: number } = {}): string {
  const { alert_id, at } = alertRowOf(n);
  const values: readonly (string | number)[] = [
    alert_id,
    1,
    at,
    "HIGH",
    "Rule-1",
    "00",
    JSON.stringify(summary),
  ];
  const literals = [...values, JSON.stringify({ a: n }), ...Object.values(more)].map((value) =>
    typeof value === "number" ? String(value) : `'${value.replaceAll("'", "''")}'`,
  );
  const names = ["alert_id", "revision", "at", "severity", "rule_id", "digest", "summary", "body"];
  return `insert into alerts (${[...names, ...Object.keys(more)].join(", ")}) values (${literals.join(", ")})`;
}

const summary = {
  alert_name: 'Failed login: é\'s "door"',
  description: "5 FAILED\nlogins",
  alert_type: "AUTHENTICATION",
  rule_name: "Failed Login",
  triggered_by: { actor_type: "user", actor_id: "ADMIN@Example.org", client_ip: "FE80::1" },
  impacted_resource: { resource_type: "host", resource_id: "x", server_hostname: "WEB-1" },
  count: 5,
  synthetic: true,
};

/** That the data of every older version comes along, told as tests. */
export function oldData(site: () => DatabaseSite): void {
  test("alerts of the first version stand before every position, and can be followed", async () => {
    const run = await site().openOld("0001-alerts-and-quarantine");
    await run(oldAlert(1, {}));
    const database = site().open();
    await upsertRows(database, alertsPlan, [alertRowOf(2)]);
    const rows = await database.reader.selectFrom("alerts").select("position").orderBy("position").execute();
    expect(rows).toEqual([{ position: 0 }, { position: expect.any(Number) }]);
    expect(rows[1]?.position).toBeGreaterThan(0);
  });

  test("alerts of the second version are open, and can be searched for all that their summaries say", async () => {
    const run = await site().openOld("0002-stream-and-reports");
    await run(oldAlert(1, summary, { position: 3 }));
    const { reader } = site().open();
    const row = await reader.selectFrom("alerts").selectAll().executeTakeFirstOrThrow();
    expect(JSON.parse(row.summary)).toEqual(summary);
    expect({ ...row, summary: "", body: JSON.parse(row.body) }).toEqual({
      ...alertRowOf(1),
      ...{ rule_id: "Rule-1", summary: "", body: { a: 1 }, position: 3, count: 5, synthetic: 1 },
      ...{ rule_name: "failed login", type: "authentication", host: "web-1", ip: "fe80::1" },
      ...{ actor: "admin@example.org", words: 'failed login: é\'s "door" 5 failed\nlogins' },
    });
  });

  test("a summary that says little leaves what is searched empty", async () => {
    const run = await site().openOld("0002-stream-and-reports");
    await run(oldAlert(1, {}));
    await run(oldAlert(2, { triggered_by: "somebody", synthetic: false, count: 1 }));
    await run(oldAlert(3, { rule_name: "x".repeat(5000), description: "y".repeat(9000) }));
    const { reader } = site().open();
    const stored = reader.selectFrom("alerts").select(["actor", "host", "ip", "synthetic", "count"]);
    const rows = await stored.select(["rule_name", "words"]).orderBy("alert_id").execute();
    const little = { actor: "", host: "", ip: null, synthetic: 0, count: 1, rule_name: "", words: " " };
    expect(rows).toEqual([
      little,
      little,
      { ...little, rule_name: "x".repeat(256), words: ` ${"y".repeat(2047)}` },
    ]);
  });

  test("rows of a migrated table take new revisions, and are pruned by what they were", async () => {
    const run = await site().openOld("0002-stream-and-reports");
    await run(oldAlert(1, summary));
    const database = site().open();
    const next = alertRowOf(1, { revision: 2, words: "new" });
    expect((await upsertRows(database, alertsPlan, [next])).written).toEqual([0]);
    const stored = database.reader.selectFrom("alerts").select(["words", "status"]);
    expect(await stored.execute()).toEqual([{ words: "new", status: "open" }]);
  });
}
