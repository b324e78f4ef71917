import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AuditEvent, Health } from "@auditflow/contracts";
import { afterEach, describe, expect, test } from "vitest";
import {
  type FaultMode,
  type FaultProxy,
  startFaultProxy,
  targetOf,
  throughProxy,
} from "../packages/server/testing/fault-proxy.ts";
import { halfRequest } from "../packages/server/testing/half-request.ts";
import {
  type PidOne,
  runAsPidOne,
  serveArguments,
  startAsPidOne,
} from "../packages/server/testing/pid-one.ts";

const clean: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const step of clean.splice(0).reverse()) await step();
});

type Dependency = "rabbitmq" | "redis" | "postgres";

/** Where each dependency's address is set, and where the tests find it. */
const variables: Readonly<Record<Dependency, readonly [string, string]>> = {
  rabbitmq: ["TRANSPORT_URL", "AUDITFLOW_TEST_AMQP_URL"],
  redis: ["WINDOWS_URL", "AUDITFLOW_TEST_REDIS_URL"],
  postgres: ["DATABASE_URL", "AUDITFLOW_TEST_POSTGRES_URL"],
};

/** Each service and what it depends on; `all` keeps everything in its own folder. */
const dependencies = {
  "audit-event-generator": ["rabbitmq"],
  "audit-event-gateway": ["rabbitmq"],
  "audit-log-analysis": ["rabbitmq", "redis"],
  "notification-service": ["rabbitmq", "postgres"],
  "event-audit-dashboard": [],
  all: [],
} as const satisfies Record<string, readonly Dependency[]>;

type Service = keyof typeof dependencies;
const services = Object.keys(dependencies) as Service[];

type Proxies = Readonly<Partial<Record<Dependency, FaultProxy>>>;

/** What a service needs to find its dependencies, each behind a proxy of its own. */
async function surroundings(service: Service): Promise<{ env: Record<string, string>; proxies: Proxies }> {
  if (service === "all") {
    const data = await mkdtemp(join(tmpdir(), "auditflow-stop-"));
    clean.push(() => rm(data, { recursive: true, force: true }));
    return { env: { AUDITFLOW_DATA: data }, proxies: {} };
  }
  const env: Record<string, string> = {};
  const proxies: Partial<Record<Dependency, FaultProxy>> = {};
  for (const dependency of dependencies[service]) {
    const [setting, variable] = variables[dependency];
    const url = process.env[variable];
    if (url === undefined) throw new Error(`${variable} is not set: run \`npm run scenarios\``);
    const proxy = await startFaultProxy({ target: targetOf(url, 0) });
    clean.push(() => proxy.stop());
    proxies[dependency] = proxy;
    env[setting] = throughProxy(url, proxy);
  }
  return { env, proxies };
}

async function start(
  service: Service,
  env: Record<string, string>,
  nodeFlags: readonly string[] = [],
): Promise<PidOne> {
  const running = await startAsPidOne(await serveArguments([service], { env, nodeFlags }));
  clean.push(async () => {
    if (!running.hasEnded()) await running.end("SIGKILL");
  });
  return running;
}

async function untilHealthy({ url }: PidOne): Promise<void> {
  const status = async (): Promise<string> =>
    ((await (await fetch(`${url}/healthz`)).json()) as Health).status;
  await expect.poll(status, { timeout: 60_000 }).toBe("pass");
}

/** What an orchestrator asks of a stop: it would call anything else an error, or kill. */
async function expectOrderlyEnd(running: PidOne, signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
  const { code, seconds } = await running.end(signal);
  expect({ code, inTime: seconds < 10 ? true : seconds }).toEqual({ code: 0, inTime: true });
  const names = running.lines.map((line) => String(line["event.name"]));
  expect(names.slice(names.indexOf("service.stopping"))).toContainEqual(
    expect.stringMatching(/^service\.stopped/),
  );
}

/** A flag of Node that runs this code before the program. */
const preload = (code: string): string => `--import=data:text/javascript,${encodeURIComponent(code)}`;

/** Code that does something once, as soon as the program listens to a signal. */
const asSoonAs = (signal: NodeJS.Signals, act: string): string =>
  `process.on("newListener", (name) => { if (name === "${signal}") queueMicrotask(() => { ${act} }); });`;

const event = (): AuditEvent => ({
  event_id: randomUUID(),
  timestamp: new Date().toISOString(),
  source_service: "scenario",
  server_hostname: "web-1",
  event_type: "user_login",
  severity: "INFO",
  user_id: "alice",
  action_result: "FAILURE",
});

describe.each(services)("%s as PID 1", (service) => {
  test.each(["SIGTERM", "SIGINT"] as const)("ends with code 0 on %s when idle", async (signal) => {
    const { env } = await surroundings(service);
    await expectOrderlyEnd(await start(service, env), signal);
  });

  test("ends with code 0 on a single signal that comes while it starts", async () => {
    const { env } = await surroundings(service);
    const nodeFlags = [preload(asSoonAs("SIGTERM", "process.kill(process.pid, 'SIGTERM')"))];
    expect(await runAsPidOne(await serveArguments([service], { env, nodeFlags }))).toBe(0);
  });

  const faults = dependencies[service].flatMap((dependency) =>
    (["refuse", "drop"] as const).map((mode): [Dependency, FaultMode] => [dependency, mode]),
  );
  test.each(faults)("ends with code 0 while %s is on %s", async (dependency, mode) => {
    const { env, proxies } = await surroundings(service);
    const running = await start(service, env);
    await untilHealthy(running);
    await proxies[dependency]?.mode(mode);
    await expectOrderlyEnd(running);
  });
});

