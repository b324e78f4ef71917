import { afterEach, describe, expect, it } from "vitest";
import { exactRuns, runLengths, thinning } from "../../testing/window-runs.ts";
import { all, type Connect, day, look, member, span, stepOn, take } from "../../testing/window-step.ts";
import type { Windows } from "./windows.ts";

/** The promises of the window port, the same for every adapter. */
export function windowsContract(name: string, connect: Connect, runs = 60): void {
  const open: Windows[] = [];
  const make: Connect = async (options) => {
    const windows = await connect(options);
    open.push(windows);
    return windows;
  };
  afterEach(async () => {
    await Promise.all(open.splice(0).map((windows) => windows.stop()));
  });

  const exactness = (store: Connect): void => exactRuns(store, runs);
  const parts = { members, order, exactness, runLengths, thinning, state, due, bounds };
  for (const [part, promises] of Object.entries(parts)) {
    describe(`${name}: ${part}`, () => {
      promises(make);
    });
  }
}

function members(make: Connect): void {
  it("a group that does not exist has version 0 and nothing in it, and looking does not make it", async () => {
    const windows = await make({});
    const nothing = { version: 0, edition: 0, latest: undefined, expiresAt: undefined, state: undefined };
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

  it("a member older than what was closed is late, whatever the lateness, and a known one is known", async () => {
    const windows = await make({});
    const { version } = await take(windows, stepOn([member(1, 400), member(2, 600)]));
    const close = { key: "g", version, state: "s", keepFrom: 0, dueAt: undefined };
    expect(await windows.commit([{ ...close, closedTo: 500 }])).toEqual([true]);
    const view = await take(windows, stepOn([member(3, 499), member(1, 400), member(4, 500)]));
    expect(view).toMatchObject({ late: [0], known: [1], latest: 600 });
    expect(await windows.commit([{ ...close, version: view.version }])).toEqual([true]);
    expect(await take(windows, stepOn([member(5, 499)], { ranges: [all] }))).toMatchObject({
      late: [0],
      ranges: [{ count: 3 }],
    });
  });

  it("what was closed stays closed where nothing has moved the group's time, and is forgotten with the group", async () => {
    const windows = await make({});
    const { version } = await take(windows, stepOn([member(1, 900, false)]));
    const commit = { key: "g", state: "s", keepFrom: 0, dueAt: undefined };
    await windows.commit([{ ...commit, version, closedTo: 800 }]);
    const view = await take(windows, stepOn([member(2, 799), member(3, 800, false)]));
    expect(view).toMatchObject({ late: [0], latest: undefined });
    await windows.commit([{ ...commit, version: view.version, state: undefined, keepFrom: day }]);
    expect((await look(windows)).version).toBe(0);
    expect(await take(windows, stepOn([member(2, 799)]))).toMatchObject({ late: [], known: [] });
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

  it("a commit on an edition is taken whatever was added since, unless somebody has committed", async () => {
    const windows = await make({});
    const first = await take(windows, stepOn([member(1, 0)]));
    expect(first.edition).toBe(0);
    const commit = { key: "g", version: first.version, keepFrom: -span, dueAt: undefined };
    const added = await take(windows, stepOn([member(2, 0)]));
    expect(added.edition).toBe(0);
    expect(await windows.commit([{ ...commit, edition: 0, state: "one" }])).toEqual([true]);
    expect(await windows.commit([{ ...commit, edition: 0, state: "two" }])).toEqual([false]);
    const { edition, version, ...rest } = await look(windows, { ranges: [all] });
    expect(edition).toBe(version);
    expect(rest).toMatchObject({ state: "one", ranges: [{ count: 2 }] });
    const later = await take(windows, stepOn([member(3, 0)]));
    expect(later.edition).toBe(edition);
    expect(later.version).not.toBe(edition);
    expect(await windows.commit([{ ...commit, edition, state: "three" }])).toEqual([true]);
    expect(await look(windows)).toMatchObject({ state: "three" });
    expect(await windows.commit([{ ...commit, key: "h", edition: 5, state: "four" }])).toEqual([false]);
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
