import type { Windows } from "../src/windows/windows.ts";

/** Where a replica dies of a batch. */
export const deaths = ["after step", "before commit", "after commit"] as const;
/** One of those places. */
export type Death = (typeof deaths)[number];

/** What a replica that dies rejects with. */
export class Died extends Error {}

/** The store with some of its methods replaced. */
export function altered(windows: Windows, methods: Partial<Windows>): Windows {
  return {
    step: (steps) => windows.step(steps),
    commit: (commits) => windows.commit(commits),
    due: (now, lease, limit) => windows.due(now, lease, limit),
    health: () => windows.health(),
    stop: () => windows.stop(),
    ...methods,
  };
}

/** The store as a replica sees it that dies at its first call there. */
export function dying(windows: Windows, death: Death): Windows {
  return altered(windows, {
    step: async (steps) => {
      const views = await windows.step(steps);
      if (death === "after step") throw new Died(death);
      return views;
    },
    commit: async (commits) => {
      if (death === "before commit") throw new Died(death);
      await windows.commit(commits);
      throw new Died(death);
    },
  });
}

/** The store, which lets others go first now and then. */
export function interleaved(windows: Windows): Windows {
  let calls = 0;
  const others = async (): Promise<void> => {
    calls += 1;
    for (let turn = 0; turn < (calls * 7) % 11; turn += 1) await Promise.resolve();
  };
  return altered(windows, {
    step: (steps) => others().then(() => windows.step(steps)),
    commit: (commits) => others().then(() => windows.commit(commits)),
  });
}
