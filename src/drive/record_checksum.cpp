#include <algorithm>
#include <cstdint>

#include <isa-l/crc.h>

// Debian builds RocksDB for every amd64 processor, and so with a CRC32C by tables, 1.6 GB/s: as much work as
// all else that a log record costs. The linker (--wrap, in CMakeLists.txt) turns its calls to
// rocksdb::crc32c::Extend(crc, data, size) into calls of this one, which asks the processor; the sums are the
// same.
extern "C" std::uint32_t __wrap__ZN7rocksdb6crc32c6ExtendEjPKcm(std::uint32_t crc, const char* data,
                                                                std::size_t size);

std::uint32_t __wrap__ZN7rocksdb6crc32c6ExtendEjPKcm(std::uint32_t crc, const char* data, std::size_t size) {
  constexpr std::size_t kMostPerCall = 1u << 30;  // ISA-L takes the length as int
  do {
    const std::size_t n = std::min(size, kMostPerCall);
    auto* const p = reinterpret_cast<unsigned char*>(const_cast<char*>(data));  // reads only
    crc = ~crc32_iscsi(p, static_cast<int>(n), ~crc);
    data += n;
    size -= n;
  } while (size > 0);
  return crc;
}
