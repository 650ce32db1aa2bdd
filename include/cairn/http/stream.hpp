#pragma once
#include <span>

#include "cairn/base/bytes.hpp"
#include "cairn/base/task.hpp"
#include "cairn/http/endpoint.hpp"

namespace cairn::http {

// A two-way stream of bytes: TCP, TLS over another stream, or memory in tests. Used by one coroutine at a
// time; cancel() and close() are called on that coroutine's executor. At most one read and one write are
// under way.
class Stream {
 public:
  virtual ~Stream() = default;
  // What has to happen before the first byte: TLS's handshake. bad_http when the peer does not speak it.
  virtual Task<void> handshake() { co_return Status{}; }
  // Reads what is there, at least one byte, into `into` (not empty); 0 is the peer's orderly end.
  // connection_closed when the connection is cut, canceled after cancel().
  virtual Task<std::size_t> read_some(MutableBytes into) = 0;
  // Writes a first part of the pieces in one gather write and says how many bytes; at least one (unless all
  // are empty).
  virtual Task<std::size_t> write_some(std::span<const Bytes> pieces) = 0;
  // Says to the peer that nothing more will be written. Reading stays possible.
  virtual Task<void> shutdown() = 0;
  // Ends what is under way with canceled; the stream stays usable for another try.
  virtual void cancel() = 0;
  // Closes at once. `reset`: so that the peer sees an error and never an orderly end.
  virtual void close(bool reset) = 0;
  virtual Endpoint remote() const = 0;
  // "TLSv1.2" or "TLSv1.3"; empty where nothing is encrypted.
  virtual std::string_view tls_version() const = 0;
};

}  // namespace cairn::http
