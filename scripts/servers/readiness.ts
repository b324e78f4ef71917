import { connect } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import type { GuardedProcess } from "./guarded-process.ts";

/** Asks again until the server answers. Rejects after `seconds`, or at once when the server has ended. */
export async function untilReady(
  name: string,
  server: GuardedProcess,
  probe: { readonly ask: () => Promise<boolean>; readonly seconds: number },
): Promise<void> {
  const deadline = Date.now() + probe.seconds * 1000;
  while (!(await Promise.race([probe.ask(), server.failure]))) {
    if (Date.now() > deadline) throw new Error(`${name} did not become ready within ${probe.seconds} s`);
    await Promise.race([pause(100), server.failure]);
  }
}

/** Whether a server on a loopback port answers `question` with bytes that `accepts` takes, within 2 s. */
export function answers(
  port: number,
  question: Uint8Array,
  accepts: (answer: Buffer) => boolean,
): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port });
    const settle = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    let received = Buffer.alloc(0);
    socket.setTimeout(2000, () => settle(false));
    socket.once("connect", () => socket.write(question));
    socket.on("data", (chunk) => {
      received = Buffer.concat([received, chunk]);
      if (accepts(received)) settle(true);
    });
    socket.once("error", () => settle(false));
    socket.once("close", () => settle(false));
  });
}
