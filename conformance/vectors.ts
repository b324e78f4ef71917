import { type Filter, loadRules, type RuleProblem, type RuleSet, type SigmaRule } from "@auditflow/sigma";
import { type Engine, engineOf, missedByIndex, plainEngineOf } from "./engine.ts";
import type { FieldDropper } from "./field-dropper.ts";
import { type Fault, type Outcome, outcomeOf, type PartResult } from "./outcome.ts";
import type { ExpectedProblem, Vector, VectorEvent, Vectors } from "./read-vectors.ts";

/** Loads the rules of each vector, each vector on its own, and compares what comes of them with its verdicts. */
export function checkVectors({ vectors, broken }: Vectors, dropper: FieldDropper): PartResult {
  const outcomes = [
    ...broken.map((place): Outcome => outcomeOf(place, [{ expected: "a vector", got: place.reason }])),
    ...vectors.map((vector) => checkVector(vector, dropper)),
  ];
  const events = vectors.flatMap(({ match, miss }) => [...match, ...miss]);
  return { outcomes, notes: [`${vectors.length} vectors with ${events.length} events`] };
}

/** Loads the rules of one vector and compares. */
export function checkVector(vector: Vector, dropper: FieldDropper): Outcome {
  return outcomeOf(vector, faultsOf(vector, dropper));
}

function faultsOf(vector: Vector, dropper: FieldDropper): Fault[] {
  const set = loadRules([{ file: "vector", text: vector.text }]);
  return [
    ...faultsOfProblems("fault", vector.refused, set.problems),
    ...(vector.warned === undefined ? [] : faultsOfProblems("warning", vector.warned, set.warnings)),
    ...Object.entries(vector.loads).flatMap(([title, wanted]) => faultsOfLoaded(title, wanted, set)),
    ...faultsOfEvents(vector, set, dropper),
  ];
}

function faultsOfProblems(
  kind: "fault" | "warning",
  expected: readonly ExpectedProblem[],
  told: readonly RuleProblem[],
): Fault[] {
  const more = told.filter((problem) => !expected.some((wanted) => fits(problem, wanted)));
  return [
    ...expected.flatMap((wanted) => missing(wanted, told)),
    ...more.map((problem) => ({ expected: `no other ${kind}`, got: describe(problem) })),
  ];
}

function missing(expected: ExpectedProblem, told: readonly RuleProblem[]): Fault[] {
  if (told.some((problem) => fits(problem, expected))) return [];
  const { at = "anywhere", field, says } = expected;
  const got = told.length === 0 ? "nothing was told" : told.map(describe).join(" | ");
  return [{ expected: `${at} ${field}: ... ${says} ...`, got }];
}

function fits({ line, column, field, message }: RuleProblem, wanted: ExpectedProblem): boolean {
  const place = wanted.at === undefined || wanted.at === `${line}:${column}`;
  return place && field === wanted.field && message.toLowerCase().includes(wanted.says.toLowerCase());
}

function describe({ line, column, field, message }: RuleProblem): string {
  return `${line}:${column} ${field}: ${message}`;
}

function faultsOfLoaded(title: string, wanted: Readonly<Record<string, unknown>>, set: RuleSet): Fault[] {
  const loaded: (SigmaRule | Filter)[] = [...set.rules, ...set.filters];
  const rule = loaded.find((candidate) => candidate.title === title);
  if (rule === undefined) return [{ expected: `"${title}" loads`, got: "it does not" }];
  return Object.entries(wanted).flatMap(([key, value]) => {
    const held = (rule as unknown as Readonly<Record<string, unknown>>)[key];
    if (holds(held, value)) return [];
    return [{ expected: `${title} ${key} ${JSON.stringify(value)}`, got: String(JSON.stringify(held)) }];
  });
}

/** Lists must be equal, maps hold what is wanted and may hold more. */
function holds(held: unknown, wanted: unknown): boolean {
  if (typeof wanted !== "object" || wanted === null) return held === wanted;
  if (typeof held !== "object" || held === null) return false;
  if (Array.isArray(wanted) && (!Array.isArray(held) || held.length !== wanted.length)) return false;
  return Object.entries(wanted).every(([key, value]) => holds((held as Record<string, unknown>)[key], value));
}

interface Asked {
  readonly engine: Engine;
  readonly plain: Engine;
  readonly titles: ReadonlyMap<string, string>;
  readonly dropper: FieldDropper;
}

function faultsOfEvents({ match, miss }: Vector, { rules }: RuleSet, dropper: FieldDropper): Fault[] {
  if (match.length + miss.length === 0) return [];
  const titles = new Map(rules.map(({ id, title }) => [id, title]));
  const asked = { engine: engineOf(rules), plain: plainEngineOf(rules), titles, dropper };
  return [
    ...match.flatMap((event) => faultsOfEvent(event, "match", asked)),
    ...miss.flatMap((event) => faultsOfEvent(event, "miss", asked)),
  ];
}

function faultsOfEvent(event: VectorEvent, verdict: "match" | "miss", asked: Asked): Fault[] {
  const { $raw, $logsource = { product: "linux" }, $rules, ...whole } = event;
  const observation = {
    record: asked.dropper.drop(whole),
    logsources: [$logsource],
    ...($raw === undefined ? {} : { raw: $raw }),
  };
  const found = asked.engine(observation);
  const titles = [...found].map((id) => asked.titles.get(id) ?? id).sort();
  const got = titles.length === 0 ? "no match" : `a match of ${titles.join(", ")}`;
  const wanted = $rules === undefined ? undefined : [...$rules].sort().join(", ");
  const right =
    wanted === undefined ? titles.length > 0 === (verdict === "match") : titles.join(", ") === wanted;
  const expected = `${verdict === "match" ? `a match${wanted === undefined ? "" : ` of ${wanted}`}` : "no match"} of ${JSON.stringify(event)}`;
  return [...(right ? [] : [{ expected, got }]), ...missedByIndex(found, asked.plain(observation))];
}
