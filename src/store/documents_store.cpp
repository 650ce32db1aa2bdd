#include "store/documents_store.hpp"

#include "store/listing.hpp"

namespace cairn::store {
namespace {

constexpr std::string_view kPrefix = "documents/";
constexpr char kVersion = 1;  // the first byte of a head

std::string register_of(std::string_view name) {
  return drive::record_key(drive::kSystemBucket, std::string(kPrefix).append(name));
}

Result<std::string> decode(std::string_view head) {
  if (head.empty()) return fail(Code::corrupt, "document: empty");
  if (head[0] != kVersion) return fail(Code::unsupported, "document: a later format");
  return std::string(head.substr(1));
}

Result<SystemDocuments::Value> value_of(const drive::State& state) {
  if (state.kind != drive::StateKind::object) return std::nullopt;
  TRY(std::string value, decode(state.head));
  return value;
}

}  // namespace

Task<SystemDocuments::Value> DocumentRegisters::load(std::string name) {
  std::string key = register_of(name);
  ErasureSet& set = context_.topology.set_of(key);
  CO_TRY(const Current current, co_await set.read(std::move(key), false));
  co_return value_of(current.state);
}

Task<void> DocumentRegisters::update(std::string name, Change change) {
  const Decide decide = [&change](const Current& base) -> Task<std::optional<Proposal>> {
    CO_TRY(const Value old, value_of(base.state));
    CO_TRY(const Value next, change(old));
    if (next == old) co_return std::nullopt;
    Proposal p;
    p.needs_data = false;
    if (next) {
      p.state.kind = drive::StateKind::object;
      p.state.head.push_back(kVersion);
      p.state.head += *next;
    }
    co_return p;
  };
  std::string key = register_of(name);
  ErasureSet& set = context_.topology.set_of(key);
  CO_TRY(co_await set.update(std::move(key), decide));
  co_return Status{};
}

Task<std::vector<SystemDocuments::Document>> DocumentRegisters::list(std::string prefix) {
  std::vector<Document> out;
  const std::function<Status(std::string, const std::string&)> each =
      [&out](std::string key, const std::string& head) -> Status {
    TRY(std::string value, decode(head));
    out.push_back({key.substr(kPrefix.size()), std::move(value)});
    return {};
  };
  const std::string all = std::string(kPrefix).append(prefix);
  CO_TRY(co_await for_each_head(context_, drive::kSystemBucket, all, each));
  co_return out;
}

}  // namespace cairn::store
