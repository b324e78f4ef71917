import { randomUUID } from "node:crypto";
import type { Alert, AlertList, AlertSummary, AuditEvent } from "@auditflow/contracts";
import { describe, expect, test } from "vitest";
import { type Shape, type System, shapes, startSystem } from "./system.ts";

/** One story, told in events and alerts, played in both shapes of the product. */
export function story(
  title: string,
  play: (told: Story) => Promise<void>,
  only: readonly Shape[] = shapes,
): void {
  describe(title, () => {
    test.each(only)("%s", { timeout: 120_000 }, async (shape) => {
      const system = await startSystem(shape);
      try {
        await play(new Story(system));
      } finally {
        await system.clean();
      }
    });
  });
}

/** The day on which every story happens. */
const day = "2026-01-15";

/** What a story can say: who did what at which time, and which alerts there must be. */
export class Story {
  readonly system: System;
  readonly #told: AuditEvent[] = [];
  #sent = 0;

  constructor(system: System) {
    this.system = system;
  }

  /** All events told so far, in the order in which they were told. */
  get events(): readonly AuditEvent[] {
    return this.#told;
  }

  /** Starts a sentence: `at("09:00").login("eve").fails(5)`. */
  at(time: string): Sentence {
    const start = Date.parse(`${day}T${time.length === 5 ? `${time}:00` : time}Z`);
    return new Sentence(start, (events) => this.#told.push(...events));
  }

  /**
   * Sends what was told and not sent yet, in requests of `size`, trying again until each is accepted. `meanwhile` is
   * told before each request which share was sent; what it starts goes on while the sending does.
   */
  async send(size = 500, meanwhile: (share: number) => void = () => undefined): Promise<void> {
    while (this.#sent < this.#told.length) {
      const part = this.#told.slice(this.#sent, this.#sent + size);
      meanwhile(this.#sent / this.#told.length);
      await this.#post(part);
      this.#sent += part.length;
    }
  }

  /** Waits until exactly these alerts are stored, whatever the order. */
  async expectAlerts(wanted: readonly Partial<AlertSummary>[]): Promise<void> {
    await expect
      .poll(() => this.alerts(), { timeout: 60_000, interval: 100 })
      .toSatisfy(
        (alerts: AlertSummary[]) =>
          alerts.length === wanted.length && wanted.every((one) => hasOne(alerts, one)),
      );
  }

  /** Every alert that is not part of another one, page by page. */
  async alerts(): Promise<AlertSummary[]> {
    const found: AlertSummary[] = [];
    let next: string | null = "";
    while (next !== null) {
      const cursor: string = next === "" ? "" : `&cursor=${encodeURIComponent(next)}`;
      const page: AlertList = await this.#get<AlertList>(`/api/v1/alerts?limit=200${cursor}`);
      found.push(...page.alerts);
      next = page.next;
    }
    return found;
  }

  /** One alert whole. */
  alert(id: string): Promise<Alert> {
    return this.#get<Alert>(`/api/v1/alerts/${id}`);
  }

  async #get<T>(path: string): Promise<T> {
    const answer = await fetch(`${this.system.alerts()}${path}`, { signal: AbortSignal.timeout(10_000) });
    return (await answer.json()) as T;
  }

  async #post(events: readonly AuditEvent[]): Promise<void> {
    await expect
      .poll(() => this.#try(events), {
        timeout: 60_000,
        interval: 100,
        message: "the events were never accepted",
      })
      .toBe(202);
  }

  async #try(events: readonly AuditEvent[]): Promise<number> {
    try {
      const answer = await fetch(`${this.system.intake()}/api/v1/events`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(events),
        signal: AbortSignal.timeout(15_000),
      });
      await answer.arrayBuffer();
      return answer.status;
    } catch {
      return 0;
    }
  }
}

function hasOne(alerts: readonly AlertSummary[], wanted: Partial<AlertSummary>): boolean {
  return alerts.some((alert) =>
    Object.entries(wanted).every(
      ([key, value]) => JSON.stringify(alert[key as keyof AlertSummary]) === JSON.stringify(value),
    ),
  );
}

/** One sentence of a story. */
export class Sentence {
  readonly #start: number;
  readonly #tell: (events: AuditEvent[]) => void;
  #who: Partial<AuditEvent> = {};
  #every = 1_000;

  constructor(start: number, tell: (events: AuditEvent[]) => void) {
    this.#start = start;
    this.#tell = tell;
  }

  login(user: string, { from = "203.0.113.7", on = "web-1" }: { from?: string; on?: string } = {}): this {
    this.#who = {
      event_type: "user_login",
      user_id: user,
      client_ip: from,
      server_hostname: on,
      logsource: { category: "authentication" },
    };
    return this;
  }

  /** Milliseconds between the events of this sentence; a second unless told. */
  every(milliseconds: number): this {
    this.#every = milliseconds;
    return this;
  }

  fails(times: number): void {
    this.#tellEach(times, { action_result: "FAILURE", severity: "WARNING" });
  }

  succeeds(times = 1): void {
    this.#tellEach(times, { action_result: "SUCCESS" });
  }

  changesFile(path: string, { by = "mallory", on = "web-1" }: { by?: string; on?: string } = {}): void {
    this.#who = {
      event_type: "file_modified",
      user_id: by,
      server_hostname: on,
      resource: path,
      logsource: { category: "file_event" },
    };
    this.#tellEach(1, { action_result: "MODIFIED", severity: "CRITICAL" });
  }

  #tellEach(times: number, what: Partial<AuditEvent>): void {
    this.#tell(
      Array.from({ length: times }, (_, index) => ({
        event_id: randomUUID(),
        timestamp: new Date(this.#start + index * this.#every).toISOString(),
        source_service: "scenario",
        server_hostname: "web-1",
        event_type: "",
        severity: "INFO",
        user_id: "",
        action_result: "",
        ...this.#who,
        ...what,
      })),
    );
  }
}
