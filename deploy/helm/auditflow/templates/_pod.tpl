{{/* The image of the services. */}}
{{- define "auditflow.image" -}}
{{- with .Values.image.registry }}{{ trimSuffix "/" . }}/{{ end -}}
{{- .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion -}}
{{- with .Values.image.digest }}@{{ . }}{{ end -}}
{{- end }}

{{/* What every pod begins with (root, user). */}}
{{- define "auditflow.podHead" -}}
serviceAccountName: {{ include "auditflow.serviceAccountName" .root }}
automountServiceAccountToken: false
# Else Kubernetes sets variables such as AUDITFLOW_REDIS_PORT, which are no settings.
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: {{ .user }}
  runAsGroup: {{ .user }}
  fsGroup: {{ .user }}
  # A volume whose root is right is left alone: PostgreSQL and Erlang refuse files that a group may write.
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile:
    type: RuntimeDefault
{{- with .root.Values.image.pullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* What every container may: nothing. */}}
{{- define "auditflow.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}

{{/* Credentials of a service (root, service, facts) as items of its Secret: key in the Secret, name of the file. */}}
{{- define "auditflow.credentialItems" -}}
- {key: api-token, path: api-token}
{{- if has "rabbitmq" .facts.needs }}
- {key: transport-url.{{ .service }}, path: transport-url}
{{- end }}
{{- if has "redis" .facts.needs }}
- {key: windows-url, path: windows-url}
{{- end }}
{{- if has "postgresql" .facts.needs }}
- {key: database-url, path: database-url}
{{- end }}
{{- if and (eq .service "notification-service") .root.Values.config.smtp }}
- {key: smtp-url, path: smtp-url}
{{- end }}
{{- end }}

{{/* Where people find the page: as told, or what the routes say. */}}
{{- define "auditflow.baseUrl" -}}
{{- $values := .Values -}}
{{- if $values.config.baseUrl -}}
{{- $values.config.baseUrl -}}
{{- else if $values.ingress.dashboard.enabled -}}
{{- ternary "https" "http" $values.ingress.dashboard.tls.enabled }}://{{ $values.ingress.dashboard.host -}}
{{- else if $values.httpRoute.dashboard.enabled -}}
https://{{ first $values.httpRoute.dashboard.hostnames -}}
{{- end -}}
{{- end }}
