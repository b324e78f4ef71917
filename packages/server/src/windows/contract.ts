import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { day, member, span, stepOn, take } from "../../testing/window-step.ts";
import type { GroupStep, GroupView, Member, OnEvict, Run, StoredMember, Windows } from "./windows.ts";

/** What the suite sets of an adapter; each call makes an empty store of its own. */
export interface ConnectOptions {
  readonly maxGroups?: number;
  readonly maxMembers?: number;
  readonly onEvict?: OnEvict;
}

/** Connects to an empty store, ready for use. */
export type Connect = (options: ConnectOptions) => Promise<Windows>;

/** The promises of the window port, the same for every adapter. */
export function windowsContract(name: string, connect: Connect, runs = 100): void {
  const open: Windows[] = [];
  const make = async (options: ConnectOptions = {}): Promise<Windows> => {
    const windows = await connect(options);
    open.push(windows);
    return windows;
  };
  afterEach(async () => {
    await Promise.all(open.splice(0).map((windows) => windows.stop()));
  });

  const exact = {
    exactness: (store: Connect) => exactness(store, runs),
    whole: (store: Connect) => whole(store, runs),
  };
  const parts = { members, order, ...exact, state, due, bounds };
  for (const [part, promises] of Object.entries(parts)) {
    describe(`${name}: ${part}`, () => {
      promises(make);
    });
  }
}

function look(windows: Windows, rest: Partial<GroupStep> = {}): Promise<GroupView> {
  return take(windows, stepOn([], rest));
}

const all = { from: -day, to: 100 * day, limit: 100 };

function members(make: Connect): void {
  it("a group that does not exist has version 0 and nothing in it, and looking does not make it", async () => {
    const windows = await make({});
    const nothing = { version: 0, latest: undefined, expiresAt: undefined, state: undefined };
    expect(await look(windows, { ranges: [all] })).toEqual({
      ...nothing,
      late: [],
      known: [],
      runs: [],
      ranges: [{ count: 0, first: [] }],
    });
    expect(await look(windows)).toMatchObject(nothing);
  });

  it("adding a known member again gives the same answer and changes nothing", async () => {
    const windows = await make({});
    await take(windows, stepOn([member(1, 10), member(2, 20)]));
    const first = await take(windows, stepOn([member(3, 30)], { ranges: [all] }));
    const again = await take(windows, stepOn([member(3, 30)], { ranges: [all] }));
    expect(first).toMatchObject({ known: [], ranges: [{ count: 3 }] });
    expect(first.runs).toHaveLength(1);
    expect(again).toEqual({ ...first, known: [0] });
  });

  it("of two members with one id in a step the second is known", async () => {
    const windows = await make({});
    const step = stepOn([member(1, 10), member(2, 10), member(1, 10)], { ranges: [all] });
    expect(await take(windows, step)).toMatchObject({ late: [], known: [2], ranges: [{ count: 2 }] });
  });

  it("views come in the order of the steps, positions in the order of the call", async () => {
    const windows = await make({});
    await take(windows, stepOn([member(1, 5 * day)], { key: "b" }));
    const keys = ["a", "b", "c {}", 'd"\n\u00e9'];
    const views = await windows.step(
      keys.map((key, n) => stepOn([member(9, 5 * day + n), member(8, n), member(1, 5 * day)], { key })),
    );
    expect(views.map(({ latest }) => latest)).toEqual([0, 1, 2, 3].map((n) => 5 * day + n));
    expect(views.map(({ late }) => late)).toEqual([[], [1], [], []]);
    expect(views.map(({ known }) => known)).toEqual([[], [2], [], []]);
  });
}

function order(make: Connect): void {
  it("a member older than the lateness is told as late and not stored, a known one is known", async () => {
    const windows = await make({});
    await take(windows, stepOn([member(1, 0), member(2, 5000)], { lateness: 1000 }));
    const view = await take(
      windows,
      stepOn([member(3, 3999), member(1, 0), member(4, 4000)], { lateness: 1000 }),
    );
    expect(view).toMatchObject({ late: [0], known: [1], latest: 5000 });
    expect((await look(windows, { ranges: [all] })).ranges[0]).toEqual({
      count: 3,
      first: [member(1, 0), member(4, 4000), member(2, 5000)].map(({ id, at }) => ({ id, at })),
    });
  });

  it("a member that does not advance is stored and leaves the group's time as it is", async () => {
    const windows = await make({});
    await take(windows, stepOn([member(1, 9 * day, false)]));
    const view = await take(windows, stepOn([member(2, 0)], { ranges: [all] }));
    expect(view).toMatchObject({ late: [], latest: 0, ranges: [{ count: 2 }] });
  });

  it("ranges are closed, in order of time and id, and limited", async () => {
    const windows = await make({});
    await take(windows, stepOn([member(4, 20), member(3, 20), member(2, 10), member(5, 30)]));
    const view = await look(windows, {
      ranges: [
        { from: 10, to: 20, limit: 2 },
        { from: 21, to: 29, limit: 9 },
      ],
    });
    expect(view.ranges).toEqual([
      { count: 3, first: [member(2, 10), member(3, 20)].map(({ id, at }) => ({ id, at })) },
      { count: 0, first: [] },
    ]);
  });
}

