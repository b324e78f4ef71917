import { AuditFlowError, type Filter, parseFilter } from "@auditflow/contracts";

/**
 * Reads the filter of a request; `pointer` is where in the request it stands.
 * @throws AuditFlowError invalid_filter with every fault, each with its place in the text, [from, to) in UTF-16 units.
 */
export function readFilter(text: string, pointer: string): Filter {
  const read = parseFilter(text);
  if ("filter" in read) return read.filter;
  const faults = read.faults.map(({ from, to, message }) => ({
    pointer,
    detail: `at ${from}..${to}${quoted(text.slice(from, to))}: ${message}`,
  }));
  const [first] = faults;
  throw new AuditFlowError("invalid_filter", `The filter is wrong ${first?.detail ?? ""}`, { faults });
}

function quoted(token: string): string {
  if (token === "") return "";
  return ` ${JSON.stringify((token.length > 60 ? `${token.slice(0, 60)}…` : token).toWellFormed())}`;
}
