import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { until } from "../../testing/until.ts";
import { SqliteReaders } from "./sqlite-readers.ts";

test("a thread that has nothing to read ends, and another is there for the next query", async () => {
  const folder = await mkdtemp(join(tmpdir(), "auditflow-readers-"));
  const path = join(folder, "database.db");
  new DatabaseSync(path).exec("create table t (n integer); insert into t values (1)");
  const readers = new SqliteReaders(path, 30_000, 1);
  for (let round = 0; round < 2; round += 1) {
    expect(await readers.run({ sql: "select n from t", parameters: [] })).toEqual({ rows: [{ n: 1 }] });
    await until(() => readers.threads === 0, "its thread has ended");
  }
  readers.stop();
  await rm(folder, { recursive: true });
});
