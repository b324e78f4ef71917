import { installMissing } from "../scripts/servers/install.ts";
import { redis } from "../scripts/servers/redis.ts";
import { atLeast, atMost, type Goal } from "./report.ts";
import type { Length } from "./run.ts";
import type { BytesOrder } from "./windows/measure-bytes.ts";
import { type RowOrder, type RowResult, slices } from "./windows/measure-row.ts";
import { serverFor, startChild } from "./windows/run-child.ts";
import type { Spent } from "./windows/spent.ts";
import { goalRows, type RowsInTurns, rowName, type WindowRow, windowRows } from "./windows/window-rows.ts";

/**
 * Window stores: additions a second in memory, Redis and SQLite by size and number of windows, each row in a process of its own, and the
 * bytes that a group takes. Of each row a sample of firings is compared with a count that looks at every member.
 */
export async function windows(length: Length): Promise<readonly Goal[]> {
  await installMissing([redis]);
  const results = new Map<string, RowResult>();
  for (const rows of windowRows[length]) {
    for (const [n, result] of (await measured(rows)).entries()) {
      results.set(rowName(rows[n]!), result);
      tell(sentenceOf(rows[n]!, result));
    }
  }
  for (const store of ["memory", "redis"] as const) await tellBytes(store, length);
  const of = (row: WindowRow): RowResult => results.get(rowName(row))!;
  return [
    atMost({
      name: "windows: processor time of an addition in memory, 1,000,000 groups to 10,000",
      value: slowest(of(goalRows.millionGroups)) / slowest(of(goalRows.fewGroups)),
      unit: "ratio",
      goal: 1.15,
    }),
    atLeast({
      name: `windows: additions through Redis (${rowName(goalRows.redis)})`,
      value: of(goalRows.redis).rate,
      unit: "additions/s",
      goal: 80_000,
    }),
    ...floodGoals(of),
  ];
}

/** A flood of a rule that counts values costs at most five times what one that counts events does. */
function floodGoals(of: (row: WindowRow) => RowResult): Goal[] {
  const { floods } = goalRows;
  return (["memory", "redis"] as const).map((store) =>
    atLeast({
      name: `windows: a flood of a value_count to one of an event_count, ${store}`,
      value: slowest(of(floods[store].count)) / slowest(of(floods[store].marks)),
      unit: "ratio",
      goal: 0.2,
    }),
  );
}

/** Measures rows slice by slice, in turns. */
async function measured(rows: RowsInTurns): Promise<readonly RowResult[]> {
  const servers = await Promise.all(rows.map(async ({ store }) => serverFor(store)));
  const children = rows.map((row, n) => {
    const { url, pid: serverPid } = servers[n]!;
    const order: RowOrder = { row, url, serverPid };
    return startChild(new URL("./windows/measure-row.ts", import.meta.url), order);
  });
  try {
    for (const child of children) await child.heard();
    for (let slice = 0; slice < slices; slice += 1) {
      for (const child of children) {
        child.tell("slice");
        await child.heard();
      }
    }
    const results: RowResult[] = [];
    for (const child of children) {
      await child.end();
      results.push(JSON.parse(await child.heard()) as RowResult);
    }
    return results;
  } finally {
    for (const child of children) child.kill();
    await Promise.all(servers.map((server) => server.stop()));
  }
}

/** Seconds of processor time that an addition takes in the process that has most to do. */
function slowest({ spent: { own, server }, additions }: RowResult): number {
  return Math.max(own, server) / additions;
}

function sentenceOf(row: WindowRow, result: RowResult): string {
  const { additions, spent, rate, judged, firing, commits, spentOnCommits, evicted } = result;
  return [
    `${rowName(row)}: ${whole(rate)} additions/s, ${timesOf(spent, additions)} an addition`,
    ...(commits === 0
      ? []
      : [`${whole(commits / spentOnCommits.wall)} commits/s, ${timesOf(spentOnCommits, commits)} a commit`]),
    ...(evicted === 0 ? [] : [`${whole(evicted)} members beyond the cap were dropped`]),
    `${firing} of ${judged} events fire, as the slow count says`,
  ].join("; ");
}

function timesOf({ own, server }: Spent, n: number): string {
  const time = (seconds: number): string => `${((seconds / n) * 1e6).toFixed(2)} us`;
  return server === 0 ? time(own) : `${time(own)} of ours and ${time(server)} of Redis`;
}

/** Members in all, so that a store holds much more of them than of anything else. */
const members = 100_000;

/** Prints what a group takes, with one member and with ten, and at full length what it takes with a hundred. */
async function tellBytes(store: BytesOrder["store"], length: Length): Promise<void> {
  for (const kind of ["count", "marks"] as const) {
    const bytes = async (each: number): Promise<number> => {
      const { url, stop } = await serverFor(store);
      try {
        const groups = Math.min(50_000, members / each);
        const order: BytesOrder = { store, kind, groups, members: each, url };
        const child = startChild(new URL("./windows/measure-bytes.ts", import.meta.url), order);
        await child.end();
        return Number(await child.heard());
      } finally {
        await stop();
      }
    };
    const [one, ten] = [await bytes(1), await bytes(10)];
    tell(`${store}, ${kind}: a group takes ${whole(one)} bytes with one member, ${whole(ten)} with ten`);
    if (length === "quick") continue;
    tell(`${store}, ${kind}: ${whole(((await bytes(100)) - ten) / 90)} bytes for each member from there on`);
  }
}

function whole(number: number): string {
  return Math.round(number).toLocaleString("en");
}

function tell(sentence: string): void {
  process.stderr.write(`${sentence}\n`);
}
