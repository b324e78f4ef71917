import type { Flavour } from "../flavour.ts";

/**
 * What people decide about alerts, incidents, channels and the outbox. Every list of alerts has an index that gives its
 * order, without the few alerts that became part of another. Bodies are `json`: written as they are, not taken apart.
 */
export function incidentsAndChannels(flavour: Flavour): string[] {
  return [
    ...alertColumns(flavour),
    ...alertIndexes(flavour),
    ...incidents(flavour),
    ...operations(flavour),
    ...channels(flavour),
  ];
}

function alertColumns({ prefix, uuid, integer, bigint, text, keepAsWritten }: Flavour): string[] {
  const alerts = `${prefix}alerts`;
  const add = (column: string): string => `alter table ${alerts} add column ${column}`;
  return [
    ...keepAsWritten(alerts, ["summary", "body"]),
    // A repetition is compared with what is stored, word by word.
    `alter table ${alerts} drop column digest`,
    ...["rule_name", "actor", "host", "type", "words"].map((name) =>
      add(`${name} ${text} not null default ''`),
    ),
    add(`ip ${text}`),
    add(`synthetic ${integer} not null default 0`),
    add(`count ${bigint} not null default 1`),
    add(`status ${text} not null default 'open'`),
    add(`assignee ${text}`),
    add(`reason ${text}`),
    add(`version ${integer} not null default 1`),
    add(`incident_id ${uuid}`),
    add(`stored_at ${bigint} not null default 0`),
    `update ${alerts} set
      rule_name = lower(substr(coalesce(summary->>'rule_name', ''), 1, 256)),
      type = lower(substr(coalesce(summary->>'alert_type', ''), 1, 256)),
      words = lower(substr(coalesce(summary->>'alert_name', '') || ' ' || coalesce(summary->>'description', ''), 1, 2048)),
      actor = lower(substr(coalesce(summary->'triggered_by'->>'actor_id', ''), 1, 256)),
      ip = lower(substr(summary->'triggered_by'->>'client_ip', 1, 256)),
      host = lower(substr(coalesce(summary->'impacted_resource'->>'server_hostname', ''), 1, 256)),
      synthetic = case when cast(summary->>'synthetic' as text) in ('true', '1') then 1 else 0 end,
      count = cast(coalesce(summary->>'count', '1') as ${bigint}),
      stored_at = at`,
  ];
}

function alertIndexes({ prefix }: Flavour): string[] {
  const standing = "where merged_into is null";
  const alerts = `${prefix}alerts`;
  return [
    `drop index ${prefix}alerts_newest`,
    `drop index ${prefix}alerts_by_severity`,
    `drop index ${prefix}alerts_by_rule`,
    `create index alerts_newest on ${alerts} (at desc, alert_id desc) ${standing}`,
    `create index alerts_merged on ${alerts} (at desc, alert_id desc) where merged_into is not null`,
    // One list is some of these side by side; counting by severity and status reads nothing else.
    `create index alerts_by_status on ${alerts} (status, severity, at desc, alert_id desc) ${standing}`,
    `create index alerts_by_rule on ${alerts} (rule_id, at desc) ${standing}`,
    `create index alerts_by_actor on ${alerts} (actor, at desc) ${standing}`,
    `create index alerts_by_host on ${alerts} (host, at desc) ${standing}`,
    `create index alerts_by_incident on ${alerts} (incident_id, at desc)`,
    `create index alerts_oldest on ${alerts} (stored_at, alert_id)`,
  ];
}

