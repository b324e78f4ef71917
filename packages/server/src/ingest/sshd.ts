import { parsePam } from "./pam.ts";
import type { MessageParser, ParsedMessage } from "./parsed-message.ts";

type Severity = ParsedMessage["severity"];

/**
 * Reads what sshd logs. `Accepted …` is a `user_login` that succeeded, `Failed <method> …` one that failed; every
 * other line is of type `sshd_<kind>` without a result, because sshd writes several lines about one attempt.
 * `Failed none` is the question which methods there are, which every client asks first: `sshd_failed_none`.
 * On old systems, whose lines are tagged `sshd(pam_unix)`, PAM alone tells of a failed attempt: there its line is the
 * `user_login`.
 * `message repeated N times: [ … ]` is the event of the inner message, with `repeated` in its details.
 */
export const parseSshd: MessageParser = (message, { variant }) => {
  const repetition = repeated.exec(message)?.groups;
  if (repetition === undefined) return parseOne(message, variant);
  const inner = parseOne(repetition.inner!, variant);
  return { ...inner, details: { ...inner.details, repeated: Number(repetition.times) } };
};

const repeated = /^message repeated (?<times>\d{1,9}) times: \[ ?(?<inner>.*)\]$/s;

// The user is whatever the client sent, also text that looks like the rest of the line: greedy, so that the address
// is always the last one, which sshd itself wrote.
const attempt =
  /^(?<outcome>Failed|Accepted) (?<method>[\w./-]+) for (?<invalid>(?:invalid|illegal) user )?(?<user>.*) from (?<ip>\S+) port (?<port>\d{1,5})(?: (?<protocol>ssh\d?))?(?:: (?<key>.*))?$/s;

function parseOne(message: string, variant: string | undefined): ParsedMessage {
  const groups = attempt.exec(message)?.groups;
  if (groups !== undefined) return attempted(groups);
  const told = parsePam("sshd", message) ?? fromRows(message);
  return variant === "pam_unix" && told.eventType === "sshd_pam_authentication_failure"
    ? { ...told, eventType: "user_login", result: "FAILURE", severity: "WARNING" }
    : told;
}

type Groups = Readonly<Record<string, string | undefined>>;

function attempted({ outcome, invalid, ...groups }: Groups): ParsedMessage {
  const details = { ...detailsOf(groups), ...(invalid === undefined ? {} : { invalid_user: true }) };
  const who = { user: groups.user, clientIp: groups.ip, details };
  if (outcome === "Accepted") return { eventType: "user_login", result: "SUCCESS", severity: "INFO", ...who };
  if (groups.method === "none")
    return { eventType: "sshd_failed_none", result: "", severity: "INFO", ...who };
  return { eventType: "user_login", result: "FAILURE", severity: "WARNING", ...who };
}

const peer = String.raw`(?<ip>\S+?)(?: port (?<port>\d{1,5}))?`;
// With a user there is always a port, which keeps a user name with spaces apart from the address.
const userAtPeer = String.raw`(?:(?:authenticating |invalid )?user (?<user>.*) (?<ip>\S+) port (?<port>\d{1,5})|${peer})`;
const preauth = String.raw`(?: \[preauth\])?`;

function row(
  kind: string,
  severity: Severity,
  pattern: string,
): { kind: string; severity: Severity; pattern: RegExp } {
  return { kind, severity, pattern: new RegExp(`^${pattern}$`, "s") };
}

/** The other lines of sshd; the first row that fits decides. */
const rows = [
  row("invalid_user", "NOTICE", `(?:Invalid|Illegal) user (?<user>.*) from ${peer}`),
  row(
    "invalid_user_request",
    "INFO",
    `input_userauth_request: (?:invalid|illegal) user (?<user>.*?)${preauth}`,
  ),
  row("connection_closed", "INFO", `Connection (?:closed|reset) by ${userAtPeer}${preauth}`),
  row("connection_opened", "INFO", `Connection from ${peer}(?: on .*)?`),
  row(
    "disconnect",
    "INFO",
    `(?:error: )?Received disconnect from ${peer}: ?(?<reason_code>\\d{1,9}): (?<reason>.*?)${preauth}`,
  ),
  row("disconnected", "INFO", `Disconnected from ${userAtPeer}${preauth}`),
  row(
    "max_attempts",
    "WARNING",
    `(?:error: )?maximum authentication attempts exceeded for (?:invalid user )?(?<user>.*) from ${peer}(?: ssh\\d?)?${preauth}`,
  ),
  row(
    "max_attempts",
    "WARNING",
    `(?:error: )?Disconnecting: Too many authentication failures(?: for (?<user>.*?))?${preauth}`,
  ),
  row("max_attempts", "WARNING", `Disconnecting ${userAtPeer}: Too many authentication failures${preauth}`),
  row(
    "reverse_mapping_failed",
    "WARNING",
    String.raw`reverse mapping checking getaddrinfo for (?<hostname>\S+) \[(?<ip>[^\]]+)\] failed.*`,
  ),
  row("reverse_mapping_failed", "WARNING", String.raw`Address (?<ip>\S+) maps to (?<hostname>\S+), but .*`),
  row("no_identification", "NOTICE", `(?:error: )?Did not receive identification string from ${peer}`),
  row("bad_protocol", "NOTICE", `Bad protocol version identification .* from ${peer}`),
  row("user_not_allowed", "WARNING", `User (?<user>.*) from (?<ip>\\S+) not allowed because .*`),
  row("listening", "INFO", `Server listening on (?<address>\\S+) port (?<port>\\d{1,5})\\.?`),
  row("fatal", "ERROR", "fatal: .*"),
  row("error", "ERROR", "error: .*"),
  row("message", "INFO", ".*"),
];

function fromRows(message: string): ParsedMessage {
  const { kind, severity, pattern } = rows.find((candidate) => candidate.pattern.test(message))!;
  const groups = pattern.exec(message)?.groups ?? {};
  const details = detailsOf(groups);
  return { eventType: `sshd_${kind}`, result: "", severity, user: groups.user, clientIp: groups.ip, details };
}

/** The groups that took part, ports as numbers. */
function detailsOf({ port, ...groups }: Groups): Record<string, unknown> {
  const details: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(groups)) if (value !== undefined) details[name] = value;
  if (port !== undefined) details.port = Number(port);
  return details;
}
