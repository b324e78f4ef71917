import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";

/** Whether a process runs or is held; one that ended and was not waited for does not. */
export function isAlive(pid: number): boolean {
  const state = stateOf(pid)?.[0];
  return state !== undefined && state !== "Z" && state !== "X";
}

/**
 * Sends a signal to a process and to everything that it, or what it started, has started. After SIGKILL resolves when all
 * of them are gone; rejects after 10 s.
 */
export async function signalTree(pid: number, signal: NodeJS.Signals): Promise<void> {
  // The root first: it would see its children end and start others.
  const tree = [pid, ...descendants(pid)];
  for (const one of tree) send(one, signal);
  if (signal !== "SIGKILL") return;
  const deadline = performance.now() + 10_000;
  while (tree.some(isAlive)) {
    if (performance.now() > deadline) throw new Error(`process ${pid} outlived SIGKILL`);
    await pause(10);
  }
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

function descendants(root: number): number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync("/proc")) {
    const pid = Number(name);
    const parent = Number.isInteger(pid) ? Number(stateOf(pid)?.[1]) : Number.NaN;
    if (parent > 0) children.set(parent, [...(children.get(parent) ?? []), pid]);
  }
  const below = (pid: number): number[] => (children.get(pid) ?? []).flatMap((one) => [one, ...below(one)]);
  return below(root);
}

/** State and parent of a process; undefined when there is none. */
function stateOf(pid: number): string[] | undefined {
  try {
    // The name stands in brackets and may hold anything, brackets too.
    return readFileSync(`/proc/${pid}/stat`, "utf8")
      .replace(/^.*\) /s, "")
      .split(" ");
  } catch {
    return undefined;
  }
}
