import type { ParsedMessage } from "./parsed-message.ts";

// Names are bounded, so that a hostile line cannot make the search quadratic.
const modern = /^pam_\w+\((?<service>[^():]+):(?<stage>\w+)\): (?<text>.*)$/s;
const authenticationFailure = /^authentication failure; (?<pairs>.*)$/s;
const moreFailures = /^(?:PAM )?(?<failures>\d{1,9}) more authentication failures?; (?<pairs>.*)$/s;
const sessionOpened =
  /^session opened for user (?<user>.{1,256}?)(?:\(uid=\d+\))? by (?<by>.{0,256}?)\(uid=(?<uid>\d+)\)$/s;
const sessionClosed = /^session closed for user (?<user>.+)$/s;
const checkPass = /^check pass; user unknown$/;
const maxRetries = /^PAM service\(\S+\) ignoring max retries; (?<failures>\d{1,9}) > (?<limit>\d{1,9})$/;

/**
 * Reads what PAM logs in a program's name, in the new form (`pam_unix(sshd:auth): …`) and the old one (`…` of a line
 * tagged `sshd(pam_unix)`). undefined: the message is not PAM's. Event types are `<program>_pam_<kind>`.
 */
export function parsePam(program: string, message: string): ParsedMessage | undefined {
  const text = modern.exec(message)?.groups?.text ?? message;
  for (const { pattern, kind, severity } of rows) {
    const match = pattern.exec(text);
    if (match !== null) return parsed(`${program}_pam_${kind}`, severity, { ...match.groups });
  }
  return undefined;
}

const rows = [
  { pattern: authenticationFailure, kind: "authentication_failure", severity: "NOTICE" },
  { pattern: moreFailures, kind: "more_failures", severity: "NOTICE" },
  { pattern: sessionOpened, kind: "session_opened", severity: "INFO" },
  { pattern: sessionClosed, kind: "session_closed", severity: "INFO" },
  { pattern: checkPass, kind: "unknown_user", severity: "NOTICE" },
  { pattern: maxRetries, kind: "max_retries", severity: "WARNING" },
] as const;

function parsed(
  eventType: string,
  severity: ParsedMessage["severity"],
  { pairs, failures, ...groups }: Record<string, string | undefined>,
): ParsedMessage {
  const named = pairs === undefined ? {} : pairsOf(pairs);
  const details = { ...named, ...groups, ...(failures === undefined ? {} : { failures: Number(failures) }) };
  const user = groups.user ?? named.user;
  const { rhost } = named;
  return { eventType, result: "", severity, user, clientIp: rhost, details };
}

/** `logname= uid=0 tty=ssh rhost=192.0.2.7  user=root`: a value ends at white space; empty ones are left out. */
function pairsOf(text: string): Record<string, string> {
  const pairs: Record<string, string> = {};
  for (const { name, pattern } of pamFields) {
    const value = pattern.exec(text)?.[1];
    if (value !== undefined) pairs[name] = value;
  }
  return pairs;
}

const pamFields = ["logname", "uid", "euid", "tty", "ruser", "rhost", "user"].map((name) => ({
  name,
  pattern: new RegExp(`(?:^|\\s)${name}=(\\S+)`),
}));
