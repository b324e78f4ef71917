import type { RuleDetail, RuleList, RuleReload } from "@auditflow/contracts";
import { afterEach, expect, test } from "vitest";
import { silentLog as log } from "../../testing/silent-log.ts";
import { validated } from "../../testing/validated-http.ts";
import { rulesRoutes } from "./rules-routes.ts";
import { createHttp } from "./server.ts";

const replica = {
  ...{ instance: "a-1", version: "5c0e9f21", since: "2026-01-02T03:04:05.678Z", rules: 1, refused: true },
  problems: [{ file: "/r/a.yml", line: 3, column: 1, field: "detection", message: "is missing" }],
  ...{ problem_count: 1, suspended: ["one"] },
};
const silent = [{ services: ["audit-log-analysis" as const], instance: "a-2", reason: "It did not answer" }];
const list: RuleList = {
  replicas: [replica],
  rules: [
    {
      ...{ rule_id: "one", title: "One", kind: "correlation", type: "event_count", level: "high" },
      ...{ version: "00000000", file: "/r/a.yml", line: 1, tags: ["attack.t1110"], suspended: true },
      counters: [
        { instance: "a-1", matches: 5, alerts: 1, late: 1, skipped: 0, duplicates: 2, suppressed: 0 },
      ],
    },
  ],
  silent,
};
const reloaded: RuleReload = { replicas: [{ ...replica, outcome: "refused" }], silent };

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

const oneDetail: RuleDetail = {
  ...{ rule_id: "one", title: "One", version: "00000000", references: ["https://example.com/one"] },
  text: "title: One",
};
const detail = (ruleId: string): RuleDetail | undefined => (ruleId === "one" ? oneDetail : undefined);

function serve(anonymousAccess: "none" | "viewer" | "operator") {
  const http = createHttp({ log, host: "127.0.0.1", token: "t", anonymousAccess, allowedHosts: [] });
  undo.push(() => http.close());
  let reloads = 0;
  const reload = async (): Promise<RuleReload> => {
    reloads += 1;
    return reloaded;
  };
  rulesRoutes(validated(http), { list: async () => list, detail, reload });
  return { http, reloads: () => reloads };
}

test("GET /api/v1/rules tells of replicas, rules and counters, all of it", async () => {
  const { http } = serve("viewer");
  const answer = await http.inject("/api/v1/rules");
  expect(answer.statusCode).toBe(200);
  expect(answer.json()).toEqual(list);
});

test("GET /api/v1/rules/{rule_id} tells what a rule says; one that is not in force is not found", async () => {
  const { http } = serve("viewer");
  expect((await http.inject("/api/v1/rules/one")).json()).toEqual(oneDetail);
  const other = await http.inject("/api/v1/rules/two");
  expect([other.statusCode, other.json().code]).toEqual([404, "not_found"]);
});

test("POST /api/v1/rules/reload tells what came of it in each replica", async () => {
  const { http, reloads } = serve("operator");
  const answer = await http.inject({ method: "POST", url: "/api/v1/rules/reload" });
  expect(answer.statusCode).toBe(200);
  expect(answer.json()).toEqual(reloaded);
  expect(reloads()).toBe(1);
});

test("who may look may not reload, and who may nothing may not look", async () => {
  const { http, reloads } = serve("viewer");
  const post = { method: "POST", url: "/api/v1/rules/reload" } as const;
  expect((await http.inject(post)).statusCode).toBe(403);
  const headers = { authorization: "Bearer t" };
  expect((await serve("none").http.inject("/api/v1/rules")).statusCode).toBe(401);
  expect(reloads()).toBe(0);
  expect((await http.inject({ ...post, headers })).statusCode).toBe(200);
});
