{{- define "boxoffice.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
capabilities: {drop: [ALL]}
seccompProfile: {type: RuntimeDefault}
{{- end -}}

{{- define "boxoffice.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
fsGroupChangePolicy: OnRootMismatch
seccompProfile: {type: RuntimeDefault}
{{- end -}}

{{- /*
What every pod of the chart shares. Service links are off because the settings refuse
unknown BOXOFFICE_* variables, and a Service named boxoffice-… would inject some.
*/ -}}
{{- define "boxoffice.podDefaults" -}}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext: {{- include "boxoffice.podSecurity" . | nindent 2 }}
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
{{- range . }}
  - name: {{ . }}
{{- end }}
{{- end }}
{{- end -}}

{{- /* Takes (dict "values" .Values.api): where the pods of one role may run. */ -}}
{{- define "boxoffice.placement" -}}
{{- with .values.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.affinity }}
affinity: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- end -}}

{{- /* Whose word the api takes for the scheme of a request; empty means loopback's alone. */ -}}
{{- define "boxoffice.trustedProxies" -}}
{{- .Values.api.trustedProxies | default (.Values.ingress.enabled | ternary "*" "") -}}
{{- end -}}

{{- /* Takes (dict "root" $ "role" "api"). */ -}}
{{- define "boxoffice.environment" -}}
{{- $role := index (include "boxoffice.roles" .root | fromYaml) .role -}}
{{- $credentials := include "boxoffice.credentials" .root | fromYaml -}}
{{- $own := index .root.Values (include "boxoffice.valuesKey" .) -}}
- name: BOXOFFICE_DATA
  value: /tmp/boxoffice
{{- with $own.drainSeconds }}
- name: BOXOFFICE_DRAIN_S
  value: {{ . | quote }}
{{- end }}
{{- range $role.credentials }}
{{- $credential := index $credentials . }}
- name: {{ $credential.variable }}
  value: /etc/boxoffice/secrets/{{ $credential.file }}
{{- end }}
{{- if and (eq .role "api") (include "boxoffice.trustedProxies" .root) }}
- name: FORWARDED_ALLOW_IPS
  value: {{ include "boxoffice.trustedProxies" .root | quote }}
{{- end }}
{{- range $name, $value := merge (dict) $own.settings .root.Values.settings }}
- name: {{ $name }}
  value: {{ $value | quote }}
{{- end }}
{{- end -}}

{{- /* Takes (dict "root" $ "role" "api"). */ -}}
{{- define "boxoffice.volumes" -}}
{{- $role := index (include "boxoffice.roles" .root | fromYaml) .role -}}
{{- $credentials := include "boxoffice.credentials" .root | fromYaml -}}
{{- $secrets := .root.Values.secrets -}}
- name: scratch
  emptyDir: {sizeLimit: 64Mi}
- name: secrets
  projected:
    defaultMode: 0440
    sources:
    {{- range $role.credentials }}
    {{- $secret := index $secrets . }}
      - secret:
          name: {{ $secret.name }}
          items:
            - key: {{ $secret.key }}
              path: {{ (index $credentials .).file }}
    {{- end }}
{{- end -}}

{{- /* Takes (dict "root" $ "role" "api"): the one container, without ports and probes. */ -}}
{{- define "boxoffice.container" -}}
{{- $role := index (include "boxoffice.roles" .root | fromYaml) .role -}}
name: {{ .role }}
image: {{ include "boxoffice.image" .root | quote }}
imagePullPolicy: {{ .root.Values.image.pullPolicy }}
args: {{ toJson $role.args }}
env: {{- include "boxoffice.environment" . | nindent 2 }}
securityContext: {{- include "boxoffice.containerSecurity" .root | nindent 2 }}
resources: {{- toYaml (index .root.Values (include "boxoffice.valuesKey" .)).resources | nindent 2 }}
volumeMounts:
  - name: secrets
    mountPath: /etc/boxoffice/secrets
    readOnly: true
  - name: scratch
    mountPath: /tmp
{{- end -}}

{{- /* Takes the port's name. The first check waits out a long start; then liveness asks only
whether the process turns, and readiness whether it may be given work. */ -}}
{{- define "boxoffice.probes" -}}
startupProbe:
  httpGet: {path: /livez, port: {{ . }}}
  periodSeconds: 2
  timeoutSeconds: 2
  failureThreshold: 60
livenessProbe:
  httpGet: {path: /livez, port: {{ . }}}
  periodSeconds: 10
  timeoutSeconds: 3
  failureThreshold: 3
readinessProbe:
  httpGet: {path: /readyz, port: {{ . }}}
  periodSeconds: 5
  timeoutSeconds: 3
  failureThreshold: 2
{{- end -}}
