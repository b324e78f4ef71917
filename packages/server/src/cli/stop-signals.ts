import { isatty } from "node:tty";

let answer: (signal: NodeJS.Signals) => void = () => process.exit(0);
let reload: () => void = () => {};

/**
 * Takes SIGTERM and SIGINT from now on: they end the process with code 0, until `onStopSignals` says otherwise. The
 * first process of a container has no default for signals: one that comes while it still loads would be dropped, and
 * the orchestrator would wait and kill. SIGHUP ends it only when the terminal that it was started at is gone; else it does
 * nothing, until `onReloadSignal` says otherwise.
 */
export function takeStopSignals(): void {
  // One listener for good: a signal that came but was not told yet would be lost with a listener taken away.
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => answer(signal));
  const hadTerminal = hasTerminal();
  process.on("SIGHUP", () => {
    if (hadTerminal && !hasTerminal()) answer("SIGHUP");
    else reload();
  });
}

function hasTerminal(): boolean {
  return [0, 1, 2].some((stream) => isatty(stream));
}

/** Each SIGTERM and SIGINT, and the end of the terminal, is told to this function from now on. */
export function onStopSignals(tell: (signal: NodeJS.Signals) => void): void {
  answer = tell;
}

/** Each SIGHUP that is no end of a terminal is told to this function from now on. */
export function onReloadSignal(tell: () => void): void {
  reload = tell;
}
