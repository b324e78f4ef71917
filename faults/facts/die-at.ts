import type { Bench } from "../case.ts";

/**
 * Starts a part, which does not run, so that it kills itself at a failpoint while events flow. Resolves to its process id
 * when it is gone; throws when it ended in another way, or not within 60 s.
 */
export async function dieAt({ system, until, say }: Bench, part: string, failpoint: string): Promise<number> {
  say(`${part} is to die at ${failpoint}`);
  await system.start(part, { AUDITFLOW_FAILPOINT: failpoint });
  const process = system.process(part);
  await until(() => process.hasExited(), `${part} dies at ${failpoint}`, 60_000);
  const [place = ""] = failpoint.split(":");
  if (!process.stderr().includes(`failpoint ${place} kill`))
    throw new Error(`${part} ended, but not at ${failpoint}: ${process.stderr()}`);
  return process.pid;
}
