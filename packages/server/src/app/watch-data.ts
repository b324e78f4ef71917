import { type Disk, type DiskOptions, watchDisk } from "../telemetry/disk.ts";
import type { WatchedDependency } from "../telemetry/health.ts";
import { intakeGate } from "../transport/intake-gate.ts";
import type { Transport } from "../transport/transport.ts";
import type { Config } from "./config.ts";
import { openDiskFiles } from "./disk-files.ts";

/** The watch over the data folder's disk, as the process uses it. */
export interface DataWatch {
  /** For `/healthz`. */
  readonly dependency: WatchedDependency;
  /** The transport, closed to new events while the disk is full. */
  gated(transport: Transport): Transport;
  stop(): void;
}

/** Begins to watch the disk of the data folder; undefined when there is none. It has looked once when it resolves. */
export async function watchData(
  { data, diskBudget, urls }: Pick<Config, "data" | "diskBudget" | "urls">,
  around: Pick<DiskOptions, "clock" | "log" | "metrics">,
): Promise<DataWatch | undefined> {
  if (data === undefined) return undefined;
  const local = Object.values(urls).filter((url) => url.startsWith("sqlite:"));
  const files = openDiskFiles(local.map((url) => url.slice("sqlite:".length)));
  const options = { ...around, folder: data, budget: diskBudget, reusable: () => files.reusable() };
  const disk: Disk = await watchDisk(options);
  return {
    dependency: { need: "disk", health: () => disk.health(), impairs: impaired },
    gated: (transport) => intakeGate(transport, () => disk.refusal()),
    stop: () => {
      disk.stop();
      files.close();
    },
  };
}

const impaired = ["taking events in, once it is full to 95 % (what waits is worked off)"];
