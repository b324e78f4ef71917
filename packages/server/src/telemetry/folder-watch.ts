import type { Logger } from "./log.ts";

/** A folder whose changes count: of all that is in it, or of the one entry named. */
export interface WatchedFolder {
  readonly path: string;
  readonly entry?: string;
}

/** What is watched, and what is done about a change; times in milliseconds. */
export interface FolderWatchOptions {
  /** Asked before and after each look: what it saw may say what else to watch. */
  readonly folders: () => readonly WatchedFolder[];
  /** Looks for what has changed; cheap where nothing has. One that fails is told in the log and tried again. */
  readonly look: () => Promise<void> | void;
  /** Time between looks when nothing tells of a change. */
  readonly lookEvery: number;
  /** How long it has to be quiet after a change before it is looked at, so that what is being written is whole. */
  readonly settle: number;
  readonly log: Logger;
}

/** Begins to watch folders; `stop` ends it, and a look that is under way goes on to its end. */
export type WatchFolders = (options: FolderWatchOptions) => { stop(): void };
