#include "cairn/base/ids.hpp"

#include <cstring>
#include <stdexcept>

#include <sys/random.h>

#include "cairn/base/bytes.hpp"

namespace cairn {

void random_bytes(void* out, std::size_t count) {
  auto* p = static_cast<unsigned char*>(out);
  while (count) {
    const ssize_t n = getrandom(p, count, 0);
    if (n < 0) {
      if (errno == EINTR) continue;
      throw std::runtime_error("getrandom failed");
    }
    p += n;
    count -= static_cast<std::size_t>(n);
  }
}

std::uint64_t random_u64() {
  std::uint64_t v;
  random_bytes(&v, sizeof v);
  return v;
}

template <class Tag>
Id128<Tag> Id128<Tag>::random() {
  // One system call for many ids: the call costs more than the bytes.
  struct Pool {
    std::array<std::uint8_t, 1024> bytes;
    std::size_t used = sizeof bytes;
  };
  thread_local Pool pool;
  if (pool.used + 16 > pool.bytes.size()) {
    random_bytes(pool.bytes.data(), pool.bytes.size());
    pool.used = 0;
  }
  Id128 id;
  std::memcpy(id.raw.data(), pool.bytes.data() + pool.used, 16);
  pool.used += 16;
  return id;
}

template <class Tag>
Result<Id128<Tag>> Id128<Tag>::parse(std::string_view hex) {
  if (hex.size() != 32) return fail(Code::invalid_argument, "id: 32 hex digits expected");
  TRY(const std::string bytes, from_hex(hex));
  return from_bytes(bytes);
}

template <class Tag>
std::string Id128<Tag>::hex() const {
  return to_hex(as_bytes(bytes()));
}

template <class Tag>
Id128<Tag> Id128<Tag>::from_bytes(std::string_view b) {
  Id128 id;
  std::memcpy(id.raw.data(), b.data(), std::min<std::size_t>(16, b.size()));
  return id;
}

template struct Id128<DeploymentTag>;
template struct Id128<DriveTag>;
template struct Id128<DataTag>;
template struct Id128<BootTag>;

}  // namespace cairn
