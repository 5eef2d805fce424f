# admin-api: writes credentials and reads back what it wrote; deletes a secret whole, by its metadata.
# It lists nothing: what to destroy is never derived from a listing.

path "secret/data/ops/operators/*" {
  capabilities = ["create", "read", "update"]
}

path "secret/metadata/ops/operators/*" {
  capabilities = ["read", "delete"]
}
