#include "api/registry_service.h"

#include <memory>

#include "api/unary_call.h"
#include "ledger/access/registry.h"
#include "ledger/crypto/hash.h"
#include "ledger/model/timestamp.h"

namespace sworn::api {
namespace {

v1::RegisteredKey Describe(const access::Registry& registry, const access::RegisteredKey& key) {
  v1::RegisteredKey description;
  description.set_key_id(crypto::ToHex(key.key.key_id()));
  description.set_algorithm(key.key.algorithm());
  description.set_purpose(key.purpose);
  description.set_principal(key.principal);
  if (const access::RegisteredPrincipal* principal = registry.FindPrincipal(key.principal); principal != nullptr) {
    for (const v1::Principal::Role role : principal->roles) description.add_roles(role);
  }
  description.set_added_at_position(key.added_at_position);
  if (key.state != v1::Key::ADD) description.set_revocation(key.state);
  if (key.compromised_since != absl::InfiniteFuture()) {
    *description.mutable_compromised_since() = model::ToTimestamp(key.compromised_since);
  }
  return description;
}

}  // namespace

grpc::ServerUnaryReactor* RegistryService::ListKeys(grpc::CallbackServerContext* context,
                                                    const v1::ListKeysRequest* /*request*/,
                                                    v1::ListKeysResponse* response) {
  return RunOnPool<v1::ListKeysResponse>(workers_, default_deadline_, context, response, [this](const UnaryCall&) {
    const std::shared_ptr<const access::Registry> registry = log_.registry();
    v1::ListKeysResponse keys;
    for (const auto& [key_id, key] : registry->keys()) *keys.add_keys() = Describe(*registry, key);
    return keys;
  });
}

}  // namespace sworn::api
