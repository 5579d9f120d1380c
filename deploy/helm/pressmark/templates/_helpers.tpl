{{/* What every object is labelled with. Called with (dict "root" $ "part" NAME). */}}
{{- define "pressmark.labels" -}}
app.kubernetes.io/name: pressmark
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .part }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end }}

{{/* What finds the pods of a part. */}}
{{- define "pressmark.selector" -}}
app.kubernetes.io/name: pressmark
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .part }}
{{- end }}

{{- define "pressmark.name" -}}
{{ printf "%s-%s" .root.Release.Name .part | trunc 63 | trimSuffix "-" }}
{{- end }}

{{/* What every pod has: nobody is root, and nobody talks to the cluster. */}}
{{- define "pressmark.pod" -}}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  seccompProfile: {type: RuntimeDefault}
{{- with .root.Values.image.pullSecrets }}
imagePullSecrets:
{{- range . }}
  - name: {{ . }}
{{- end }}
{{- end }}
{{- with .root.Values.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .root.Values.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* What every container has. Called with (dict "root" $ "part" NAME "memory" SIZE "cpu" COUNT). */}}
{{- define "pressmark.container" -}}
image: "{{ .root.Values.image.repository }}:{{ .root.Values.image.tag | default .root.Chart.AppVersion }}"
imagePullPolicy: {{ .root.Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
resources:
  requests: {cpu: 100m, memory: 256Mi}
  limits: {cpu: {{ .cpu | quote }}, memory: {{ .memory }}}
envFrom:
  - configMapRef: {name: {{ include "pressmark.name" (dict "root" .root "part" "settings") }}}
{{- end }}

{{/* The volumes and mounts that every container has. */}}
{{- define "pressmark.mounts" -}}
- {name: secrets, mountPath: /run/secrets, readOnly: true}
- {name: tmp, mountPath: /tmp}
{{- end }}

{{- define "pressmark.volumes" -}}
- name: secrets
  secret: {secretName: {{ .root.Values.secretName }}, defaultMode: 0440}
- name: tmp
  emptyDir: {sizeLimit: 256Mi}
{{- end }}

{{/* A Deployment is made anew when its settings change. */}}
{{- define "pressmark.annotations" -}}
checksum/settings: {{ include (print .root.Template.BasePath "/settings.yaml") .root | sha256sum }}
{{- end }}
