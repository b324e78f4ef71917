import { createInterface } from "node:readline";
import type { GroupCommit, GroupStep, Run, Windows } from "../../packages/server/src/windows/windows.ts";
import { median } from "../detect/rates.ts";
import { type AdditionStream, additionStream, type Batch, batchEvents, stepOf } from "./addition-stream.ts";
import { openStore } from "./open-store.ts";
import { SampledGroups } from "./sampled-groups.ts";
import { type Spent, spentOn, sumOf } from "./spent.ts";
import type { WindowRow } from "./window-rows.ts";

/** In so many slices a row is measured. */
export const slices: number = 10;

/** What a process that measures a row is told. */
export interface RowOrder {
  readonly row: WindowRow;
  /** Of an empty Redis and its process, where the row is about Redis. */
  readonly url: string;
  readonly serverPid: number;
}

/** What it found. */
export interface RowResult {
  readonly additions: number;
  readonly spent: Spent;
  /** Additions a second by the wall clock, the median of all parts. */
  readonly rate: number;
  readonly evicted: number;
  /** Events of sampled groups that the slow count judged, and how many of them fire. */
  readonly judged: number;
  readonly firing: number;
  readonly commits: number;
  readonly spentOnCommits: Spent;
}

/** Batches that are made before they are measured: no more than are under way, or through Redis enough to be on its way. */
function partOf({ store }: WindowRow): number {
  return store === "redis" ? 100 : 16;
}

/** A row whose store is full, to be measured bit by bit. */
interface Measurement {
  /** Measures a tenth of the additions. */
  slice(): Promise<void>;
  /** Compares a sample with the slow count, and closes the store. */
  end(): Promise<RowResult>;
}

async function startMeasurement({ row, url, serverPid }: RowOrder): Promise<Measurement> {
  const { windows, evicted, close } = await openStore(row.store, url);
  const stream = additionStream(row);
  const sample = new SampledGroups(row);
  const size = partOf(row);
  const before = beforeMeasuring(stream, row);
  for (let part = take(before, size); part.length > 0; part = take(before, size)) {
    note(await drive(windows, part, { row, sample }), sample);
  }
  const spent: Spent[] = [];
  return {
    async slice() {
      for (let added = 0; added < row.additions / slices; added += size * batchEvents) {
        const batches = Array.from({ length: size }, () => stream.next());
        let seen: Seen[] = [];
        spent.push(
          await spentOn(serverPid, async () => {
            seen = await drive(windows, batches, { row, sample });
          }),
        );
        note(seen, sample);
      }
    },
    async end() {
      const spentOnCommits = await measureCommits(windows, row, serverPid);
      await close();
      return {
        additions: spent.length * size * batchEvents,
        spent: sumOf(spent),
        rate: median(spent.map(({ wall }) => (size * batchEvents) / wall)),
        evicted: evicted(),
        ...sample.check(),
        commits: row.commits,
        spentOnCommits,
      };
    },
  };
}

/** Fills the groups; where they are few it goes on until the compiler has seen the code as often as where they are many. */
function* beforeMeasuring(stream: AdditionStream, { store, groups }: WindowRow): Generator<Batch> {
  yield* stream.fill();
  const more = store === "memory" && groups < 100_000 ? 500_000 : 0;
  for (let added = 0; added < more; added += batchEvents) yield stream.next();
}

function take(batches: Iterator<Batch>, size: number): Batch[] {
  const taken: Batch[] = [];
  while (taken.length < size) {
    const next = batches.next();
    if (next.done === true) break;
    taken.push(next.value);
  }
  return taken;
}

/** A step on a sampled group, with its runs. */
interface Seen {
  readonly step: GroupStep;
  readonly runs: readonly Run[];
}

function note(seen: readonly Seen[], sample: SampledGroups): void {
  for (const { step, runs } of seen) sample.note(step, runs);
}

/** Makes the calls, so many at a time, and keeps what is said of sampled groups. Throws when a member was not added. */
async function drive(
  windows: Windows,
  batches: readonly Batch[],
  { row, sample }: { readonly row: WindowRow; readonly sample: SampledGroups },
): Promise<Seen[]> {
  const seen: Seen[] = [];
  let next = 0;
  let lost = 0;
  const work = async (): Promise<void> => {
    while (next < batches.length) {
      for (const call of batches[next++]!) {
        const views = await windows.step(call);
        for (let n = 0; n < call.length; n += 1) {
          const { late, known, runs } = views[n]!;
          lost += late.length + known.length;
          if (sample.has(call[n]!)) seen.push({ step: call[n]!, runs });
        }
      }
    }
  };
  await Promise.all(Array.from({ length: row.inFlight }, work));
  if (lost > 0) throw new Error(`${lost} members were late or known, and all are new`);
  return seen;
}

/** Commits a state of the usual size to groups that have members, 100 at a time. */
async function measureCommits(windows: Windows, row: WindowRow, serverPid: number): Promise<Spent> {
  const spent: Spent[] = [];
  const keys = additionStream(row)
    .next()[0]!
    .map(({ key }) => key);
  for (let done = 0; done < row.commits; done += keys.length) {
    const views = await windows.step(keys.map((key) => stepOf(key, [], row)));
    const commits = keys.map((key, n): GroupCommit => {
      return { key, version: views[n]!.version, state: stateOf(key), keepFrom: 0, dueAt: Date.now() + 1000 };
    });
    spent.push(
      await spentOn(serverPid, async () => {
        const calls: GroupCommit[][] = [];
        for (let from = 0; from < commits.length; from += 100) calls.push(commits.slice(from, from + 100));
        const taken = await Promise.all(calls.map((call) => windows.commit(call)));
        if (taken.flat().includes(false)) throw new Error("a commit was refused that nobody got ahead of");
      }),
    );
  }
  return sumOf(spent);
}

/** About what the state of a group with one open episode is: an alert's fixed part with the event that fired it. */
function stateOf(key: string): unknown {
  const event = { event_id: key, timestamp: "2026-01-01T00:00:00.000Z", details: { text: "x".repeat(400) } };
  const sample = {
    alert_name: "Burst of failed logins",
    description: "y".repeat(300),
    raw_event_data: event,
  };
  return {
    format: 2,
    settings: { span: 600_000 },
    settledTo: 0,
    episodes: [{ alertId: key, sample }],
    outbox: [],
  };
}

/** Says `ready`, measures a slice for each line that it is told and says `done`, and at the end of the lines says the result. */
async function main(order: RowOrder): Promise<void> {
  const measurement = await startMeasurement(order);
  process.stdout.write("ready\n");
  for await (const _ of createInterface({ input: process.stdin })) {
    await measurement.slice();
    process.stdout.write("done\n");
  }
  process.stdout.write(`${JSON.stringify(await measurement.end())}\n`);
}

if (import.meta.main) await main(JSON.parse(process.argv[2]!) as RowOrder);
