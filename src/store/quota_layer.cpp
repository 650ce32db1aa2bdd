#include "cairn/store/quota_layer.hpp"

#include <algorithm>
#include <chrono>

#include "store/quota_ledger.hpp"

namespace cairn::store {
namespace {

constexpr std::chrono::milliseconds kPause{50};
constexpr std::int64_t kMaxWait = QuotaLedger::kLearned + 1'000;
constexpr std::size_t kMaxBooks = 4'096;
constexpr std::uint32_t kPartsPage = 1'000;

std::int64_t steady_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

std::unexpected<Error> exceeded(const BucketQuota& quota) {
  std::string text = "The bucket's quota does not allow this upload. It is";
  if (quota.max_bytes) text += " " + std::to_string(*quota.max_bytes) + " bytes";
  if (quota.max_bytes && quota.max_objects) text += " and";
  if (quota.max_objects) text += " " + std::to_string(*quota.max_objects) + " objects";
  return fail(Code::quota_exceeded, text + ".");
}

}  // namespace

struct QuotaLayer::Book {
  std::mutex mutex;  // never held across a suspension
  QuotaLedger ledger;
  bool reading = false;
};

// A write under way, as its bucket's book has it; nothing where there is no quota.
struct QuotaLayer::Hold {
  Hold() = default;
  Hold(std::shared_ptr<Book> b, UsageInfo a) : book(std::move(b)), amount(a) {}
  Hold(Hold&&) noexcept = default;
  Hold& operator=(Hold&&) noexcept = default;
  ~Hold() {
    if (!book) return;
    const std::lock_guard lock(book->mutex);
    if (written)
      book->ledger.finish(amount, steady_ms());
    else
      book->ledger.end(amount);
  }

  // From here on it counts, also where nobody waits for its end.
  void begin_writing() { written = true; }
  void settle(const Result<ObjectInfo>& done) {
    written = done || done.error().is(Code::outcome_unknown) || done.error().is(Code::canceled);
  }

  std::shared_ptr<Book> book;
  UsageInfo amount;
  bool written = false;
};

// Whoever reads the counters may be cancelled; others may read them then.
struct QuotaLayer::Reading {
  explicit Reading(Book& b) : book(b) {}
  Reading(const Reading&) = delete;
  Reading& operator=(const Reading&) = delete;
  ~Reading() {
    const std::lock_guard lock(book.mutex);
    book.reading = false;
  }
  Book& book;
};

QuotaLayer::~QuotaLayer() = default;

std::shared_ptr<QuotaLayer::Book> QuotaLayer::book_of(std::uint64_t bucket_id) {
  const std::lock_guard lock(mutex_);
  // Books of buckets that nobody writes to can be had again for one reading.
  if (books_.size() >= kMaxBooks)
    std::erase_if(books_, [now = steady_ms()](const auto& b) {
      return b.second.use_count() == 1 && b.second->ledger.idle(now);
    });
  auto& book = books_[bucket_id];
  if (!book) book = std::make_shared<Book>();
  return book;
}

// A quota that cannot be understood lets nothing in.
Task<std::optional<BucketQuota>> QuotaLayer::quota_of(const std::string& bucket,
                                                      std::shared_ptr<Book>& book) {
  const auto info = co_await below_.head_bucket(bucket);
  const std::string* text = info ? (*info)->find_config(kQuotaConfig) : nullptr;
  if (!text) co_return std::nullopt;  // what is wrong with the bucket the layer below says
  book = book_of((*info)->id);
  co_return parse_quota(*text).value_or(BucketQuota{0, 0});
}

Task<void> QuotaLayer::read_counters(Book& book, std::string bucket) {
  {
    const std::lock_guard lock(book.mutex);
    if (book.reading) co_return Status();
    book.reading = true;
  }
  const Reading reading(book);
  const std::int64_t asked = steady_ms();
  CO_TRY(const UsageInfo counted, co_await below_.usage(std::move(bucket)));
  const std::lock_guard lock(book.mutex);
  book.ledger.take(counted, asked);
  co_return Status();
}

Task<QuotaLayer::Hold> QuotaLayer::admit(std::string bucket, UsageInfo more) {
  std::shared_ptr<Book> book;
  CO_TRY(const auto quota, co_await quota_of(bucket, book));
  if (!quota) co_return Hold();
  const std::int64_t began = steady_ms();
  for (;;) {
    using Verdict = QuotaLedger::Verdict;
    Verdict verdict{};
    bool stale = false, reading = false;
    {
      const std::lock_guard lock(book->mutex);
      const std::int64_t now = steady_ms();
      verdict = book->ledger.ask(*quota, more, now);
      stale = book->ledger.stale(now);
      reading = book->reading;
      if (verdict == Verdict::admit) book->ledger.begin(more);
    }
    if (verdict == Verdict::admit) {
      Hold hold(book, more);
      // The answer stands without it; a later one may need it.
      if (stale && !reading) (void)co_await read_counters(*book, std::move(bucket));
      co_return std::move(hold);
    }
    if (verdict == Verdict::refuse || steady_ms() - began > kMaxWait) co_return exceeded(*quota);
    if (verdict == Verdict::read && !reading) {
      CO_TRY(co_await read_counters(*book, bucket));
    } else {
      CO_TRY(co_await sleep_for(kPause));
    }
  }
}

Task<ObjectInfo> QuotaLayer::put(ObjectName name, ObjectAttributes attributes, BodySource& body,
                                 WriteOptions options) {
  const UsageInfo more{1, body.size()};
  CO_TRY(Hold hold, co_await admit(name.bucket, more));
  hold.begin_writing();
  auto done = co_await below_.put(std::move(name), std::move(attributes), body, std::move(options));
  hold.settle(done);
  co_return done;
}

Task<PartInfo> QuotaLayer::put_part(UploadName upload, std::uint32_t number, BodySource& body) {
  const UsageInfo more{0, body.size()};
  CO_TRY(const Hold hold, co_await admit(upload.bucket, more));
  co_return co_await below_.put_part(std::move(upload), number, body);
}

// Nothing where the upload is not there (any more), which the layer below has an answer to.
Task<std::optional<std::uint64_t>> QuotaLayer::size_of_parts(const CompleteUploadRequest& request) {
  std::uint64_t total = 0;
  std::uint32_t after = 0;
  for (;;) {
    UploadName name = request.upload;
    const auto page = co_await below_.list_parts(std::move(name), after, kPartsPage);
    if (!page) {
      if (page.error().is(Code::no_such_upload)) co_return std::nullopt;
      co_return fail(page.error());
    }
    for (const PartInfo& part : page->parts)
      if (std::ranges::binary_search(request.parts, part.number, {}, &CompletedPart::number))
        total += part.size;
    if (!page->truncated) co_return std::optional(total);
    after = page->next;
  }
}

Task<ObjectInfo> QuotaLayer::complete_upload(CompleteUploadRequest request) {
  std::shared_ptr<Book> book;
  CO_TRY(const auto quota, co_await quota_of(request.upload.bucket, book));
  Hold hold;
  if (quota) {
    CO_TRY(const auto size, co_await size_of_parts(request));
    const UsageInfo more{1, size.value_or(0)};
    if (size) {
      CO_TRY(hold, co_await admit(request.upload.bucket, more));
    }
  }
  hold.begin_writing();
  auto done = co_await below_.complete_upload(std::move(request));
  hold.settle(done);
  co_return done;
}

}  // namespace cairn::store
