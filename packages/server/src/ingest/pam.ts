import { FieldPattern } from "./field-pattern.ts";
import type { Details, ParsedMessage } from "./parsed-message.ts";

// Names are bounded, so that a hostile line cannot make the search quadratic.
const modern = /^pam_\w+\([^():]+:\w+\): /;
const failure = /^(?:authentication failure|(?:PAM )?(\d{1,9}) more authentication failures?); /;

/**
 * Reads what PAM logs in a program's name, in the new form (`pam_unix(sshd:auth): …`) and the old one (`…` of a line
 * tagged `sshd(pam_unix)`). undefined: the message is not PAM's. Event types are `<program>_pam_<kind>`.
 */
export function parsePam(program: string, message: string, details: Details): ParsedMessage | undefined {
  if (!canBePam.test(message)) return undefined;
  const text = message.slice(modern.exec(message)?.[0].length ?? 0);
  const failed = failure.exec(text);
  if (failed !== null) {
    addPairs(text.slice(failed[0].length), details);
    if (failed[1] !== undefined) details.failures = Number(failed[1]);
    const kind = failed[1] === undefined ? "authentication_failure" : "more_failures";
    return parsed(`${program}_pam_${kind}`, "NOTICE", details);
  }
  const row = rows.find(({ pattern }) => pattern.read(text, details));
  return row === undefined ? undefined : parsed(`${program}_pam_${row.kind}`, row.severity, details);
}

// Of most messages the first character tells that they are another's.
const canBePam = /^[apPsc\d]/;

const rows = [
  {
    kind: "session_opened",
    severity: "INFO",
    pattern: new FieldPattern(
      String.raw`session opened for user (?<user>.{1,256}?)(?:\(uid=\d+\))? by (?<by>.{0,256}?)\(uid=(?<uid>\d+)\)`,
    ),
  },
  {
    kind: "session_closed",
    severity: "INFO",
    pattern: new FieldPattern("session closed for user (?<user>.+)"),
  },
  { kind: "unknown_user", severity: "NOTICE", pattern: new FieldPattern("check pass; user unknown") },
  {
    kind: "max_retries",
    severity: "WARNING",
    pattern: new FieldPattern(
      String.raw`PAM service\(\S+\) ignoring max retries; (?<failures>\d{1,9}) > (?<limit>\d{1,9})`,
    ),
  },
] as const;

function parsed(
  eventType: string,
  severity: ParsedMessage["severity"],
  { user, rhost }: Details,
): ParsedMessage {
  return { eventType, result: "", severity, user: user as string, clientIp: rhost as string };
}

/** `logname= uid=0 tty=ssh rhost=192.0.2.7  user=root`: a value ends at white space; empty ones are left out. */
function addPairs(text: string, details: Details): void {
  for (const { name, pattern } of pamFields) {
    const value = pattern.exec(text)?.[1];
    if (value !== undefined) details[name] = value;
  }
}

const pamFields = ["logname", "uid", "euid", "tty", "ruser", "rhost", "user"].map((name) => ({
  name,
  pattern: new RegExp(`(?:^|\\s)${name}=(\\S+)`),
}));
