import { type ActionRequest, type AlertStatus, alertStatuses, type Operation } from "@auditflow/contracts";
import fc from "fast-check";
import { expect, test } from "vitest";
import { postgresSite, sqliteSite } from "../../testing/database-sites.ts";
import { alertId, alertOf, TriageSite } from "../../testing/triage-site.ts";
import type { DatabaseSite } from "../database/contract.ts";

/** Alerts in two incidents. */
const alerts = 6;
const incidentOf = (n: number): number => n % 2;

interface Decided {
  status: AlertStatus;
  assignee: string | null;
  reason: string | null;
  version: number;
}

type Step =
  | { readonly kind: "act"; readonly on: readonly number[]; readonly decision: ActionRequest }
  | { readonly kind: "undo"; readonly nth: number }
  | { readonly kind: "grow"; readonly n: number };

const decisions: fc.Arbitrary<ActionRequest> = fc
  .record({
    action: fc.constantFrom("acknowledge", "resolve", "close", "reopen", "assign", "note"),
    reason: fc.constantFrom("duplicate", "other"),
    assignee: fc.constantFrom("ann", "Bob", null),
    note: fc.constantFrom("n", undefined),
  })
  .map(({ action, reason, assignee, note }) => ({
    action: action as ActionRequest["action"],
    ...(action === "close" ? { reason: reason as "other" } : {}),
    ...(action === "assign" ? { assignee } : {}),
    ...(action === "note" || note !== undefined ? { note: note ?? "m" } : {}),
  }));

const numbers = fc.integer({ min: 0, max: alerts - 1 });
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constant("act" as const),
        on: fc.uniqueArray(numbers, { minLength: 1 }),
        decision: decisions,
      }),
    },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant("undo" as const), nth: fc.nat(20) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("grow" as const), n: numbers }) },
  ),
  { minLength: 1, maxLength: 12 },
);

/** The slow judge: the rules of the life of an alert, written as a person reads them. */
class Oracle {
  readonly alerts: Decided[] = Array.from({ length: alerts }, () => ({
    ...{ status: "open", assignee: null, reason: null, version: 1 },
  }));
  /** Each alert that an operation changed, as it was before and as it was left. */
  readonly operations: {
    readonly was: Map<number, Decided>;
    readonly left: Map<number, number>;
    undone: boolean;
  }[] = [];

  act(on: readonly number[], decision: ActionRequest): number {
    const was = new Map<number, Decided>();
    const left = new Map<number, number>();
    for (const n of on) {
      const now = this.alerts[n]!;
      const next = after(now, decision);
      if (next === undefined) continue;
      was.set(n, now);
      this.alerts[n] = { ...next, version: now.version + 1 };
      left.set(n, now.version + 1);
    }
    this.operations.push({ was, left, undone: false });
    return was.size;
  }

  /** How many alerts it takes back; undefined when it is refused. */
  undo(nth: number): number | undefined {
    const operation = this.operations[nth]!;
    if (operation.undone) return undefined;
    operation.undone = true;
    const still = [...operation.was].filter(([n]) => this.alerts[n]!.version === operation.left.get(n));
    for (const [n, was] of still) this.alerts[n] = { ...was, version: this.alerts[n]!.version + 1 };
    return still.length;
  }

  statusOf(incident: number): AlertStatus {
    const statuses = this.alerts.filter((_, n) => incidentOf(n) === incident).map(({ status }) => status);
    return alertStatuses.find((status) => statuses.includes(status))!;
  }
}

function after(now: Decided, { action, assignee, note, ...given }: ActionRequest): Decided | undefined {
  const reason = given.reason ?? null;
  const order = alertStatuses.indexOf(now.status);
  const goal = { acknowledge: 1, resolve: 2, close: 3, reopen: 0, assign: order, note: order }[action];
  if (action === "assign")
    return note === undefined && now.assignee === assignee ? undefined : { ...now, assignee: assignee! };
  if (goal === order) return note === undefined ? undefined : now;
  if (action !== "reopen" && goal < order) return undefined;
  const status = alertStatuses[goal]!;
  return { ...now, status, reason: action === "close" ? reason : action === "reopen" ? null : now.reason };
}

