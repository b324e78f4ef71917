/** One line of a log, without its line end. */
export interface Line<T> {
  /** What was made of its bytes. undefined: longer than the limit, and not kept. */
  readonly content: T | undefined;
  /** Byte at which it starts. */
  readonly offset: number;
  /** From 1. */
  readonly line: number;
}

/** Makes what is wanted of a line that stands in `bytes` from `start` to before `end`. */
type ReadLine<T> = (bytes: Buffer, start: number, end: number) => T;

const newline = 0x0a;
const carriageReturn = 0x0d;

/** Cuts chunks into lines (LF or CRLF), holding no more than one line of at most `maxBytes`. */
export class SplitLines<T> {
  readonly #maxBytes: number;
  readonly #read: ReadLine<T>;
  #parts: Buffer[] = [];
  #size = 0;
  #line = 1;
  #offset = 0;

  constructor(maxBytes: number, read: ReadLine<T>) {
    this.#maxBytes = maxBytes;
    this.#read = read;
  }

  /** The lines that end in this chunk, empty ones too. */
  push(chunk: Buffer): Line<T>[] {
    const lines: Line<T>[] = [];
    let from = 0;
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, from)) {
      // A line that began in an earlier chunk is put together; all others are read where they stand.
      if (this.#size === 0) lines.push(this.#close(chunk, from, end));
      else lines.push(this.#closeKept(chunk.subarray(from, end)));
      this.#offset += 1;
      from = end + 1;
    }
    if (from < chunk.length) this.#keep(chunk.subarray(from));
    return lines;
  }

  /** The last line, if the text does not end with a line end. */
  end(): Line<T>[] {
    return this.#size === 0 ? [] : [this.#closeKept(Buffer.alloc(0))];
  }

  // One byte more than the limit is kept, because it may be the CR of the line end.
  #keep(part: Buffer): void {
    this.#size += part.length;
    if (this.#size > this.#maxBytes + 1) this.#parts = [];
    else this.#parts.push(part);
  }

  #closeKept(tail: Buffer): Line<T> {
    this.#keep(tail);
    const size = this.#size;
    const whole = Buffer.concat(this.#parts);
    this.#parts = [];
    this.#size = 0;
    return this.#close(whole, 0, size);
  }

  /** `end - start` is the size of the line, also when its bytes are not there because it is too long. */
  #close(bytes: Buffer, start: number, end: number): Line<T> {
    const size = end - start;
    const textEnd = size > 0 && bytes[end - 1] === carriageReturn ? end - 1 : end;
    const isShort = textEnd - start <= this.#maxBytes;
    const content = isShort ? this.#read(bytes, start, textEnd) : undefined;
    const line = { content, offset: this.#offset, line: this.#line };
    this.#offset += size;
    this.#line += 1;
    return line;
  }
}
