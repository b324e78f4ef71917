import { type Found, fail } from "./finding.ts";

/** Which server could not be reached, as its setting and its people call it. */
export interface ServerName {
  readonly product: string;
  /** The environment variable that names it. */
  readonly setting: string;
  /** A command that shows on the server's machine whether it runs. */
  readonly isRunning: string;
}

/** What an error of the network says, and what to do about it; undefined when it is none. */
export function connectionFault(
  error: unknown,
  { product, setting, isRunning }: ServerName,
): Found | undefined {
  const { code, words } = innermost(error);
  const where = `the host and port of ${setting}`;
  const fixes: Readonly<Record<string, string>> = {
    ECONNREFUSED: `Start ${product} (\`${isRunning}\` shows whether it runs), or correct ${where}.`,
    ECONNRESET: `See ${product}'s log for why it ends connections, and whether ${setting} needs TLS or must not have it.`,
    ENOTFOUND: `Correct the host name in ${setting}, or add it to DNS (\`getent hosts NAME\` must answer).`,
    EAI_AGAIN: `The name server does not answer: see /etc/resolv.conf, or write an address into ${setting}.`,
    EHOSTUNREACH: `There is no route to ${where}: check the network and its firewalls.`,
    ENETUNREACH: `There is no route to ${where}: check the network and its firewalls.`,
    ETIMEDOUT: `Nothing comes back from ${where}: a firewall drops the packets, or ${product} hangs (\`${isRunning}\`).`,
  };
  const isSilent = /timeout|timed out|no answer within/i.test(words);
  const fix = fixes[code] ?? (isSilent ? fixes["ETIMEDOUT"] : tlsFix(code, setting));
  return fix === undefined ? undefined : fail(`cannot connect: ${words}`, fix);
}

function tlsFix(code: string, setting: string): string | undefined {
  if (!/CERT|TLS|SSL|SELF_SIGNED|ERR_OSSL|EPROTO/.test(code)) return undefined;
  return `Have Node trust the server's certificate (NODE_EXTRA_CA_CERTS=ca.pem), or correct the scheme of ${setting}.`;
}

/** An error for several addresses has its words inside. */
function innermost(error: unknown): { code: string; words: string } {
  if (error instanceof AggregateError && error.errors.length > 0) return innermost(error.errors[0]);
  const { code, message = String(error) } = (error ?? {}) as { code?: unknown; message?: string };
  // Some drivers say the code in the text alone.
  return { code: String(code ?? /\bE[A-Z]{4,}\b/.exec(message)?.[0] ?? ""), words: message };
}
