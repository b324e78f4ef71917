import fc from "fast-check";
import { expect, test } from "vitest";
import { Automaton } from "./automaton.ts";

const text = fc.string({ unit: fc.constantFrom("a", "b", "c", "é", "σ"), maxLength: 40 });
const needles = fc.uniqueArray(
  fc.string({ unit: fc.constantFrom("a", "b", "c"), minLength: 1, maxLength: 4 }),
  { maxLength: 12 },
);

function found(automaton: Automaton<string>, where: string): string[] {
  const places: string[] = [];
  automaton.scan(where, (value, { start, end }) => places.push(`${value}@${start}-${end}`));
  return places.sort();
}

test("every needle is told at every place where it stands, and nowhere else", () => {
  fc.assert(
    fc.property(needles, text, (texts, where) => {
      const expected = texts.flatMap((needle) =>
        where
          .split("")
          .flatMap((_unit, at) =>
            where.startsWith(needle, at) ? [`${needle}@${at}-${at + needle.length}`] : [],
          ),
      );
      const automaton = new Automaton(texts.map((needle) => ({ text: needle, value: needle })));
      expect(found(automaton, where)).toEqual(expected.sort());
    }),
    { numRuns: 1000 },
  );
});

test("what is beyond ASCII may be told where it is not, and is never missed", () => {
  const automaton = new Automaton([{ text: "café", value: "café" }]);
  expect(found(automaton, "un café")).toEqual(["café@3-7"]);
  expect(found(automaton, "un cafè")).toEqual(["café@3-7"]);
  expect(found(automaton, "un cafe")).toEqual([]);
});
