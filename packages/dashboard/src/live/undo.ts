import type { Operation } from "@auditflow/contracts";
import { useSyncExternalStore } from "react";
import { decide } from "../client/decide.ts";
import { problemWords } from "../client/problem-words.ts";

/** What the page says of something that was done, failed, or was taken back. */
export interface Notice {
  /** Another one for each notice, so that each is announced and has its own time. */
  readonly key: number;
  readonly kind: "done" | "failed";
  readonly words: string;
  /** What takes it back; undefined: nothing does. */
  readonly operationId?: string;
}

let current: Notice | undefined;
let last: string | undefined;
let keys = 0;
const watchers = new Set<() => void>();
const deciders = new Set<() => void>();

/** The notice that the page shows now; undefined: none. */
export function useNotice(): Notice | undefined {
  return useSyncExternalStore(
    (changed) => {
      watchers.add(changed);
      return () => watchers.delete(changed);
    },
    () => current,
  );
}

/** Says that something was done or failed. */
export function tell(words: string, kind: Notice["kind"]): void {
  show({ words, kind });
}

/** Says what was done, with a way to take it back. */
export function offerUndo({ operationId, words }: { operationId: string; words: string }): void {
  last = operationId;
  show({ words, operationId, kind: "done" });
  decisionMade();
}

/** Takes the notice away; what it offered to undo stays undoable by `undoLast`. */
export function dismiss(): void {
  current = undefined;
  for (const changed of watchers) changed();
}

/** Takes back what was done last on this page, or says that there is nothing. */
export async function undoLast(): Promise<void> {
  if (last === undefined) tell("There is nothing to undo: what you do here next can be undone", "done");
  else await undoOperation(last);
}

/** Takes an operation back, and says what came of it. */
export async function undoOperation(operationId: string): Promise<void> {
  try {
    const url = `/api/v1/operations/${operationId}/undo`;
    const { body } = await decide<Operation>(url, {});
    if (last === operationId) last = undefined;
    tell(undoneWords(body), "done");
    decisionMade();
  } catch (error) {
    tell(`Not undone. ${problemWords(error)}`, "failed");
  }
}

/** Calls back after each decision that was made on this page, until the returned function is called. */
export function onDecision(listener: () => void): () => void {
  deciders.add(listener);
  return () => {
    deciders.delete(listener);
  };
}

function decisionMade(): void {
  for (const listener of deciders) listener();
}

function show(notice: Omit<Notice, "key">): void {
  keys += 1;
  current = { ...notice, key: keys };
  for (const changed of watchers) changed();
}

/** What an undo did, in words; alerts that were changed since are left as they are. */
export function undoneWords({ matched, changed }: Pick<Operation, "matched" | "changed">): string {
  const left = matched - changed;
  const alerts = changed === 1 ? "1 alert is" : `${changed.toLocaleString("en-GB")} alerts are`;
  const kept = left === 1 ? "1 was" : `${left.toLocaleString("en-GB")} were`;
  if (changed === 0) return "Nothing to undo: every alert was changed again since";
  return `Undone: ${alerts} as before${left === 0 ? "" : `; ${kept} changed again since and left alone`}`;
}