test("each service as PID 1 ends with code 0 under load, and the others go on", async () => {
  const system = await wholeSystem();
  const load = startLoad(system.url("audit-event-gateway"), system.url("event-audit-dashboard"));
  clean.push(() => load.stop());
  for (const service of services.filter((name) => name !== "all")) {
    await load.untilMore(20);
    await expectOrderlyEnd(system.part(service));
    await system.startAgain(service);
  }
  await load.untilMore(20);
});

test("all as PID 1 ends with code 0 under load", async () => {
  const { env } = await surroundings("all");
  const running = await start("all", env);
  const load = startLoad(running.url, running.url);
  clean.push(() => load.stop());
  await load.untilMore(40);
  await expectOrderlyEnd(running);
});

describe.each(["audit-event-gateway", "all"] as const)("%s with a request under way", (service) => {
  test("is first not ready, and answers the request before it ends", async () => {
    const { env } = await surroundings(service);
    const running = await start(service, env);
    await untilHealthy(running);
    const underWay = await halfRequest(running.url, [event()]);
    expect((await fetch(`${running.url}/readyz`)).status).toBe(200);
    running.signal("SIGTERM");
    await expect.poll(async () => (await fetch(`${running.url}/readyz`)).status).toBe(503);
    expect((await fetch(`${running.url}/livez`)).status).toBe(200);
    expect(await underWay.finish()).toBe(202);
    await expectOrderlyEnd(running);
  });

  test("ignores a second signal within a second, and ends at once on one after that", async () => {
    const { env } = await surroundings(service);
    const running = await start(service, env);
    await untilHealthy(running);
    await halfRequest(running.url, [event()]);
    const again = setInterval(() => running.signal("SIGTERM"), 50);
    const { code, seconds } = await running.end("SIGTERM");
    clearInterval(again);
    expect(code).toBe(1);
    expect(seconds).toBeGreaterThan(1);
    expect(running.lines.filter((line) => line["event.name"] === "service.stopping")).toHaveLength(1);
  });

  test.each(["throw new Error('boom')", "void Promise.reject(new Error('boom'))"])(
    "ends with code 1 and a fatal line on an uncaught error: %s",
    async (fault) => {
      const { env } = await surroundings(service);
      const running = await start(service, env, [preload(`process.on("SIGWINCH", () => { ${fault} })`)]);
      expect((await running.end("SIGWINCH")).code).toBe(1);
      const fatal = running.lines.filter((line) => line["severity_text"] === "FATAL");
      expect(fatal).toEqual([expect.objectContaining({ "event.name": "process.failed" })]);
      expect(JSON.stringify(fatal)).toContain("boom");
    },
  );
});

interface WholeSystem {
  url(service: Service): string;
  part(service: Service): PidOne;
  startAgain(service: Service): Promise<void>;
}

/** The five services, each as PID 1 of a namespace of its own. */
async function wholeSystem(): Promise<WholeSystem> {
  const parts = new Map<Service, { running: PidOne; env: Record<string, string> }>();
  const urls: Record<string, string> = {};
  const add = async (service: Service, upstreams: Record<string, string> = {}): Promise<void> => {
    const env = { ...(await surroundings(service)).env, ...upstreams };
    const running = await start(service, env);
    parts.set(service, { running, env });
    urls[service] = running.url;
  };
  await add("audit-event-generator");
  await add("audit-event-gateway");
  await add("audit-log-analysis");
  await add("notification-service");
  await add("event-audit-dashboard", {
    AUDITFLOW_GENERATOR_URL: urls["audit-event-generator"]!,
    AUDITFLOW_GATEWAY_URL: urls["audit-event-gateway"]!,
    AUDITFLOW_ANALYSIS_URL: urls["audit-log-analysis"]!,
    AUDITFLOW_NOTIFICATION_URL: urls["notification-service"]!,
  });
  const part = (service: Service) => parts.get(service)!;
  return {
    url: (service) => urls[service]!,
    part: (service) => part(service).running,
    startAgain: async (service) => {
      const { env } = part(service);
      const running = await start(service, { ...env, AUDITFLOW_PORT: new URL(urls[service]!).port });
      parts.set(service, { running, env });
    },
  };
}

/** Events in and alerts out, one request after the other each, whatever they are answered. */
function startLoad(
  intake: string,
  page: string,
): { untilMore(n: number): Promise<void>; stop(): Promise<void> } {
  const over = new AbortController();
  let accepted = 0;
  const again = async (ask: () => Promise<unknown>): Promise<void> => {
    while (!over.signal.aborted) await ask().catch(() => new Promise((resolve) => setTimeout(resolve, 20)));
  };
  const loops = [
    again(async () => {
      const body = JSON.stringify(Array.from({ length: 50 }, event));
      const headers = { "content-type": "application/json" };
      const answer = await fetch(`${intake}/api/v1/events`, { method: "POST", headers, body });
      await answer.arrayBuffer();
      if (answer.status === 202) accepted += 1;
    }),
    again(async () => (await fetch(`${page}/api/v1/alerts?limit=50`)).arrayBuffer()),
  ];
  return {
    untilMore: async (n) => {
      const wanted = accepted + n;
      await expect.poll(() => accepted, { timeout: 60_000, interval: 20 }).toBeGreaterThanOrEqual(wanted);
    },
    stop: async () => {
      over.abort();
      await Promise.all(loops);
    },
  };
}
