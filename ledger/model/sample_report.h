// For tests: small valid portions, and reports signed whatever they hold, so that bad ones can be made.
//
// Thread-safety: safe to call from any thread.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "ledger/crypto/dsse.h"
#include "ledger/crypto/key.h"
#include "ledger/crypto/random.h"
#include "ledger/model/limits.h"
#include "ledger/model/portion.h"
#include "sworn/v1/portion.pb.h"
#include "sworn/v1/report.pb.h"

namespace sworn::model::sample {

inline v1::Marking Unclassified() {
  v1::Marking marking;
  marking.set_level(v1::Marking::U);
  return marking;
}

inline v1::Portion Marked() {
  v1::Portion portion;
  *portion.mutable_marking() = Unclassified();
  return portion;
}

inline v1::Portion Source(const std::string& name) {
  v1::Portion portion = Marked();
  portion.mutable_source()->set_name(name);
  portion.mutable_source()->set_kind(v1::Source::ORGANISATION);
  return portion;
}

inline v1::Portion Entity(const std::string& name, const std::string& external_id) {
  v1::Portion portion = Marked();
  portion.mutable_entity()->set_name(name);
  portion.mutable_entity()->set_kind("country");
  portion.mutable_entity()->add_external_ids(external_id);
  return portion;
}

inline v1::Portion Evidence() {
  v1::Portion portion = Marked();
  portion.mutable_evidence()->set_title("The article");
  portion.mutable_evidence()->set_sha256(std::string(32, '\x7a'));
  return portion;
}

// Portion `subject` supplies portion `object`; portion `source` published it.
inline v1::Portion Assertion(uint32_t subject, uint32_t object, uint32_t source) {
  v1::Portion portion = Marked();
  v1::Assertion& assertion = *portion.mutable_assertion();
  assertion.mutable_subject()->mutable_entity()->set_index(subject);
  assertion.set_predicate("supplies");
  assertion.mutable_object()->mutable_entity()->set_index(object);
  assertion.set_category("materiel/machine-tools");
  assertion.set_statement("Exports of machine tools rose sharply.");
  assertion.set_polarity(v1::Assertion::AFFIRMS);
  v1::Hop& hop = *assertion.add_attribution();
  hop.mutable_source()->set_index(source);
  hop.set_mode(v1::Hop::PUBLISHED);
  return portion;
}

inline v1::Portion Judgement(v1::Judgement::Kind kind, const std::vector<uint32_t>& targets) {
  v1::Portion portion = Marked();
  portion.mutable_judgement()->set_kind(kind);
  for (const uint32_t target : targets) portion.mutable_judgement()->add_targets()->set_index(target);
  return portion;
}

// The portions of a small good report, and where each stands in it.
inline constexpr int kOfficials = 0;
inline constexpr int kNewspaper = 1;
inline constexpr int kChina = 2;
inline constexpr int kRussia = 3;
inline constexpr int kEvidence = 4;
inline constexpr int kAssertion = 5;

inline std::vector<v1::Portion> GoodPortions() {
  std::vector<v1::Portion> portions = {Source("US officials"),
                                       Source("European Pravda"),
                                       Entity("China", "iso3166:CN"),
                                       Entity("Russia", "iso3166:RU"),
                                       Evidence(),
                                       Assertion(kChina, kRussia, kOfficials)};
  v1::Assertion& assertion = *portions[kAssertion].mutable_assertion();
  assertion.mutable_attribution(0)->set_mode(v1::Hop::TOLD);
  v1::Hop& publication = *assertion.add_attribution();
  publication.mutable_source()->set_index(kNewspaper);
  publication.set_mode(v1::Hop::PUBLISHED);
  publication.add_cites(0);
  publication.set_said_at("2024-04-13");
  v1::Quantity& quantity = *assertion.add_quantities();
  quantity.set_measure("share of machine-tool imports");
  quantity.set_value("70");
  quantity.set_unit("%");
  quantity.set_approximate(true);
  assertion.mutable_valid()->set_from("2023-Q4");
  assertion.mutable_valid()->set_until("2023-Q4");
  assertion.mutable_grade()->set_reliability(v1::Grade::B);
  assertion.mutable_grade()->set_credibility(v1::Grade::PROBABLY_TRUE);
  assertion.add_evidence()->set_index(kEvidence);
  assertion.add_external_ids("stix:relationship--1");
  return portions;
}

inline std::vector<std::string> Serialized(const std::vector<v1::Portion>& portions) {
  std::vector<std::string> contents;
  contents.reserve(portions.size());
  for (const v1::Portion& portion : portions) contents.push_back(portion.SerializeAsString());
  return contents;
}

using ChangeHeader = std::function<void(v1::ReportHeader&)>;

// Carries and signs `contents` unchecked. `change` sees the header before it is signed.
inline v1::Report SignUnchecked(const std::vector<std::string>& contents, const crypto::PrivateKey& key,
                                absl::Time created_at, const ChangeHeader& change = nullptr) {
  v1::Report report;
  for (const std::string& content : contents) {
    v1::CarriedPortion& portion = *report.add_portions();
    portion.set_salt(crypto::RandomBytes(kSaltBytes));
    portion.set_content(content);
  }
  v1::ReportHeader header;
  header.set_author_key_id(std::string(crypto::AsBytes(key.public_key().key_id())));
  header.mutable_created_at()->set_seconds(absl::ToUnixSeconds(created_at));
  *header.mutable_banner() = Unclassified();
  header.set_portion_count(static_cast<uint32_t>(contents.size()));
  header.set_portions_root(std::string(crypto::AsBytes(*PortionsRoot(report.portions()))));
  header.set_request_id(crypto::RandomBytes(16));
  if (change) change(header);
  report.mutable_envelope()->set_payload_type(std::string(crypto::kReportHeaderPayloadType));
  report.mutable_envelope()->set_payload(header.SerializeAsString());
  crypto::SignEnvelope(key, *report.mutable_envelope()).IgnoreError();
  return report;
}

}  // namespace sworn::model::sample
