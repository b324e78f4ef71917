import type { Notice } from "@auditflow/contracts";
import type { TraceContext } from "../../telemetry/trace-context.ts";
import type { Sender, SendOutcome, Surroundings } from "./channel.ts";
import { oneLine } from "./notice-text.ts";

/** One try. May reject, hang when aborted, and say secrets: what it is wrapped in sees to that. */
export type Attempt = (notice: Notice, signal: AbortSignal, trace?: TraceContext) => Promise<SendOutcome>;

const defaultDeadlineMs = 15_000;
const longestDetail = 500;

/** A shorter secret would blank out ordinary words. */
const shortestSecret = 8;

/**
 * Makes a sender of an attempt and keeps the promises of the port for it: it ends within the deadline, never rejects,
 * and its detail is one short line in which each of `secrets` is blanked out.
 */
export function boundedSender(
  surroundings: Surroundings,
  secrets: readonly string[],
  attempt: Attempt,
): Sender {
  const deadlineMs = surroundings.deadlineMs ?? defaultDeadlineMs;
  return {
    send: async (notice, signal, trace) => {
      const limit = limitTo(deadlineMs, signal);
      try {
        const outcome = await Promise.race([attempt(notice, limit.signal, trace), limit.reached]);
        return { ...outcome, detail: tidy(outcome.detail, secrets) };
      } catch (error) {
        if (limit.signal.aborted) return { outcome: "retry", detail: String(limit.signal.reason) };
        surroundings.log.error(
          { "event.name": "channel.failed", error },
          "a channel failed by our own fault",
        );
        return { outcome: "retry", detail: "AuditFlow failed while it was sending; the log has the error." };
      } finally {
        limit.end();
      }
    },
  };
}

interface Limit {
  readonly signal: AbortSignal;
  /** Rejects when the signal is aborted; never resolves. */
  readonly reached: Promise<never>;
  end(): void;
}

function limitTo(deadlineMs: number, outer: AbortSignal): Limit {
  const controller = new AbortController();
  const { signal } = controller;
  const tooLate = (): void => controller.abort(`The receiver did not answer within ${deadlineMs} ms.`);
  const stopped = (): void => controller.abort("AuditFlow stopped before the receiver answered.");
  const reached = new Promise<never>((_resolve, reject) => {
    signal.addEventListener("abort", () => reject(new Error(String(signal.reason))), { once: true });
  });
  // An attempt that fails before it waits leaves nobody who listens.
  reached.catch(() => undefined);
  const timer = setTimeout(tooLate, deadlineMs);
  outer.addEventListener("abort", stopped, { once: true });
  if (outer.aborted) stopped();
  const end = (): void => {
    clearTimeout(timer);
    outer.removeEventListener("abort", stopped);
  };
  return { signal, reached, end };
}

function tidy(detail: string, secrets: readonly string[]): string {
  const blanked = secrets
    .filter((secret) => secret.length >= shortestSecret)
    // The longest first: a part of it blanked out before would leave the rest readable.
    .toSorted((a, b) => b.length - a.length)
    .reduce((text, secret) => text.replaceAll(secret, "…"), detail);
  return oneLine(blanked, longestDetail);
}

/** Every part of a URL that may be a token: the whole, the path, its segments and the values of the query. */
export function urlSecrets(text: string): readonly string[] {
  const url = URL.parse(text);
  if (url === null) return [text];
  const { pathname, search, searchParams } = url;
  return [
    text,
    url.href,
    pathname + search,
    pathname,
    ...pathname.split("/"),
    search,
    ...searchParams.values(),
  ];
}
