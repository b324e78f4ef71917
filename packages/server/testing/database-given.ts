import { sql } from "kysely";
import { describe, expect, test } from "vitest";
import { type ColumnKind, columns } from "../src/database/columns.ts";
import { type Database, RowRefused } from "../src/database/database.ts";
import { upsertRows } from "../src/database/upsert-rows.ts";
import { alertRowOf, alertsPlan } from "./alert-rows.ts";
import type { DatabaseSite } from "./database-site.ts";

/** Texts that a way of writing many of them as one could take for something else. */
const oddTexts = [
  ...[
    "a\nb",
    "\n",
    "\n\n",
    "ends\n",
    "a\r\nb",
    "\t",
    "",
    " ",
    "\\N",
    "NULL",
    "null",
    "\\",
    "\\n",
    "back\\slash",
  ],
  ...[
    '"',
    '"quoted"',
    "it's",
    "''",
    "{}",
    "{a,b}",
    '{"a"}',
    "[1]",
    ",",
    "$1",
    "?",
    ":name",
    "--",
    "/*",
    "%_",
  ],
  ...["ü 😀", "\u0001", "\u007f", "\u2028", "\ufeff", "e\u0301", "x".repeat(200)],
];

interface Pair {
  readonly n: number;
  readonly text: string | null;
}

/** What comes back of texts that were given as a table. */
async function through(database: Database, texts: readonly (string | null)[]): Promise<(string | null)[]> {
  const rows = texts.map((text, n) => ({ n, text }));
  const back = await database.write(async ({ db, given }) => {
    const table = given({ n: "integer", text: "text" }, rows);
    return await sql<Pair>`select n, text from ${table} order by n`.execute(db);
  });
  return back.rows.map(({ text }) => text);
}

const texts: Readonly<Record<string, readonly (string | null)[]>> = {
  "texts of every odd kind": oddTexts,
  "texts without a line end": oddTexts.filter((text) => !text.includes("\n")),
  "one empty text": [""],
  "two empty texts": ["", ""],
  "one line end": ["\n"],
  "one null": [null],
  "nulls among texts": ["a", null, "", null, "\\N"],
  "nothing at all": [],
};

/** Every promise of `given`, and that texts are stored as they are, told as tests. */
export function givenRowsAndTexts(site: () => DatabaseSite): void {
  test.each(Object.entries(texts))("%s pass through a given table as they are", async (_, some) => {
    expect(await through(site().open(), some)).toEqual(some);
  });

  test("given rows of every kind are inserted, or update what is there", async () => {
    const database = site().open();
    await upsertRows(database, alertsPlan, [alertRowOf(1)]);
    const kinds = { id: "uuid", n: "integer", at: "bigint", name: "text", settings: "json" } as const;
    const rows = [1, 2].map((n) => {
      const { alert_id: id, at } = alertRowOf(n);
      return { id, n, at: at * 1000, name: `channel ${n}`, settings: `{"n": [${n}]}` };
    });
    await database.write(async ({ db, given }) => {
      await sql`insert into channels (channel_id, at, name, kind, settings, severity, enabled, version)
        select id, at, name, 'log', settings, n, 1, 1 from ${given(kinds, rows)} where true
        on conflict (name) do nothing`.execute(db);
      await sql`update alerts set count = given.n + 41, assignee = given.name
        from ${given(kinds, rows)} where alerts.alert_id = given.id`.execute(db);
    });
    const channels = database.reader
      .selectFrom("channels")
      .select(["channel_id as id", "severity as n", "at"]);
    expect(await channels.select(["name", "settings"]).orderBy("name").execute()).toEqual(rows);
    const alerts = database.reader.selectFrom("alerts").select(["count", "assignee"]);
    expect(await alerts.execute()).toEqual([{ count: 42, assignee: "channel 1" }]);
  });

  test("ten thousand given rows update as many", async () => {
    const database = site().open();
    const rows = Array.from({ length: 10_000 }, (_, n) => alertRowOf(n));
    await upsertRows(database, alertsPlan, rows);
    const changes = rows.map(({ alert_id }, n) => ({ id: alert_id, words: `row ${n}\n'"\\` }));
    const { numAffectedRows } = await database.write(({ db, given }) =>
      sql`update alerts set words = given.words
        from ${given({ id: "uuid", words: "text" }, changes)} where alerts.alert_id = given.id`.execute(db),
    );
    expect(Number(numAffectedRows)).toBe(10_000);
    const last = database.reader
      .selectFrom("alerts")
      .select("words")
      .where("alert_id", "=", rows[9999]!.alert_id);
    expect(await last.executeTakeFirst()).toEqual({ words: `row 9999\n'"\\` });
  });

  test("given texts are in the order of their bytes", async () => {
    const names = ["b", "Z", "a", "é", "_", "A"];
    const { rows } = await site()
      .open()
      .write(({ db, given }) => {
        const table = given(
          { name: "text" },
          names.map((name) => ({ name })),
        );
        return sql<{ name: string }>`select name from ${table} order by name`.execute(db);
      });
    expect(rows.map(({ name }) => name)).toEqual(["A", "Z", "_", "a", "b", "é"]);
  });

  const bad: readonly (readonly [ColumnKind, unknown])[] = [
    ["text", "a\0b"],
    ["text", "\ud800"],
    ["uuid", "ABCDEF00-0000-4000-8000-000000000000"],
    ["integer", 2 ** 31],
    ["bigint", 0.5],
    ["text", undefined],
    ["integer", "1"],
  ];
  test.each(bad)("a %s that is %j is refused before the statement", async (kind, value) => {
    const database = site().open();
    const write = database.write(({ db, given }) =>
      sql`select * from ${given({ value: kind }, [{ value: null }, { value }])}`.execute(db),
    );
    await expect(write).rejects.toBeInstanceOf(RowRefused);
  });

  describe("rows", () => {
    storedTexts(site);
  });
}

function storedTexts(site: () => DatabaseSite): void {
  const short = oddTexts.filter((text) => text.length <= columns.alerts.rule_name.most);
  const joined = short.filter((text) => !text.includes("\n"));

  test.each([
    ["of every odd kind", short],
    ["without a line end", joined],
    ["that is empty", [""]],
    ["that is a line end", ["\n"]],
  ])("with a text %s are stored as they are", async (_, some) => {
    const database = site().open();
    const rows = some.map((text, n) => alertRowOf(n, { rule_name: text, ip: n % 3 === 0 ? null : text }));
    expect((await upsertRows(database, alertsPlan, rows)).refused).toEqual([]);
    const stored = database.reader.selectFrom("alerts").select(["rule_name", "ip"]).orderBy("alert_id");
    expect(await stored.execute()).toEqual(rows.map(({ rule_name, ip }) => ({ rule_name, ip })));
  });

  test("keep their JSON to the letter, with its line ends, its order and what it says twice", async () => {
    const database = site().open();
    const body = '{\n  "b": 1.0,\n  "a": "\\u00fc\\n",\n  "a": 1e2\n}';
    await upsertRows(database, alertsPlan, [alertRowOf(1, { body }), alertRowOf(2)]);
    const stored = database.reader.selectFrom("alerts").select("body").orderBy("alert_id");
    expect(await stored.execute()).toEqual([{ body }, { body: alertRowOf(2).body }]);
  });
}
