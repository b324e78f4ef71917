/** One line of a log, without its line end. */
export interface Line {
  /** undefined: longer than the limit, and not kept. */
  readonly bytes: Buffer | undefined;
  /** Byte at which it starts. */
  readonly offset: number;
  /** From 1. */
  readonly line: number;
}

const newline = 0x0a;
const carriageReturn = 0x0d;

/** Cuts chunks into lines (LF or CRLF), holding no more than one line of at most `maxBytes`. */
export class SplitLines {
  readonly #maxBytes: number;
  #parts: Buffer[] = [];
  #size = 0;
  #line = 1;
  #offset = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** The lines that end in this chunk, empty ones too. */
  push(chunk: Buffer): Line[] {
    const lines: Line[] = [];
    let from = 0;
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, from)) {
      this.#keep(chunk.subarray(from, end));
      lines.push(this.#close(1));
      from = end + 1;
    }
    this.#keep(chunk.subarray(from));
    return lines;
  }

  /** The last line, if the text does not end with a line end. */
  end(): Line[] {
    return this.#size === 0 ? [] : [this.#close(0)];
  }

  // One byte more than the limit is kept, because it may be the CR of the line end.
  #keep(part: Buffer): void {
    this.#size += part.length;
    if (this.#size > this.#maxBytes + 1) this.#parts = [];
    else if (part.length > 0) this.#parts.push(part);
  }

  #close(endBytes: number): Line {
    const whole = this.#size > this.#maxBytes + 1 ? undefined : Buffer.concat(this.#parts);
    const bytes = whole?.at(-1) === carriageReturn ? whole.subarray(0, -1) : whole;
    const isShort = bytes !== undefined && bytes.length <= this.#maxBytes;
    const line = { bytes: isShort ? bytes : undefined, offset: this.#offset, line: this.#line };
    this.#offset += this.#size + endBytes;
    this.#line += 1;
    this.#parts = [];
    this.#size = 0;
    return line;
  }
}
