import { isIP } from "node:net";

/** Addresses that follow each other, both ends included, as numbers; `family` keeps 4 and 6 apart. */
export interface AddressRange {
  readonly family: number;
  readonly first: bigint;
  readonly last: bigint;
  /** As it was written. */
  readonly text: string;
}

/** What a text means, or in one sentence why it means nothing. */
export type ReadRange = AddressRange | { readonly fault: string };

/** Reads `10.0.0.0/28` or `10.0.0.1-10.0.0.9`, IPv4 or IPv6, as MetalLB does, but refuses what it would guess at. */
export function readRange(text: string): ReadRange {
  if (text.includes("-")) return readEnds(text);
  if (text.includes("/")) return readCidr(text);
  if (isIP(text) === 0) return { fault: `"${text}" is neither a CIDR nor a range of addresses` };
  return { fault: `"${text}" is one address: write ${text}/${isIP(text) === 4 ? 32 : 128}` };
}

/** As `readRange`, and a lone address is itself. */
export function readRangeOrAddress(text: string): ReadRange {
  return isIP(text) === 0 ? readRange(text) : readEnds(`${text}-${text}`);
}

/** Whether two ranges have an address in common. */
export function overlap(a: AddressRange, b: AddressRange): boolean {
  return a.family === b.family && a.first <= b.last && b.first <= a.last;
}

/** How many addresses it has. */
export function sizeOf({ first, last }: AddressRange): bigint {
  return last - first + 1n;
}

function readEnds(text: string): ReadRange {
  const ends = text.split("-").map((end) => end.trim());
  const [from = "", to = ""] = ends;
  const family = isIP(from);
  if (ends.length !== 2 || family === 0 || family !== isIP(to))
    return { fault: `"${text}" is no range from one address to another` };
  const [first, last] = [numberOf(from), numberOf(to)];
  if (first > last) return { fault: `"${text}" ends before it begins` };
  return { family, first, last, text: from === to ? from : text };
}

function readCidr(text: string): ReadRange {
  const [address = "", prefix = "", ...more] = text.split("/");
  const family = isIP(address);
  const bits = family === 4 ? 32 : 128;
  if (family === 0 || more.length > 0 || !/^\d{1,3}$/.test(prefix) || Number(prefix) > bits)
    return { fault: `"${text}" is no CIDR` };
  const size = 1n << BigInt(bits - Number(prefix));
  const number = numberOf(address);
  const first = number - (number % size);
  if (first === number) return { family, first, last: first + size - 1n, text };
  const network = `${addressOf(first, family)}/${prefix}`;
  return {
    fault: `"${text}" would mean all of ${network}: write that, or a range that begins at ${address}`,
  };
}

function numberOf(address: string): bigint {
  return groupsOf(address).reduce(
    (number, group) => (number << (address.includes(":") ? 16n : 8n)) + BigInt(group),
    0n,
  );
}

/** The numbers of its groups, all of them written out. */
function groupsOf(address: string): number[] {
  if (!address.includes(":")) return address.split(".").map(Number);
  const hex = address.replace(/[\d.]+\.[\d.]+$/, (tail) => {
    const [a = 0, b = 0, c = 0, d = 0] = tail.split(".").map(Number);
    return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
  });
  const [head = [], rest = []] = hex.split("::").map((half) => (half === "" ? [] : half.split(":")));
  const zeros = hex.includes("::") ? Array<string>(8 - head.length - rest.length).fill("0") : [];
  return [...head, ...zeros, ...rest].map((group) => Number.parseInt(group, 16));
}

function addressOf(number: bigint, family: number): string {
  const [count, bits] = family === 4 ? [4, 8n] : [8, 16n];
  const groups = Array.from({ length: count }, (_, index) => {
    const group = (number >> (bits * BigInt(count - 1 - index))) & ((1n << bits) - 1n);
    return group.toString(family === 4 ? 10 : 16);
  });
  if (family === 4) return groups.join(".");
  return groups.join(":").replace(/(?:^|:)0(?::0)+(?::|$)/, "::");
}
