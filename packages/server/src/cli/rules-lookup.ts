import { AuditEvent, type Logsource } from "@auditflow/contracts";
import { type Atom, applies } from "@auditflow/sigma";
import { printable } from "./printable.ts";
import { logsourceText } from "./rules-select.ts";

/** Where a rule finds what it calls by this name; null: keywords. */
export function whereLookedUp(field: string | null): string {
  if (field === null) return "every value of the record, and the line as it was written";
  const path = field.includes(".")
    ? `details["${field}"], then the path ${field} in details`
    : `details.${field}`;
  const isEnvelope = Object.hasOwn(AuditEvent.properties, field.split(".")[0] ?? "");
  const envelope = isEnvelope ? `, else the event's own ${field}` : "";
  return printable(`${path}${envelope}`);
}

/** What AuditFlow takes in by itself, and the logsource that it gives to it. */
const sources: readonly (readonly [string, Logsource])[] = [
  ["lines of sshd", { product: "linux", service: "sshd", category: "authentication" }],
  ["lines of sudo", { product: "linux", service: "sudo" }],
  ["the audit webhook of Kubernetes", { product: "kubernetes", category: "application", service: "audit" }],
  ["events of type user_login or user_logout", { category: "authentication" }],
  ["events of type file_modified or file_created", { category: "file_event" }],
  ["events of type file_deleted", { category: "file_delete" }],
  ["events of type file_access", { category: "file_access" }],
  ["events of type process_creation", { category: "process_creation" }],
  ["events of type network_connection", { category: "network_connection" }],
  ["events of any other type", { category: "application" }],
];

/** Which records have this logsource: those of our own sources, and how others come by it. */
export function whoHas(logsource: Logsource): readonly string[] {
  const own = sources.filter(([, given]) => applies(logsource, given)).map(([name]) => name);
  const { product, service, category } = logsource;
  const isLinuxLine = product?.toLowerCase() === "linux" && service !== undefined && category === undefined;
  const lines = isLinuxLine && own.length === 0 ? [`lines of the program ${service}`] : [];
  const option = `--logsource ${logsourceText(logsource)}`;
  return [...own, ...lines, "events that name it themselves", `records that are read with ${option}`];
}

const places: Readonly<Record<Atom["place"], string>> = {
  whole: "is",
  start: "starts with",
  end: "ends with",
  inside: "contains",
  exists: "is there",
};

/** A necessary condition in words; texts are compared without regard to case. */
export function atomText({ field, place, text }: Atom): string {
  const name = field ?? "any value";
  return printable(`${name} ${places[place]}${place === "exists" ? "" : ` ${JSON.stringify(text)}`}`);
}
