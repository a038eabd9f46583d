// What tests of the support view are made of: portions in few words, and a ledger without an engine.
//
// Thread-safety: a SupportLedger belongs to one thread.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ledger/views/lens.h"
#include "ledger/views/support.h"
#include "ledger/views/testing.h"

namespace sworn::views {

inline v1::Reference ByIndex(uint32_t index) {
  v1::Reference reference;
  reference.set_index(index);
  return reference;
}

inline v1::Reference ById(const crypto::Hash& id) {
  v1::Reference reference;
  reference.set_portion_id(std::string(crypto::AsBytes(id)));
  return reference;
}

inline v1::Reference ByExternalId(std::string_view external_id) {
  v1::Reference reference;
  reference.set_external_id(std::string(external_id));
  return reference;
}

inline v1::Portion MarkedPortion() {
  v1::Portion portion;
  portion.mutable_marking()->set_level(v1::Marking::U);
  return portion;
}

inline v1::Portion EntityPortion(std::string_view name, const std::vector<std::string>& external_ids = {}) {
  v1::Portion portion = MarkedPortion();
  portion.mutable_entity()->set_name(std::string(name));
  portion.mutable_entity()->set_kind("country");
  portion.mutable_entity()->mutable_external_ids()->Assign(external_ids.begin(), external_ids.end());
  return portion;
}

inline v1::Portion SourcePortion(std::string_view name, v1::Source::Kind kind = v1::Source::PUBLICATION) {
  v1::Portion portion = MarkedPortion();
  portion.mutable_source()->set_name(std::string(name));
  portion.mutable_source()->set_kind(kind);
  return portion;
}

// An unnamed source, of an affiliation where one is given.
inline v1::Portion UnnamedPortion(std::string_view description, const v1::Reference& affiliation = {}) {
  v1::Portion portion = SourcePortion(description, v1::Source::PERSON);
  portion.mutable_source()->set_anonymous(true);
  if (affiliation.to_case() != v1::Reference::TO_NOT_SET) {
    *portion.mutable_source()->mutable_affiliation() = affiliation;
  }
  return portion;
}

inline v1::Portion LensPortion(const v1::Lens& lens) {
  v1::Portion portion = MarkedPortion();
  *portion.mutable_lens() = lens;
  return portion;
}

inline v1::Portion JudgementPortion(v1::Judgement::Kind kind, const std::vector<v1::Reference>& targets,
                                    std::string_view reason = "") {
  v1::Portion portion = MarkedPortion();
  v1::Judgement& judgement = *portion.mutable_judgement();
  judgement.set_kind(kind);
  judgement.mutable_targets()->Assign(targets.begin(), targets.end());
  judgement.set_reason(std::string(reason));
  return portion;
}

// An assertion of `from` about `to`. By default it affirms and is attributed to nobody.
class AssertionBuilder {
 public:
  AssertionBuilder(const v1::Reference& from, const v1::Reference& to, std::string_view category) {
    *portion_.mutable_assertion()->mutable_subject()->mutable_entity() = from;
    *portion_.mutable_assertion()->mutable_object()->mutable_entity() = to;
    portion_.mutable_assertion()->set_predicate("supplies");
    portion_.mutable_assertion()->set_category(std::string(category));
    portion_.mutable_assertion()->set_polarity(v1::Assertion::AFFIRMS);
  }

