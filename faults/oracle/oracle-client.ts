import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import type { EventKind } from "../load/event-of.ts";
import type { Delivery } from "./record.ts";

/** What the oracle knows. */
export interface OracleReport {
  readonly claimed: readonly string[];
  readonly acked: readonly string[];
  readonly acked_in_fault: number;
  readonly deliveries: readonly Delivery[];
}

/** How the webhook sink answers: with a status, never, or by breaking the connection. */
export type SinkAnswer = number | "hang" | "reset";

const program = fileURLToPath(new URL("./oracle.ts", import.meta.url));

/** The oracle as others speak to it. Each call resolves when what it says is on the oracle's disk. */
export class OracleClient {
  readonly #child: ChildProcess;
  readonly #url: string;
  /** Signs what the webhook sink is sent. */
  readonly secret: string;

  private constructor(child: ChildProcess, url: string, secret: string) {
    this.#child = child;
    this.#url = url;
    this.secret = secret;
  }

  /** Starts an oracle with a new record at `path`; it ends with this process. */
  static async start(options: { path: string; run: string; secret: string }): Promise<OracleClient> {
    const args = ["--conditions=auditflow-source", program, options.path, options.run, options.secret];
    const child = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"] });
    child.stdin.on("error", () => undefined);
    const lines = createInterface({ input: child.stdout as Readable });
    const [port] = await Promise.race([
      once(lines, "line"),
      once(child, "exit").then(() => Promise.reject(new Error("the oracle ended before it listened"))),
    ]);
    return new OracleClient(child, `http://127.0.0.1:${String(port)}`, options.secret);
  }

  /** Where webhooks are sent to. */
  get sink(): string {
    return `${this.#url}/deliver`;
  }

  /** New ids, those of canaries first. */
  async claim(wanted: Readonly<Record<EventKind, number>>): Promise<string[]> {
    return (await this.#ask<{ ids: string[] }>("/claim", wanted)).ids;
  }

  /** Tells that these were acknowledged; once more is the same as once. */
  async acked(ids: readonly string[], inFault: boolean): Promise<void> {
    await this.#ask("/acked", { acked: ids, in_fault: inFault });
  }

  /** How the sink answers the next so many calls; 204 after them. */
  async answer(how: SinkAnswer, times = Number.MAX_SAFE_INTEGER): Promise<void> {
    await this.#ask("/answer", { how, times });
  }

  report(): Promise<OracleReport> {
    return this.#ask<OracleReport>("/report");
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const gone = once(this.#child, "exit");
    this.#child.stdin?.end();
    await gone;
  }

  async #ask<T>(path: string, body?: unknown): Promise<T> {
    const answer = await fetch(`${this.#url}${path}`, {
      ...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(20_000),
    });
    if (!answer.ok) throw new Error(`the oracle answered ${answer.status} to ${path}`);
    return (await answer.json()) as T;
  }
}
