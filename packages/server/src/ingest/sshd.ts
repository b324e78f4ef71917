import { FieldPattern } from "./field-pattern.ts";
import { parsePam } from "./pam.ts";
import type { Details, MessageParser, ParsedMessage } from "./parsed-message.ts";

type Severity = ParsedMessage["severity"];

/**
 * Reads what sshd logs. `Accepted …` is a `user_login` that succeeded, `Failed <method> …` one that failed; every
 * other line is of type `sshd_<kind>` without a result, because sshd writes several lines about one attempt.
 * `Failed none` is the question which methods there are, which every client asks first: `sshd_failed_none`.
 * On old systems, whose lines are tagged `sshd(pam_unix)`, PAM alone tells of a failed attempt: there its line is the
 * `user_login`.
 * `message repeated N times: [ … ]` is the event of the inner message, with `repeated` in its details.
 */
export const parseSshd: MessageParser = (message, { variant }, details) => {
  const repetition = message.startsWith("message repeated ") ? repeated.exec(message) : null;
  if (repetition === null) return parseOne(message, variant, details);
  const [, times, inner] = repetition;
  const parsed = parseOne(inner!, variant, details);
  details.repeated = Number(times);
  return parsed;
};

const repeated = /^message repeated (\d{1,9}) times: \[ ?(.*)\]$/s;

// The user is whatever the client sent, also text that looks like the rest of the line: greedy, so that the address
// is always the last one, which sshd itself wrote. Groups: outcome, method, invalid user, user, ip, port, protocol, key.
const attempt =
  /^(Failed|Accepted) ([\w./-]+) for ((?:invalid|illegal) user )?(.*) from (\S+) port (\d{1,5})(?: (ssh\d?))?(?:: (.*))?$/s;

function parseOne(message: string, variant: string | undefined, details: Details): ParsedMessage {
  const attempted = attempt.exec(message);
  if (attempted !== null) return readAttempt(attempted, details);
  const told = parsePam("sshd", message, details) ?? fromRows(message, details);
  return variant === "pam_unix" && told.eventType === "sshd_pam_authentication_failure"
    ? { ...told, eventType: "user_login", result: "FAILURE", severity: "WARNING" }
    : told;
}

function readAttempt(groups: RegExpExecArray, details: Details): ParsedMessage {
  const [, outcome, method, invalid, user, clientIp, port, protocol, key] = groups;
  details.method = method;
  details.user = user;
  details.ip = clientIp;
  details.port = Number(port);
  if (protocol !== undefined) details.protocol = protocol;
  if (key !== undefined) details.key = key;
  if (invalid !== undefined) details.invalid_user = true;
  if (outcome === "Accepted")
    return { eventType: "user_login", result: "SUCCESS", severity: "INFO", user, clientIp };
  if (method === "none")
    return { eventType: "sshd_failed_none", result: "", severity: "INFO", user, clientIp };
  return { eventType: "user_login", result: "FAILURE", severity: "WARNING", user, clientIp };
}

const peer = String.raw`(?<ip>\S+?)(?: port (?<port>\d{1,5}))?`;
// With a user there is always a port, which keeps a user name with spaces apart from the address.
const userAtPeer = String.raw`(?:(?:authenticating |invalid )?user (?<user>.*) (?<ip>\S+) port (?<port>\d{1,5})|${peer})`;
const preauth = String.raw`(?: \[preauth\])?`;

interface Row {
  readonly eventType: string;
  readonly severity: Severity;
  readonly pattern: FieldPattern;
  /** The characters with which such a message can begin. */
  readonly first: string;
}

function row(kind: string, severity: Severity, [first, pattern]: readonly [string, string]): Row {
  return { eventType: `sshd_${kind}`, severity, pattern: new FieldPattern(pattern), first };
}

/** The other lines of sshd; the first row that fits decides. */
const rows = [
  row("invalid_user", "NOTICE", ["I", `(?:Invalid|Illegal) user (?<user>.*) from ${peer}`]),
  row("invalid_user_request", "INFO", [
    "i",
    `input_userauth_request: (?:invalid|illegal) user (?<user>.*?)${preauth}`,
  ]),
  row("connection_closed", "INFO", ["C", `Connection (?:closed|reset) by ${userAtPeer}${preauth}`]),
  row("connection_opened", "INFO", ["C", `Connection from ${peer}(?: on .*)?`]),
  row("disconnect", "INFO", [
    "eR",
    `(?:error: )?Received disconnect from ${peer}: ?(?<reason_code>\\d{1,9}): (?<reason>.*?)${preauth}`,
  ]),
  row("disconnected", "INFO", ["D", `Disconnected from ${userAtPeer}${preauth}`]),
  row("max_attempts", "WARNING", [
    "em",
    `(?:error: )?maximum authentication attempts exceeded for (?:invalid user )?(?<user>.*) from ${peer}(?: ssh\\d?)?${preauth}`,
  ]),
  row("max_attempts", "WARNING", [
    "eD",
    `(?:error: )?Disconnecting: Too many authentication failures(?: for (?<user>.*?))?${preauth}`,
  ]),
  row("max_attempts", "WARNING", [
    "D",
    `Disconnecting ${userAtPeer}: Too many authentication failures${preauth}`,
  ]),
  row("reverse_mapping_failed", "WARNING", [
    "r",
    String.raw`reverse mapping checking getaddrinfo for (?<hostname>\S+) \[(?<ip>[^\]]+)\] failed.*`,
  ]),
  row("reverse_mapping_failed", "WARNING", [
    "A",
    String.raw`Address (?<ip>\S+) maps to (?<hostname>\S+), but .*`,
  ]),
  row("no_identification", "NOTICE", [
    "eD",
    `(?:error: )?Did not receive identification string from ${peer}`,
  ]),
  row("bad_protocol", "NOTICE", ["B", `Bad protocol version identification .* from ${peer}`]),
  row("user_not_allowed", "WARNING", ["U", `User (?<user>.*) from (?<ip>\\S+) not allowed because .*`]),
  row("listening", "INFO", ["S", `Server listening on (?<address>\\S+) port (?<port>\\d{1,5})\\.?`]),
  row("fatal", "ERROR", ["f", "fatal: .*"]),
  row("error", "ERROR", ["e", "error: .*"]),
];

const rowsByFirst: ReadonlyMap<string, readonly Row[]> = new Map(
  [...new Set(rows.map(({ first }) => first).join(""))].map((letter) => [
    letter,
    rows.filter(({ first }) => first.includes(letter)),
  ]),
);

function fromRows(message: string, details: Details): ParsedMessage {
  for (const { eventType, severity, pattern } of rowsByFirst.get(message.charAt(0)) ?? []) {
    if (!pattern.read(message, details)) continue;
    const { user, ip } = details;
    return { eventType, result: "", severity, user: user as string, clientIp: ip as string };
  }
  return { eventType: "sshd_message", result: "", severity: "INFO" };
}