function exactness(make: Connect, numRuns: number): void {
  it("any order, any batches, ties and repeats give the firings of a brute-force count", async () => {
    const windows = await make({});
    let run = 0;
    const times = fc.array(fc.tuple(fc.nat(400), fc.nat()), { maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(
        times,
        fc.integer({ min: 1, max: 7 }),
        fc.integer({ min: 1, max: 9 }),
        async (list, k, size) => {
          run += 1;
          const members = list.map(([at, order], n) => ({ ...member(n, at * 25), order }));
          const arriving = [...members, ...members.filter((_, n) => n % 4 === 0)].sort(
            (a, b) => a.order - b.order,
          );
          const fired = await firingsOf(windows, arriving, { key: `run ${run}`, reach: k, size });
          expect(fired).toEqual(expectedFirings(members, k));
        },
      ),
      { numRuns },
    );
  });

  it("a stretch of thousands is thinned, with the same firings, counts and first members", async () => {
    const windows = await make({});
    const seeds = fc.array(fc.nat(), { minLength: 50, maxLength: 50 });
    await fc.assert(
      fc.asyncProperty(seeds, fc.constantFrom(1, 3, 150), async (seed, k) => {
        const key = `thin ${seed[0]} ${k}`;
        // Two crowded stretches, one sparse one after them, and ties.
        const members = Array.from({ length: 6000 }, (_, n) => {
          const random = (seed[n % 50]! * (n + 7919)) % 100_003;
          return {
            ...member(n, n % 40 === 0 ? 2000 + (random % 1500) : random % 2000),
            order: (random * 31) % 9973,
          };
        });
        const arriving = members.toSorted((a, b) => a.order - b.order);
        const fired = await firingsOf(windows, arriving, { key, reach: k, size: 100 });
        expect(fired).toEqual(expectedFirings(members, k));
        const inOrder = members.toSorted((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1));
        const { ranges } = await look(windows, { key, ranges: [all] });
        expect(ranges[0]!.count).toBe(6000);
        expect(ranges[0]!.first.map(({ id }) => id)).toEqual(inOrder.slice(0, 100).map(({ id }) => id));
      }),
      { numRuns: 2 },
    );
  }, 60_000);
}

function whole(make: Connect, numRuns: number): void {
  it("whole runs hold every member within one span of the step's, marks of one event told apart", async () => {
    const windows = await make({});
    let run = 0;
    const arriving = fc.array(fc.tuple(fc.nat(300), fc.nat(2)), { maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(arriving, fc.integer({ min: 1, max: 3 }), async (list, reach) => {
        run += 1;
        const key = `whole ${run}`;
        const stored: StoredMember[] = [];
        for (let from = 0; from < list.length; from += 4) {
          const added = list
            .slice(from, from + 4)
            .map(([time, mark], n) => marked(from + n, time * 30, mark));
          stored.push(...added.map(({ id, at }) => ({ id, at })));
          stored.sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1));
          const view = await take(windows, stepOn(added, { key, reach, whole: true }));
          expect(view.runs).toEqual(wholeRuns(stored, added, reach));
        }
      }),
      { numRuns },
    );
  });

  it("a whole group is not thinned, and holds 10,000 members at most", async () => {
    let dropped = 0;
    const windows = await make({ onEvict: (n) => (dropped += n) });
    for (let n = 0; n < 10_050; n += 150) {
      const added = Array.from({ length: 150 }, (_, m) => marked(n + m, n, m));
      const view = await take(windows, stepOn(added, { whole: true, reach: 1, span: 20_000 }));
      if (n === 9900) expect(view.runs[0]!.members).toHaveLength(10_050);
    }
    expect(dropped).toBe(1050);
    expect(
      (await take(windows, stepOn([], { ranges: [{ from: 0, to: day, limit: 0 }] }))).ranges[0]!.count,
    ).toBe(10_050);
  }, 30_000);
}

function marked(n: number, at: number, mark: number): Member {
  const { id } = member(n, at);
  return { id: `${id} ${mark}`, at, advances: true };
}

