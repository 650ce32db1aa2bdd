#pragma once
#include <string_view>

namespace cairn::drive {

// What the end of one RocksDB write-ahead log looks like (the format is RocksDB's, unrecycled: 32 KiB blocks
// of records with a masked CRC-32C, a length and a type). Each batch is one logical record and is synced
// before the next is written, so a power cut can damage the last one only.
enum class WalTail {
  whole,    // every record is good
  torn,     // something is wrong, and no later batch begins after it: what a power cut leaves
  damaged,  // a batch begins after the first bad place: bytes that had been synced are lost
};
WalTail examine_wal(std::string_view log);
// The bytes before the first batch that is not whole. RocksDB's MANIFEST has the same format.
std::size_t whole_batches(std::string_view log);

}  // namespace cairn::drive
