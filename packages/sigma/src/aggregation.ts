import { stringify } from "yaml";
import { type Condition, parseCondition, selectionsIn } from "./parse-condition.ts";
import { isMap } from "./written-item.ts";

type Body = Readonly<Record<string, unknown>>;

/** What a condition says before the pipe behind which Sigma 1 counted. */
export function beforePipe(text: string): string {
  return text.slice(0, text.indexOf("|")).trim();
}

/**
 * Why a condition with a pipe is refused, and all that says the same today: how to repair the rule and, after a line with
 * three dashes, the documents to add. They load as they are, unless the aggregation is none that Sigma 1 had.
 */
export function aggregationFault(text: string, body: Body): string {
  const behind = text
    .slice(text.indexOf("|") + 1)
    .trim()
    .replaceAll(/\s+/g, " ");
  const rule = ruleOf(body);
  const documents = countingDocument(behind, rule) ?? nearDocuments(behind, rule) ?? [templateDocument(rule)];
  const steps = [
    `make this condition "${beforePipe(text)}"`,
    ...(rule.timeframe === undefined ? [] : ["drop timeframe"]),
    ...(body.name === rule.name ? [] : [`give this rule the name ${rule.name}`]),
    `${rule.timespan === undefined ? "choose a timespan, " : ""}and add`,
  ];
  const shown = documents.map((document) => `---\n${stringify(document, { aliasDuplicateObjects: false })}`);
  return `what follows | is an aggregation of Sigma 1, which Sigma 2 writes as a rule of its own; ${steps.join(", ")}\n${shown.join("").trimEnd()}`;
}

/** What the new documents take from the rule. */
interface Counted {
  readonly title: string;
  readonly name: string;
  readonly timeframe: unknown;
  /** The time frame, if correlations can have it. */
  readonly timespan: string | undefined;
  readonly logsource: unknown;
  readonly detection: Body;
}

function ruleOf({ title, name, logsource, detection }: Body): Counted {
  const called = typeof title === "string" ? title.slice(0, 200) : "Rule";
  const section = isMap(detection) ? detection : {};
  const written = typeof section.timeframe === "string" ? section.timeframe.trim() : "";
  return {
    title: called,
    name: typeof name === "string" && name !== "" ? name : nameOf(called),
    timeframe: section.timeframe,
    timespan: /^\d{1,9}[smhdwMy]$/.test(written) ? written : undefined,
    logsource,
    detection: section,
  };
}

function nameOf(title: string): string {
  const words = title.toLowerCase().match(/[a-z0-9]+/g) ?? ["this", "rule"];
  return words.join("_");
}

function correlationOf({ title, timespan }: Counted, content: Body): Body {
  const { type, rules, condition, ...rest } = content;
  return {
    title: `${title} (correlation)`,
    correlation: {
      ...{ type, rules, ...rest, timespan: timespan ?? "5m" },
      ...(condition === undefined ? {} : { condition }),
    },
  };
}

const counting =
  /^(count|sum|avg|min|max)\s*\(([^)]*)\)\s*(?:by\s+(.+?))?\s*(>=|<=|==|!=|=|>|<)\s*(-?\d+(?:\.\d+)?)$/i;

const operators: Readonly<Record<string, string>> = {
  ...{ ">": "gt", ">=": "gte", "<": "lt", "<=": "lte", "=": "eq", "==": "eq", "!=": "neq" },
};

/** The least and the greatest value are percentiles like any other. */
const metrics: Readonly<Record<string, Body>> = {
  sum: { type: "value_sum" },
  avg: { type: "value_avg" },
  min: { type: "value_percentile", percentile: 0 },
  max: { type: "value_percentile", percentile: 100 },
};

function countingDocument(behind: string, rule: Counted): Body[] | undefined {
  const [found, called = "", field = "", groups = "", operator = "", bound] = counting.exec(behind) ?? [];
  if (found === undefined) return undefined;
  const fields = listed(field);
  const kind = metrics[called.toLowerCase()] ?? { type: fields.length > 0 ? "value_count" : "event_count" };
  const { type, ...percentile } = kind;
  const value = fields.length === 0 ? {} : { field: fields.length === 1 ? fields[0] : fields };
  const condition = { ...value, ...percentile, [operators[operator]!]: Number(bound) };
  const groupBy = listed(groups);
  const grouped = groupBy.length === 0 ? {} : { "group-by": groupBy };
  return [correlationOf(rule, { type, rules: [rule.name], ...grouped, condition })];
}

function listed(text: string): string[] {
  const names = text.split(",").map((name) => name.trim());
  return names.filter((name) => name !== "");
}

/** What stands near were selections of the same rule: each becomes a rule of its own. */
function nearDocuments(behind: string, rule: Counted): Body[] | undefined {
  const [, text] = /^near\s+(.+)$/is.exec(behind) ?? [];
  const { title, name, logsource, detection } = rule;
  const names = Object.keys(detection).filter((key) => key !== "condition" && key !== "timeframe");
  const parsed = text === undefined ? undefined : parseCondition(text, names);
  if (parsed === undefined || "fault" in parsed) return undefined;
  const near = [...selectionsIn(parsed.condition)];
  const ruleName = (selection: string): string => `${name}_${nameOf(selection)}`;
  const others = near.map((selection) => ({
    title: `${title} (${selection})`,
    name: ruleName(selection),
    logsource,
    detection: { [selection]: detection[selection], condition: selection },
  }));
  const rules = [name, ...near.map(ruleName)];
  // That all must match is what a temporal correlation says by itself.
  const words = `${name} and ${inWords(parsed.condition, ruleName)}`;
  const condition = asksForAll(parsed.condition) ? {} : { condition: words };
  return [...others, correlationOf(rule, { type: "temporal", rules, ...condition })];
}

function asksForAll(condition: Condition): boolean {
  if (condition.kind === "and") return condition.of.every(asksForAll);
  return condition.kind === "selection";
}

function inWords(condition: Condition, nameOfRule: (selection: string) => string): string {
  if (condition.kind === "selection") return nameOfRule(condition.name);
  if (condition.kind === "not") return `not ${inWords(condition.of, nameOfRule)}`;
  return `(${condition.of.map((part) => inWords(part, nameOfRule)).join(` ${condition.kind} `)})`;
}

function templateDocument(rule: Counted): Body {
  return correlationOf(rule, { type: "event_count", rules: [rule.name], condition: { gte: 10 } });
}
