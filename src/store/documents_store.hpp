#pragma once
#include "cairn/store/system_documents.hpp"

#include "store/context.hpp"

namespace cairn::store {

// SystemDocuments as registers of the system bucket, beside those of the buckets.
class DocumentRegisters final : public SystemDocuments {
 public:
  explicit DocumentRegisters(const Context& context) : context_(context) {}

  Task<Value> load(std::string name) override;
  Task<void> update(std::string name, Change change) override;
  Task<std::vector<Document>> list(std::string prefix) override;

 private:
  Context context_;
};

}  // namespace cairn::store
