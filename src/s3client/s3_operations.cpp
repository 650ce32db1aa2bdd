#include <fmt/format.h>

#include "cairn/s3client/s3_client.hpp"
#include "cairn/s3wire/checksums.hpp"
#include "cairn/s3wire/errors.hpp"

// The operations of S3Client, each a Call and the reading of its answer.
namespace cairn::s3client {
namespace {

S3Client::Call on_bucket(std::string method, std::string bucket) {
  S3Client::Call call;
  call.method = std::move(method);
  call.bucket = std::move(bucket);
  return call;
}

S3Client::Call on_object(std::string method, ObjectName name) {
  S3Client::Call call = on_bucket(std::move(method), std::move(name.bucket));
  call.key = std::move(name.key);
  if (!name.version_id.empty()) call.query.emplace_back("versionId", std::move(name.version_id));
  return call;
}

}  // namespace

Task<void> S3Client::create_bucket(std::string bucket) {
  Call call = on_bucket("PUT", std::move(bucket));
  if (options_.region != "us-east-1") {
    call.body =
        Body::of(fmt::format("<CreateBucketConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
                             "<LocationConstraint>{}</LocationConstraint></CreateBucketConfiguration>",
                             options_.region));
  }
  CO_TRY(co_await this->call(std::move(call)));
  co_return Status{};
}

Task<void> S3Client::head_bucket(std::string bucket) {
  const auto answer = co_await call(on_bucket("HEAD", std::move(bucket)));
  if (answer) co_return Status{};
  // A HEAD's answer has no document to say what is missing.
  co_return fail(answer.error().is(Code::no_such_key) ? Error(Code::no_such_bucket, answer.error().context)
                                                      : answer.error());
}

Task<void> S3Client::delete_bucket(std::string bucket) {
  CO_TRY(co_await call(on_bucket("DELETE", std::move(bucket))));
  co_return Status{};
}

Task<s3wire::ListBucketsResult> S3Client::list_buckets() {
  CO_TRY(const Answer answer, co_await call(on_bucket("GET", std::string())));
  co_return s3wire::parse_list_buckets(answer.body);
}

Task<PutResult> S3Client::put(ObjectName name, Body body, PayloadSigning signing, Headers headers) {
  Call call = on_object("PUT", std::move(name));
  call.body = std::move(body);
  call.signing = signing;
  call.headers = std::move(headers);
  CO_TRY(Answer answer, co_await this->call(std::move(call)));
  co_return PutResult{std::move(answer.info.etag), std::move(answer.info.version_id)};
}

Task<ObjectInfo> S3Client::head(ObjectName name, Headers headers) {
  Call call = on_object("HEAD", std::move(name));
  call.headers = std::move(headers);
  CO_TRY(Answer answer, co_await this->call(std::move(call)));
  co_return std::move(answer.info);
}

Task<void> S3Client::remove(ObjectName name) {
  CO_TRY(co_await call(on_object("DELETE", std::move(name))));
  co_return Status{};
}

Task<s3wire::DeleteResult> S3Client::remove_many(std::string bucket, s3wire::DeleteRequest request) {
  if (request.objects.empty() || request.objects.size() > s3wire::kMaxDeletes)
    co_return fail(Code::invalid_argument, "1 to 1000 objects can be deleted at a time");
  Call call = on_bucket("POST", std::move(bucket));
  call.query.emplace_back("delete", "");
  call.body = Body::of(s3wire::render_delete(request));
  // The operation demands a digest of its own; every server knows this one.
  const auto md5 = crypto::md5(call.body.bytes.bytes);
  call.headers.emplace_back("content-md5", to_base64(as_bytes(crypto::raw_text(md5))));
  call.headers.emplace_back("content-type", "application/xml");
  CO_TRY(const Answer answer, co_await this->call(std::move(call)));
  co_return s3wire::parse_delete_result(answer.body);
}

Task<s3wire::ListObjectsV2Result> S3Client::list(ListRequest request) {
  Call call = on_bucket("GET", std::move(request.bucket));
  call.query = {
      {"list-type", "2"}, {"encoding-type", "url"}, {"max-keys", fmt::format("{}", request.max_keys)}};
  const auto add = [&call](std::string_view name, std::string& value) {
    if (!value.empty()) call.query.emplace_back(name, std::move(value));
  };
  add("prefix", request.prefix);
  add("delimiter", request.delimiter);
  add("continuation-token", request.continuation_token);
  add("start-after", request.start_after);
  CO_TRY(const Answer answer, co_await this->call(std::move(call)));
  co_return s3wire::parse_list_objects_v2(answer.body);
}

Task<std::string> S3Client::create_multipart(ObjectName name, Headers headers) {
  Call call = on_object("POST", std::move(name));
  call.query.emplace_back("uploads", "");
  call.headers = std::move(headers);
  CO_TRY(const Answer answer, co_await this->call(std::move(call)));
  CO_TRY(auto result, s3wire::parse_initiate_multipart_upload(answer.body));
  co_return std::move(result.upload_id);
}

Task<PutResult> S3Client::upload_part(ObjectName name, std::string upload_id, std::uint32_t number, Body body,
                                      PayloadSigning signing) {
  Call call = on_object("PUT", std::move(name));
  call.query.emplace_back("partNumber", fmt::format("{}", number));
  call.query.emplace_back("uploadId", std::move(upload_id));
  call.body = std::move(body);
  call.signing = signing;
  CO_TRY(Answer answer, co_await this->call(std::move(call)));
  co_return PutResult{std::move(answer.info.etag), {}};
}

Task<s3wire::CompleteMultipartUploadResult> S3Client::complete_multipart(
    ObjectName name, std::string upload_id, std::vector<s3wire::CompletedPart> parts) {
  Call call = on_object("POST", std::move(name));
  call.query.emplace_back("uploadId", std::move(upload_id));
  call.body = Body::of(s3wire::render_complete_multipart_upload(parts));
  call.headers.emplace_back("content-type", "application/xml");
  CO_TRY(const Answer answer, co_await this->call(std::move(call)));
  co_return s3wire::parse_complete_result(answer.body);
}

Task<void> S3Client::abort_multipart(ObjectName name, std::string upload_id) {
  Call call = on_object("DELETE", std::move(name));
  call.query.emplace_back("uploadId", std::move(upload_id));
  CO_TRY(co_await this->call(std::move(call)));
  co_return Status{};
}

}  // namespace cairn::s3client
