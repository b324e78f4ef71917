{{/* What the services are: the port each listens on, and which credentials it is given, by the flag of their setting. */}}
{{- define "auditflow.facts" -}}
audit-event-generator: {port: 5000, needs: [rabbitmq]}
audit-event-gateway: {port: 5002, needs: [rabbitmq]}
audit-log-analysis: {port: 5001, needs: [rabbitmq, redis]}
notification-service: {port: 8000, needs: [rabbitmq, postgresql]}
event-audit-dashboard: {port: 8080, needs: []}
{{- end }}

{{/* What the bundled servers are. The user is the one of the official image. */}}
{{- define "auditflow.servers" -}}
postgresql: {port: 5432, user: 999, image: "postgres:17.5-bookworm", size: 8Gi, cpu: 250m, memory: 512Mi, grace: 60}
rabbitmq: {port: 5672, user: 999, image: "rabbitmq:4.1.2", size: 8Gi, cpu: 250m, memory: 1Gi, grace: 60}
redis: {port: 6379, user: 999, image: "redis:7.4.5-bookworm", size: 2Gi, cpu: 100m, memory: 512Mi, grace: 30}
{{- end }}

{{/* Settings of a service (root, service) as YAML: its own over those of all. */}}
{{- define "auditflow.settings" -}}
{{- mergeOverwrite (deepCopy .root.Values.serviceDefaults) (index .root.Values.services .service | default dict) | toYaml }}
{{- end }}

{{/* Names of the services that are installed, as YAML, in the order of their names. */}}
{{- define "auditflow.enabled" -}}
{{- $root := . -}}
{{- $names := list -}}
{{- range $name, $_ := include "auditflow.facts" . | fromYaml -}}
{{- if (include "auditflow.settings" (dict "root" $root "service" $name) | fromYaml).enabled -}}
{{- $names = append $names $name -}}
{{- end -}}
{{- end -}}
{{- dict "names" $names | toYaml -}}
{{- end }}

{{/* Names of the installed services that need a server (root, need), as YAML. */}}
{{- define "auditflow.needing" -}}
{{- $facts := include "auditflow.facts" .root | fromYaml -}}
{{- $need := .need -}}
{{- $names := list -}}
{{- range (include "auditflow.enabled" .root | fromYaml).names -}}
{{- if has $need (index $facts .).needs -}}
{{- $names = append $names . -}}
{{- end -}}
{{- end -}}
{{- dict "names" $names | toYaml -}}
{{- end }}

{{/* The Secret that a service (root, settings) reads. */}}
{{- define "auditflow.secretOf" -}}
{{- .settings.existingSecret | default .root.Values.credentials.existingSecret -}}
{{- end }}

{{/* Kubernetes' `512Mi` or `1Gi` in Mi. */}}
{{- define "auditflow.mebibytes" -}}
{{- if hasSuffix "Gi" . }}{{ mul 1024 (trimSuffix "Gi" . | int) }}{{ else }}{{ trimSuffix "Mi" . | int }}{{ end -}}
{{- end }}
