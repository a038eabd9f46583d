#include "ledger/views/lens.h"

#include <google/protobuf/text_format.h>

#include "ledger/views/lens_texts.h"

namespace sworn::views {

const std::vector<v1::Lens>& ShippedLenses() {
  static const std::vector<v1::Lens> lenses = [] {
    std::vector<v1::Lens> parsed;
    for (const std::string_view text : ShippedLensTexts()) {
      // A text that does not parse is left out here and found by the tests: the data is fixed at build time.
      v1::Lens lens;
      if (google::protobuf::TextFormat::ParseFromString(std::string(text), &lens)) {
        parsed.push_back(std::move(lens));
      }
    }
    return parsed;
  }();
  return lenses;
}

Classified Classify(const v1::Lens& lens, std::string_view category) {
  for (std::string_view path = category; !path.empty();) {
    for (const v1::Lens::Rule& rule : lens.rules()) {
      if (rule.category() == path) {
        return {rule.support_class(), rule.code(), rule.category()};
      }
    }
    const size_t slash = path.rfind('/');
    path = slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
  }
  return {lens.otherwise(), "", ""};
}

}  // namespace sworn::views
