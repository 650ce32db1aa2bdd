#include "iam/json_tree.hpp"

#include <nlohmann/json.hpp>

namespace cairn::iam {
namespace {

using nlohmann::json;

// Builds the tree from the parser's events; returns false to stop it, with the reason in `problem`.
class TreeBuilder : public nlohmann::json_sax<json> {
 public:
  TreeBuilder(JsonNode& root, const JsonLimits& limits) : root_(root), limits_(limits) {}

  std::string problem;

  bool null() override { return add({}) != nullptr; }
  bool boolean(bool value) override { return scalar(value ? "true" : "false"); }
  bool number_integer(number_integer_t value) override { return scalar(std::to_string(value)); }
  bool number_unsigned(number_unsigned_t value) override { return scalar(std::to_string(value)); }
  bool number_float(number_float_t, const string_t& text) override { return scalar(text); }
  bool string(string_t& text) override {
    return add({JsonNode::Kind::string, std::move(text), {}, {}}) != nullptr;
  }
  bool binary(binary_t&) override { return stop("A policy holds no binary values"); }
  bool start_object(std::size_t) override { return open(JsonNode::Kind::object); }
  bool start_array(std::size_t) override { return open(JsonNode::Kind::array); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }

  bool key(string_t& name) override {
    JsonNode& object = *open_.back();
    if (object.find(name)) return stop("Duplicate element " + name);
    object.members.push_back({std::move(name), {}});
    return true;
  }

  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) override {
    return stop("Policies must be valid JSON: error at byte " + std::to_string(position));
  }

 private:
  bool stop(std::string reason) {
    problem = std::move(reason);
    return false;
  }

  bool scalar(std::string text) { return add({JsonNode::Kind::scalar, std::move(text), {}, {}}) != nullptr; }

  // Puts the node where the parser stands. What is open lies on the path from the root to the newest node,
  // and a vector only grows at its newest element, so the pointers in open_ stay good.
  JsonNode* add(JsonNode node) {
    if (++count_ > limits_.nodes) {
      stop("The policy has too many elements");
      return nullptr;
    }
    if (open_.empty()) {
      root_ = std::move(node);
      return &root_;
    }
    JsonNode& parent = *open_.back();
    JsonNode& place =
        parent.is(JsonNode::Kind::array) ? parent.items.emplace_back() : parent.members.back().value;
    place = std::move(node);
    return &place;
  }

  bool open(JsonNode::Kind kind) {
    if (open_.size() >= limits_.depth) return stop("The policy is nested too deeply");
    JsonNode* node = add({kind, {}, {}, {}});
    if (node) open_.push_back(node);
    return node != nullptr;
  }

  bool close() {
    open_.pop_back();
    return true;
  }

  JsonNode& root_;
  JsonLimits limits_;
  std::vector<JsonNode*> open_;
  std::size_t count_ = 0;
};

}  // namespace

const JsonNode* JsonNode::find(std::string_view name) const {
  for (const auto& [key, value] : members)
    if (key == name) return &value;
  return nullptr;
}

Result<JsonNode> parse_json(std::string_view text, const JsonLimits& limits) {
  JsonNode root;
  TreeBuilder builder(root, limits);
  if (json::sax_parse(text.begin(), text.end(), &builder)) return root;
  return fail(Code::malformed_policy, builder.problem);
}

}  // namespace cairn::iam
