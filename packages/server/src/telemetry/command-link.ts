import { AuditFlowError, type ControlMessage } from "@auditflow/contracts";

/**
 * Carries commands and their answers between all processes, once at most and to whoever listens now. Safe for any
 * number of callers at once.
 */
export interface CommandLink {
  /**
   * Resolves when the message is on its way to every process. Rejects within about 2 s with an AuditFlowError when other
   * processes cannot be reached, in words that say why; some of them may have it all the same.
   */
  send(message: ControlMessage): Promise<void>;
  /**
   * Has every message handed over, this process's own too, unchecked and perhaps twice: what a newer process sends may
   * be of a kind unknown here. Reconnects by itself. `take` must not throw. Returns what ends it.
   */
  receive(take: (message: unknown) => void): () => Promise<void>;
}

/**
 * A process's one place for commands: whoever listens here gets what comes over the link, and what is sent from here
 * at once, also while the link is down.
 */
export class CommandHub implements CommandLink {
  readonly #link: CommandLink | undefined;
  readonly #takers = new Set<(message: unknown) => void>();
  readonly #leave: (() => Promise<void>) | undefined;

  /** Without a link there is no other process to reach, and `send` says so. */
  constructor(link: CommandLink | undefined) {
    this.#link = link;
    this.#leave = link?.receive((message) => this.#handOn(message));
  }

  async send(message: ControlMessage): Promise<void> {
    this.#handOn(message);
    if (this.#link === undefined)
      throw new AuditFlowError(
        "upstream_unavailable",
        "The address of notification-service is not known here",
      );
    await this.#link.send(message);
  }

  receive(take: (message: unknown) => void): () => Promise<void> {
    this.#takers.add(take);
    return async () => {
      this.#takers.delete(take);
    };
  }

  /** Takes nothing more from the link. */
  async stop(): Promise<void> {
    await this.#leave?.();
  }

  #handOn(message: unknown): void {
    for (const take of [...this.#takers]) take(message);
  }
}
