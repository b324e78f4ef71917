import fc from "fast-check";
import { expect, it } from "vitest";
import type { Judging, Member, Run, StoredMember, Windows } from "../src/windows/windows.ts";
import { type Connect, day, look, marked, member, span, stepOn, take } from "./window-step.ts";

/** A way to judge windows, and what it says of one that holds so many members of each mark. */
interface Judge {
  readonly judging: Judging;
  readonly holds: (counts: ReadonlyMap<string, number>, size: number) => boolean;
}

const counted = (reach: number): Judge => ({
  judging: { kind: "count", reach },
  holds: (_, size) => size >= reach,
});

const differing = (least: number): Judge => ({
  judging: { kind: "marks", least, enough: least },
  holds: (counts) => counts.size >= least,
});

/** Two certain marks of the five that there are. */
const both: Judge = {
  judging: { kind: "marks", least: 2, enough: 5 },
  holds: (counts) => counts.has("1") && counts.has("2"),
};

/** That the runs of the steps are what is needed to judge as over all members at once. */
export function exactRuns(make: Connect, numRuns: number): void {
  const times = fc.array(fc.record({ time: fc.nat(400), order: fc.nat(), mark: fc.nat(11) }), {
    maxLength: 60,
  });
  const size = fc.integer({ min: 1, max: 9 });

  it("any order, any batches, ties, repeats and lost answers give the firings of a brute-force count", async () => {
    const windows = await make({});
    let run = 0;
    const reach = fc.integer({ min: 1, max: 7 });
    await fc.assert(
      fc.asyncProperty(times, reach, size, async (list, k, most) => {
        const members = list.map(({ time, order }, n) => ({ ...member(n, time * 25), order }));
        run += 1;
        const key = `count ${run}`;
        const arriving = withRepeats(members);
        const fired = await firingsOf(windows, arriving, { key, judge: counted(k), size: most, lost: 3 });
        expect(fired).toEqual(firingsAmong(members, counted(k)));
      }),
      { numRuns },
    );
  });

  it("so it is with different marks, also where one of them is seen more than all others", async () => {
    const windows = await make({});
    let run = 0;
    const judges = fc.constantFrom(...[1, 2, 3, 4, 5].map(differing), both);
    await fc.assert(
      fc.asyncProperty(times, judges, size, async (list, judge, most) => {
        const members = list.map(({ time, order, mark }, n) => ({
          ...marked(n, time * 25, mark < 5 ? mark : 0),
          order,
        }));
        run += 1;
        const key = `marks ${run}`;
        const fired = await firingsOf(windows, withRepeats(members), { key, judge, size: most, lost: 3 });
        expect(fired).toEqual(firingsAmong(members, judge));
      }),
      { numRuns },
    );
  });

  it("where order decides, runs hold every member within one span of the step's, marks of one event told apart", async () => {
    const windows = await make({});
    let run = 0;
    const arriving = fc.array(fc.tuple(fc.nat(300), fc.nat(2)), { maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(arriving, fc.integer({ min: 1, max: 3 }), async (list, least) => {
        run += 1;
        const key = `order ${run}`;
        const stored: StoredMember[] = [];
        for (let from = 0; from < list.length; from += 4) {
          const added = list
            .slice(from, from + 4)
            .map(([time, mark], n) => marked(from + n, time * 30, mark));
          stored.push(...added.map(({ id, at }) => ({ id, at })));
          const view = await take(windows, stepOn(added, { key, judging: { kind: "order", least } }));
          expect(view.runs).toEqual(wholeRuns(inOrder(stored), added, least));
        }
      }),
      { numRuns },
    );
  });
}

/** That runs are no longer than they need to be. */
export function runLengths(make: Connect): void {
  it("a flood of one mark leaves the runs of different marks short, and they hold the last of the others", async () => {
    const windows = await make({});
    const flood = { judging: differing(3).judging, span: 10_000 };
    await take(windows, stepOn([marked(0, 0, 1), marked(1, 1, 2), marked(2, 2, 1)], flood));
    for (let n = 10; n < 2510; n += 50) {
      const added = Array.from({ length: 50 }, (_, m) => marked(n + m, n + m, 0));
      const { runs } = await take(windows, stepOn(added, flood));
      const lengths = runs.map(({ members }) => members.length);
      expect(lengths.reduce((a, b) => a + b)).toBeLessThanOrEqual(53);
      const older = runs[0]!.members.filter(({ at }) => at < runs[0]!.from).map(markOf);
      expect(older).toEqual(expect.arrayContaining(["1", "2"]));
    }
  });

  it("a member among thousands that hold enough marks right after it leaves the run as short as they are", async () => {
    const windows = await make({});
    const flood = { judging: differing(3).judging, span: 10_000 };
    for (let n = 0; n < 2400; n += 100) {
      await take(
        windows,
        stepOn(
          Array.from({ length: 100 }, (_, m) => marked(n + m, 2 * (n + m), m % 5)),
          flood,
        ),
      );
    }
    const { runs } = await take(windows, stepOn([marked(9999, 2001, 9)], flood));
    expect(runs).toHaveLength(1);
    expect(runs[0]!.members.length).toBeLessThanOrEqual(12);
    expect(runs[0]!.members.map(markOf)).toContain("9");
  });

  it("where fewer marks than decide anything were seen, there are no runs", async () => {
    const windows = await make({});
    const judging = differing(3).judging;
    const { runs } = await take(windows, stepOn([marked(0, 0, 1), marked(1, 5, 2)], { judging }));
    expect(runs).toEqual([]);
    const far = await take(windows, stepOn([marked(2, span + 6, 3)], { judging }));
    expect(far.runs).toEqual([]);
    const near = await take(windows, stepOn([marked(3, span + 5, 4)], { judging }));
    expect(near.runs).toHaveLength(1);
  });

  it("what is judged later has no runs, and ranges of any length", async () => {
    let dropped = 0;
    const windows = await make({ onEvict: (n) => (dropped += n) });
    const judging = { kind: "later", reach: undefined } as const;
    for (let n = 0; n < 10_050; n += 150) {
      const added = Array.from({ length: 150 }, (_, m) => marked(n + m, n, m));
      const view = await take(windows, stepOn(added, { judging, span: 20_000 }));
      expect(view).toMatchObject({ late: [], known: [], runs: [] });
      if (n !== 9900) continue;
      expect(dropped).toBe(1050);
      const [whole] = (await look(windows, { ranges: [{ from: 0, to: day, limit: 20_000 }] })).ranges;
      expect(whole!.count).toBe(10_050);
      expect(whole!.first).toEqual(inOrder(whole!.first));
      expect(whole!.first.map(({ at }) => at)).toEqual(
        Array.from({ length: 9000 }, (_, m) => Math.floor((m + 1050) / 150) * 150),
      );
    }
  }, 30_000);
}

/** What crowded stretches keep, and that this changes no verdict. */
export function thinning(make: Connect): void {
  it("a stretch of thousands is thinned, with the same firings, counts and first members", async () => {
    const windows = await make({});
    const seeds = fc.array(fc.nat(), { minLength: 50, maxLength: 50 });
    await fc.assert(
      fc.asyncProperty(seeds, fc.constantFrom(1, 3, 150), async (seed, k) => {
        const key = `thin ${seed[0]} ${k}`;
        const members = crowd(seed);
        const arriving = members.toSorted((a, b) => a.order - b.order);
        const fired = await firingsOf(windows, arriving, { key, judge: counted(k), size: 100, lost: 0 });
        expect(fired).toEqual(firingsAmong(members, counted(k)));
        const { ranges } = await look(windows, { key, ranges: [{ from: 0, to: day, limit: 100 }] });
        expect(ranges[0]!.count).toBe(members.length);
        expect(ranges[0]!.first.map(({ id }) => id)).toEqual(
          inOrder(members)
            .slice(0, 100)
            .map(({ id }) => id),
        );
      }),
      { numRuns: 2 },
    );
  }, 60_000);

  const kinds: readonly [string, Judging, boolean][] = [
    ["marks", { kind: "marks", least: 3, enough: 3 }, false],
    ["order", { kind: "order", least: 2 }, false],
    ["later without a reach", { kind: "later", reach: undefined }, false],
    ["later with a reach", { kind: "later", reach: 5 }, true],
  ];
  it.each(kinds)(
    "a group judged by %s is thinned only where it has a reach",
    async (key, judging, isThinned) => {
      const windows = await make({});
      const members = Array.from({ length: 2400 }, (_, n) => marked(n, Math.floor(n / 3), 0));
      for (let n = 0; n < members.length; n += 100) {
        await take(windows, stepOn(members.slice(n, n + 100), { key, judging }));
      }
      const [whole] = (await look(windows, { key, ranges: [{ from: 0, to: day, limit: 3000 }] })).ranges;
      expect(whole!.count).toBe(2400);
      const ids = whole!.first.map(({ id }) => id);
      const every = members.map(({ id }) => id);
      if (!isThinned) expect(ids).toEqual(every);
      else {
        expect(ids.length).toBeLessThanOrEqual(2300);
        expect(ids.slice(0, 100)).toEqual(every.slice(0, 100));
        expect(ids.slice(-1000)).toEqual(every.slice(-1000));
      }
    },
  );
}

interface Arriving extends Member {
  /** Members arrive in order of this. */
  readonly order: number;
}

/** Every fourth member arrives twice. */
function withRepeats(members: readonly Arriving[]): Arriving[] {
  return [...members, ...members.filter((_, n) => n % 4 === 0)].sort((a, b) => a.order - b.order);
}

/** Two crowded stretches, one sparse one after them, and ties. */
function crowd(seed: readonly number[]): Arriving[] {
  return Array.from({ length: 6000 }, (_, n) => {
    const random = (seed[n % 50]! * (n + 7919)) % 100_003;
    const at = n % 40 === 0 ? 2000 + (random % 1500) : random % 2000;
    return { ...member(n, at), order: (random * 31) % 9973 };
  });
}

/**
 * What the runs of the steps say, put together. The answer to every `lost`-th step is lost, as when the process that asked
 * dies; its members come again later.
 */
async function firingsOf(
  windows: Windows,
  arriving: readonly Member[],
  { key, judge, size, lost }: { key: string; judge: Judge; size: number; lost: number },
): Promise<string[]> {
  const fired = new Set<string>();
  const batches: Member[][] = [];
  for (let from = 0; from < arriving.length; from += size) {
    batches.push(arriving.slice(from, from + size).map(({ id, at, advances }) => ({ id, at, advances })));
  }
  const firstOnes = batches.length;
  for (let n = 0; n < batches.length; n += 1) {
    const view = await take(windows, stepOn(batches[n]!, { key, judging: judge.judging }));
    if (n < firstOnes && n % lost === 1) batches.push(batches[n]!);
    else for (const run of view.runs) for (const id of firingsIn(run, judge)) fired.add(id);
  }
  return [...fired].sort();
}

/** What a run says of its members from `from` on. */
function firingsIn({ from, members }: Run, judge: Judge): string[] {
  const judged = new Set(members.filter(({ at }) => at >= from).map(({ id }) => id));
  return firingsAmong(members, judge).filter((id) => judged.has(id));
}

/** The members in whose windows the judge's condition holds, by counting every window. */
function firingsAmong(members: readonly StoredMember[], { holds }: Judge): string[] {
  const sorted = members.toSorted((a, b) => a.at - b.at);
  const counts = new Map<string, number>();
  const fired: string[] = [];
  for (let start = 0, tie = 0, end = 0; tie < sorted.length; tie = end) {
    const { at } = sorted[tie]!;
    for (; end < sorted.length && sorted[end]!.at === at; end += 1) change(counts, sorted[end]!, 1);
    for (; sorted[start]!.at < at - span; start += 1) change(counts, sorted[start]!, -1);
    if (holds(counts, end - start)) fired.push(...sorted.slice(tie, end).map(({ id }) => id));
  }
  return fired.sort();
}

function change(counts: Map<string, number>, member: StoredMember, by: number): void {
  const mark = markOf(member);
  const count = (counts.get(mark) ?? 0) + by;
  if (count === 0) counts.delete(mark);
  else counts.set(mark, count);
}

function markOf({ id }: StoredMember): string {
  return id.slice(id.indexOf(" ") + 1);
}

function inOrder<T extends StoredMember>(members: readonly T[]): T[] {
  return members.toSorted((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1));
}

/** The runs by their definition: one span to either side of each member that many marks surround, joined where they touch. */
function wholeRuns(stored: readonly StoredMember[], added: readonly Member[], least: number): Run[] {
  const within = (from: number, to: number): StoredMember[] =>
    stored.filter(({ at }) => at >= from && at <= to);
  const marksSince = (from: number): number => new Set(within(from, Infinity).map(markOf)).size;
  const crowded = added.map(({ at }) => at).filter((at) => marksSince(at - span) >= least);
  const runs: { from: number; to: number }[] = [];
  for (const at of crowded.sort((a, b) => a - b)) {
    const last = runs.at(-1);
    if (last !== undefined && at - span <= last.to) last.to = at + span;
    else runs.push({ from: at, to: at + span });
  }
  return runs.map(({ from, to }) => ({ from, members: within(from - span, to) }));
}
