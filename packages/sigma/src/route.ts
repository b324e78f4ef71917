import type { Atom, DetectionRule, Logsource, SigmaEvent, SigmaRule } from "./rule.ts";
import { type NumberedRule, RuleIndex } from "./rule-index.ts";
import type { Collect } from "./whole-texts.ts";

const keys = ["product", "category", "service"] as const;

/** Whether a rule is meant for the record: every key it names is equal in the record's logsource, whatever the case. */
export function applies(rule: Logsource, event: Logsource): boolean {
  return keys.every((key) => {
    const wanted = rule[key];
    return wanted === undefined || wanted.toLowerCase() === event[key]?.toLowerCase();
  });
}

/** Which detection rules are worth asking about an event. */
export interface RuleRoutes {
  /**
   * Every rule that applies to the event and can match it, in the order of the set; it may name rules that do not
   * match, never one that does not apply.
   */
  candidates(event: SigmaEvent): readonly DetectionRule[];
  /**
   * The necessary condition by which a rule of the set is found: one of these atoms holds in every event that it matches.
   * undefined: none is known, and the rule is asked about every event of its logsource.
   */
  witnessOf(rule: DetectionRule): readonly Atom[] | undefined;
}

/**
 * Sorts the detection rules of a set by logsource, and those of one logsource by what an event must hold, so that the
 * cost per event is about that of the few rules that may match it. An index is made when the first event of its logsource
 * comes.
 */
export function routeRules(rules: readonly SigmaRule[]): RuleRoutes {
  const detections = rules.filter((rule) => rule.kind === "detection");
  const shelves = shelvesOf(detections);
  const seen = new Uint32Array(detections.length);
  let mark = 0;
  let numbers: number[] = [];
  const collect: Collect = (number) => {
    if (seen[number] === mark) return;
    seen[number] = mark;
    numbers.push(number);
  };
  return {
    candidates(event) {
      mark = nextMark(mark, seen);
      numbers = [];
      for (const shelf of shelves.of(event.logsource)) shelf.index.collect(event, collect);
      if (numbers.length === 0) return none;
      return numbers.sort((a, b) => a - b).map((number) => detections[number]!);
    },
    witnessOf: (rule) => shelves.at(rule.logsource)?.index.witnessOf(rule),
  };
}

const none: readonly never[] = [];

/** A number that no place of the array holds yet. */
function nextMark(mark: number, seen: Uint32Array): number {
  if (mark < 0xffff_ffff) return mark + 1;
  seen.fill(0);
  return 1;
}

/** The rules of one logsource. */
class Shelf {
  readonly rules: NumberedRule[] = [];
  #index: RuleIndex | undefined;

  get index(): RuleIndex {
    this.#index ??= new RuleIndex(this.rules);
    return this.#index;
  }
}

interface Shelves {
  /** The shelf of exactly this logsource. */
  at(logsource: Logsource): Shelf | undefined;
  /** The shelves whose rules apply to an event of this logsource. */
  of(logsource: Logsource): readonly Shelf[];
}

function shelvesOf(rules: readonly DetectionRule[]): Shelves {
  const shelves = new Map<string, { readonly logsource: Logsource; readonly shelf: Shelf }>();
  for (const [number, rule] of rules.entries()) {
    const key = keyOf(rule.logsource);
    const known = shelves.get(key) ?? { logsource: rule.logsource, shelf: new Shelf() };
    known.shelf.rules.push({ rule, number });
    shelves.set(key, known);
  }
  const remembered = new LogsourceMap<readonly Shelf[]>();
  return {
    at: (logsource) => shelves.get(keyOf(logsource))?.shelf,
    of(logsource) {
      const known = remembered.get(logsource);
      if (known !== undefined) return known;
      const applicable = [...shelves.values()]
        .filter((place) => applies(place.logsource, logsource))
        .map(({ shelf }) => shelf);
      remembered.set(logsource, applicable);
      return applicable;
    },
  };
}

/** As many distinct logsources of events are remembered; senders choose them, so there must be a bound. */
const maxRemembered = 1000;

/** Remembers values by logsources as they are written; a key per logsource would have to be made for every event. */
class LogsourceMap<T> {
  readonly #byProduct = new Map<string | undefined, Map<string | undefined, Map<string | undefined, T>>>();
  #size = 0;

  get({ product, category, service }: Logsource): T | undefined {
    return this.#byProduct.get(product)?.get(category)?.get(service);
  }

  set({ product, category, service }: Logsource, value: T): void {
    if (this.#size >= maxRemembered) this.#byProduct.clear();
    this.#size = this.#size >= maxRemembered ? 1 : this.#size + 1;
    const byCategory =
      this.#byProduct.get(product) ?? new Map<string | undefined, Map<string | undefined, T>>();
    const byService = byCategory.get(category) ?? new Map<string | undefined, T>();
    this.#byProduct.set(product, byCategory);
    byCategory.set(category, byService);
    byService.set(service, value);
  }
}

function keyOf({ product = "", category = "", service = "" }: Logsource): string {
  return `${product}\0${category}\0${service}`.toLowerCase();
}
