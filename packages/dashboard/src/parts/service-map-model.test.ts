import type { Health } from "@auditflow/contracts";
import { describe, expect, test } from "vitest";
import {
  dependenciesOf,
  impairedIn,
  needOf,
  reportedServices,
  sinceOf,
  worstOf,
} from "./service-map-model.ts";

type Check = Health["checks"][string];

const up: Check = {
  name: "rabbitmq",
  status: "pass",
  since: "2026-11-23T10:00:00.000Z",
  impaired_features: [],
};
const down: Check = {
  ...up,
  status: "fail",
  since: "2026-11-23T11:00:00.000Z",
  last_error: "ECONNREFUSED",
  impaired_features: ["detection"],
};
const own = { status: "warn", service: "event-audit-dashboard", version: "1", checks: {} } as const;

describe("what the map of services shows", () => {
  test("a process that knows no others is the only service", () => {
    const alone: Health = { ...own, status: "pass", checks: { "transport:rabbitmq": up } };
    expect(reportedServices(alone).map(({ service }) => service)).toEqual(["event-audit-dashboard"]);
    expect(dependenciesOf(alone)).toMatchObject([{ need: "transport", product: "rabbitmq", status: "pass" }]);
  });

  test("a dependency that all see alike is there once, with all that it impairs", () => {
    const health: Health = {
      ...own,
      services: [
        { service: "a", status: "fail", checks: { "transport:rabbitmq": down } },
        {
          service: "b",
          status: "fail",
          checks: {
            "transport:rabbitmq": {
              ...down,
              since: "2026-11-23T10:59:58.000Z",
              impaired_features: ["detection", "intake"],
            },
          },
        },
      ],
    };
    expect(dependenciesOf(health)).toMatchObject([
      {
        since: "2026-11-23T10:59:58.000Z",
        impairs: ["detection", "intake"],
        services: ["a", "b"],
        lastError: "ECONNREFUSED",
      },
    ]);
  });

  test("a dependency that services see differently is there for each view, the worst first", () => {
    const health: Health = {
      ...own,
      services: [
        { service: "a", status: "pass", checks: { "transport:rabbitmq": up } },
        { service: "b", status: "fail", checks: { "transport:rabbitmq": down } },
      ],
    };
    const all = dependenciesOf(health);
    expect(all.map(({ status, services }) => [status, services])).toEqual([
      ["fail", ["b"]],
      ["pass", ["a"]],
    ]);
    expect(needOf(all, "transport")?.status).toBe("fail");
    expect(needOf(all, "database")).toBeUndefined();
  });

  test("a service works since its last trouble ended, and is in trouble since its first one began", () => {
    const later = "2026-11-23T11:30:00.000Z";
    const checks = { "transport:rabbitmq": down, "database:postgres": { ...down, since: later } };
    expect(sinceOf({ service: "a", status: "fail", checks })).toBe(down.since);
    const healed = { "transport:rabbitmq": up, "database:postgres": { ...up, since: later } };
    expect(sinceOf({ service: "a", status: "pass", checks: healed })).toBe(later);
    expect(sinceOf({ service: "a", status: "fail", checks: {} })).toBeUndefined();
  });

  test("impaired is what faulty dependencies impair, each once", () => {
    const checks = {
      "transport:rabbitmq": down,
      "windows:redis": { ...down, impaired_features: ["detection", "x"] },
    };
    expect(impairedIn({ service: "a", status: "fail", checks })).toEqual(["detection", "x"]);
  });

  test("one failure outweighs any number of passes, and nothing has no status", () => {
    expect(worstOf(["pass", "fail", "warn"])).toBe("fail");
    expect(worstOf([])).toBeUndefined();
  });
});
