import { randomBytes } from "node:crypto";

/** A server for tests: started, answering, and reachable at a URL that holds its password. */
export interface LocalServer {
  readonly url: string;
  /** Resolves when it and all it started are gone. Idempotent. */
  stop(): Promise<void>;
}

/** A program that tests need and apt can bring. */
export interface Installable {
  readonly name: string;
  /** The variable that tests read, and that takes the place of what we would start ourselves when it is set. */
  readonly variable: string;
  /** The Debian package that brings it. */
  readonly aptPackage: string;
  installed(): boolean;
}

/** How one kind of server is found and started. */
export interface LocalServerKind extends Installable {
  /** Starts it with all its files in `folder`, on loopback ports nobody else has. */
  start(folder: string): Promise<LocalServer>;
}

/** A new password that needs no escaping in URLs and configuration files. */
export function randomPassword(): string {
  return randomBytes(16).toString("hex");
}
