{{/* Refuses what no schema can: one sentence each. */}}
{{- define "auditflow.validate" -}}
{{- if gt (len .Release.Name) 24 }}
{{- fail (printf "The release name %q has %d characters: it must have at most 24, so that the names of all pods fit." .Release.Name (len .Release.Name)) }}
{{- end }}
{{- if not .Values.credentials.existingSecret }}
{{- fail (printf "credentials.existingSecret is not set: make the Secret with `node deploy/helm/make-credentials.ts --release %s --namespace %s | kubectl create -f -`, then name it, as in --set credentials.existingSecret=%s-credentials." .Release.Name .Release.Namespace .Release.Name) }}
{{- end }}
{{- range $server := list "postgresql" "rabbitmq" "redis" }}
{{- include "auditflow.validateServer" (dict "server" $server "values" (index $.Values $server) "policies" $.Values.networkPolicy.enabled) }}
{{- end }}
{{- include "auditflow.validateRoutes" . }}
{{- if and .Values.rules.files .Values.rules.existingConfigMap }}
{{- fail "rules.files and rules.existingConfigMap are both set: give rules of your own in one of them." }}
{{- end }}
{{- if not (or .Values.rules.pack .Values.rules.files .Values.rules.existingConfigMap) }}
{{- fail "rules.pack is false and there are no rules of your own: set rules.files or rules.existingConfigMap, for nothing would be detected." }}
{{- end }}
{{- include "auditflow.validatePolicies" . }}
{{- range (include "auditflow.enabled" . | fromYaml).names }}
{{- $scaling := (include "auditflow.settings" (dict "root" $ "service" .) | fromYaml).autoscaling }}
{{- if and $scaling.enabled (gt (int $scaling.minReplicas) (int $scaling.maxReplicas)) }}
{{- fail (printf "services.%s.autoscaling.minReplicas is %d, which is more than maxReplicas, %d." . (int $scaling.minReplicas) (int $scaling.maxReplicas)) }}
{{- end }}
{{- end }}
{{- end }}

{{- define "auditflow.validateServer" -}}
{{- $external := .values.external }}
{{- if eq .values.mode "external" }}
{{- range $key, $value := .values.bundled }}
{{- if $value }}
{{- fail (printf "%s.mode is external and %s.bundled.%s is set: remove it, or set %s.mode to bundled." $.server $.server $key $.server) }}
{{- end }}
{{- end }}
{{- if not $external.host }}
{{- fail (printf "%s.mode is external and %s.external.host is empty: name the host of your server." .server .server) }}
{{- end }}
{{- if and .policies (not (or $external.cidrs $external.peers)) }}
{{- fail (printf "%s.mode is external and networkPolicy.enabled is true: say in %s.external.cidrs or %s.external.peers where your server is, or nothing could reach it." .server .server .server) }}
{{- end }}
{{- else if or $external.host $external.cidrs $external.peers }}
{{- fail (printf "%s.mode is bundled and %s.external is set: set %s.mode to external, or remove %s.external." .server .server .server .server) }}
{{- end }}
{{- end }}

{{- define "auditflow.validateRoutes" -}}
{{- $enabled := (include "auditflow.enabled" . | fromYaml).names }}
{{- range $way, $service := dict "dashboard" "event-audit-dashboard" "gateway" "audit-event-gateway" }}
{{- $ingress := index $.Values.ingress $way }}
{{- $route := index $.Values.httpRoute $way }}
{{- if and (or $ingress.enabled $route.enabled) (not (has $service $enabled)) }}
{{- fail (printf "%s has a way in from outside and is not enabled: enable services.%s, or neither ingress.%s nor httpRoute.%s." $service $service $way $way) }}
{{- end }}
{{- if and $ingress.enabled (not $ingress.host) }}
{{- fail (printf "ingress.%s.enabled is true and ingress.%s.host is empty: name the host." $way $way) }}
{{- end }}
{{- if and $route.enabled (not $route.hostnames) }}
{{- fail (printf "httpRoute.%s.enabled is true and httpRoute.%s.hostnames is empty: name the host." $way $way) }}
{{- end }}
{{- if and $route.enabled (not $route.parentRefs) }}
{{- fail (printf "httpRoute.%s.enabled is true and httpRoute.%s.parentRefs is empty: name the Gateway." $way $way) }}
{{- end }}
{{- end }}
{{- end }}

{{- define "auditflow.validatePolicies" -}}
{{- $values := .Values }}
{{- $tracing := or $values.config.tracing.endpoint $values.config.tracing.tracesEndpoint }}
{{- if $values.networkPolicy.enabled }}
{{- if and $tracing (not $values.networkPolicy.tracing.peers) }}
{{- fail "config.tracing names a collector and networkPolicy.tracing.peers is empty: say where it is, or no trace could reach it." }}
{{- end }}
{{- if and $values.monitoring.serviceMonitor.enabled (not $values.networkPolicy.prometheus.peers) }}
{{- fail "monitoring.serviceMonitor.enabled is true and networkPolicy.prometheus.peers is empty: say where Prometheus is, or it could scrape nothing." }}
{{- end }}
{{- end }}
{{- end }}
