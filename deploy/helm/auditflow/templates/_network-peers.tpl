{{/* The pods of a component (root, component) as a peer. */}}
{{- define "auditflow.peer" -}}
- podSelector:
    matchLabels:
      {{- include "auditflow.selector" . | nindent 6 }}
{{- end }}

{{/* A rule of ingress from these peers to the service's port (peers as YAML, port). */}}
{{- define "auditflow.from" -}}
- from:
    {{- .peers | nindent 4 }}
  ports:
    - {protocol: TCP, port: {{ .port }}}
{{- end }}

{{/* A rule of egress to these peers (peers as YAML, ports). */}}
{{- define "auditflow.to" -}}
- to:
    {{- .peers | nindent 4 }}
  ports:
    {{- range .ports }}
    - {protocol: TCP, port: {{ int . }}}
    {{- end }}
{{- end }}

{{/* Who may come to a service (root, service, port): the front door, who asks from outside, senders, Prometheus, the test. */}}
{{- define "auditflow.serviceIngress" -}}
{{- $values := .root.Values -}}
{{- $rules := list -}}
{{- $way := dict "event-audit-dashboard" "dashboard" "audit-event-gateway" "gateway" -}}
{{- if and (ne .service "event-audit-dashboard") (has "event-audit-dashboard" .enabled) }}
{{- $rules = append $rules (include "auditflow.peer" (dict "root" .root "component" "event-audit-dashboard")) }}
{{- end }}
{{- with get $way .service }}
{{- if or (index $values.ingress .).enabled (index $values.httpRoute .).enabled }}
{{- $rules = append $rules (toYaml $values.networkPolicy.ingressController.peers) }}
{{- end }}
{{- end }}
{{- if and (eq .service "audit-event-gateway") $values.networkPolicy.senders.peers }}
{{- $rules = append $rules (toYaml $values.networkPolicy.senders.peers) }}
{{- end }}
{{- with $values.networkPolicy.prometheus.peers }}
{{- $rules = append $rules (toYaml .) }}
{{- end }}
{{- if eq .service (ternary "event-audit-dashboard" (first .enabled) (has "event-audit-dashboard" .enabled)) }}
{{- $rules = append $rules (include "auditflow.peer" (dict "root" .root "component" "test")) }}
{{- end }}
{{- if not $rules }}[]{{ end }}
{{- $port := .port }}
{{- range $index, $peers := $rules }}
{{- if $index }}{{ "\n" }}{{ end }}
{{- include "auditflow.from" (dict "peers" $peers "port" $port) }}
{{- end }}
{{- end }}

{{/* Where a service (root, service, needs, enabled) goes: its servers, behind the front door the services, the collector, the channels. */}}
{{- define "auditflow.serviceEgress" -}}
{{- $root := .root -}}
{{- $values := .root.Values -}}
{{- $rules := list -}}
{{- range .needs }}
{{- $rules = append $rules (include "auditflow.toServer" (dict "root" $root "server" .)) }}
{{- end }}
{{- if eq .service "event-audit-dashboard" }}
{{- $facts := include "auditflow.facts" . | fromYaml }}
{{- range without .enabled "event-audit-dashboard" }}
{{- $rules = append $rules (include "auditflow.to" (dict "peers" (include "auditflow.peer" (dict "root" $root "component" .)) "ports" (list (index $facts .).port))) }}
{{- end }}
{{- end }}
{{- if or $values.config.tracing.endpoint $values.config.tracing.tracesEndpoint }}
{{- $rules = append $rules (include "auditflow.to" (dict "peers" (toYaml $values.networkPolicy.tracing.peers) "ports" (include "auditflow.collectorPorts" $root | fromYaml).ports)) }}
{{- end }}
{{- if and (eq .service "notification-service") $values.networkPolicy.channels.enabled }}
{{- $rules = append $rules (include "auditflow.toChannels" $values.networkPolicy.channels) }}
{{- end }}
{{- if not $rules }}[]{{ end }}
{{- range $index, $rule := $rules }}
{{- if $index }}{{ "\n" }}{{ end }}
{{- $rule }}
{{- end }}
{{- end }}

{{/* The way to a server (root, server): the bundled pod, or where the external one is said to be. */}}
{{- define "auditflow.toServer" -}}
{{- $values := index .root.Values .server -}}
{{- if eq $values.mode "bundled" -}}
{{- $port := (index (include "auditflow.servers" . | fromYaml) .server).port -}}
{{- include "auditflow.to" (dict "peers" (include "auditflow.peer" (dict "root" .root "component" .server)) "ports" (list $port)) -}}
{{- else -}}
{{- $peers := $values.external.peers -}}
{{- range $values.external.cidrs -}}
{{- $peers = append $peers (dict "ipBlock" (dict "cidr" .)) -}}
{{- end -}}
{{- include "auditflow.to" (dict "peers" (toYaml $peers) "ports" (list $values.external.port)) -}}
{{- end -}}
{{- end }}

{{/* The ports in the URLs of the collector, as YAML. */}}
{{- define "auditflow.collectorPorts" -}}
{{- $ports := list -}}
{{- range compact (list .Values.config.tracing.endpoint .Values.config.tracing.tracesEndpoint) -}}
{{- $url := urlParse . -}}
{{- $port := regexFind "[0-9]+$" (regexFind ":[0-9]+$" $url.host) | default (ternary "443" "80" (eq $url.scheme "https")) -}}
{{- $ports = append $ports (int $port) -}}
{{- end -}}
{{- dict "ports" (uniq $ports) | toYaml -}}
{{- end }}

{{/* The outside, for channels. */}}
{{- define "auditflow.toChannels" -}}
{{- $peers := list -}}
{{- $except := .except -}}
{{- range .cidrs -}}
{{- $block := dict "cidr" . -}}
{{- if and $except (hasSuffix "/0" .) -}}
{{- $isSix := contains ":" . -}}
{{- $inside := list -}}
{{- range $except -}}
{{- if eq $isSix (contains ":" .) -}}{{- $inside = append $inside . -}}{{- end -}}
{{- end -}}
{{- if $inside -}}{{- $_ := set $block "except" $inside -}}{{- end -}}
{{- end -}}
{{- $peers = append $peers (dict "ipBlock" $block) -}}
{{- end -}}
{{- include "auditflow.to" (dict "peers" (toYaml $peers) "ports" .ports) -}}
{{- end }}
