CREATE TABLE alerts (
      alert_id text not null primary key,
      revision integer not null,
      merged_into text,
      at integer not null,
      severity text not null,
      rule_id text not null,
      digest text not null,
      summary text check (json_valid(summary)) not null,
      body text check (json_valid(body)) not null
    , position integer not null default 0) strict;
CREATE INDEX alerts_by_position on alerts (position, alert_id);
CREATE INDEX alerts_by_rule on alerts (rule_id, severity, at desc, alert_id desc);
CREATE INDEX alerts_by_severity on alerts (severity, at desc, alert_id desc);
CREATE INDEX alerts_newest on alerts (at desc, alert_id desc, severity, rule_id, merged_into);
CREATE TABLE "kysely_migration" ("name" varchar(255) not null primary key, "timestamp" varchar(255) not null);
CREATE TABLE "kysely_migration_lock" ("id" varchar(255) not null primary key, "is_locked" integer default 0 not null);
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
    ) strict;
CREATE INDEX service_reports_oldest on service_reports (at, report_id, generated, accepted, evaluated);
CREATE TABLE stamp (last integer not null) strict;
