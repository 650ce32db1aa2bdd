#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "cairn/base/task.hpp"
#include "cairn/iam/identity_store.hpp"
#include "cairn/iam/request_facts.hpp"
#include "cairn/s3wire/uri.hpp"

namespace cairn::iam {

// The two query APIs: IAM (2010-05-08) and STS (2011-06-15). A request is a form: Action, Version and the
// parameters of the action, lists as "Tags.member.1.Key".
enum class QueryService : std::uint8_t { iam, sts };
QueryService query_service(const s3wire::Query& form);      // by its Action
std::string_view query_service_name(QueryService service);  // as signatures name it

inline constexpr std::size_t kMaxForm = 256u << 10;  // bytes of a form

struct QueryRequest {
  const s3wire::Query& form;
  IdentityPtr caller;  // authenticated; anonymous_identity() where nobody signed
  RequestFacts facts;
  std::string request_id;
};
struct QueryAnswer {
  int status = 200;
  std::string xml;
};

// Answers requests of the query APIs over an identity store: authorizes the caller by iam:* and sts:* actions
// of its policies, carries the action out and renders AWS's documents, errors too. Thread-safe.
class QueryApi {
 public:
  explicit QueryApi(IdentityStore& store) : store_(store) {}
  Task<QueryAnswer> handle(QueryRequest request);

 private:
  IdentityStore& store_;
};

// An ErrorResponse, also for what comes before handle(): authentication.
QueryAnswer query_error(const Error& error, QueryService service, std::string_view request_id);

}  // namespace cairn::iam
