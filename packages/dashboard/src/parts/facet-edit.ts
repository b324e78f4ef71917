import {
  type FacetField,
  type FilterFieldName,
  filterValue,
  isValueIn,
  replaceField,
  withoutTerm,
  withTerm,
} from "@auditflow/contracts";

/** Narrows a filter to one value of a field, or, when it is narrowed to just that, lifts it again. */
export function toggleOnly(text: string, field: FacetField, value: string): string {
  const only = replaceField(text, field, filterValue(field === "severity" ? value.toLowerCase() : value));
  return only === text ? replaceField(text, field, "") : only;
}

/** Leaves one value of a field out, or, when it is left out, takes it in again. */
export function toggleExcluded(text: string, field: FacetField, value: string): string {
  const key = `-${field}` as const;
  return isValueIn(text, key, value)
    ? withoutTerm(text, key, value)
    : withTerm(text, key, field === "severity" ? value.toLowerCase() : value);
}

/** Whether a filter names a value of a field as one to show. */
export function isShown(text: string, field: FilterFieldName, value: string): boolean {
  return isValueIn(text, field, value);
}
