import { stringify } from "yaml";
import { kinds } from "./kinds.ts";
import type { RuleSpec, Words } from "./rule-spec.ts";

/** The rules as a file of Sigma rules, with one detection rule per kind of event. */
export function ruleText(specs: readonly RuleSpec[]): string {
  return [...Object.keys(kinds).map(detection), ...specs.map(correlation)]
    .map((document) => stringify(document))
    .join("---\n");
}

function detection(name: string): object {
  return {
    ...{ title: `Events of kind ${name}`, name, logsource: { category: "oracle" } },
    detection: { kind: { kinds: name }, condition: "kind" },
  };
}

function correlation(spec: RuleSpec): object {
  const { name, type, rules, groupBy, aliases, timespan, generate } = spec;
  const condition = conditionOf(spec);
  return {
    ...{ title: name.replaceAll("_", " "), name },
    correlation: {
      ...{ type, rules },
      ...(groupBy.length === 0 ? {} : { "group-by": groupBy }),
      ...(Object.keys(aliases).length === 0 ? {} : { aliases }),
      timespan: timespan.text,
      ...(condition === undefined ? {} : { condition }),
      ...(generate ? { generate } : {}),
    },
    auditflow: {
      lateness: spec.lateness.text,
      ...(spec.refireGap === undefined ? {} : { refire_gap: spec.refireGap.text }),
      ...(spec.suppress === undefined ? {} : { suppress: spec.suppress.text }),
    },
  };
}

function conditionOf({ words, bounds, field, percentile }: RuleSpec): unknown {
  if (words !== undefined) return textOf(words);
  if (bounds === undefined) return undefined;
  return {
    ...(field.length === 0 ? {} : { field: field.length === 1 ? field[0] : field }),
    ...(percentile === undefined ? {} : { percentile }),
    ...bounds,
  };
}

function textOf(words: Words): string {
  if (typeof words === "string") return words;
  if ("not" in words) return `not ${inBrackets(words.not)}`;
  const parts = "and" in words ? words.and : words.or;
  return parts.map(inBrackets).join("and" in words ? " and " : " or ");
}

function inBrackets(words: Words): string {
  return typeof words === "string" ? words : `(${textOf(words)})`;
}
