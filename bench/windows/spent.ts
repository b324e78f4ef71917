import { processorSeconds } from "../processor-time.ts";

/** What some work took, in seconds: by the wall clock, of this process with all its threads, and of the server. */
export interface Spent {
  readonly wall: number;
  readonly own: number;
  readonly server: number;
}

/** Does the work and tells what it took; `serverPid` 0: there is no server. */
export async function spentOn(serverPid: number, work: () => Promise<void>): Promise<Spent> {
  const server = serverSeconds(serverPid);
  const cpu = process.cpuUsage();
  const started = performance.now();
  await work();
  const wall = (performance.now() - started) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  return { wall, own: (user + system) / 1e6, server: serverSeconds(serverPid) - server };
}

function serverSeconds(pid: number): number {
  return pid === 0 ? 0 : processorSeconds([pid]);
}

/** All of it together. */
export function sumOf(parts: readonly Spent[]): Spent {
  return parts.reduce(
    (sum, part) => ({
      wall: sum.wall + part.wall,
      own: sum.own + part.own,
      server: sum.server + part.server,
    }),
    { wall: 0, own: 0, server: 0 },
  );
}
