import { readFileSync } from "node:fs";
import { join } from "node:path";
import { loadRules } from "@auditflow/sigma";
import { modifierNames } from "../packages/sigma/src/modifiers.ts";
import { fieldDropper } from "./field-dropper.ts";
import { type Outcome, outcomeOf, type PartResult } from "./outcome.ts";
import type { Vector, Vectors } from "./read-vectors.ts";
import { checkVector } from "./vectors.ts";

/**
 * Holds the vectors to account. Each modifier, of the package or of the specification, has a vector with events that match
 * and events that do not, which turns red when the modifier is taken out of its rule; and no title of a file stands there
 * twice.
 */
export function checkVectorsThemselves({ vectors }: Vectors, corpus: string): PartResult {
  const appendix = "sigma-specification/specification/sigma-appendix-modifiers.md";
  const specified = readModifiers(readFileSync(join(corpus, appendix), "utf8"));
  const names = [...new Set([...specified, ...modifierNames])].sort();
  const modifiers = names.map((name) => {
    const place = { title: `the modifier ${name}`, file: appendix, line: 1 };
    const expected = `a vector has events that match and events that do not, and turns red without ${name}`;
    return outcomeOf(place, isProven(name, vectors) ? [] : [{ expected, got: "there is none" }]);
  });
  return { outcomes: [...modifiers, ...duplicatesAmong(vectors)], notes: [] };
}

/** The names that the specification's appendix lists, sub-modifiers too. */
export function readModifiers(appendix: string): string[] {
  const names = [...appendix.matchAll(/^ *- `([a-z0-9]+)`/gm)].map(([, name]) => name!);
  if (names.length === 0) throw new Error("the appendix on modifiers lists none");
  return names;
}

function isProven(modifier: string, vectors: readonly Vector[]): boolean {
  return vectors.some((vector) => {
    if (vector.match.length === 0 || vector.miss.length === 0) return false;
    const text = vector.text.replaceAll(new RegExp(`\\|${modifier}(?![a-z0-9])`, "g"), "");
    if (text === vector.text || loadRules([{ file: "vector", text }]).problems.length > 0) return false;
    return checkVector({ ...vector, text }, fieldDropper(undefined)).failure !== undefined;
  });
}

function duplicatesAmong(vectors: readonly Vector[]): Outcome[] {
  const byTitle = Map.groupBy(vectors, ({ file, title }) => `${file}: ${title}`);
  return [...byTitle.values()].flatMap(([, ...again]) =>
    again.map((vector) =>
      outcomeOf(vector, [{ expected: "a title of its own", got: "it stands there twice" }]),
    ),
  );
}
