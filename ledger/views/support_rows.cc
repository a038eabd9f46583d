#include "ledger/views/support_rows.h"

#include "ledger/model/text.h"

namespace sworn::views::support_rows {
namespace {

// Big-endian, which sorts as the numbers do.
void AppendNumber(uint64_t number, size_t size_bytes, std::string& key) {
  for (size_t i = size_bytes; i > 0; --i) {
    key.push_back(static_cast<char>((number >> (8 * (i - 1))) & 0xFFU));
  }
}

// `text` behind its length.
void AppendText(std::string_view text, std::string& key) {
  AppendNumber(text.size(), 4, key);
  key.append(text);
}

std::string KeyOfText(std::string_view family, std::string_view text) {
  std::string key(family);
  AppendText(text, key);
  return key;
}

}  // namespace

std::string AssertionKey(const crypto::Hash& id) { return "assertion/" + std::string(crypto::AsBytes(id)); }

std::string PairPrefix(std::string_view subject_root, std::string_view object_root) {
  std::string key = KeyOfText("pair/", subject_root);
  AppendText(object_root, key);
  return key;
}

std::string SubjectPrefix(std::string_view root) { return KeyOfText("subject/", root); }
std::string ObjectPrefix(std::string_view root) { return KeyOfText("object/", root); }
std::string SourcePrefix(std::string_view root) { return KeyOfText("source/", root); }
std::string AffiliationKey(std::string_view root) { return "affiliation/" + std::string(root); }
std::string LensPrefix(std::string_view name) { return KeyOfText(kLensPrefix, name); }

std::string LensKey(std::string_view name, uint32_t version) {
  std::string key = LensPrefix(name);
  AppendNumber(UINT32_MAX - version, 4, key);
  return key;
}

std::string ExternalIdKey(std::string_view external_id) { return "external/" + std::string(external_id); }
std::string LabelPrefix(std::string_view label) { return KeyOfText("label/", model::ToLower(label)); }
std::string IndependentPrefix(std::string_view root) { return KeyOfText(kIndependentPrefix, root); }

std::string NewestFirst(uint64_t position, uint32_t portion_index) {
  std::string order;
  AppendNumber(UINT64_MAX - position, 8, order);
  AppendNumber(UINT32_MAX - portion_index, 4, order);
  return order;
}

const Identities& Entities() {
  static const Identities entities(Identities::Domain::kEntity);
  return entities;
}

const Identities& Sources() {
  static const Identities sources(Identities::Domain::kSource);
  return sources;
}

const Standings& StandingOfPortions() {
  static const Standings standings("standing/");
  return standings;
}

Joinable JoinableIdentities() { return {Entities(), Sources(), StandingOfPortions()}; }

}  // namespace sworn::views::support_rows
