import { hash } from "node:crypto";

// UUIDv5 of `urn:auditflow:event` in the URL namespace. Never changes: a file read again must give the same ids.
const namespace = Buffer.from("61ddfaf60db55d799528b376eab8d76a", "hex");

/** Where a record without an id came from: its source, its place in it, and its exact text. */
export interface RecordOrigin {
  readonly source: string;
  /** Byte offset in a file; for a request the digest of its body and the index in it. */
  readonly position: number | string;
  readonly text: string;
}

/** The id of a record that has none: UUIDv5 of its origin, so that reading the same source again gives the same id. */
export function eventIdOf({ source, position, text }: RecordOrigin): string {
  return uuidV5(Buffer.from(`${source}\0${position}\0${text}`, "utf8"));
}

// The package uuid takes four times as long, and this is done for every line of a log.
function uuidV5(name: Buffer): string {
  const hex = hash("sha1", Buffer.concat([namespace, name]), "hex");
  const variant = "89ab"[Number.parseInt(hex[16]!, 16) & 3];
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
