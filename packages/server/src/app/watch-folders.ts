import { type FSWatcher, watch } from "node:fs";
import type { FolderWatchOptions, WatchedFolder } from "../telemetry/folder-watch.ts";

/** While changes go on, as when a tree is copied, they are looked at after this many settling times all the same. */
const patience = 20;

/**
 * Calls `look` now, soon after each change of what is in the folders, and every `lookEvery` milliseconds besides: some
 * file systems tell of no change. Looks never overlap. Folders are watched by their paths, never by what is behind them,
 * so that they may vanish, come back, or be replaced.
 */
export function watchFolders(options: FolderWatchOptions): { stop(): void } {
  const watch = new FolderWatch(options);
  watch.start();
  return { stop: () => watch.stop() };
}

interface Watched {
  readonly watcher: FSWatcher | undefined;
  /** It told of a change, which may be that its folder is another one now. */
  stale: boolean;
}

class FolderWatch {
  readonly #options: FolderWatchOptions;
  readonly #watched = new Map<string, Watched>();
  readonly #unwatched = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #settling: NodeJS.Timeout | undefined;
  #unsettledSince: number | undefined;
  #looking = false;
  #again = false;
  #stopped = false;

  constructor(options: FolderWatchOptions) {
    this.#options = options;
  }

  start(): void {
    this.#timer = setInterval(() => void this.#look(), this.#options.lookEvery).unref();
    void this.#look();
  }

  stop(): void {
    this.#stopped = true;
    clearInterval(this.#timer);
    clearTimeout(this.#settling);
    for (const { watcher } of this.#watched.values()) watcher?.close();
    this.#watched.clear();
  }

  #soon(): void {
    const { settle } = this.#options;
    const now = performance.now();
    this.#unsettledSince ??= now;
    if (this.#stopped || now - this.#unsettledSince > patience * settle) return;
    clearTimeout(this.#settling);
    this.#settling = setTimeout(() => void this.#look(), settle).unref();
  }

  async #look(): Promise<void> {
    clearTimeout(this.#settling);
    this.#unsettledSince = undefined;
    if (this.#looking) {
      this.#again = true;
      return;
    }
    this.#looking = true;
    // Before the look, so that no change falls between the two.
    this.#follow();
    try {
      await this.#options.look();
    } catch (error) {
      this.#options.log.error({ "event.name": "folder.look_failed", error }, "looked for changes in vain");
    }
    this.#looking = false;
    if (this.#stopped) return;
    // What is new was not watched while it was looked at.
    if (this.#follow() || this.#again) this.#soon();
    this.#again = false;
  }

  /** Watches what is to be watched by now, and returns whether something came to it. */
  #follow(): boolean {
    const wanted = new Map(this.#options.folders().map((folder) => [keyOf(folder), folder]));
    for (const [key, { watcher, stale }] of this.#watched) {
      if (wanted.has(key) && !stale) continue;
      watcher?.close();
      this.#watched.delete(key);
      if (!stale) this.#unwatched.delete(key);
    }
    const missing = [...wanted].filter(([key]) => !this.#watched.has(key));
    return missing.filter(([key, folder]) => this.#watch(key, folder)).length > 0;
  }

  #watch(key: string, { path, entry }: WatchedFolder): boolean {
    const onChange = (_kind: string, name: string | null): void => {
      if (entry !== undefined && name !== null && name !== entry) return;
      const watched = this.#watched.get(key);
      if (watched !== undefined) watched.stale = true;
      this.#soon();
    };
    let watcher: FSWatcher | undefined;
    try {
      watcher = watch(path, { persistent: false }, onChange).on("error", (error) =>
        this.#poorer(key, path, error),
      );
      this.#unwatched.delete(key);
    } catch (error) {
      this.#poorer(key, path, error);
    }
    this.#watched.set(key, { watcher, stale: watcher === undefined });
    return watcher !== undefined;
  }

  #poorer(key: string, path: string, error: unknown): void {
    if (this.#unwatched.has(key)) return;
    this.#unwatched.add(key);
    this.#options.log.debug(
      { "event.name": "folder.unwatched", folder: path, error },
      "the folder is only looked at now and then",
    );
  }
}

const keyOf = ({ path, entry = "" }: WatchedFolder): string => `${path}\0${entry}`;
