/** What a probe asks, and whom it tells. */
export interface ProbeOptions {
  /** One round trip to the server; rejects when it cannot be made. */
  readonly ask: () => Promise<unknown>;
  /** Changes with whatever the server sends, such as bytes read: it lives then, although its answer is late. */
  readonly heard?: () => number;
  /** The server answered after so many milliseconds. */
  readonly onAnswer: (latencyMs: number) => void;
  /** The question failed, or nothing came back for 2 s. Told again for each question. */
  readonly onFailure: (error: unknown) => void;
}

/** Milliseconds from an answer, or from a failure, to the next question. */
export const probeEveryMs = 1500;

const tickMs = 500;

/** Silent for so many ticks is down: with the pause before the question a black hole is seen within 3.5 s. */
const silentTicks = 4;

/** A server that sends and never answers is down after so many ticks. */
const lateTicks = 20;

const silence = new Error(`no answer within ${silentTicks * tickMs} ms`);
const lateness = new Error(`no answer within ${lateTicks * tickMs} ms, although it sends`);

/**
 * Asks at once and then again 1.5 s after each answer, one question at a time, so that a server that went away is
 * noticed while nobody else speaks with it. Returns what ends it; nobody is told anything after that. A process with
 * nothing but this to do may end.
 */
export function startProbe(options: ProbeOptions): () => void {
  const ended = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const ask = async (): Promise<void> => {
    await question(options, ended.signal);
    if (!ended.signal.aborted) timer = setTimeout(() => void ask(), probeEveryMs).unref();
  };
  void ask();
  return () => {
    ended.abort();
    clearTimeout(timer);
  };
}

async function question(
  { ask, heard, onAnswer, onFailure }: ProbeOptions,
  ended: AbortSignal,
): Promise<void> {
  const began = performance.now();
  const waiting = waitForSign(heard ?? (() => 0), ended);
  try {
    // The answer of a question that was given up is nobody's any more.
    await Promise.race([ask(), waiting.silent]);
    if (!ended.aborted) onAnswer(Math.round((performance.now() - began) * 1000) / 1000);
  } catch (error) {
    if (!ended.aborted) onFailure(error);
  } finally {
    waiting.stop();
  }
}

/** Rejects when nothing was heard for too long; counts ticks, for a process that stood still has not listened. */
function waitForSign(
  heard: () => number,
  ended: AbortSignal,
): { readonly silent: Promise<never>; stop(): void } {
  const { promise, reject } = Promise.withResolvers<never>();
  promise.catch(() => undefined);
  let ticks = 0;
  let quiet = 0;
  let last = heard();
  const listen = (): void => {
    ticks += 1;
    const now = heard();
    quiet = now === last ? quiet + 1 : 0;
    last = now;
    if (quiet >= silentTicks) reject(silence);
    else if (ticks >= lateTicks) reject(lateness);
  };
  // What waits in the socket is read between a timer and the next immediate, and counts as heard.
  const timer = setInterval(() => setImmediate(listen), tickMs).unref();
  const stop = (): void => clearInterval(timer);
  ended.addEventListener("abort", stop, { once: true });
  return {
    silent: promise,
    stop: () => {
      stop();
      ended.removeEventListener("abort", stop);
    },
  };
}
