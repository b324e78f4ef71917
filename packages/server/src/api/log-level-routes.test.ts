import type { LogLevels, Problem } from "@auditflow/contracts";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { LogLevelSite } from "../../testing/log-level-site.ts";
import { silentLog as log } from "../../testing/silent-log.ts";
import { validated } from "../../testing/validated-http.ts";
import { logLevelRoutes } from "./log-level-routes.ts";
import { createHttp } from "./server.ts";

let site: LogLevelSite;
beforeEach(() => {
  site = new LogLevelSite();
});
afterEach(() => site.close());

function serve(anonymousAccess: "viewer" | "operator" = "operator") {
  const { desk, levels } = site.process("a-1", { known: async () => [] });
  const http = createHttp({ log, host: "127.0.0.1", token: "t", anonymousAccess, allowedHosts: [] });
  site.later(() => http.close());
  logLevelRoutes(validated(http), desk);
  return { http, levels };
}

const url = "/api/v1/services/audit-log-analysis/log-level";

describe("/api/v1/services/{service}/log-level", () => {
  test("PUT changes the level and says who applied it, GET says what it is", async () => {
    const { http } = serve();
    const payload = { level: "debug", module: "detect", for: "24h" };
    const put = await http.inject({ method: "PUT", url, payload });
    expect(put.statusCode).toBe(200);
    expect(put.json<LogLevels>()).toMatchObject({
      processes: [{ instance: "a-1", modules: { detect: "debug" } }],
      silent: [],
    });
    expect((await http.inject(url)).json()).toEqual(put.json());
  });

  test.each([
    [{ level: "loud" }, "/body/level"],
    [{ level: "debug", module: "kitchen" }, "/body/module"],
    [{ level: "debug", for: "soon" }, "/body/for"],
    [{ level: "debug", for: "25h" }, "/body/for"],
    [{ level: "debug", until: "noon" }, "/body"],
    [{}, "/body"],
  ])("PUT %j is refused with a pointer, and changes nothing", async (payload, pointer) => {
    const { http, levels } = serve();
    const before = levels.state();
    const answer = await http.inject({ method: "PUT", url, payload });
    expect(answer.statusCode).toBe(400);
    expect(answer.json<Problem>().errors?.[0]?.pointer).toBe(pointer);
    expect(levels.state()).toEqual(before);
  });

  test.each(["GET", "PUT"] as const)(
    "%s of a service that does not exist is a 404 that names those that do",
    async (method) => {
      const { http } = serve();
      const answer = await http.inject({ method, url: "/api/v1/services/kitchen/log-level" });
      expect(answer.statusCode).toBe(404);
      expect(answer.json<Problem>().detail).toContain("audit-log-analysis");
    },
  );

  test("who may look may not change", async () => {
    const { http } = serve("viewer");
    expect((await http.inject(url)).statusCode).toBe(200);
    expect((await http.inject({ method: "PUT", url, payload: { level: "debug" } })).statusCode).toBe(403);
  });
});
