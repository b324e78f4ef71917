import { V7Generator } from "uuidv7";
import { formatTimestamp } from "../telemetry/clock.ts";
import { type Habit, habits } from "./company.ts";
import type { EventTemplate } from "./event-template.ts";
import { hirePeople, type Person } from "./person.ts";
import { type Draw, type Random, seededRandom, weighted } from "./random.ts";

/** Failed logins of one person, who has an address of their own, are this far apart in event time. */
const failurePause = 15 * 60_000;
/** And those of all people together this far. */
const anyFailurePause = 20_000;

/**
 * An ordinary day: people log in, mistype, run commands, change files and restart services by habit, more of it in
 * their working hours. No rule of the pack fires on it, however many events there are in a second of event time.
 */
export class Background {
  readonly #staff = hirePeople().map((person) => new Worker(person));
  readonly #ids = new V7Generator();
  readonly #written = new WrittenTime();
  #random: Random;
  #hour = -1;
  #whoActs: Draw = () => 0;
  #lastFailure = Number.NEGATIVE_INFINITY;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
  }

  /**
   * Starts the random numbers anew. What keeps failed logins apart stays: it decides only whether a login fails, never
   * which number is drawn next.
   */
  reseed(seed: number): void {
    this.#random = seededRandom(seed);
    for (const worker of this.#staff) worker.turn = 0;
  }

  /** The JSON text of the next event, of the moment `at`; the same seed and moments give the same ones but for ids. */
  next(at: number, receivedAt: string): string {
    this.#turnTo(Math.floor(at / 3_600_000) % 24);
    const worker = this.#staff[this.#whoActs(this.#random)]!;
    const drawn = worker.draw(this.#hour, this.#random);
    const habit = drawn === "failedLogin" && !this.#mayFail(worker, at) ? "login" : drawn;
    const eventId = this.#ids.generateOrResetWithTs(at).toString();
    const moment = { eventId, timestamp: this.#written.of(at), receivedAt };
    return worker.act(habit, this.#random)(moment, this.#random);
  }

  #turnTo(hour: number): void {
    if (hour === this.#hour) return;
    this.#hour = hour;
    this.#whoActs = weighted(this.#staff.map((worker) => worker.presence(hour)));
  }

  #mayFail(worker: Worker, at: number): boolean {
    // The distance counts, not the order: a clock that was set back brings old times again.
    if (Math.abs(at - worker.lastFailure) < failurePause) return false;
    if (Math.abs(at - this.#lastFailure) < anyFailurePause) return false;
    worker.lastFailure = at;
    this.#lastFailure = at;
    return true;
  }
}

/** A person at work: what is done next, and when it last went wrong. */
class Worker {
  lastFailure: number = Number.NEGATIVE_INFINITY;
  turn = 0;
  readonly #person: Person;
  readonly #draws: Readonly<Record<Phase, Draw>>;

  constructor(person: Person) {
    this.#person = person;
    this.#draws = { arriving: drawFor(person, 3), working: drawFor(person, 1), away: drawFor(person, 0.5) };
  }

  presence(hour: number): number {
    return presences[phaseAt(this.#person.shift, hour)];
  }

  draw(hour: number, random: Random): Habit {
    return habits[this.#draws[phaseAt(this.#person.shift, hour)](random)]!;
  }

  act(habit: Habit, random: Random): EventTemplate {
    const acts = this.#person.acts[habit];
    const drawn = random.below(acts.length);
    return acts[habit === "service" ? this.turn++ % acts.length : drawn]!;
  }
}

type Phase = "arriving" | "working" | "away";

const presences: Readonly<Record<Phase, number>> = { arriving: 6, working: 10, away: 0.3 };

const workingHours = 9;

function phaseAt(shift: number | null, hour: number): Phase {
  if (shift === null) return "working";
  const worked = (hour - shift + 24) % 24;
  if (worked === 0) return "arriving";
  return worked < workingHours ? "working" : "away";
}

/** Whoever arrives logs in, whoever is away does so rarely and mostly to look after something. */
function drawFor({ role }: Person, logins: number): Draw {
  return weighted(
    habits.map((habit) =>
      habit === "login" || habit === "failedLogin" ? role.habits[habit] * logins : role.habits[habit],
    ),
  );
}

/** Remembers the last text: thousands of events share a millisecond. */
class WrittenTime {
  #at = Number.NaN;
  #text = "";

  of(at: number): string {
    if (at !== this.#at) {
      this.#at = at;
      this.#text = formatTimestamp(at);
    }
    return this.#text;
  }
}
