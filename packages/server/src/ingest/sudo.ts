import { parsePam } from "./pam.ts";
import type { Details, MessageParser, ParsedMessage } from "./parsed-message.ts";

/**
 * Reads what sudo logs. A line about a command is a `sudo_command`: SUCCESS when sudo ran it, FAILURE when it names
 * a reason (incorrect password attempts, command not allowed, user NOT in sudoers). A failed authentication that PAM
 * reports is a `sudo_authentication_failure`, the rest `sudo_message`.
 */
export const parseSudo: MessageParser = (message, _line, details) =>
  parseCommand(message, details) ?? parseAuthentication(message, details);

// The user is bounded, so that a hostile line cannot make the search quadratic.
const ran = /^ *(.{1,256}?) : (.*?)COMMAND=(.*)$/s;

function parseCommand(message: string, details: Details): ParsedMessage | undefined {
  const groups = ran.exec(message);
  if (groups === null) return undefined;
  const [, user, head, command] = groups;
  const { pairs, reason } = headOf(head!);
  Object.assign(details, { user, ...pairs, command });
  if (reason === "") return { eventType: "sudo_command", result: "SUCCESS", severity: "INFO", user };
  details.reason = reason;
  return { eventType: "sudo_command", result: "FAILURE", severity: "WARNING", user };
}

const names: Readonly<Record<string, string>> = {
  TTY: "tty",
  PWD: "pwd",
  USER: "target_user",
  GROUP: "target_group",
  HOST: "host",
  ENV: "env",
  TSID: "session_id",
};

/** `3 incorrect password attempts ; TTY=pts/0 ; PWD=/root ; USER=root ; `: what is no pair is the reason. */
function headOf(head: string): { pairs: Record<string, string>; reason: string } {
  const pairs: Record<string, string> = {};
  const reasons: string[] = [];
  for (const part of head.split(" ; ")) {
    const [, key, value] = /^([A-Z]+)=(.*)$/s.exec(part) ?? [];
    const name = key === undefined ? undefined : names[key];
    if (name !== undefined) pairs[name] ??= value!;
    else if (part.trim() !== "") reasons.push(part.trim());
  }
  return { pairs, reason: reasons.join(" ; ") };
}

function parseAuthentication(message: string, details: Details): ParsedMessage {
  const parsed = parsePam("sudo", message, details);
  if (parsed === undefined) return { eventType: "sudo_message", result: "", severity: "INFO" };
  if (parsed.eventType !== "sudo_pam_authentication_failure") return parsed;
  return { ...parsed, eventType: "sudo_authentication_failure", result: "FAILURE", severity: "WARNING" };
}
