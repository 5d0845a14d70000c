{{- define "boxoffice.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{- /* 40 characters leave room for the longest suffix and for what a ReplicaSet adds. */ -}}
{{- define "boxoffice.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- $name := include "boxoffice.name" . -}}
{{- if contains $name .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "boxoffice.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "boxoffice.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "boxoffice.image" -}}
{{- if .Values.image.digest -}}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" .Values.image.repository (default .Chart.AppVersion .Values.image.tag) -}}
{{- end -}}
{{- end -}}

{{- define "boxoffice.releaseSelector" -}}
app.kubernetes.io/name: {{ include "boxoffice.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- /* Takes (dict "root" $ "role" "api"). Selectors are immutable: add nothing here. */ -}}
{{- define "boxoffice.selector" -}}
{{ include "boxoffice.releaseSelector" .root }}
app.kubernetes.io/component: {{ .role }}
{{- end -}}

{{- /* Without the chart's version: a new chart alone is no reason to restart a pod. */ -}}
{{- define "boxoffice.podLabels" -}}
{{ include "boxoffice.selector" . }}
app.kubernetes.io/version: {{ include "boxoffice.version" .root }}
app.kubernetes.io/part-of: boxoffice
{{- end -}}

{{- define "boxoffice.version" -}}
{{ default .Chart.AppVersion .Values.image.tag | quote }}
{{- end -}}

{{- define "boxoffice.releaseLabels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{ include "boxoffice.releaseSelector" . }}
app.kubernetes.io/version: {{ include "boxoffice.version" . }}
app.kubernetes.io/part-of: boxoffice
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end -}}

{{- /* Takes (dict "root" $ "role" "api"). */ -}}
{{- define "boxoffice.labels" -}}
{{ include "boxoffice.releaseLabels" .root }}
app.kubernetes.io/component: {{ .role }}
{{- end -}}
