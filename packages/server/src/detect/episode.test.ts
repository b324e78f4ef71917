import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { StoredMember } from "../windows/windows.ts";
import { type Episode, join } from "./episode.ts";

const gap = 100;
const sample = {} as Episode["sample"];
const begin = (first: StoredMember): Pick<Episode, "alertId" | "sample"> => ({
  alertId: `alert ${first.id}`,
  sample,
});
const at = (time: number, id = `e${time}`): StoredMember => ({ id, at: time });
const told = (episodes: readonly Episode[]): Episode[] =>
  episodes.map((episode) => ({ ...episode, revision: 1 }));
const hull = ({ alertId, first, last }: Episode): unknown[] => [alertId, first.at, last];

describe("joining firings to episodes", () => {
  it("firings within the gap are one episode, beyond it another", () => {
    const { episodes } = join([], [at(0), at(100), at(200), at(301)], { gap, begin });
    expect(episodes.map(hull)).toEqual([
      ["alert e0", 0, 200],
      ["alert e301", 301, 301],
    ]);
  });

  it("a later firing extends the episode under its id", () => {
    const before = told(join([], [at(0)], { gap, begin }).episodes);
    const { episodes, replaced } = join(before, [at(90)], { gap, begin });
    expect(episodes.map(hull)).toEqual([["alert e0", 0, 90]]);
    expect(episodes[0]!.revision).toBe(1);
    expect(replaced).toEqual([]);
  });

  it("an earlier firing gives the episode its id, and the id it had is part of it", () => {
    const before = told(join([], [at(50)], { gap, begin }).episodes);
    const { episodes, replaced } = join(before, [at(0)], { gap, begin });
    expect(episodes.map(hull)).toEqual([["alert e0", 0, 50]]);
    expect(episodes[0]!.revision).toBe(0);
    expect(replaced).toEqual([{ episode: before[0], into: "alert e0" }]);
  });

  it("of two that join the one that began earlier lives", () => {
    const before = told(join([], [at(0), at(190)], { gap, begin }).episodes);
    const { episodes, replaced } = join(before, [at(95)], { gap, begin });
    expect(episodes.map(hull)).toEqual([["alert e0", 0, 190]]);
    expect(replaced).toEqual([{ episode: before[1], into: "alert e0" }]);
  });

  it("what was never handed out leaves no trace when it is replaced", () => {
    const { episodes } = join([], [at(50)], { gap, begin });
    expect(join(episodes, [at(0)], { gap, begin }).replaced).toEqual([]);
  });

  it("ties are told apart by the event id", () => {
    const before = told(join([], [at(0, "b")], { gap, begin }).episodes);
    expect(join(before, [at(0, "a")], { gap, begin }).episodes.map(hull)).toEqual([["alert a", 0, 0]]);
    expect(join(before, [at(0, "c")], { gap, begin }).episodes.map(hull)).toEqual([["alert b", 0, 0]]);
  });

  it("the order in which firings come does not matter, and repeating them changes nothing", () => {
    const firings = fc.array(fc.tuple(fc.nat(1000), fc.nat()), { maxLength: 30 });
    fc.assert(
      fc.property(firings, fc.integer({ min: 1, max: 5 }), (list, size) => {
        const members = list.map(([time], n) => at(time, `e${n}`));
        const arriving = members.map((member, n) => ({ member, order: list[n]![1] }));
        const shuffled = arriving.sort((a, b) => a.order - b.order).map(({ member }) => member);
        let episodes: readonly Episode[] = [];
        for (let from = 0; from < shuffled.length; from += size) {
          episodes = told(join(episodes, shuffled.slice(from, from + size), { gap, begin }).episodes);
        }
        const whole = join([], members, { gap, begin }).episodes;
        expect(episodes.map(hull)).toEqual(whole.map(hull));
        const again = join(episodes, shuffled, { gap, begin });
        expect(again.episodes.map(hull)).toEqual(whole.map(hull));
        expect(again.replaced).toEqual([]);
      }),
    );
  });
});