/** The runs by their definition: one span to either side of each member that many marks surround, joined where they touch. */
function wholeRuns(stored: readonly StoredMember[], added: readonly Member[], reach: number): Run[] {
  const within = (from: number, to: number) => stored.filter(({ at }) => at >= from && at <= to);
  const marksSince = (from: number) => new Set(within(from, Infinity).map(({ id }) => id.slice(37))).size;
  const crowded = added.map(({ at }) => at).filter((at) => marksSince(at - span) >= reach);
  const runs: { from: number; to: number }[] = [];
  for (const at of crowded.sort((a, b) => a - b)) {
    const last = runs.at(-1);
    if (last !== undefined && at - span <= last.to) last.to = at + span;
    else runs.push({ from: at, to: at + span });
  }
  return runs.map(({ from, to }) => ({ from, members: within(from - span, to) }));
}

async function firingsOf(
  windows: Windows,
  arriving: readonly Member[],
  { key, reach, size }: { key: string; reach: number; size: number },
): Promise<string[]> {
  const fired = new Set<string>();
  for (let from = 0; from < arriving.length; from += size) {
    const members = arriving.slice(from, from + size).map(({ id, at, advances }) => ({ id, at, advances }));
    const view = await take(windows, stepOn(members, { key, reach }));
    for (const run of view.runs) for (const id of firingsIn(run, reach)) fired.add(id);
  }
  return [...fired].sort();
}

/** What a run says of its members from `from` on, by counting. */
function firingsIn({ from, members }: Run, k: number): string[] {
  const judged = new Set(members.filter(({ at }) => at >= from).map(({ id }) => id));
  return expectedFirings(members, k).filter((id) => judged.has(id));
}

/** Counts millisecond by millisecond: these tests keep to the first seconds of 1970. */
function expectedFirings(members: readonly StoredMember[], k: number): string[] {
  const upTo = new Array<number>(20_000).fill(0);
  for (const { at } of members) upTo[at]! += 1;
  for (let at = 1; at < upTo.length; at += 1) upTo[at]! += upTo[at - 1]!;
  return members
    .filter(({ at }) => upTo[at]! - (upTo[at - span - 1] ?? 0) >= k)
    .map(({ id }) => id)
    .sort();
}

function state(make: Connect): void {
  it("a commit is taken only at the version it was decided on", async () => {
    const windows = await make({});
    const { version } = await take(windows, stepOn([member(1, 0)]));
    const commit = { key: "g", version, keepFrom: -span, dueAt: undefined };
    expect(await windows.commit([{ ...commit, state: "one" }])).toEqual([true]);
    expect(await windows.commit([{ ...commit, state: "two" }])).toEqual([false]);
    const after = await look(windows);
    expect(after.state).toBe("one");
    expect(after.version).not.toBe(version);
    await take(windows, stepOn([member(2, 0)]));
    expect(await windows.commit([{ ...commit, version: after.version, state: "three" }])).toEqual([false]);
  });

  it("the state is any JSON value, and comes back equal", async () => {
    const windows = await make({});
    const { version } = await take(windows, stepOn([member(1, 0)]));
    const value = { episodes: [{ at: 1.5, told: null, id: 'a"\ud800\u00e9' }], none: [], empty: {} };
    await windows.commit([{ key: "g", version, state: value, keepFrom: -span, dueAt: undefined }]);
    expect((await look(windows)).state).toEqual(value);
    expect((await take(windows, stepOn([member(2, 0)]))).state).toEqual(value);
  });

  it("a commit lets go of what is older than keepFrom, and of nothing else", async () => {
    const windows = await make({});
    const { version } = await take(windows, stepOn([member(1, 999), member(2, 1000)]));
    await windows.commit([{ key: "g", version, state: "s", keepFrom: 1000, dueAt: undefined }]);
    expect((await look(windows, { ranges: [all] })).ranges[0]).toMatchObject({
      count: 1,
      first: [{ at: 1000 }],
    });
  });

  it("a group lets go of old members by itself while it has no state", async () => {
    const windows = await make({});
    const short = { keep: 2000, ranges: [all] };
    await take(windows, stepOn([member(1, 0)], short));
    const { version } = await take(windows, stepOn([member(2, 2001)], short));
    expect((await look(windows, short)).ranges[0]!.count).toBe(1);
    await windows.commit([{ key: "g", version, state: "s", keepFrom: 0, dueAt: undefined }]);
    await take(windows, stepOn([member(3, 9000)], short));
    expect((await look(windows, short)).ranges[0]!.count).toBe(2);
  });

  it("a group without state and members is gone, and a new one of its name has another version", async () => {
    const windows = await make({});
    const { version } = await take(windows, stepOn([member(1, 0)]));
    await windows.commit([{ key: "g", version, state: undefined, keepFrom: day, dueAt: 5 }]);
    expect(await look(windows)).toMatchObject({ version: 0, latest: undefined });
    expect(await windows.due(100 * day, 1, 10)).toEqual([]);
    expect((await take(windows, stepOn([member(1, 0)]))).version).not.toBe(version);
  });
}

