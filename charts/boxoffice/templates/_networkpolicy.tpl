{{- /* Takes (dict "root" $ "role" "api"): name resolution, the stores of the role's
credentials, and what the values add. */ -}}
{{- define "boxoffice.egress" -}}
{{- $policy := .root.Values.networkPolicy -}}
{{- $credentials := include "boxoffice.credentials" .root | fromYaml -}}
- ports:
    - {port: 53, protocol: UDP}
    - {port: 53, protocol: TCP}
  {{- with $policy.dnsTo }}
  to: {{- toYaml . | nindent 4 }}
  {{- end }}
{{- $reached := list -}}
{{- range (index (include "boxoffice.roles" .root | fromYaml) .role).credentials }}
{{- with (index $credentials .).store }}
{{- $reached = append $reached . }}
{{- end }}
{{- end }}
{{- range uniq $reached }}
{{- $store := index $policy.stores . }}
- ports:
    {{- range $store.ports }}
    - {port: {{ . }}, protocol: TCP}
    {{- end }}
  {{- with $store.to }}
  to: {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}
{{- with index $policy.extraEgress (include "boxoffice.valuesKey" .) }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- /* Takes (dict "root" $ "role" "api"). An empty list lets nobody in. */ -}}
{{- define "boxoffice.ingressRules" -}}
{{- $policy := .root.Values.networkPolicy -}}
{{- $port := (index (include "boxoffice.roles" .root | fromYaml) .role).port -}}
{{- if eq .role "api" }}
- ports:
    - {port: {{ $port.number }}, protocol: TCP}
  from:
    {{- with $policy.httpFrom }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
    - podSelector:
        matchLabels: {{- include "boxoffice.selector" (dict "root" .root "role" "test") | nindent 10 }}
{{- end }}
{{- if and .root.Values.metrics.serviceMonitor.enabled $policy.metricsFrom }}
- ports:
    - {port: {{ $port.number }}, protocol: TCP}
  from: {{- toYaml $policy.metricsFrom | nindent 4 }}
{{- end }}
{{- end -}}