function incidents({ prefix, uuid, integer, bigint, text, updatedTableEnd }: Flavour): string[] {
  return [
    `create table ${prefix}incidents (
      incident_id ${uuid} not null primary key,
      fingerprint ${text} not null,
      joinable ${integer} not null,
      status ${text} not null,
      severity ${integer} not null,
      told ${integer} not null,
      opened_by ${text} not null,
      rule_id ${text} not null,
      rule_name ${text} not null,
      actor ${text} not null,
      host ${text} not null,
      alert_count ${bigint} not null,
      first_seen ${bigint} not null,
      last_seen ${bigint} not null,
      at ${bigint} not null
    )${updatedTableEnd}`,
    // Nothing that grows with each alert is indexed, so that an incident is counted up in place.
    `create unique index incidents_joinable on ${prefix}incidents (fingerprint) where joinable = 1`,
    `create index incidents_by_fingerprint on ${prefix}incidents (fingerprint, at desc, incident_id desc)`,
    `create index incidents_newest on ${prefix}incidents (at desc, incident_id desc)`,
  ];
}

function operations({ prefix, uuid, integer, bigint, text, tableEnd }: Flavour): string[] {
  return [
    `create table ${prefix}operations (
      operation_id ${uuid} not null primary key,
      at ${bigint} not null,
      who ${text} not null,
      action ${text} not null,
      matched ${bigint} not null,
      changed ${bigint} not null,
      undo_of ${uuid}
    )${tableEnd}`,
    // An operation is undone once.
    `create unique index operations_undone on ${prefix}operations (undo_of)`,
    `create index operations_oldest on ${prefix}operations (at, operation_id)`,
    `create table ${prefix}history (
      operation_id ${uuid} not null,
      subject_id ${uuid} not null,
      at ${bigint} not null,
      who ${text} not null,
      action ${text} not null,
      from_status ${text},
      to_status ${text},
      from_assignee ${text},
      to_assignee ${text},
      from_reason ${text},
      to_reason ${text},
      note ${text},
      version ${integer} not null,
      primary key (operation_id, subject_id)
    )${tableEnd}`,
    `create index history_of_subject on ${prefix}history (subject_id, version)`,
    `create table ${prefix}idempotency (
      idempotency_key ${text} not null primary key,
      at ${bigint} not null,
      digest ${text} not null,
      status ${integer} not null,
      answer ${text} not null
    )${tableEnd}`,
    `create index idempotency_oldest on ${prefix}idempotency (at, idempotency_key)`,
  ];
}

function channels({ prefix, uuid, integer, bigint, text, json, tableEnd }: Flavour): string[] {
  return [
    `create table ${prefix}channels (
      channel_id ${uuid} not null primary key,
      at ${bigint} not null,
      name ${text} not null unique,
      kind ${text} not null,
      settings ${json("settings")} not null,
      severity ${integer} not null,
      enabled ${integer} not null,
      disabled_reason ${text},
      version ${integer} not null
    )${tableEnd}`,
    `create table ${prefix}deliveries (
      delivery_id ${uuid} not null primary key,
      at ${bigint} not null,
      channel_id ${uuid} not null,
      incident_id ${uuid},
      type ${text} not null,
      notice ${json("notice")} not null,
      state ${text} not null,
      attempts ${integer} not null,
      tries ${integer} not null,
      tries_from ${bigint} not null,
      next_at ${bigint} not null,
      leased_until ${bigint} not null,
      detail ${text},
      settled_at ${bigint}
    )${tableEnd}`,
    // By channel first: what waits for one receiver is never read on behalf of another.
    `create index deliveries_due on ${prefix}deliveries (channel_id, next_at, delivery_id) where state = 'pending'`,
    `create index deliveries_newest on ${prefix}deliveries (at desc, delivery_id desc)`,
    `create index deliveries_by_incident on ${prefix}deliveries (incident_id)`,
    `create index deliveries_by_channel on ${prefix}deliveries (channel_id, at desc, delivery_id desc)`,
    `create table ${prefix}delivery_attempts (
      delivery_id ${uuid} not null,
      attempt ${integer} not null,
      at ${bigint} not null,
      duration_ms ${bigint} not null,
      outcome ${text} not null,
      code ${integer},
      detail ${text} not null,
      primary key (delivery_id, attempt)
    )${tableEnd}`,
  ];
}
