let answer: (signal: NodeJS.Signals) => void = () => process.exit(0);

/**
 * Takes SIGTERM and SIGINT from now on: they end the process with code 0, until `onStopSignals` says otherwise. The
 * first process of a container has no default for signals: one that comes while it still loads would be dropped, and
 * the orchestrator would wait and kill.
 */
export function takeStopSignals(): void {
  // One listener for good: a signal that came but was not told yet would be lost with a listener taken away.
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => answer(signal));
}

/** Each SIGTERM and SIGINT is told to this function from now on. */
export function onStopSignals(tell: (signal: NodeJS.Signals) => void): void {
  answer = tell;
}
