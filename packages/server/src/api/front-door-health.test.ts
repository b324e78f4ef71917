import type { RequestListener } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Health, HealthStatus, Service, ServiceHealth } from "@auditflow/contracts";
import { afterEach, describe, expect, test } from "vitest";
import { until } from "../../testing/until.ts";
import { type FrontDoorHealthOptions, frontDoorHealth } from "./front-door-health.ts";

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

const clock = { now: () => Date.parse("2026-01-02T03:04:05Z") };
const noChecks = {};

function health(service: string, status: HealthStatus, more: Partial<Health> = {}): Health {
  return { status, service, version: "1", checks: noChecks, ...more };
}

function door(options: Partial<FrontDoorHealthOptions>): { health(): Health; stop(): void } {
  const made = frontDoorHealth({
    process: () => health("event-audit-dashboard", "pass"),
    own: {},
    upstreams: {},
    clock,
    everyMs: 20,
    timeoutMs: 200,
    ...options,
  });
  undo.push(() => made.stop());
  return made;
}

async function serve(answer: RequestListener, port = 0): Promise<{ url: string; close(): Promise<void> }> {
  const server = createServer(answer);
  await new Promise<void>((done) => server.listen(port, "127.0.0.1", done));
  const close = (): Promise<void> =>
    new Promise((done) => {
      server.close(() => done());
      server.closeAllConnections();
    });
  undo.push(close);
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close };
}

function says(report: Health, status = 200): RequestListener {
  return (_request, response) =>
    response.writeHead(status, { "content-type": "application/health+json" }).end(JSON.stringify(report));
}

function entryOf(report: Health, service: Service): ServiceHealth | undefined {
  return report.services?.find((entry) => entry.service === service);
}

/** The service's entry once it is as told. */
async function entry(
  made: { health(): Health },
  service: Service,
  status: HealthStatus,
): Promise<ServiceHealth> {
  const found = (): ServiceHealth | undefined => {
    const now = entryOf(made.health(), service);
    return now?.status === status && !now.last_error?.includes("not been asked") ? now : undefined;
  };
  return until(found, `${service} is ${status}`);
}

describe("status", () => {
  const own = (...statuses: HealthStatus[]): FrontDoorHealthOptions["own"] => {
    const names: Service[] = ["audit-event-gateway", "audit-log-analysis", "notification-service"];
    return Object.fromEntries(
      statuses.map((status, at) => [
        names[at],
        () => ({ service: names[at] as string, status, checks: noChecks }),
      ]),
    );
  };

  test.each([
    [["pass", "pass"], "pass"],
    [["fail", "fail"], "fail"],
    [["pass", "fail"], "warn"],
    [["warn", "warn"], "warn"],
    [["pass", "warn", "fail"], "warn"],
  ] as const)("services that %j make the whole %s", (statuses, whole) => {
    expect(door({ own: own(...statuses) }).health().status).toBe(whole);
  });

  test("trouble of the process that no service has makes a whole that passes warn", () => {
    const process = (): Health => health("auditflow", "warn");
    expect(door({ process, own: own("pass", "pass") }).health().status).toBe("warn");
  });

  test("name, version and dependencies are those of the process", () => {
    const process = (): Health => health("auditflow", "pass", { version: "7" });
    expect(door({ process, own: own("pass") }).health()).toMatchObject({
      service: "auditflow",
      version: "7",
    });
  });
});

