{{/* The pod of a service (root, service, component, facts, settings). */}}
{{- define "auditflow.podTemplate" -}}
{{- $environment := include "auditflow.environment" . -}}
metadata:
  labels:
    {{- mergeOverwrite (deepCopy .settings.podLabels) (include "auditflow.podLabels" . | fromYaml) | toYaml | nindent 4 }}
  annotations:
    {{- with .settings.podAnnotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
    # Rules and log level are not in it: they are used without a restart.
    checksum/settings: {{ sha256sum $environment }}
    checksum/credentials: {{ sha256sum (printf "%s %s" (include "auditflow.secretOf" .) .root.Values.credentials.revision) }}
spec:
  {{- include "auditflow.podHead" (dict "root" .root "user" 10001) | nindent 2 }}
  # Longer than the sleep before the end and the 8 seconds in which the program stops.
  terminationGracePeriodSeconds: 30
  {{- with .settings.priorityClassName }}
  priorityClassName: {{ . }}
  {{- end }}
  {{- with .settings.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .settings.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .settings.affinity }}
  affinity:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  topologySpreadConstraints:
    {{- include "auditflow.spread" . | nindent 4 }}
  containers:
    - name: {{ .service }}
      {{- include "auditflow.container" (dict "about" . "environment" $environment) | nindent 6 }}
  volumes:
    {{- include "auditflow.volumes" . | nindent 4 }}
{{- end }}

{{/* Its one container (about: as above; environment). */}}
{{- define "auditflow.container" -}}
{{- $settings := .about.settings -}}
image: {{ include "auditflow.image" .about.root }}
imagePullPolicy: {{ .about.root.Values.image.pullPolicy }}
args: [serve, {{ .about.service }}]
env:
  {{- .environment | nindent 2 }}
ports:
  - name: http
    containerPort: {{ .about.facts.port }}
    protocol: TCP
resources:
  {{- include "auditflow.resources" $settings.resources | nindent 2 }}
securityContext:
  {{- include "auditflow.containerSecurity" . | nindent 2 }}
startupProbe:
  {{- include "auditflow.probe" (dict "path" "/livez" "settings" $settings.startupProbe) | nindent 2 }}
livenessProbe:
  {{- include "auditflow.probe" (dict "path" "/livez" "settings" $settings.livenessProbe) | nindent 2 }}
readinessProbe:
  {{- include "auditflow.probe" (dict "path" "/readyz" "settings" $settings.readinessProbe) | nindent 2 }}
lifecycle:
  preStop:
    # Requests go on to come until every node knows that the pod ends.
    sleep:
      seconds: 5
volumeMounts:
  - name: tmp
    mountPath: /tmp
  - name: credentials
    mountPath: /run/secrets/auditflow
    readOnly: true
  - name: log-level
    mountPath: /etc/auditflow/log-level
    readOnly: true
  {{- if eq .about.service "audit-log-analysis" }}
  - name: rules
    mountPath: /etc/auditflow/rules
    readOnly: true
  {{- end }}
{{- end }}

{{/* A probe (path, settings). */}}
{{- define "auditflow.probe" -}}
httpGet:
  path: {{ .path }}
  port: http
timeoutSeconds: 5
periodSeconds: {{ int .settings.periodSeconds }}
failureThreshold: {{ int .settings.failureThreshold }}
{{- end }}

{{/* Memory is limited to what is requested; a CPU limit is only set when asked for. */}}
{{- define "auditflow.resources" -}}
requests:
  cpu: {{ .requests.cpu | quote }}
  memory: {{ .limits.memory }}
limits:
  memory: {{ .limits.memory }}
  {{- with .limits.cpu }}
  cpu: {{ . | quote }}
  {{- end }}
{{- end }}

{{/* How the pods of a service spread. */}}
{{- define "auditflow.spread" -}}
{{- $selector := dict "matchLabels" (include "auditflow.selector" . | fromYaml) -}}
{{- $standard := list (dict "maxSkew" 1 "topologyKey" "kubernetes.io/hostname" "whenUnsatisfiable" "ScheduleAnyway") -}}
{{- $constraints := list -}}
{{- range .settings.topologySpreadConstraints | default $standard }}
{{- $constraints = append $constraints (mergeOverwrite (deepCopy .) (dict "labelSelector" $selector)) }}
{{- end }}
{{- toYaml $constraints }}
{{- end }}

{{- define "auditflow.volumes" -}}
- name: tmp
  emptyDir:
    sizeLimit: 16Mi
- name: credentials
  secret:
    secretName: {{ include "auditflow.secretOf" . }}
    # 0440: for the pod's group alone.
    defaultMode: 288
    items:
      {{- include "auditflow.credentialItems" . | nindent 6 }}
- name: log-level
  configMap:
    name: {{ .root.Release.Name }}-log-level
{{- if eq .service "audit-log-analysis" }}
- name: rules
  configMap:
    name: {{ .root.Values.rules.existingConfigMap | default (printf "%s-rules" .root.Release.Name) }}
{{- end }}
{{- end }}
