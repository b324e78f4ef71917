import { company, type Habit, habits, type Role } from "./company.ts";
import { type EventTemplate, eventTemplate, holes } from "./event-template.ts";
import {
  type Actor,
  accountCreated,
  fileModified,
  loginFailed,
  loginSucceeded,
  type Outline,
  serviceStarted,
  serviceStopped,
  sudoCommand,
} from "./outlines.ts";
import { type Random, seededRandom } from "./random.ts";

/** Somebody with a name, one address, a home host and habits. */
export interface Person {
  readonly user: string;
  readonly role: Role;
  /** First hour of the working day in UTC; null: works round the clock. */
  readonly shift: number | null;
  /** What this person does, again and again; empty for a habit the role has not. */
  readonly acts: Readonly<Record<Habit, readonly EventTemplate[]>>;
}

/** Everybody of the company, the same in every process and for every seed. */
export function hirePeople(): readonly Person[] {
  const random = seededRandom(peopleSeed);
  return company.flatMap((role, roleNumber) =>
    role.users.map((user, index) => {
      const address = `10.20.${roleNumber + 1}.${10 + index}`;
      const home = role.hosts[index % role.hosts.length]!;
      const shift = role.shifts[index % role.shifts.length]!;
      return { user, role, shift, acts: actsOf(role, { user, address, host: home }, random) };
    }),
  );
}

const peopleSeed = 20_260_115;

/** How many acts of a kind somebody has in the repertoire. */
const repertoire = 12;

function actsOf(role: Role, atHome: Actor, random: Random): Person["acts"] {
  const entries = habits.map((habit) => {
    const count = role.habits[habit] === 0 ? 0 : repertoire;
    const outlines = Array.from({ length: count }, (_none, index) => {
      const actor = { ...atHome, host: random.next() < 0.7 ? atHome.host : random.pick(role.hosts) };
      return outlineOf[habit]({ role, actor, index, random });
    });
    return [habit, outlines.flat().map(eventTemplate)] as const;
  });
  return Object.fromEntries(entries) as Record<Habit, EventTemplate[]>;
}

interface Surroundings {
  readonly role: Role;
  readonly actor: Actor;
  readonly index: number;
  readonly random: Random;
}

const reasons = ["Invalid credentials", "Invalid credentials", "One-time code expired"];

const outlineOf: Readonly<Record<Habit, (around: Surroundings) => Outline | Outline[]>> = {
  login: ({ role, actor, random }) => withPort(loginSucceeded(actor, random.pick(role.protocols))),
  failedLogin: ({ role, actor, random }) =>
    withPort(loginFailed(actor, { protocol: random.pick(role.protocols), reason: random.pick(reasons) })),
  sudo: ({ role, actor, random }) => sudoCommand(actor, random.pick(role.commands)),
  file: ({ role, actor, random }) =>
    fileModified(actor, {
      path: random.pick(role.files),
      oldChecksum: holes.checksum,
      newChecksum: holes.checksum,
      sizeChange: holes.size,
    }),
  // Acts of this kind are done in turn: what was stopped is started again.
  service: ({ role, actor, random }) => {
    const service = random.pick(role.services);
    return [serviceStopped(actor, service, true), serviceStarted(actor, service)];
  },
  account: ({ role, actor, index, random }) =>
    accountCreated(actor, `new.${actor.user.split(".")[0]}${index + 1}`, random.pick(role.groups)),
};

function withPort(login: Outline): Outline {
  return { ...login, details: { ...login.details, port: holes.port } };
}
