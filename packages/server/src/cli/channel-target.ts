import { readFileSync } from "node:fs";
import { AuditFlowError, type ChannelKindName } from "@auditflow/contracts";

/** What a person says on the command line about where a channel goes. */
export interface TargetOptions {
  /** `--secret-file`: a file with a webhook's signing secret; `-` is the standard input. */
  readonly secretFile?: string;
  /** `--from`: the sender of mails. */
  readonly from?: string;
}

/** What each kind takes as its target, for the sentence that asks for it. */
const wanted: Readonly<Record<ChannelKindName, string | undefined>> = {
  log: undefined,
  webhook: "a URL, as in: auditflow channel add webhook https://example.com/hook",
  slack:
    "the URL of an incoming webhook, as in: auditflow channel add slack https://hooks.slack.com/services/...",
  email: "addresses, as in: auditflow channel add email ops@example.com,security@example.com",
};

/**
 * The settings of a new channel. A URL may be `-` (standard input) or `@file`, so that it need not be in the shell's
 * history.
 * @throws AuditFlowError invalid_config saying what is missing or cannot be read.
 */
export function settingsFrom(
  kind: ChannelKindName,
  target: string | undefined,
  { secretFile, from }: TargetOptions,
): Record<string, unknown> {
  const asked = wanted[kind];
  if (asked === undefined && target !== undefined)
    throw wrongUse(`a channel of kind ${kind} takes no target`);
  if (asked !== undefined && target === undefined) throw wrongUse(`a channel of kind ${kind} needs ${asked}`);
  if (secretFile !== undefined && kind !== "webhook")
    throw wrongUse(`--secret-file is for webhooks, and this is a channel of kind ${kind}`);
  if (from !== undefined && kind !== "email")
    throw wrongUse(`--from is for e-mail, and this is a channel of kind ${kind}`);
  if (secretFile === "-" && target === "-")
    throw wrongUse("the target and --secret-file cannot both be the standard input; put one into a file");
  if (kind === "log") return {};
  if (kind === "email") return { to: addressesIn(target ?? ""), ...(from === undefined ? {} : { from }) };
  const secret = secretFile === undefined ? {} : { secret: firstLine(secretFile) };
  return { url: urlFrom(target ?? ""), ...secret };
}

function addressesIn(text: string): string[] {
  return text.split(/[\s,;]+/).filter((address) => address !== "");
}

function urlFrom(target: string): string {
  if (target === "-") return firstLine("-");
  return target.startsWith("@") ? firstLine(target.slice(1)) : target;
}

function firstLine(file: string): string {
  try {
    const text = readFileSync(file === "-" ? process.stdin.fd : file, "utf8").trim();
    if (text !== "") return text.split(/\r?\n/, 1)[0] ?? "";
  } catch (cause) {
    const name = file === "-" ? "the standard input" : file;
    throw new AuditFlowError("invalid_config", `${name} cannot be read: ${(cause as Error).message}`, {
      cause,
    });
  }
  throw wrongUse(`${file === "-" ? "the standard input" : file} is empty`);
}

function wrongUse(sentence: string): AuditFlowError {
  return new AuditFlowError("invalid_config", sentence);
}
