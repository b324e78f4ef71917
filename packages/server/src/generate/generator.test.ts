import { AuditEvent, AuditFlowError, type GeneratorStatus, type ScenarioRun } from "@auditflow/contracts";
import { Ajv } from "ajv";
import Fastify, { type FastifyInstance } from "fastify";
import { pino } from "pino";
import { beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { memoryTransport } from "../transport/memory.ts";
import type { Transport } from "../transport/transport.ts";
import { startGenerator } from "./generator.ts";

beforeEach(() => {
  vi.useFakeTimers({
    now: Date.parse("2026-01-15T09:00:00.000Z"),
    toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "Date", "performance"],
  });
});

const clock = { now: () => Date.now() };

/** The world outside of the generator: a transport whose server the test holds in its hands. */
class World {
  readonly calls: number[] = [];
  readonly events: AuditEvent[] = [];
  readonly asked: number[] = [];
  isDown = false;
  /** Neither answers nor refuses. */
  isHanging = false;
  waiting: number | undefined = 0;

  readonly transport: Transport = {
    publish: async (topic, records) => {
      if (this.isHanging) return await new Promise(() => undefined);
      if (this.isDown) throw new AuditFlowError("transport_unavailable", "the broker is down");
      expect(topic).toBe("events");
      this.calls.push(records.length);
      this.events.push(...JSON.parse(JSON.stringify(records)));
    },
    backlog: async () => {
      this.asked.push(Date.now());
      return this.waiting;
    },
    health: () => ({
      name: "world",
      status: this.isDown ? "fail" : "pass",
      since: "2026-01-15T09:00:00.000Z",
    }),
    subscribe: () => ({ stop: async () => undefined }),
    stop: async () => undefined,
  };
}

interface Harness {
  readonly world: World;
  readonly http: FastifyInstance;
  readonly generator: { stop(): Promise<void> };
  readonly told: { generated: number; skipped: number };
  status(): Promise<GeneratorStatus>;
  set(rate: object): Promise<GeneratorStatus>;
  /** Lets so many seconds pass. */
  pass(seconds: number): Promise<void>;
}

function start({ demo = false, world = new World() } = {}): Harness {
  const http = Fastify();
  // The server of the product makes problems of them; here they are only to be seen.
  http.setErrorHandler((error, _request, reply) => {
    if (!(error instanceof AuditFlowError)) return reply.send(error);
    const { status, code, message, faults } = error;
    return reply.code(status).send({ code, detail: message, errors: faults });
  });
  const told = { generated: 0, skipped: 0 };
  const observe = {
    generated: (n: number) => {
      told.generated += n;
    },
    skipped: (n: number) => {
      told.skipped += n;
    },
  };
  const { transport } = world;
  const log = pino({ level: "silent" });
  const generator = startGenerator({ http, transport, clock, random: () => 0.5, log, observe, demo });
  onTestFinished(async () => {
    const stopping = generator.stop();
    await vi.advanceTimersByTimeAsync(5_000);
    await stopping;
    vi.useRealTimers();
    await http.close();
  });
  const url = "/api/v1/generator/rate";
  return {
    world,
    http,
    generator,
    told,
    status: async () => (await http.inject({ url })).json(),
    set: async (body) => {
      const answer = await http.inject({ method: "PUT", url, body });
      expect(answer.statusCode, answer.body).toBe(200);
      return answer.json();
    },
    pass: async (seconds) => {
      await vi.advanceTimersByTimeAsync(seconds * 1000);
    },
  };
}

