/** The bytes of one JSON value of several, or of what stands where one should be. */
export interface JsonItem {
  /** undefined: longer than the limit, and not kept. */
  readonly bytes: Buffer | undefined;
  /** Byte at which it starts, and its length. */
  readonly offset: number;
  readonly size: number;
  /** Line it starts on, from 1. */
  readonly line: number;
  /** What is wrong around it, in words. */
  readonly fault?: string;
}

/** `array`: the elements of an array; `sequence`: values one after another, with white space or nothing between. */
export type ItemLayout = "array" | "sequence";

const quote = 0x22;
const comma = 0x2c;
const backslash = 0x5c;
const newline = 0x0a;

/**
 * Finds where values begin and end, however the text is cut into chunks, holding no more than one value. It looks at
 * brackets and quotes only: whether a value is valid JSON is for a parser to say.
 */
export class JsonItems {
  readonly #layout: ItemLayout;
  readonly #maxBytes: number;
  #out: JsonItem[] = [];
  #position = 0;
  #line = 1;
  // Inside the value being read:
  #open = false;
  #depth = 0;
  #inString = false;
  #escaped = false;
  #parts: Buffer[] = [];
  #size = 0;
  #startedAt = 0;
  #startLine = 1;
  // Between the values:
  #place: "outside" | "first" | "wants value" | "wants comma" | "after";

  constructor(layout: ItemLayout, maxBytes: number) {
    this.#layout = layout;
    this.#maxBytes = maxBytes;
    this.#place = layout === "array" ? "outside" : "wants value";
  }

  /** The values that end in this chunk. */
  push(chunk: Buffer): JsonItem[] {
    let from = 0;
    let index = 0;
    while (index < chunk.length) {
      if (this.#open) {
        const end = this.#endOfValue(chunk, index);
        if (end === undefined) break;
        this.#close(chunk.subarray(from, end));
        index = end;
      } else {
        this.#between(chunk[index]!, index);
        from = index;
        index += 1;
      }
    }
    if (this.#open) this.#keep(chunk.subarray(from));
    this.#position += chunk.length;
    return this.#take();
  }

  /** What is left when the text is over: a value that does not end, or an array that is not closed. */
  end(): JsonItem[] {
    if (this.#open && (this.#depth > 0 || this.#inString)) {
      this.#close(Buffer.alloc(0), "the text ends inside this value");
    } else if (this.#open) {
      this.#close(Buffer.alloc(0));
    }
    if (this.#layout === "array" && this.#place !== "after") this.#complain("the array is not closed with ]");
    return this.#take();
  }

  /** Where the open value ends in this chunk; one loop over locals, because it sees every byte of a large file. */
  #endOfValue(chunk: Buffer, start: number): number | undefined {
    let depth = this.#depth;
    let inString = this.#inString;
    let escaped = this.#escaped;
    let end: number | undefined;
    for (let index = start; index < chunk.length && end === undefined; index += 1) {
      const byte = chunk[index]!;
      if (inString) {
        if (escaped) escaped = false;
        else if (byte === backslash) escaped = true;
        else if (byte === quote) inString = false;
      } else if (depth === 0) {
        if (isSpace(byte) || byte === comma || isOpening(byte) || isClosing(byte)) end = index;
        else if (byte === quote) inString = true;
      } else if (byte === quote) {
        inString = true;
      } else if (isOpening(byte)) {
        depth += 1;
      } else if (isClosing(byte)) {
        depth -= 1;
        if (depth === 0) end = index + 1;
      }
      // A line end that ends the value is not part of it, and is seen again.
      if (byte === newline && end !== index) this.#line += 1;
    }
    this.#depth = depth;
    this.#inString = inString;
    this.#escaped = escaped;
    return end;
  }

  #between(byte: number, index: number): void {
    if (byte === newline) this.#line += 1;
    if (isSpace(byte)) return;
    if (this.#layout === "array" && this.#punctuation(byte)) return;
    if (this.#place === "wants comma") this.#complain("a comma is missing before this value");
    if (this.#isInArray()) this.#place = "wants comma";
    this.#open = true;
    this.#depth = isOpening(byte) ? 1 : 0;
    this.#inString = byte === quote;
    this.#escaped = false;
    this.#startedAt = this.#position + index;
    this.#startLine = this.#line;
  }

  /** Takes the brackets and commas of the array itself. */
  #punctuation(byte: number): boolean {
    const opens = byte === 0x5b && (this.#place === "outside" || this.#place === "after");
    if (opens) {
      if (this.#place === "after") this.#complain("another array follows the first");
      this.#place = "first";
    } else if (byte === 0x5d) {
      if (this.#place === "wants value") this.#complain("a comma stands before ]");
      if (this.#place === "after" || this.#place === "outside") this.#complain("there is a ] too many");
      this.#place = "after";
    } else if (byte === comma) {
      if (this.#place !== "wants comma") this.#complain("there is a comma too many");
      this.#place = "wants value";
    } else return false;
    return true;
  }

  #isInArray(): boolean {
    return this.#layout === "array" && this.#place !== "outside" && this.#place !== "after";
  }

  #complain(fault: string): void {
    this.#out.push({ bytes: Buffer.alloc(0), offset: this.#position, size: 0, line: this.#line, fault });
  }

  #close(tail: Buffer, fault?: string): void {
    this.#keep(tail);
    const bytes = this.#size > this.#maxBytes ? undefined : joined(this.#parts);
    const isStray = this.#layout === "array" && !this.#isInArray();
    const wrong = fault ?? (isStray ? "this value stands outside the array" : undefined);
    const item = { bytes, offset: this.#startedAt, size: this.#size, line: this.#startLine };
    this.#out.push(wrong === undefined ? item : { ...item, fault: wrong });
    this.#open = false;
    this.#parts = [];
    this.#size = 0;
  }

  /** Keeps the bytes while they may still be few enough. */
  #keep(part: Buffer): void {
    this.#size += part.length;
    if (this.#size > this.#maxBytes) this.#parts = [];
    else this.#parts.push(part);
  }

  #take(): JsonItem[] {
    const out = this.#out;
    this.#out = [];
    return out;
  }
}

function joined(parts: readonly Buffer[]): Buffer {
  return parts.length === 1 ? parts[0]! : Buffer.concat(parts);
}

function isOpening(byte: number): boolean {
  return byte === 0x7b || byte === 0x5b;
}

function isClosing(byte: number): boolean {
  return byte === 0x7d || byte === 0x5d;
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === newline || byte === 0x0d || byte === 0x09;
}
