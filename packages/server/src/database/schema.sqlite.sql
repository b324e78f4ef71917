CREATE TABLE alerts (
      alert_id text not null primary key,
      revision integer not null,
      merged_into text,
      at integer not null,
      severity text not null,
      rule_id text not null,
      summary text check (json_valid(summary)) not null,
      body text check (json_valid(body)) not null
    , position integer not null default 0, rule_name text not null default '', actor text not null default '', host text not null default '', type text not null default '', words text not null default '', ip text, synthetic integer not null default 0, count integer not null default 1, status text not null default 'open', assignee text, reason text, version integer not null default 1, incident_id text, stored_at integer not null default 0, traceparent text) strict;
CREATE INDEX alerts_by_actor on alerts (actor, at desc) where merged_into is null;
CREATE INDEX alerts_by_host on alerts (host, at desc) where merged_into is null;
CREATE INDEX alerts_by_incident on alerts (incident_id, at desc);
CREATE INDEX alerts_by_position on alerts (position, alert_id);
CREATE INDEX alerts_by_rule on alerts (rule_id, at desc) where merged_into is null;
CREATE INDEX alerts_by_status on alerts (status, severity, at desc, alert_id desc) where merged_into is null;
CREATE INDEX alerts_merged on alerts (at desc, alert_id desc) where merged_into is not null;
CREATE INDEX alerts_newest on alerts (at desc, alert_id desc) where merged_into is null;
CREATE INDEX alerts_oldest on alerts (stored_at, alert_id);
CREATE TABLE channels (
      channel_id text not null primary key,
      at integer not null,
      name text not null unique,
      kind text not null,
      settings text check (json_valid(settings)) not null,
      severity integer not null,
      enabled integer not null,
      disabled_reason text,
      version integer not null
    ) strict;
CREATE TABLE deliveries (
      delivery_id text not null primary key,
      at integer not null,
      channel_id text not null,
      incident_id text,
      type text not null,
      notice text check (json_valid(notice)) not null,
      state text not null,
      attempts integer not null,
      tries integer not null,
      tries_from integer not null,
      next_at integer not null,
      leased_until integer not null,
      detail text,
      settled_at integer
    , traceparent text) strict;
CREATE INDEX deliveries_by_channel on deliveries (channel_id, at desc, delivery_id desc);
CREATE INDEX deliveries_by_incident on deliveries (incident_id);
CREATE INDEX deliveries_due on deliveries (channel_id, next_at, delivery_id) where state = 'pending';
CREATE INDEX deliveries_newest on deliveries (at desc, delivery_id desc);
CREATE TABLE delivery_attempts (
      delivery_id text not null,
      attempt integer not null,
      at integer not null,
      duration_ms integer not null,
      outcome text not null,
      code integer,
      detail text not null,
      primary key (delivery_id, attempt)
    ) strict;
CREATE TABLE history (
      operation_id text not null,
      subject_id text not null,
      at integer not null,
      who text not null,
      action text not null,
      from_status text,
      to_status text,
      from_assignee text,
      to_assignee text,
      from_reason text,
      to_reason text,
      note text,
      version integer not null,
      primary key (operation_id, subject_id)
    ) strict;
CREATE INDEX history_of_subject on history (subject_id, version);
CREATE TABLE idempotency (
      idempotency_key text not null primary key,
      at integer not null,
      digest text not null,
      status integer not null,
      answer text not null
    ) strict;
CREATE INDEX idempotency_oldest on idempotency (at, idempotency_key);
CREATE TABLE incidents (
      incident_id text not null primary key,
      fingerprint text not null,
      joinable integer not null,
      status text not null,
      severity integer not null,
      told integer not null,
      opened_by text not null,
      rule_id text not null,
      rule_name text not null,
      actor text not null,
      host text not null,
      alert_count integer not null,
      first_seen integer not null,
      last_seen integer not null,
      at integer not null
    ) strict;
CREATE INDEX incidents_by_fingerprint on incidents (fingerprint, at desc, incident_id desc);
CREATE UNIQUE INDEX incidents_joinable on incidents (fingerprint) where joinable = 1;
CREATE INDEX incidents_newest on incidents (at desc, incident_id desc);
CREATE TABLE "kysely_migration" ("name" varchar(255) not null primary key, "timestamp" varchar(255) not null);
CREATE TABLE "kysely_migration_lock" ("id" varchar(255) not null primary key, "is_locked" integer default 0 not null);
CREATE TABLE operations (
      operation_id text not null primary key,
      at integer not null,
      who text not null,
      action text not null,
      matched integer not null,
      changed integer not null,
      undo_of text
    ) strict;
CREATE INDEX operations_oldest on operations (at, operation_id);
CREATE UNIQUE INDEX operations_undone on operations (undo_of);
CREATE TABLE quarantine (
      quarantine_id text not null primary key,
      at integer not null,
      topic text not null,
      group_name text not null,
      code text not null,
      reason text not null,
      encoding text not null,
      size_bytes integer not null,
      body text not null
    ) strict;
CREATE INDEX quarantine_newest on quarantine (at desc, quarantine_id desc, size_bytes);
CREATE TABLE service_reports (
      report_id text not null primary key,
      at integer not null,
      from_at integer not null,
      instance text not null,
      version text not null,
      services text check (json_valid(services)) not null,
      generated integer not null,
      accepted integer not null,
      evaluated integer not null
    , rule_set text check (json_valid(rule_set))) strict;
CREATE INDEX service_reports_oldest on service_reports (at, report_id, generated, accepted, evaluated);
CREATE TABLE stamp (last integer not null) strict;
