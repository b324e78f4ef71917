import type { FieldFault } from "@auditflow/contracts";
import { checkReceiver } from "./allowed-address.ts";
import type { SendOutcome, Surroundings } from "./channel.ts";
import { httpOutcome } from "./http-outcome.ts";
import { httpPost } from "./http-post.ts";

/** A JSON text, and where it goes. */
export interface JsonPost {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * Posts once, to a receiver that may be called and to no other. Rejects when the signal is aborted; all else that goes
 * wrong is an outcome.
 */
export async function sendHttp(
  post: JsonPost,
  surroundings: Surroundings,
  signal: AbortSignal,
): Promise<SendOutcome> {
  const receiver = await checkReceiver(post.url, surroundings.allowedReceivers, surroundings.resolve);
  if ("refused" in receiver) return { outcome: "rejected", detail: receiver.refused };
  if ("unresolved" in receiver) return { outcome: "retry", detail: receiver.unresolved };
  // The name may have resolved after the deadline: then nothing may be sent any more.
  signal.throwIfAborted();
  const headers = { ...post.headers, "content-type": "application/json", "user-agent": "AuditFlow" };
  try {
    const answer = await httpPost({ ...receiver, headers, body: post.body, signal });
    return httpOutcome(answer, receiver.url, surroundings.clock.now());
  } catch (error) {
    signal.throwIfAborted();
    return { outcome: "retry", detail: `${receiver.url.host} could not be reached: ${reason(error)}.` };
  }
}

function reason(error: unknown): string {
  const { code, message } = error as { code?: unknown; message?: unknown };
  const text = typeof message === "string" ? message : "";
  // Several addresses failed: the error that sums them up has no words of its own. Network errors name the address.
  if (typeof code === "string") return /^E[A-Z]+$/.test(code) || text === "" ? code : `${text} (${code})`;
  return text;
}

const checkMs = 5000;

/** What is wrong with the URL at `pointer`, for who adds a channel; a name that does not resolve is told too. */
export async function receiverFaults(
  pointer: string,
  url: string,
  surroundings: Surroundings,
): Promise<readonly FieldFault[]> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<{ unresolved: string }>((resolve) => {
    timer = setTimeout(
      () => resolve({ unresolved: "The name did not resolve in time; try again." }),
      checkMs,
    );
  });
  const check = checkReceiver(url, surroundings.allowedReceivers, surroundings.resolve);
  const receiver = await Promise.race([check, late]);
  clearTimeout(timer);
  if ("refused" in receiver) return [{ pointer, detail: receiver.refused }];
  return "unresolved" in receiver ? [{ pointer, detail: receiver.unresolved }] : [];
}
