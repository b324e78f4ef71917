import { ProblemError } from "./call.ts";

/** What went wrong and what to do about it, in sentences for people. */
export function problemWords(error: unknown): string {
  if (!(error instanceof Error)) return "Something unexpected happened.";
  const what = sentence(error.message);
  if (!(error instanceof ProblemError)) return `${what} Nothing is known to have changed; try again.`;
  if (error.status === 412)
    return "Somebody else changed it meanwhile, so nothing was done. What you see is up to date now: look, and decide again.";
  return error.fix === undefined ? what : `${what} ${sentence(error.fix)}`;
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
