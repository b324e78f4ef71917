import type { Flavour } from "../flavour.ts";

/** The rules that a process of detection works with, beside its report. */
export function ruleSets({ prefix, json }: Flavour): string[] {
  return [`alter table ${prefix}service_reports add column rule_set ${json("rule_set")}`];
}
