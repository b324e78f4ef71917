import { spawn } from "node:child_process";
import type { Logger } from "../telemetry/log.ts";
import type { ConfigSources } from "./config.ts";

/** What a service manager is told of a service's life. */
export interface ServiceManager {
  /** Never rejects and never waits: whoever is not told waits longer, and the log says so. */
  tell(state: "READY=1" | "STOPPING=1"): void;
}

/** How long telling may take, in milliseconds. */
const patience = 5000;

/**
 * The service manager that started this process and asked to be told (`Type=notify`): its socket is in NOTIFY_SOCKET.
 * Node cannot write to such a socket, so systemd's own program does, of which the unit must allow it (NotifyAccess=all).
 */
export function serviceManager(env: ConfigSources["env"], log: Logger): ServiceManager {
  const { NOTIFY_SOCKET, PATH } = env;
  if (NOTIFY_SOCKET === undefined || NOTIFY_SOCKET === "") return { tell: () => undefined };
  const untold = (state: string, why: string): void =>
    log.warn(
      { "event.name": "service_manager.untold", state, last_error: why },
      "the service manager could not be told",
    );
  return {
    tell: (state) => {
      const child = spawn("systemd-notify", [state], {
        env: { NOTIFY_SOCKET, PATH },
        stdio: "ignore",
        timeout: patience,
      });
      child.once("error", (error) => untold(state, error.message));
      child.once("exit", (code, signal) => {
        if (code !== 0) untold(state, `systemd-notify ended with ${code ?? signal}`);
      });
      child.unref();
    },
  };
}
