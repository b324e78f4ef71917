/** Where `pack` leaves the three numbers, of 12, 10 and 10 hexadecimal digits, in which UUIDs are in the order of their texts. */
export const packed: Float64Array = new Float64Array(3);

let last = "";
let isPacked = false;

/** Writes a UUID into `packed`; false: the text is none, or none in lower case. */
export function pack(id: string): boolean {
  // A member is looked for before it is added.
  if (id === last) return isPacked;
  last = id;
  isPacked = read(id);
  return isPacked;
}

const dashes = [8, 13, 18, 23];
const dash = 45;
/** What a hexadecimal digit is worth, by its character; -1: it is none. */
const worth = Int8Array.from({ length: 128 }, (_, code) =>
  "0123456789abcdef".indexOf(String.fromCharCode(code)),
);

function read(id: string): boolean {
  if (id.length !== 36) return false;
  for (const at of dashes) if (id.charCodeAt(at) !== dash) return false;
  const d = four(id, 14);
  const e = four(id, 19);
  const f = four(id, 24);
  const first = four(id, 0) * 2 ** 32 + four(id, 4) * 2 ** 16 + four(id, 9);
  const last = four(id, 28) * 2 ** 16 + four(id, 32);
  packed[0] = first;
  packed[1] = d * 2 ** 24 + e * 2 ** 8 + (f >>> 8);
  packed[2] = (f & 255) * 2 ** 32 + last;
  return !Number.isNaN(first + d + e + f + last);
}

/** The number of four digits; NaN where there are others. */
function four(id: string, at: number): number {
  const digits =
    (digit(id, at) << 12) | (digit(id, at + 1) << 8) | (digit(id, at + 2) << 4) | digit(id, at + 3);
  return digits < 0 ? Number.NaN : digits;
}

function digit(id: string, at: number): number {
  const code = id.charCodeAt(at);
  return code < 128 ? worth[code]! : -1;
}

/** The text of a UUID from the numbers that `pack` made of it. */
export function unpacked(a: number, b: number, c: number): string {
  const text = hex(a, 12) + hex(b, 10) + hex(c, 10);
  return `${text.slice(0, 8)}-${text.slice(8, 12)}-${text.slice(12, 16)}-${text.slice(16, 20)}-${text.slice(20)}`;
}

function hex(number: number, digits: number): string {
  return number.toString(16).padStart(digits, "0");
}
