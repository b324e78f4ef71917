import {
  mostRuleFaults,
  mostRuleTallies,
  type RuleReloadOutcome,
  type RuleTally,
} from "@auditflow/contracts";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { keptLog } from "../../testing/kept-log.ts";
import { memoryTransport } from "../transport/memory.ts";
import type { Transport } from "../transport/transport.ts";
import { CommandHub, type CommandLink } from "./command-link.ts";
import type { KnownProcess } from "./inquiry.ts";
import { RuleDesk, type RuleDeskOptions, type RuleSource, type ToldRule } from "./rule-desk.ts";
import { transportCommandLink } from "./transport-command-link.ts";

const analysis = "audit-log-analysis";
const fault = { file: "/r/a.yml", line: 3, column: 1, field: "detection", message: "is missing" };
const rule = (rule_id: string): ToldRule => ({
  ...{ rule_id, title: rule_id, kind: "detection", level: "high", version: "00000000" },
  ...{ file: "/r/a.yml", line: 1, tags: [] },
});

interface Rules {
  readonly rules?: readonly string[];
  readonly tallies?: readonly RuleTally[];
  readonly suspended?: string[];
  readonly problems?: (typeof fault)[];
  readonly reload?: () => Promise<RuleReloadOutcome>;
}

function source({ rules = ["one"], tallies = [], suspended = [], problems = [], reload }: Rules): RuleSource {
  return {
    state: () => ({
      ...{ version: "5c0e9f21", since: "2026-01-02T03:04:05.678Z", rules: rules.length },
      ...{ refused: problems.length > 0, problems, suspended },
    }),
    rules: () => rules.map(rule),
    detail: () => undefined,
    tallies: () => tallies,
    reload: reload ?? (async () => "unchanged"),
  };
}

let transport: Transport;
const undo: (() => unknown)[] = [];
beforeEach(() => {
  transport = memoryTransport({ clock: { now: () => Date.now() } });
  undo.push(() => transport.stop());
});
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

type Options = Partial<RuleDeskOptions> & { readonly over?: CommandLink };

/** A process on the transport; with rules it is one of detection. */
function process(instance: string, rules?: Rules, { over, ...options }: Options = {}) {
  const hub = new CommandHub(over ?? transportCommandLink(transport, analysis));
  const kept = keptLog({ level: "debug" });
  let ids = 0;
  const newId = (): string => `${instance}-${++ids}`;
  const desk = new RuleDesk({ instance, link: hub, newId, log: kept.log, ...options });
  if (rules !== undefined) desk.serve(source(rules));
  undo.push(async () => {
    await desk.stop();
    await hub.stop();
  });
  return { desk, events: () => kept.lines().map((line) => line["event.name"]) };
}

/** A process that has the reports of all, and no rules. */
const knowing = (...instances: string[]) =>
  process("n-1", undefined, {
    known: async (): Promise<KnownProcess[]> => [
      ...instances.map((instance) => ({ instance, services: [analysis] as const })),
      { instance: "n-1", services: ["notification-service"] },
    ],
  });

const patient = { least: 0, unknown: 60_000, most: 60_000 };