  AssertionBuilder& Polarity(v1::Assertion::Polarity polarity) {
    portion_.mutable_assertion()->set_polarity(polarity);
    return *this;
  }
  AssertionBuilder& Statement(std::string_view statement) {
    portion_.mutable_assertion()->set_statement(std::string(statement));
    return *this;
  }
  // A hop of `source` that cites earlier ones.
  AssertionBuilder& Hop(const v1::Reference& source, v1::Hop::Mode mode, const std::vector<uint32_t>& cites = {}) {
    *AddHop(mode, cites).mutable_source() = source;
    return *this;
  }
  // A hop of the author.
  AssertionBuilder& AuthorHop(v1::Hop::Mode mode, const std::vector<uint32_t>& cites = {}) {
    AddHop(mode, cites);
    return *this;
  }
  // Each source cites the one before.
  AssertionBuilder& Chain(const std::vector<v1::Reference>& sources) {
    for (size_t i = 0; i < sources.size(); ++i) {
      Hop(sources[i], i == 0 ? v1::Hop::TOLD : v1::Hop::PUBLISHED,
          i == 0 ? std::vector<uint32_t>() : std::vector<uint32_t>{static_cast<uint32_t>(i - 1)});
    }
    return *this;
  }
  AssertionBuilder& DerivedFrom(const std::vector<v1::Reference>& bases) {
    portion_.mutable_assertion()->mutable_derived_from()->Assign(bases.begin(), bases.end());
    return *this;
  }
  AssertionBuilder& Quantity(std::string_view measure, std::string_view value, std::string_view unit) {
    v1::Quantity& quantity = *portion_.mutable_assertion()->add_quantities();
    quantity.set_measure(std::string(measure));
    quantity.set_value(std::string(value));
    quantity.set_unit(std::string(unit));
    quantity.set_approximate(true);
    return *this;
  }
  AssertionBuilder& Valid(std::string_view from, std::string_view until) {
    portion_.mutable_assertion()->mutable_valid()->set_from(std::string(from));
    portion_.mutable_assertion()->mutable_valid()->set_until(std::string(until));
    return *this;
  }
  AssertionBuilder& Grade(v1::Grade::Reliability reliability, v1::Grade::Credibility credibility) {
    portion_.mutable_assertion()->mutable_grade()->set_reliability(reliability);
    portion_.mutable_assertion()->mutable_grade()->set_credibility(credibility);
    return *this;
  }
  AssertionBuilder& ExternalId(std::string_view external_id, std::string_view version) {
    portion_.mutable_assertion()->add_external_ids(std::string(external_id));
    portion_.mutable_assertion()->set_external_version(std::string(version));
    return *this;
  }
  v1::Portion Build() const { return portion_; }

 private:
  v1::Hop& AddHop(v1::Hop::Mode mode, const std::vector<uint32_t>& cites) {
    v1::Hop& hop = *portion_.mutable_assertion()->add_attribution();
    hop.set_mode(mode);
    hop.mutable_cites()->Assign(cites.begin(), cites.end());
    return hop;
  }

  v1::Portion portion_ = MarkedPortion();
};

// Records reports and asks the support view. Entry 0 holds the shipped lenses.
class SupportLedger {
 public:
  SupportLedger() {
    std::vector<v1::Portion> lenses;
    for (const v1::Lens& lens : ShippedLenses()) {
      lenses.push_back(LensPortion(lens));
    }
    Record("ledger", lenses);
  }

  // Answers the portion ids.
  std::vector<crypto::Hash> Record(std::string_view author, const std::vector<v1::Portion>& portions) {
    return Record(TestEvent(size_, author, portions));
  }
  std::vector<crypto::Hash> RecordAsAdmin(std::string_view author, const std::vector<v1::Portion>& portions) {
    Event event = TestEvent(size_, author, portions);
    event.author_is_admin = true;
    return Record(event);
  }
  std::vector<crypto::Hash> Record(const Event& event) {
    rows_.Write(event.position, [&](RowWriter& rows) {
      const absl::Status applied = SupportView().Apply(event, rows);
      ASSERT_TRUE(applied.ok()) << applied;
    });
    ++size_;
    return event.report.portion_ids;
  }

  uint64_t last_position() const { return size_ - 1; }
  ViewRead View() const { return rows_.ViewAt(last_position()); }
  ViewRead ViewAt(uint64_t position) const { return rows_.ViewAt(position); }

  v1::GetSupportResponse Support(std::string_view from, std::string_view to,
                                 std::string_view lens = "officials") const {
    return SupportAt(last_position(), from, to, lens);
  }
  v1::GetSupportResponse SupportAt(uint64_t position, std::string_view from, std::string_view to,
                                   std::string_view lens = "officials") const {
    v1::GetSupportRequest request;
    request.set_from(std::string(from));
    request.set_to(std::string(to));
    request.set_lens(std::string(lens));
    const absl::StatusOr<v1::GetSupportResponse> response = GetSupport(ViewAt(position), request);
    EXPECT_TRUE(response.ok()) << response.status();
    return response.ok() ? *response : v1::GetSupportResponse();
  }

 private:
  uint64_t size_ = 0;
  TestRows rows_;
};

// The row of a category, wherever it is; an empty one where there is none.
inline v1::SupportRow RowOf(const v1::GetSupportResponse& response, std::string_view category) {
  for (const v1::SupportSide* side : {&response.direct(), &response.indirect(), &response.unassigned()}) {
    for (const v1::SupportRow& row : side->rows()) {
      if (row.category() == category) {
        return row;
      }
    }
  }
  return {};
}

inline std::string RangeText(const v1::CountRange& range) { return Concat(range.min(), "-", range.max()); }

}  // namespace sworn::views
