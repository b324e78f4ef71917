export * from "./alert.ts";
export * from "./alert-severity.ts";
export * from "./alert-status.ts";
export * from "./api.ts";
export * from "./channels.ts";
export * from "./control-message.ts";
export * from "./default-logsource.ts";
export * from "./errors.ts";
export * from "./event.ts";
export * from "./filter.ts";
export * from "./filter-complete.ts";
export * from "./filter-edit.ts";
export {
  type FilterFieldEntry,
  type FilterFieldName,
  filterFieldNames,
  filterFields,
  filterLimits,
} from "./filter-fields.ts";
export { filterValue, formatFilter } from "./filter-format.ts";
export * from "./filter-term.ts";
export { type TimeBounds, timeBounds } from "./filter-time.ts";
export * from "./formats.ts";
export * from "./generator.ts";
export * from "./health.ts";
export * from "./incident.ts";
export * from "./log-level.ts";
export * from "./log-line.ts";
export * from "./notice.ts";
export * from "./rules.ts";
export * from "./session.ts";
export * from "./topics.ts";
export * from "./triage.ts";
