import type { Logsource } from "@auditflow/contracts";
import type { MessageParser } from "./parsed-message.ts";
import { parseSshd } from "./sshd.ts";
import { parseSudo } from "./sudo.ts";

/** How the lines of a program are read, and which rules look at them. */
export interface TextSource {
  readonly logsource: Logsource;
  readonly parse: MessageParser;
}

const sshd: TextSource = {
  logsource: { product: "linux", service: "sshd", category: "authentication" },
  parse: parseSshd,
};

/** The programs whose lines are understood: a source is one file and one row. */
const parsers: ReadonlyMap<string, TextSource> = new Map<string, TextSource>([
  ["sshd", sshd],
  ["sshd-session", sshd],
  ["sshd-auth", sshd],
  ["sudo", { logsource: { product: "linux", service: "sudo" }, parse: parseSudo }],
]);

const parseUnknown: MessageParser = () => ({
  eventType: "syslog_message",
  result: "",
  severity: "INFO",
});

/** The row of a program; lines of a program without one are `syslog_message` of the service of its name. */
export function textSourceOf(program: string): TextSource {
  const service = program.toLowerCase();
  const known = parsers.get(service);
  if (known !== undefined) return known;
  return { logsource: { product: "linux", ...(service === "" ? {} : { service }) }, parse: parseUnknown };
}
