import { anyDash, type Pattern, type Piece } from "./pattern.ts";

/** The bytes of a text in UTF-16, little or big end first; with `mark` a byte order mark before them. */
export function utf16(text: string, order: { bigEndian: boolean; mark: boolean }): Buffer {
  const bytes = Buffer.from(order.mark ? `\ufeff${text}` : text, "utf16le");
  return order.bigEndian ? bytes.swap16() : bytes;
}

const skipped = [0, 2, 3] as const;
const cut = [undefined, -3, -2] as const;

/** The three base64 texts, one of which a longer text that holds these bytes must hold, wherever they start in it. */
export function base64Offsets(bytes: Buffer): string[] {
  return skipped.map((skip, shift) => {
    const shifted = Buffer.concat([Buffer.alloc(shift), bytes]);
    return shifted.toString("base64").slice(skip, cut[shifted.length % 3]);
  });
}

const optionStart = /(?<![\p{L}\p{N}_])[-/–—―](?=[\p{L}\p{N}_])/u;

/** The pattern with every dash and `/` at the start of a word standing for any dash. */
export function withAnyDash(pattern: Pattern): Pattern {
  return pattern.flatMap((piece): Piece[] => {
    if (typeof piece !== "string") return [piece];
    const parts = piece.split(optionStart);
    return parts.flatMap((part, index): Piece[] => {
      const text = part === "" ? [] : [part];
      return index > 0 ? [anyDash, ...text] : text;
    });
  });
}
