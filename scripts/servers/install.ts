import { spawn } from "node:child_process";
import { findProgram } from "./find-program.ts";
import type { Installable } from "./local-server.ts";

// Debian starts a server as it installs it. A policy that forbids this is put in place for as long as apt runs,
// unless the machine has one of its own.
const script = `set -e
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap 'rm -f "$policy"' EXIT
  printf '#!/bin/sh\\nexit 101\\n' > "$policy"
  chmod 755 "$policy"
fi
export DEBIAN_FRONTEND=noninteractive
apt-get -q -o DPkg::Lock::Timeout=300 update
apt-get -q -o DPkg::Lock::Timeout=300 install -y --no-install-recommends "$@"`;

/**
 * Installs what is missing by apt, as root or by a sudo that asks nothing. Rejects with a sentence that names the
 * variables to set instead where that is not possible.
 */
export async function installMissing(kinds: readonly Installable[]): Promise<void> {
  const missing = kinds.filter((kind) => !kind.installed());
  if (missing.length === 0) return;
  const names = missing.map((kind) => kind.name).join(", ");
  if (findProgram("apt-get") === undefined) throw new Error(advice(missing, "there is no apt-get here"));
  process.stdout.write(`installing ${names} by apt\n`);
  const code = await aptInstall(missing.map((kind) => kind.aptPackage));
  if (code !== 0) throw new Error(advice(missing, `apt-get ended with code ${code}`));
  const absent = missing.filter((kind) => !kind.installed());
  if (absent.length > 0)
    throw new Error(advice(absent, "its package brought no program that could be found"));
}

/** Installs Debian packages by apt, as root or by a sudo that asks nothing. Rejects when that is not possible. */
export async function installPackages(packages: readonly string[]): Promise<void> {
  process.stdout.write(`installing ${packages.join(", ")} by apt\n`);
  const code = await aptInstall(packages);
  if (code !== 0)
    throw new Error(`apt-get could not install ${packages.join(", ")}: it ended with code ${code}`);
}

function aptInstall(packages: readonly string[]): Promise<number> {
  const shell = ["/bin/sh", "-c", script, "sh", ...packages];
  return run(process.getuid?.() === 0 ? shell : ["sudo", "-n", ...shell]);
}

function advice(missing: readonly Installable[], reason: string): string {
  const variables = missing.map((kind) => kind.variable).join(", ");
  const names = missing.map((kind) => kind.name).join(", ");
  return `${names} not installed, and ${reason}. Install it, or set ${variables} to one made for tests.`;
}

function run([program = "", ...args]: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ["ignore", "inherit", "inherit"], timeout: 600_000 });
    child.once("error", (error) => reject(new Error(`${program} cannot be started: ${error.message}`)));
    child.once("exit", (code) => resolve(code ?? 1));
  });
}
