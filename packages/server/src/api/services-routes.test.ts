import type { Problem, ServiceProcesses, ServiceReport, Throughput } from "@auditflow/contracts";
import type { FastifyInstance } from "fastify";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { postgresSite, sqliteSite } from "../../testing/database-sites.ts";
import { silentLog as log } from "../../testing/silent-log.ts";
import { validated } from "../../testing/validated-http.ts";
import { readServiceReport, serviceReportsPlan } from "../alerts/service-reports.ts";
import type { DatabaseSite } from "../database/contract.ts";
import type { Database } from "../database/database.ts";
import { upsertRows } from "../database/upsert-rows.ts";
import { createHttp } from "./server.ts";
import { servicesRoutes } from "./services-routes.ts";

const path = "/api/v1/services/throughput";
const clock = { now: () => Date.parse("2026-03-01T12:00:50Z") };

describe.each([
  ["SQLite", sqliteSite],
  ["PostgreSQL", postgresSite],
] as [string, () => Promise<DatabaseSite>][])("what processes report, on %s", (_name, connect) => {
  let site: DatabaseSite;
  let database: Database;
  let http: FastifyInstance;
  beforeEach(async () => {
    site = await connect();
    database = site.open();
    http = createHttp({ log, host: "127.0.0.1", token: "t", anonymousAccess: "viewer", allowedHosts: [] });
    servicesRoutes(validated(http), { database, clock });
  });
  afterEach(async () => {
    await http.close();
    await site.end();
  });

  const report = async (
    instance: string,
    to: string,
    { evaluated = 0, ...more }: Partial<ServiceReport>,
  ): Promise<void> => {
    const record: ServiceReport = {
      ...{ report_id: `${instance} ${to}`, instance, services: ["audit-log-analysis"], version: "1" },
      ...{
        from: "2026-03-01T12:00:00.000Z",
        to: `2026-03-01T12:00:${to}Z`,
        generated: 1,
        accepted: 2,
        evaluated,
      },
      ...more,
    };
    const read = readServiceReport(record);
    await upsertRows(database, serviceReportsPlan, "row" in read ? [read.row] : []);
  };

  test("names each process that reported itself lately, with the rules of its last report", async () => {
    const rules = (version: string): Pick<ServiceReport, "rule_set"> => ({
      rule_set: { version, rules: 9, problems: 1, since: "2026-03-01T12:00:00.000Z" },
    });
    await report("gone", "24.000", rules("0000000a"));
    await report("b", "40.000", rules("0000000b"));
    await report("b", "30.000", rules("0000000a"));
    await report("a", "45.000", { services: ["audit-event-gateway"] });
    expect((await http.inject("/api/v1/services")).json<ServiceProcesses>()).toEqual({
      processes: [
        {
          ...{ instance: "a", services: ["audit-event-gateway"], version: "1" },
          reported_at: "2026-03-01T12:00:45.000Z",
        },
        {
          ...{ instance: "b", services: ["audit-log-analysis"], version: "1" },
          reported_at: "2026-03-01T12:00:40.000Z",
          ...rules("0000000b"),
        },
      ],
    });
  });

  test("sums all processes by the bucket in which a report ends", async () => {
    await report("a", "10.000", { evaluated: 100 });
    await report("b", "19.999", { evaluated: 11 });
    await report("a", "20.000", { evaluated: 7 });
    await report("a", "40.000", { evaluated: 1000 });
    const query = "from=2026-03-01T12:00:00Z&to=2026-03-01T12:00:40Z&bucket_seconds=10";
    expect((await http.inject(`${path}?${query}`)).json<Throughput>()).toEqual({
      ...{ from: "2026-03-01T12:00:00.000Z", to: "2026-03-01T12:00:40.000Z", bucket_seconds: 10 },
      buckets: [
        { at: "2026-03-01T12:00:10.000Z", generated: 2, accepted: 4, evaluated: 111 },
        { at: "2026-03-01T12:00:20.000Z", generated: 1, accepted: 2, evaluated: 7 },
      ],
    });
  });

  test.each([
    "from=2026-03-01T12:00:00Z&to=2026-03-01T12:00:40Z&bucket_seconds=1",
    "from=2026-03-01T12:00:00Z&to=2026-03-02T12:00:00Z&bucket_seconds=2",
    "from=2026-03-01T12:00:00Z&to=2026-03-01T11:00:00Z&bucket_seconds=2",
  ])("%s is refused with a pointer", async (query) => {
    const answer = await http.inject(`${path}?${query}`);
    expect(answer.statusCode).toBe(400);
    expect(answer.json<Problem>().errors?.[0]?.pointer).toMatch(/\/(?:bucket_seconds|to)$/);
  });

  test("while the database is down it answers 503", async () => {
    const { database: down } = await site.openDown();
    const impaired = createHttp({
      log,
      host: "::1",
      token: "t",
      anonymousAccess: "viewer",
      allowedHosts: [],
    });
    servicesRoutes(impaired, { database: down, clock });
    const query = "from=2026-03-01T12:00:00Z&to=2026-03-01T12:00:40Z&bucket_seconds=10";
    expect((await impaired.inject(`${path}?${query}`)).statusCode).toBe(503);
    await impaired.close();
  });
});