function due(make: Connect): void {
  it("a group is due when it asked for it or when it is abandoned, and leased to one caller", async () => {
    const windows = await make({});
    const [a] = await windows.step(["a", "b"].map((key) => stepOn([member(1, 0)], { key, expiresAt: 5000 })));
    await windows.commit([{ key: "a", version: a!.version, state: "s", keepFrom: 0, dueAt: 100 }]);
    expect(await windows.due(99, 1000, 100)).toEqual([]);
    expect(await windows.due(100, 1000, 100)).toEqual(["a"]);
    expect(await windows.due(1099, 1000, 100)).toEqual([]);
    expect(await windows.due(1100, 1000, 100)).toEqual(["a"]);
    expect([...(await windows.due(5000, 1000, 100))].sort()).toEqual(["a", "b"]);
    await take(windows, stepOn([member(2, 0)], { key: "b", expiresAt: 20_000 }));
    expect(await windows.due(7000, 1000, 100)).toEqual(["a"]);
    expect([...(await windows.due(20_000, 1000, 100))].sort()).toEqual(["a", "b"]);
  });

  it("no more groups are leased than asked for, and none is forgotten", async () => {
    const windows = await make({});
    const keys = Array.from({ length: 30 }, (_, n) => `g${n}`);
    await windows.step(keys.map((key) => stepOn([member(1, 0)], { key, expiresAt: 10 })));
    const leased: string[] = [];
    for (let round = 0; leased.length < 30 && round < 30; round += 1) {
      const due = await windows.due(10, 1000, 4);
      expect(due.length).toBeLessThanOrEqual(4);
      leased.push(...due);
    }
    expect(leased.sort()).toEqual(keys.sort());
  });

  it("when a group is abandoned can be read, and every arrival puts it off, a repeated one too", async () => {
    const windows = await make({});
    await take(windows, stepOn([member(1, 0)], { expiresAt: 100 }));
    await take(windows, stepOn([member(1, 0)], { expiresAt: 200 }));
    expect((await look(windows)).expiresAt).toBe(200);
  });
}

function bounds(make: Connect): void {
  it("beyond the cap on groups those touched longest ago go, and are counted", async () => {
    let evicted = 0;
    const windows = await make({ maxGroups: 32, onEvict: (n) => (evicted += n) });
    const keys = Array.from({ length: 200 }, (_, n) => `g${n}`);
    for (const [n, key] of keys.entries()) await take(windows, stepOn([member(1, 0)], { key, expiresAt: n }));
    const views = await windows.step(keys.map((key) => stepOn([], { key })));
    const kept = views.flatMap(({ version }, n) => (version === 0 ? [] : [n]));
    expect(kept.length).toBeLessThanOrEqual(32);
    expect(kept).toContain(199);
    expect(evicted).toBe(200 - kept.length);
    expect(await windows.due(day, 1, 1000)).toHaveLength(kept.length);
  });

  it("beyond the cap on members the oldest go, are counted as dropped and still counted in ranges", async () => {
    let dropped = 0;
    const windows = await make({ maxMembers: 100, onEvict: (n) => (dropped += n) });
    for (let n = 0; n < 5; n += 1) {
      await take(
        windows,
        stepOn(Array.from({ length: 50 }, (_, m) => member(n * 50 + m, (n * 50 + m) * 300))),
      );
    }
    expect(dropped).toBeGreaterThanOrEqual(150);
    const [whole, late] = (await look(windows, { ranges: [all, { ...all, from: 249 * 300 }] })).ranges;
    expect(whole!.count).toBe(250);
    expect(late!.count).toBe(1);
  });

  it("once stopped, every call rejects with windows_unavailable and health says fail", async () => {
    const windows = await make({});
    await windows.stop();
    await windows.stop();
    const gone = { code: "windows_unavailable" };
    await expect(windows.step([stepOn([])])).rejects.toMatchObject(gone);
    await expect(
      windows.commit([{ key: "g", version: 0, state: undefined, keepFrom: 0, dueAt: undefined }]),
    ).rejects.toMatchObject(gone);
    await expect(windows.due(0, 1, 1)).rejects.toMatchObject(gone);
    expect(windows.health().status).toBe("fail");
  });
}
