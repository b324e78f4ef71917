import { compileItem, type Item } from "./compile-item.ts";
import type { Path, Report } from "./fault.ts";
import { textOf } from "./fold.ts";
import { allNeeds, anyNeed, type MaybeNeed } from "./need.ts";
import { type Condition, parseCondition } from "./parse-condition.ts";
import type { MatchReason, Need, SigmaEvent } from "./rule.ts";

/** A compiled detection: it can not fail. */
export interface Matcher {
  readonly matches: (event: SigmaEvent) => boolean;
  /** Why a record that matches does: the items that hold in what the condition asks for. */
  readonly explain: (event: SigmaEvent) => readonly MatchReason[];
  readonly fields: readonly (string | null)[];
  readonly needs: Need | undefined;
}

/** A node of a compiled detection. */
interface Part {
  readonly matches: (event: SigmaEvent) => boolean;
  /** All items below it. */
  readonly items: readonly Item[];
  /** What every record holds that this part matches. */
  readonly need: MaybeNeed;
  /** What it takes to try it, in comparisons of texts. */
  readonly cost: number;
  /** The items that hold, for a record that this part matches. */
  readonly holding: (event: SigmaEvent) => readonly Item[];
}

type Where = { readonly path: Path; readonly report: Report };

const maxDepth = 8;

/** Compiles the `detection` section of a rule. Faults are reported; what comes back then must not be used. */
export function compileDetection(detection: Readonly<Record<string, unknown>>, report: Report): Matcher {
  const selections = new Map<string, Part>();
  for (const [name, written] of Object.entries(detection)) {
    const path = ["detection", name];
    if (name === "condition") continue;
    if (name === "timeframe") {
      report(
        path,
        "timeframe belongs to the aggregations of Sigma 1; write a correlation rule with a timespan",
      );
    } else {
      selections.set(name, compileSelection(written, { path, report }));
    }
  }
  if (selections.size === 0) report(["detection"], "there is no selection; add one beside the condition");
  const conditions = compileConditions(detection.condition, [...selections.keys()], report);
  return assemble(conditions, selections);
}

function compileConditions(written: unknown, names: readonly string[], report: Report): Condition[] {
  const path = ["detection", "condition"];
  if (written === undefined)
    report(["detection"], "the condition is missing; add one such as condition: selection");
  if (Array.isArray(written) && written.length === 0) report(path, "the list is empty; write a condition");
  const texts: unknown[] = Array.isArray(written) ? written : written === undefined ? [] : [written];
  return texts.flatMap((text, index) => {
    const place = Array.isArray(written) ? [...path, index] : path;
    const parsed =
      typeof text === "string" ? parseCondition(text, names) : { fault: "a condition must be a text" };
    if ("condition" in parsed) return [parsed.condition];
    report(place, parsed.fault);
    return [];
  });
}

function compileSelection(written: unknown, where: Where): Part {
  if (isMap(written)) return compileMap(written, where);
  if (!Array.isArray(written)) return partOf(compileItem("", written, where));
  if (written.length === 0) where.report(where.path, "the list is empty and could never match; add to it");
  if (where.path.length > maxDepth) {
    where.report(where.path, `lists are nested deeper than ${maxDepth}; write them as one`);
    return anyOf([]);
  }
  if (written.length > 0 && written.every(isScalar)) return partOf(compileItem("", written, where));
  return anyOf(
    written.map((member, index) => compileSelection(member, { ...where, path: [...where.path, index] })),
  );
}

function compileMap(map: Readonly<Record<string, unknown>>, { path, report }: Where): Part {
  const entries = Object.entries(map);
  if (entries.length === 0) report(path, "the selection is empty; add a field to it");
  const items = entries.map(([key, value]) => compileItem(key, value, { path: [...path, key], report }));
  if (items.length === 1) return partOf(items[0]!);
  const cheapFirst = items.toSorted((a, b) => a.cost - b.cost);
  return {
    items,
    need: allNeeds(items.map(({ need }) => need)),
    cost: sumOf(items),
    matches: (event) => {
      for (const item of cheapFirst) if (!item.matches(event)) return false;
      return true;
    },
    holding: () => items,
  };
}

function partOf(item: Item): Part {
  const items = [item];
  return { items, need: item.need, cost: item.cost, matches: item.matches, holding: () => items };
}

