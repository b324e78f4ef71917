/** Runs work about some keys when all earlier work about any of them has ended, however it ended. */
export type InTurn = <T>(keys: readonly string[], work: () => Promise<T>) => Promise<T>;

/**
 * Makes a queue per key. Work about other keys does not wait, and a call takes its place in all its queues at once, so
 * that two calls never wait for each other.
 */
export function turns(): InTurn {
  const last = new Map<string, Promise<unknown>>();
  return async (keys, work) => {
    const before = Promise.allSettled(keys.flatMap((key) => last.get(key) ?? []));
    const mine = before.then(work);
    for (const key of keys) last.set(key, mine);
    try {
      return await mine;
    } finally {
      for (const key of keys) if (last.get(key) === mine) last.delete(key);
    }
  };
}
