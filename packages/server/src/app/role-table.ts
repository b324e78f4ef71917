/** What a role can ask of the outside world; `connect.ts` turns its URL into an adapter. */
export type Need = "transport" | "windows" | "database";

/** A role without the code behind it. */
export interface RoleRow {
  /** The port it listens on when it runs alone. */
  readonly port: number;
  /** Which resources it uses, and in words what each one's absence impairs. */
  readonly needs: Readonly<Partial<Record<Need, readonly string[]>>>;
}

/** The services: roles of one program. With no role named, all of them run in one process. */
export const roleTable = {
  "audit-event-generator": {
    port: 5000,
    needs: { transport: ["making synthetic events (those that were due are counted as skipped)"] },
  },
  "audit-event-gateway": {
    port: 5002,
    needs: { transport: ["taking events over HTTP", "draining the queue audit_events"] },
  },
  "audit-log-analysis": {
    port: 5001,
    needs: {
      transport: ["detection (events wait in the broker)", "publishing alerts"],
      windows: ["correlation rules (events wait in the broker)"],
    },
  },
  "notification-service": {
    port: 8000,
    needs: {
      transport: ["receiving new alerts"],
      database: [
        "storing alerts (they wait in the broker)",
        "reading alerts and acting on them over the API",
        "telling channels (deliveries wait in the outbox)",
      ],
    },
  },
  "event-audit-dashboard": { port: 8080, needs: {} },
} as const satisfies Record<string, RoleRow>;

/** The name of a service, as operators see it. */
export type RoleName = keyof typeof roleTable;
/** Every service, in the order in which they start. */
export const roleNames: readonly RoleName[] = Object.keys(roleTable) as RoleName[];

/** The port when several roles share a process: the front door's. */
const frontDoorPort = 8080;

/** The resources that these roles use, each once. */
export function needsOf(names: readonly RoleName[]): Need[] {
  return [...new Set(names.flatMap((name) => Object.keys(roleTable[name].needs) as Need[]))];
}

/** The port these roles listen on by default. */
export function portOf(names: readonly RoleName[]): number {
  const [only, ...others] = names;
  return only !== undefined && others.length === 0 ? roleTable[only].port : frontDoorPort;
}

/** The roles that use a resource and are not among these. */
export function rolesOutside(names: readonly RoleName[], need: Need): RoleName[] {
  return roleNames.filter((name) => !names.includes(name) && need in roleTable[name].needs);
}

/** In words, what these roles cannot do without a resource. */
export function impairedWithout(names: readonly RoleName[], need: Need): string[] {
  return names.flatMap((name) => [...((roleTable[name] as RoleRow).needs[need] ?? [])]);
}
