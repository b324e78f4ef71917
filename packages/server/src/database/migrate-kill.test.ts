import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, test } from "vitest";
import { alertRowOf, alertsPlan } from "../../testing/alert-rows.ts";
import type { DatabaseSite } from "../../testing/database-site.ts";
import { postgresSite, sqliteSite } from "../../testing/database-sites.ts";
import { upsertRows } from "./upsert-rows.ts";

const here = fileURLToPath(new URL(".", import.meta.url));
let site: DatabaseSite | undefined;

afterEach(async () => {
  await site?.end();
  site = undefined;
});

/** Opens a database in a process that dies between two statements of its migrations. */
function dieAt(statement: number, open: string): void {
  const program = `const clock = { now: () => Date.now() };
    const { ${open.split("(")[0]} } = await import("./${open.startsWith("sqlite") ? "sqlite" : "postgres"}.ts");
    ${open};
    setTimeout(() => {}, 60_000);`;
  const { signal, stderr } = spawnSync(
    process.execPath,
    [
      ...["--conditions=auditflow-source", "--conditions=auditflow-faults"],
      ...["--input-type=module", "-e", program],
    ],
    {
      ...{ cwd: here, encoding: "utf8", timeout: 30_000 },
      env: { PATH: process.env["PATH"], AUDITFLOW_FAILPOINT: `database.migrating:kill:${statement}` },
    },
  );
  expect({ signal, stderr }).toEqual({ signal: "SIGKILL", stderr: "failpoint database.migrating kill\n" });
}

async function expectWhole(after: DatabaseSite): Promise<void> {
  const database = after.open();
  expect((await upsertRows(database, alertsPlan, [alertRowOf(1)])).written).toEqual([0]);
  const tables = database.reader.selectFrom("incidents").selectAll();
  expect(await tables.execute()).toEqual([]);
  expect(database.health().status).toBe("pass");
}

describe("a process that is killed while it migrates", { timeout: 60_000 }, () => {
  test.each([1, 7])("at statement %i leaves a SQLite file that the next one migrates whole", async (n) => {
    const made = await sqliteSite();
    site = made;
    dieAt(n, `sqliteDatabase({ path: ${JSON.stringify(made.path)}, clock })`);
    await expectWhole(made);
  });

  test.each([1, 7])("at statement %i leaves a schema that the next one migrates whole", async (n) => {
    const made = await postgresSite();
    site = made;
    const url = process.env["AUDITFLOW_TEST_POSTGRES_URL"];
    const options = JSON.stringify({ url, schema: made.schema, timeout: 8000 });
    dieAt(n, `postgresDatabase({ ...${options}, clock })`);
    await expectWhole(made);
  });
});
