import { randomBytes } from "node:crypto";
import type { GuardedProcess } from "./guarded-process.ts";

/** A server for tests: started, answering, and reachable at a URL that holds its password. */
export interface LocalServer {
  readonly url: string;
  /** Resolves when it and all it started are gone, for good. Idempotent. */
  stop(): Promise<void>;
  /** The id of its process now. */
  pid(): Promise<number>;
  isRunning(): boolean;
  /** SIGKILL to it and all that it started; its files stay. */
  kill(): Promise<void>;
  /** An orderly end, as an operator asks for it; its files stay. */
  shutDown(): Promise<void>;
  /** Holds it and all it started (SIGSTOP): it keeps its connections and answers nothing. */
  pause(): Promise<void>;
  /** Lets it go on. */
  resume(): Promise<void>;
  /** Starts it on the same port and files after it ended, with more arguments if given; resolves when it answers. */
  startAgain(args?: readonly string[]): Promise<void>;
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
export interface LocalServerKind<Server extends LocalServer = LocalServer> extends Installable {
  /** Starts it with all its files in `folder`, on loopback ports nobody else has. */
  start(folder: string): Promise<Server>;
}

/** A new password that needs no escaping in URLs and configuration files. */
export function randomPassword(): string {
  return randomBytes(16).toString("hex");
}

/** What makes a server of a program. */
export interface Launch {
  readonly url: string;
  readonly program: (args: readonly string[]) => GuardedProcess;
  /** Resolves when it answers; rejects when it ended or took too long. */
  readonly ready: (process: GuardedProcess) => Promise<void>;
  /** The signal of an orderly end. */
  readonly orderly: NodeJS.Signals;
}

/** Starts a server and resolves when it answers; when it does not, nothing of it is left. */
export async function launchServer({ url, program, ready, orderly }: Launch): Promise<LocalServer> {
  let process = program([]);
  const untilItAnswers = async (): Promise<void> => {
    try {
      await ready(process);
    } catch (error) {
      await process.stop();
      throw error;
    }
  };
  await untilItAnswers();
  return {
    url,
    stop: async () => {
      // What is held cannot end.
      await process.hold("SIGCONT").catch(() => undefined);
      await process.stop();
    },
    pid: () => process.pid(),
    isRunning: () => process.isRunning(),
    kill: () => process.kill(),
    shutDown: () => process.end(orderly),
    pause: () => process.hold("SIGSTOP"),
    resume: () => process.hold("SIGCONT"),
    startAgain: async (args = []) => {
      if (process.isRunning()) throw new Error(`process ${await process.pid()} still runs`);
      process = program(args);
      await untilItAnswers();
    },
  };
}
