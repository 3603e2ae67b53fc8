{{- define "modelpoc.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 52 | trimSuffix "-" -}}
{{- else -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if contains $name .Release.Name -}}
{{- .Release.Name | trunc 52 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 52 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "modelpoc.selector" -}}
app.kubernetes.io/name: {{ default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "modelpoc.labels" -}}
{{ include "modelpoc.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/part-of: modelpoc
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "modelpoc.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "modelpoc.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- required "serviceAccount.name: name the ServiceAccount that exists, or let the chart create one (serviceAccount.create)" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "modelpoc.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ default .Chart.AppVersion .Values.image.tag }}
{{- end -}}
{{- end -}}

{{- /* The program's words. Only what was set is passed on: the program knows its own defaults. */ -}}
{{- define "modelpoc.args" -}}
- operator
- --http-port=8080
- --leader-elect
- --lease-name=modelpoc-operator
- --lease-duration={{ .Values.leaderElection.leaseDuration }}
- --renew-deadline={{ .Values.leaderElection.renewDeadline }}
- --retry-period={{ .Values.leaderElection.retryPeriod }}
- --log-level={{ .Values.logLevel }}
{{- range $name, $option := dict "workers" "workers" "poll" "poll" "fastResync" "fast-resync" "deepResync" "deep-resync" "stalledRetry" "stalled-retry" "sweep" "sweep" "probePatience" "probe-patience" "doubt" "doubt" "linger" "linger" }}
{{- $value := index $.Values.operator $name }}
{{- if not (kindIs "invalid" $value) }}
- --{{ $option }}={{ $value }}
{{- end }}
{{- end }}
{{- include "modelpoc.syncArgs" .Values.sync }}
{{- range .Values.extraArgs }}
- {{ . | quote }}
{{- end }}
{{- end -}}

{{- define "modelpoc.syncArgs" -}}
{{- if .repo }}
- --sync-repo={{ .repo }}
- --sync-branch={{ .branch }}
- --sync-path={{ .path }}
- --sync-namespace={{ .namespace }}
- --sync-interval={{ .interval }}
- {{ ternary "--sync-prune" "--no-sync-prune" .prune }}
- --sync-prune-share={{ .pruneShare }}
- --sync-max-size={{ .maxSize }}
{{- with .credentialsSecret.name }}
- --sync-credentials-secret={{ $.credentialsSecret.namespace | default $.namespace }}/{{ . }}
{{- end }}
{{- with .statusApi }}
- --sync-status-api={{ . }}
{{- end }}
{{- with .statusRepo }}
- --sync-status-repo={{ . }}
{{- end }}
{{- if .webhook.enabled }}
- --sync-webhook-port={{ .webhook.port }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "modelpoc.rules" -}}
{{- range . }}
- {{ toYaml . | nindent 2 | trim }}
{{- end }}
{{- end -}}
