#pragma once
#include <string>
#include <vector>

#include "cairn/http/client.hpp"

#include "http/head.hpp"
#include "http/wire.hpp"

namespace cairn::http {

struct ClientConnection::State {
  State(std::unique_ptr<Stream> stream, Endpoint e, ClientOptions o);

  enum class Phase { idle, sent, answered };
  void build_head(const ClientRequest& request);
  Task<void> write(std::span<const Bytes> body, bool with_head);
  Task<void> read_one_head(std::chrono::milliseconds stall);
  Status accept_head();
  // Whether both messages are at their ends and the connection stays.
  bool complete() const {
    return phase == Phase::answered && !broken && keep_alive && unsent == 0 && body_ended && reader.done() &&
           reader.kind() != BodyReader::Kind::until_close && wire.buffered().empty();
  }

  Wire wire;
  Endpoint endpoint;
  ClientOptions options;
  HeadScanner scanner;
  std::string head_text;  // the answer's head: views of `response` point into it
  ResponseHead head;
  ClientResponse response;
  BodyReader reader;
  std::string out;
  std::vector<Bytes> pieces;
  Phase phase = Phase::idle;
  bool head_request = false;
  bool keep_alive = false;
  bool chunked = false;
  bool body_ended = true;    // a chunked body's end was sent
  std::uint64_t unsent = 0;  // of a body with a length
  bool broken = false;
};

}  // namespace cairn::http
