import type { Alert, AuditEvent } from "@auditflow/contracts";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { eventId, start } from "../../testing/correlation.ts";
import { formatTimestamp } from "../telemetry/clock.ts";
import { memoryWindows } from "../windows/memory.ts";
import { type Analyser, createAnalyser } from "./analyser.ts";
import { loadSources } from "./load-sources.ts";

const login = `title: Failed login
name: failed
logsource: { category: test }
detection: { selection: { action_result: FAILURE }, condition: selection }
`;
const correlation = (name: string, rest: string): string => `title: ${name}
name: ${name}
correlation: { ${rest}, timespan: 2s }
auditflow: { lateness: 3s }
`;
const burst = correlation(
  "burst",
  "type: event_count, rules: [failed], group-by: [user_id], condition: { gte: 3 }",
);
const spread = correlation(
  "spread",
  "type: value_count, rules: [failed], group-by: [user_id], condition: { field: server_hostname, gte: 2 }, generate: true",
);
const bursts = correlation(
  "bursts",
  "type: event_count, rules: [burst], group-by: [user_id], condition: { gte: 2 }, generate: true",
);
const alone = `title: Root
logsource: { category: test }
detection: { selection: { user_id: root }, condition: selection }
`;

const load = (...texts: string[]) => loadSources(texts.map((text, n) => ({ file: `${n}.yml`, text })));
const rules = await load(login, burst, spread, bursts, alone);
// The same rules as others write them down, among others.
const again = await load(
  `# said again\n${alone}`,
  spread,
  `title: Other\nname: other\n${login.split("\n").slice(2).join("\n").replace("FAILURE", "SUCCESS")}`,
  bursts,
  `${login}---\n${burst}`,
  correlation("many", "type: event_count, rules: [other], group-by: [user_id], condition: { gte: 900 }"),
);

interface Told {
  readonly n: number;
  readonly at: number;
  readonly user: string;
  readonly host: string;
}

function failure({ n, at, user, host }: Told): AuditEvent {
  const timestamp = formatTimestamp(start + at);
  return {
    ...{ event_id: eventId(n), timestamp, received_at: timestamp, source_service: "sshd" },
    ...{ server_hostname: host, event_type: "user_login", severity: "WARNING" },
    ...{ user_id: user, action_result: "FAILURE", logsource: { category: "test" } },
  };
}

const told = fc.record({
  n: fc.nat({ max: 400 }),
  at: fc.nat({ max: 12_000 }),
  user: fc.constantFrom("root", "mallory"),
  host: fc.constantFrom("a", "b", "c"),
});
/** Events once each and redelivered, in batches; of each whether rules are reloaded after it and before its answer. */
const stream = fc.array(
  fc.record({
    events: fc.array(told, { maxLength: 12 }),
    reload: fc.boolean(),
    pause: fc.nat({ max: 1500 }),
  }),
  { maxLength: 15 },
);
type Stream = typeof stream extends fc.Arbitrary<infer T> ? T : never;

/** Everything that is published when the batches come one after the other. */
async function oneByOne(batches: Stream, withReloads: boolean): Promise<Alert[]> {
  let now = start;
  const clock = { now: () => now };
  const analyser = createAnalyser({ rules, windows: memoryWindows({ clock }), clock });
  const published: Alert[] = [];
  const publish = (alerts: readonly Alert[]): void => {
    published.push(...alerts);
    analyser.confirm(alerts);
  };
  for (const [turn, { events, reload, pause }] of batches.entries()) {
    const taking = analyser.take(events.map(failure));
    if (withReloads && reload) analyser.use(turn % 2 === 0 ? again : rules);
    publish(await taking);
    now += pause;
    publish(await analyser.sweep());
  }
  publish(await analyser.flush());
  return published.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

const keyOf = ({ alert_id, revision }: Alert): string => `${alert_id} ${String(revision).padStart(6, "0")}`;

/** The alerts that stand in the end when all batches overlap. */
async function atOnce(batches: Stream, withReloads: boolean): Promise<Alert[]> {
  const clock = { now: () => start };
  const analyser = createAnalyser({ rules, windows: memoryWindows({ clock }), clock });
  const answers = await Promise.all(
    batches.map(async ({ events, reload }, turn) => {
      const taking = analyser.take(events.map(failure));
      if (withReloads && reload) analyser.use(turn % 2 === 0 ? again : rules);
      const alerts = await taking;
      analyser.confirm(alerts);
      return alerts;
    }),
  );
  const last = new Map<string, Alert>();
  for (const alert of [...answers.flat(), ...(await analyser.flush())]) {
    if (alert.revision > (last.get(alert.alert_id)?.revision ?? 0)) last.set(alert.alert_id, alert);
  }
  return [...last.values()]
    .filter(({ merged_into }) => merged_into === undefined)
    .toSorted((a, b) => (a.alert_id < b.alert_id ? -1 : 1));
}

describe("a reload in the middle of the stream", () => {
  test("changes no revision of any alert of rules that are the same", async () => {
    await fc.assert(
      fc.asyncProperty(stream, async (batches) => {
        expect(await oneByOne(batches, true)).toEqual(await oneByOne(batches, false));
      }),
      { numRuns: 150 },
    );
  });

  test("changes no alert while batches overlap", async () => {
    await fc.assert(
      fc.asyncProperty(stream, async (batches) => {
        expect(await atOnce(batches, true)).toEqual(await atOnce(batches, false));
      }),
      { numRuns: 150 },
    );
  });

  const events = (from: number, count: number): AuditEvent[] =>
    Array.from({ length: count }, (_, n) =>
      failure({ n: from + n, at: (from + n) * 100, user: "mallory", host: "a" }),
    );

  function live(): { analyser: Analyser; clock: { advance(ms: number): void } } {
    let now = start;
    const clock = {
      now: () => now,
      advance: (ms: number): void => {
        now += ms;
      },
    };
    return { analyser: createAnalyser({ rules, windows: memoryWindows({ clock }), clock }), clock };
  }

  test("a batch under way ends with the rules it began with, and the next has the new ones", async () => {
    const { analyser } = live();
    const root = { ...events(1, 1)[0]!, user_id: "root" };
    const taking = analyser.take([root]);
    analyser.use(await load(alone));
    const names = async (alerts: Promise<readonly Alert[]>): Promise<string[]> =>
      (await alerts).map(({ alert_name }) => alert_name);
    expect(await names(taking)).toEqual(["Failed login", "Root"]);
    expect(await names(analyser.take([root]))).toEqual(["Root"]);
  });

  test("the last word of a removed rule's alert is still told, and then nothing more of it", async () => {
    const { analyser, clock } = live();
    const counting = await load(login, burst);
    analyser.use(counting);
    analyser.confirm(await analyser.take(events(1, 4)));
    analyser.confirm(await analyser.take(events(5, 3)));
    analyser.use(await load(alone));
    clock.advance(1000);
    expect(await analyser.sweep()).toMatchObject([{ alert_name: "burst", count: 7, revision: 2 }]);
    expect(await analyser.take(events(8, 3))).toEqual([]);
  });

  test("a changed rule counts anew, under another version", async () => {
    const { analyser } = live();
    analyser.use(await load(login, burst));
    const [before] = await analyser.take(events(1, 4));
    analyser.use(await load(login, burst.replace("gte: 3", "gte: 4")));
    expect(await analyser.take(events(5, 3))).toEqual([]);
    const [after] = await analyser.take(events(8, 1));
    expect(after?.count).toBe(4);
    expect(after?.analysis_rule.version).not.toBe(before?.analysis_rule.version);
  });
});
