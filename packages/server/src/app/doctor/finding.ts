/** One thing that was looked at, on the machine of a service. */
export interface Finding {
  /** What it belongs to, such as `broker` or `disk`. */
  readonly area: string;
  /** `warn`: it works, and will hurt some day; `fail`: the service does not do its work like this. */
  readonly status: "ok" | "warn" | "fail";
  readonly what: string;
  /** What to do about it, in one sentence; of everything that is not `ok`. */
  readonly fix?: string;
}

/** A finding without its area, which the check adds. */
export type Found = Omit<Finding, "area">;

/** Looks at one area and answers all it found. What it rejects with is a finding of its own. */
export interface Check {
  readonly area: string;
  readonly run: () => Promise<readonly Found[]>;
  /** What to do when it rejects or does not end. */
  readonly fix: string;
}

/** How long one check may take, in milliseconds; what it speaks with has shorter deadlines. */
const deadlineMs = 12_000;

/** Runs the checks side by side; answers within 12 s, in the order of the checks, whatever they meet. Never rejects. */
export async function runChecks(checks: readonly Check[]): Promise<Finding[]> {
  const found = await Promise.all(checks.map(outcome));
  return found.flat();
}

async function outcome({ area, run, fix }: Check): Promise<Finding[]> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(new Error(`no answer within ${deadlineMs / 1000} s`)),
    deadlineMs,
  );
  try {
    const found = await Promise.race([run(), late.promise]);
    return found.map((one) => ({ area, ...one }));
  } catch (error) {
    const what = error instanceof Error ? error.message : String(error);
    return [{ area, status: "fail", what, fix }];
  } finally {
    clearTimeout(timer);
  }
}

/** Something that is as it should be. */
export function ok(what: string): Found {
  return { status: "ok", what };
}

/** Something that works today. */
export function warn(what: string, fix: string): Found {
  return { status: "warn", what, fix };
}

/** Something that does not work. */
export function fail(what: string, fix: string): Found {
  return { status: "fail", what, fix };
}
