import { readFileSync } from "node:fs";
import { text } from "node:stream/consumers";
import { AuditFlowError } from "@auditflow/contracts";
import type { ConfigSources } from "../app/config.ts";
import { parseTimestamp } from "../ingest/timestamp.ts";
import { formatTimestamp } from "../telemetry/clock.ts";

/**
 * Where the old database is: the argument, or for `-` the standard input; else AUDITFLOW_LEGACY_URL, or the file that
 * AUDITFLOW_LEGACY_URL_FILE names.
 * @throws AuditFlowError invalid_config when there is none or it is no URL of PostgreSQL; never shows it.
 */
export async function legacyUrl(argument: string | undefined, env: ConfigSources["env"]): Promise<string> {
  const url = (argument === "-" ? await text(process.stdin) : (argument ?? fromEnvironment(env)))?.trim();
  if (!url) {
    throw wrong(
      "Name the old database: set AUDITFLOW_LEGACY_URL or AUDITFLOW_LEGACY_URL_FILE, or give its URL",
    );
  }
  if (/^postgres(?:ql)?:\/\//.test(url) && URL.canParse(url)) return url;
  throw wrong("The URL of the old database is none; write it as postgres://user:password@host:5432/database");
}

function fromEnvironment(env: ConfigSources["env"]): string | undefined {
  const file = env["AUDITFLOW_LEGACY_URL_FILE"];
  if (env["AUDITFLOW_LEGACY_URL"] || !file) return env["AUDITFLOW_LEGACY_URL"];
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw wrong(`AUDITFLOW_LEGACY_URL_FILE cannot be read: ${(cause as Error).message}`);
  }
}

/**
 * The time that `--since` names, in the one written form; undefined when it is not given. A day is its start in UTC.
 * @throws AuditFlowError invalid_config when it is no time.
 */
export function legacySince(given: string | undefined): string | undefined {
  if (given === undefined) return undefined;
  const moment = parseTimestamp(/^\d{4}-\d\d-\d\d$/.test(given) ? `${given}T00:00:00Z` : given);
  if ("fault" in moment) throw wrong(`--since: "${given}" ${moment.fault}`);
  return formatTimestamp(moment.at);
}

function wrong(message: string): AuditFlowError {
  return new AuditFlowError("invalid_config", message);
}
