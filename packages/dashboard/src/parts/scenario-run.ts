import { useEffect, useState } from "react";
import { postGeneratorScenariosName, type ScenarioRun } from "../client/generated/auditflow.ts";
import { alertFeed } from "../live/alert-feed.ts";
import { type Arrival, withArrival } from "./scenario-watch.ts";

/** One run of a scenario as the page sees it, from the click on. */
export interface Run {
  /** When it was asked for: epoch milliseconds, and on the clock of the arrivals. */
  readonly clickedAt: number;
  readonly startedAt: number;
  /** What the generator answered; undefined while it has not. */
  readonly answer?: ScenarioRun;
  readonly error?: Error;
  readonly arrivals: readonly Arrival[];
}

/** Plays a scenario, and listens for its alerts from before it is asked for: they may come sooner than the answer. */
export function useScenarioRun(name: string): { readonly run: Run | undefined; readonly play: () => void } {
  const [run, setRun] = useState<Run>();
  const startedAt = run?.startedAt;
  useEffect(() => {
    if (startedAt === undefined) return;
    return alertFeed.listen({
      alert: (alert) => {
        const arrival = { alert, at: performance.now() };
        setRun((now) => now && { ...now, arrivals: withArrival(now.arrivals, arrival) });
      },
    });
  }, [startedAt]);

  const play = (): void => {
    const begun: Run = { clickedAt: Date.now(), startedAt: performance.now(), arrivals: [] };
    setRun(begun);
    // An answer to an earlier run is of no interest any more.
    const tell = (news: Partial<Run>): void =>
      setRun((now) => (now?.startedAt === begun.startedAt ? { ...now, ...news } : now));
    postGeneratorScenariosName(name).then(
      (answer) => tell({ answer }),
      (error: Error) => tell({ error }),
    );
  };
  return { run, play };
}
