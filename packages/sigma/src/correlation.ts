import { oneOf, type Path, type Report } from "./fault.ts";
import { type Condition, selectionsIn } from "./parse-condition.ts";
import { isTemporal, readCondition, readWords } from "./read-correlation-condition.ts";
import { type CorrelationType, type CountCondition, correlationTypes } from "./rule.ts";
import { didYouMean } from "./suggest.ts";
import { isMap } from "./written-item.ts";

/** The `correlation` section as written, with the rules it names still to be found. */
export interface Correlation {
  readonly type: CorrelationType;
  /** Ids or names, of correlations too. */
  readonly rules: readonly string[];
  readonly groupBy: readonly string[];
  /** Alias -> id or name of a rule -> field. */
  readonly aliases: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Milliseconds. */
  readonly timespan: number;
  readonly condition: CountCondition;
  /** A condition in words over the rules as they are called in it. */
  readonly words: Condition | undefined;
  readonly generate: boolean;
}

const keys = ["type", "rules", "group-by", "aliases", "timespan", "condition", "generate"];
const section = "correlation";

type Body = Readonly<Record<string, unknown>>;

/** Reads a `correlation` section; faults are reported, and what comes back then must not be used. */
export function readCorrelation(written: unknown, report: Report): Correlation {
  if (!isMap(written))
    report([section], "correlation must be a map with type, rules, timespan and condition");
  const body = isMap(written) ? written : {};
  for (const key of Object.keys(body)) {
    if (!keys.includes(key))
      report(
        [section, key],
        `there is no field "${key}" here${didYouMean(key, keys)}; known are ${keys.join(", ")}`,
      );
  }
  const type = readType(body.type, report);
  const words = isTemporal(type) ? readWords(body.condition, report) : undefined;
  const rules = readRules(body, words, report);
  if (type === "temporal_ordered" && rules.length === 1) {
    report([section, "rules"], "an order needs two rules at least; add those that come after");
  }
  const generate = body.generate ?? false;
  if (typeof generate !== "boolean") report([section, "generate"], "must be true or false");
  return {
    type,
    rules,
    groupBy: body["group-by"] === undefined ? [] : readNames(body, "group-by", report),
    aliases: readAliases(body.aliases, report),
    timespan: readTimespan(body.timespan, report),
    condition: words === undefined ? readCondition({ type, rules, written: body.condition }, report) : {},
    words,
    generate: generate === true,
  };
}

/** A condition in words names the rules already. */
function readRules(body: Body, words: Condition | undefined, report: Report): string[] {
  if (words === undefined || body.rules !== undefined) return readNames(body, "rules", report);
  return [...selectionsIn(words)];
}

function readType(written: unknown, report: Report): CorrelationType {
  const type = correlationTypes.find((known) => known === written);
  if (type !== undefined) return type;
  if (written === undefined) report([section], "the type is missing; add one such as type: event_count");
  else {
    const meant = didYouMean(written, correlationTypes);
    const kinds = oneOf(correlationTypes);
    report([section, "type"], `there is no type ${JSON.stringify(written)}${meant}; write ${kinds}`);
  }
  return "event_count";
}

function readNames(body: Body, key: string, report: Report): string[] {
  const written = body[key];
  const path: Path = [section, key];
  if (written === undefined) {
    report([section], `${key} is missing; add a list`);
    return [];
  }
  const names: unknown[] = Array.isArray(written) ? written : [written];
  if (names.length === 0 && key === "rules") report(path, "the list is empty; name a rule");
  return names.filter((name, index): name is string => {
    const sound = typeof name === "string" && name !== "";
    if (!sound) report([...path, index], "must be a text that is not empty");
    else if (names.indexOf(name) < index) report([...path, index], `"${name}" stands there twice; keep one`);
    return sound;
  });
}

function readAliases(written: unknown, report: Report): Record<string, Record<string, string>> {
  if (written === undefined) return {};
  const path: Path = [section, "aliases"];
  if (!isMap(written)) report(path, "aliases must be a map: alias, below it rule name: field");
  const sound = Object.entries(isMap(written) ? written : {}).filter(([alias, fields]) => {
    const named =
      isMap(fields) && Object.values(fields).every((field) => typeof field === "string" && field !== "");
    if (!named) report([...path, alias], "an alias must be a map of rule name: field");
    return named;
  });
  return Object.fromEntries(sound) as Record<string, Record<string, string>>;
}

/** Seconds per unit; month and year are those of the Gregorian calendar on average, as in pySigma. */
const seconds: Readonly<Record<string, number>> = {
  s: 1,
  m: 60,
  h: 3600,
  d: 86_400,
  w: 604_800,
  M: 2_629_746,
  y: 31_556_952,
};

function readTimespan(written: unknown, report: Report): number {
  if (written === undefined) {
    report([section], "timespan is missing; add one such as timespan: 5m");
    return 0;
  }
  const [, count, unit = ""] = /^(\d{1,9})([smhdwMy])$/.exec(String(written)) ?? [];
  const milliseconds = Number(count ?? 0) * (seconds[unit] ?? 0) * 1000;
  if (milliseconds > 0 && milliseconds <= Number.MAX_SAFE_INTEGER) return milliseconds;
  report([section, "timespan"], "must be a number and a unit (s, m, h, d, w, M or y), such as 5m");
  return 0;
}
