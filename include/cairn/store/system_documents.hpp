#pragma once
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cairn/base/task.hpp"

namespace cairn::store {

// Small documents of the system: identities, policies, settings. Each is a register of its own under the
// reserved bucket, as durable and as linearizable as an object. Names are paths ("iam/users/alice") of any
// bytes but NUL, at most 1,000; values are kept in the records, so they should stay below some hundred KiB.
// Thread-safe; no caching. Errors: no_quorum (nothing changed), outcome_unknown, and what `change` answers.
class SystemDocuments {
 public:
  struct Document {
    std::string name;
    std::string value;
  };
  using Value = std::optional<std::string>;  // nothing: there is no such document
  // From the value as it is to the value as it is to be. Called inside the commit, perhaps several times;
  // pure and quick. An Error ends the update with nothing changed.
  using Change = std::function<Result<Value>(const Value& current)>;

  virtual ~SystemDocuments() = default;
  virtual Task<Value> load(std::string name) = 0;
  virtual Task<void> update(std::string name, Change change) = 0;
  // All whose name begins with `prefix`, by name.
  virtual Task<std::vector<Document>> list(std::string prefix) = 0;
};

}  // namespace cairn::store
