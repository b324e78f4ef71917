import type { AuditEvent } from "@auditflow/contracts";
import { loadRules, type RuleDocument } from "@auditflow/sigma";
import { stringify } from "yaml";
import { createEvaluator } from "../detect/evaluate.ts";
import type { Selection } from "./rules-selection.ts";

/** What single items make of an event. */
export interface Examination {
  /** Whether a selection, or a part of one, holds. */
  holds(selection: Selection): boolean;
  /** What a rule reads in the event under a name; undefined when there is nothing. */
  field(name: string): unknown;
}

/** Always matches, and so shows the event as rules see it. */
const witness = { key: "event_id|exists", value: true, kind: "item" } as const;

/**
 * Asks about every item of the selections on its own, as if each were a rule, so that the same engine answers. The tables
 * are the documents with placeholders.
 */
export function examine(
  event: AuditEvent,
  selections: readonly Selection[],
  tables: readonly RuleDocument[],
): Examination {
  const items = [witness, ...selections.flatMap(itemsOf)];
  const logsource = event.logsource ?? { category: "none" };
  const sources = items.map((item, index) => ({ file: String(index), text: ruleOf(item, index, logsource) }));
  const loaded = loadRules([...sources, ...tables.map(({ body }) => ({ file: "", text: stringify(body) }))]);
  const matches = createEvaluator(loaded).evaluate({ ...event, logsource });
  const holding = new Set(matches.map(({ rule }) => items[Number(rule.file)]));
  const holds = (selection: Selection): boolean => {
    if (selection.kind === "item") return holding.has(selection);
    return selection.kind === "all" ? selection.of.every(holds) : selection.of.some(holds);
  };
  return { holds, field: (name) => matches[0]?.field(name) };
}

type Item = Extract<Selection, { readonly kind: "item" }>;

function itemsOf(selection: Selection): Item[] {
  return selection.kind === "item" ? [selection] : selection.of.flatMap(itemsOf);
}

function ruleOf({ key, value }: Item, index: number, logsource: object): string {
  const selection = key === "" ? (Array.isArray(value) ? value : [value]) : { [key]: value };
  return stringify({ title: `item ${index}`, logsource, detection: { selection, condition: "selection" } });
}
