import type { Health } from "@auditflow/contracts";
import { expect, test } from "vitest";
import { statusText } from "./status-text.ts";

type Check = Health["checks"][string];

const now = Date.parse("2026-03-01T12:00:00Z");
const view = { url: "http://127.0.0.1:8080", now };
const up: Omit<Check, "name"> = {
  status: "pass",
  since: "2026-03-01T09:55:00.000Z",
  latency_ms: 0.4,
  impaired_features: [],
};
const rabbitmq: Check = { ...up, name: "rabbitmq" };
const postgres: Check = {
  name: "postgres",
  status: "fail",
  since: "2026-03-01T11:58:00.000Z",
  last_error: "connection\u001b[2J refused",
  next_try_at: "2026-03-01T12:00:03.000Z",
  impaired_features: ["alert storage and queries impaired", "nobody is told"],
};

const whole: Health = {
  ...{ status: "warn", service: "event-audit-dashboard", version: "1.0.0", checks: {} },
  services: [
    {
      ...{ service: "audit-event-gateway", status: "pass", version: "1.0.0", since: up.since },
      checks: { "transport:rabbitmq": rabbitmq },
    },
    {
      ...{ service: "audit-log-analysis", status: "fail", since: "2026-03-01T11:59:59.900Z", checks: {} },
      ...{ last_error: "It did not answer in time", impaired_features: ["detection stands still"] },
    },
    {
      ...{ service: "notification-service", status: "warn", version: "1.0.0", since: postgres.since },
      checks: { "transport:rabbitmq": rabbitmq, "database:postgres": postgres },
    },
  ],
};

test("the services, then what they depend on with the worst first, then what is impaired", () => {
  expect(statusText(whole, view)).toBe(`AuditFlow 1.0.0 at http://127.0.0.1:8080: works in part

SERVICE               STATUS  VERSION  SINCE          LAST ERROR
audit-event-gateway   pass    1.0.0    2 h 5 min ago
audit-log-analysis    fail             1 s ago        It did not answer in time
notification-service  warn    1.0.0    2 min ago      postgres: connection\ufffd[2J refused

DEPENDENCY            STATUS  LATENCY  SINCE          NEXT TRY  USED BY                                    LAST ERROR
postgres (database)   fail             2 min ago      in 3 s    notification-service                       connection\ufffd[2J refused
rabbitmq (transport)  pass    0.4 ms   2 h 5 min ago            audit-event-gateway, notification-service

Impaired:
  audit-log-analysis: detection stands still
  notification-service: alert storage and queries impaired
  notification-service: nobody is told
`);
});

test("a process alone is its own service, and without dependencies there is no table of them", () => {
  const alone: Health = { status: "pass", service: "event-audit-dashboard", version: "1.0.0", checks: {} };
  expect(statusText(alone, view)).toBe(`AuditFlow 1.0.0 at http://127.0.0.1:8080: everything works

SERVICE                STATUS  VERSION  SINCE  LAST ERROR
event-audit-dashboard  pass    1.0.0
`);
});

test("trouble that belongs to the process and to no service is shown too", () => {
  const disk: Check = {
    name: "data",
    status: "warn",
    since: up.since,
    impaired_features: ["intake ends soon"],
  };
  const text = statusText({ ...whole, checks: { "disk:data": disk } }, view);
  expect(text).toMatch(/^data \(disk\) +warn/m);
  expect(text).toContain("  event-audit-dashboard: intake ends soon");
});
