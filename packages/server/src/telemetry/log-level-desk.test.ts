import type { ControlMessage } from "@auditflow/contracts";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { LogLevelSite } from "../../testing/log-level-site.ts";
import { until } from "../../testing/until.ts";
import { memoryTransport } from "../transport/memory.ts";
import { transportCommandLink } from "./transport-command-link.ts";

let site: LogLevelSite;
beforeEach(() => {
  site = new LogLevelSite();
});
afterEach(() => site.close());

const analysis = "audit-log-analysis";
const gateway = "audit-event-gateway";
const nobodyKnown = { known: async () => [] };
const instances = ({ processes }: { processes: readonly { instance: string }[] }): string[] =>
  processes.map(({ instance }) => instance);

/** A link that takes everything and passes nothing on, until `pass` is called. */
function brokenLink() {
  const transport = memoryTransport({ clock: { now: () => 0 } });
  site.later(() => transport.stop());
  const link = transportCommandLink(transport, gateway);
  return { ...link, send: () => Promise.reject(new Error("The broker is not connected")) };
}

describe("a log level", () => {
  test("is changed in every process of the service and in no other, and each one says so", async () => {
    const first = site.process("a-1");
    const second = site.process("a-2");
    const other = site.process("g-1", { services: [gateway] });
    const answer = await other.desk.ask(analysis, { level: "debug" });
    expect(answer).toMatchObject({
      processes: [
        { instance: "a-1", services: [analysis], level: "debug", modules: {} },
        { instance: "a-2", services: [analysis], level: "debug", modules: {} },
      ],
      silent: [],
    });
    expect([first, second, other].map(({ levels }) => levels.state().level)).toEqual([
      "debug",
      "debug",
      other.levels.state().level,
    ]);
    expect(other.levels.state().level).not.toBe("debug");
  });

  test("of all is changed in all, the one asked included, in the order of the services", async () => {
    site.process("a-1");
    const asked = site.process("g-1", { services: [gateway] });
    const answer = await asked.desk.ask("all", { level: "warn", module: "transport", for: "10m" });
    expect(instances(answer)).toEqual(["g-1", "a-1"]);
    for (const process of answer.processes) {
      expect(process.modules).toEqual({ transport: "warn" });
      expect(Date.parse(process.reverts_at ?? "")).toBeGreaterThan(Date.now());
    }
  });

  test("is told without a change when none is given", async () => {
    const asked = site.process("a-1");
    const { level } = asked.levels.state();
    expect(await asked.desk.ask("all")).toMatchObject({
      processes: [{ instance: "a-1", level }],
      silent: [],
    });
  });

  test("that cannot be made is refused, and changed nowhere", async () => {
    const other = site.process("a-1");
    const asked = site.process("a-2");
    const { level } = other.levels.state();
    await expect(asked.desk.ask("all", { level: "debug", for: "999h" })).rejects.toMatchObject({
      code: "invalid_request",
    });
    expect((await asked.desk.ask("all")).processes.map((each) => each.level)).toEqual([level, level]);
  });
});

describe("who did not answer", () => {
  const known = async () => [
    { instance: "a-1", services: [analysis] as const },
    { instance: "a-2", services: [analysis] as const },
    { instance: "g-9", services: [gateway] as const },
  ];

  test("is named when it is known, and of the service that was meant", async () => {
    site.process("a-1");
    const waits = { least: 0, unknown: 0, most: 300 };
    const asked = site.process("n-1", { services: ["notification-service"], known, waits });
    const { processes, silent } = await asked.desk.ask(analysis, { level: "debug" });
    expect(instances({ processes })).toEqual(["a-1"]);
    expect(silent).toEqual([
      { instance: "a-2", services: [analysis], reason: expect.stringMatching(/did not answer in time/) },
    ]);
  });

  test("is not waited for once every known process has answered", async () => {
    site.process("a-1");
    site.process("a-2");
    const waits = { least: 0, unknown: 60_000, most: 60_000 };
    const asked = site.process("n-1", { services: ["notification-service"], known, waits });
    expect((await asked.desk.ask(analysis)).silent).toEqual([]);
  });

  test("is waited for a while when the known ones cannot be told", async () => {
    site.process("a-1");
    const asked = site.process("g-1", {
      services: [gateway],
      known: () => Promise.reject(new Error("the database is down")),
      waits: { least: 0, unknown: 100, most: 60_000 },
    });
    expect(await asked.desk.ask("all")).toMatchObject({
      processes: [{ instance: "g-1" }, { instance: "a-1" }],
      silent: [],
    });
  });

  test("is said in words when no process of a service is there", async () => {
    const asked = site.process("a-1", nobodyKnown);
    expect(await asked.desk.ask("audit-event-archive")).toEqual({
      processes: [],
      silent: [{ services: ["audit-event-archive"], reason: expect.stringMatching(/^No process of it/) }],
    });
  });

  test("while the link is down everybody else is, and the process asked changes all the same", async () => {
    const asked = site.process("g-1", { services: [gateway], over: brokenLink(), known });
    const { processes, silent } = await asked.desk.ask("all", { level: "debug" });
    expect(processes).toMatchObject([{ instance: "g-1", level: "debug" }]);
    expect(asked.levels.state().level).toBe("debug");
    expect(silent.map(({ instance }) => instance)).toEqual(["a-1", "a-2", "g-9", undefined]);
    expect(silent.at(-1)?.services).toContain("notification-service");
    for (const { reason } of silent)
      expect(reason).toMatch(/The broker is not connected.*Ask each at its own address/);
  });

  test("is everybody else when there is no link at all", async () => {
    const asked = site.process("d-1", { services: ["event-audit-dashboard"], over: undefined });
    const { processes, silent } = await asked.desk.ask("all", { level: "debug" });
    expect(instances({ processes })).toEqual(["d-1"]);
    expect(silent).toHaveLength(1);
  });
});

describe("a command", () => {
  const command = (id: string, level: string): ControlMessage =>
    ({ kind: "log_level", command_id: id, service: "all", change: { level } }) as ControlMessage;

  test("that comes twice is obeyed once", async () => {
    const { levels } = site.process("a-1");
    const sender = site.process("g-1", {
      services: [gateway],
      over: transportCommandLink(site.transport, gateway),
    });
    await sender.hub.send(command("x", "debug"));
    await until(() => levels.state().level === "debug", "it is obeyed");
    levels.set({ level: "error" });
    await sender.hub.send(command("x", "debug"));
    await sender.hub.send({ ...command("y", "error"), service: gateway } as ControlMessage);
    await until(() => sender.levels.state().level === "error", "the later one has come");
    expect(levels.state().level).toBe("error");
  });

  test.each([
    { kind: "reload_rules", command_id: "z" },
    { kind: "log_level" },
    { kind: "log_level", command_id: "z", service: "all", change: { level: "loud" } },
    {},
  ])("of an unknown kind or shape, %j, is ignored, and the next one is obeyed", async (odd) => {
    const { levels, desk } = site.process("a-1", nobodyKnown);
    await site.transport.publish("commands", [odd]);
    await site.transport.publish("commands", [command("x", "debug")]);
    await until(() => levels.state().level === "debug", "the next is obeyed");
    expect(instances(await desk.ask("all"))).toEqual(["a-1"]);
  });
});