describe("the rate", () => {
  test("is 0 at first: nothing synthetic is ever made unasked", async () => {
    const { world, pass, status } = start();
    await pass(3600);
    expect(world.events).toEqual([]);
    expect(await status()).toMatchObject({
      events_per_second: 0,
      generated: 0,
      limited_by: null,
      backlog: 0,
    });
  });

  test.each([0.1, 5, 333.3, 4000])("%d events per second are so many", async (events_per_second) => {
    const { world, set, pass, status } = start();
    await set({ events_per_second });
    await pass(10);
    expect(Math.abs(world.events.length - events_per_second * 10)).toBeLessThanOrEqual(
      1 + events_per_second * 0.02,
    );
    expect((await status()).generated).toBe(world.events.length);
  });

  test("the largest rate goes in batches of at most 500, in the order of time", async () => {
    const { world, set, pass } = start();
    await set({ events_per_second: 50_000 });
    await pass(1);
    expect(world.events.length).toBe(50_000);
    expect(Math.max(...world.calls)).toBe(500);
    const times = world.events.map(({ timestamp }) => timestamp);
    expect(times.toSorted()).toEqual(times);
    expect(new Set(times).size).toBeGreaterThan(900);
  });

  test("what is left out of a change stays as it is", async () => {
    const { set } = start();
    await set({ events_per_second: 7, period_seconds: 30, seed: 3 });
    expect(await set({ shape: "burst", burst_factor: 4 })).toMatchObject({
      events_per_second: 7,
      shape: "burst",
      period_seconds: 30,
      burst_factor: 4,
      seed: 3,
      paused: false,
    });
  });

  test("a pause is silence without debt", async () => {
    const { world, set, pass } = start();
    await set({ events_per_second: 100 });
    await pass(1);
    await set({ paused: true });
    const before = world.events.length;
    await pass(100);
    expect(world.events.length).toBe(before);
    await set({ paused: false });
    await pass(1);
    expect(world.events.length - before).toBe(100);
  });

  test("the rate really reached is that of the whole seconds since the last change", async () => {
    const { set, pass, status } = start();
    await set({ events_per_second: 2000 });
    await pass(60);
    await set({ events_per_second: 50 });
    expect((await status()).actual_events_per_second).toBe(0);
    await pass(4.5);
    expect(Math.abs((await status()).actual_events_per_second - 50)).toBeLessThanOrEqual(1);
  });

  test("the same seed gives the same events but for ids and times", async () => {
    const { world, set, pass } = start();
    const played = async (): Promise<unknown[]> => {
      world.events.length = 0;
      await set({ events_per_second: 50, seed: 9 });
      await pass(4);
      await set({ events_per_second: 0 });
      return world.events.map(({ user_id, details }) => ({ user_id, details }));
    };
    const first = await played();
    await pass(16 * 60);
    expect(await played()).toEqual(first);
  });

  test.each([
    [{ events_per_second: 50_001 }, "/body/events_per_second"],
    [{ events_per_second: -1 }, "/body/events_per_second"],
    [{ events_per_second: null }, "/body/events_per_second"],
    [{ events_per_second: "5" }, "/body/events_per_second"],
    [{ event_per_second: 5 }, "/body/event_per_second"],
    [{ shape: "sine" }, "/body/shape"],
    [{ seed: 0.5 }, "/body/seed"],
    [[], "/body"],
  ])("%j is refused, and nothing changes", async (body, pointer) => {
    const { http, status } = start();
    const before = await status();
    const answer = await http.inject({ method: "PUT", url: "/api/v1/generator/rate", body });
    expect([answer.statusCode, answer.json()]).toMatchObject([
      400,
      { code: "invalid_request", errors: [{ pointer }] },
    ]);
    expect(await status()).toEqual(before);
  });
});

describe("while the transport is down", () => {
  test("20,000 events wait, the rest is skipped and counted, and all that waits goes out by itself", async () => {
    const { world, set, pass, status, told } = start();
    await set({ events_per_second: 1000 });
    await pass(5);
    world.isDown = true;
    await pass(2);
    // Told as soon as the transport refuses, not only once no more can wait.
    expect(await status()).toMatchObject({ limited_by: "transport" });
    await pass(58);
    const down = await status();
    expect(down).toMatchObject({ buffered: 20_000, limited_by: "transport", actual_events_per_second: 0 });
    expect(down.generated + down.buffered + down.skipped).toBe(65_000);
    world.isDown = false;
    await pass(10);
    expect(await status()).toMatchObject({ buffered: 0, limited_by: null });
    // Within the backoff of five seconds; afterwards no debt is made up for.
    expect(told.skipped).toBeLessThanOrEqual(down.skipped + 5000);
    expect(told).toEqual({ generated: world.events.length, skipped: (await status()).skipped });
    expect(told.generated + told.skipped).toBe(75_000);
    expect(new Set(world.events.map(({ event_id }) => event_id)).size).toBe(world.events.length);
  });

  test("what waits keeps its times", async () => {
    const { world, set, pass } = start();
    world.isDown = true;
    await set({ events_per_second: 10 });
    await pass(5);
    await set({ events_per_second: 0 });
    await pass(3600);
    world.isDown = false;
    await pass(10);
    expect(world.events).toHaveLength(50);
    expect(world.events.every(({ timestamp }) => timestamp.startsWith("2026-01-15T09:00:0"))).toBe(true);
  });

  test("a given event and a scenario are refused, to be tried again", async () => {
    const { world, http } = start();
    world.isDown = true;
    const answers = await Promise.all([
      http.inject({ method: "POST", url: "/api/v1/generator/events", body: { event_type: "user_login" } }),
      http.inject({ method: "POST", url: "/api/v1/generator/scenarios/brute-force" }),
    ]);
    expect(answers.map((answer) => answer.statusCode)).toEqual([503, 503]);
  });
});

