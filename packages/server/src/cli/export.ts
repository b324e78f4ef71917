import { createWriteStream } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { AuditFlowError } from "@auditflow/contracts";
import { type Command, Option } from "commander";
import {
  addServerOptions,
  connectServer,
  refusalOf,
  type ServerOptions,
  unreachable,
} from "./connect-server.ts";
import { addSelectionOptions, type SelectionOptions, selectionQuery } from "./filter-option.ts";
import { writeOut } from "./write-out.ts";

interface ExportOptions extends ServerOptions, SelectionOptions {
  readonly format: "csv" | "ndjson";
  readonly output?: string;
}

const examples = `
Examples:
  $ auditflow alerts export -o alerts.csv --format csv
  $ auditflow alerts export --filter 'severity:>=high' --from 2026-11-01T00:00:00Z | jq .alert_name
  $ auditflow alerts export --filter 'status:open' | wc -l`;

/** `auditflow alerts export`: writes all alerts that match, newest first; a file is there only when it is whole. */
export function exportCommand(alerts: Command, done: (code: number) => void): void {
  const command = alerts.command("export").description("write all alerts that match, newest first");
  addSelectionOptions(command)
    .addOption(new Option("--format <format>", "what to write").choices(["ndjson", "csv"]).default("ndjson"))
    .option("-o, --output <file>", "where to write it; left out: standard output");
  addServerOptions(command).addHelpText("after", examples);
  command.action(async (options: ExportOptions) => {
    const rows = await exportTo(options);
    process.stderr.write(
      `auditflow: ${rows} alerts${options.output === undefined ? "" : ` in ${options.output}`}\n`,
    );
    done(0);
  });
}

/** How long the server may be silent, in milliseconds: a page of a large database on a busy day. */
const silenceMs = 60_000;

async function exportTo(options: ExportOptions): Promise<number> {
  const counter = new RowCounter(options.format);
  const { output } = options;
  if (output === undefined) {
    const decoder = new TextDecoder();
    for await (const chunk of received(options, counter))
      await writeOut(decoder.decode(chunk, { stream: true }));
    return counter.rows;
  }
  const part = `${output}.part`;
  try {
    await pipeline(received(options, counter), createWriteStream(part));
    await rename(part, output);
  } catch (error) {
    await rm(part, { force: true });
    if (error instanceof AuditFlowError) throw error;
    throw new AuditFlowError("invalid_config", `--output: ${(error as Error).message}`, { cause: error });
  }
  return counter.rows;
}

async function* received(options: ExportOptions, counter: RowCounter): AsyncGenerator<Uint8Array> {
  const server = connectServer(options);
  const query = selectionQuery(options);
  query.set("format", options.format);
  const silent = new AbortController();
  const timer = setTimeout(() => silent.abort(new DOMException("silent", "TimeoutError")), silenceMs);
  const { signal } = silent;
  try {
    const answer = await server
      .fetch(`/api/v1/alerts/export?${query.toString()}`, { signal })
      .catch((error) => {
        throw unreachable(server.url, error);
      });
    if (!answer.ok) throw refusalOf(await answer.json().catch(() => undefined), answer);
    for await (const chunk of answer.body ?? []) {
      timer.refresh();
      counter.take(chunk);
      yield chunk;
    }
  } catch (cause) {
    if (cause instanceof AuditFlowError) throw cause;
    const said = `The export broke off after ${counter.rows} alerts and is not whole; run it again`;
    throw new AuditFlowError("upstream_unavailable", said, { cause });
  } finally {
    clearTimeout(timer);
    silent.abort();
  }
}

const [quote, lineEnd] = [0x22, 0x0a];

/** Counts the alerts in an export as it passes. */
class RowCounter {
  readonly #isCsv: boolean;
  #lines = 0;
  #isQuoted = false;

  constructor(format: "csv" | "ndjson") {
    this.#isCsv = format === "csv";
  }

  get rows(): number {
    return Math.max(0, this.#lines - (this.#isCsv ? 1 : 0));
  }

  take(chunk: Uint8Array): void {
    for (const byte of chunk) {
      // A text in a CSV may go over several lines.
      if (byte === quote && this.#isCsv) this.#isQuoted = !this.#isQuoted;
      if (byte === lineEnd && !this.#isQuoted) this.#lines += 1;
    }
  }
}
