import { randomUUID } from "node:crypto";
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { AlertList, AlertSummary, AuditEvent, RuleList, RuleReload } from "@auditflow/contracts";
import { expect, test } from "vitest";
import { until } from "../packages/server/testing/until.ts";
import { type Shape, type System, shapes, startSystem } from "./system.ts";
import { postEvents, tellingEvent } from "./telling-event.ts";

/** Two rules in two files that belong together: both say of which set they are. */
const half = (name: string, set: number): string => `title: ${name} of set ${set}
id: 00000000-0000-4000-8000-00000000000${name.length}
logsource: { category: test }
detection: { selection: { event_type: anything }, condition: selection }
level: low
`;
/** The same in every set. */
const counting = `title: Failed login
name: failed
logsource: { category: test }
detection: { selection: { action_result: FAILURE }, condition: selection }
---
title: Many failed logins
correlation: { type: event_count, rules: [failed], group-by: [user_id], timespan: 10m, condition: { gte: 5 } }
`;
const setOf = (set: number) => ({
  ...{ "first.yml": half("First", set), "second.yml": half("Second", set), "count.yml": counting },
});

/** A folder as the kubelet mounts a ConfigMap. */
class Mount {
  readonly folder: string;
  #version = 0;

  constructor(folder: string) {
    this.folder = folder;
  }

  async publish(files: Readonly<Record<string, string>>): Promise<void> {
    const [before, now] = [`..2026_${this.#version}`, `..2026_${++this.#version}`];
    const at = (name: string): string => join(this.folder, name);
    await mkdir(at(now));
    for (const [name, text] of Object.entries(files)) await writeFile(join(at(now), name), text);
    await symlink(now, at("..data_tmp"));
    await rename(at("..data_tmp"), at("..data"));
    if (this.#version === 1)
      for (const name of Object.keys(files)) await symlink(join("..data", name), at(name));
    await rm(at(before), { recursive: true, force: true });
  }
}

/** Some hundred events a second, each of which every set finds twice, and each tenth a failed login. */
class Load {
  readonly sent: AuditEvent[] = [];
  readonly #running: Promise<void>;
  #isOver = false;

  constructor(url: string) {
    this.#running = this.#run(url);
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await this.#running;
  }

  async #run(url: string): Promise<void> {
    while (!this.#isOver) {
      const events = Array.from({ length: 10 }, (_, n) => eventOf(n === 0));
      expect((await postEvents(url, events)).status).toBeLessThan(300);
      this.sent.push(...events);
      await pause(20);
    }
  }
}

function eventOf(isFailure: boolean): AuditEvent {
  const event_id = randomUUID();
  return {
    ...{ ...tellingEvent("web-1"), event_id, resource: event_id, event_type: "anything", severity: "INFO" },
    ...{ action_result: isFailure ? "FAILURE" : "SUCCESS", logsource: { category: "test" } },
  };
}

async function rules(system: System): Promise<RuleList> {
  return (await (await fetch(`${system.page()}/api/v1/rules`)).json()) as RuleList;
}

async function reload(system: System): Promise<RuleReload> {
  const answer = await fetch(`${system.page()}/api/v1/rules/reload`, { method: "POST" });
  return (await answer.json()) as RuleReload;
}

/** All of them; an export would say the same, but not so often. */
async function alerts(system: System): Promise<AlertSummary[]> {
  const found: AlertSummary[] = [];
  for (let next: string | undefined = "/api/v1/alerts?limit=1000"; next !== undefined; ) {
    const answer: Response = await fetch(new URL(next, system.page()));
    found.push(...((await answer.json()) as AlertList).alerts);
    next = /<([^>]+)>; rel="next"/.exec(answer.headers.get("link") ?? "")?.[1];
  }
  return found;
}

const titles = ({ rules: listed }: RuleList): string => listed.map(({ title }) => title).join();
const inForce = (set: number): string =>
  `Failed login,Many failed logins,First of set ${set},Second of set ${set}`;

async function start(shape: Shape, folder: string): Promise<{ system: System; replicas: number }> {
  const system = await startSystem(shape, { AUDITFLOW_RULES: folder });
  if (shape === "embedded") return { system, replicas: 1 };
  await system.addReplica("audit-log-analysis");
  return { system, replicas: 2 };
}

