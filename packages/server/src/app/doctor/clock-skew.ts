import { type Found, fail, ok, warn } from "./finding.ts";

/** One reading of another machine's clock, in epoch milliseconds. */
export interface ClockReading {
  /** Whose clock it is. */
  readonly of: string;
  readonly theirs: number;
  /** Ours before the question and after the answer. */
  readonly asked: number;
  readonly answered: number;
  /** How finely theirs is told: 1,000 for the Date of an HTTP answer. */
  readonly grain?: number;
}

const warnAfterMs = 2_000;
const failAfterMs = 60_000;

/** How far the clocks are apart at least, whatever the way there and back took. */
export function clockSkew({ of, theirs, asked, answered, grain = 1 }: ClockReading): Found {
  const ahead = theirs - answered;
  const behind = asked - (theirs + grain);
  const apart = Math.max(0, ahead, behind);
  const words = `the clock of ${of} is ${inWords(apart)} ${ahead > 0 ? "ahead of" : "behind"} ours`;
  const fix =
    "Run a time service on both machines: `timedatectl set-ntp true`, and see `timedatectl timesync-status`.";
  if (apart >= failAfterMs) return fail(words, fix);
  if (apart >= warnAfterMs) return warn(words, fix);
  return ok(`the clock of ${of} agrees with ours`);
}

function inWords(ms: number): string {
  return ms < 120_000 ? `${(ms / 1000).toFixed(1)} s` : `${Math.round(ms / 60_000)} min`;
}