describe("while the readers cannot follow", () => {
  test("nothing is made above 400 waiting messages until fewer than 200 wait, and what was due is skipped", async () => {
    const { world, set, pass, status } = start();
    await set({ events_per_second: 100 });
    await pass(1);
    world.waiting = 401;
    await pass(1);
    const made = world.events.length;
    await pass(10);
    expect(world.events.length).toBe(made);
    expect(await status()).toMatchObject({ limited_by: "backlog", backlog: 401, buffered: 0 });
    world.waiting = 200;
    await pass(2);
    expect(world.events.length).toBe(made);
    world.waiting = 199;
    await pass(1);
    expect(world.events.length).toBeGreaterThan(made);
    const { generated, skipped, limited_by } = await status();
    expect([generated + skipped, limited_by]).toEqual([1500, null]);
  });

  test("400 waiting messages hold nothing down, nor does a number that is not known", async () => {
    const { world, set, pass, status } = start();
    await set({ events_per_second: 100 });
    world.waiting = 400;
    await pass(10);
    world.waiting = undefined;
    await pass(10);
    expect(world.events).toHaveLength(2000);
    expect(await status()).toMatchObject({ backlog: null, limited_by: null, skipped: 0 });
  });
});

describe("a given event", () => {
  test.each(["/api/v1/generator/events", "/generate_event"])(
    "is with the transport after 202: %s",
    async (url) => {
      const { world, http, told } = start();
      const body = { event_type: "user_login", user_id: "eve", action_result: "FAILURE" };
      const answer = await http.inject({ method: "POST", url, body });
      expect([answer.statusCode, answer.json()]).toEqual([
        202,
        { status: "success", event_id: world.events[0]!.event_id },
      ]);
      expect(world.events[0]).toMatchObject({
        ...body,
        synthetic: true,
        source: "generator",
        logsource: { category: "authentication" },
        timestamp: "2026-01-15T09:00:00.000Z",
      });
      expect(told.generated).toBe(1);
    },
  );

  test("that would be no audit event is refused with the field", async () => {
    const { world, http } = start();
    const answer = await http.inject({
      method: "POST",
      url: "/api/v1/generator/events",
      body: { event_type: 5 },
    });
    expect([answer.statusCode, answer.json()]).toMatchObject([
      422,
      { code: "invalid_event", errors: [{ pointer: "/event_type" }] },
    ]);
    expect(world.events).toEqual([]);
  });
});

describe("a scenario", () => {
  test("is listed with what it makes and what must fire", async () => {
    const { http } = start();
    const { scenarios } = (await http.inject({ url: "/api/v1/generator/scenarios" })).json();
    expect(scenarios.map(({ name }: { name: string }) => name)).toEqual([
      "brute-force",
      "password-spray",
      "sensitive-file-tampering",
      "privilege-escalation",
      "account-takeover",
    ]);
    expect(scenarios[0]).toEqual({
      name: "brute-force",
      title: "Brute force",
      description: expect.any(String),
      events: 8,
      rules: ["failed_login_burst_by_address", "failed_login_burst_by_user"],
    });
  });

  test("is with the transport after 202, and its last event is now", async () => {
    const { world, http } = start();
    const answer = await http.inject({ method: "POST", url: "/api/v1/generator/scenarios/account-takeover" });
    const run: ScenarioRun = answer.json();
    expect(answer.statusCode).toBe(202);
    expect(run.event_ids).toEqual(world.events.map(({ event_id }) => event_id));
    expect(run).toMatchObject({ scenario: "account-takeover", events: world.events.length });
    expect(world.events.at(-1)?.timestamp).toBe("2026-01-15T09:00:00.000Z");
    expect(world.events.every(({ client_ip, synthetic }) => client_ip === run.client_ip && synthetic)).toBe(
      true,
    );
  });

  test("has another user and another address in each run", async () => {
    const { http } = start();
    const runs: ScenarioRun[] = [];
    for (let run = 0; run < 20; run += 1) {
      runs.push(
        (await http.inject({ method: "POST", url: "/api/v1/generator/scenarios/brute-force" })).json(),
      );
    }
    expect(new Set(runs.map(({ user_id }) => user_id)).size).toBe(20);
    expect(new Set(runs.map(({ client_ip }) => client_ip)).size).toBe(20);
  });

  test("that does not exist is refused with the names of those that do", async () => {
    const { http } = start();
    const answer = await http.inject({ method: "POST", url: "/api/v1/generator/scenarios/brute" });
    expect([answer.statusCode, answer.json()]).toMatchObject([
      404,
      { code: "not_found", detail: expect.stringContaining("brute-force, password-spray") },
    ]);
  });
});

