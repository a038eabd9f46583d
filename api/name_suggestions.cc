#include "api/name_suggestions.h"

#include <string>
#include <vector>

#include "absl/strings/str_join.h"
#include "ledger/model/refusal.h"
#include "ledger/model/text.h"
#include "ledger/views/provenance.h"
#include "ledger/views/search.h"

namespace sworn::api {

absl::Status WithSuggestions(const absl::Status& refused, const google::protobuf::Message& request,
                             const v1::AnsweredAsOf& as_of, const views::ViewEngine& engine, absl::Time deadline) {
  if (model::ReasonOf(refused) != v1::Refusal::NOT_FOUND) return refused;
  v1::AsOf moment;
  moment.set_position(as_of.position());
  const absl::StatusOr<views::ViewRead> names = engine.Read(views::kProvenanceView, moment, deadline);
  // They are no more than a help: the refusal stands without them.
  if (!names.ok()) return refused;
  const absl::StatusOr<std::vector<std::string>> suggestions = views::SuggestNames(request, *names->rows);
  if (!suggestions.ok() || suggestions->empty()) return refused;
  const auto quote = [](std::string* out, const std::string& name) { out->append(model::Concat("\"", name, "\"")); };
  return model::Refuse(v1::Refusal::NOT_FOUND, model::Concat(model::MessageOf(refused), "; did you mean ",
                                                             absl::StrJoin(*suggestions, " or ", quote), "?"));
}

}  // namespace sworn::api
