{{/* One variable (name, value), unless it is empty: the program's own default holds then. */}}
{{- define "auditflow.variable" -}}
{{- if not (has (toString .value) (list "" "<nil>")) }}
- name: {{ .name }}
  value: {{ toString .value | quote }}
{{- end }}
{{- end }}

{{/* The environment of a service (root, service, facts, settings): settings of the program and Node's heap, no secrets. */}}
{{- define "auditflow.environment" -}}
{{- $config := .root.Values.config -}}
- name: NODE_OPTIONS
  value: --max-old-space-size={{ div (mul 3 (include "auditflow.mebibytes" .settings.resources.limits.memory | int)) 4 }}
- name: AUDITFLOW_API_TOKEN_FILE
  value: /run/secrets/auditflow/api-token
{{- include "auditflow.serverVariables" . }}
- name: AUDITFLOW_LOG_LEVEL_FILE
  value: /etc/auditflow/log-level/level
{{- include "auditflow.variable" (dict "name" "AUDITFLOW_ANONYMOUS_ACCESS" "value" $config.anonymousAccess) }}
{{- include "auditflow.variable" (dict "name" "AUDITFLOW_ALLOWED_HOSTS" "value" (join "," $config.allowedHosts)) }}
{{- include "auditflow.variable" (dict "name" "AUDITFLOW_RATE_LIMIT" "value" (int $config.rateLimit)) }}
{{- if eq .service "audit-log-analysis" }}
- name: AUDITFLOW_RULES
  value: {{ ternary "/app/rules,/etc/auditflow/rules" "/etc/auditflow/rules" .root.Values.rules.pack }}
{{- end }}
{{- if eq .service "notification-service" }}
- name: AUDITFLOW_RETENTION_DAYS
  value: {{ int $config.retentionDays | quote }}
{{- include "auditflow.variable" (dict "name" "AUDITFLOW_ALLOWED_RECEIVERS" "value" (join "," $config.allowedReceivers)) }}
{{- end }}
{{- if has .service (list "notification-service" "event-audit-dashboard") }}
{{- include "auditflow.variable" (dict "name" "AUDITFLOW_BASE_URL" "value" (include "auditflow.baseUrl" .root)) }}
{{- end }}
{{- if eq .service "event-audit-dashboard" }}
{{- include "auditflow.upstreamVariables" .root }}
{{- end }}
{{- include "auditflow.tracingVariables" . }}
{{- end }}

{{/* Where the URLs of servers stand that the service needs. */}}
{{- define "auditflow.serverVariables" -}}
{{- if has "rabbitmq" .facts.needs }}
- name: TRANSPORT_URL_FILE
  value: /run/secrets/auditflow/transport-url
{{- end }}
{{- if has "redis" .facts.needs }}
- name: WINDOWS_URL_FILE
  value: /run/secrets/auditflow/windows-url
{{- end }}
{{- if has "postgresql" .facts.needs }}
- name: DATABASE_URL_FILE
  value: /run/secrets/auditflow/database-url
{{- end }}
{{- if and (eq .service "notification-service") .root.Values.config.smtp }}
- name: AUDITFLOW_SMTP_URL_FILE
  value: /run/secrets/auditflow/smtp-url
{{- end }}
{{- end }}

{{/* Where the front door finds the services. */}}
{{- define "auditflow.upstreamVariables" -}}
{{- $root := . -}}
{{- $facts := include "auditflow.facts" . | fromYaml -}}
{{- $enabled := (include "auditflow.enabled" . | fromYaml).names -}}
{{- range $service := list "audit-event-generator" "audit-event-gateway" "audit-log-analysis" "notification-service" }}
{{- if has $service $enabled }}
- name: AUDITFLOW_{{ $service | replace "audit-event-" "" | replace "audit-log-" "" | replace "-service" "" | upper }}_URL
  value: http://{{ $root.Release.Name }}-{{ $service }}:{{ (index $facts $service).port }}
{{- end }}
{{- end }}
{{- end }}

{{/* Where traces go, and what they are called. */}}
{{- define "auditflow.tracingVariables" -}}
{{- $tracing := .root.Values.config.tracing -}}
{{- if or $tracing.endpoint $tracing.tracesEndpoint }}
{{- $pairs := list -}}
{{- range $name, $value := $tracing.resourceAttributes }}
{{- $pairs = append $pairs (printf "%s=%s" $name $value) }}
{{- end }}
{{- include "auditflow.variable" (dict "name" "OTEL_EXPORTER_OTLP_ENDPOINT" "value" $tracing.endpoint) }}
{{- include "auditflow.variable" (dict "name" "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT" "value" $tracing.tracesEndpoint) }}
{{- include "auditflow.variable" (dict "name" "OTEL_TRACES_SAMPLER" "value" $tracing.sampler) }}
{{- include "auditflow.variable" (dict "name" "OTEL_TRACES_SAMPLER_ARG" "value" $tracing.samplerArg) }}
{{- include "auditflow.variable" (dict "name" "OTEL_SERVICE_NAME" "value" .settings.otelServiceName) }}
{{- include "auditflow.variable" (dict "name" "OTEL_RESOURCE_ATTRIBUTES" "value" (join "," $pairs)) }}
{{- end }}
{{- end }}