test.each([
  ["SQLite", sqliteSite, 60],
  ["PostgreSQL", postgresSite, 30],
] as [string, () => Promise<DatabaseSite>, number][])(
  "any actions and undos on %s leave alerts, incidents and history as the oracle says",
  async (_name, connect, numRuns) => {
    const site = new TriageSite(await connect());
    let base = 0;
    try {
      await fc.assert(
        fc.asyncProperty(steps, async (sequence) => {
          // Each run has alerts and incidents of its own.
          base += 100;
          await runSequence(site, sequence, base);
        }),
        { numRuns },
      );
    } finally {
      await site.end();
    }
  },
  120_000,
);

async function runSequence(site: TriageSite, sequence: readonly Step[], base: number): Promise<void> {
  const oracle = new Oracle();
  const revisions = Array.from({ length: alerts }, () => 1);
  const given = (n: number) =>
    alertOf(base + n, { actor: base + incidentOf(n), revision: revisions[n]!, count: revisions[n]! });
  await site.store(...revisions.map((_, n) => given(n)));
  const ids: string[] = [];
  for (const step of sequence) {
    if (step.kind === "grow") {
      revisions[step.n]! += 1;
      await site.store(given(step.n));
    } else if (step.kind === "act") {
      const alert_ids = step.on.map((n) => alertId(base + n));
      const done = (await site.post("alerts/actions", { ...step.decision, alert_ids })).json<Operation>();
      ids.push(done.operation_id);
      expect([done.matched, done.changed]).toEqual([step.on.length, oracle.act(step.on, step.decision)]);
    } else if (ids.length > 0) {
      const nth = step.nth % ids.length;
      const answer = await site.post(`operations/${ids[nth]}/undo`);
      const changed = oracle.undo(nth);
      expect(changed === undefined ? answer.statusCode : answer.json<Operation>().changed).toBe(
        changed ?? 409,
      );
    }
  }
  await compare(site, oracle, base);
}

async function compare(site: TriageSite, oracle: Oracle, base: number): Promise<void> {
  const ids = oracle.alerts.map((_, n) => alertId(base + n));
  const { reader } = site.database;
  const rows = await reader
    .selectFrom("alerts")
    .selectAll()
    .where("alert_id", "in", ids)
    .orderBy("alert_id")
    .execute();
  const decided = rows.map(({ status, assignee, reason, version }) => ({
    status,
    assignee,
    reason,
    version,
  }));
  expect(decided).toEqual(oracle.alerts);
  for (const [n, row] of rows.entries()) {
    const lines = await reader
      .selectFrom("history")
      .selectAll()
      .where("subject_id", "=", ids[n]!)
      .orderBy("version")
      .execute();
    expect(lines.map(({ version }) => version)).toEqual(lines.map((_, place) => place + 2));
    expect(lines.length).toBe(row.version - 1);
    // Each line begins where the one before it ended, the last ends with what is there now.
    const begins = [
      ...lines.map((line) => [line.from_status, line.from_assignee, line.from_reason]),
      [row.status, row.assignee, row.reason],
    ];
    const ends = [
      ["open", null, null],
      ...lines.map((line) => [line.to_status, line.to_assignee, line.to_reason]),
    ];
    expect(begins).toEqual(ends);
  }
  const incidents = await reader
    .selectFrom("incidents")
    .selectAll()
    .where("actor", "in", [`user${base}`, `user${base + 1}`])
    .orderBy("actor")
    .execute();
  expect(incidents).toHaveLength(2);
  for (const [n, { status, joinable }] of incidents.entries()) {
    expect(status).toBe(oracle.statusOf(n));
    expect(joinable).toBe(status === "open" || status === "acknowledged" ? 1 : 0);
  }
}
