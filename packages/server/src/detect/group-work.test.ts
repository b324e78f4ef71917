import { describe, expect, it } from "vitest";
import { eventId, loginHit, loginRule, start } from "../../testing/correlation.ts";
import { groupsOf, type Work, worksOf } from "./group-work.ts";
import type { Hit } from "./hit.ts";

const rule = loginRule({ threshold: 2, lateness: "1s" });
const skip = (reason: string): never => expect.fail(reason);
const works = (hits: readonly Hit[]): Work[] => worksOf(groupsOf(hits, { skip }), () => false).flat();

describe("the works of hits", () => {
  it("hold at most 100 hits each, in order of time", () => {
    const hits = Array.from({ length: 250 }, (_, n) => loginHit(rule, n, start + ((n * 7) % 250)));
    const found = works(hits);
    expect(found.map(({ members }) => members.length)).toEqual([100, 100, 50]);
    const times = found.flatMap(({ members }) => members.map(({ at }) => at));
    expect(times).toEqual(hits.map(({ at }) => at).sort((a, b) => a - b));
    for (const work of found)
      expect(work.hits.map(({ eventId: id }) => id)).toEqual(work.members.map(({ id }) => id));
  });

  it("never stretch further than lateness and gap", () => {
    const hits = [0, 2000, 2001, 4001, 4002].map((ms, n) => loginHit(rule, n, start + ms));
    expect(works(hits).map(({ members }) => members.map(({ at }) => at - start))).toEqual([
      [0, 2000],
      [2001, 4001],
      [4002],
    ]);
  });

  it("count an event once that several rules match which are counted as one", () => {
    const marked = (n: number, mark: string): Hit => ({ ...loginHit(rule, n, start), mark });
    expect(works([marked(1, ""), marked(1, ""), marked(2, "")])[0]!.members).toHaveLength(2);
    const ids = works(["a", "b", "a"].map((mark) => marked(1, mark)))[0]!.members.map(({ id }) => id);
    expect(ids).toEqual([`${eventId(1)} a`, `${eventId(1)} b`]);
  });

  it("say which hits do not move the group's time: those from the future", () => {
    const hits = [0, 600_000, 600_001].map((ms, n) => ({
      ...loginHit(rule, n, start + ms),
      receivedAt: start,
    }));
    expect(works(hits).flatMap(({ members }) => members.map(({ advances }) => advances))).toEqual([
      true,
      true,
      false,
    ]);
  });
});
