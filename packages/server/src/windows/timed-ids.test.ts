import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { pack, packed, unpacked } from "./packed-id.ts";
import { TimedIds } from "./timed-ids.ts";

const uuid = fc.uuid({ version: [4, 7] });

describe("packed ids", () => {
  it("a UUID comes back as it was, and its numbers are in the order of the texts", () => {
    const numbersOf = (id: string): number[] => {
      expect(pack(id)).toBe(true);
      return [...packed];
    };
    fc.assert(
      fc.property(uuid, uuid, (a, b) => {
        const numbers = [numbersOf(a), numbersOf(b)] as const;
        expect(numbers.map(([x, y, z]) => unpacked(x!, y!, z!))).toEqual([a, b]);
        const differs = [0, 1, 2].find((n) => numbers[0][n] !== numbers[1][n]);
        if (differs === undefined) expect(a).toBe(b);
        else expect(numbers[0][differs]! < numbers[1][differs]!).toBe(a < b);
      }),
    );
  });

  it("what is no UUID in lower case is not packed, wherever the wrong character stands", () => {
    const id = "0199aaaa-bbbb-7ccc-8ddd-eeeeffff0123";
    expect(pack(id)).toBe(true);
    for (let n = 0; n < id.length; n += 1) {
      for (const wrong of ["A", "g", " ", "/", ":", "\u0161", n === 8 ? "0" : "-"]) {
        const changed = `${id.slice(0, n)}${wrong}${id.slice(n + 1)}`;
        expect(pack(changed), changed).toBe(changed === id);
      }
    }
    expect([pack(`${id} 1`), pack(""), pack("7")]).toEqual([false, false, false]);
  });
});

describe("timed ids", () => {
  it("give the same as a sorted list, whatever comes and goes, packed or not", () => {
    const ids = fc.array(fc.oneof({ weight: 9, arbitrary: uuid }, fc.string()), {
      minLength: 1,
      maxLength: 60,
    });
    const change = fc.record({ pick: fc.nat(), at: fc.nat(40), from: fc.nat(9), cut: fc.nat(12) });
    fc.assert(
      fc.property(fc.boolean(), ids, fc.array(change, { maxLength: 80 }), (isOfUuids, all, changes) => {
        const pool = [...new Set(isOfUuids ? all.filter((id) => pack(id)) : all)];
        const list = new TimedIds();
        let model: { id: string; at: number }[] = [];
        for (const { pick, at, from, cut } of changes) {
          const id = pool[pick % Math.max(1, pool.length)];
          if (id !== undefined && list.find(id) < 0) {
            list.insert(id, at);
            model.push({ id, at });
            model.sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1));
          }
          if (cut % 3 === 0 && from < model.length) {
            const to = Math.min(model.length, from + cut);
            list.remove(cut % 2 === 0 ? 0 : from, to);
            model = [...model.slice(0, cut % 2 === 0 ? 0 : from), ...model.slice(to)];
          }
          expect(list.size).toBe(model.length);
          expect(model.map((_, n) => ({ id: list.idAt(n), at: list.timeAt(n) }))).toEqual(model);
          expect(list.before(at)).toBe(model.filter((each) => each.at < at).length);
          expect(pool.map((each) => list.find(each))).toEqual(
            pool.map((each) => model.findIndex((known) => known.id === each)),
          );
        }
        expect([list.timeAt(-1), list.timeAt(model.length)]).toEqual([undefined, undefined]);
      }),
      { numRuns: 200 },
    );
  });
});
