#include "ledger/views/engine.h"
#include "ledger/views/provenance.h"
#include "ledger/views/support.h"

namespace sworn::views {

std::vector<std::unique_ptr<View>> AllViews() {
  std::vector<std::unique_ptr<View>> views;
  views.push_back(std::make_unique<SupportView>());
  views.push_back(std::make_unique<ProvenanceView>());
  return views;
}

}  // namespace sworn::views
