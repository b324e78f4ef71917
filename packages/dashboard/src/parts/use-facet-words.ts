import { type FilterFieldName, type FilterOption, filterValue } from "@auditflow/contracts";
import { useMemo } from "react";
import type { CountedFacets } from "../live/use-facets.ts";
import { knownAssignees } from "./triage-assignees.ts";

/** What the counted values let the query bar say and offer. */
export interface FacetWords {
  /** Values that alerts have, to be offered for a field. */
  readonly valuesOf: (field: FilterFieldName) => readonly FilterOption[];
  /** How people know a value: the name of a rule for its id; else the value itself. */
  readonly nameOf: (field: FilterFieldName, value: string) => string;
}

const offered: ReadonlySet<string> = new Set(["rule", "user", "host"]);

/** Makes words and offers of the values that were counted. */
export function useFacetWords(counted: CountedFacets | undefined): FacetWords {
  return useMemo(() => {
    const facets = counted?.facets ?? {};
    const valuesOf = (field: FilterFieldName): readonly FilterOption[] => {
      if (field === "assignee")
        return knownAssignees().map((name) => ({ text: filterValue(name), help: "Assigned to before" }));
      if (!offered.has(field)) return [];
      return (facets[field as "rule" | "user" | "host"] ?? []).map(({ value, label, count }) => ({
        text: filterValue(label ?? value),
        help: count === 1 ? "1 alert" : `${count.toLocaleString("en-GB")} alerts`,
      }));
    };
    const nameOf = (field: FilterFieldName, written: string): string => {
      if (field !== "rule") return written;
      return (
        facets.rule?.find(({ value }) => value.toLowerCase() === written.toLowerCase())?.label ?? written
      );
    };
    return { valuesOf, nameOf };
  }, [counted]);
}
