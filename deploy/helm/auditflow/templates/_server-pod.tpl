{{/* The pod of a bundled server (root, component, facts, bundled, memory). */}}
{{- define "auditflow.serverPod" -}}
metadata:
  labels:
    {{- include "auditflow.podLabels" . | nindent 4 }}
  annotations:
    checksum/credentials: {{ sha256sum (printf "%s %s" .root.Values.credentials.existingSecret .root.Values.credentials.revision) }}
    {{- if eq .component "rabbitmq" }}
    checksum/config: {{ include "auditflow.rabbitmqSettings" .root | sha256sum }}
    {{- end }}
spec:
  {{- include "auditflow.podHead" (dict "root" .root "user" (int .facts.user)) | nindent 2 }}
  terminationGracePeriodSeconds: {{ int .facts.grace }}
  {{- with .bundled.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .bundled.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  containers:
    - name: {{ .component }}
      image: {{ .bundled.image | default .facts.image }}
      imagePullPolicy: IfNotPresent
      ports:
        - name: {{ .component }}
          containerPort: {{ int .facts.port }}
          protocol: TCP
      resources:
        requests:
          cpu: {{ .bundled.cpu | default .facts.cpu | quote }}
          memory: {{ .memory }}
        limits:
          memory: {{ .memory }}
      securityContext:
        {{- include "auditflow.containerSecurity" . | nindent 8 }}
      {{- include (printf "auditflow.%s" .component) . | nindent 6 }}
  volumes:
    {{- with .bundled.existingClaim }}
    - name: data
      persistentVolumeClaim:
        claimName: {{ . }}
    {{- end }}
    - name: tmp
      emptyDir:
        sizeLimit: 64Mi
    {{- include (printf "auditflow.%sVolumes" .component) . | nindent 4 }}
{{- end }}

{{/* The probes of a server (probe: what is asked; startSeconds). A slow one is not killed: its data would not come sooner. */}}
{{- define "auditflow.serverProbes" -}}
startupProbe:
  {{- .probe | nindent 2 }}
  timeoutSeconds: 10
  periodSeconds: 5
  failureThreshold: {{ div (int .startSeconds) 5 }}
readinessProbe:
  {{- .probe | nindent 2 }}
  timeoutSeconds: 10
  periodSeconds: 10
  failureThreshold: 3
livenessProbe:
  {{- .probe | nindent 2 }}
  timeoutSeconds: 10
  periodSeconds: 20
  failureThreshold: 6
{{- end }}

{{/* A file of the Secret for a server (root, key). */}}
{{- define "auditflow.serverSecret" -}}
- name: credentials
  secret:
    secretName: {{ .root.Values.credentials.existingSecret }}
    # 0440: for the pod's group alone.
    defaultMode: 288
    items:
      - {key: {{ .key }}, path: {{ .key }}}
{{- end }}

{{- define "auditflow.postgresql" -}}
env:
  - {name: POSTGRES_USER, value: auditflow}
  - {name: POSTGRES_DB, value: auditflow}
  - {name: POSTGRES_PASSWORD_FILE, value: /run/secrets/auditflow/postgresql-password}
  - {name: POSTGRES_INITDB_ARGS, value: --auth-host=scram-sha-256 --data-checksums}
  # A folder below the volume's root, which may hold lost+found.
  - {name: PGDATA, value: /var/lib/postgresql/data/pgdata}
{{- $probe := dict "exec" (dict "command" (list "pg_isready" "--host" "127.0.0.1" "--username" "auditflow" "--dbname" "auditflow")) | toYaml }}
{{ include "auditflow.serverProbes" (dict "probe" $probe "startSeconds" 300) }}
volumeMounts:
  - {name: data, mountPath: /var/lib/postgresql/data}
  - {name: credentials, mountPath: /run/secrets/auditflow, readOnly: true}
  - {name: run, mountPath: /var/run/postgresql}
  - {name: memory, mountPath: /dev/shm}
  - {name: tmp, mountPath: /tmp}
{{- end }}

{{- define "auditflow.postgresqlVolumes" -}}
{{ include "auditflow.serverSecret" (dict "root" .root "key" "postgresql-password") }}
- name: run
  emptyDir:
    sizeLimit: 1Mi
- name: memory
  emptyDir:
    medium: Memory
    sizeLimit: 128Mi
{{- end }}

{{- define "auditflow.rabbitmq" -}}
# Else the limit of open files sizes a table in memory, and with some container engines there is none.
env:
  - {name: RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS, value: +Q 65536}
{{- $probe := dict "tcpSocket" (dict "port" "rabbitmq") | toYaml }}
{{ include "auditflow.serverProbes" (dict "probe" $probe "startSeconds" 600) }}
volumeMounts:
  - {name: home, mountPath: /var/lib/rabbitmq}
  - {name: data, mountPath: /var/lib/rabbitmq/mnesia}
  - {name: config, mountPath: /etc/rabbitmq/conf.d, readOnly: true}
  - {name: credentials, mountPath: /run/secrets/auditflow, readOnly: true}
  - {name: log, mountPath: /var/log/rabbitmq}
  - {name: tmp, mountPath: /tmp}
{{- end }}

{{- define "auditflow.rabbitmqVolumes" -}}
{{ include "auditflow.serverSecret" (dict "root" .root "key" "rabbitmq-definitions.json") }}
- name: config
  configMap:
    name: {{ .root.Release.Name }}-rabbitmq
- name: home
  emptyDir:
    sizeLimit: 16Mi
- name: log
  emptyDir:
    sizeLimit: 16Mi
{{- end }}

{{/* No default user: users and their rights come from the Secret, at every start. Management is off; nothing needs it. */}}
{{- define "auditflow.rabbitmqSettings" -}}
{{- $memory := .Values.rabbitmq.bundled.memory | default (include "auditflow.servers" . | fromYaml).rabbitmq.memory -}}
log.console = true
log.file = false
load_definitions = /run/secrets/auditflow/rabbitmq-definitions.json
total_memory_available_override_value = {{ mul (include "auditflow.mebibytes" $memory | int) 1048576 }}
disk_free_limit.absolute = 500MB
{{- end }}

{{/* A command of its own, so that the image's script does not try to become another user. */}}
{{- define "auditflow.redis" -}}
command:
  - redis-server
args:
  - --dir
  - /data
  - --appendonly
  - "yes"
  - --appendfsync
  - everysec
  - --save
  - ""
  - --maxmemory
  - {{ div (mul 6 (include "auditflow.mebibytes" .memory | int)) 10 }}mb
  - --maxmemory-policy
  - noeviction
  - --aclfile
  - /run/secrets/auditflow/redis-users.acl
{{- $probe := dict "exec" (dict "command" (list "sh" "-c" "redis-cli ping 2>&1 | grep -Eq 'PONG|NOAUTH'")) | toYaml }}
# Whoever has no password is told so by a server that works.
{{ include "auditflow.serverProbes" (dict "probe" $probe "startSeconds" 300) }}
volumeMounts:
  - {name: data, mountPath: /data}
  - {name: credentials, mountPath: /run/secrets/auditflow, readOnly: true}
  - {name: tmp, mountPath: /tmp}
{{- end }}

{{- define "auditflow.redisVolumes" -}}
{{ include "auditflow.serverSecret" (dict "root" .root "key" "redis-users.acl") }}
{{- end }}
