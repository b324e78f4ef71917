import type { SendOutcome } from "./channel.ts";
import type { HttpAnswer } from "./http-post.ts";
import { oneLine } from "./notice-text.ts";

const longestWaitMs = 24 * 60 * 60 * 1000;
const shownCharacters = 200;

/** Statuses below 500 that say that the same call may work later. */
const passing: readonly number[] = [408, 425, 429];

/** What an answer means for the notice; `now` in epoch milliseconds is what a date in `Retry-After` is measured from. */
export function httpOutcome(answer: HttpAnswer, url: URL, now: number): SendOutcome {
  const { status } = answer;
  const host = url.host;
  if (status >= 200 && status < 300) {
    return { outcome: "delivered", status, detail: `${host} answered ${status}.` };
  }
  if (status >= 300 && status < 400) return redirected(answer, url);
  const detail = `${host} answered ${status}${quoted(answer.text)}`;
  if (status === 410) return { outcome: "gone", status, detail };
  if (status < 500 && !passing.includes(status)) return { outcome: "rejected", status, detail };
  const wait = retryAfterMs(answer.headers["retry-after"], now);
  return { outcome: "retry", status, detail, ...(wait === undefined ? {} : { retryAfterMs: wait }) };
}

function redirected({ status, headers }: HttpAnswer, url: URL): SendOutcome {
  const target = headers.location === undefined ? null : URL.parse(headers.location, url.href);
  // The host alone: the rest of the address may hold a token.
  const where = target === null || target.host === "" ? "without saying where" : `to ${target.host}`;
  const detail = `${url.host} answered ${status}, a redirect ${where}; redirects are never followed.`;
  return { outcome: "rejected", status, detail };
}

function quoted(text: string): string {
  const line = oneLine(text, shownCharacters);
  return line === "" ? "." : `: ${line}`;
}

/**
 * Milliseconds that a `Retry-After` asks for, in seconds or as one of the three forms of an HTTP date: at most 24
 * hours, 0 for a date that is past, undefined when there is none that can be read.
 */
function retryAfterMs(value: string | undefined, now: number): number | undefined {
  const text = value?.trim() ?? "";
  if (/^\d+$/.test(text)) return Math.min(Number(text) * 1000, longestWaitMs);
  if (!/^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)/.test(text)) return undefined;
  // The form of asctime names no zone, and means UTC as the others do.
  const at = Date.parse(text.endsWith("GMT") ? text : `${text} GMT`);
  return Number.isNaN(at) ? undefined : Math.min(Math.max(at - now, 0), longestWaitMs);
}
