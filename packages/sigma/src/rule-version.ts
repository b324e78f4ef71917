import { createHash } from "node:crypto";

/** First 8 hex digits of SHA-256 over JSON with sorted keys: equal for what is written differently but says the same. */
export function ruleVersion(decisive: unknown): string {
  return createHash("sha256").update(canonicalJson(decisive)).digest("hex").slice(0, 8);
}

function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) => {
    if (typeof part !== "object" || part === null || Array.isArray(part)) return part;
    return Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}

// Any fixed UUID will do; to change it would give every rule without an id a new one.
const namespace = Buffer.from("6f1c2f0e5d0b4c1e9a3e0d8a7b54c2d1", "hex");

/** The id of a rule that has none: the UUIDv5 of its title. */
export function idFromTitle(title: string): string {
  const bytes = createHash("sha1").update(namespace).update(title).digest().subarray(0, 16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x50;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Whether a text is a UUID. */
export function isUuid(text: string): boolean {
  return uuid.test(text);
}
