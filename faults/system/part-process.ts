import { type ChildProcessByStdio, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { lineFault } from "../../packages/server/testing/log-lines.ts";

/** How a process is started. */
export interface StartArguments {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** One process of the product, as an operator sees it. */
export interface PartProcess {
  readonly pid: number;
  readonly url: string;
  /** Its log lines so far. */
  readonly lines: readonly Record<string, unknown>[];
  /** What it wrote to standard error so far. */
  stderr(): string;
  hasExited(): boolean;
  /**
   * Sends a signal and resolves to its exit code; null when a signal killed it. Rejects when a line of its log does not fit
   * the schema of log lines.
   */
  end(signal: NodeJS.Signals): Promise<number | null>;
  /** Reads its standard output no more, until `resumeOutput`. */
  pauseOutput(): void;
  resumeOutput(): void;
}

/** Starts a process and resolves when it says where it listens; rejects with what it said when it ends before, or in 30 s. */
export async function startPart(start: StartArguments): Promise<PartProcess> {
  const child = spawn(start.program, start.args, { env: start.env, stdio: ["ignore", "pipe", "pipe"] });
  const part = new Part(child);
  part.url = await part.listening();
  return part;
}

/** What still runs: it does not outlive this process. */
const running = new Set<ChildProcessByStdio<null, Readable, Readable>>();
process.once("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

class Part implements PartProcess {
  readonly lines: Record<string, unknown>[] = [];
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;
  readonly #closed: Promise<number | null>;
  #stderr = "";
  #hasExited = false;
  /** The first line that does not fit the schema of log lines. */
  #fault: string | undefined;
  url = "";

  constructor(child: ChildProcessByStdio<null, Readable, Readable>) {
    this.#child = child;
    running.add(child);
    this.#closed = new Promise((resolve) => {
      child.once("error", () => resolve(null));
      child.once("exit", (code) => {
        this.#hasExited = true;
        running.delete(child);
        resolve(code);
      });
    });
    child.stderr.on("data", (chunk: Buffer) => {
      this.#stderr += chunk.toString();
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  async listening(): Promise<string> {
    const started = new Promise<string>((resolve) => {
      createInterface({ input: this.#child.stdout }).on("line", (text) => {
        const line = parsed(text);
        this.lines.push(line);
        this.#fault ??= lineFault(text);
        if (line["event.name"] === "service.started") resolve(String(line["url"]));
      });
    });
    const late = AbortSignal.timeout(30_000);
    const failed = new Promise<never>((_, reject) => {
      late.addEventListener("abort", () =>
        reject(new Error(`it did not listen within 30 s: ${this.#said()}`)),
      );
      void this.#closed.then(() => reject(new Error(`it ended before it listened: ${this.#said()}`)));
    });
    try {
      return await Promise.race([started, failed]);
    } catch (error) {
      this.#child.kill("SIGKILL");
      throw error;
    }
  }

  stderr(): string {
    return this.#stderr;
  }

  hasExited(): boolean {
    return this.#hasExited;
  }

  async end(signal: NodeJS.Signals): Promise<number | null> {
    this.#child.kill(signal);
    const code = await this.#closed;
    if (this.#fault !== undefined) throw new Error(this.#fault);
    return code;
  }

  pauseOutput(): void {
    this.#child.stdout.pause();
  }

  resumeOutput(): void {
    this.#child.stdout.resume();
  }

  #said(): string {
    return `${this.#stderr}${JSON.stringify(this.lines.at(-1))}`;
  }
}

/** A line that is no JSON is kept as what it is: a fault to be seen. */
function parsed(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return { unreadable: text };
  }
}
