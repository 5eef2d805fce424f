# internal-api: hands credentials to smpp-connector and changes nothing.

path "secret/data/ops/operators/*" {
  capabilities = ["read"]
}
