import { AuditFlowError, type ControlMessage, type Problem, type ServiceReport } from "@auditflow/contracts";
import { createParser } from "eventsource-parser";
import { Backoff } from "../transport/backoff.ts";
import { pause } from "../transport/deadline.ts";
import type { CommandLink } from "./command-link.ts";
import type { Logger } from "./log.ts";

/** How a process without a transport reaches notification-service, which passes on what it sends. */
export interface HttpCommandLinkOptions {
  /** Where notification-service is, such as `http://notification-service:8000`. */
  readonly url: string;
  /** Its token; undefined: it lets callers without one give commands. */
  readonly token: string | undefined;
  readonly log: Logger;
  /** The server sends at least a comment every 15 s; a feed without anything for so long is given up. 45,000 by default. */
  readonly silenceMs?: number;
}

const deadlineMs = 2_000;
const connectDeadlineMs = 5_000;
const mostCharacters = 1024 * 1024;

/**
 * Commands over HTTP: what all processes say comes by a feed of notification-service, what is said here is posted to it.
 * Logs one line when the feed is lost and one when it is back.
 */
export class HttpCommandLink implements CommandLink {
  readonly #options: HttpCommandLinkOptions;

  constructor(options: HttpCommandLinkOptions) {
    this.#options = options;
  }

  send(message: ControlMessage): Promise<void> {
    return this.#post("/api/v1/services/commands", message);
  }

  /** Resolves when notification-service's transport owns the report; rejects when that is not known. */
  report(report: ServiceReport): Promise<void> {
    return this.#post("/api/v1/services/reports", report);
  }

  receive(take: (message: unknown) => void): () => Promise<void> {
    const stopping = new AbortController();
    const following = this.#follow(take, stopping.signal);
    return async () => {
      stopping.abort();
      await following;
    };
  }

  async #post(path: string, body: object): Promise<void> {
    const response = await this.#fetch(path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(deadlineMs),
    });
    if (!response.ok) throw unavailable(await refusalIn(response));
    await response.body?.cancel();
  }

  async #follow(take: (message: unknown) => void, signal: AbortSignal): Promise<void> {
    const backoff = new Backoff({ initialMs: 200, maxMs: 10_000 });
    const state = new FeedState(this.#options.log);
    while (!signal.aborted) {
      try {
        await this.#read(take, signal, () => {
          backoff.reset();
          state.up();
        });
        throw unavailable("it ended the feed");
      } catch (error) {
        if (signal.aborted) return;
        state.down(error);
        await pause(backoff.next(), signal);
      }
    }
  }

  async #read(take: (message: unknown) => void, stop: AbortSignal, opened: () => void): Promise<void> {
    const silent = new AbortController();
    const timer = setTimeout(() => silent.abort(new Error("it has been silent")), connectDeadlineMs);
    try {
      const response = await this.#fetch("/api/v1/services/commands/stream", {
        headers: { accept: "text/event-stream" },
        signal: AbortSignal.any([stop, silent.signal]),
      });
      if (!response.ok || response.body === null) throw unavailable(await refusalIn(response));
      opened();
      const { silenceMs = 45_000 } = this.#options;
      clearTimeout(timer);
      await readFeed(response.body, { take, silent, silenceMs });
    } finally {
      clearTimeout(timer);
    }
  }

  async #fetch(path: string, { headers, ...request }: RequestInit): Promise<Response> {
    const { url, token } = this.#options;
    const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
    try {
      return await fetch(new URL(path, url), {
        ...request,
        redirect: "manual",
        headers: { ...(headers as Record<string, string>), ...authorization },
      });
    } catch (error) {
      throw unavailable(reasonOf(error), error);
    }
  }
}

interface FeedReading {
  readonly take: (message: unknown) => void;
  readonly silent: AbortController;
  readonly silenceMs: number;
}

async function readFeed(
  body: ReadableStream<Uint8Array>,
  { take, silent, silenceMs }: FeedReading,
): Promise<void> {
  const timer = setTimeout(() => silent.abort(new Error("it has been silent")), silenceMs);
  const decoder = new TextDecoder();
  const parser = createParser({
    maxBufferSize: mostCharacters,
    onEvent: ({ event, data }) => {
      if (event === "command") take(JSON.parse(data));
    },
    onError: (error) => {
      throw error;
    },
  });
  try {
    for await (const chunk of body) {
      timer.refresh();
      parser.feed(decoder.decode(chunk, { stream: true }));
    }
  } finally {
    clearTimeout(timer);
  }
}

/** Tells each change once. */
class FeedState {
  readonly #log: Logger;
  #isUp: boolean | undefined;

  constructor(log: Logger) {
    this.#log = log;
  }

  up(): void {
    const words = "the feed of commands is up";
    if (this.#isUp !== true) this.#log.info({ "event.name": "commands.feed_up" }, words);
    this.#isUp = true;
  }

  down(error: unknown): void {
    const fields = { "event.name": "commands.feed_lost", last_error: (error as Error).message };
    if (this.#isUp !== false) this.#log.warn(fields, "the feed of commands is lost; it is tried again");
    this.#isUp = false;
  }
}

async function refusalIn(response: Response): Promise<string> {
  const problem = (await response.json().catch(() => undefined)) as Partial<Problem> | undefined;
  if (response.status === 401 || response.status === 403)
    return `it refuses this process (${response.status}): set AUDITFLOW_API_TOKEN here to its token`;
  return `it answers ${response.status}: ${problem?.detail ?? "no answer of AuditFlow"}`;
}

function reasonOf(error: unknown): string {
  const { name, message, cause } = error as Error;
  if (name === "TimeoutError") return "it did not answer in time";
  return cause instanceof Error ? ((cause as NodeJS.ErrnoException).code ?? cause.message) : message;
}

function unavailable(why: string, cause?: unknown): AuditFlowError {
  return new AuditFlowError("upstream_unavailable", `notification-service cannot be reached: ${why}`, {
    cause,
  });
}
