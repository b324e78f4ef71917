import { setTimeout as sleep } from "node:timers/promises";

/** Waits until the condition holds and answers what it gave; fails with the sentence after `ms` milliseconds. */
export async function until<T>(
  condition: () => T | Promise<T>,
  sentence: string,
  ms = 15_000,
): Promise<NonNullable<T>> {
  const deadline = performance.now() + ms;
  for (;;) {
    const value = await condition();
    if (value !== undefined && value !== null && value !== false) return value;
    if (performance.now() > deadline) throw new Error(`Not within ${ms} ms: ${sentence}`);
    await sleep(10);
  }
}
