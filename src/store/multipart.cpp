#include "store/multipart.hpp"

#include <algorithm>
#include <bit>
#include <map>

#include <fmt/format.h>

#include "cairn/crypto/crc.hpp"

#include "store/versions.hpp"

namespace cairn::store {
namespace {

constexpr std::uint64_t kMinPart = 5u << 20;
constexpr std::uint64_t kMaxObject = std::uint64_t{5} << 40;
constexpr std::size_t kMaxParts = 10'000;
constexpr std::uint32_t kPage = 1000;

// Sorts by the time of creation, as S3 lists the uploads of a key: 12 hex digits of milliseconds, then random
// ones.
std::string new_upload_id(UnixMillis now) {
  return fmt::format("{:012x}", static_cast<std::uint64_t>(now)) + DataId::random().hex().substr(0, 20);
}

bool valid_upload_id(std::string_view id) {
  return id.size() == 32 && id.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

// The state of the base with other rows: the object stays as it is.
Proposal same_object(const Current& base) {
  Proposal p;
  p.state = base.state;
  p.needs_data = false;
  return p;
}

Result<std::string> raw_digest(const std::string& base64) { return from_base64(base64); }

// The checksum of the whole object from those of its parts.
Result<Checksum> combine(const std::vector<PartDoc>& parts, crypto::ChecksumAlgorithm algorithm,
                         bool composite) {
  std::string all;
  std::string full;
  for (const PartDoc& p : parts) {
    const auto it = std::find_if(p.info.checksums.begin(), p.info.checksums.end(),
                                 [&](const Checksum& c) { return c.algorithm == algorithm; });
    if (it == p.info.checksums.end())
      return fail(Code::invalid_request,
                  fmt::format("part {} has no {} checksum", p.info.number, crypto::checksum_name(algorithm)));
    TRY(const std::string raw, raw_digest(it->value));
    if (composite) {
      all += raw;
    } else if (full.empty()) {
      full = raw;
    } else {
      TRY(full, crypto::combine_checksums(algorithm, full, raw, p.info.size));
    }
  }
  Checksum out{algorithm, composite, {}};
  if (composite)
    out.value = to_base64(as_bytes(crypto::digest(crypto::digest_of(algorithm), as_bytes(all)))) + "-" +
                std::to_string(parts.size());
  else
    out.value = to_base64(as_bytes(full));
  return out;
}

}  // namespace

Task<UploadInfo> Multipart::create(CreateUploadRequest request) {
  CO_TRY(const Bucket bucket, co_await buckets_.find(request.bucket));
  UploadInfo info;
  info.key = request.key;
  info.initiated = context_.clock.now_ms();
  info.upload_id = new_upload_id(info.initiated);
  info.attributes = std::move(request.attributes);
  info.checksum_algorithm = request.checksum_algorithm;
  info.checksum_composite = request.checksum_composite;
  info.owner = std::move(request.owner);
  const drive::Row row{drive::RowTable::upload, info.upload_id, encode_upload(info), {}};

  const std::string key = drive::record_key(id_of(bucket), request.key);
  CO_TRY(const auto guard, co_await buckets_.enter(bucket));
  const Decide decide = [&row](const Current& base) -> Task<std::optional<Proposal>> {
    Proposal p = same_object(base);
    p.rows.push_back({row, false});
    p.state.rows.add(row);
    co_return p;
  };
  ErasureSet& set = context_.topology.set_of(key);
  CO_TRY(co_await set.update(key, decide));
  // Drives list the rows of what they know to be committed: let them know before the client may ask for a
  // list.
  if (set.size() > 1) CO_TRY(co_await set.settle_everywhere(key));
  co_return info;
}

Task<UploadInfo> Multipart::find(const Bucket& bucket, const UploadName& upload) {
  if (!valid_upload_id(upload.upload_id)) co_return fail(Code::no_such_upload);
  const std::string key = drive::record_key(id_of(bucket), upload.key);
  ErasureSet& set = context_.topology.set_of(key);
  CO_TRY(const Current current, co_await set.read(key, false));
  if (current.state.rows.count == 0) co_return fail(Code::no_such_upload);
  CO_TRY(const auto row, co_await find_row(set, key, current, drive::RowTable::upload, upload.upload_id));
  if (!row) co_return fail(Code::no_such_upload);
  co_return decode_upload(row->value, upload.key, upload.upload_id);
}

Task<UploadInfo> Multipart::head(UploadName upload) {
  CO_TRY(const Bucket bucket, co_await buckets_.find(upload.bucket));
  co_return co_await find(bucket, upload);
}

Task<PartInfo> Multipart::put_part(UploadName upload, std::uint32_t number, BodySource& body) {
  CO_TRY(const Bucket bucket, co_await buckets_.find(upload.bucket));
  CO_TRY(const UploadInfo info, co_await find(bucket, upload));
  const std::string key = drive::record_key(id_of(bucket), upload.key);
  ErasureSet& set = context_.topology.set_of(key);
  PartDoc doc;
  doc.info.number = number;
  doc.info.size = body.size();
  doc.geometry = geometry_for(context_, set, info.attributes.storage_class, body.size());
  WriteBody plan;
  plan.key = key;
  plan.geometry = doc.geometry;
  plan.identity = part_identity(upload.bucket, upload.key, upload.upload_id, number);
  plan.need = needed_for(set, doc.geometry);
  plan.seal = [&](const BodyDigests& digests, const drive::DataRef& data) -> Result<std::string> {
    doc.info.etag = to_hex(as_bytes(digests.md5));
    doc.info.checksums = digests.checksums;
    doc.info.modified = context_.clock.now_ms();
    doc.order = context_.topology.ballots->next().time;
    doc.data = data;
    return encode_part(doc);
  };
  CO_TRY(const Stored stored, co_await write_body(context_, set, plan, body));

  const std::string value = encode_part(doc);
  auto guard = co_await buckets_.enter(bucket);
  if (!guard) {
    discard(set, stored);
    co_return fail(guard.error());
  }
  auto gather = set.ask<void>(set.all(), [&](std::uint32_t i, drive::Drive& d, Completion<void> done) {
    drive::PutPartRequest r;
    r.key = key;
    r.upload_id = upload.upload_id;
    r.part = {number, stored.ref, value};
    if (!stored.bodies.empty()) r.body = stored.bodies[i];
    if (!stored.staged.empty()) {
      if (stored.staged[i])
        r.staged.push_back(*stored.staged[i]);
      else
        r.shard_missing = true;
    }
    d.put_part(std::move(r), std::move(done));
  });
  const auto holds = [&stored](std::size_t i) {
    return stored.staged.empty() || stored.staged[i].has_value();
  };
  const auto enough = [need = plan.need, holds](const auto& r) {
    std::uint32_t good = 0;
    for (std::size_t i = 0; i < r.size(); ++i) good += r[i] && r[i]->has_value() && holds(i);
    return good >= need;
  };
  auto replies = co_await set.collect(gather, set.all(), enough, set.deadline());
  discard(set, stored);  // where no part row took it
  std::uint32_t good = 0;
  std::optional<Error> gone, full;
  for (std::size_t i = 0; i < replies.size(); ++i) {
    if (!replies[i]) continue;
    if (replies[i]->has_value()) {
      good += holds(i);
    } else if (replies[i]->error().is(Code::no_such_upload)) {
      gone = replies[i]->error();
    } else if (replies[i]->error().is(Code::drive_full)) {
      full = replies[i]->error();
    }
  }
  if (good < plan.need) {
    // A drive that is behind may not know the upload; only the register says that it is over.
    if (gone) CO_TRY(co_await find(bucket, upload));
    if (full) co_return fail(*full);
    co_return fail(Code::no_quorum, "too few drives took the part");
  }
  if (good < set.size() && set.on_damage) set.on_damage(key, false);
  co_return doc.info;
}

// The newest attempt of each part, by number: the union of what enough drives have.
Task<std::vector<PartDoc>> Multipart::parts(ErasureSet& set, const std::string& upload_id,
                                            std::uint32_t after, std::uint32_t limit, bool& more) {
  using Parts = std::vector<drive::PartRow>;
  more = false;
  std::map<std::uint32_t, PartDoc> newest;
  // Attempts of one number may be many, so a page of rows can end inside of them; the last number of a full
  // page is left for the next page.
  const std::uint32_t rows = std::min<std::uint32_t>(limit + 1, kMaxParts) * 2;
  auto gather = set.ask<Parts>(set.all(), [&](std::uint32_t, drive::Drive& d, Completion<Parts> done) {
    d.list_parts(upload_id, after, rows, std::move(done));
  });
  const std::uint32_t need = set.quorum().read();
  auto replies = co_await set.collect(gather, set.all(), answered_by(need), set.deadline());
  std::uint32_t answers = 0;
  std::uint32_t horizon = UINT32_MAX;  // numbers above it may be incomplete
  for (auto& r : replies) {
    if (!r || !r->has_value()) continue;
    ++answers;
    if ((*r)->size() >= rows) {
      more = true;
      horizon = std::min(horizon, (*r)->back().number - 1);
    }
    for (const drive::PartRow& row : **r) {
      CO_TRY(PartDoc doc, decode_part(row.value));
      const auto [it, added] = newest.try_emplace(row.number, doc);
      if (!added && it->second.order < doc.order) it->second = std::move(doc);
    }
  }
  if (answers < need) co_return fail(Code::no_quorum, "too few drives answered");
  std::vector<PartDoc> out;
  for (auto& [number, doc] : newest) {
    if (number > horizon) break;
    if (out.size() == limit) {
      more = true;
      break;
    }
    out.push_back(std::move(doc));
  }
  co_return out;
}

Task<ListPartsResult> Multipart::list_parts(UploadName upload, std::uint32_t after, std::uint32_t limit) {
  CO_TRY(const Bucket bucket, co_await buckets_.find(upload.bucket));
  ListPartsResult out;
  CO_TRY(out.upload, co_await find(bucket, upload));
  if (limit == 0) co_return out;
  const std::string key = drive::record_key(id_of(bucket), upload.key);
  CO_TRY(const auto docs,
         co_await parts(context_.topology.set_of(key), upload.upload_id, after, limit, out.truncated));
  for (const PartDoc& d : docs) out.parts.push_back(d.info);
  if (!out.parts.empty()) out.next = out.parts.back().number;
  co_return out;
}

Task<void> Multipart::remove(const Bucket& bucket, const UploadName& upload) {
  const std::string key = drive::record_key(id_of(bucket), upload.key);
  ErasureSet& set = context_.topology.set_of(key);
  const Decide decide = [&](const Current& base) -> Task<std::optional<Proposal>> {
    CO_TRY(const auto row, co_await find_row(set, key, base, drive::RowTable::upload, upload.upload_id));
    if (!row) co_return fail(Code::no_such_upload);
    Proposal p = same_object(base);
    p.rows.push_back({*row, true});
    p.state.rows.remove(*row);
    co_return p;
  };
  CO_TRY(co_await set.update(key, decide));
  co_return Status{};
}

Task<void> Multipart::abort(UploadName upload) {
  if (!valid_upload_id(upload.upload_id)) co_return fail(Code::no_such_upload);
  CO_TRY(const Bucket bucket, co_await buckets_.find(upload.bucket));
  CO_TRY(const auto guard, co_await buckets_.enter(bucket));
  co_return co_await remove(bucket, upload);
}

Task<ObjectInfo> Multipart::complete(CompleteUploadRequest request) {
  const UploadName& upload = request.upload;
  if (!valid_upload_id(upload.upload_id)) co_return fail(Code::no_such_upload);
  if (request.parts.empty() || request.parts.size() > kMaxParts)
    co_return fail(Code::malformed_xml, "1 to 10000 parts");
  CO_TRY(const Bucket bucket, co_await buckets_.find(upload.bucket));
  const std::string key = drive::record_key(id_of(bucket), upload.key);
  ErasureSet& set = context_.topology.set_of(key);

  const auto completed_before = [&](const drive::State& state) -> std::optional<ObjectInfo> {
    if (state.kind != drive::StateKind::object) return std::nullopt;
    auto doc = decode_version(state.head, upload.key);
    if (!doc || doc->upload_id != upload.upload_id) return std::nullopt;
    return std::move(doc->info);
  };
  auto info = co_await find(bucket, upload);
  if (!info) {
    if (info.error().is(Code::no_such_upload)) {
      CO_TRY(const Current current, co_await set.read(key, false));
      if (auto done = completed_before(current.state)) co_return *done;
    }
    co_return fail(info.error());
  }

  // Which attempt of each part, and whether they make an object.
  std::map<std::uint32_t, PartDoc> have;
  for (bool more = true; more;) {
    const std::uint32_t after = have.empty() ? 0 : have.rbegin()->first;
    CO_TRY(auto page, co_await parts(set, upload.upload_id, after, kPage, more));
    if (page.empty()) break;
    for (PartDoc& p : page) have.emplace(p.info.number, std::move(p));
  }
  std::vector<PartDoc> chosen;
  std::uint64_t size = 0;
  std::string md5s;
  for (std::size_t i = 0; i < request.parts.size(); ++i) {
    const CompletedPart& want = request.parts[i];
    if (i > 0 && want.number <= request.parts[i - 1].number) co_return fail(Code::invalid_part_order);
    const auto it = have.find(want.number);
    if (it == have.end() || it->second.info.etag != want.etag)
      co_return fail(Code::invalid_part, fmt::format("part {}", want.number));
    for (const Checksum& c : want.checksums)
      if (std::find_if(it->second.info.checksums.begin(), it->second.info.checksums.end(),
                       [&](const Checksum& h) { return h.algorithm == c.algorithm && h.value == c.value; }) ==
          it->second.info.checksums.end())
        co_return fail(Code::invalid_part, fmt::format("the checksum of part {}", want.number));
    if (i + 1 < request.parts.size() && it->second.info.size < kMinPart)
      co_return fail(Code::entity_too_small, fmt::format("part {}", want.number));
    size += it->second.info.size;
    CO_TRY(const std::string raw, from_hex(it->second.info.etag));
    md5s += raw;
    chosen.push_back(it->second);
  }
  if (size > kMaxObject) co_return fail(Code::entity_too_large);
  if (request.expected_size && *request.expected_size != size)
    co_return fail(Code::invalid_request, "the parts' sizes do not add up to x-amz-mp-object-size");

  VersionDoc doc;
  doc.info.key = upload.key;
  doc.info.size = size;
  doc.info.etag =
      to_hex(as_bytes(crypto::raw_text(crypto::md5(as_bytes(md5s))))) + "-" + std::to_string(chosen.size());
  doc.info.modified = context_.clock.now_ms();
  doc.info.attributes = info->attributes;
  doc.info.owner = info->owner;
  doc.info.parts_count = static_cast<std::uint32_t>(chosen.size());
  if (info->checksum_algorithm) {
    CO_TRY(Checksum sum, combine(chosen, *info->checksum_algorithm, info->checksum_composite));
    if (request.expected && request.expected->algorithm == sum.algorithm) {
      std::string expected = request.expected->value;
      if (sum.composite && expected.find('-') == std::string::npos)
        expected += "-" + std::to_string(chosen.size());
      if (expected != sum.value) co_return fail(Code::bad_digest, "the checksum of the whole object");
    }
    doc.info.checksums.push_back(std::move(sum));
  }
  doc.geometry = chosen[0].geometry;
  doc.data = {DataId::random(), drive::DataForm::parts};
  doc.upload_id = upload.upload_id;
  doc.order = context_.topology.ballots->next().time;
  const Slice table = Slice::of(encode_parts(chosen));

  std::optional<ObjectInfo> repeated;
  CO_TRY(const auto guard, co_await buckets_.enter(bucket));
  apply_default_retention(context_, *guard.bucket(), doc.info.attributes);
  const Decide decide = [&](const Current& base) -> Task<std::optional<Proposal>> {
    if ((repeated = completed_before(base.state))) co_return std::nullopt;
    CO_TRY(const auto row, co_await find_row(set, key, base, drive::RowTable::upload, upload.upload_id));
    if (!row) co_return fail(Code::no_such_upload);
    CO_TRY(const auto old, newest_version(base.state, upload.key));
    const bool shows = old && !old->info.delete_marker;
    if (request.options.precondition) CO_TRY(request.options.precondition(shows ? &old->info : nullptr));
    const VersionChange change{set, key, upload.key, base, context_.clock.now_ms()};
    CO_TRY(Proposal p, co_await add_version(change, guard.bucket()->versioning, doc));
    p.state.invocation = request.options.invocation;
    p.state.rows.remove(*row);
    p.rows.push_back({*row, true});
    p.bodies.assign(set.size(), table);
    p.needs_data = false;  // every part is on its own write quorum already
    co_return p;
  };
  CO_TRY(co_await set.update(key, decide));
  ObjectInfo out = repeated ? std::move(*repeated) : std::move(doc.info);
  out.versioned = bucket->versioning != Versioning::unset;
  co_return out;
}

// ---- listing ----

// All uploads that any of enough drives shows, each confirmed where they differ.
Task<std::vector<UploadInfo>> Multipart::list_all(const Bucket& bucket, drive::ListUploadsRequest request,
                                                  bool& more) {
  using Uploads = std::vector<drive::UploadEntry>;
  more = false;
  std::map<std::pair<std::string, std::string>, UploadInfo> found;
  std::optional<std::pair<std::string, std::string>> horizon;
  for (const auto& set : context_.topology.sets) {
    auto gather =
        set->ask<Uploads>(set->all(), [&](std::uint32_t, drive::Drive& d, Completion<Uploads> done) {
          d.list_uploads(request, std::move(done));
        });
    const std::uint32_t need = set->quorum().evidence();
    auto replies = co_await set->collect(gather, set->all(), answered_by(need), set->deadline());
    std::uint32_t answers = 0;
    std::map<std::pair<std::string, std::string>, std::pair<std::uint32_t, std::string>> seen;
    for (auto& r : replies) {
      if (!r || !r->has_value()) continue;
      ++answers;
      for (drive::UploadEntry& e : **r) {
        auto& entry = seen[{e.key, e.upload_id}];
        ++entry.first;
        entry.second = std::move(e.value);
      }
      if ((*r)->size() >= request.limit) {
        more = true;
        const std::pair last((*r)->back().key, (*r)->back().upload_id);
        if (!horizon || last < *horizon) horizon = last;
      }
    }
    if (answers < need) co_return fail(Code::no_quorum, "too few drives answered");
    for (auto& [name, entry] : seen) {
      // Where drives differ, or may not have learned yet that the upload ended, the register knows.
      if (entry.first < answers || set->size() > 1) {
        const UploadName upload{bucket->name, name.first, name.second};
        const auto info = co_await find(bucket, upload);
        if (!info && info.error().is(Code::no_such_upload)) continue;
        if (!info) co_return fail(info.error());
        found.emplace(name, *info);
        continue;
      }
      CO_TRY(UploadInfo info, decode_upload(entry.second, name.first, name.second));
      found.emplace(name, std::move(info));
    }
  }
  std::vector<UploadInfo> out;
  for (auto& [name, info] : found) {
    if (horizon && name > *horizon) break;
    out.push_back(std::move(info));
  }
  co_return out;
}

Task<ListUploadsResult> Multipart::list(ListUploadsRequest request) {
  CO_TRY(const Bucket bucket, co_await buckets_.find(request.bucket));
  ListUploadsResult out;
  if (request.limit == 0) co_return out;
  drive::ListUploadsRequest r;
  r.bucket = id_of(bucket);
  r.prefix = request.prefix;
  r.after_key = request.key_marker;
  r.after_upload = request.upload_id_marker;
  r.limit = std::min<std::uint32_t>(request.limit + 1, kPage + 1);
  for (bool more = true; more;) {
    CO_TRY(const auto page, co_await list_all(bucket, r, more));
    for (const UploadInfo& u : page) {
      ListUploadsResult::Item item;
      if (!request.delimiter.empty())
        if (const auto at = u.key.find(request.delimiter, request.prefix.size()); at != std::string::npos) {
          item.common_prefix = true;
          item.prefix = u.key.substr(0, at + request.delimiter.size());
          if (request.key_marker.starts_with(item.prefix) && request.key_marker >= item.prefix) continue;
          if (!out.items.empty() && out.items.back().common_prefix && out.items.back().prefix == item.prefix)
            continue;
        }
      if (out.items.size() == request.limit) {
        out.truncated = true;
        co_return out;
      }
      if (!item.common_prefix) item.upload = u;
      out.next_key = item.common_prefix ? item.prefix : u.key;
      out.next_upload_id = item.common_prefix ? std::string() : u.upload_id;
      out.items.push_back(std::move(item));
    }
    if (page.empty()) break;
    r.after_key = page.back().key;
    r.after_upload = page.back().upload_id;
  }
  co_return out;
}

Task<std::size_t> Multipart::expire(const Bucket& bucket, UnixMillis limit) {
  drive::ListUploadsRequest r;
  r.bucket = id_of(bucket);
  r.limit = kPage;
  std::size_t count = 0;
  for (bool more = true; more;) {
    CO_TRY(const auto page, co_await list_all(bucket, r, more));
    if (page.empty()) break;
    for (const UploadInfo& u : page)
      if (u.initiated < limit) {
        const UploadName upload{bucket->name, u.key, u.upload_id};
        const auto done = co_await remove(bucket, upload);
        if (done)
          ++count;
        else if (!done.error().is(Code::no_such_upload))
          co_return fail(done.error());
      }
    r.after_key = page.back().key;
    r.after_upload = page.back().upload_id;
  }
  co_return count;
}

}  // namespace cairn::store