describe("upstreams", () => {
  test("a service's own words are passed on, also those of one that fails, in the order of the services", async () => {
    const check = {
      name: "postgres",
      status: "fail" as const,
      since: "2026-01-01T00:00:00.000Z",
      last_error: "connection refused",
      next_try_at: "2026-01-01T00:00:07.000Z",
      latency_ms: 3,
      impaired_features: ["storing alerts"],
    };
    const checks = { "database:postgres": check };
    const notify = await serve(says(health("notification-service", "fail", { checks }), 503));
    const gateway = await serve(says(health("audit-event-gateway", "pass")));
    const made = door({
      upstreams: { "notification-service": notify.url, "audit-event-gateway": gateway.url },
    });
    expect(await entry(made, "notification-service", "fail")).toEqual({
      service: "notification-service",
      status: "fail",
      version: "1",
      since: "2026-01-02T03:04:05.000Z",
      latency_ms: expect.any(Number) as number,
      checks,
    });
    await entry(made, "audit-event-gateway", "pass");
    expect(made.health().status).toBe("warn");
    expect(made.health().services?.map(({ service }) => service)).toEqual([
      "audit-event-gateway",
      "notification-service",
    ]);
  });

  test("until its first answer a service is warn, and asking health asks nobody", async () => {
    let asked = 0;
    const { url } = await serve(() => asked++);
    const made = door({ upstreams: { "audit-log-analysis": url }, everyMs: 60_000, timeoutMs: 60_000 });
    for (let n = 0; n < 100; n++) made.health();
    expect(entryOf(made.health(), "audit-log-analysis")).toMatchObject({
      status: "warn",
      last_error: "It has not been asked yet",
    });
    await until(() => asked > 0, "it is asked");
    expect(asked).toBe(1);
  });

  test("a service that dies is fail with the reason, since when, the next try and what is impaired, and passes again once it is back", async () => {
    const { url, close } = await serve(says(health("audit-log-analysis", "pass")));
    const made = door({ upstreams: { "audit-log-analysis": url }, impairedWithout: (service) => [service] });
    expect(await entry(made, "audit-log-analysis", "pass")).not.toHaveProperty("impaired_features");
    await close();
    expect(await entry(made, "audit-log-analysis", "fail")).toEqual({
      service: "audit-log-analysis",
      status: "fail",
      version: "1",
      since: "2026-01-02T03:04:05.000Z",
      last_error: expect.stringMatching(/^It cannot be asked: \w+$/) as string,
      next_try_at: "2026-01-02T03:04:05.020Z",
      impaired_features: ["audit-log-analysis"],
      checks: {},
    });
    await serve(says(health("audit-log-analysis", "pass")), Number(new URL(url).port));
    expect(await entry(made, "audit-log-analysis", "pass")).not.toHaveProperty("last_error");
  });

  test("a service that is silent, or stops in the middle, is fail, and does not delay the others", async () => {
    const silent = await serve(() => undefined);
    const halting = await serve((_request, response) => void response.writeHead(200).write('{"status":'));
    const well = await serve(says(health("audit-log-analysis", "pass")));
    const made = door({
      upstreams: {
        "audit-event-gateway": silent.url,
        "notification-service": halting.url,
        "audit-log-analysis": well.url,
      },
    });
    await entry(made, "audit-log-analysis", "pass");
    for (const service of ["audit-event-gateway", "notification-service"] as const) {
      expect((await entry(made, service, "fail")).last_error).toMatch(/^It did not answer in time/);
    }
  });

  test.each<[string, RequestListener, RegExp]>([
    [
      "another service",
      says(health("audit-event-gateway", "pass")),
      /At its address answers audit-event-gateway/,
    ],
    ["a web page", (_request, response) => response.end("<html>"), /answers 200 without a health report/],
    ["other JSON", (_request, response) => response.end("{}"), /answers 200 without a health report/],
    [
      "an error",
      (_request, response) => response.writeHead(500).end("x"),
      /answers 500 without a health report/,
    ],
    [
      "a redirect",
      (_request, response) => response.writeHead(302, { location: "/" }).end(),
      /answers 302 without a health report/,
    ],
  ])("an address at which %s answers is fail", async (_what, answer, reason) => {
    const { url } = await serve(answer);
    const made = door({ upstreams: { "notification-service": url } });
    expect((await entry(made, "notification-service", "fail")).last_error).toMatch(reason);
  });

  test("a process that runs several services answers for each of them", async () => {
    const { url } = await serve(says(health("auditflow", "pass")));
    const made = door({ upstreams: { "notification-service": url } });
    await entry(made, "notification-service", "pass");
  });

  test("after stop nobody is asked any more", async () => {
    let asked = 0;
    const { url } = await serve((request, response) => {
      asked++;
      says(health("audit-log-analysis", "pass"))(request, response);
    });
    const made = door({ upstreams: { "audit-log-analysis": url } });
    await entry(made, "audit-log-analysis", "pass");
    made.stop();
    const then = asked;
    const other = door({ upstreams: { "audit-log-analysis": url }, everyMs: 60_000 });
    await entry(other, "audit-log-analysis", "pass");
    expect(asked).toBeLessThanOrEqual(then + 2);
  });
});
