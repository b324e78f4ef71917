import { oneOf, type Path, type Report } from "./fault.ts";
import type { CorrelationType, CountCondition } from "./rule.ts";

/** The greatest count that a condition may ask for. */
const maxCount = 1000;
const laterOperators = ["lt", "lte", "eq", "neq"];
const path: Path = ["correlation", "condition"];

/** A condition, and what decides how it is read. */
interface Written {
  readonly type: CorrelationType;
  readonly rules: readonly string[];
  readonly written: unknown;
}

/**
 * Reads the condition of a correlation; faults are reported. That all rules must match, which a temporal type says by
 * having no condition, comes back as a bound like any other.
 */
export function readCondition(correlation: Written, report: Report): CountCondition {
  const { type, rules, written } = correlation;
  const temporal = type === "temporal" || type === "temporal_ordered";
  if (temporal && written === undefined) return { gte: rules.length };
  if (type === "temporal_ordered") {
    report(path, "temporal_ordered asks for all its rules and takes no condition; drop it, or use temporal");
    return {};
  }
  if (typeof written !== "object" || written === null || Array.isArray(written)) {
    reportShape(correlation, report);
    return {};
  }
  return {
    ...readBounds(correlation, written as Readonly<Record<string, unknown>>, report),
    ...readField(type, (written as Readonly<Record<string, unknown>>)["field"], report),
  };
}

function reportShape({ type, written }: Written, report: Report): void {
  if (type === "temporal" && typeof written === "string") {
    report(path, "a condition in words is not supported yet; write a bound such as gte: 2, or leave it out");
    return;
  }
  const place = written === undefined ? ["correlation"] : path;
  report(place, "the condition must be a map with a bound, such as gte: 10");
}

function readBounds(
  { type, rules }: Written,
  written: Readonly<Record<string, unknown>>,
  report: Report,
): CountCondition {
  const most = type === "temporal" ? Math.min(rules.length, maxCount) : maxCount;
  const operators = Object.keys(written).filter((key) => key !== "field");
  const bounds: { gt?: number; gte?: number } = {};
  for (const operator of operators) {
    const bound = written[operator];
    const fault = faultOfBound(operator, bound, most);
    if (fault !== undefined) report([...path, operator], fault);
    else if (operator === "gt" || operator === "gte") bounds[operator] = bound as number;
  }
  if (operators.length === 0) {
    const what = "field" in written ? "has no bound" : "is empty";
    report(path, `the condition ${what}; add a bound such as gte: ${Math.min(most, 10)}`);
  }
  return bounds;
}

function faultOfBound(operator: string, bound: unknown, greatest: number): string | undefined {
  if (laterOperators.includes(operator))
    return `${operator} is not supported yet; only ${oneOf(["gt", "gte"])} are`;
  if (operator !== "gt" && operator !== "gte") return `there is no operator "${operator}"; write gt or gte`;
  const least = operator === "gt" ? 0 : 1;
  const most = operator === "gt" ? greatest - 1 : greatest;
  const sound = typeof bound === "number" && Number.isInteger(bound) && bound >= least && bound <= most;
  return sound ? undefined : `must be a whole number from ${least} to ${most}`;
}

function readField(type: CorrelationType, written: unknown, report: Report): Pick<CountCondition, "field"> {
  const place: Path = [...path, "field"];
  if (type !== "value_count") {
    if (written !== undefined) report(place, `${type} compares no values and takes no field; drop it`);
    return {};
  }
  if (written === undefined) {
    report(path, "value_count counts different values; add the field: name of what it counts");
    return {};
  }
  const names: unknown[] = Array.isArray(written) ? written : [written];
  const sound = names.filter((name): name is string => typeof name === "string" && name !== "");
  if (names.length === 0 || sound.length < names.length || new Set(sound).size < sound.length) {
    report(place, "must be the name of a field, or a list of different ones");
  }
  return { field: sound };
}
