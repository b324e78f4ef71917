import { alertSeverities } from "./alert-severity.ts";
import { alertStatuses } from "./alert-status.ts";

/** What the values of a field are. */
export type FilterKind = "pattern" | "choice" | "uuid" | "number" | "time";

/** A field of the filter language: what its values are, and what a person is told about it. */
export interface FilterFieldEntry {
  readonly kind: FilterKind;
  /** What it holds, in a few words. */
  readonly help: string;
  /** A term that uses it. */
  readonly example: string;
  /** Whether `>`, `>=`, `<` and `<=` make sense. */
  readonly ordered: boolean;
  /** All its values, when they are few, as a person writes them; the least first where they have an order. */
  readonly choices?: readonly string[];
  /** Other names that people try; they are not understood, but lead to this field. */
  readonly alsoCalled: readonly string[];
}

const pattern = { kind: "pattern", ordered: false } as const;
const choice = { kind: "choice", ordered: false } as const;
const uuid = { kind: "uuid", ordered: false } as const;
const lowerCase = (words: readonly string[]): string[] => words.map((word) => word.toLowerCase());

/** The one table of fields: what is parsed, offered and documented comes from here. */
export const filterFields = {
  severity: {
    ...choice,
    ordered: true,
    choices: lowerCase(alertSeverities),
    help: "How bad it is",
    example: "severity:>=high",
    alsoCalled: ["level", "priority", "sev"],
  },
  status: {
    ...choice,
    choices: alertStatuses,
    help: "How far people are with it",
    example: "-status:closed",
    alsoCalled: ["state", "is"],
  },
  rule: {
    ...pattern,
    help: "The id or the name of the rule",
    example: 'rule:"Failed login"',
    alsoCalled: ["rule_id", "rule_name", "name", "alert_name", "title", "analysis_rule"],
  },
  user: {
    ...pattern,
    help: "Who did it",
    example: "user:alice,bob",
    alsoCalled: ["actor", "actor_id", "user_id", "username", "triggered_by", "who"],
  },
  host: {
    ...pattern,
    help: "The server it happened on",
    example: "host:web-*",
    alsoCalled: ["hostname", "server", "server_hostname", "machine", "node"],
  },
  ip: {
    ...pattern,
    help: "The address it came from",
    example: "ip:10.0.*",
    alsoCalled: ["client_ip", "address", "source_ip", "src_ip", "addr"],
  },
  type: {
    ...pattern,
    help: "The machine word for the rule",
    example: "type:brute_force*",
    alsoCalled: ["alert_type", "kind", "category"],
  },
  assignee: {
    ...pattern,
    help: "Who works on it; `none` is nobody",
    example: "assignee:none",
    alsoCalled: ["assigned", "owner", "assigned_to"],
  },
  incident: {
    ...uuid,
    help: "The id of its incident",
    example: "incident:0198c6a0-5d1e-7000-8000-000000000001",
    alsoCalled: ["incident_id"],
  },
  id: {
    ...uuid,
    help: "The id of the alert",
    example: "id:0198c6a0-5d1e-5000-8000-000000000001",
    alsoCalled: ["alert_id", "alert", "uuid"],
  },
  synthetic: {
    ...choice,
    choices: ["true", "false"],
    help: "Whether a made-up event raised it",
    example: "synthetic:false",
    alsoCalled: ["demo", "generated", "fake"],
  },
  count: {
    kind: "number",
    ordered: true,
    help: "How many events it covers",
    example: "count:>=100",
    alsoCalled: ["events", "event_count", "number"],
  },
  time: {
    kind: "time",
    ordered: true,
    help: "When it began, in event time",
    example: "time:>=now-24h",
    alsoCalled: ["timestamp", "date", "at", "when", "since", "from", "first_event_at"],
  },
  text: {
    ...pattern,
    help: "Words in its name, description, user, host or address, as bare words",
    example: 'oscar "failed password"',
    alsoCalled: ["q", "query", "search", "contains", "description", "message"],
  },
} as const satisfies Record<string, FilterFieldEntry>;

export type FilterFieldName = keyof typeof filterFields;

/** The names of all fields, in the order of the table. */
export const filterFieldNames = Object.keys(filterFields) as readonly FilterFieldName[];

/** The field of that name, in whatever case; undefined when there is none. */
export function fieldNamed(name: string): FilterFieldName | undefined {
  const lower = name.toLowerCase();
  return filterFieldNames.find((field) => field === lower);
}

/** The table's entry of a field, as one type for all fields. */
export function fieldEntry(field: FilterFieldName): FilterFieldEntry {
  return filterFields[field];
}

/** The most a filter may be: UTF-16 units of its text, terms, and values of one term. */
export const filterLimits = { length: 2000, terms: 50, values: 50 } as const;
