import type { FastifyInstance } from "fastify";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { alertRowOf } from "../../testing/alert-rows.ts";
import type { DatabaseSite } from "../../testing/database-site.ts";
import { postgresSite, sqliteSite } from "../../testing/database-sites.ts";
import { silentLog as log } from "../../testing/silent-log.ts";
import { until } from "../../testing/until.ts";
import { alertsPlan } from "../alerts/record.ts";
import type { Database } from "../database/database.ts";
import { upsertRows } from "../database/upsert-rows.ts";
import { exportRoutes } from "./export-routes.ts";
import { createHttp } from "./server.ts";

const clock = { now: () => Date.parse("2026-03-02T00:00:00Z") };

/** Heavy enough that no buffer between server and client holds many pages. */
const heavy = JSON.stringify({ triggered_by: {}, impacted_resource: {}, description: "x".repeat(8000) });
const rows = Array.from({ length: 3500 }, (_, n) => alertRowOf(n, { summary: heavy }));

function serve(database: Database, patience?: number): FastifyInstance {
  const http = createHttp({
    ...{ log, host: "127.0.0.1", token: "t", anonymousAccess: "viewer", allowedHosts: [] },
  });
  exportRoutes(http, { database, clock, ...(patience === undefined ? {} : { patience }) });
  return http;
}

/** The database, whose reads are counted, and can be made to fail. */
function watched(database: Database) {
  const state = { reads: 0, failsAfter: Number.POSITIVE_INFINITY };
  const reader = database.reader.withPlugin({
    transformQuery: ({ node }) => node,
    transformResult: async ({ result }) => {
      state.reads += 1;
      if (state.reads > state.failsAfter) throw new Error("the database went away");
      return result;
    },
  });
  return { state, database: { ...database, reader } as Database };
}

describe.each([
  ["SQLite", sqliteSite],
  ["PostgreSQL", postgresSite],
] as [string, () => Promise<DatabaseSite>][])("the export on %s", (_name, connect) => {
  let site: DatabaseSite;
  let database: Database;
  const servers: FastifyInstance[] = [];
  beforeEach(async () => {
    site = await connect();
    database = site.open();
    await upsertRows(database, alertsPlan, rows);
  });
  afterEach(async () => {
    await Promise.all(servers.splice(0).map((http) => http.close()));
    await site.end();
  });

  const listen = async (from: Database, patience?: number): Promise<string> => {
    const http = serve(from, patience);
    servers.push(http);
    return `${await http.listen({ host: "127.0.0.1", port: 0 })}/api/v1/alerts/export`;
  };

  test("comes as a file, whole, newest first, and has no tag", async () => {
    const answer = await fetch(await listen(database));
    expect(answer.headers.get("content-disposition")).toBe('attachment; filename="alerts-2026-03-02.ndjson"');
    expect(answer.headers.get("content-type")).toBe("application/x-ndjson; charset=utf-8");
    expect(answer.headers.get("etag")).toBeNull();
    expect((await answer.text()).split("\n")).toHaveLength(rows.length + 1);
    const csv = await fetch(
      `${servers[0]!.listeningOrigin}/api/v1/alerts/export?format=csv&filter=user:nobody`,
    );
    expect(csv.headers.get("content-type")).toBe("text/csv; charset=utf-8");
    expect(await csv.text()).toMatch(/^alert_id,timestamp,.*\r\n$/);
  });

  test("a database that goes away in the middle breaks the transfer", async () => {
    const { state, database: failing } = watched(database);
    state.failsAfter = 2;
    const answer = await fetch(await listen(failing));
    expect(answer.status).toBe(200);
    await expect(answer.text()).rejects.toThrow("terminated");
  });

  test("who does not read is not read for, and one who goes ends it", async () => {
    const { state, database: counted } = watched(database);
    const gone = new AbortController();
    const answer = await fetch(await listen(counted), { signal: gone.signal });
    const reading = answer.body!.getReader();
    await reading.read();
    expect(state.reads).toBeLessThan(4);
    gone.abort();
    await expect(reading.read()).rejects.toThrow();
    await servers[0]!.close();
    expect(state.reads).toBeLessThan(4);
  });

  test("a client that leaves it unread for too long is cut, and a server that closes waits for none", async () => {
    const url = await listen(database, 100);
    const answer = await fetch(url);
    const end = await until(async () => {
      const connections = await new Promise<number>((resolve) =>
        servers[0]!.server.getConnections((_error, count) => resolve(count)),
      );
      return connections === 0 ? "cut" : undefined;
    }, "it is cut");
    expect(end).toBe("cut");
    await expect(answer.text()).rejects.toThrow("terminated");
    const open = await fetch(await listen(database));
    await servers[1]!.close();
    await expect(open.text()).rejects.toThrow("terminated");
  });
});
