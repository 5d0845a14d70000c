{{- /*
What each role runs and what it may know. The credentials of a role decide the files it
is given and, through the store behind each, the doors that its NetworkPolicy opens.
*/ -}}
{{- define "boxoffice.roles" -}}
api:
  args: [serve, --role, api, --host, 0.0.0.0, --port, "8000"]
  port: {name: http, number: 8000}
  credentials: [logUrl, mongoUrl, redisUrl, secret, publicUrl, paymentsUrl, paymentsKey, paymentsWebhookSecrets]
relay:
  args: [relay]
  port: {name: ops, number: 9000}
  credentials: [logUrl, kafkaUrl]
projector:
  args: [project]
  port: {name: ops, number: 9000}
  credentials: [logUrl, kafkaUrl, mongoUrl, redisUrl]
reactor:
  args: [react]
  port: {name: ops, number: 9000}
  credentials: [logUrl, secret, publicUrl, paymentsUrl, paymentsKey]
migration:
  args: [migrate, --phase, pre]
  credentials: [migratorUrl, logUrl, kafkaUrl]
migrate-post:
  args: [migrate, --phase, post]
  credentials: [migratorUrl]
  values: migration
{{- end -}}

{{- /* What the Ingress leads to the api, as a YAML list. /livez, /readyz and /metrics are for
the cluster alone. ingress-nginx lets no dot into an Exact or Prefix path. */ -}}
{{- define "boxoffice.publicPaths" -}}
- {path: /, pathType: Exact}
- {path: /openapi.json, pathType: ImplementationSpecific}
{{- range list "/v1" "/performances" "/orders" "/exchanges" "/staff" "/live" "/levels" "/static" "/problems" }}
- {path: {{ . }}, pathType: Prefix}
{{- end }}
{{- end -}}

{{- /* Takes (dict "root" $ "role" "api"): the key of the values that belong to the role. */ -}}
{{- define "boxoffice.valuesKey" -}}
{{- (index (include "boxoffice.roles" .root | fromYaml) .role).values | default .role -}}
{{- end -}}

{{- define "boxoffice.credentials" -}}
logUrl: {variable: BOXOFFICE_LOG_URL_FILE, file: log-url, store: postgres}
migratorUrl: {variable: BOXOFFICE_MIGRATOR_URL_FILE, file: migrator-url, store: postgres}
kafkaUrl: {variable: BOXOFFICE_KAFKA_URL_FILE, file: kafka-url, store: kafka}
mongoUrl: {variable: BOXOFFICE_MONGO_URL_FILE, file: mongo-url, store: mongo}
redisUrl: {variable: BOXOFFICE_REDIS_URL_FILE, file: redis-url, store: redis}
secret: {variable: BOXOFFICE_SECRET_FILE, file: secret}
publicUrl: {variable: BOXOFFICE_PUBLIC_URL_FILE, file: public-url}
paymentsUrl: {variable: BOXOFFICE_PAYMENTS_URL_FILE, file: payments-url, store: payments}
paymentsKey: {variable: BOXOFFICE_PAYMENTS_KEY_FILE, file: payments-key, store: payments}
paymentsWebhookSecrets: {variable: BOXOFFICE_PAYMENTS_WEBHOOK_SECRETS_FILE, file: payments-webhook-secrets}
{{- end -}}

{{- /* The roles that run all the time, as a JSON list. */ -}}
{{- define "boxoffice.longRunning" -}}
["api", "relay", "projector", "reactor"]
{{- end -}}

{{- /* Takes (dict "root" $ "role" "api"); "true" when somebody else sets the replicas. */ -}}
{{- define "boxoffice.autoscaled" -}}
{{- if eq .role "api" -}}
{{- .root.Values.api.autoscaling.enabled | ternary "true" "" -}}
{{- else if eq .role "projector" -}}
{{- .root.Values.projector.keda.enabled | ternary "true" "" -}}
{{- end -}}
{{- end -}}

{{- /* Takes (dict "root" $ "role" "api"); the most pods that the role can have. */ -}}
{{- define "boxoffice.replicasMax" -}}
{{- $values := index .root.Values .role -}}
{{- if not (include "boxoffice.autoscaled" .) -}}
{{- $values.replicas -}}
{{- else if eq .role "api" -}}
{{- $values.autoscaling.maxReplicas -}}
{{- else -}}
{{- $values.keda.maxReplicas -}}
{{- end -}}
{{- end -}}