describe("a demo", () => {
  test("makes five events per second and plays one brute force", async () => {
    const { world, pass } = start({ demo: true });
    await pass(10);
    const failures = world.events.filter(({ client_ip }) => !client_ip?.startsWith("10."));
    expect([world.events.length, failures.length]).toEqual([50 + 8, 8]);
  });

  test("waits with the brute force until the transport is there", async () => {
    const world = new World();
    world.isDown = true;
    const { pass } = start({ demo: true, world });
    await pass(60);
    world.isDown = false;
    await pass(10);
    const times = world.events
      .filter(({ client_ip }) => !client_ip?.startsWith("10."))
      .map(({ timestamp }) => timestamp);
    expect(times).toHaveLength(8);
    expect(times.at(-1)).toBe("2026-01-15T09:01:00.250Z");
  });
});

test("what it publishes reaches the readers of events whole, on a transport of the product", async () => {
  vi.useRealTimers();
  const transport = memoryTransport({ clock });
  const http = Fastify();
  const observe = { generated: () => undefined, skipped: () => undefined };
  const log = pino({ level: "silent" });
  const generator = startGenerator({ http, transport, clock, log, observe, demo: true });
  onTestFinished(async () => {
    await generator.stop();
    await transport.stop();
    await http.close();
  });
  const seen: AuditEvent[] = [];
  const handler = async ({ records }: { records: readonly unknown[] }): Promise<"ack"[]> => {
    seen.push(...(records as AuditEvent[]));
    return records.map(() => "ack");
  };
  transport.subscribe({ topic: "events", group: "audit-log-analysis", handler });
  await http.inject({
    method: "POST",
    url: "/generate_event",
    body: { event_type: "user_login", user_id: "eve" },
  });
  await vi.waitFor(() => expect(seen.length).toBeGreaterThan(1 + 8), { timeout: 15_000 });
  const validate = new Ajv().compile(AuditEvent);
  expect(seen.filter((event) => !(validate(event) && event.synthetic))).toEqual([]);
  expect(seen.map(({ user_id }) => user_id)).toContain("eve");
});

describe("stop", () => {
  test("waits until the transport owns what was made, and nothing is made afterwards", async () => {
    const { world, set, pass, generator, told } = start();
    await set({ events_per_second: 5000 });
    await pass(1);
    const stopping = generator.stop();
    await stopping;
    const { length } = world.events;
    await pass(10);
    expect([world.events.length, told]).toEqual([length, { generated: length, skipped: 0 }]);
  });

  test("ends after two seconds although the transport hangs, and counts what is lost", async () => {
    const { world, set, pass, generator, told } = start();
    world.isHanging = true;
    await set({ events_per_second: 100 });
    await pass(1);
    const stopping = generator.stop();
    await pass(2);
    await stopping;
    expect(told).toEqual({ generated: 0, skipped: 100 });
  });

  test("refuses what comes in afterwards as draining", async () => {
    const { http, generator } = start();
    await generator.stop();
    const answers = await Promise.all([
      http.inject({ method: "PUT", url: "/api/v1/generator/rate", body: { events_per_second: 1 } }),
      http.inject({ method: "POST", url: "/generate_event", body: { event_type: "user_login" } }),
      http.inject({ method: "POST", url: "/api/v1/generator/scenarios/brute-force" }),
    ]);
    expect(answers.map((answer) => answer.json().code)).toEqual(["draining", "draining", "draining"]);
  });
});
