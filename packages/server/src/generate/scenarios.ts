import {
  type Actor,
  accountCreated,
  fileModified,
  loginFailed,
  loginSucceeded,
  type Outline,
  serviceStopped,
  sudoCommand,
} from "./outlines.ts";

/** Who plays in one run of a scenario: others in each run, so that each run makes alerts of its own. */
export interface Cast {
  readonly user: string;
  /** The attacker's address. */
  readonly address: string;
  readonly host: string;
  /** Further users and servers, ten each. */
  readonly others: readonly string[];
  readonly hosts: readonly string[];
}

/** What happens, and how many milliseconds before the run. */
export interface Step {
  readonly before: number;
  readonly outline: Outline;
}

/** An attack that can be played. */
export interface ScenarioScript {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  /** The `name` of each rule of the pack that must fire; no other may. */
  readonly rules: readonly string[];
  /** The events, earliest first, all within the last ten seconds; as many for each cast. */
  readonly play: (cast: Cast) => readonly Step[];
}

/** Every scenario, in the order in which they are shown. */
export const scenarios: readonly ScenarioScript[] = [
  {
    name: "brute-force",
    title: "Brute force",
    description: "One address guesses the password of one user on one server, without luck.",
    rules: ["failed_login_burst_by_address", "failed_login_burst_by_user"],
    play: (cast) => timed(failures(attacker(cast), 8), 600),
  },
  {
    name: "password-spray",
    title: "Password spray",
    description: "One address tries one password on eight users, once each, to stay below every lockout.",
    rules: ["failed_login_burst_by_address", "password_spray"],
    play: ({ address, others, hosts }) =>
      timed(
        others.slice(0, 8).map((user, index) => loginFailed({ user, address, host: hosts[index]! })),
        700,
      ),
  },
  {
    name: "sensitive-file-tampering",
    title: "Sensitive files changed",
    description: "Somebody logs in and changes the files that decide who may do what on a server.",
    rules: ["sensitive_file_modified"],
    play: (cast) => {
      const actor = attacker(cast);
      return timed(
        [
          loginSucceeded(actor, "ssh"),
          sudoCommand(actor, "/usr/bin/vi /etc/passwd"),
          tampered(actor, "/etc/passwd"),
          tampered(actor, "/etc/shadow"),
          tampered(actor, `/etc/sudoers.d/90-${cast.user}`),
        ],
        900,
      );
    },
  },
  {
    name: "privilege-escalation",
    title: "Privilege escalation",
    description:
      "A user makes an account with all rights, opens sudo for it, stops the audit daemon and removes the logs.",
    rules: [
      "destructive_sudo_command",
      "privileged_account_created",
      "sensitive_file_modified",
      "unexpected_service_stop",
    ],
    play: (cast) => {
      const actor = attacker(cast);
      const account = backdoor(cast);
      return timed(
        [
          loginSucceeded(actor, "ssh"),
          sudoCommand(actor, `/usr/sbin/useradd -m -G sudo ${account}`),
          accountCreated(actor, account, "sudo"),
          tampered(actor, `/etc/sudoers.d/${account}`),
          serviceStopped(actor, "auditd", false),
          sudoCommand(actor, "/bin/rm -rf /var/log/audit"),
        ],
        900,
      );
    },
  },
  {
    name: "account-takeover",
    title: "Account takeover",
    description:
      "A guessed password is right in the end, and the intruder makes an account to come back with.",
    rules: [
      "failed_login_burst_by_address",
      "failed_login_burst_by_user",
      "privileged_account_created",
      "success_after_failed_logins",
    ],
    play: (cast) => {
      const actor = attacker(cast);
      return timed(
        [...failures(actor, 7), loginSucceeded(actor, "ssh"), accountCreated(actor, backdoor(cast), "wheel")],
        800,
      );
    },
  },
];

function attacker({ user, address, host }: Cast): Actor {
  return { user, address, host };
}

function failures(actor: Actor, count: number): Outline[] {
  return Array.from({ length: count }, () => loginFailed(actor));
}

function backdoor({ user }: Cast): string {
  return `support-${user.split(".")[0]}`;
}

function tampered(actor: Actor, path: string): Outline {
  return fileModified(actor, {
    path,
    oldChecksum: "a1b2c3d4",
    newChecksum: "e5f6a7b8",
    sizeChange: 120,
    severity: "CRITICAL",
  });
}

/** One after the other, so many milliseconds apart; the last is now. */
function timed(outlines: readonly Outline[], apart: number): Step[] {
  return outlines.map((outline, index) => ({ before: (outlines.length - 1 - index) * apart, outline }));
}
