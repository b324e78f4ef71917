{{/* Labels that select the pods of a component (root, component). They never change. */}}
{{- define "auditflow.selector" -}}
app.kubernetes.io/name: auditflow
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{/* All labels of a pod of a component (root, component). */}}
{{- define "auditflow.podLabels" -}}
{{ include "auditflow.selector" . }}
app.kubernetes.io/part-of: auditflow
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
{{- end }}

{{/* All labels of an object of a component (root, component). A pod is not made anew because the chart is another. */}}
{{- define "auditflow.labels" -}}
{{ include "auditflow.podLabels" . }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- end }}

{{/* Name, namespace and labels of an object (root, component, name: what follows the release). */}}
{{- define "auditflow.metadata" -}}
name: {{ .root.Release.Name }}-{{ .name | default .component }}
namespace: {{ .root.Release.Namespace }}
labels:
  {{- include "auditflow.labels" . | nindent 2 }}
{{- end }}

{{/* The account of every pod. */}}
{{- define "auditflow.serviceAccountName" -}}
{{- .Values.serviceAccount.name | default (printf "%s-services" .Release.Name) -}}
{{- end }}
