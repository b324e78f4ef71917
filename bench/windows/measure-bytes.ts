import { Redis } from "ioredis";
import { seededRandom } from "../../packages/server/src/generate/random.ts";
import type { GroupStep } from "../../packages/server/src/windows/windows.ts";
import { keyOf, memberOf, span, stepOf } from "./addition-stream.ts";
import { madeTexts } from "./made-texts.ts";
import { openStore } from "./open-store.ts";
import type { WindowRow } from "./window-rows.ts";

/** What a process that measures bytes is told. */
export interface BytesOrder extends Pick<WindowRow, "store" | "kind" | "groups"> {
  readonly members: number;
  /** Of an empty Redis, where it is about Redis. */
  readonly url: string;
}

/** Bytes that one of so many groups with so many members takes, keys and all that the store keeps beside them included. */
export async function bytesPerGroup({ store, kind, groups, members, url }: BytesOrder): Promise<number> {
  const { windows, close } = await openStore(store, url);
  const used = (): number | Promise<number> => (store === "redis" ? redisBytes(url) : heapBytes());
  const { next } = seededRandom(4);
  const texts = madeTexts();
  const stepOn = (group: number): GroupStep => {
    const list = Array.from({ length: members }, (_, n) =>
      memberOf({ at: n * Math.floor(span / members), id: texts.uuid(next), value: n, kind }),
    );
    return stepOf(texts.copy(keyOf(group)), list, { kind });
  };
  // The first call brings scripts and tables that are there once.
  await windows.step([stepOn(groups)]);
  const before = await used();
  for (let group = 0; group < groups; group += 100) {
    await windows.step(Array.from({ length: 100 }, (_, n) => stepOn(group + n)));
  }
  const bytes = ((await used()) - before) / groups;
  await close();
  return bytes;
}

function heapBytes(): number {
  const { gc } = globalThis as { readonly gc?: () => void };
  if (gc === undefined) throw new Error("start it with --expose-gc");
  gc();
  gc();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

async function redisBytes(url: string): Promise<number> {
  const redis = new Redis(url);
  try {
    return Number(/^used_memory:(\d+)/m.exec(await redis.info("memory"))?.[1]);
  } finally {
    redis.disconnect();
  }
}

if (import.meta.main) {
  process.stdout.write(JSON.stringify(await bytesPerGroup(JSON.parse(process.argv[2]!) as BytesOrder)));
}
