import { write, writeSync } from "node:fs";
import type { LogDestination } from "./log.ts";
import { longestLine } from "./log-text.ts";

/** A destination that a process can close. */
export interface LogOutput extends LogDestination {
  /** Resolves when everything was taken, or after so many milliseconds. */
  close(milliseconds: number): Promise<void>;
}

/** Where pieces of whole lines go. */
export interface Outlet {
  /** The most bytes of a piece, unless one line is longer. */
  readonly most: number;
  /** Calls back once the piece was taken, whenever that is, or with why it never will. */
  send(piece: Buffer, done: (error?: Error | null) => void): void;
  /** Writes a piece at once, for the end of the process. @throws the system's error, such as EAGAIN. */
  sendNow(piece: Buffer): void;
  /** Whether a piece that was sent and not called back for is still to be written. */
  isWaiting(): boolean;
}

interface Piece {
  text: string;
  bytes: number;
  lines: number;
}

/** Lines that wait for a reader take so much memory; those that come then are counted and lost. */
const mostWaiting = 4 * 1024 * 1024;

/** At the end of a process a reader that stands still is waited for in so many steps of so many milliseconds. */
const lastSteps = 20;
const lastStepMs = 10;

/**
 * Writes lines without ever waiting for their reader: what it does not take yet is kept up to a bound, and lines beyond it
 * are counted. A piece holds whole lines.
 */
export class BoundedOutput implements LogOutput {
  readonly #outlet: Outlet;
  readonly #most: number;
  readonly #waiting: Piece[] = [];
  #sending: Piece | undefined;
  #bytes = 0;
  #isGone = false;
  /** Lines lost that were not told of yet. */
  #lost = 0;
  #whenEmpty: (() => void) | undefined;
  onDrop?: (lost: number) => void;
  onFlow?: (lost: number) => void;

  constructor(outlet: Outlet, most: number = mostWaiting) {
    this.#outlet = outlet;
    this.#most = most;
  }

  write(line: string): void {
    const bytes = Buffer.byteLength(line);
    if (this.#isGone || this.#bytes + bytes > this.#most) {
      this.#lose(1);
      return;
    }
    this.#bytes += bytes;
    const last = this.#waiting.at(-1);
    if (last !== undefined && last.bytes + bytes <= this.#outlet.most) {
      last.text += line;
      last.bytes += bytes;
      last.lines += 1;
    } else this.#waiting.push({ text: line, bytes, lines: 1 });
    if (this.#sending === undefined) this.#next();
  }

  /** The reader will not come back: lines are counted and lost from now on. */
  giveUp(): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.#lose(this.#waiting.reduce((sum, { lines }) => sum + lines, this.#sending?.lines ?? 0));
    this.#waiting.length = 0;
    this.#sending = undefined;
    this.#bytes = 0;
    this.#whenEmpty?.();
  }

  close(milliseconds: number): Promise<void> {
    if (this.#sending === undefined) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, milliseconds);
    this.#whenEmpty = resolve;
    return promise.finally(() => clearTimeout(timer));
  }

  /** Writes what waits before the process ends, for as long as the reader takes it and a fifth of a second at most. */
  flushNow(): void {
    const unsent = this.#sending !== undefined && this.#outlet.isWaiting() ? [this.#sending] : [];
    let steps = 0;
    for (const { text } of [...unsent, ...this.#waiting.splice(0)]) {
      while (!this.#sentNow(Buffer.from(text))) {
        if (this.#isGone || ++steps > lastSteps) return;
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, lastStepMs);
      }
    }
  }

  #sentNow(piece: Buffer): boolean {
    try {
      this.#outlet.sendNow(piece);
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") this.#isGone = true;
      return false;
    }
  }

  #next(): void {
    const piece = this.#waiting.shift();
    this.#sending = piece;
    if (piece === undefined) this.#whenEmpty?.();
    else this.#outlet.send(Buffer.from(piece.text), (error) => this.#sent(piece, error));
  }

  #sent(piece: Piece, error: Error | null | undefined): void {
    if (this.#isGone) return;
    this.#bytes -= piece.bytes;
    if (error) this.#lose(piece.lines);
    this.#next();
    // Told when there is room again, else the line that tells would be lost as well.
    if (error || this.#lost === 0 || this.#bytes > this.#most / 2) return;
    const lost = this.#lost;
    this.#lost = 0;
    this.onFlow?.(lost);
  }

  #lose(lines: number): void {
    this.#lost += lines;
    if (lines > 0) this.onDrop?.(lines);
  }
}

/** A handle of node's streams as far as it is used here. */
interface Handle {
  readonly _handle?: { setBlocking?(on: boolean): void };
}

/**
 * The process's standard output. A pipe or terminal is written by the event loop, which learns when there is room: a write in
 * the thread pool would hold a thread for as long as the reader stands still, and the process's end with it.
 */
export function standardOutput(): LogOutput {
  const { stdout } = process;
  const isFile = !("_handle" in stdout);
  const output = new BoundedOutput(isFile ? fileOutlet : streamOutlet(stdout));
  // A terminal blocks the whole process by default while its user holds it with Ctrl-S.
  if (stdout.isTTY) (stdout as Handle)._handle?.setBlocking?.(false);
  // EPIPE: nobody reads any more, which is no reason to end a service.
  stdout.on("error", () => output.giveUp());
  process.once("exit", () => output.flushNow());
  return output;
}

function streamOutlet(stream: NodeJS.WriteStream): Outlet {
  return {
    // What a pipe takes whole or not at all: a process that ends never leaves half a line in it.
    most: longestLine,
    send: (piece, done) => {
      stream.write(piece, done);
    },
    sendNow: (piece) => {
      writeSync(1, piece);
    },
    isWaiting: () => stream.writableLength > 0,
  };
}

const fileOutlet: Outlet = {
  most: 256 * 1024,
  send: (piece, done) => writeWhole(piece, done),
  sendNow: (piece) => {
    writeSync(1, piece);
  },
  // The thread that writes is waited for at the end of a process.
  isWaiting: () => false,
};

function writeWhole(piece: Buffer, done: (error?: Error | null) => void): void {
  write(1, piece, (error, written) => {
    if (error === null && written < piece.length) writeWhole(piece.subarray(written), done);
    else done(error);
  });
}
