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
app.kubernetes.io/component: operator
{{- end -}}

{{- /* Also of the Pods of hooks, which no Service and no budget may take for the operator. */ -}}
{{- define "modelpoc.instance" -}}
app.kubernetes.io/name: {{ default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "modelpoc.labels" -}}
{{ include "modelpoc.instance" . }}
{{ include "modelpoc.rest" . }}
{{- end -}}

{{- define "modelpoc.rest" -}}
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

{{- /* What a schema cannot say. */ -}}
{{- define "modelpoc.checked" -}}
{{- with .Values.leaderElection }}
{{- if not (gt (float64 .leaseDuration) (float64 .renewDeadline)) }}
{{- fail "leaderElection.renewDeadline: less than leaseDuration, so that a leader stops before another takes over" }}
{{- end }}
{{- if not (gt (float64 .renewDeadline) (mulf 1.2 .retryPeriod)) }}
{{- fail "leaderElection.retryPeriod: less than renewDeadline by a fifth and more, so that a renewal can be tried again" }}
{{- end }}
{{- end }}
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
{{- range .Values.secrets.namespaces }}
- --secret-namespace={{ . }}
{{- end }}
{{- include "modelpoc.syncArgs" .Values.sync }}
{{- range .Values.extraArgs }}
- {{ . | quote }}
{{- end }}
{{- end -}}

{{- define "modelpoc.syncArgs" -}}
{{- if .repo }}
- --sync-repo={{ .repo }}
- {{ printf "--sync-branch=%s" .branch | quote }}
- {{ printf "--sync-path=%s" .path | quote }}
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

{{- /* Where the repository listens, unless that is 443. */ -}}
{{- define "modelpoc.repoPort" -}}
{{- if contains "://" .repo -}}
{{- $own := regexFind ":[0-9]+$" (urlParse .repo).host -}}
{{- if $own -}}
{{- trimPrefix ":" $own -}}
{{- else if hasPrefix "ssh://" .repo -}}
22
{{- else if hasPrefix "http://" .repo -}}
80
{{- end -}}
{{- else if .repo -}}
22
{{- end -}}
{{- end -}}

{{- /* Of every Pod: nobody of note, and what the restricted level of Pod security asks for. */ -}}
{{- define "modelpoc.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{- define "modelpoc.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
capabilities:
  drop: [ALL]
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{- /* Where Pods may run, and with which Secrets images are pulled. */ -}}
{{- define "modelpoc.placing" -}}
{{- with .Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- /* A Job of a hook: `name`, `account`, `container` (its command, args and env) and `root`. */ -}}
{{- define "modelpoc.job" -}}
spec:
  backoffLimit: {{ .retries }}
  activeDeadlineSeconds: 90
  ttlSecondsAfterFinished: 3600
  template:
    metadata:
      labels:
        {{- include "modelpoc.instance" .root | nindent 8 }}
        app.kubernetes.io/component: {{ .component }}
        {{- include "modelpoc.rest" .root | nindent 8 }}
        {{- with .root.Values.podLabels }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
    spec:
      serviceAccountName: {{ .account }}
      automountServiceAccountToken: true
      enableServiceLinks: false
      restartPolicy: Never
      securityContext:
        {{- include "modelpoc.podSecurity" .root | nindent 8 }}
      containers:
        - name: {{ .component }}
          image: {{ include "modelpoc.image" .root | quote }}
          imagePullPolicy: {{ .root.Values.image.pullPolicy }}
          {{- .container | trim | nindent 10 }}
          resources:
            requests:
              cpu: 50m
              memory: 128Mi
              ephemeral-storage: 16Mi
            limits:
              cpu: "1"
              memory: 256Mi
              ephemeral-storage: 64Mi
          securityContext:
            {{- include "modelpoc.containerSecurity" .root | nindent 12 }}
          volumeMounts:
            - name: tmp
              mountPath: /tmp
      volumes:
        - name: tmp
          emptyDir:
            sizeLimit: 16Mi
      {{- include "modelpoc.placing" .root | nindent 6 }}
{{- end -}}

{{- define "modelpoc.subjects" -}}
- kind: ServiceAccount
  name: {{ include "modelpoc.serviceAccount" . }}
  namespace: {{ .Release.Namespace }}
{{- end -}}
{{- /* A Role of these rules in one namespace, bound to the operator. */ -}}
{{- define "modelpoc.role" -}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: {{ .name }}
  namespace: {{ .namespace }}
  labels:
    {{- include "modelpoc.labels" .root | nindent 4 }}
rules:
  {{- toYaml .rules | nindent 2 }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: {{ .name }}
  namespace: {{ .namespace }}
  labels:
    {{- include "modelpoc.labels" .root | nindent 4 }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: {{ .name }}
subjects:
  {{- include "modelpoc.subjects" .root | nindent 2 }}
{{- end -}}

{{- define "modelpoc.crdsHook" -}}
helm.sh/hook: pre-upgrade
helm.sh/hook-weight: {{ . | quote }}
helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded,hook-failed
{{- end -}}

{{- define "modelpoc.left" -}}
command: [sh, -c]
args:
  - modelpoc status --all-namespaces || true; printf '\n%s\n' "$NOTE"
env:
  - name: NOTE
    value: |
      The operator goes; these POCs, their platforms and everything in AWS stay as they are, and cost what they
      cost. Installed again, it goes on where it stopped. Until then changes have no effect, and a POC that is
      deleted stays in Terminating (its finalizer waits for the operator), as does its namespace.
      To take everything away, do that first: kubectl delete modelpocs --all --all-namespaces, then
      kubectl delete modelplatforms --all, and when both are gone, helm uninstall.
{{- end -}}
