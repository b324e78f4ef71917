import { oneOf, type Path, type Report } from "./fault.ts";
import { type Condition, parseCondition, wantedIn } from "./parse-condition.ts";
import type { CorrelationType, CountCondition } from "./rule.ts";
import { didYouMean } from "./suggest.ts";
import { isMap } from "./written-item.ts";

const path: Path = ["correlation", "condition"];
const operators = ["gt", "gte", "lt", "lte", "eq", "neq"] as const;
type Operator = (typeof operators)[number];
type Bounds = Partial<Record<Operator, number>>;

/** A condition, and what decides how it is read. */
interface Written {
  readonly type: CorrelationType;
  readonly rules: readonly string[];
  readonly written: unknown;
}

/** Whether a kind is about which rules match. */
export function isTemporal(type: CorrelationType): boolean {
  return type === "temporal" || type === "temporal_ordered";
}

/** Whether a kind is about the numbers in a field. */
function isNumeric(type: CorrelationType): boolean {
  return !isTemporal(type) && type !== "event_count" && type !== "value_count";
}

const operatorsInWords = ["and", "or", "not"];

/**
 * Reads a condition in words such as `a and b and not c`, in which the rules are selections by the names that they have
 * there; undefined when the condition is not in words or has faults, which are reported.
 */
export function readWords(written: unknown, report: Report): Condition | undefined {
  if (typeof written !== "string") return undefined;
  const names = written.match(/[^\s()]+/g) ?? [];
  if (names.some((name) => name.toLowerCase() === "of")) {
    report(
      path,
      "1 of and all of choose among selections, not rules; write out the rules with and, or and not",
    );
    return undefined;
  }
  const rules = new Set(names.filter((name) => !operatorsInWords.includes(name.toLowerCase())));
  const parsed = parseCondition(written, [...rules]);
  if ("fault" in parsed) {
    report(path, parsed.fault);
    return undefined;
  }
  if (wantedIn(parsed.condition).size > 0) return parsed.condition;
  report(
    path,
    "the condition only refuses rules; ask for one as well, by whose events the others are refused",
  );
  return undefined;
}

/**
 * Reads the condition of a correlation; faults are reported. That all rules must match, which a temporal type says by
 * having no condition, comes back as a bound like any other.
 */
export function readCondition(correlation: Written, report: Report): CountCondition {
  const { type, rules, written } = correlation;
  if (isTemporal(type) && written === undefined) return { gte: rules.length };
  // Its faults are told already.
  if (isTemporal(type) && typeof written === "string") return {};
  if (!isMap(written)) {
    const place = written === undefined ? ["correlation"] : path;
    report(place, "the condition must be a map with a bound, such as gte: 10");
    return {};
  }
  return {
    ...readBounds(correlation, written, report),
    ...readField(type, written["field"], report),
    ...readPercentile(type, written["percentile"], report),
  };
}

function readBounds(
  { type, rules }: Written,
  written: Readonly<Record<string, unknown>>,
  report: Report,
): Bounds {
  const most = isTemporal(type) ? rules.length : Number.MAX_SAFE_INTEGER;
  const keys = Object.keys(written).filter((key) => key !== "field" && key !== "percentile");
  const bounds: Bounds = {};
  for (const key of keys) {
    const operator = operators.find((known) => known === key);
    const bound = written[key];
    const fault = operator === undefined ? unknownFault(key) : faultOfBound(operator, bound, { type, most });
    if (fault !== undefined) report([...path, key], fault);
    else if (operator !== undefined) bounds[operator] = bound as number;
  }
  if (keys.length === 0) {
    const what = "field" in written ? "has no bound" : "is empty";
    report(path, `the condition ${what}; add a bound such as gte: ${Math.min(most, 10)}`);
  }
  if (keys.length === Object.keys(bounds).length && isImpossible(bounds, { type, most })) {
    report(path, "no number is within all of these bounds; loosen one of them");
  }
  return bounds;
}

function unknownFault(key: string): string {
  return `there is no operator "${key}"${didYouMean(key, [...operators, "field", "percentile"])}; write ${oneOf(operators)}`;
}

/** The kind of a condition, and the greatest count that it can be about. */
interface Reach {
  readonly type: CorrelationType;
  readonly most: number;
}

/** A window is looked at when an event comes, so that there is always one to count. */
function faultOfBound(operator: Operator, bound: unknown, { type, most }: Reach): string | undefined {
  if (isNumeric(type)) return Number.isFinite(bound) ? undefined : "must be a number";
  const least = operator === "gt" ? 0 : 1;
  const greatest = operator === "gt" ? most - 1 : operator === "lt" ? most + 1 : most;
  if (Number.isInteger(bound) && (bound as number) >= least && (bound as number) <= greatest)
    return undefined;
  const range = isTemporal(type) ? `from ${least} to ${greatest}` : `of at least ${least}`;
  return `must be a whole number ${range}`;
}

function isImpossible({ gt, gte, lt, lte, eq, neq }: Bounds, { type, most }: Reach): boolean {
  if (isNumeric(type)) {
    const low = Math.max(gt ?? -Infinity, gte ?? -Infinity, eq ?? -Infinity);
    const high = Math.min(lt ?? Infinity, lte ?? Infinity, eq ?? Infinity);
    return low > high || (low === high && [gt, lt, neq].includes(low));
  }
  const low = Math.max(1, (gt ?? 0) + 1, gte ?? 1, eq ?? 1);
  const high = Math.min(most, (lt ?? Infinity) - 1, lte ?? Infinity, eq ?? Infinity);
  return low > high || (low === high && neq === low);
}

function readField(type: CorrelationType, written: unknown, report: Report): Pick<CountCondition, "field"> {
  const place: Path = [...path, "field"];
  if (isTemporal(type) || type === "event_count") {
    if (written !== undefined) report(place, `${type} compares no values and takes no field; drop it`);
    return {};
  }
  if (written === undefined) {
    const what = type === "value_count" ? "value_count counts different values" : `${type} is about numbers`;
    report(path, `${what}; add the field: name of where they are`);
    return {};
  }
  const names: unknown[] = Array.isArray(written) ? written : [written];
  const sound = names.filter((name): name is string => typeof name === "string" && name !== "");
  if (names.length === 0 || sound.length < names.length || new Set(sound).size < sound.length) {
    report(place, "must be the name of a field, or a list of different ones");
  } else if (sound.length > 1 && isNumeric(type)) {
    report(place, `${type} is about the numbers in one field; drop the others`);
  }
  return { field: sound };
}

function readPercentile(
  type: CorrelationType,
  written: unknown,
  report: Report,
): Pick<CountCondition, "percentile"> {
  const place: Path = [...path, "percentile"];
  if (type !== "value_percentile") {
    if (written !== undefined) report(place, `${type} takes no percentile; drop it, or use value_percentile`);
    return {};
  }
  const percentile = written ?? 50;
  if (typeof percentile === "number" && percentile >= 0 && percentile <= 100) return { percentile };
  report(place, "must be a number from 0 to 100, such as 95");
  return {};
}