/** Waits until every replica has the set, without a fault. */
async function expectSet(system: System, set: number, replicas: number): Promise<void> {
  await until(async () => {
    const list = await rules(system);
    const versions = new Set(list.replicas.map(({ version }) => version));
    const isSound = list.replicas.every(({ problem_count, refused }) => problem_count === 0 && !refused);
    return (
      isSound && list.replicas.length === replicas && versions.size === 1 && titles(list) === inForce(set)
    );
  }, `every replica has set ${set}`);
}

/** Each event has the two alerts of one set, and each of the sets had some; the failed logins are one alert. */
function judge(found: readonly AlertSummary[], sent: readonly AuditEvent[], sets: readonly number[]): void {
  const [many, ...others] = found.filter(({ alert_name }) => alert_name === "Many failed logins");
  expect(others).toEqual([]);
  expect(many?.count).toBe(sent.filter(({ action_result }) => action_result === "FAILURE").length);
  const byEvent = Map.groupBy(
    found.filter((alert) => alert !== many),
    ({ impacted_resource }) => impacted_resource.resource_id,
  );
  const seen = sent.map(({ event_id }) => {
    const names = (byEvent.get(event_id) ?? []).map(({ alert_name }) => alert_name).toSorted();
    return names.join();
  });
  const whole = sets.map((set) => `First of set ${set},Second of set ${set}`);
  expect([...new Set(seen)].toSorted()).toEqual(whole.toSorted());
}

test.each(shapes)("a ConfigMap's rules change whole, under load, %s", { timeout: 180_000 }, async (shape) => {
  const folder = await mkdtemp(join(tmpdir(), "auditflow-configmap-"));
  const mount = new Mount(folder);
  await mount.publish(setOf(1));
  const { system, replicas } = await start(shape, folder);
  try {
    await expectSet(system, 1, replicas);
    const load = new Load(system.intake());
    const sentMore = async (): Promise<void> => {
      const before = load.sent.length;
      await until(() => load.sent.length > before + 200, "events were sent");
    };
    await sentMore();
    await mount.publish(setOf(2));
    await expectSet(system, 2, replicas);
    await sentMore();

    await mount.publish({
      ...setOf(3),
      "second.yml": half("Second", 3).replace("condition:", "conditions:"),
    });
    const refused = await until(async () => {
      const list = await rules(system);
      return list.replicas.every((replica) => replica.refused) ? list : undefined;
    }, "every replica refuses the faulty set");
    expect(titles(refused)).toBe(inForce(2));
    const fault = { file: join(folder, "second.yml"), line: expect.any(Number), message: expect.any(String) };
    for (const { problems } of refused.replicas) expect(problems[0]).toMatchObject(fault);
    const outcome = await reload(system);
    expect(outcome.replicas.map((replica) => replica.outcome)).toEqual(refused.replicas.map(() => "refused"));
    expect(outcome.replicas[0]?.problems[0]).toMatchObject(fault);
    await sentMore();

    await mount.publish(setOf(4));
    await expectSet(system, 4, replicas);
    await sentMore();
    await load.stop();
    const failures = load.sent.length / 10;
    const found = await until(
      async () => {
        const all = await alerts(system);
        const many = all.find(({ count }) => count > 1);
        return all.length === 2 * load.sent.length + 1 && many?.count === failures ? all : undefined;
      },
      "every alert is stored",
      60_000,
    );
    judge(found, load.sent, [1, 2, 4]);
    const list = await rules(system);
    const sum = (title: string, what: "matches" | "alerts"): number =>
      list.rules
        .filter((rule) => rule.title === title)
        .flatMap(({ counters }) => counters)
        .reduce((total, counted) => total + counted[what], 0);
    expect(sum("First of set 4", "matches")).toBe(load.sent.length);
    expect(sum("First of set 4", "alerts")).toBe(load.sent.length);
    expect(sum("Many failed logins", "matches")).toBe(failures);
    expect(sum("Many failed logins", "alerts")).toBe(1);
  } finally {
    await system.clean();
    await rm(folder, { recursive: true });
  }
});
