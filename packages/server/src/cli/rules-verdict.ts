import type { AuditEvent } from "@auditflow/contracts";
import { applies, type MatchReason, type SigmaRule } from "@auditflow/sigma";
import { createEvaluator } from "../detect/evaluate.ts";
import { examine } from "./rules-examine.ts";
import { documentOf, filterSection, type RuleContext } from "./rules-explanation.ts";
import { logsourceText } from "./rules-select.ts";
import { readDetection, type Selection } from "./rules-selection.ts";

/** What a rule makes of an event. */
export interface Verdict {
  readonly matches: boolean;
  /** What the event's logsource lacks, when it is not one that the rule is meant for. */
  readonly elsewhere: string | null;
  /** Why it matches; empty when it does not. */
  readonly reasons: readonly MatchReason[];
  /** Each selection of the rule, and of the filters that narrow it, with what holds of it. */
  readonly parts: readonly VerdictPart[];
}

/** What holds of a detection: of the rule, or of a filter. */
export interface VerdictPart {
  /** null for the rule itself. */
  readonly filter: string | null;
  readonly conditions: readonly string[];
  readonly selections: readonly { readonly name: string; readonly lines: readonly VerdictLine[] }[];
}

/** A selection, or an item or a group of one; `depth` from 0. */
export interface VerdictLine {
  readonly depth: number;
  readonly holds: boolean;
  readonly item: { readonly key: string; readonly value: unknown } | "all" | "any";
  /** What the event has under the item's field. */
  readonly found: unknown;
}

/** Judges an event by a rule of the set; a correlation judges no single event, and gives undefined. */
export function verdictOf(
  rule: SigmaRule,
  event: AuditEvent,
  { set, documents }: RuleContext,
): Verdict | undefined {
  if (rule.kind === "correlation") return undefined;
  const filters = set.filters.filter(({ id }) => rule.filters.includes(id));
  const detections = [
    { filter: null, section: documentOf(rule, documents)?.body.detection },
    ...filters.map((filter) => ({
      filter: filter.title,
      section: filterSection(filter, documents),
    })),
  ].map(({ filter, section }) => ({ filter, ...readDetection(section) }));
  const all = detections.flatMap(({ selections }) => [...selections.values()]);
  const examined = examine(
    event,
    all,
    documents.filter(({ body }) => body.placeholders !== undefined),
  );
  const linesOf = (selection: Selection, depth: number): VerdictLine[] => {
    const holds = examined.holds(selection);
    if (selection.kind !== "item") {
      const head = { depth, holds, item: selection.kind, found: undefined };
      return [head, ...selection.of.flatMap((part) => linesOf(part, depth + 1))];
    }
    const { key, value } = selection;
    const [field = ""] = key.split("|");
    return [{ depth, holds, item: { key, value }, found: field === "" ? undefined : examined.field(field) }];
  };
  const [match] = createEvaluator({ ...set, rules: [rule] }).evaluate(event);
  return {
    matches: match !== undefined,
    elsewhere: applies(rule.logsource, event.logsource ?? {})
      ? null
      : logsourceText(event.logsource ?? {}) || "none",
    reasons: match?.reasons() ?? [],
    parts: detections.map(({ filter, conditions, selections }) => ({
      ...{ filter, conditions },
      selections: [...selections].map(([name, selection]) => ({ name, lines: linesOf(selection, 0) })),
    })),
  };
}
