import type { Logsource } from "./event.ts";

const byEventType: ReadonlyMap<string, Logsource> = new Map<string, Logsource>([
  ["user_login", { category: "authentication" }],
  ["user_logout", { category: "authentication" }],
  ["login", { category: "authentication" }],
  ["logout", { category: "authentication" }],
  ["authentication", { category: "authentication" }],
  ["password_change", { category: "authentication" }],
  ["file_modified", { category: "file_event" }],
  ["file_modification", { category: "file_event" }],
  ["file_created", { category: "file_event" }],
  ["file_deleted", { category: "file_delete" }],
  ["file_access", { category: "file_access" }],
  ["sudo_command", { product: "linux", service: "sudo" }],
  ["process_creation", { category: "process_creation" }],
  ["network_connection", { category: "network_connection" }],
]);

const otherwise: Logsource = { category: "application" };

/**
 * Which rules look at an event that does not say where it comes from: its logsource by its event_type, in the words of
 * the Sigma taxonomy. An event of another type is one of some application: rules for it can name that and test its
 * event_type.
 */
export function defaultLogsource(eventType: string): Logsource {
  return byEventType.get(eventType) ?? otherwise;
}