function anyOf(parts: readonly Part[]): Part {
  return {
    items: parts.flatMap(({ items }) => items),
    need: anyNeed(parts.map(({ need }) => need)),
    cost: sumOf(parts),
    matches: (event) => parts.some((part) => part.matches(event)),
    holding: (event) => parts.filter((part) => part.matches(event)).flatMap((part) => part.holding(event)),
  };
}

function sumOf(parts: readonly { readonly cost: number }[]): number {
  return parts.reduce((sum, { cost }) => sum + cost, 0);
}

/** A condition made ready, and what it takes to try it. */
interface Test {
  readonly matches: (event: SigmaEvent) => boolean;
  readonly cost: number;
}

function assemble(conditions: readonly Condition[], selections: ReadonlyMap<string, Part>): Matcher {
  const whole: Condition = conditions.length === 1 ? conditions[0]! : { kind: "or", of: conditions };
  return {
    fields: fieldsOf(whole, selections),
    needs: needOf(whole, selections),
    matches: compileCondition(whole, selections).matches,
    explain(event) {
      const names = new Set<string>();
      collect(whole, { event, selections, names });
      return [...names].flatMap((name) => reasonsOf(name, selections.get(name)!, event));
    },
  };
}

/** What a record holds for which the condition is true; what must not hold is no help. */
function needOf(condition: Condition, selections: ReadonlyMap<string, Part>): MaybeNeed {
  if (condition.kind === "selection") return selections.get(condition.name)!.need;
  if (condition.kind === "not") return undefined;
  const needs = condition.of.map((part) => needOf(part, selections));
  return condition.kind === "and" ? allNeeds(needs) : anyNeed(needs);
}

/** The fields that the condition's selections read, in the order of the rule. */
function fieldsOf(condition: Condition, selections: ReadonlyMap<string, Part>): (string | null)[] {
  const names = new Set(namesIn(condition));
  const used = [...selections].filter(([name]) => names.has(name));
  return [...new Set(used.flatMap(([, { items }]) => items.flatMap(({ reads }) => reads)))];
}

function namesIn(condition: Condition): string[] {
  if (condition.kind === "selection") return [condition.name];
  return condition.kind === "not" ? namesIn(condition.of) : condition.of.flatMap(namesIn);
}

/** What is cheap is tried first: in whatever order they are tried, parts give the same answer. */
function compileCondition(condition: Condition, selections: ReadonlyMap<string, Part>): Test {
  if (condition.kind === "selection") return selections.get(condition.name)!;
  if (condition.kind === "not") {
    const { matches, cost } = compileCondition(condition.of, selections);
    return { matches: (event) => !matches(event), cost };
  }
  const parts = condition.of.map((part) => compileCondition(part, selections));
  const tests = parts.toSorted((a, b) => a.cost - b.cost).map(({ matches }) => matches);
  return {
    cost: sumOf(parts),
    matches:
      condition.kind === "and"
        ? (event) => tests.every((matches) => matches(event))
        : (event) => tests.some((matches) => matches(event)),
  };
}

interface Collection {
  readonly event: SigmaEvent;
  readonly selections: ReadonlyMap<string, Part>;
  readonly names: Set<string>;
}

/** Gathers the selections that hold and are asked for; what `not` refuses is no reason for a match. */
function collect(condition: Condition, collection: Collection): void {
  if (condition.kind === "not") return;
  if (condition.kind === "selection") {
    if (collection.selections.get(condition.name)!.matches(collection.event))
      collection.names.add(condition.name);
    return;
  }
  for (const part of condition.of) {
    if (compileCondition(part, collection.selections).matches(collection.event)) collect(part, collection);
  }
}

function reasonsOf(selection: string, part: Part, event: SigmaEvent): MatchReason[] {
  return part
    .holding(event)
    .flatMap((item) =>
      item.found(event).map((value) => ({ selection, field: item.field, value: shown(value) })),
    );
}

const maxShown = 500;

/** Long values are cut: the whole record goes along with the match, and many reasons may quote the same line. */
function shown(value: unknown): unknown {
  const text = textOf(value);
  if (text === undefined || text.length <= maxShown) return value;
  return `${text.slice(0, maxShown)}…`;
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isScalar(value: unknown): boolean {
  return typeof value !== "object" || value === null;
}
