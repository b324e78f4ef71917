import type { AlertSummary } from "../client/generated/auditflow.ts";

/** Whether alerts arrive by themselves at this moment. */
export type FeedState = "connecting" | "live" | "lost";

/** Told of each alert that is new or changed, and of the state of the connection. */
export interface FeedListener {
  readonly alert?: (alert: AlertSummary) => void;
  /** Told of the id of an alert that changed and does not, or no longer, match the filter of the feed. */
  readonly gone?: (alertId: string) => void;
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
  #filter = "";
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

  /**
   * From now on brings only alerts that pass this filter, which must be sound; an empty one lets all through. It goes
   * on from where it was: what passes the new filter but not the old one and came before must be had otherwise.
   */
  narrow(filter: string): void {
    if (filter === this.#filter) return;
    this.#filter = filter;
    if (this.#source === undefined) return;
    this.#become("connecting");
    this.#open();
  }

  #open(): void {
    clearTimeout(this.#retry);
    this.#source?.close();
    const source = new EventSource(`/api/v1/alerts/stream${this.#query()}`);
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
    source.addEventListener("gone", (event) => {
      remember(event);
      const { alert_id } = JSON.parse(event.data) as Pick<AlertSummary, "alert_id">;
      for (const { gone: tell } of this.#listeners) tell?.(alert_id);
    });
    source.addEventListener("error", () => {
      this.#become("lost");
      if (source.readyState !== EventSource.CLOSED) return;
      clearTimeout(this.#retry);
      this.#retry = setTimeout(() => this.#open(), 2_000);
    });
  }

  #query(): string {
    const query = new URLSearchParams();
    if (this.#position !== undefined) query.set("after", this.#position);
    if (this.#filter !== "") query.set("filter", this.#filter);
    return query.size === 0 ? "" : `?${query}`;
  }

  #become(state: FeedState): void {
    if (this.#state === state) return;
    this.#state = state;
    for (const { state: tell } of this.#listeners) tell?.(state);
  }
}

/** The feed of this page. */
export const alertFeed: AlertFeed = new AlertFeed();