describe("whoever is asked for the rules", () => {
  test("tells of every replica, and of each rule what each of them has counted", async () => {
    knowing("a-1", "a-2", "a-3");
    const { desk } = process("a-2", { rules: ["one", "two"] }, { waits: patient });
    process("a-1", { tallies: [{ rule_id: "two", matches: 5, late: 1 }], suspended: ["one"] });
    process("a-3", { tallies: [{ rule_id: "gone", matches: 7 }], problems: [fault] });
    const list = await desk.list();
    expect(list.silent).toEqual([]);
    expect(list.replicas).toMatchObject([
      { instance: "a-1", version: "5c0e9f21", suspended: ["one"], problem_count: 0, refused: false },
      { instance: "a-2", rules: 2 },
      { instance: "a-3", refused: true, problems: [fault], problem_count: 1 },
    ]);
    const nothing = { alerts: 0, skipped: 0, duplicates: 0, suppressed: 0 };
    expect(list.rules).toEqual([
      { ...rule("one"), suspended: true, counters: [] },
      { ...rule("two"), suspended: false, counters: [{ instance: "a-1", matches: 5, late: 1, ...nothing }] },
    ]);
  });

  test("names the replicas that reported themselves and do not answer", async () => {
    knowing("a-1", "a-2");
    const { desk } = process("a-1", {}, { waits: { least: 0, unknown: 60_000, most: 200 } });
    const { replicas, silent } = await desk.list();
    expect(replicas.map(({ instance }) => instance)).toEqual(["a-1"]);
    expect(silent).toMatchObject([{ instance: "a-2", reason: expect.stringContaining("did not answer") }]);
  });

  test("remembers who answered when nobody is there who knows", async () => {
    const waits = { least: 0, unknown: 100, most: 300 };
    const { desk } = process("a-1", {}, { waits: { ...waits, least: 100 } });
    const { desk: other } = process("a-2", {});
    expect((await desk.list()).replicas.map(({ instance }) => instance)).toEqual(["a-1", "a-2"]);
    await other.stop();
    expect((await desk.list()).silent).toMatchObject([{ instance: "a-2" }]);
  });

  test("tells of its own rules while others cannot be reached, and says why", async () => {
    const link = transportCommandLink(transport, analysis);
    const send = () => Promise.reject(new Error("The broker is not connected"));
    const { desk } = process("a-1", {}, { over: { ...link, send }, known: async () => [] });
    const { replicas, silent } = await desk.list();
    expect(replicas).toMatchObject([{ instance: "a-1" }]);
    expect(silent).toEqual([]);
    const { desk: without } = process("n-2", undefined, { over: { ...link, send }, known: async () => [] });
    expect((await without.list()).silent).toMatchObject([
      { services: [analysis], reason: expect.stringContaining("The broker is not connected") },
    ]);
  });

  test("hears of so many faults and counters of a replica that the message stays small", async () => {
    knowing("a-1");
    const problems = Array.from({ length: 3_000 }, () => ({ ...fault, message: "x".repeat(10_000) }));
    const tallies = Array.from({ length: 2 * mostRuleTallies }, (_, n) => ({
      ...{ rule_id: String(n), matches: n },
    }));
    process("a-1", { problems, tallies });
    const sent: unknown[] = [];
    transport.subscribe({
      ...{ topic: "commands", group: analysis },
      handler: async ({ records }) => {
        sent.push(...records);
        return [];
      },
    });
    const last = { rule_id: String(tallies.length - 1) };
    const { desk } = process("n-2", undefined, { waits: patient });
    const [replica] = (await desk.list()).replicas;
    expect(replica?.problems).toHaveLength(mostRuleFaults);
    expect(replica?.problem_count).toBe(3_000);
    const answer = sent.find((one) => (one as { kind: string }).kind === "rules_answer");
    expect((answer as { tallies: RuleTally[] }).tallies).toHaveLength(mostRuleTallies);
    expect((answer as { tallies: RuleTally[] }).tallies[0]).toMatchObject(last);
    expect(JSON.stringify(answer).length).toBeLessThan(512 * 1024);
  });

  test("gets the counters of 1,500 rules in a message of less than 160 KiB", async () => {
    const tallies = Array.from({ length: 1_500 }, () => ({
      ...{ rule_id: crypto.randomUUID(), matches: 1_234_567, alerts: 12_345, duplicates: 1_234 },
    }));
    const sizes: number[] = [];
    transport.subscribe({
      ...{ topic: "commands", group: analysis },
      handler: async ({ records }) => {
        sizes.push(...records.map((record) => JSON.stringify(record).length));
        return [];
      },
    });
    process("a-1", { tallies });
    const { desk } = process("n-1", undefined, {
      waits: patient,
      known: async () => [{ instance: "a-1", services: [analysis] }],
    });
    expect((await desk.list()).replicas).toHaveLength(1);
    expect(Math.max(...sizes)).toBeLessThan(160 * 1024);
  });
});

describe("a reload", () => {
  test("is done once in every replica, whose outcomes and faults are told", async () => {
    knowing("a-1", "a-2");
    const done: string[] = [];
    const reload = (instance: string, outcome: RuleReloadOutcome) => async () => {
      done.push(instance);
      return outcome;
    };
    const first = process("a-1", { reload: reload("a-1", "complete") }, { waits: patient });
    process("a-2", { reload: reload("a-2", "refused"), problems: [fault] });
    expect(await first.desk.reload()).toMatchObject({
      replicas: [
        { instance: "a-1", outcome: "complete", version: "5c0e9f21", rules: 1, problems: [] },
        { instance: "a-2", outcome: "refused", problems: [fault] },
      ],
      silent: [],
    });
    expect(done.toSorted()).toEqual(["a-1", "a-2"]);
    expect(first.events()).toContain("rules.reload_asked");
  });

  test("that takes long is waited for, also in the process that was asked", async () => {
    const reading = Promise.withResolvers<RuleReloadOutcome>();
    const { desk } = process(
      "a-1",
      { reload: () => reading.promise },
      { waits: patient, known: async () => [] },
    );
    const answer = desk.reload();
    reading.resolve("partial");
    expect((await answer).replicas).toMatchObject([{ instance: "a-1", outcome: "partial" }]);
  });

  test("that fails is an error in the log of the process, and no answer of it", async () => {
    const reload = () => Promise.reject(new Error("a bug"));
    const { desk, events } = process("a-1", { reload });
    await expect(desk.reloadHere("signal")).rejects.toThrow("a bug");
    expect(events()).toContain("rules.reload_failed");
    const { desk: other } = process("n-1", undefined, {
      waits: { least: 0, unknown: 100, most: 200 },
      known: async () => [{ instance: "a-1", services: [analysis] }],
    });
    expect(await other.reload()).toMatchObject({ replicas: [], silent: [{ instance: "a-1" }] });
  });

  test("of a process without rules is a line in its log and nothing else", async () => {
    const { desk, events } = process("g-1");
    expect(await desk.reloadHere("signal")).toBeUndefined();
    expect(events()).toEqual(["rules.reload_asked"]);
  });

  test("of files that say what is in force says so in the log", async () => {
    const { desk, events } = process("a-1", {});
    expect(await desk.reloadHere("signal")).toBe("unchanged");
    expect(events()).toEqual(["rules.reload_asked", "rules.unchanged"]);
  });
});
