#include "cairn/admin/service.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include "cairn/admin/verify_pass.hpp"

#include "fakes/mem_object_layer.hpp"
#include "fakes/memory_stream.hpp"

namespace cairn::admin {
namespace {

// Asked over a connection in memory, whose other end is 192.0.2.1.
struct Rig {
  explicit Rig(ServiceConfig c = {})
      : service({store, metrics, buffers, budget, {store, identities, verify, clock}}, std::move(c)) {}

  std::string get(const std::string& target, const std::string& headers = "") {
    asio::io_context context;
    fakes::MemoryStream::Log log;
    const http::Handler handler = [this](http::Request& q, http::Response& p) {
      return service.handle(q, p);
    };
    http::ServerCounters counters;
    http::ServerOptions options;
    asio::co_spawn(
        context,
        http::serve_stream(
            std::make_unique<fakes::MemoryStream>(
                std::deque<std::string>{"GET " + target + " HTTP/1.1\r\nHost: h\r\n" + headers + "\r\n"},
                log),
            options, handler, {}, counters),
        [](std::exception_ptr e, Status) {
          if (e) std::rethrow_exception(e);
        });
    context.run();
    return log.written;
  }
  static bool is(const std::string& answer, const char* status) {
    return answer.starts_with(std::string("HTTP/1.1 ") + status + " ");
  }
  void report(bool can_read, bool can_write) {
    store::StoreReport r;
    r.can_read = can_read;
    r.can_write = can_write;
    r.heal_queue = 7;
    r.sets.push_back({0, 0, 2, 2, 3, 2, 3});
    r.drives.resize(2);
    r.drives[0].name = "/mnt/a\"b";
    r.drives[0].status.state = drive::DriveState::online;
    r.drives[0].status.total_bytes = 1000;
    r.drives[1].name = "/mnt/c";
    r.drives[1].status.state = drive::DriveState::faulty;
    store.set_report(r);
  }

  ManualClock clock{1'795'000'000'000};
  fakes::MemObjectLayer store{clock};
  MetricRegistry metrics;
  BufferPool buffers;
  MemoryBudget budget{1u << 20};
  iam::IdentityStore identities{store.documents(), clock, {"rootuser", "rootsecret"}};
  asio::io_context background;
  VerifyPass verify{store, clock, background.get_executor()};
  AdminService service;
};

ServiceConfig open_to_everybody() {
  ServiceConfig c;
  c.metrics_access = MetricsAccess::everybody;
  c.version = "1.2.3";
  return c;
}

TEST(Health, LiveSaysOnlyThatTheProcessAnswers) {
  Rig rig;
  rig.report(false, false);
  EXPECT_TRUE(rig.is(rig.get("/health/live"), "200"));
}

TEST(Health, ReadyNeedsTheWriteQuorumUnlessReadersAsk) {
  Rig rig;
  rig.report(true, true);
  EXPECT_TRUE(rig.is(rig.get("/health/ready"), "200"));
  rig.report(true, false);
  EXPECT_TRUE(rig.is(rig.get("/health/ready"), "503"));
  EXPECT_TRUE(rig.is(rig.get("/health/ready?quorum=read"), "200"));
  rig.report(false, false);
  const std::string answer = rig.get("/health/ready?quorum=read");
  EXPECT_TRUE(rig.is(answer, "503"));
  EXPECT_NE(answer.find("\"drives_online\":1,\"drives\":2"), std::string::npos) << answer;
  EXPECT_EQ(answer.find("/mnt"), std::string::npos) << "paths are nobody's business";
}

TEST(Health, AServerThatStopsIsNotReady) {
  Rig rig;
  rig.service.set_stopping();
  const std::string answer = rig.get("/health/ready");
  EXPECT_TRUE(rig.is(answer, "503"));
  EXPECT_NE(answer.find("\"status\":\"stopping\""), std::string::npos);
  EXPECT_TRUE(rig.is(rig.get("/health/live"), "200"));
}

TEST(Metrics, AreClosedToOthersUnlessOpened) {
  ServiceConfig with_token;
  with_token.metrics_token = "a-token-of-the-tests";
  Rig rig(with_token);
  EXPECT_TRUE(rig.is(rig.get("/metrics"), "403"));
  EXPECT_TRUE(rig.is(rig.get("/metrics", "Authorization: Bearer a-token-of-the-tests\r\n"), "200"));
  EXPECT_TRUE(rig.is(rig.get("/metrics", "Authorization: Bearer a-token-of-the-test\r\n"), "403"));
  EXPECT_TRUE(rig.is(rig.get("/metrics", "Authorization: Bearer x\r\n"), "403"));
  Rig open(open_to_everybody());
  EXPECT_TRUE(open.is(open.get("/metrics"), "200"));
  ServiceConfig closed;
  closed.metrics_access = MetricsAccess::nobody;
  Rig nobody(closed);
  EXPECT_TRUE(nobody.is(nobody.get("/metrics"), "403"));
}

TEST(Metrics, ShowDrivesSetsMemoryBucketsAndTheProcess) {
  Rig rig(open_to_everybody());
  rig.report(true, true);
  asio::io_context context;
  store::BucketInfo bucket;
  bucket.name = "photos";
  asio::co_spawn(context, rig.store.create_bucket(bucket), [](std::exception_ptr, auto) {});
  context.run();
  const std::string text = rig.get("/metrics");
  for (const char* line : {
           "cairn_build_info{version=\"1.2.3\",revision=\"\"} 1\n",
           "cairn_drive_state{drive=\"/mnt/a\\\"b\",pool=\"0\",set=\"0\",state=\"online\"} 1\n",
           "cairn_drive_state{drive=\"/mnt/c\",pool=\"0\",set=\"0\",state=\"faulty\"} 1\n",
           "cairn_drive_state{drive=\"/mnt/c\",pool=\"0\",set=\"0\",state=\"online\"} 0\n",
           "cairn_drive_capacity_bytes{drive=\"/mnt/a\\\"b\",pool=\"0\",set=\"0\"} 1000\n",
           "cairn_set_write_quorum{pool=\"0\",set=\"0\"} 3\n",
           "cairn_set_drives_online{pool=\"0\",set=\"0\"} 3\n",
           "cairn_heal_queue_entries 7\n",
           "cairn_memory_budget_bytes 1048576\n",
           "cairn_bucket_objects{bucket=\"photos\"} 0\n",
           "# TYPE process_cpu_seconds_total counter\n",
           "process_resident_memory_bytes ",
           "process_start_time_seconds ",
       })
    EXPECT_NE(text.find(line), std::string::npos) << line << "\n" << text;
}

}  // namespace
}  // namespace cairn::admin
