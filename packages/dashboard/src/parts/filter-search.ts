import { formatFilter, parseFilter, withTerm } from "@auditflow/contracts";

/** What the list of alerts is narrowed to; it stands in the address, so that a link shows the same list. */
export interface AlertsSearch {
  /** In the filter language; left out: what is not closed. */
  readonly filter?: string;
  /** Event time from here on: RFC 3339, or back from now as in `now-24h`. */
  readonly from?: string;
  /** Event time before this, RFC 3339. */
  readonly to?: string;
}

/** What the list shows unless it is told otherwise: the alerts that somebody may still have to look at. */
export const defaultFilter = "-status:closed";

const recent = /^now-\d{1,6}[smhdw]$/;

/**
 * Reads a search from whatever stands in an address; what is none is left out. Links of before, by severity and rule,
 * keep their meaning.
 */
export function readAlertsSearch(search: Readonly<Record<string, unknown>>): AlertsSearch {
  const filter = filterText(search["filter"]) ?? filterOfOldLink(search);
  const from = isRecent(search["from"]) ? search["from"] : timeOf(search["from"]);
  const to = timeOf(search["to"]);
  return {
    ...(filter === undefined ? {} : { filter }),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
  };
}

/** The text of the filter, as the query bar shows it. */
export function filterOf({ filter }: AlertsSearch): string {
  return filter ?? defaultFilter;
}

/** The search with another filter; the usual one needs no place in the address. */
export function withFilter({ from, to }: AlertsSearch, filter: string): AlertsSearch {
  const range = { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
  return filter.trim() === defaultFilter ? range : { ...range, filter: filter.trim() };
}

/** The whole search in the filter language, as the service is asked; undefined when the filter has a fault. */
export function wholeFilter(search: AlertsSearch): string | undefined {
  const { from, to } = search;
  const terms = [
    filterOf(search),
    ...(from === undefined ? [] : [`time:>=${from}`]),
    ...(to === undefined ? [] : [`time:<${to}`]),
  ];
  const read = parseFilter(terms.join(" "));
  return "filter" in read ? formatFilter(read.filter) : undefined;
}

/** The filter for all alerts of a rule, whatever became of them. */
export function ruleFilter(ruleId: string): string {
  return withTerm("", "rule", ruleId);
}

/** Whether the list shows what it shows when nobody has chosen anything. */
export function isDefault(search: AlertsSearch): boolean {
  return Object.keys(search).length === 0;
}

function filterText(value: unknown): string | undefined {
  return typeof value === "string" ? value : typeof value === "number" ? String(value) : undefined;
}

function filterOfOldLink(search: Readonly<Record<string, unknown>>): string | undefined {
  const severities = [search["severity"]]
    .flat()
    .flatMap((value) => (typeof value === "string" ? value.toLowerCase().split(",") : []));
  const rules = [search["rule_id"]].flat().flatMap((value) => filterText(value) ?? []);
  const text = [
    ...severities.map((value) => ["severity", value] as const),
    ...rules.map((value) => ["rule", value] as const),
  ].reduce((filter, [field, value]) => (value === "" ? filter : withTerm(filter, field, value)), "");
  return text !== "" && "filter" in parseFilter(text) ? text : undefined;
}

function isRecent(value: unknown): value is string {
  return typeof value === "string" && recent.test(value);
}

function timeOf(value: unknown): string | undefined {
  if (typeof value !== "string") return undefined;
  const at = Date.parse(value);
  return Number.isNaN(at) ? undefined : new Date(at).toISOString();
}
