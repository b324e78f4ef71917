import type { AlertSummary } from "../client/generated/auditflow.ts";

/** Whether alerts arrive by themselves at this moment. */
export type FeedState = "connecting" | "live" | "lost";

/** Told of each alert that is new or changed, and of the state of the connection. */
export interface FeedListener {
  readonly alert?: (alert: AlertSummary) => void;
  readonly state?: (state: FeedState) => void;
}

/**
 * The one live connection of the page, shared by all its parts. The browser reconnects by itself and names the last
 * event it has, so that nothing is missed and nothing comes twice; where it gives up, this opens the stream anew from
 * there.
 */
export class AlertFeed {
  #source: EventSource | undefined;
  #position: string | undefined;
  #state: FeedState = "connecting";
  #retry: ReturnType<typeof setTimeout> | undefined;
  readonly #listeners = new Set<FeedListener>();

  get state(): FeedState {
    return this.#state;
  }

  /** Listens until the returned function is called; `position` is where the stream starts if nobody listens yet. */
  listen(listener: FeedListener, position?: string): () => void {
    this.#listeners.add(listener);
    if (this.#source === undefined) {
      this.#position ??= position;
      this.#open();
    }
    return () => {
      this.#listeners.delete(listener);
    };
  }

  #open(): void {
    const after = this.#position === undefined ? "" : `?after=${encodeURIComponent(this.#position)}`;
    const source = new EventSource(`/api/v1/alerts/stream${after}`);
    this.#source = source;
    const remember = (event: MessageEvent<string>): void => {
      if (event.lastEventId !== "") this.#position = event.lastEventId;
    };
    source.addEventListener("ready", (event) => {
      remember(event);
      this.#become("live");
    });
    source.addEventListener("alert", (event) => {
      remember(event);
      const alert = JSON.parse(event.data) as AlertSummary;
      for (const { alert: tell } of this.#listeners) tell?.(alert);
    });
    source.addEventListener("error", () => {
      this.#become("lost");
      if (source.readyState !== EventSource.CLOSED) return;
      clearTimeout(this.#retry);
      this.#retry = setTimeout(() => this.#open(), 2_000);
    });
  }

  #become(state: FeedState): void {
    if (this.#state === state) return;
    this.#state = state;
    for (const { state: tell } of this.#listeners) tell?.(state);
  }
}

/** The feed of this page. */
export const alertFeed: AlertFeed = new AlertFeed();
