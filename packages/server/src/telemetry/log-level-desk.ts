import {
  type LogLevelAnswer,
  LogLevelAnswer as LogLevelAnswerSchema,
  type LogLevelChange,
  type LogLevelCommand,
  LogLevelCommand as LogLevelCommandSchema,
  type LogLevels,
  type ProcessLogLevel,
  type Service,
} from "@auditflow/contracts";
import { Ajv } from "ajv";
import type { CommandLink } from "./command-link.ts";
import { type Answers, Inquiry, type KnownProcess, type Waits } from "./inquiry.ts";
import type { Logger } from "./log.ts";
import { isAboutRules } from "./rule-desk.ts";

/** Whose level a command means: one service or all. */
export type LogLevelTarget = Service | "all";

/** What a desk is made with. */
export interface LogLevelDeskOptions {
  /** The levels of this process. `set` throws an AuditFlowError for a change that it does not take. */
  readonly levels: {
    set(change: LogLevelChange): void;
    state(): Pick<ProcessLogLevel, "level" | "modules" | "reverts_at">;
  };
  /** Names this process among all, as its log and its reports do. */
  readonly instance: string;
  /** What runs in it. */
  readonly services: readonly Service[];
  /** Every service there can be. */
  readonly everyService: readonly Service[];
  readonly link: CommandLink;
  /** The processes that lately reported themselves; left out, or rejecting: nobody here knows. */
  readonly known?: (() => Promise<readonly KnownProcess[]>) | undefined;
  readonly newId: () => string;
  readonly log: Logger;
  readonly waits?: Waits;
}

const ajv = new Ajv();
const isCommand = ajv.compile<LogLevelCommand>(LogLevelCommandSchema);
const isAnswer = ajv.compile<LogLevelAnswer>(LogLevelAnswerSchema);

/** Commands of which it is still known that they were obeyed. */
const mostObeyed = 1_000;

/**
 * Where a process obeys commands about log levels, and where it gives them: to itself at once, to all others over the
 * link.
 */
export class LogLevelDesk {
  readonly #options: LogLevelDeskOptions;
  readonly #inquiries = new Map<string, Inquiry<ProcessLogLevel>>();
  readonly #obeyed = new Set<string>();
  readonly #leave: () => Promise<void>;

  constructor(options: LogLevelDeskOptions) {
    this.#options = options;
    this.#leave = options.link.receive((message) => this.#take(message));
  }

  /**
   * Asks every process of the service for its level, after having it change it. Resolves within about 2 s, sooner when
   * every known process has answered, to what each one said and to who should have and did not.
   * @throws AuditFlowError invalid_request for a change that cannot be made; then nothing is changed anywhere.
   */
  async ask(service: LogLevelTarget, change?: LogLevelChange): Promise<LogLevels> {
    const { link, known, newId, everyService, waits } = this.#options;
    const own = this.#isMeant(service) ? [this.#obey(change)] : [];
    const command: LogLevelCommand = {
      ...{ kind: "log_level", command_id: newId(), service },
      ...(change === undefined ? {} : { change }),
    };
    this.#remember(command.command_id);
    const wanted = service === "all" ? everyService : [service];
    const inquiry = new Inquiry(own, { wanted, isAll: service === "all" });
    this.#inquiries.set(command.command_id, inquiry);
    try {
      return inOrder(
        await inquiry.settle({ sent: link.send(command), known: known?.(), waits }),
        everyService,
      );
    } finally {
      this.#inquiries.delete(command.command_id);
    }
  }

  /** Obeys nothing more. */
  async stop(): Promise<void> {
    await this.#leave();
  }

  #take(message: unknown): void {
    if (isCommand(message)) this.#answer(message);
    else if (isAnswer(message)) this.#inquiries.get(message.command_id)?.take(message.process);
    else if (!isAboutRules(message)) {
      const { kind } = (message ?? {}) as { kind?: unknown };
      const fields = { "event.name": "commands.ignored", kind: String(kind).slice(0, 40) };
      this.#options.log.debug(fields, "a command that is not understood here was ignored");
    }
  }

  #answer({ command_id, service, change }: LogLevelCommand): void {
    if (this.#obeyed.has(command_id)) return;
    this.#remember(command_id);
    if (!this.#isMeant(service)) return;
    const { link, log } = this.#options;
    try {
      const answer: LogLevelAnswer = { kind: "log_level_answer", command_id, process: this.#obey(change) };
      link.send(answer).catch((error: unknown) => {
        log.debug({ "event.name": "commands.unanswered", error }, "an answer to a command could not be sent");
      });
    } catch (error) {
      log.warn({ "event.name": "commands.refused", error }, "a command was not obeyed");
    }
  }

  #isMeant(service: LogLevelTarget): boolean {
    return service === "all" || this.#options.services.includes(service);
  }

  #obey(change: LogLevelChange | undefined): ProcessLogLevel {
    const { levels, instance, services } = this.#options;
    if (change !== undefined) levels.set(change);
    return { instance, services: [...services], ...levels.state() };
  }

  #remember(id: string): void {
    this.#obeyed.add(id);
    const [oldest] = this.#obeyed;
    if (this.#obeyed.size > mostObeyed && oldest !== undefined) this.#obeyed.delete(oldest);
  }
}

/** In the order in which the services are told of, the replicas of each by name. */
function inOrder(
  { processes, silent }: Answers<ProcessLogLevel>,
  everyService: readonly Service[],
): LogLevels {
  const place = ({ services: [first] }: { readonly services: readonly Service[] }): number =>
    first === undefined ? -1 : everyService.indexOf(first);
  const compare = (a: ProcessLogLevel, b: ProcessLogLevel): number =>
    place(a) - place(b) || (a.instance < b.instance ? -1 : 1);
  return { processes: processes.toSorted(compare), silent: [...silent] };
}
